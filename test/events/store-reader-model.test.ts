import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { Store } from '../../src/events/store.ts'
import type { StoreCursor } from '../../src/events/store-cursor.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { runsOf } from '../sample.ts'
import { momentOf, never, type Row, ScriptedStore, type StoreBehavior, storeOn, stream } from './scripted-store.ts'

// Waits take no time: a timer runs as soon as nothing else does.
beforeEach(() => void vi.useFakeTimers().setTimerTickMode('nextTimerAsync'))
afterEach(() => void vi.useRealTimers())

type Change =
  | { readonly do: 'append'; readonly count: number; readonly apart: number }
  | { readonly do: 'late'; readonly depth: number }
  | { readonly do: 'remove'; readonly depth: number; readonly count: number }

interface Round {
  readonly changes: readonly Change[]
  /** What happens just before the page of that number of the read is cut. */
  readonly during: readonly { readonly page: number; readonly change: Change }[]
}

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }), apart: fc.constant(0) }),
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 330 }), apart: fc.constant(9) }),
    ),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('late' as const), depth: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      depth: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 400 })),
      count: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 150 })),
    }),
  },
)
const rounds: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    changes: fc.array(change, { maxLength: 4 }),
    during: fc.array(fc.record({ page: fc.integer({ min: 1, max: 6 }), change }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
)

/** What must be delivered, found without looking into the reader. */
class Model {
  readonly server: ScriptedStore
  /** How many rows a page has at least. */
  readonly #pageSize: number
  /** Delivered, or there before the beginning. */
  readonly handled = new Set<string | null>()
  /** Stored after the newest row of their time. */
  readonly inOrder = new Set<Row>()
  /** When a row was stored, if after the beginning, in ms. */
  readonly storedAt = new Map<Row, number>()
  insertions = 0
  /** Of them, those below the newest row. */
  lateInsertions = 0
  removals = 0
  /** What comes late at this moment, or below it, counts as there before the beginning. */
  #floor = -Infinity

  constructor(server: ScriptedStore, pageSize: number) {
    this.server = server
    this.#pageSize = pageSize
  }

  anchored(): void {
    const newest = this.server.rows.slice(-this.#pageSize)
    if (newest.length === this.#pageSize) this.#floor = momentOf(newest[0])
    for (const row of this.server.rows) this.handled.add(row.id)
  }

  apply(one: Change): void {
    const now = performance.now()
    if (one.do === 'append')
      for (const row of this.server.append(one.count, one.apart)) {
        this.inOrder.add(row)
        this.storedAt.set(row, now)
      }
    if (one.do === 'late') {
      this.storedAt.set(this.server.insertLate(one.depth), now)
      this.lateInsertions++
    }
    if (one.do === 'remove') this.removals += this.server.remove(one.depth, one.count).length
    else this.insertions++
  }

  /** What the read that begins now must bring, unless it is deleted before, or more are deleted or inserted late than it can bear. */
  owed(): { readonly row: Row; readonly bears: number }[] {
    const { rows } = this.server
    // Rows that appear at most this deep are found, less one for each that is deleted or inserted late while the read is under way.
    const overlap = Math.floor(this.#pageSize / 4)
    const last = rows.findLastIndex((row) => this.handled.has(row.id))
    const owed: { row: Row; bears: number }[] = []
    for (const [index, row] of rows.entries()) {
      if (this.handled.has(row.id)) continue
      if (this.inOrder.has(row)) owed.push({ row, bears: Infinity })
      else if (momentOf(row) > this.#floor) owed.push({ row, bears: index + overlap - last })
    }
    return owed
  }
}

/** How the store behaves, and how many rows the pages of its reader have at least. */
type Setting = Partial<StoreBehavior> & { readonly pageSize?: number }

async function play(script: readonly Round[], before: number, setting: Setting): Promise<void> {
  const { pageSize = 100, ...behavior } = setting
  const server = new ScriptedStore(behavior)
  server.append(before)
  const model = new Model(server, pageSize)
  const store = storeOn(server)
  const cursor = await locateCursor(store, { from: 'now' }, never)
  model.anchored()
  // The last round changes nothing, so that whatever happened during a read is found by another one.
  for (const { changes, during } of [...script, { changes: [], during: [] }]) {
    for (const one of changes) model.apply(one)
    const owed = model.owed()
    const { insertions, lateInsertions, removals } = model
    const asked = server.requests.length
    server.before = () => {
      for (const { page, change: one } of during) if (server.requests.length - asked === page) model.apply(one)
    }
    const delivered = await readAll(model, cursor, store)
    server.before = () => {}
    const there = new Set(server.rows)
    const deleted = model.removals - removals
    const moved = deleted + model.lateInsertions - lateInsertions
    const missing = owed.filter(({ row, bears }) => bears > moved && there.has(row) && !delivered.includes(row))
    expect(missing.map(({ row }) => row.name)).toEqual([])
    expectOrder(delivered.filter((row) => model.inOrder.has(row)))
    if (model.insertions === insertions && deleted === 0) expectOrder(delivered)
  }
}

async function readAll(model: Model, cursor: StoreCursor<Row>, store: ReturnType<typeof storeOn>): Promise<Row[]> {
  const delivered: Row[] = []
  /** Rows that came before; a claim for each row would take longer than the reads. */
  const again: string[] = []
  /** Rows that came this many ms after they were stored. */
  const waited: [string, number][] = []
  let largestPage = 0
  for await (const page of readNewRows(store, cursor, never)) {
    largestPage = Math.max(largestPage, page.length)
    for (const row of page) {
      if (model.handled.has(row.id)) again.push(row.name)
      model.handled.add(row.id)
      const late = performance.now() - (model.storedAt.get(row) ?? 0)
      if (late > 0) waited.push([row.name, late])
      delivered.push(row)
    }
  }
  expect(largestPage).toBeLessThanOrEqual(100)
  expect(again, 'each row comes once').toEqual([])
  expect(waited, 'no row waits').toEqual([])
  return delivered
}

function expectOrder(rows: readonly Row[]): void {
  const isLate = (row: Row, index: number): boolean => momentOf(row) < momentOf(rows[index - 1] ?? row)
  expect(rows.filter(isLate).map(({ name }) => name)).toEqual([])
}

describe.each<[string, Setting]>([
  ['a store', {}],
  ['a store that counts pages from 1', { firstPage: 1 }],
  ['a store that ignores the ascending order', { ignoresAscending: true }],
  ['a store that claims a total of 0', { total: () => 0 }],
  ['a store that claims too few', { total: (rows) => Math.max(0, rows - 30) }],
  ['a store that claims too many', { total: (rows) => rows + 300 }],
  ['an older store: page 1 comes first, and only descending', { firstPage: 1, ignoresAscending: true }],
  ['a store of large rows', { bytesOf: () => 300_000, pageSize: 6 }],
])('%s, whatever is stored, inserted late or deleted between reads and during them', (_, setting) => {
  it('yields every row that was stored after the anchor once and in order (laws 1, 2, 3)', async () => {
    await fc.assert(
      fc.asyncProperty(rounds, fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constant(450)), (script, before) =>
        play(script, before, setting),
      ),
      { numRuns: runsOf(80) },
    )
  })
})

it('a row that comes late, at the end of the overlap, comes by the next read where another one comes late meanwhile', async () => {
  const late = (depth: number): Change => ({ do: 'late', depth })
  const script: readonly Round[] = [
    { changes: [{ do: 'append', count: 190, apart: 9 }], during: [] },
    { changes: [{ do: 'remove', depth: 0, count: 131 }, late(24)], during: [{ page: 1, change: late(1) }] },
  ]
  await play(script, 64, {})
})

const additions: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 150 }), apart: fc.constant(9) }),
  fc.record({ do: fc.constant('late' as const), depth: fc.integer({ min: 1, max: 400 }) }),
)
const growth: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({
    changes: fc.array(additions, { maxLength: 4 }),
    during: fc.array(fc.record({ page: fc.integer({ min: 1, max: 6 }), change: additions }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 6 },
)

/** Plays the rounds, then reads four times more. Returns how many rows were not delivered, and how many were reported as missing. */
async function countLost(script: readonly Round[], before: number, setting: Setting) {
  const server = new ScriptedStore(setting)
  server.append(before)
  const model = new Model(server, 100)
  const lost: MesheryError[] = []
  const store = new Store(stream, { server, timeouts: { request: 10_000 } })
  const cursor = await locateCursor(store, { from: 'now' }, never)
  cursor.lost = (error) => void lost.push(error)
  model.anchored()
  const rest: Round = { changes: [], during: [] }
  for (const { changes, during } of [...script, rest, rest, rest, rest]) {
    for (const one of changes) model.apply(one)
    const asked = server.requests.length
    server.before = () => {
      for (const { page, change: one } of during) if (server.requests.length - asked === page) model.apply(one)
    }
    await readAll(model, cursor, store)
  }
  const missing = server.rows.filter((row) => !model.handled.has(row.id)).length
  return { missing, reported: lost.reduce((sum, { details }) => sum + Number(details['missing'] ?? 0), 0) }
}

describe.each<[string, Setting]>([
  ['a store', {}],
  ['a store that ignores the ascending order', { ignoresAscending: true }],
  ['a store that claims too many', { total: (rows) => rows + 300 }],
])('%s, whatever is stored or inserted late between reads and during them', (_, setting) => {
  it('delivers every row, or counts it in a notice (law 1)', async () => {
    await fc.assert(
      fc.asyncProperty(growth, fc.oneof(fc.integer({ min: 0, max: 120 }), fc.constant(450)), async (script, before) => {
        const { missing, reported } = await countLost(script, before, setting)
        expect(reported).toBeGreaterThanOrEqual(missing)
      }),
      { numRuns: runsOf(80) },
    )
  })
})
