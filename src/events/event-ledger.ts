import { now } from '../base/clock.ts'
import { sizeOf } from '../base/size.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import type { StoreCursor } from './store-cursor.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/** How many pushes are remembered until their rows are read. */
export const maxRememberedPushes = 20_000
/** Without a store, a push that looks like one of so many before it is a duplicate; any other event has no row to be found by. */
const maxBeforeDuplicate = 200
/** How many subscribers have a bit of their own. */
const maxBits = 1_024

/** A push that waits for its row. */
export interface PendingPush<Item> extends Marks {
  readonly item: Item
  /** When it was pushed, in ms of the clock that cannot be set. */
  readonly since: number
  readonly bytes: number
}

/** An event that was delivered from its push. */
export interface DeliveredPush extends Marks {
  /** How many were delivered before it. */
  readonly number: number
  /** Whether a reader has read its row, by which it is found from then on. */
  isStored?: boolean
  /** The bits of the subscribers that did not get it: they had no room for it, or their filters rejected it. */
  missedBy: bigint
}

/** What the ledger knows of one subscriber. */
export interface LedgerView {
  /** Pushes with a lower number were delivered before the subscriber joined. */
  readonly joinedAt: number
  /** Stands for it in `missedBy`. Far more subscribers than there are at once share one: a double is better than a loss. */
  readonly bit: bigint
}

/**
 * Which events are known, and how far: the one owner of "seen or not". Every lookup costs the same, however many events
 * are known. An event that can no longer be remembered is unseen again: a double is better than a loss.
 *
 *   unseen ──push──► pending ──due──► delivered
 *     │row             │row             │row
 *     └───► stored ◄───┴────────────────┘
 *
 * - `push`: the event was pushed.
 * - `due`: its row did not come in time, so the push is delivered, to each subscriber that has room for it.
 * - `row`: the event stream has read its row. The row is delivered to every subscriber; if the state was `delivered`, only to the
 *   subscribers that did not get the push.
 *
 * There is one ledger, which answers for all subscribers. One that reads the store by itself has a cursor of its own, and
 * asks for each row that it reads whether it got the push. It may read a row later than the stream: so a push is still known
 * by the id of its row after that. It may also read it sooner: then a push that waits goes on waiting, for the others.
 */
export class EventLedger<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #pending = new TraitIndex<PendingPush<Item>>()
  readonly #delivered = new TraitIndex<DeliveredPush>()
  /** Delivered pushes whose rows were read, by the ids of the rows. */
  readonly #byRow = new Map<string | null, DeliveredPush>()
  #cursor: StoreCursor<Item> | undefined
  #pendingBytes = 0
  /** How many subscribers there were. */
  #joined = 0
  /** How many pushes were delivered: the number of the next one. */
  #count = 0
  /** How many rows came whose pushes waited for them. */
  announced = 0

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
  }

  /** One more subscriber. */
  join(): LedgerView {
    return { joinedAt: this.#count, bit: 1n << BigInt(this.#joined++ % maxBits) }
  }

  /** Whether the event of a push is in any state but `unseen`. */
  knows(push: Marks): boolean {
    const delivered = this.#delivered.ofPush(push)
    return Boolean(
      (delivered && (this.#cursor || delivered.number >= this.#count - maxBeforeDuplicate)) ||
        this.#pending.ofPush(push) ||
        this.#cursor?.hasRowOf(push),
    )
  }

  /** The event was pushed: it waits for its row. Returns false if it is known: then this push is a duplicate. */
  push(item: Item): boolean {
    const marks = marksOf(this.#stream, item)
    if (this.knows(marks)) return false
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
    const push: DeliveredPush = { id, traits, shape, number: this.#count++, missedBy: 0n }
    this.#delivered.add(push)
    this.#delivered.trim(maxRememberedPushes)
    return push
  }

  /** The event stream has read the row of an event. Returns how it was delivered before, if it was. */
  row(row: Item): DeliveredPush | undefined {
    const push = this.#match(row, true)
    this.#delivered.delete(push)
    return push
  }

  /** Whether a row is new to a subscriber. `push`: how it was delivered before. */
  isNewTo(view: LedgerView, push: DeliveredPush | undefined): boolean {
    return !push || push.number < view.joinedAt || (push.missedBy & view.bit) > 0n
  }

  /**
   * The push by which the event of a row that a subscriber has read was delivered, if it was. A row that the stream has read, or
   * that predates it, only looks like a push of now.
   */
  pushOf(row: Item): DeliveredPush | undefined {
    return this.#cursor?.coversRow(row) ? this.#byRow.get(this.#stream.id(row)) : this.#match(row)
  }

  /** The push of the row. If the stream has read the row, a push that waits for it no longer does: it is stored. */
  #match(row: Item, isOfStream = false): DeliveredPush | undefined {
    const id = this.#stream.id(row)
    const known = this.#byRow.get(id)
    // As a rule nothing waits, and nothing was delivered as pushed.
    if (known || this.#pending.size + this.#delivered.size === 0) return known
    const marks = marksOf(this.#stream, row)
    const pending = isOfStream && this.#pending.ofRow(marks)
    if (pending) {
      this.#removePending(pending)
      this.announced++
    }
    const push = this.#delivered.ofRow(marks)
    // A row that looks the same is another event.
    if (!push || push.isStored) return undefined
    push.isStored = true
    this.#byRow.set(id, push)
    const [oldest = null] = this.#byRow.keys()
    if (this.#byRow.size > maxRememberedPushes) this.#byRow.delete(oldest)
    return push
  }

  #removePending(pending: PendingPush<Item>): void {
    this.#pending.delete(pending)
    this.#pendingBytes -= pending.bytes
  }
}
