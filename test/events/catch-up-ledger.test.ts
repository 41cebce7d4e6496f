import { describe, expect, it } from 'vitest'
import { CatchUpLedger } from '../../src/events/catch-up-ledger.ts'
import { type DeliveredPush, EventLedger, type LedgerView } from '../../src/events/event-ledger.ts'
import { StoreCursor } from '../../src/events/store-cursor.ts'
import { marksOf } from '../../src/events/trait-index.ts'
import { dawn, type Row, stream } from './scripted-store.ts'

const row = (number: number): Row => ({
  id: `id of ${number}`,
  at: new Date(dawn + number).toISOString(),
  name: `row ${number}`,
})
const pushed = (number: number): Row => ({ id: null, at: null, name: `row ${number}` })

/** The ledger of the event stream. */
function streamLedger(): EventLedger<Row> {
  const ledger = new EventLedger(stream)
  ledger.anchor(new StoreCursor(stream))
  return ledger
}

/** The event stream delivers an event as it was pushed. */
function deliverPush(item: Row, ledger: EventLedger<Row> = streamLedger()): DeliveredPush {
  ledger.push(item)
  const pending = ledger.oldestPending()
  if (!pending) throw new Error(`${item.name} is known`)
  return ledger.due(pending)
}

/** A subscriber that begins to catch up where the event stream is. */
function catchUp(ledger: EventLedger<Row> = streamLedger(), view: LedgerView = ledger.join()): CatchUpLedger<Row> {
  return new CatchUpLedger(stream, view, ledger.cursor?.fork(), ledger.deliveredTo(view))
}

type State = 'unseen' | 'delivered' | 'skipped' | 'stored'

/** The state of the first event. The ledger is of no use afterwards. */
function stateOf(own: CatchUpLedger<Row>): State {
  if (!own.knows(marksOf(stream, pushed(1)))) return 'unseen'
  if (own.takeSkipped() > 0) return 'skipped'
  return own.row(row(1)) ? 'stored' : 'delivered'
}

const reach: Readonly<Record<State, (own: CatchUpLedger<Row>) => void>> = {
  unseen: () => {},
  delivered: (own) => void own.deliver(deliverPush(pushed(1))),
  skipped: (own) => own.skip(deliverPush(pushed(1))),
  stored: (own) => void own.streamRow(row(1)),
}

type Event = 'deliver' | 'skip' | 'row'

/** What happens to the event. Returns whether the push or the row is new. */
const happen: Readonly<Record<Event, (own: CatchUpLedger<Row>) => boolean>> = {
  deliver: (own) => own.deliver(deliverPush(pushed(1))),
  skip: (own) => {
    const push = deliverPush(pushed(1))
    const isNew = !own.knows(push)
    if (isNew) own.skip(push)
    return isNew
  },
  row: (own) => own.streamRow(row(1)),
}

describe('from each state, each event leads to', () => {
  it.each<[from: State, event: Event, to: State, isNew: boolean]>([
    ['unseen', 'deliver', 'delivered', true],
    ['unseen', 'skip', 'skipped', true],
    ['unseen', 'row', 'stored', true],

    ['delivered', 'deliver', 'delivered', false],
    ['delivered', 'skip', 'delivered', false],
    ['delivered', 'row', 'stored', false],

    ['skipped', 'deliver', 'skipped', false],
    ['skipped', 'skip', 'skipped', false],
    ['skipped', 'row', 'stored', true],

    ['stored', 'deliver', 'stored', false],
    ['stored', 'skip', 'stored', false],
    ['stored', 'row', 'stored', false],
  ])('%s + %s: %s (%s)', (from, event, to, isNew) => {
    const [before, own] = [catchUp(), catchUp()]
    reach[from](before)
    expect(stateOf(before)).toBe(from)
    reach[from](own)
    expect(happen[event](own)).toBe(isNew)
    expect(stateOf(own)).toBe(to)
  })
})

describe('a catch-up', () => {
  it('begins where the event stream is, and does not change its ledger', () => {
    const ledger = streamLedger()
    const isNew = (one: Row): boolean => ledger.cursor?.rememberRow(one) === true && ledger.row(one) === undefined
    const view = ledger.join()
    expect(isNew(row(1))).toBe(true)
    deliverPush(pushed(2), ledger)
    const own = catchUp(ledger, view)
    expect([1, 2, 3].map((number) => own.streamRow(row(number)))).toEqual([false, false, true])
    expect([1, 2, 3].map((number) => isNew(row(number)))).toEqual([false, false, true])
  })

  it('takes rows of pushes that the subscriber did not get for new', () => {
    const ledger = streamLedger()
    const view = ledger.join()
    catchUp(streamLedger(), view).skip(deliverPush(pushed(1), ledger))
    deliverPush(pushed(2), ledger)
    const late = ledger.join()
    expect([1, 2].map((number) => catchUp(ledger, view).streamRow(row(number)))).toEqual([true, false])
    expect([1, 2].map((number) => catchUp(ledger, late).streamRow(row(number)))).toEqual([true, true])
  })

  it('knows no row until its beginning is known', () => {
    const own = new CatchUpLedger(stream, streamLedger().join())
    expect(own.streamRow(row(1))).toBe(false)
    own.cursor = new StoreCursor(stream)
    expect(own.streamRow(row(1))).toBe(true)
  })
})

describe('skipped pushes', () => {
  it('are counted once, without those whose rows were read', () => {
    const [ledger, own] = [streamLedger(), catchUp()]
    for (const number of [1, 2, 3]) own.skip(deliverPush(pushed(number), ledger))
    own.streamRow(row(2))
    expect([own.takeSkipped(), own.takeSkipped()]).toEqual([2, 0])
    // A row that comes after that is still delivered.
    expect(own.streamRow(row(3))).toBe(true)
  })

  it('are counted beyond the number that can be remembered (law 4)', () => {
    const [ledger, own] = [streamLedger(), catchUp()]
    for (let number = 0; number < 21_000; number++) own.skip(deliverPush(pushed(number), ledger))
    expect(own.knows(marksOf(stream, pushed(0)))).toBe(false)
    expect(own.takeSkipped()).toBe(21_000)
  })
})
