import { now } from './clock.ts'
import { Timer } from './timer.ts'

/** The shortest time between the beginnings of two reads, in milliseconds. */
const gap = 500

/**
 * Rings for one reader: one read at a time, the first at once, then at most two a second. Ringing while a read is
 * under way makes another one follow, since that read may have passed the place already.
 */
export class ReadScheduler {
  readonly #read: () => Promise<void>
  #reading: Promise<void> | undefined
  #again = false
  #last = -Infinity
  readonly #timer = new Timer()
  #closed = false

  /** `read` never rejects. */
  constructor(read: () => Promise<void>) {
    this.#read = read
  }

  request(): void {
    if (this.#closed || this.#timer.isRunning) return
    if (this.#reading) {
      this.#again = true
      return
    }
    const wait = this.#last + gap - now()
    if (wait > 0) this.#timer.start(wait, () => this.#start())
    else this.#start()
  }

  close(): void {
    this.#closed = true
    this.#timer.stop()
  }

  #start(): void {
    this.#last = now()
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined
      if (!this.#again) return
      this.#again = false
      this.request()
    })
  }
}
