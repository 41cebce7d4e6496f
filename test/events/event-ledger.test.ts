import { describe, expect, it } from 'vitest'
import { sizeOf } from '../../src/base/size.ts'
import { EventLedger, type LedgerView } from '../../src/events/event-ledger.ts'
import { StoreCursor } from '../../src/events/store-cursor.ts'
import { marksOf } from '../../src/events/trait-index.ts'
import { dawn, type Row, stream, textOf } from './scripted-store.ts'

const row = (number: number): Row => ({
  id: `id of ${number}`,
  at: textOf(dawn + number),
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

/** What the event stream does with a row that it has read: it is new to a subscriber, or not. */
const readRow = (ledger: EventLedger<Row>, one: Row, view: LedgerView = everPresent): boolean =>
  ledger.cursor?.rememberRow(one) === true && ledger.isNewTo(view, ledger.row(one))

/** What a subscriber does with a row that it has read by itself. */
const readByItself = (ledger: EventLedger<Row>, one: Row, view: LedgerView = everPresent): boolean =>
  ledger.isNewTo(view, ledger.pushOf(one))

/** A subscriber that gets each push. */
const everPresent: LedgerView = { joinedAt: 0, bit: 1n }
/** A subscriber that has no room for any push. */
const slow: LedgerView = { joinedAt: 0, bit: 2n }

type EventState = 'unseen' | 'pending' | 'delivered' | 'stored'

function stateOf(ledger: EventLedger<Row>, item: Row): EventState {
  const push = marksOf(stream, item)
  if (!ledger.knows(push)) return 'unseen'
  if (ledger.cursor?.hasRowOf(push)) return 'stored'
  return ledger.oldestPending()?.item.name === item.name ? 'pending' : 'delivered'
}

/** Delivers an event as it was pushed to all but the slow subscriber. */
function deliverToOthers(ledger: EventLedger<Row>): void {
  deliverPush(ledger, pushed(1)).missedBy = slow.bit
}

type Scene = keyof typeof reach
/** How each state is reached; some in several ways, between which only a row that is read later makes a difference. */
const reach = {
  unseen: () => {},
  pending: (ledger: EventLedger<Row>) => void ledger.push(pushed(1)),
  'pending, and read by a subscriber': (ledger: EventLedger<Row>) => {
    ledger.push(pushed(1))
    readByItself(ledger, row(1))
  },
  delivered: deliverToOthers,
  'delivered, and read by a subscriber': (ledger: EventLedger<Row>) => {
    deliverToOthers(ledger)
    readByItself(ledger, row(1))
  },
  stored: (ledger: EventLedger<Row>) => void readRow(ledger, row(1)),
  'stored, after it was pending': (ledger: EventLedger<Row>) => {
    ledger.push(pushed(1))
    readRow(ledger, row(1))
  },
  'stored, after it was delivered': (ledger: EventLedger<Row>) => {
    deliverToOthers(ledger)
    readRow(ledger, row(1))
  },
} as const

type Event = 'push' | 'due' | 'row' | 'row of its own'

/**
 * What happens to the event. Returns whether the ledger accepts the push, whether there is a push to deliver, or whether the
 * row is to be delivered.
 */
const happen: Readonly<Record<Event, (ledger: EventLedger<Row>, view: LedgerView) => boolean>> = {
  push: (ledger) => ledger.push(pushed(1)),
  due: (ledger) => {
    const pending = ledger.oldestPending()
    if (pending) ledger.due(pending)
    return pending !== undefined
  },
  row: (ledger, view) => readRow(ledger, row(1), view),
  'row of its own': (ledger, view) => readByItself(ledger, row(1), view),
}

const twoPushes = 2 * sizeOf(pushed(2))

describe('from each state, each event leads to', () => {
  it.each<[from: Scene, event: Event, to: EventState, isDelivered: boolean, isDeliveredToSlow: boolean]>([
    ['unseen', 'push', 'pending', true, true],
    ['unseen', 'due', 'unseen', false, false],
    ['unseen', 'row', 'stored', true, true],
    ['unseen', 'row of its own', 'unseen', true, true],

    ['pending', 'push', 'pending', false, false],
    ['pending', 'due', 'delivered', true, true],
    ['pending', 'row', 'stored', true, true],
    ['pending', 'row of its own', 'pending', true, true],

    ['pending, and read by a subscriber', 'push', 'pending', false, false],
    ['pending, and read by a subscriber', 'due', 'delivered', true, true],
    ['pending, and read by a subscriber', 'row', 'stored', true, true],
    ['pending, and read by a subscriber', 'row of its own', 'pending', true, true],

    ['delivered', 'push', 'delivered', false, false],
    ['delivered', 'due', 'delivered', false, false],
    ['delivered', 'row', 'stored', false, true],
    ['delivered', 'row of its own', 'delivered', false, true],

    ['delivered, and read by a subscriber', 'push', 'delivered', false, false],
    ['delivered, and read by a subscriber', 'due', 'delivered', false, false],
    ['delivered, and read by a subscriber', 'row', 'stored', false, true],
    ['delivered, and read by a subscriber', 'row of its own', 'delivered', false, true],

    ['stored', 'push', 'stored', false, false],
    ['stored', 'due', 'stored', false, false],
    ['stored', 'row', 'stored', false, false],
    ['stored', 'row of its own', 'stored', true, true],

    ['stored, after it was pending', 'push', 'stored', false, false],
    ['stored, after it was pending', 'due', 'stored', false, false],
    ['stored, after it was pending', 'row', 'stored', false, false],
    ['stored, after it was pending', 'row of its own', 'stored', true, true],

    ['stored, after it was delivered', 'push', 'stored', false, false],
    ['stored, after it was delivered', 'due', 'stored', false, false],
    ['stored, after it was delivered', 'row', 'stored', false, false],
    ['stored, after it was delivered', 'row of its own', 'stored', false, true],
  ])('%s + %s: %s (%s, and %s to a subscriber without room for pushes)', (...line) => {
    const [from, event, to, isDelivered, isDeliveredToSlow] = line
    for (const [view, expected] of [
      [everPresent, isDelivered],
      [slow, isDeliveredToSlow],
    ] as const) {
      const ledger = anchored()
      reach[from](ledger)
      expect(stateOf(ledger, pushed(1))).toBe(from.split(',')[0])
      expect(happen[event](ledger, view)).toBe(expected)
      expect(stateOf(ledger, pushed(1))).toBe(to)
      expect(ledger.oldestPending() !== undefined).toBe(to === 'pending')
      ledger.push(pushed(2))
      ledger.push(pushed(3))
      // Two small pushes wait, and a third one if this one does.
      expect(ledger.pendingExceeds(twoPushes)).toBe(to === 'pending')
    }
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
    const early = ledger.join()
    const push = deliverPush(ledger, pushed(1))
    push.missedBy = slow.bit
    const late = ledger.join()
    const delivered = ledger.row(row(1))
    expect([early, slow, late].map((view) => ledger.isNewTo(view, delivered))).toEqual([false, true, true])
    expect(ledger.isNewTo(early, ledger.row(row(2)))).toBe(true)
  })

  it('is skipped once though the starting point was not known when the event was pushed: a row that looks the same is new', () => {
    const ledger = new EventLedger(stream)
    deliverPush(ledger, pushed(1))
    ledger.anchor(new StoreCursor(stream))
    expect(ledger.push(pushed(1))).toBe(false)
    expect([row(1), { ...row(1), id: 'another' }].map((one) => readRow(ledger, one))).toEqual([false, true])
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

describe('a subscriber that reads by itself', () => {
  it('gets no row twice, and none of a push that it got, at whatever other place the stream is', () => {
    for (const isAhead of [true, false]) {
      const ledger = anchored()
      readRow(ledger, row(1))
      deliverPush(ledger, pushed(2))
      const cursor = ledger.cursor?.fork()
      const own = (): boolean[] =>
        [1, 2, 3].map((number) => cursor?.rememberRow(row(number)) === true && readByItself(ledger, row(number)))
      const ofStream = (): boolean[] => [1, 2, 3].map((number) => readRow(ledger, row(number)))
      const results = isAhead ? [own(), ofStream()] : [ofStream(), own()]
      expect(results).toEqual([
        [false, false, true],
        [false, false, true],
      ])
    }
  })

  it('gets the rows of pushes that it did not get', () => {
    for (const isAhead of [true, false]) {
      const ledger = anchored()
      deliverToOthers(ledger)
      deliverPush(ledger, pushed(2))
      const late = ledger.join()
      if (!isAhead) for (const number of [1, 2]) readRow(ledger, row(number))
      expect([1, 2].map((number) => readByItself(ledger, row(number), slow))).toEqual([true, false])
      expect([1, 2].map((number) => readByItself(ledger, row(number), late))).toEqual([true, true])
    }
  })

  it('gets the row of an event that only looks like one that was pushed', () => {
    const ledger = anchored()
    deliverPush(ledger, pushed(1))
    const [first, second] = [row(1), { ...row(1), id: 'another' }]
    expect([first, second].map((one) => readByItself(ledger, one))).toEqual([false, true])
    expect([first, second].map((one) => readRow(ledger, one))).toEqual([false, true])
    expect([first, second].map((one) => readByItself(ledger, one))).toEqual([false, true])
  })

  it('takes no push whose row it has read from the others: it waits for the row that the stream reads', () => {
    const ledger = anchored()
    ledger.push(pushed(1))
    readByItself(ledger, row(1))
    expect(ledger.oldestPending()?.item).toEqual(pushed(1))
    expect(ledger.announced).toBe(0)
    readRow(ledger, row(1))
    expect(ledger.oldestPending()).toBeUndefined()
    expect(ledger.announced).toBe(1)
  })

  it('leaves the ledger with a bounded number of rows that were pushed (law 4)', () => {
    const ledger = anchored()
    for (let number = 0; number < 21_000; number++) {
      deliverPush(ledger, pushed(number, `id of ${number}`))
      readRow(ledger, row(number))
    }
    // A double is better than a loss.
    expect([0, 20_999].map((number) => readByItself(ledger, row(number)))).toEqual([true, false])
  })
})

describe('where there is no store yet', () => {
  it('a push is a duplicate of one among the 200 before it, not of an older one', () => {
    const ledger = new EventLedger(stream)
    for (let number = 0; number < 201; number++) deliverPush(ledger, pushed(number))
    expect([0, 1, 200].map((number) => ledger.push(pushed(number)))).toEqual([true, false, false])
  })
})
