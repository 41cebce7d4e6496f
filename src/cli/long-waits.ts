import type { Notice } from '../index.ts'
import { RepeatedLine } from './repeated-line.ts'

/** A shorter wait, in milliseconds, is a reconnection, which says nothing in a log. */
const shortMs = 10_000

/**
 * Makes a function that picks the notices about a long wait for the server, for a log: when the wait has become long, or its next try is far, then at growing distance, and
 * when it is over. It returns how long the wait has taken, in milliseconds; undefined for every other notice.
 * @param now The time in milliseconds since 1970.
 */
export function longWaits(now: () => number): (notice: Notice) => number | undefined {
  let wait: { readonly since: number; readonly line: RepeatedLine; isReported: boolean } | undefined
  return (notice) => {
    if (notice.kind !== 'status' || notice.state === 'connecting') return undefined
    const at = now()
    if (notice.state !== 'waiting') {
      const before = wait
      wait = undefined
      return before?.isReported ? at - before.since : undefined
    }
    wait ??= { since: at, line: new RepeatedLine(), isReported: false }
    const aheadMs = notice.nextRetryAt ? notice.nextRetryAt.getTime() - at : Number.POSITIVE_INFINITY
    const isShort = at - wait.since < shortMs && aheadMs < shortMs
    if (isShort || !wait.line.isDue(at)) return undefined
    wait.line.written(at)
    wait.isReported = true
    return at - wait.since
  }
}
