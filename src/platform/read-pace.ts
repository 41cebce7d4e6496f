import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'

/** How many bytes of a response are read in a millisecond at most: 64 MiB a second. */
const maxBytesPerMs = 2 ** 26 / 1_000
/** How far reading may be ahead of that, in milliseconds. */
const maxAheadMs = 20

/**
 * Limits how fast a response is read. What is read leaves garbage of twice its size; on a busy machine the
 * engine collects it more slowly than it comes, and memory grows. What must wait, waits in the network.
 */
export class ReadPace {
  /** When everything that was read would have been read at the highest rate, by `now`. */
  #readAt = 0

  /** Counts bytes that were read. Returns a promise if they must wait. */
  after(bytes: number): Promise<void> | undefined {
    const present = now()
    this.#readAt = Math.max(present, this.#readAt) + bytes / maxBytesPerMs
    const aheadMs = this.#readAt - present
    if (aheadMs <= maxAheadMs) return undefined
    return new Promise((resolve) => release(setTimeout(resolve, aheadMs)))
  }
}
