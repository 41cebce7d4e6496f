import { now } from '../base/clock.ts'
import { sizeOf } from '../base/size.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import type { StoreCursor } from './store-cursor.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/** How many pushes are remembered until their rows are read. */
const maxRememberedPushes = 20_000
/** How many where there is no store yet: then an event that looks like an older one has no row to be found by. */
const maxRememberedWithoutStore = 200

/** What the ledger knows of an event. */
export type EventState = 'unseen' | 'pending' | 'delivered' | 'skipped' | 'stored'

/** A push that waits for its row. */
export interface PendingPush<Item> extends Marks {
  readonly item: Item
  /** When it was pushed, in ms of the clock that cannot be set. */
  readonly since: number
  readonly bytes: number
}

/** An event that was delivered from its push, and whose row was not read yet. */
export interface DeliveredPush extends Marks {
  /** How many were delivered before it. */
  readonly number: number
  /** The subscribers that had no room for it. */
  skippedBy?: Set<LedgerView>
}

/** What the ledger knows of one subscriber. */
export interface LedgerView {
  /** Pushes with a lower number were delivered before the subscriber joined. */
  readonly joinedAt: number
}

/**
 * Which events are known, and how far: the one owner of "seen or not". Every lookup costs the same, however many events
 * are known. An event that can no longer be remembered is unseen again: a double is better than a loss.
 *
 *   unseen ──push──► pending ──due──► delivered
 *     │  └──skip──► skipped  │            │
 *     │row             │row  │row         │row
 *     └───► stored ◄───┴─────┴────────────┘
 *
 * - `push`: the event was pushed.
 * - `due`: its row did not come in time, so the push is delivered.
 * - `skip`: a subscriber that is behind has no room for the push; it waits for the row.
 * - `row`: its row was read. The row is delivered to every subscriber; if the state was `delivered`, only to the
 *   subscribers that did not get the push.
 *
 * The event stream has one ledger, which answers for all subscribers. A subscriber that reads the store by itself continues
 * from a fork of it.
 */
export class EventLedger<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #pending = new TraitIndex<PendingPush<Item>>()
  readonly #delivered = new TraitIndex<DeliveredPush>()
  readonly #skipped = new TraitIndex<Marks>()
  #cursor: StoreCursor<Item> | undefined
  #pendingBytes = 0
  /** How many pushes were delivered: the number of the next one. */
  #count = 0
  /** Rows of pushes with a lower number count as new: the beginning was not known yet. */
  #anchoredAt = 0
  /** How many rows came whose pushes waited for them. */
  announced = 0
  /** How many skipped pushes could not be remembered. */
  #forgottenSkips = 0

  constructor(stream: EventDeclaration<Item>) {
    this.#stream = stream
  }

  /** Where its reader is in the store; undefined until its beginning is known. */
  get cursor(): StoreCursor<Item> | undefined {
    return this.#cursor
  }

  /** Whether several pushes wait and have more bytes than these. */
  pendingExceeds(bytes: number): boolean {
    return this.#pendingBytes > bytes && this.#pending.size > 1
  }

  /** The beginning is known. */
  anchor(cursor: StoreCursor<Item>): void {
    this.#cursor = cursor
    this.#anchoredAt = this.#count
  }

  /** One more subscriber. */
  join(): LedgerView {
    return { joinedAt: this.#count }
  }

  /** The same knowledge for a subscriber that reads the store by itself; undefined where there is no store to read. */
  fork(view: LedgerView): EventLedger<Item> | undefined {
    if (!this.#cursor) return undefined
    const copy = new EventLedger(this.#stream)
    copy.#cursor = this.#cursor.fork()
    for (const push of this.#delivered) if (!this.isNewTo(view, push)) copy.#delivered.add(push)
    return copy
  }

  stateOf(push: Marks): EventState {
    if (this.#pending.ofPush(push)) return 'pending'
    if (this.#delivered.ofPush(push)) return 'delivered'
    if (this.#skipped.ofPush(push)) return 'skipped'
    return this.#cursor?.hasRowOf(push) ? 'stored' : 'unseen'
  }

  /** The event was pushed: it waits for its row. Returns false if it is known: then this push is a duplicate. */
  push(item: Item): boolean {
    const marks = marksOf(this.#stream, item)
    if (this.stateOf(marks) !== 'unseen') return false
    // A copy by `...marks` takes longer than all the rest.
    const pending = Object.assign(marks, { item, since: now(), bytes: sizeOf(item) })
    this.#pending.add(pending)
    this.#pendingBytes += pending.bytes
    return true
  }

  /** The push that waits longest. */
  oldestPending(): PendingPush<Item> | undefined {
    return this.#pending.oldest()
  }

  /** A pending push is due: it is delivered without its row. */
  due(pending: PendingPush<Item>): DeliveredPush {
    this.#removePending(pending)
    const { id, traits, shape } = pending
    const push: DeliveredPush = { id, traits, shape, number: this.#count++ }
    this.#delivered.add(push)
    this.#delivered.trim(this.#cursor ? maxRememberedPushes : maxRememberedWithoutStore)
    return push
  }

  /** A push that the event stream delivers is delivered to this subscriber. Returns false if it is known. */
  deliver(push: DeliveredPush): boolean {
    if (this.stateOf(push) !== 'unseen') return false
    this.#delivered.add(push)
    this.#delivered.trim(maxRememberedPushes)
    return true
  }

  /** This subscriber has no room for a push that the event stream delivers. */
  skip(push: DeliveredPush, view: LedgerView): void {
    push.skippedBy ??= new Set()
    push.skippedBy.add(view)
    this.#skipped.add(push)
    this.#forgottenSkips += this.#skipped.trim(maxRememberedPushes)
  }

  /** The row of an event was read. Returns how it was delivered before, if it was. */
  row(row: Item): DeliveredPush | undefined {
    // As a rule nothing waits, and nothing was delivered as pushed.
    if (this.#pending.size + this.#delivered.size + this.#skipped.size === 0) return undefined
    const marks = marksOf(this.#stream, row)
    const pending = this.#pending.ofRow(marks)
    if (pending) this.announced++
    this.#removePending(pending)
    const delivered = this.#delivered.ofRow(marks)
    this.#delivered.delete(delivered)
    if (!delivered) this.#skipped.delete(this.#skipped.ofRow(marks))
    return delivered
  }

  /** A row that another reader brought. Returns false if it is known, or was delivered from its push. */
  takeRow(row: Item): boolean {
    return this.#cursor?.rememberRow(row) === true && this.row(row) === undefined
  }

  /** Another reader has read this row: its push need not wait, since the row is stored. */
  withdraw(row: Item): void {
    if (this.#pending.size > 0) this.#removePending(this.#pending.ofRow(marksOf(this.#stream, row)))
  }

  /** Whether a row is new to a subscriber. `delivered`: what `row` returned. */
  isNewTo(view: LedgerView, delivered: DeliveredPush | undefined): boolean {
    if (!delivered) return true
    return delivered.number < Math.max(view.joinedAt, this.#anchoredAt) || delivered.skippedBy?.has(view) === true
  }

  /** After a read to the end of the store: how many skipped pushes have no row. Counts each once. */
  takeSkipped(): number {
    const count = this.#forgottenSkips + this.#skipped.size
    this.#forgottenSkips = 0
    this.#skipped.trim(0)
    return count
  }

  #removePending(pending: PendingPush<Item> | undefined): void {
    if (!pending) return
    this.#pending.delete(pending)
    this.#pendingBytes -= pending.bytes
  }
}
