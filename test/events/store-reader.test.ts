import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { pageSize } from '../../src/events/page.ts'
import { firstWindow, newerWindow, nextWindow } from '../../src/events/page-window.ts'
import type { StoreCursor } from '../../src/events/store-cursor.ts'
import { type Beginning, locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { marksOf } from '../../src/events/trait-index.ts'
import { isFull, sampled } from '../sample.ts'
import {
  dawn,
  momentOf,
  never,
  type Row,
  ScriptedStore,
  type StoreBehavior,
  storeOn,
  stream,
} from './scripted-store.ts'

const now: Beginning<Row> = { from: 'now' }

const afterRow = (row: Row | undefined, known: Partial<Row> = {}): Beginning<Row> => ({
  from: 'row',
  label: 'the row',
  id: known.id ?? null,
  at: known.at ?? null,
  matches: (other) => other.id === row?.id,
})

/** A server with this many rows, and a reader of it. */
async function open(
  rows: number,
  beginning: Beginning<Row> | ((server: ScriptedStore) => Beginning<Row>) = now,
  behavior: Partial<StoreBehavior> = {},
) {
  const server = new ScriptedStore(behavior)
  server.append(rows)
  const store = storeOn(server)
  const cursor = await locateCursor(store, typeof beginning === 'function' ? beginning(server) : beginning, never)
  server.requests.length = 0
  const next = async (): Promise<Row[]> => {
    const found: Row[] = []
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    return found
  }
  return { server, store, cursor, next }
}

const restingStores: readonly [string, Partial<StoreBehavior>][] = [
  ['', {}],
  [' of a store that ignores the ascending order', { ignoresAscending: true }],
  [' of a store that claims no total', { total: () => 0 }],
  [' of a store that counts pages from 1', { firstPage: 1 }],
]

/** A sample of them in `npm test`. */
const totals = Array.from({ length: 501 }, (_, total) => total)

describe('a read at rest', () => {
  it.each(sampled(restingStores, 2))('is one page for every total from 0 to 500%s', async (_, behavior) => {
    for (const total of sampled(totals, 8)) {
      const { server, next } = await open(total, now, behavior)
      // The first one finds out what the store is like.
      await next()
      for (let time = 0; time < 2; time++) {
        server.requests.length = 0
        expect(await next()).toEqual([])
        expect(server.requests.length, `${total} rows`).toBe(1)
      }
    }
  })

  it('is one page for every total from 0 to 500 after one new row, which that page yields', async () => {
    for (const total of sampled(totals, 8)) {
      const { server, next } = await open(total)
      await next()
      server.requests.length = 0
      const added = server.append(1)
      expect(await next()).toEqual(added)
      expect(server.requests.length, `${total} rows`).toBe(1)
    }
  })
})

/** So many rows, and the requests in which a gap of them is read. */
const largeGap = isFull
  ? { rows: 100_000, text: '100 000', requests: 1_150 }
  : { rows: 12_000, text: '12 000', requests: 180 }
const largeGaps: readonly [string, Partial<StoreBehavior>, number][] = [
  ['ascending', {}, largeGap.requests],
  ['descending, there and back', { ignoresAscending: true }, 2 * largeGap.requests],
]

describe('a large gap', () => {
  it.each(sampled(largeGaps, 1))(
    `of ${largeGap.text} rows is closed in order, a page at a time, %s`,
    async (_, behavior, most) => {
      const { server, store, cursor } = await open(1_000, now, behavior)
      const added = server.append(largeGap.rows)
      let index = 0
      for await (const page of readNewRows(store, cursor, never)) {
        expect(page.length).toBeLessThanOrEqual(100)
        for (const row of page) if (row !== added[index++]) expect.fail(`${row.name} is out of order`)
      }
      expect(index).toBe(added.length)
      expect(server.requests.length).toBeLessThan(most)
      expect(sizeOf(cursor)).toBeLessThanOrEqual(11_000)
    },
  )

  it(`is found from a moment ${largeGap.text} rows ago by binary search, not page by page`, async () => {
    const { server, store, cursor } = await open(largeGap.rows + 1_000, { from: 'time', at: dawn + 1_001 * 1_000 })
    const iterator = readNewRows(store, cursor, never)
    let first: Row | undefined
    while (!first) first = (await iterator.next()).value?.[0]
    expect(momentOf(first)).toBe(dawn + 1_001_000)
    expect(server.requests.length).toBeLessThan(35)
    await iterator.return()
  })
})

/** How many rows the cursor remembers. */
const sizeOf = (cursor: StoreCursor<Row>): number => {
  let size = 0
  for (let index = 0; index < largeGap.rows + 2_000; index++) {
    const row = { id: `id of row ${index}`, at: null, name: `row ${index}` }
    if (cursor.hasRowOf(marksOf(stream, row))) size++
  }
  return size
}

/** Rows to begin after, which move while they are searched. */
const deleted = Array.from({ length: 50 }, (_, index) => 150 + index)

describe('a beginning', () => {
  it('at the present end skips the rows that are there, with one request', async () => {
    const server = new ScriptedStore()
    server.append(300)
    await locateCursor(storeOn(server), now, never)
    expect(server.requests).toEqual([{ path: '/rows', page: 0, size: 100, order: 'desc' }])
  })

  it.each([0, 1, 99, 100, 101, 250])('at a moment in a store of %i rows yields the rows from it on', async (total) => {
    for (const skipped of [0, Math.floor(total / 2), total]) {
      const { server, next } = await open(total, { from: 'time', at: dawn + (skipped + 1) * 1_000 })
      expect(await next()).toEqual(server.rows.slice(skipped))
      expect(await next()).toEqual([])
      const added = server.append(3)
      expect(await next()).toEqual(added)
    }
  })

  it('a time span ago goes by the clock of the server', async () => {
    const server = new ScriptedStore()
    server.append(200)
    server.date = momentOf(server.rows.at(-1))
    const store = storeOn(server)
    const cursor = await locateCursor(store, { from: 'ago', durationMs: 10_000 }, never)
    const found: Row[] = []
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    expect(found).toEqual(server.rows.slice(-11))
  })

  describe.each<[string, Partial<StoreBehavior>]>([
    ['ascending', {}],
    ['descending', { ignoresAscending: true }],
    ['with pages from 1', { firstPage: 1 }],
  ])('after a row, %s', (order, behavior) => {
    const places: readonly (readonly [total: number, index: number])[] = [
      [1, 0],
      [50, 10],
      [450, 449],
      [450, 440],
      [450, 30],
      [450, 0],
    ]
    it.each(sampled(places, 3, order))(
      'of %i, the one at %i, yields those after it, whatever is known of it',
      async (total, index) => {
        for (const known of [[], ['id'], ['id', 'at']] as const) {
          const { server, next } = await open(
            total,
            (at) => {
              const row = at.rows[index]
              return afterRow(row, Object.fromEntries(known.map((key) => [key, row?.[key]])))
            },
            behavior,
          )
          expect(await next()).toEqual(server.rows.slice(index + 1))
          expect(await next()).toEqual([])
        }
      },
    )
  })

  it('after a row among others of its moment yields those that the store has after it', async () => {
    const server = new ScriptedStore()
    server.append(10)
    const tied = server.append(30, 0)
    const store = storeOn(server)
    const cursor = await locateCursor(store, afterRow(tied[11]), never)
    const found: Row[] = []
    for await (const page of readNewRows(store, cursor, never)) found.push(...page)
    expect(found).toEqual(tied.slice(12))
  })

  it('after a row that was deleted yields everything from its moment on, when its moment is known', async () => {
    const { server, next } = await open(50, (at) => {
      const [row] = at.remove(10, 1)
      return afterRow(row, row)
    })
    expect(await next()).toEqual(server.rows.slice(39))
  })

  it('after an item that was never stored yields everything from its moment on, when its moment is known', async () => {
    const { server, next } = await open(50, (at) => afterRow(undefined, { at: at.rows[39]?.at ?? null }))
    expect(await next()).toEqual(server.rows.slice(39))
  })

  it('after a row that is not in the store is an error', async () => {
    for (const total of [0, 10, 100, 230]) {
      const failure = open(total, afterRow(undefined))
      await expect(failure).rejects.toMatchObject({ code: 'SINCE_UNKNOWN', phase: 'store' })
    }
  })

  it('after a row is found though rows are stored during the search', async () => {
    const server = new ScriptedStore()
    server.append(450)
    server.before = () => void server.append(7)
    const wanted = server.rows[120]
    await expect(locateCursor(storeOn(server), afterRow(wanted), never)).resolves.toBeDefined()
  })

  it('after a row is found though newer rows are deleted during the search', async () => {
    for (const index of sampled(deleted, 10)) {
      const server = new ScriptedStore()
      server.append(450)
      const wanted = server.rows[index]
      let reads = 0
      server.before = () => {
        if (++reads === 3 || reads === 5) server.remove(0, 80)
      }
      await expect(locateCursor(storeOn(server), afterRow(wanted), never), `row ${index}`).resolves.toBeDefined()
    }
  })
})

describe('a server that returns fewer rows on a page than asked for', () => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['', {}],
    [', in descending order alone', { ignoresAscending: true }],
    [', and counts pages from 1', { firstPage: 1 }],
  ])('is read to its end: every row once and in order%s', async (text, behavior) => {
    for (const most of sampled([10, 25, 40, 99], 1, text)) {
      const { server, next } = await open(500, now, { most, ...behavior })
      for (const count of [0, 1, 5, 30, 137, 400]) {
        const added = server.append(count)
        expect(await next(), `${count} rows by ${most}`).toEqual(added)
      }
    }
  })

  it('gives its whole history from a moment on', async () => {
    const { server, next } = await open(1_000, ({ rows }) => ({ from: 'time', at: momentOf(rows[100]) }), { most: 30 })
    expect(await next()).toEqual(server.rows.slice(100))
  })
})

const ofLargeRows: readonly Partial<StoreBehavior>[] = [{}, { ignoresAscending: true }, { most: 3 }, { firstPage: 1 }]

describe('a store of large rows', () => {
  const numberOf = ({ name }: Row): number => Number(name.slice(4))
  it.each<[string, (row: Row) => number]>([
    ['1 MB', () => 1_000_000],
    ['300 kB', () => 300_000],
    ['7 MB', () => 7_000_000],
    ['30 MB', () => 30_000_000],
    ['1 kB, and some of 3 MB', (row) => (numberOf(row) % 17 < 3 ? 3_000_000 : 1_000)],
  ])(
    'of %s is read to its end in answers of 4 MiB or of a few rows: every row once and in order',
    async (text, bytesOf) => {
      for (const behavior of sampled(ofLargeRows, 1, text)) {
        const { server, next } = await open(120, now, { bytesOf, ...behavior })
        for (const count of [0, 1, 2, 5, 30, 137]) {
          const added = server.append(count)
          expect(await next(), `${count} rows, ${JSON.stringify(behavior)}`).toEqual(added)
        }
        expect(server.answers.largest).toBeLessThan(
          4 * Math.max(2 ** 20, bytesOf({ id: '', at: '', name: 'row 1' })) + 100,
        )
      }
    },
  )

  it('gets requests for fewer rows from then on, and for more again once rows are small', async () => {
    const { server, store, next } = await open(50, now, { bytesOf: (row) => (numberOf(row) > 100 ? 1_000 : 1_000_000) })
    expect(store.pageSize).toBe(4)
    const { refused } = server.answers
    expect(refused).toBeLessThan(4)
    server.append(50)
    await next()
    expect(server.answers.refused).toBe(refused)
    server.append(500)
    for (let reads = 0; reads < 10; reads++) await next()
    expect(store.pageSize).toBe(100)
    expect(server.answers.refused).toBe(refused)
  })

  it('is read to its end though no size of a page from three rows to eight overlaps the page before', async () => {
    for (const ignoresAscending of sampled([false, true], 1)) {
      const { server, next } = await open(450, now, { bytesOf: () => 900_000, ignoresAscending })
      const added = server.append(840)
      expect(await next()).toEqual(added)
    }
  })

  it('is not kept in memory: neither the read nor a loop over it holds a page once the next one is asked for', async () => {
    const { server, store, cursor } = await open(120, now, { bytesOf: () => 1_000_000 })
    server.append(40)
    const pages: (readonly Row[])[] = []
    const counts: number[] = []
    for await (const page of readNewRows(store, cursor, never)) {
      counts.push(page.length)
      pages.push(page)
      expect(pages.slice(0, -1).every(({ length }) => length === 0)).toBe(true)
    }
    expect(pages.length).toBeGreaterThan(10)
    expect(counts.reduce((sum, count) => sum + count)).toBe(40)
  })

  it('fails when a single row is too large', async () => {
    const opening = open(50, now, { bytesOf: () => 40_000_000 })
    await expect(opening).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })
})

describe('a row that comes late while a read is under way', () => {
  it.each<[string, Partial<StoreBehavior>]>([
    ['', {}],
    [' of a store that ignores the ascending order', { ignoresAscending: true }],
  ])('is found by that read or the next one, however much came after it%s', async (_, behavior) => {
    for (const before of sampled([...Array(131).keys()], 8)) {
      const { server, next } = await open(60, now, behavior)
      await next()
      const wanted = server.append(before)
      const asked = server.requests.length
      server.before = () => {
        if (server.requests.length !== asked + 2) return
        wanted.push(server.insertLate(5), ...server.append(150))
      }
      const found = [...(await next()), ...(await next())]
      const ids = (rows: readonly Row[]) => rows.map(({ id }) => id).toSorted()
      expect(ids(found), `${before} rows before it`).toEqual(ids(wanted))
    }
  })
})

describe('a read that fails', () => {
  it('continues later without losing or doubling anything', async () => {
    const { server, store, cursor } = await open(100)
    const added = server.append(1_000)
    const found: Row[] = []
    for (let tries = 0; found.length < added.length; tries++) {
      expect(tries).toBeLessThan(20)
      let left = 3
      server.before = () => {
        if (left-- === 0) throw new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
      }
      try {
        for await (const page of readNewRows(store, cursor, never)) found.push(...page)
      } catch (error) {
        expect(error).toMatchObject({ code: 'SERVER_ERROR' })
      }
    }
    expect(found).toEqual(added)
  })

  it('stops with the signal', async () => {
    const { server, store, cursor } = await open(100)
    server.append(1_000)
    const stop = new AbortController()
    const iterator = readNewRows(store, cursor, stop.signal)
    await iterator.next()
    stop.abort()
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('the window of a page', () => {
  /** Every end to 6,000, and a tenth of them in `npm test`. */
  const endsFrom = (first: number): number[] =>
    sampled(
      Array.from({ length: 6_001 - first }, (_, index) => first + index),
      600,
      'ends',
    )

  it('for a first read reaches back over the overlap and past the end, for every end', () => {
    const wrong = endsFrom(0).filter((end) => {
      const [number, size] = firstWindow(end, pageSize)
      const reachesBack = size <= 100 && number * size <= Math.max(0, end - 25)
      // Where no such page exists, two do: rare enough.
      return !(reachesBack && ((number + 1) * size >= end + 10 || end > 500))
    })
    expect(wrong).toEqual([])
  })

  it('for the next page begins before the end of the last page and reaches past it, far on the whole', () => {
    let reach = 0
    const ends = endsFrom(1)
    const wrong = ends.filter((end) => {
      const [number, size] = nextWindow(end, pageSize)
      reach += (number + 1) * size - end
      return !(size <= 100 && number * size < end && (number + 1) * size > end)
    })
    expect(wrong).toEqual([])
    expect(reach / ends.length).toBeGreaterThan(85)
  })

  it('for a newer page ends past the beginning of the last page and begins before it, far on the whole', () => {
    let reach = 0
    const ends = endsFrom(1)
    const wrong = ends.filter((beginning) => {
      const [number, size] = newerWindow(beginning, pageSize)
      reach += beginning - number * size
      return !(size <= 100 && number >= 0 && number * size < beginning && (number + 1) * size > beginning)
    })
    expect(wrong).toEqual([])
    expect(reach / ends.length).toBeGreaterThan(85)
  })
})
