import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MissedPushesNotice } from './notice.ts'

/** A read comes at least this often while live, since pushes get lost on a healthy channel. In milliseconds. */
const calm = 60_000
/** A read comes once more this long after a channel opened: some servers subscribe a moment after they say so. */
const afterOpen = 2_000
/** A row stored this soon after a row that was pushed belongs to its burst. In milliseconds. */
const burst = 2_000

/**
 * How long after a read the next one comes if nothing calls for it sooner, in milliseconds: a tenth of the time since the
 * last sign that pushes are missing, at least `fast`, at most a minute. Pure.
 *
 * @param sinceSign Infinity when there is none, or when a push came after it.
 */
export const nextWait = (sinceSign: number, fast: number): number => Math.min(Math.max(sinceSign / 10, fast), calm)

/**
 * The reads of the store that no push calls for, and what they say about the pushes.
 *
 * Real servers stop pushing for good on a channel that stays open. The sign is a row that comes with no push since the read
 * before it: then the store is read more often, until a push comes. Rows that were stored together with one that was
 * pushed are no sign, since a burst loses pushes on a healthy channel.
 */
export class Heartbeat {
  readonly #fast: number
  readonly #beat: () => boolean
  readonly #tell: (notice: MissedPushesNotice) => void
  #timer: unknown
  #secondLook: unknown
  #signAt = -Infinity
  /** Counts what makes the next rows no sign: pushes and openings. */
  #mark = 0
  /** The mark when the last complete read began. */
  #readMark = 0
  /** When the newest row that is no sign was stored, by the server's clock. */
  #announced = -Infinity
  #closed = false
  #missed: { readonly since: Date; recovered: number; isTold: boolean } | undefined

  /**
   * @param fast How often to read while pushes are missing, in milliseconds.
   * @param beat Reads if a channel is live, and says whether one is.
   */
  constructor(fast: number, beat: () => boolean, tell: (notice: MissedPushesNotice) => void) {
    this.#fast = fast
    this.#beat = beat
    this.#tell = tell
  }

  /** Waits anew for the time of the next read. */
  arm(wait: number = nextWait(now() - this.#signAt, this.#fast)): void {
    clearTimeout(this.#timer as undefined)
    if (this.#closed) return
    this.#timer = release(
      setTimeout(() => {
        // In case that no read comes to its end.
        this.arm(calm)
        // What the read before found, not what this one finds: a push may be a moment behind its row.
        const missed = this.#missed
        if (!this.#beat() || !missed || missed.isTold) return
        missed.isTold = true
        this.#notice(missed, null)
      }, wait),
    )
  }

  /** A channel opened: what was stored before is read, and that is no sign. */
  opened(): void {
    const look = (): void => {
      this.#mark++
      this.#beat()
    }
    look()
    clearTimeout(this.#secondLook as undefined)
    this.#secondLook = release(setTimeout(look, afterOpen))
  }

  /** A push came. */
  pushed(): void {
    this.#mark++
    this.#signAt = -Infinity
    const missed = this.#missed
    this.#missed = undefined
    if (missed?.isTold) this.#notice(missed, new Date())
  }

  /** A read begins. Returns what `read` wants to know once it has come to its end. */
  mark(): number {
    return this.#mark
  }

  /**
   * A read that began at this mark has come to its end. `rows`: how many came that should have been pushed. `newest`: when
   * the newest of them was stored.
   */
  read(mark: number, rows: number, newest: number): void {
    const isQuiet = mark === this.#mark && mark === this.#readMark
    const isSign = isQuiet && rows > 0 && newest > this.#announced + burst
    this.#readMark = mark
    if (isSign) {
      this.#signAt = now()
      this.#missed ??= { since: new Date(), recovered: 0, isTold: false }
      this.#missed.recovered += rows
    } else if (newest > this.#announced) this.#announced = newest
    this.arm()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer as undefined)
    clearTimeout(this.#secondLook as undefined)
  }

  #notice({ since, recovered }: { readonly since: Date; readonly recovered: number }, until: Date | null): void {
    this.#tell({ kind: 'missed-pushes', since, until, recovered })
  }
}
