import { now } from '../base/clock.ts'
import { Timer } from '../base/timer.ts'
import type { MissedPushesNotice } from '../connection/notice.ts'

/** While live, the store is read at least this often, since pushes get lost on a healthy channel. */
const maxWaitMs = 60_000
/** How much later the store is read once more, in milliseconds: some servers subscribe a moment after they say so, and rows come late. */
const againMs = 2_000
/** A row stored this soon after a row that was pushed belongs to its burst. */
const burstMs = 2_000

/**
 * How long after a read the next one comes if nothing requests it sooner, in milliseconds: a tenth of the time since the
 * last sign that pushes are missing, at least `fastMs`, at most a minute. Pure.
 *
 * @param sinceSignMs Infinity when there is no sign, or when a push came after it.
 */
export const nextWaitMs = (sinceSignMs: number, fastMs: number): number =>
  Math.min(Math.max(sinceSignMs / 10, fastMs), maxWaitMs)

/**
 * Requests the reads of the store that no push requests, more of them while pushes are missing.
 *
 * Real servers stop pushing for good on a channel that stays open. The sign is a row that comes with no push since the read
 * before it: then the store is read more often, until a push comes. Rows that were stored together with one that was
 * pushed are no sign, since a burst loses pushes on a healthy channel.
 */
export class MissedPushesWatch {
  readonly #fastMs: number
  readonly #requestRead: () => void
  readonly #notify: (notice: MissedPushesNotice) => void
  readonly #timer = new Timer()
  #isClosed = false
  /** Whether one more read follows. */
  #readsAgain = false
  #signAt = -Infinity
  /** Counts what makes the next rows no sign: pushes and openings. */
  #pushCount = 0
  /** The count when the last complete read began. */
  #countAtRead = 0
  /** When the last row that is no sign was stored, in ms by the server's clock, which may have been set back since. */
  #newestPushedAt = -Infinity
  #missed: MissedPushesNotice | undefined
  #isReported = false

  /**
   * @param fastMs How often to read while pushes are missing.
   * @param requestRead Reads if a channel is live.
   */
  constructor(fastMs: number, requestRead: () => void, notify: (notice: MissedPushesNotice) => void) {
    this.#fastMs = fastMs
    this.#requestRead = requestRead
    this.#notify = notify
  }

  /**
   * The store is read now and once more, and what comes is no sign. A channel opened; or a push was delivered without its row, for
   * which the subscriptions wait that had no room for the push.
   */
  readTwice(): void {
    this.#pushCount++
    this.#readsAgain = true
    this.#arm(maxWaitMs)
    this.#requestRead()
  }

  /** A push came, or the store is polled from now on, whether events are pushed or not. */
  pushed(): void {
    this.#pushCount++
    this.#signAt = -Infinity
    if (this.#missed && this.#isReported) this.#notify({ ...this.#missed, until: new Date() })
    this.#missed = undefined
    this.#isReported = false
  }

  /**
   * A read begins. Returns what the caller calls when it has come to its end. `rows`: how many came that should have been
   * pushed. `newestAt`: when the newest of them was stored, in ms; NaN for none.
   */
  reads(): (rows: number, newestAt: number) => void {
    const count = this.#pushCount
    return (rows, newestAt) => {
      const hasNoPush = count === this.#pushCount && count === this.#countAtRead
      if (hasNoPush && rows > 0 && newestAt > this.#newestPushedAt + burstMs) {
        this.#signAt = now()
        const { since = new Date(), recovered = 0 } = this.#missed ?? {}
        this.#missed = { kind: 'missed-pushes', since, until: null, recovered: recovered + rows }
      } else if (newestAt) this.#newestPushedAt = newestAt
      this.#countAtRead = count
      this.#arm(this.#readsAgain ? againMs : nextWaitMs(now() - this.#signAt, this.#fastMs))
    }
  }

  close(): void {
    this.#isClosed = true
    this.#timer.stop()
  }

  #arm(waitMs: number): void {
    if (!this.#isClosed) this.#timer.start(waitMs, () => this.#due())
  }

  #due(): void {
    // In case that no read comes to its end.
    this.#arm(maxWaitMs)
    // What the read before found, and not at once: a push may be a moment behind its row.
    if (this.#missed && !this.#isReported) this.#notify(this.#missed)
    this.#isReported = this.#missed !== undefined
    if (this.#readsAgain) this.#pushCount++
    this.#readsAgain = false
    this.#requestRead()
  }
}
