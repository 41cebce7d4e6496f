import { Queue } from './queue.ts'
import { sameValue } from './same.ts'

/**
 * Holds the newest value between one writer and the reader of an async iterator: a slow reader misses what it replaced,
 * and gets nothing when that was taken back.
 */
export class LatestValue<T> {
  readonly #queue = new Queue<T>(1)
  #isEnded = false
  /** The value taken last. */
  #taken: { readonly held: T | undefined } | undefined

  /** The value put last, whether or not it was taken out. Undefined before the first one. */
  current: T | undefined

  put(held: T): void {
    if (this.#isEnded) return
    this.current = held
    this.#queue.shift()
    if (this.#taken && sameValue(held, this.#taken.held)) return
    this.#queue.push(held)
    // A reader waited for it.
    if (this.#queue.size === 0) this.#taken = { held }
  }

  /** Takes the value out; waits for one when there is none. Rejects once with the error at which it ended. */
  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#queue.size > 0) this.#taken = { held: this.current }
    return this.#queue.next()
  }

  /** Ends it after the value that is in it: the reader gets that first, then the error or the end. */
  end(error?: unknown): void {
    this.#isEnded = true
    this.#queue.end(error)
  }

  /** Ends it at once: what is in it is dropped. */
  cut(): void {
    this.#isEnded = true
    this.#queue.cut()
  }
}
