import { sameValue } from './same.ts'

type Waiter<T> = { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void }

/**
 * Holds the newest value between one writer and the reader of an async iterator: a slow reader misses what it replaced,
 * and gets nothing when that was taken back.
 */
export class LatestValue<T> {
  #value: { readonly held: T } | undefined
  /** The value taken last. */
  #taken: { readonly held: T } | undefined
  #waiters: Waiter<T>[] = []
  #end: { error?: unknown } | undefined

  put(held: T): void {
    if (this.#end) return
    this.#value = undefined
    if (this.#taken && sameValue(held, this.#taken.held)) return
    const waiter = this.#waiters.shift()
    const value = { held }
    if (!waiter) {
      this.#value = value
      return
    }
    this.#taken = value
    waiter.resolve({ done: false, value: held })
  }

  /** Takes the value out; waits for one when there is none. Rejects once with the error at which the box ended. */
  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#value
    this.#value = undefined
    if (value) {
      this.#taken = value
      return Promise.resolve({ done: false, value: value.held })
    }
    const end = this.#end
    if (!end) return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
    if (!('error' in end)) return Promise.resolve({ done: true, value: undefined })
    this.#end = {}
    return Promise.reject(end.error)
  }

  /** Ends it after the value that is in it: the reader gets that first, then the error or the end. */
  end(error?: unknown): void {
    if (this.#end) return
    const waiter = this.#waiters.shift()
    if (error !== undefined && waiter) waiter.reject(error)
    else waiter?.resolve({ done: true, value: undefined })
    this.#end = error === undefined || waiter ? {} : { error }
    for (const { resolve } of this.#waiters.splice(0)) resolve({ done: true, value: undefined })
  }

  /** Ends it at once: what is in it is dropped. */
  cut(): void {
    this.#value = undefined
    if (this.#end) this.#end = {}
    else this.end()
  }
}
