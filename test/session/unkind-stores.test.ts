import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/session/store.ts'
import { type Beginning, locate, read } from '../../src/session/store-reader.ts'
import { dawn, type Manners, momentOf, never, type Row, ScriptedStore, stream } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A server with so many rows, a reader of it at the end, and what the reader reports. */
async function open(rows: number, manners: Partial<Manners> = {}, beginning: Beginning<Row> = { from: 'now' }) {
  const server = new ScriptedStore(manners)
  server.append(rows)
  const lost: MesheryError[] = []
  const store = new Store(stream, server, 10_000, undefined, (error) => void lost.push(error))
  const found: Row[] = []
  // Each answer takes its time, as on a network.
  server.before = () => new Promise((resolve) => setTimeout(resolve, 2))
  const work = locate(store, beginning, never)
  await vi.advanceTimersByTimeAsync(1_000)
  const position = await work
  /** One read; resolves with its error, `endless` when it has not ended after so many minutes, and how much it asked for. */
  const next = async (minutes = 5) => {
    server.requests.length = 0
    let outcome: unknown = 'endless'
    const stop = new AbortController()
    const began = performance.now()
    let seconds = 0
    const reading = (async () => {
      for await (const page of read(store, position, stop.signal)) found.push(...page)
    })()
    reading.then(
      () => void ([outcome, seconds] = ['read', (performance.now() - began) / 1_000]),
      (error: unknown) => void ([outcome, seconds] = [error, (performance.now() - began) / 1_000]),
    )
    for (let second = 0; outcome === 'endless' && second < minutes * 60 && server.requests.length < 5_000; second++)
      await vi.advanceTimersByTimeAsync(1_000)
    stop.abort()
    if (outcome === 'endless') seconds = (performance.now() - began) / 1_000
    return { outcome, requests: server.requests.length, seconds }
  }
  return { server, store, position, found, lost, next }
}

let made = 0
const fresh = (row: Row): Row => ({ ...row, id: `made up ${made++}` })
const later = (): Row => ({ id: `later ${made}`, name: `later ${made}`, at: new Date(dawn + ++made * 1_000).toISOString() })
const full = (_: readonly Row[], { size }: { size: number }): Row[] => Array.from({ length: size }, later)

const liars: readonly (readonly [string, Partial<Manners>])[] = [
  ['ignores the page', { place: () => 0 }],
  ['ignores the page and the order', { place: () => 0, ignoresAscending: true }],
  ['ignores the page and tells no total', { place: () => 0, total: () => 0 }],
  ['gives the last page for one past it', { place: (from, size, rows) => Math.min(from, Math.floor(Math.max(0, rows - 1) / size) * size) }],
  ['gives the last rows for a page past them', { place: (from, size, rows) => Math.max(0, Math.min(from, rows - size)) }],
  ['gives the last rows for a page past them, in descending order', { place: (from, size, rows) => Math.max(0, Math.min(from, rows - size)), ignoresAscending: true }],
  ['gives other rows with every answer', { lie: full }],
  ['gives other rows with every answer, and a total that runs ahead', { lie: full, total: () => made + 1_000 }],
  ['gives other rows with every answer, newest first', { lie: (rows, request) => full(rows, request).toReversed() }],
  ['gives other rows with every answer, and no total', { lie: full, total: () => 0 }],
  ['changes its ids with every answer', { lie: (rows) => rows.map(fresh) }],
  ['changes its ids with every answer, in descending order', { lie: (rows) => rows.map(fresh), ignoresAscending: true }],
  ['changes its order with every answer', { lie: (rows) => (made++ % 2 ? rows : rows.toReversed()) }],
  ['shuffles its rows with every answer', { lie: (rows) => rows.toSorted((a, b) => ((a.name.length + made++) % 3) - ((b.name.length + made) % 3)) }],
  ['claims 1e308 rows', { total: () => 1e308 }],
  ['claims a billion rows', { total: () => 1e9 }],
  ['claims -5 rows', { total: () => -5 }],
  ['claims NaN rows', { total: () => Number.NaN }],
  ['claims a text as its total', { total: () => '330' }],
  ['gives rows that are no records', { lie: (rows) => rows.map((row, index) => (index % 2 ? 'row' : row)) }],
  ['gives nothing but what is no record', { lie: (rows) => rows.map(() => 7) }],
]

describe.each(liars)('a store that %s', (name, manners) => {
  it('has a read that ends, or asks for a page a second at most', async () => {
    const { server, next, found, lost } = await open(330, manners)
    const reads: string[] = []
    for (let time = 0; time < 3; time++) {
      server.append(150)
      const { outcome, requests, seconds } = await next()
      reads.push(`${requests} in ${seconds.toFixed(1)} s: ${outcome instanceof MesheryError ? outcome.message : String(outcome)}`)
    }
    console.log(name, '|', reads.join(' | '), '| found', found.length, '| lost', lost.map(({ message }) => message).join('; '))
  })
})
void momentOf
