import { now } from '../base/clock.ts'
import { Timer } from '../base/timer.ts'

/** A timer that fires later than this, in milliseconds, shows that the machine slept or the event loop was blocked. */
const latenessMs = 100

/** Waits for silence. What is received only sets a time, so that a busy channel does not restart timers. */
export class IdleTimer {
  #receivedAt = 0
  readonly #timer = new Timer()

  /**
   * To be called when something arrives from the peer.
   * @param at When it arrived, by `now`. Default: now.
   */
  received(at: number = now()): void {
    this.#receivedAt = at
  }

  /**
   * Calls `expired` once nothing was received for `silenceMs` from now on. It replaces the wait before it.
   *
   * If the timer fires late, it calls `late` instead, since what arrived meanwhile has not been read yet. By default that
   * waits once more.
   */
  wait(silenceMs: number, expired: () => void, late: () => void = () => this.wait(silenceMs, expired)): void {
    this.received()
    const start = (leftMs: number): void => {
      // A longer timer would overflow, and fire at once.
      const delayMs = Math.min(leftMs, 0x7fffffff)
      const due = now() + delayMs
      this.#timer.start(delayMs, () => {
        const restMs = this.#receivedAt + silenceMs - now()
        if (restMs > 0) start(restMs)
        else if (now() - due > latenessMs) late()
        else expired()
      })
    }
    start(silenceMs)
  }

  stop(): void {
    this.#timer.stop()
  }
}
