import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { ReadScheduler } from '../../src/base/read-scheduler.ts'
import type { Notice } from '../../src/connection/notice.ts'
import { errorOf, RetryLoop } from '../../src/connection/retry-loop.ts'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { EventSubscriber } from '../../src/events/event-subscriber.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { runsOf } from '../sample.ts'
import { never, type Request, type Row, ScriptedStore, storeOn, stream } from './scripted-store.ts'
import { turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What the store does wrong for a while. */
const faults = [
  'fails',
  'hangs',
  'is slow',
  'is empty',
  'has no total',
  'lags',
  'forgets its order',
  'repeats a page',
  'has small pages',
] as const
type Fault = (typeof faults)[number]
const repeats: Fault = 'repeats a page'

/** How an event comes: stored and pushed, without a push, pushed some time before it is stored, or with its row deleted later. */
const ways = ['pushed', 'unpushed', 'pushed first', 'deleted'] as const

interface Script {
  readonly buffer: number
  /** The reader rests so long after so many events. */
  readonly pace: { readonly every: number; readonly restMs: number }
  readonly faults: readonly { readonly fault: Fault; readonly atMs: number; readonly lastsMs: number }[]
  readonly events: readonly {
    readonly way: (typeof ways)[number]
    readonly atMs: number
    readonly count: number
    readonly laterMs: number
  }[]
}

const troubleMs = 40_000
const requestMs = 900
const moment = fc.integer({ min: 0, max: troubleMs })
/** A store that repeats a page for longer than 3 s is believed, and what that hides is reported: here it does so once, for at most 2 s. */
function believable(all: Script['faults']): Script['faults'] {
  const first = all.find(({ fault }) => fault === repeats)
  const others = all.filter(({ fault }) => fault !== repeats)
  return first ? [...others, { ...first, lastsMs: Math.min(first.lastsMs, 2_000) }] : others
}

const scripts: fc.Arbitrary<Script> = fc.record({
  buffer: fc.integer({ min: 1, max: 40 }),
  pace: fc.record({ every: fc.integer({ min: 1, max: 10 }), restMs: fc.integer({ min: 0, max: 30 }) }),
  faults: fc
    .array(
      fc.record({ fault: fc.constantFrom(...faults), atMs: moment, lastsMs: fc.integer({ min: 50, max: 3_000 }) }),
      {
        maxLength: 25,
      },
    )
    .map(believable),
  events: fc.array(
    fc.record({
      way: fc.constantFrom(...ways),
      atMs: moment,
      count: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 150 })),
      laterMs: fc.integer({ min: 0, max: 4_000 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
})

/** A store that is wrong while faults are under way. */
class FaultyStore extends ScriptedStore {
  readonly active = new Set<Fault>()
  #copy: readonly Row[] = []

  constructor() {
    super({
      total: () => (this.active.has('has no total') ? 0 : this.#shown.length),
      change: (_, request) => this.#page(request),
    })
    this.before = () => this.#answers()
  }

  begin(fault: Fault): void {
    this.active.add(fault)
    this.#copy = [...this.rows]
  }

  /** What a replica has that has stopped to copy, or all. */
  get #shown(): readonly Row[] {
    return this.active.has('lags') ? this.#copy : this.rows
  }

  #page({ page, size, order }: Request): readonly Row[] {
    if (this.active.has('is empty')) return []
    const most = this.active.has('has small pages') ? Math.min(29, size) : size
    const from = this.active.has('repeats a page') ? 0 : page * most
    const ascends = order === 'asc' && !this.active.has('forgets its order')
    const rows = ascends ? this.#shown : this.#shown.toReversed()
    return rows.slice(from, from + most)
  }

  async #answers(): Promise<void> {
    const hangs = this.active.has('hangs')
    if (this.active.has('fails')) throw new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
    const slowMs = this.active.has('is slow') ? 300 : 3
    await new Promise((resolve) => setTimeout(resolve, hangs ? requestMs : slowMs))
    if (hangs) throw new MesheryError('TIMED_OUT', 'as scripted', { phase: 'store' })
  }
}

/** The stream's side of a store as `EventStream` has it: pushes wait for their rows, and one read at a time follows them. */
async function follow(server: FaultyStore, signal: AbortSignal) {
  const store = storeOn(server)
  const located = locateCursor(store, { from: 'now' }, never)
  await turn(1_000)
  const cursor = await located
  const ledger = new EventLedger(stream)
  ledger.anchor(cursor)
  const retryOptions = { policy: { attempts: Infinity }, credentials: server.credentials }
  const subscribers = new Set<EventSubscriber<Row>>()
  const delivery = new EventDelivery(ledger, subscribers, { settle: 250, bufferBytes: 2 ** 26 })
  const read = async (): Promise<void> => {
    for await (const page of readNewRows(store, cursor, signal)) {
      delivery.storeIs('readable')
      delivery.rows(page)
    }
    for (const subscriber of subscribers) subscriber.readEnded(cursor)
  }
  const reads = new ReadScheduler(async () => {
    const onState = ({ error, kind }: RetryLoop['state']): void => {
      if (error && kind === 'waiting') delivery.storeIs('unreadable')
    }
    await new RetryLoop({ ...retryOptions, onState }).run((one) => errorOf(() => delivery.during(one, read)), signal)
  })
  const clock = setInterval(() => reads.request(), 2_000)
  signal.addEventListener('abort', () => {
    clearInterval(clock)
    reads.close()
    delivery.close()
  })
  const join = (buffer: number, { every, restMs }: Script['pace']) => {
    const notices: Notice[] = []
    const delivered: Row[] = []
    const subscriber = new EventSubscriber<Row>(
      { store, ledger, retryOptions },
      {
        buffer,
        bufferBytes: 2 ** 25,
        beginning: { from: 'now' },
        accepts: () => true,
        notice: (one) => notices.push(one),
      },
    )
    subscribers.add(subscriber)
    subscriber.anchored()
    const take = async (): Promise<void> => {
      for (;;) {
        const { done, value } = await subscriber.queue.next()
        if (done) return
        delivered.push(value)
        if (restMs > 0 && delivered.length % every === 0) await new Promise((resolve) => setTimeout(resolve, restMs))
      }
    }
    return { subscriber, notices, delivered, finished: take() }
  }
  return {
    push: (row: Row) => {
      delivery.push({ ...row, id: null, at: null })
      reads.request()
    },
    join,
  }
}

/** After the faults and the last event everything has come within this time, and as much more as its reader rests. */
const settledMs = 15_000

/** Rows that are stored so long before or after a page is repeated may come late, and then out of order. */
const aroundRepeatMs = 4_000

/** The names of rows whose place in the order is not claimed: these were stored around the time of a repeated page. */
function lateNames(storedAt: ReadonlyMap<string, number>, all: Script['faults']): ReadonlySet<string> {
  const repeat = all.find(({ fault }) => fault === repeats)
  if (!repeat) return new Set()
  const [from, to] = [repeat.atMs - aroundRepeatMs, repeat.atMs + repeat.lastsMs + aroundRepeatMs]
  return new Set([...storedAt].flatMap(([name, at]) => (at >= from && at <= to ? [name] : [])))
}

/** The events of a script, as they are stored, pushed and deleted. */
function schedule(server: FaultyStore, push: (row: Row) => void, events: Script['events']) {
  const deleted = new Set<string>()
  const storedAt = new Map<string, number>()
  const beganAt = Date.now()
  const noteTime = (name: string): void => void storedAt.set(name, Date.now() - beganAt)
  let made = 0
  const announce = (count: number): (() => void) => {
    const names = Array.from({ length: count }, () => `announced ${++made}`)
    for (const name of names) push({ id: null, at: null, name })
    return () => {
      for (const [index, row] of server.append(count, 1).entries())
        server.rows[server.rows.indexOf(row)] = { ...row, name: names[index] ?? '' }
      for (const name of names) noteTime(name)
    }
  }
  const store = (count: number, way: Script['events'][number]['way']): (() => void) => {
    const rows = server.append(count, 1)
    for (const { name } of rows) noteTime(name)
    if (way === 'pushed') for (const row of rows) push(row)
    return () => {
      for (const row of way === 'deleted' ? rows.slice(0, 3) : []) {
        deleted.add(row.name)
        server.rows.splice(server.rows.indexOf(row), 1)
      }
    }
  }
  for (const { way, atMs, count, laterMs } of events)
    setTimeout(() => setTimeout(way === 'pushed first' ? announce(count) : store(count, way), laterMs), atMs)
  return { deleted, storedAt }
}

async function play({ buffer, pace, faults: wrong, events }: Script): Promise<void> {
  const server = new FaultyStore()
  server.append(30)
  const old = new Set(server.rows)
  const stop = new AbortController()
  const { push, join } = await follow(server, stop.signal)
  const prompt = join(100_000, { every: 1, restMs: 0 })
  const slow = join(buffer, pace)
  const { deleted, storedAt } = schedule(server, push, events)
  for (const { fault, atMs, lastsMs } of wrong) {
    setTimeout(() => server.begin(fault), atMs)
    setTimeout(() => server.active.delete(fault), atMs + lastsMs)
  }
  await turn(troubleMs + 4_000)
  server.active.clear()
  const count = events.reduce((sum, one) => sum + one.count, 0)
  await turn(settledMs + (count / pace.every) * pace.restMs)
  stop.abort()
  prompt.subscriber.close()
  slow.subscriber.close()
  // The reader may rest just now.
  await turn(5_000)
  await Promise.all([prompt.finished, slow.finished])
  vi.clearAllTimers()
  const wanted = server.rows.filter((row) => !old.has(row)).map(({ name }) => name)
  const late = lateNames(storedAt, wrong)
  for (const [who, { delivered }] of Object.entries({ prompt, slow })) {
    const names = new Set(delivered.map(({ name }) => name))
    expect([who, wanted.filter((name) => !names.has(name))]).toEqual([who, []])
    expect([who, delivered.length]).toEqual([who, names.size])
    const rows = delivered.flatMap(({ id, name }) => (id === null || deleted.has(name) || late.has(name) ? [] : [name]))
    const asRows = new Set(rows)
    expect([who, rows]).toEqual([who, wanted.filter((name) => asRows.has(name))])
  }
}

/**
 * Scripts that found faults: while a page was repeated, the number of the first page was taken for 1, and stayed so; or, newest first, the
 * repeated page was taken for the one with the oldest rows.
 */
const known: Script[] = [
  {
    buffer: 1,
    pace: { every: 1, restMs: 0 },
    faults: [
      { fault: 'has small pages', atMs: 12993, lastsMs: 1020 },
      { fault: 'repeats a page', atMs: 27172, lastsMs: 1654 },
    ],
    events: [
      { way: 'pushed', atMs: 0, count: 91, laterMs: 0 },
      { way: 'pushed', atMs: 0, count: 9, laterMs: 0 },
      { way: 'pushed', atMs: 27808, count: 94, laterMs: 0 },
      { way: 'pushed', atMs: 0, count: 53, laterMs: 1453 },
    ],
  },
  {
    buffer: 1,
    pace: { every: 1, restMs: 0 },
    faults: [
      { fault: 'has no total', atMs: 0, lastsMs: 2020 },
      { fault: 'repeats a page', atMs: 6764, lastsMs: 1760 },
    ],
    events: [
      { way: 'unpushed', atMs: 8004, count: 1, laterMs: 0 },
      { way: 'pushed', atMs: 8004, count: 75, laterMs: 0 },
      { way: 'pushed', atMs: 8504, count: 25, laterMs: 0 },
    ],
  },
]

describe('a slow reader', () => {
  it('has everything once and in order 15 s after the store is well again, whatever went wrong and how slow it is', async () => {
    await fc.assert(fc.asyncProperty(scripts, play), {
      numRuns: runsOf(300) + known.length,
      examples: known.map((script) => [script]),
    })
  })
})
