import type { EventDeclaration } from '../streams/event-declaration.ts'
import { maxRememberedPushes } from './store-cursor.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/** Which of the items that a source delivered as pushed a feed was not given: their rows are new to it. */
export class SkippedPushes<Item> {
  readonly #stream: EventDeclaration<Item>
  /** Nothing with a lower number counts as given. */
  #from: number
  /** As a rule there are none. */
  readonly #numbers = new Set<number>()
  /** Those whose rows did not come yet. */
  readonly #rowless = new TraitIndex<Marks>()
  #forgotten = 0

  /** @param joined How many the source had delivered by then. */
  constructor(stream: EventDeclaration<Item>, joined: number) {
    this.#stream = stream
    this.#from = joined
  }

  add(number: number, item: Item): void {
    this.#rowless.add(marksOf(this.#stream, item))
    this.#forgotten += this.#rowless.trim(maxRememberedPushes)
    this.#numbers.add(number)
    if (this.#numbers.size <= maxRememberedPushes) return
    // Rather a double than a loss: what cannot be remembered counts as not given.
    let left = maxRememberedPushes >> 3
    for (const oldest of this.#numbers) {
      if (left-- === 0) break
      this.#numbers.delete(oldest)
      this.#from = Math.max(this.#from, oldest + 1)
    }
  }

  has(number: number): boolean {
    return number < this.#from || this.#numbers.has(number)
  }

  /** A row is given to the feed. */
  row(item: Item): void {
    if (this.#rowless.size === 0) return
    const entry = this.#rowless.ofRow(marksOf(this.#stream, item))
    if (entry) this.#rowless.delete(entry)
  }

  /** Says, after a read to the end of the store, how many have no row; counts each once. */
  lost(): number {
    const count = this.#forgotten + this.#rowless.size
    this.#forgotten = 0
    for (const entry of this.#rowless) this.#rowless.delete(entry)
    return count
  }
}
