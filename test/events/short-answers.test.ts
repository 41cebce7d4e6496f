import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/events/store.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { sampled } from '../sample.ts'
import { never, type Row, ScriptedStore, type StoreBehavior, stream } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** `count` answers with so many rows, from the request of this number on. */
interface ShortAnswers {
  readonly request: number
  readonly count: number
  readonly rows: number
  /** Whether they have the total of the store, or 0. */
  readonly hasTotal?: boolean
}

/** Reads a store in which the answers to some requests of the read have only so many rows. */
async function readWithShortAnswers(
  behavior: Partial<StoreBehavior>,
  { request, count, rows: kept, hasTotal = true }: ShortAnswers,
) {
  let isShort = (): boolean => false
  const server = new ScriptedStore({
    ...behavior,
    change: (rows) => (isShort() ? rows.slice(0, kept) : rows),
    total: (rows) => (isShort() && !hasTotal ? 0 : (behavior.total?.(rows) ?? rows)),
  })
  server.append(730)
  const lost: MesheryError[] = []
  const store = new Store(stream, { server, timeouts: { request: 10_000 } })
  const at = Date.parse(server.rows[120]?.at ?? '')
  const cursor = await locateCursor(store, { from: 'time', at }, never)
  cursor.lost = (error) => void lost.push(error)
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

describe.each(sampled([1, 2, 3], 1, 'answers'))('%i answers with fewer rows than the store has there', (count) => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['newest first', { ignoresAscending: true }],
    ['newest first, with pages counted from 1', { ignoresAscending: true, firstPage: 1 }],
    ['newest first, on pages of 25 rows', { ignoresAscending: true, most: 25 }],
    ['newest first, on pages of 7 rows', { ignoresAscending: true, most: 7 }],
    ['newest first, without a total', { ignoresAscending: true, total: () => 0 }],
    ['newest first, on pages of 7 rows without a total', { ignoresAscending: true, most: 7, total: () => 0 }],
    ['oldest first', {}],
    ['oldest first, on pages of 7 rows', { most: 7 }],
  ])('are no end of a store that is read %s', async (text, behavior) => {
    for (const rows of [0, ...sampled([3, 11, 40], 1, text)])
      for (const hasTotal of rows === 0 ? [true, false] : [true])
        for (const request of sampled([...Array(16).keys()], 1, `${count} ${rows} ${hasTotal} ${text}`)) {
          const how = { rows, hasTotal, request }
          const { found, expected, lost } = await readWithShortAnswers(behavior, { ...how, count })
          expect({ ...how, found, lost }).toEqual({ ...how, found: expected, lost: [] })
        }
  })

  it('do not show from which number a store counts its pages', async () => {
    for (const request of sampled([...Array(12).keys()], 4, `${count} empty`)) {
      const { found, expected } = await readWithShortAnswers({ firstPage: 1, most: 25 }, { request, count, rows: 0 })
      expect({ request, found }).toEqual({ request, found: expected })
    }
  })
})
