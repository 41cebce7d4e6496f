import { mostGhosts } from './position.ts'

/** Which of the items that a source delivered as pushed somebody was not given: their rows are new to it. */
export class PassedBy {
  readonly #joined: number
  /** As a rule there are none. */
  #numbers: Set<number> | undefined

  /** @param joined How many the source had delivered by then. */
  constructor(joined: number) {
    this.#joined = joined
  }

  add(number: number): void {
    this.#numbers ??= new Set()
    this.#numbers.add(number)
    const [oldest] = this.#numbers
    // A position remembers no more than that.
    if (oldest !== undefined && this.#numbers.size > mostGhosts) this.#numbers.delete(oldest)
  }

  has(number: number): boolean {
    return number < this.#joined || this.#numbers?.has(number) === true
  }
}
