import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { errorOf } from '../../src/connection/retry-loop.ts'
import { type Beginning, locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { dawn, type Row, ScriptedStore, type StoreBehavior, storeOn, textOf } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

let made = 0
const later = (): Row => {
  const name = `later ${++made}`
  return { id: name, name, at: textOf(dawn + made * 1_000) }
}
const shuffled = (rows: readonly Row[]): Row[] => {
  const salt = ++made
  const key = ({ name }: Row): number => (Number(name.slice(4)) * 7_919 + salt * 104_729) % 1_009
  return rows.toSorted((a, b) => key(a) - key(b))
}

const lies: readonly (readonly [string, Partial<StoreBehavior>])[] = [
  ['always gives other rows', { change: (_, { size }) => Array.from({ length: size }, later), total: () => 1_000_000 }],
  ['changes its ids', { change: (rows) => rows.map((row) => ({ ...row, id: `made up ${++made}` })) }],
  ['changes its order', { change: shuffled }],
  ['gives each row twice', { change: (rows) => rows.flatMap((row) => [row, row]) }],
  ['gives nulls between its rows', { change: (rows) => rows.flatMap((row) => [null, row, 7, 'row', []]) }],
  ['gives rows without ids', { change: (rows) => rows.map((row) => ({ ...row, id: null })) }],
  ['gives rows of one id', { change: (rows) => rows.map((row) => ({ ...row, id: 'the same' })) }],
  ['gives an empty page every second time', { change: (rows) => (made++ % 2 === 0 ? [] : rows) }],
]

describe.each(lies)('a store that %s', (_, behavior) => {
  it('gets at most 100 requests in 5 s from a stream and a subscription that begins in the past', async () => {
    made = 0
    const server = new ScriptedStore(behavior)
    server.append(300)
    server.before = () => new Promise((resolve) => setTimeout(resolve, 4))
    const store = storeOn(server)
    const stop = new AbortController()
    /** Reads again and again, with a wait after each read. */
    const follow = async (beginning: Beginning<Row>): Promise<void> => {
      const cursor = await locateCursor(store, beginning, stop.signal)
      while (!stop.signal.aborted) {
        await errorOf(async () => {
          for await (const __ of readNewRows(store, cursor, stop.signal));
        })
        await new Promise((resolve) => setTimeout(resolve, 750))
      }
    }
    const readers = [follow({ from: 'now' }), follow({ from: 'time', at: 0 })]
    await vi.advanceTimersByTimeAsync(5_000)
    const { length } = server.requests
    stop.abort()
    await vi.advanceTimersByTimeAsync(1_000)
    await Promise.all(readers)
    expect(length).toBeLessThanOrEqual(100)
  })
})
