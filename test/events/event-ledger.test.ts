import { describe, expect, it } from 'vitest'
import { sizeOf } from '../../src/base/size.ts'
import { EventLedger, type EventState, type LedgerView } from '../../src/events/event-ledger.ts'
import { StoreCursor } from '../../src/events/store-cursor.ts'
import { marksOf } from '../../src/events/trait-index.ts'
import { dawn, type Row, stream } from './scripted-store.ts'

const row = (number: number): Row => ({
  id: `id of ${number}`,
  at: new Date(dawn + number).toISOString(),
  name: `row ${number}`,
})
const pushed = (number: number, id: string | null = null): Row => ({ id, at: null, name: `row ${number}` })

/** A ledger whose starting point is known. */
function anchored(): EventLedger<Row> {
  const ledger = new EventLedger(stream)
  ledger.anchor(new StoreCursor(stream))
  return ledger
}

/** Delivers an event as it was pushed. */
function deliverPush(ledger: EventLedger<Row>, item: Row) {
  ledger.push(item)
  const pending = ledger.oldestPending()
  if (!pending) throw new Error(`${item.name} is known`)
  return ledger.due(pending)
}

/** What a reader does with a row: remembers it; delivers it unless it is known or was delivered as pushed. */
function readRow(ledger: EventLedger<Row>, one: Row): boolean {
  return ledger.takeRow(one)
}

const stateOf = (ledger: EventLedger<Row>, item: Row): EventState => ledger.stateOf(marksOf(stream, item))

/** A ledger, a push that another ledger delivers, and a subscriber. */
interface Scene {
  readonly ledger: EventLedger<Row>
  readonly view: LedgerView
}

/** The ledger of the event stream, where the ledger under test is that of one subscriber. */
const streamLedger = (): EventLedger<Row> => anchored()
const reach: Readonly<Record<EventState, (scene: Scene) => void>> = {
  unseen: () => {},
  pending: ({ ledger }) => void ledger.push(pushed(1)),
  delivered: ({ ledger }) => void deliverPush(ledger, pushed(1)),
  skipped: ({ ledger, view }) => ledger.skip(deliverPush(streamLedger(), pushed(1)), view),
  stored: ({ ledger }) => void readRow(ledger, row(1)),
}

type Event = 'push' | 'due' | 'skip' | 'row' | 'deliver' | 'withdraw'

/** What happens to the event. Returns whether the ledger accepts the push, or the row is to be delivered. */
const happen: Readonly<Record<Event, (scene: Scene) => boolean>> = {
  push: ({ ledger }) => ledger.push(pushed(1)),
  due: ({ ledger }) => {
    const pending = ledger.oldestPending()
    if (pending) ledger.due(pending)
    return pending !== undefined
  },
  skip: ({ ledger, view }) => {
    const push = deliverPush(streamLedger(), pushed(1))
    const isUnseen = ledger.stateOf(push) === 'unseen'
    if (isUnseen) ledger.skip(push, view)
    return isUnseen
  },
  row: ({ ledger }) => readRow(ledger, row(1)),
  deliver: ({ ledger }) => ledger.deliver(deliverPush(streamLedger(), pushed(1))),
  withdraw: ({ ledger }) => {
    ledger.withdraw(row(1))
    return false
  },
}

const twoPushes = 2 * sizeOf(pushed(2))

describe('from each state, each event leads to', () => {
  it.each<[from: EventState, event: Event, to: EventState, isDelivered: boolean]>([
    ['unseen', 'push', 'pending', true],
    ['unseen', 'due', 'unseen', false],
    ['unseen', 'skip', 'skipped', true],
    ['unseen', 'row', 'stored', true],
    ['unseen', 'deliver', 'delivered', true],
    ['unseen', 'withdraw', 'unseen', false],

    ['pending', 'push', 'pending', false],
    ['pending', 'due', 'delivered', true],
    ['pending', 'skip', 'pending', false],
    ['pending', 'row', 'stored', true],
    ['pending', 'deliver', 'pending', false],
    ['pending', 'withdraw', 'unseen', false],

    ['delivered', 'push', 'delivered', false],
    ['delivered', 'due', 'delivered', false],
    ['delivered', 'skip', 'delivered', false],
    ['delivered', 'row', 'stored', false],
    ['delivered', 'deliver', 'delivered', false],
    ['delivered', 'withdraw', 'delivered', false],

    ['skipped', 'push', 'skipped', false],
    ['skipped', 'due', 'skipped', false],
    ['skipped', 'skip', 'skipped', false],
    ['skipped', 'row', 'stored', true],
    ['skipped', 'deliver', 'skipped', false],
    ['skipped', 'withdraw', 'skipped', false],

    ['stored', 'push', 'stored', false],
    ['stored', 'due', 'stored', false],
    ['stored', 'skip', 'stored', false],
    ['stored', 'row', 'stored', false],
    ['stored', 'deliver', 'stored', false],
    ['stored', 'withdraw', 'stored', false],
  ])('%s + %s: %s (%s)', (from, event, to, isDelivered) => {
    const ledger = anchored()
    const scene = { ledger, view: ledger.join() }
    reach[from](scene)
    expect(stateOf(ledger, pushed(1))).toBe(from)
    expect(happen[event](scene)).toBe(isDelivered)
    expect(stateOf(ledger, pushed(1))).toBe(to)
    expect(ledger.oldestPending() !== undefined).toBe(to === 'pending')
    ledger.push(pushed(2))
    ledger.push(pushed(3))
    // Two small pushes wait, and a third one if this one does.
    expect(ledger.pendingExceeds(twoPushes)).toBe(to === 'pending')
  })
})

describe('the row of an event that was delivered as pushed', () => {
  it('is skipped once', () => {
    for (const push of [pushed(1), pushed(1, 'id of 1')]) {
      const ledger = anchored()
      deliverPush(ledger, push)
      expect(readRow(ledger, row(1))).toBe(false)
      expect(readRow(ledger, { ...row(1), id: 'another' })).toBe(true)
    }
  })

  it('is new to the subscribers that did not get the push', () => {
    const ledger = anchored()
    const [early, slow] = [ledger.join(), ledger.join()]
    const push = deliverPush(ledger, pushed(1))
    const late = ledger.join()
    anchored().skip(push, slow)
    const delivered = ledger.row(row(1))
    expect([early, slow, late].map((view) => ledger.isNewTo(view, delivered))).toEqual([false, true, true])
    expect(ledger.isNewTo(early, ledger.row(row(2)))).toBe(true)
  })

  it('is new to all subscribers if the starting point was not known when the event was pushed', () => {
    const ledger = new EventLedger(stream)
    const view = ledger.join()
    deliverPush(ledger, pushed(1))
    ledger.anchor(new StoreCursor(stream))
    expect(ledger.push(pushed(1))).toBe(false)
    expect(ledger.isNewTo(view, ledger.row(row(1)))).toBe(true)
  })
})

describe('a pushed event', () => {
  it('is not taken for a row that was read: rows before it may be unread', () => {
    const ledger = anchored()
    readRow(ledger, row(1))
    deliverPush(ledger, pushed(5, 'id of 5'))
    expect(ledger.cursor?.coversRow(row(5))).toBe(false)
    expect(ledger.push(pushed(5, 'id of 5'))).toBe(false)
  })

  it('is one of a bounded number that are remembered; the oldest are forgotten (law 4)', () => {
    const ledger = anchored()
    for (let index = 0; index < 21_000; index++) deliverPush(ledger, pushed(index, `${index}`))
    expect(stateOf(ledger, pushed(0, '0'))).toBe('unseen')
    expect(stateOf(ledger, pushed(8_000, '8000'))).toBe('delivered')
    // A double is better than a loss.
    expect(readRow(ledger, { ...row(0), id: '0' })).toBe(true)
    expect(readRow(ledger, { ...row(8_000), id: '8000' })).toBe(false)
  })
})

describe('a fork', () => {
  it('continues from the same place without changing the original', () => {
    const ledger = anchored()
    readRow(ledger, row(1))
    deliverPush(ledger, pushed(2))
    const fork = ledger.fork({ joinedAt: 0 })
    if (!fork) throw new Error('There is a store')
    expect([1, 2, 3].map((number) => readRow(fork, row(number)))).toEqual([false, false, true])
    expect([1, 2, 3].map((number) => readRow(ledger, row(number)))).toEqual([false, false, true])
  })

  it('takes rows of pushes that the subscriber did not get for new', () => {
    const ledger = anchored()
    const view = ledger.join()
    anchored().skip(deliverPush(ledger, pushed(1)), view)
    deliverPush(ledger, pushed(2))
    const late = ledger.join()
    expect([1, 2].map((number) => ledger.fork(view)?.takeRow(row(number)))).toEqual([true, false])
    expect([1, 2].map((number) => ledger.fork(late)?.takeRow(row(number)))).toEqual([true, true])
  })

  it('is not possible where there is no store', () => {
    const ledger = new EventLedger(stream)
    expect(ledger.fork(ledger.join())).toBeUndefined()
  })
})

describe('skipped pushes', () => {
  it('are counted once, without those whose rows were read', () => {
    const [shared, own] = [anchored(), anchored()]
    const view = own.join()
    for (const number of [1, 2, 3]) own.skip(deliverPush(shared, pushed(number)), view)
    readRow(own, row(2))
    expect([own.takeSkipped(), own.takeSkipped()]).toEqual([2, 0])
    // A row that comes after that is still delivered.
    expect(readRow(own, row(3))).toBe(true)
  })

  it('are counted beyond the number that can be remembered (law 4)', () => {
    const [shared, own] = [anchored(), anchored()]
    const view = own.join()
    for (let number = 0; number < 21_000; number++) own.skip(deliverPush(shared, pushed(number)), view)
    expect(stateOf(own, pushed(0))).toBe('unseen')
    expect(own.takeSkipped()).toBe(21_000)
  })
})
