import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/events/store.ts'
import { type Beginning, locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { isFull, sampled } from '../sample.ts'
import { dawn, momentOf, never, type Row, ScriptedStore, type StoreBehavior, stream, textOf } from './scripted-store.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A server with this many rows, a reader of it at the end, and what the reader reports. */
async function open(rows: number, behavior: Partial<StoreBehavior> = {}, beginning: Beginning<Row> = { from: 'now' }) {
  const server = new ScriptedStore(behavior)
  server.append(rows)
  const lost: MesheryError[] = []
  const store = new Store(stream, { server, timeouts: { request: 10_000 } })
  const found: Row[] = []
  // Each answer takes its time, as on a network.
  server.before = () => new Promise((resolve) => setTimeout(resolve, 2))
  const work = locateCursor(store, beginning, never)
  await vi.advanceTimersByTimeAsync(1_000)
  const cursor = await work
  cursor.lost = (error) => void lost.push(error)
  /** One read; resolves with its error, `endless` when it has not ended after so many minutes, and how much it asked for. */
  const next = async (minutes = 5) => {
    server.requests.length = 0
    let outcome: unknown = 'endless'
    const stop = new AbortController()
    const began = performance.now()
    let seconds = 0
    const reading = (async () => {
      for await (const page of readNewRows(store, cursor, stop.signal)) found.push(...page)
    })()
    const ended = (how: unknown): void => {
      outcome = how
      seconds = (performance.now() - began) / 1_000
    }
    reading.then(() => ended('read'), ended)
    for (let second = 0; outcome === 'endless' && second < minutes * 60 && server.requests.length < 5_000; second++)
      await vi.advanceTimersByTimeAsync(1_000)
    stop.abort()
    if (outcome === 'endless') ended(outcome)
    return { outcome, requests: server.requests.length, seconds }
  }
  return { server, store, cursor, found, lost, next }
}

let made = 0
const fresh = (row: Row): Row => ({ ...row, id: `made up ${made++}` })
const later = (): Row => ({
  id: `later ${made}`,
  name: `later ${made}`,
  at: textOf(dawn + ++made * 1_000),
})
const full = (_: readonly Row[], { size }: { size: number }): Row[] => Array.from({ length: size }, later)

function shuffled(rows: readonly Row[]): Row[] {
  const key = ({ name }: Row): number => (Number(name.slice(4)) * 7_919 + made * 104_729) % 1_009
  made++
  return rows.toSorted((a, b) => key(a) - key(b))
}

/** A page past the end is the last page; or the last rows, so that none is ever short. */
const lastPage = (from: number, size: number, rows: number): number =>
  Math.min(from, Math.floor(Math.max(0, rows - 1) / size) * size)
const lastRows = (from: number, size: number, rows: number): number => Math.max(0, Math.min(from, rows - size))
const isOdd = ({ name }: Row): boolean => Number(name.slice(4)) % 2 === 1

interface End {
  /** Which rows of the 450 are delivered. */
  readonly found?: 'all' | 'the newest of each read' | 'readable'
  /** What is reported. */
  readonly lost?: RegExp
  /** The error with which each read ends, if any. */
  readonly error?: RegExp
}

const samePage = /same page for each number/
const changes = /changes its ids or order/
const noEnd = /^The store returned 120 pages without new rows or an end$/

const unkindStores: readonly (readonly [string, Partial<StoreBehavior>, End])[] = [
  ['ignores the page', { place: () => 0 }, { found: 'the newest of each read', lost: samePage }],
  [
    'ignores the page and the order',
    { place: () => 0, ignoresAscending: true },
    { found: 'the newest of each read', lost: samePage },
  ],
  [
    'ignores the page and has no total',
    { place: () => 0, total: () => 0 },
    { found: 'the newest of each read', lost: samePage },
  ],
  ['gives the last page for one past it', { place: lastPage }, { found: 'all' }],
  ['gives the last page for one past it, newest first', { place: lastPage, ignoresAscending: true }, { found: 'all' }],
  ['never gives a short page', { place: lastRows }, { found: 'all' }],
  ['never gives a short page, newest first', { place: lastRows, ignoresAscending: true }, { found: 'all' }],
  ['always gives other rows', { change: full }, { error: changes }],
  ['always gives other rows, and claims ever more', { change: full, total: () => made + 1_000 }, { error: changes }],
  ['always gives other rows, newest first', { change: (_, how) => full(_, how).toReversed() }, { error: noEnd }],
  ['always gives other rows, and no total', { change: full, total: () => 0 }, { error: noEnd }],
  ['changes its ids with every answer', { change: (rows) => rows.map(fresh) }, { error: changes }],
  [
    'changes its ids with every answer, newest first',
    { change: (rows) => rows.map(fresh), ignoresAscending: true },
    { error: changes },
  ],
  ['changes its order with every answer', { change: (rows) => (made++ % 2 ? rows : rows.toReversed()) }, {}],
  ['shuffles its rows with every answer', { change: shuffled }, {}],
  ['claims 1e308 rows', { total: () => 1e308 }, { found: 'all' }],
  ['claims a billion rows', { total: () => 1e9 }, { found: 'all' }],
  ['claims -5 rows', { total: () => -5 }, { found: 'all' }],
  ['claims NaN rows', { total: () => Number.NaN }, { found: 'all' }],
  ['claims half a row', { total: () => 0.5 }, { found: 'all' }],
  ['claims a text as its total', { total: () => '330' }, { found: 'all' }],
  [
    'gives rows that are no records',
    { change: (rows) => rows.map((row) => (isOdd(row) ? row.name : row)) },
    { found: 'readable' },
  ],
  ['gives nothing but what is no record', { change: (rows) => rows.map(() => 7) }, { error: changes }],
]

/** The outcome of a read: an error with that text, or success where rows are found, or at least an end. */
function expectOutcome(outcome: unknown, error: RegExp | undefined, isFound: boolean): void {
  if (error)
    expect(outcome).toMatchObject({ code: 'SERVER_ERROR', retryable: true, message: expect.stringMatching(error) })
  else if (isFound) expect(outcome).toBe('read')
  else expect(outcome).not.toBe('endless')
}

/** How often such a store is read; in `npm test` once where each read goes on until it fails. */
const roundsOf = ({ error }: End): number => {
  if (isFull) return 3
  return error ? 1 : 2
}

const readableStores = unkindStores.filter(([, , { error }]) => error === undefined)
const unreadableStores = unkindStores.filter(([, , { error }]) => error !== undefined)

const readStores = [...sampled(readableStores, 8), ...sampled(unreadableStores, 2)]

describe.each(readStores)('a store that %s', (_, behavior, end) => {
  const { found: which, lost: reported, error: ends } = end
  const rounds = roundsOf(end)
  it('has reads that end, request at most a page a second in the long run, and report what is missing', async () => {
    const { server, next, found, lost } = await open(330, behavior)
    const wanted: Row[] = []
    for (let time = 0; time < rounds; time++) {
      const rows = server.append(150)
      wanted.push(...(which === 'the newest of each read' ? rows.slice(-100) : rows))
      const { outcome, requests, seconds } = await next()
      // Pages in a random order bring new rows by chance, and are then read without a wait.
      expect(requests).toBeLessThan(100 + seconds)
      expectOutcome(outcome, ends, which !== undefined)
    }
    expect(lost.filter(({ message }) => reported && !reported.test(message))).toEqual([])
    if (!which) return
    expect(found).toEqual(which === 'readable' ? wanted.filter((row) => !isOdd(row)) : wanted)
    expect(lost).toHaveLength(reported ? rounds : 0)
  })
})

describe('a server with small pages', () => {
  const caps = [1, 2, 3, 5, 7, 9, 10, 12, 19, 20, 60]
  /** The size of a page, and the one that it becomes. */
  const changes = [
    [100, 7],
    [100, 30],
    [40, 5],
    [5, 60],
    [7, 1],
  ] as const

  const orders: readonly [string, Partial<StoreBehavior>][] = [
    ['', {}],
    [', newest first', { ignoresAscending: true }],
    [', counted from 1', { firstPage: 1 }],
    [', counted from 1 and newest first', { firstPage: 1, ignoresAscending: true }],
    [', that gives its last page again', { place: lastPage }],
  ]

  describe.each(sampled(orders, 2, 'orders'))('ascending or not%s', (name, behavior) => {
    it.each(sampled(caps, 1))('of %i rows gives every row once and in order', async (most) => {
      const { server, next, found, lost } = await open(330, { most, ...behavior })
      const wanted: Row[] = []
      for (const count of [0, 1, 5, 130]) {
        wanted.push(...server.append(count))
        expect((await next()).outcome).toBe('read')
        expect(found).toEqual(wanted)
      }
      expect(lost).toEqual([])
    })

    it('that become smaller or larger at any page gives every row once and in order', async () => {
      for (const [before, after] of sampled(changes, 1))
        for (const when of sampled([0, 1, 2, 3, 4, 5, 6], 1, name)) {
          let asked = 0
          let left = Infinity
          const most = () => (++asked > left ? after : before)
          const { server, next, found } = await open(330, { most, ...behavior })
          const wanted = server.append(330)
          left = asked + when
          expect((await next()).outcome).toBe('read')
          wanted.push(...server.append(40))
          expect((await next()).outcome).toBe('read')
          expect(found, `${before}, then ${after} from page ${when} on`).toEqual(wanted)
        }
    })
  })

  it('and without a total gives every row once and in order', async () => {
    for (const most of sampled(caps, 1, 'no total')) {
      const { server, next, found } = await open(330, { most, total: () => 0 })
      const wanted = server.append(130)
      expect((await next()).outcome).toBe('read')
      expect(found, `by ${most}`).toEqual(wanted)
    }
  })

  it('gives its history of several thousand rows from a moment on', async () => {
    const at = dawn + 400 * 1_000
    for (const most of sampled([5, 10, 12], 1)) {
      const { server, next, found } = await open(isFull ? 2_900 : 2_400, { most }, { from: 'time', at })
      expect((await next(60)).outcome).toBe('read')
      expect(found, `by ${most}`).toEqual(server.rows.filter((row) => momentOf(row) >= at))
    }
  })
})

describe('a store of few rows that claims more', () => {
  it('is not taken for one with small pages when a row is stored between two requests', async () => {
    const { server, store, next, found, lost } = await open(3, { total: (rows) => rows + 300 })
    const added: Row[] = []
    const slowly = server.before
    for (const when of sampled([1, 2, 3, 4, 5, 6, 7, 8], 3, 'a row between')) {
      let asked = 0
      server.before = (request) => {
        if (++asked === when) added.push(...server.append(2))
        return slowly(request)
      }
      await next()
      server.before = slowly
      await next()
      expect({ when, found, lost, pageSize: store.pageSize }).toEqual({ when, found: added, lost: [], pageSize: 100 })
    }
  })
})

describe('an empty store that claims rows', () => {
  it('lacks none of them: only rows that are stored later are delivered, and none is reported as missing', async () => {
    for (const ignoresAscending of [false, true]) {
      const { server, next, found, lost } = await open(0, { ignoresAscending, total: (rows) => rows + 500 })
      const added: Row[] = []
      for (const count of [0, 0, 3, 0, 230, 0]) {
        added.push(...server.append(count))
        expect((await next()).outcome).toBe('read')
      }
      expect({ found, lost }).toEqual({ found: added, lost: [] })
    }
  })

  it('is believed: a read at its end is one request', async () => {
    const { next } = await open(0, { total: () => 500 })
    await next()
    for (let time = 0; time < 3; time++) expect((await next()).requests).toBe(1)
  })
})

describe('a read that fails', () => {
  it('leaves nothing to the next one of what it concluded: the order, the numbers and the size of pages', async () => {
    let isOdd = false
    const { server, next, found } = await open(330, {
      ignoresAscending: () => isOdd,
      most: () => (isOdd ? 30 : 100),
      place: (from) => (isOdd ? from + 30 : from),
    })
    const added = server.append(150)
    const slowly = server.before
    let left = 12
    server.before = (request) => {
      isOdd = true
      if (left-- < 0) throw new MesheryError('TIMED_OUT', 'too late', { phase: 'store' })
      return slowly(request)
    }
    const { outcome } = await next()
    expect(outcome).toMatchObject({ code: 'TIMED_OUT' })
    isOdd = false
    server.before = slowly
    found.length = 0
    expect((await next()).outcome).toBe('read')
    expect(server.requests.map(({ order }) => order)).not.toContain('desc')
    expect(server.requests.length).toBeLessThan(8)
    expect(found.at(-1)).toEqual(added.at(-1))
  })
})

describe('a server without a total whose pages are small for one request', () => {
  it('is not taken for one with few rows: every row comes once and in order', async () => {
    for (const when of sampled([0, 1, 2, 3, 4, 5, 6], 3, 'small once')) {
      let asked = 0
      let small = Infinity
      const most = () => (asked++ === small ? 30 : 100)
      const { server, next, found } = await open(330, { most, total: () => 0 })
      await next()
      small = asked + when
      const wanted = server.append(400)
      for (let time = 0; time < 3; time++) expect((await next()).outcome).toBe('read')
      expect(found, `request ${when}`).toEqual(wanted)
    }
  })
})

describe('rows that are stored far below the end', () => {
  it('are found above the oldest rows that the reader knows', async () => {
    const { server, next, found, lost } = await open(50)
    server.append(600)
    await next()
    found.length = 0
    const late = Array.from({ length: 20 }, () => server.insertLate(400))
    await next()
    expect(new Set(found)).toEqual(new Set(late))
    expect(lost).toEqual([])
  })

  it('are found although the store was empty at first', async () => {
    const { server, next, found, lost } = await open(0)
    server.append(200)
    await next()
    server.insertLate(150)
    await next()
    expect(new Set(found)).toEqual(new Set(server.rows))
    expect(lost).toEqual([])
  })

  it('are counted in one notice if they look like rows that were there before', async () => {
    for (const ignoresAscending of [false, true]) {
      const { server, next, found, lost } = await open(1_000, { ignoresAscending })
      await next()
      for (let count = 0; count < 20; count++) server.insertLate(400)
      for (let time = 0; time < 3; time++) await next()
      expect(found).toEqual([])
      expect(lost.map(({ code, details }) => ({ code, ...details }))).toEqual([{ code: 'SERVER_ERROR', missing: 20 }])
      server.remove(500, 30)
      await next()
      server.insertLate(400)
      const added = server.append(3)
      for (let time = 0; time < 2; time++) await next()
      expect(found).toEqual(added)
      expect(lost.slice(1).map(({ details }) => details)).toEqual([{ missing: 1 }])
    }
  })

  it.each<[string, Partial<StoreBehavior>]>([
    ['oldest first', {}],
    ['newest first', { ignoresAscending: true }],
  ])('are not reported when they are rows of a read that failed on the way, %s', async (_, behavior) => {
    const { server, next, found, lost } = await open(300, behavior)
    const added = server.append(600)
    const slowly = server.before
    server.before = (request) => {
      if (found.length > 250) throw new MesheryError('TIMED_OUT', 'too late', { phase: 'store' })
      return slowly(request)
    }
    const { outcome } = await next()
    expect(outcome).toMatchObject({ code: 'TIMED_OUT' })
    server.before = slowly
    for (let time = 0; time < 3; time++) await next()
    expect({ found, lost }).toEqual({ found: added, lost: [] })
  })

  it('are not missed where rows are deleted, or the total is always wrong by as many', async () => {
    const { server, next, lost } = await open(1_000, { total: (rows) => rows + 300 })
    for (let time = 0; time < 5; time++) {
      server.append(30)
      await next()
      server.remove(10, 20)
      await next()
    }
    expect(lost).toEqual([])
  })
})

/** At a page a second, as for a read without progress, a fifth of them would take minutes as well. */
const longRead = isFull ? { rows: 100_000, text: '100 000' } : { rows: 5_000, text: '5 000' }

const longReads: readonly [string, Partial<StoreBehavior>][] = [
  ['', {}],
  [', newest first', { ignoresAscending: true }],
  [', newest first and without a total', { total: () => 0 }],
]

describe('a long read', () => {
  it.each(sampled(longReads, 1))(`of ${longRead.text} rows never waits%s`, async (_, behavior) => {
    const { server, next, found } = await open(1_000, behavior)
    const added = server.append(longRead.rows)
    const { outcome, seconds } = await next()
    expect(outcome).toBe('read')
    expect(found.length).toBe(added.length)
    expect(seconds).toBeLessThan(10)
  })

  it('lets timers run in between though every answer is there at once', async () => {
    vi.useRealTimers()
    const server = new ScriptedStore()
    server.append(1_000)
    const store = new Store(stream, { server, timeouts: { request: 10_000 } })
    const cursor = await locateCursor(store, { from: 'now' }, never)
    server.append(isFull ? 20_000 : 8_000)
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    for await (const _ of readNewRows(store, cursor, never));
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(0)
  })

  it('that waits ends with its signal at once', async () => {
    const { server, store, cursor } = await open(330, { change: full, total: () => 0 })
    const stop = new AbortController()
    const reading = readNewRows(store, cursor, stop.signal).next()
    reading.catch(() => {})
    await vi.advanceTimersByTimeAsync(30_000)
    const asked = server.requests.length
    stop.abort()
    await vi.advanceTimersByTimeAsync(10)
    await expect(reading).rejects.toMatchObject({ code: 'CLOSED' })
    expect(server.requests.length).toBe(asked)
  })
})
