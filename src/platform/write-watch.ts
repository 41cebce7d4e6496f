import { now } from '../base/clock.ts'
import { Timer } from '../base/timer.ts'

/** A timer that fires later than this, in milliseconds, shows that the machine slept or the event loop was blocked. */
const latenessMs = 100

/** Notices that a peer does not read: what was written waits, and none of it leaves for `limitMs`. */
export class WriteWatch {
  readonly #limitMs: number
  readonly #stuck: () => void
  readonly #timer = new Timer()
  /** How many writes wait. */
  #waiting = 0
  #isOver = false

  constructor(limitMs: number, stuck: () => void) {
    this.#limitMs = limitMs
    this.#stuck = stuck
  }

  /** To be called with each write. Returns the function to call once the operating system has taken it. */
  begin(): () => void {
    this.#waiting++
    if (this.#waiting === 1) this.#wait()
    return () => {
      this.#waiting--
      if (this.#waiting > 0) this.#wait()
      else this.#timer.stop()
    }
  }

  /** The connection is over. */
  stop(): void {
    this.#isOver = true
    this.#timer.stop()
  }

  #wait(): void {
    if (this.#isOver) return
    const due = now() + this.#limitMs
    this.#timer.start(this.#limitMs, () => {
      // What was written meanwhile is not known yet.
      if (now() - due > latenessMs) this.#wait()
      else this.#stuck()
    })
  }
}
