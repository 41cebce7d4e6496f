import { now } from './clock.ts'
import { withTimeout } from './with-timeout.ts'

/**
 * One piece of work for all who want its result at the same time. It is discarded at its limit, since it may never end;
 * a later caller starts it anew.
 */
export class SharedWait {
  #current: { readonly work: Promise<void>; readonly until: number } | undefined
  /** Counts the starts. */
  #started = 0

  /**
   * Waits for the work under way, or starts it.
   * @param start Gets a function that returns whether this is still the latest start.
   * @param timeout How long the work may take, in milliseconds; at its end the wait rejects with what `late` gives.
   * @param signal Ends the wait, without an error.
   */
  async join(
    start: (isLast: () => boolean) => Promise<void>,
    timeout: number,
    late: () => Error,
    signal?: AbortSignal,
  ): Promise<void> {
    if (signal?.aborted) return
    if (!this.#current || this.#current.until <= now()) {
      const number = ++this.#started
      const isLast = (): boolean => number === this.#started
      const work = start(isLast).finally(() => {
        if (isLast()) this.#current = undefined
      })
      this.#current = { work, until: now() + timeout }
    }
    const { work, until } = this.#current
    const discard = (): Error => {
      if (this.#current?.work === work) this.#current = undefined
      return late()
    }
    try {
      await withTimeout(until - now(), discard, signal, () => work)
    } catch (error) {
      if (!signal?.aborted) throw error
    }
  }
}
