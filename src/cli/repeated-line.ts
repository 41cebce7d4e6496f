import { type Backoff, nextBackoffMs } from '../base/backoff.ts'

/** How far apart the lines are. */
const apart: Backoff = { firstMs: 10_000, longestMs: 600_000 }

/** When a line about something that goes on is written again: at growing distance. Times are in milliseconds. */
export class RepeatedLine {
  #distanceMs: number | undefined
  #nextAt = -Infinity

  isDue(nowMs: number): boolean {
    return nowMs >= this.#nextAt
  }

  written(nowMs: number): void {
    this.#distanceMs = nextBackoffMs(apart, this.#distanceMs)
    this.#nextAt = nowMs + this.#distanceMs
  }
}
