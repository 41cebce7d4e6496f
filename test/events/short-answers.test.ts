import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/events/store.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { sampled } from '../sample.ts'
import { never, type Row, ScriptedStore, type StoreBehavior, stream } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Reads a store in which the answers to some requests of the read have only so many rows. */
async function readWithShortAnswers(
  behavior: Partial<StoreBehavior>,
  { request, count, rows: kept }: { readonly request: number; readonly count: number; readonly rows: number },
) {
  let isShort = (): boolean => false
  const server = new ScriptedStore({ ...behavior, change: (rows) => (isShort() ? rows.slice(0, kept) : rows) })
  server.append(730)
  const lost: MesheryError[] = []
  const store = new Store(stream, { server, timeouts: { request: 10_000 } }, (error) => void lost.push(error))
  const at = Date.parse(server.rows[120]?.at ?? '')
  const cursor = await locateCursor(store, { from: 'time', at }, never)
  const first = server.requests.length + request + 1
  isShort = () => server.requests.length >= first && server.requests.length < first + count
  const found: Row[] = []
  const reading = (async () => {
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
  })()
  reading.catch(() => {})
  await vi.advanceTimersByTimeAsync(60_000)
  await reading
  return { found, expected: server.rows.slice(120), lost }
}

describe.each([1, 2, 3])('%i answers with fewer rows than the store has there', (count) => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['newest first', { ignoresAscending: true }],
    ['newest first, with pages counted from 1', { ignoresAscending: true, firstPage: 1 }],
    ['newest first, on pages of 25 rows', { ignoresAscending: true, most: 25 }],
    ['oldest first', {}],
  ])('are no end of a store that is read %s', async (_, behavior) => {
    for (const rows of [3, 11, 40])
      for (const request of sampled([...Array(16).keys()], 3, `${count} of ${rows}`)) {
        const { found, expected, lost } = await readWithShortAnswers(behavior, { request, count, rows })
        expect({ rows, request, found, lost }).toEqual({ rows, request, found: expected, lost: [] })
      }
  })

  it('do not show from which number a store counts its pages', async () => {
    for (const request of sampled([...Array(12).keys()], 4, `${count} empty`)) {
      const { found, expected } = await readWithShortAnswers({ firstPage: 1, most: 25 }, { request, count, rows: 0 })
      // An empty answer may end a read; the next one goes on.
      expect({ request, found }).toEqual({ request, found: expected.slice(0, found.length) })
    }
  })
})
