import type { EventDeclaration } from '../streams/event-declaration.ts'
import { type DeliveredPush, type LedgerView, maxRememberedPushes } from './event-ledger.ts'
import type { StoreCursor } from './store-cursor.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/**
 * Which events one subscriber has had, while it reads the store by itself. It is at another place in the store than the
 * event stream, so it cannot ask the ledger of the stream: that forgets a push once the stream has read its row, which
 * this subscriber has yet to read. So it begins with a copy, and lasts until the two are at the same place again.
 *
 *   unseen ──deliver──► delivered
 *     │  └──skip──► skipped  │
 *     │row             │row  │row
 *     └───► stored ◄───┴─────┘
 *
 * - `deliver`: the event stream delivers a push, and the subscriber keeps it.
 * - `skip`: the subscriber has no room for the push, and waits for the row.
 * - `row`: its row was read. The row is delivered unless the state was `delivered` or `stored`.
 */
export class CatchUpLedger<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #view: LedgerView
  readonly #delivered = new TraitIndex<DeliveredPush>()
  readonly #skipped = new TraitIndex<Marks>()
  /** How many skipped pushes could not be remembered. */
  #forgottenSkips = 0
  /** Where the subscriber is in the store; undefined until its beginning is known. */
  cursor: StoreCursor<Item> | undefined

  /**
   * @param cursor Where it begins.
   * @param delivered The pushes that were delivered to the subscriber, and whose rows lie after that.
   */
  constructor(
    stream: EventDeclaration<Item>,
    view: LedgerView,
    cursor?: StoreCursor<Item>,
    delivered: readonly DeliveredPush[] = [],
  ) {
    this.#stream = stream
    this.#view = view
    this.cursor = cursor
    for (const push of delivered) this.#delivered.add(push)
  }

  /** Whether the event of a push is known: any state but `unseen`. */
  knows(push: Marks): boolean {
    const known = this.#delivered.ofPush(push) ?? this.#skipped.ofPush(push)
    return known !== undefined || this.cursor?.hasRowOf(push) === true
  }

  /** The event stream delivers a push. Returns false if it is known. */
  deliver(push: DeliveredPush): boolean {
    if (this.knows(push)) return false
    this.#delivered.add(push)
    this.#delivered.trim(maxRememberedPushes)
    return true
  }

  /** There is no room for a push that the event stream delivers: its row is new to this subscriber, for the stream too. */
  skip(push: DeliveredPush): void {
    this.#view.skipped.add(push)
    this.#skipped.add(push)
    this.#forgottenSkips += this.#skipped.trim(maxRememberedPushes)
  }

  /** The catch-up has read a row, which its cursor remembers. Returns false if it was delivered from its push. */
  row(row: Item): boolean {
    // As a rule none was delivered as pushed.
    if (this.#delivered.size + this.#skipped.size === 0) return true
    const marks = marksOf(this.#stream, row)
    const delivered = this.#delivered.ofRow(marks)
    this.#delivered.delete(delivered)
    if (!delivered) this.#skipped.delete(this.#skipped.ofRow(marks))
    return !delivered
  }

  /** The event stream has read a row. Returns false if it is known, or was delivered from its push. */
  streamRow(row: Item): boolean {
    return this.cursor?.rememberRow(row) === true && this.row(row)
  }

  /** After a read to the end of the store: how many skipped pushes have no row. Counts each once. */
  takeSkipped(): number {
    const count = this.#forgottenSkips + this.#skipped.size
    this.#forgottenSkips = 0
    this.#skipped.trim(0)
    return count
  }
}
