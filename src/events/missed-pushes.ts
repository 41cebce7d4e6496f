import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MissedPushesNotice } from '../connection/notice.ts'

/** A read comes at least this often while live, since pushes get lost on a healthy channel. In milliseconds. */
const calm = 60_000
/** A read comes once more this long after the one at an opening: some servers subscribe a moment after they say so. */
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

/** The reads of the store that no push calls for. */
export interface MissedPushesWatch {
  /** A channel opened: what was stored before is read, and that is no sign. */
  opened(): void
  /** A push came. */
  pushed(): void
  /** The store is polled from now on, whether it is pushed or not. */
  polled(): void
  /**
   * A read begins. Returns what is to be called when it has come to its end. `rows`: how many came that should have been
   * pushed. `newest`: when the newest of them was stored.
   */
  reads(): (rows: number, newest: number) => void
  close(): void
}

/**
 * Real servers stop pushing for good on a channel that stays open. The sign is a row that comes with no push since the read
 * before it: then the store is read more often, until a push comes. Rows that were stored together with one that was
 * pushed are no sign, since a burst loses pushes on a healthy channel.
 *
 * @param fast How often to read while pushes are missing, in milliseconds.
 * @param beat Reads if a channel is live.
 */
export function watchMissedPushes(
  fast: number,
  beat: () => void,
  tell: (notice: MissedPushesNotice) => void,
): MissedPushesWatch {
  let timer: unknown
  let looksAgain = false
  let isClosed = false
  let signAt = -Infinity
  // Counts what makes the next rows no sign: pushes and openings.
  let mark = 0
  // The mark when the last complete read began.
  let readMark = 0
  // When the newest row that is no sign was stored, by the server's clock.
  let announced = -Infinity
  let missed: MissedPushesNotice | undefined
  let isTold = false

  const arm = (wait = looksAgain ? afterOpen : nextWait(now() - signAt, fast)): void => {
    clearTimeout(timer as undefined)
    if (!isClosed) timer = release(setTimeout(due, wait))
  }

  const due = (): void => {
    // In case that no read comes to its end.
    arm(calm)
    // What the read before found, and not at once: a push may be a moment behind its row.
    if (missed && !isTold) tell(missed)
    isTold = missed !== undefined
    if (looksAgain) mark++
    looksAgain = false
    beat()
  }

  const pushed = (): void => {
    mark++
    signAt = -Infinity
    if (missed && isTold) tell({ ...missed, until: new Date() })
    missed = undefined
    isTold = false
  }

  return {
    opened() {
      mark++
      looksAgain = true
      arm(calm)
      beat()
    },
    pushed,
    polled: pushed,
    reads() {
      const began = mark
      return (rows, newest) => {
        if (began === mark && began === readMark && rows > 0 && newest > announced + burst) {
          signAt = now()
          const { since = new Date(), recovered = 0 } = missed ?? {}
          missed = { kind: 'missed-pushes', since, until: null, recovered: recovered + rows }
        } else if (newest > announced) announced = newest
        readMark = began
        arm()
      }
    },
    close() {
      isClosed = true
      arm()
    },
  }
}
