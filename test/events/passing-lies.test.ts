import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/events/store.ts'
import { type Beginning, locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { sampled } from '../sample.ts'
import { never, type Row, ScriptedStore, type StoreBehavior, stream } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A store that ignores the page for some time: every number gives the first page. */
function openLiar(behavior: Partial<StoreBehavior> = {}) {
  let lieEndsAt = -Infinity
  const server = new ScriptedStore({ place: (from) => (performance.now() < lieEndsAt ? 0 : from), ...behavior })
  const lost: MesheryError[] = []
  const store = new Store(stream, { server, timeouts: { request: 10_000 } })
  /** Lies for so many milliseconds from the request of this number on, the next one being 0. */
  const lieFrom = (request: number, durationMs: number): void => {
    const first = server.requests.length + request + 1
    server.before = () => {
      if (server.requests.length === first) lieEndsAt = performance.now() + durationMs
      return new Promise((resolve) => setTimeout(resolve, 2))
    }
  }
  return { server, store, lost, lieFrom }
}

/** The numbers of the requests at which the lie begins: every one below that number, a sample of them in `npm test`. */
const requestsTo = (end: number, step = 1): number[] =>
  sampled(
    Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step),
    3,
    `${end}`,
  )

/** What a promise resolves or rejects with, once a minute has passed. */
async function within<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {})
  await vi.advanceTimersByTimeAsync(60_000)
  return work
}

const liars: readonly [string, Partial<StoreBehavior>][] = [
  ['', {}],
  [', counts pages from 1', { firstPage: 1 }],
  [', gives the newest rows first', { ignoresAscending: true }],
  [', counts pages from 1 and gives the newest rows first', { firstPage: 1, ignoresAscending: true }],
  [', has no total', { total: () => 0 }],
]

describe.each(sampled(liars, 2))('a store that ignores the page for a moment%s', (_, behavior) => {
  it.each(sampled([1, 5, 20, 900, 2_500], 1))(
    'for %i ms, from whatever request on, is read whole and in order',
    async (durationMs) => {
      for (const request of requestsTo(12)) {
        const { server, store, lost, lieFrom } = openLiar(behavior)
        server.append(330)
        const cursor = await within(locateCursor(store, { from: 'now' }, never))
        cursor.lost = (error) => void lost.push(error)
        const rows = server.append(450)
        lieFrom(request, durationMs)
        const found: Row[] = []
        const read = async (): Promise<void> => {
          for await (const page of readNewRows(store, cursor, never)) found.push(...page)
        }
        await within(read())
        rows.push(...server.append(150))
        await within(read())
        expect({ request, found, lost }).toEqual({ request, found: rows, lost: [] })
      }
    },
  )

  it.each(sampled([1, 5, 20, 900, 2_500], 1))('for %i ms still gives the row to begin after', async (durationMs) => {
    for (const request of requestsTo(6)) {
      const { server, store, lieFrom } = openLiar(behavior)
      server.append(450)
      const wanted = server.rows[100]
      const beginning: Beginning<Row> = {
        from: 'row',
        label: 'The row',
        id: null,
        at: null,
        matches: ({ id }) => id === wanted?.id,
      }
      lieFrom(request, durationMs)
      const cursor = await within(locateCursor(store, beginning, never))
      expect(cursor.after).toBe(wanted?.id)
    }
  })
})

it('a store that ignores the page for a moment is still read oldest first, though nearly all of it was read', async () => {
  for (const total of [330, 8_070]) {
    const { server, store, lieFrom } = openLiar()
    server.append(total)
    const cursor = await within(locateCursor(store, { from: 'now' }, never))
    const rows = server.append(3)
    lieFrom(0, 900)
    const found: Row[] = []
    const read = async (): Promise<void> => {
      for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    }
    for (let time = 0; time < 2; time++) await within(read())
    expect({ found, ascends: store.ascends }).toEqual({ found: rows, ascends: true })
  }
})

describe.each([0, 1] as const)('a store that counts pages from %i, and has small pages', (firstPage) => {
  it.each(sampled([1, 5, 20, 900], 1, `${firstPage}`))(
    'which are all the first one for %i ms, is still read oldest first',
    async (durationMs) => {
      for (const most of sampled([7, 11, 16], 1, `${firstPage}`))
        for (const request of requestsTo(40, 3)) {
          const { server, store, lost, lieFrom } = openLiar({ firstPage, most })
          server.append(150)
          const cursor = await within(locateCursor(store, { from: 'now' }, never))
          cursor.lost = (error) => void lost.push(error)
          const rows = server.append(200)
          lieFrom(request, durationMs)
          const found: Row[] = []
          const read = async (): Promise<void> => {
            for await (const page of readNewRows(store, cursor, never)) found.push(...page)
          }
          await within(read())
          rows.push(...server.append(50))
          await within(read())
          const { ascends } = store
          expect({ most, request, found, lost, ascends }).toEqual({
            most,
            request,
            found: rows,
            lost: [],
            ascends: true,
          })
        }
    },
  )
})

describe.each([0, 1] as const)('a store that counts pages from %i and gives the newest rows first', (firstPage) => {
  it.each(sampled([1, 2, 3, 5], 1, `${firstPage}`))(
    'for %i requests, from whatever request on, is read whole and in order',
    async (lies) => {
      for (const request of requestsTo(12)) {
        let asked = 0
        let lieFrom = Infinity
        const ignoresAscending = (): boolean => ++asked >= lieFrom && asked < lieFrom + lies
        const { server, store, lost } = openLiar({ firstPage, ignoresAscending })
        server.append(330)
        const cursor = await within(locateCursor(store, { from: 'now' }, never))
        cursor.lost = (error) => void lost.push(error)
        const rows = server.append(450)
        lieFrom = asked + 1 + request
        const found: Row[] = []
        const read = async (): Promise<void> => {
          for await (const page of readNewRows(store, cursor, never)) found.push(...page)
        }
        await within(read())
        rows.push(...server.append(150))
        await within(read())
        expect({ request, found, lost }).toEqual({ request, found: rows, lost: [] })
      }
    },
  )
})

/** From which request on a store gives few rows on a page, and whether it ignores the order. */
const smallPages = [0, 1, 2, 3, 5, 8].flatMap((request) => [true, false].map((order) => [request, order] as const))

describe.each<[string, Partial<StoreBehavior>]>([
  ['', {}],
  [' and counts pages from 1', { firstPage: 1 }],
])('a store that gives few rows on a page and the first page for every number%s', (_, behavior) => {
  it.each(sampled([1, 5, 20, 900, 2_500], 1))('for %i ms is not taken for one that ends there', async (durationMs) => {
    for (const [request, order] of sampled(smallPages, 3, `${durationMs}`)) {
      let lies = (): boolean => false
      const { server, store, lost } = openLiar({
        ...behavior,
        ignoresAscending: order,
        most: () => (lies() ? 11 : 100),
        place: (from) => (lies() ? 0 : from),
      })
      server.append(330)
      const from = server.rows[120]
      const cursor = await within(locateCursor(store, { from: 'time', at: Date.parse(from?.at ?? '') }, never))
      cursor.lost = (error) => void lost.push(error)
      const first = server.requests.length + request + 1
      let endsAt = Infinity
      server.before = () => {
        if (server.requests.length === first) endsAt = performance.now() + durationMs
        return new Promise((resolve) => setTimeout(resolve, 2))
      }
      lies = () => server.requests.length >= first && performance.now() < endsAt
      const found: Row[] = []
      const read = async (): Promise<void> => {
        for await (const page of readNewRows(store, cursor, never)) found.push(...page)
      }
      await within(read())
      expect({ request, order, found, lost }).toEqual({ request, order, found: server.rows.slice(120), lost: [] })
    }
  })
})

it('a store that gave the newest rows first for a while is read oldest first again', async () => {
  let ignores = true
  const { server, store } = openLiar({ ignoresAscending: () => ignores })
  server.append(330)
  const cursor = await within(locateCursor(store, { from: 'now' }, never))
  const found: Row[] = []
  const rows: Row[] = []
  const read = async (): Promise<void> => {
    rows.push(...server.append(2))
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
  }
  await within(read())
  expect(store.ascends).toBe(false)
  ignores = false
  for (let time = 0; time < 64; time++) await within(read())
  expect({ found, ascends: store.ascends }).toEqual({ found: rows, ascends: true })
})

describe('a store that gives one row on a page for a moment', () => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['oldest first', {}],
    ['newest first', { ignoresAscending: true }],
    ['without a total', { total: () => 0 }],
  ])('is read by large pages soon after, %s', async (_, behavior) => {
    let most = 100
    const { server, store, lost } = openLiar({ most: () => most, ...behavior })
    server.append(330)
    const cursor = await within(locateCursor(store, { from: 'now' }, never))
    cursor.lost = (error) => void lost.push(error)
    const found: Row[] = []
    const read = async (): Promise<void> => {
      for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    }
    most = 1
    const rows = server.append(2)
    await within(read())
    most = 100
    rows.push(...server.append(3_000))
    const asked = server.requests.length
    await within(read())
    expect({ found, lost }).toEqual({ found: rows, lost: [] })
    expect(server.requests.length - asked).toBeLessThan(500)
    await within(read())
    expect(store.pageSize).toBe(100)
  })
})

it('a store that ignores the page for a moment is read in order, though the read goes back past its first row', async () => {
  for (const request of requestsTo(14)) {
    const { server, store, lost, lieFrom } = openLiar({ ignoresAscending: true })
    server.append(30)
    const cursor = await within(locateCursor(store, { from: 'now' }, never))
    cursor.lost = (error) => void lost.push(error)
    const rows = server.append(570)
    store.ascends = false
    lieFrom(request, 5)
    const found: Row[] = []
    const read = async (): Promise<void> => {
      for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    }
    await within(read())
    expect({ request, found, lost }).toEqual({ request, found: rows, lost: [] })
  }
})

/** Whether the store of the test no longer keeps to an order. */
let stops = false

describe('a store that stops to give the oldest rows first', () => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['', {}],
    [', on pages of 29 rows', { most: 29 }],
    [', and no longer has a total', { total: (rows) => (stops ? 0 : rows) }],
  ])('in the middle of a read%s is read on in the other order without a wait', async (_, behavior) => {
    const server = new ScriptedStore({ ignoresAscending: () => stops, ...behavior })
    stops = false
    const store = new Store(stream, { server, timeouts: { request: 10_000 } })
    const cursor = await within(locateCursor(store, { from: 'now' }, never))
    const rows = server.append(6_000)
    server.before = () => new Promise((resolve) => setTimeout(resolve, 2))
    const found: Row[] = []
    const began = performance.now()
    let endedAt = Infinity
    const read = async (): Promise<void> => {
      for await (const page of readNewRows(store, cursor, never)) {
        found.push(...page)
        stops ||= found.length > 200
      }
      endedAt = performance.now()
    }
    const reading = read()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(endedAt - began).toBeLessThan(5_000)
    await reading
    expect(found).toEqual(rows)
  })
})
