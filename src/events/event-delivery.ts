import { now } from '../base/clock.ts'
import { sliceMs } from '../base/time-slices.ts'
import { Timer } from '../base/timer.ts'
import type { DeliveredPush, EventLedger, LedgerView, PendingPush } from './event-ledger.ts'
import { pendingShare } from './subscriber-options.ts'

/** A push waits for a read that is under way for this many times `settle` at most. */
const maxSettles = 5
/** How long pushes that are not due yet wait at least, in milliseconds: in a flood each one would have a timer. */
const apartMs = 10
/** How many pushes are delivered in one turn of the event loop: as many as a page has rows. */
const maxPerTurn = 100

export interface DeliveryOptions {
  /** How long a push waits for its row at least, in milliseconds. */
  readonly settle: number
  /** The `pendingShare` of it may be pushes that wait; past that the oldest is delivered. */
  readonly bufferBytes: number
}

/** One end of the delivery: a subscriber. */
export interface Receiver<Item> {
  readonly view: LedgerView
  /** Whether its next event would overflow. */
  readonly isFull: boolean
  /** An event whose row did not come in time. */
  push(item: Item, push: DeliveredPush): void
  /** A row that is new to this receiver. `rest`: it and the later rows of its page that are new to it. */
  row(row: Item, rest: () => readonly Item[]): void
}

/**
 * Delivers events to all subscribers, as rows or, where the row does not come in time, as they were pushed. In time means:
 * `settle` has passed, and a read that began after the push has ended. So a store that is slow, refuses or never got the
 * event delays a push but never loses it. What was delivered, the ledger knows; this class knows when, and to whom.
 */
export class EventDelivery<Item> {
  readonly #ledger: EventLedger<Item>
  readonly #receivers: ReadonlySet<Receiver<Item>>
  readonly #options: DeliveryOptions
  readonly #delivered: ((item: Item) => void) | undefined
  readonly #timer = new Timer()
  /** While the store cannot be read there is nothing to wait for. */
  #storeIsReadable = true
  /** When the last complete read began: rows of earlier pushes should have come by it. */
  #readFrom = -Infinity
  #readsUnderWay = 0
  #isClosed = false

  /** @param delivered Called for each event that is delivered from its push. */
  constructor(
    ledger: EventLedger<Item>,
    receivers: ReadonlySet<Receiver<Item>>,
    options: DeliveryOptions,
    delivered?: (item: Item) => void,
  ) {
    this.#delivered = delivered
    this.#ledger = ledger
    this.#receivers = receivers
    this.#options = options
  }

  /**
   * An event was pushed. One that looks like a known one is the same, pushed twice: a second event has its own row. Returns false
   * for such a one.
   */
  push(item: Item): boolean {
    const isFirst = !this.#ledger.oldestPending()
    const isNew = this.#ledger.push(item)
    if (!isNew) return false
    if (isFirst && this.#waitsForNothing && this.#hasRoom) this.#deliverOldest()
    const maxBytes = pendingShare * this.#options.bufferBytes
    while (this.#ledger.pendingExceeds(maxBytes)) this.#deliverOldest()
    this.#arm()
    return true
  }

  /** Delivers a page of rows to each receiver that does not have them. Returns the rows that were not delivered as pushed. */
  rows(page: readonly Item[]): readonly Item[] {
    const ledger = this.#ledger
    const pushes = page.map((row) => ledger.row(row))
    const receivers = [...this.#receivers]
    const newTo = ({ view }: Receiver<Item>, index: number): boolean => ledger.isNewTo(view, pushes[index])
    for (const [index, row] of page.entries())
      for (const receiver of receivers)
        if (newTo(receiver, index))
          receiver.row(row, () => page.filter((_, other) => other >= index && newTo(receiver, other)))
    return page.filter((_, index) => !pushes[index])
  }

  /** Runs a read. Pushes that came before it wait until it has ended. */
  async during<Result>(signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
    const beganAt = now()
    this.#readsUnderWay++
    try {
      const result = await read()
      if (!signal.aborted) this.#readFrom = beganAt
      return result
    } finally {
      this.#readsUnderWay--
      this.#rearm()
    }
  }

  /** While the store is unreadable, pushes are delivered at once, those that wait first. */
  storeIs(state: 'readable' | 'unreadable'): void {
    this.#storeIsReadable = state === 'readable'
    if (!this.#storeIsReadable) this.#deliverDue()
  }

  close(): void {
    this.#isClosed = true
    this.#rearm()
  }

  get #waitsForNothing(): boolean {
    return !this.#storeIsReadable || this.#options.settle === 0
  }

  /** Whether each reader that is up to date has room, so that it gets a turn before its queue overflows. */
  get #hasRoom(): boolean {
    return ![...this.#receivers].some(({ isFull }) => isFull)
  }

  /** Delivers the push that waits longest. */
  #deliverOldest(): void {
    const pending = this.#ledger.oldestPending()
    if (!pending) return
    const push = this.#ledger.due(pending)
    this.#delivered?.(pending.item)
    for (const receiver of [...this.#receivers]) receiver.push(pending.item, push)
  }

  /** Delivers pushes whose time has come: some of them in this turn if there are many, or if the readers have no room. */
  #deliverDue(): void {
    const until = now() + sliceMs
    for (let count = 0; count < maxPerTurn && now() < until; count++) {
      const oldest = this.#ledger.oldestPending()
      if (!oldest || this.#remainingMs(oldest) > 0) break
      if (count > 0 && !this.#hasRoom) break
      this.#deliverOldest()
    }
    this.#rearm()
  }

  /** How long a push waits from now on, in milliseconds. */
  #remainingMs({ since }: PendingPush<Item>): number {
    if (this.#waitsForNothing) return 0
    const { settle } = this.#options
    const awaitsRead = this.#readsUnderWay > 0 && since >= this.#readFrom
    return Math.max(0, since + (awaitsRead ? maxSettles * settle : settle) - now())
  }

  #rearm(): void {
    this.#timer.stop()
    this.#arm()
  }

  #arm(): void {
    const oldest = this.#ledger.oldestPending()
    if (this.#isClosed || this.#timer.isRunning || !oldest) return
    const remainingMs = this.#remainingMs(oldest)
    this.#timer.start(remainingMs && Math.max(remainingMs, apartMs), () => this.#deliverDue())
  }
}
