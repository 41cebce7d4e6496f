import { release } from '../base/abort.ts'

/** How late a timer may fire, in milliseconds, before it is held that the machine slept or the loop was blocked. */
const lateness = 100

/** Waits for life, with one timer that is never touched by what is heard. */
export class IdleTimer {
  #heard = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Notes that the other side lives. */
  received(): void {
    this.#heard = performance.now()
  }

  /**
   * Calls `expired` once nothing was heard for so many milliseconds, from now on. It replaces the wait before it.
   *
   * When the timer fires late, `late` is called in its place, since what came meanwhile has not been read yet; unless
   * said otherwise, it waits once more.
   */
  wait(ms: number, expired: () => void, late: () => void = () => this.wait(ms, expired)): void {
    this.received()
    this.#arm(ms, ms, expired, late)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #arm(left: number, ms: number, expired: () => void, late: () => void): void {
    this.stop()
    // A longer timer would overflow, and fire at once.
    const delay = Math.min(left, 0x7fffffff)
    const due = performance.now() + delay
    this.#timer = release(
      setTimeout(() => {
        const now = performance.now()
        const rest = this.#heard + ms - now
        if (rest > 0) this.#arm(rest, ms, expired, late)
        else if (now - due > lateness) late()
        else expired()
      }, delay),
    )
  }
}
