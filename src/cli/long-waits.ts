import type { Notice } from '../index.ts'
import { RepeatedLine } from './repeated-line.ts'

/** A shorter wait, in milliseconds, is a reconnection, which says nothing in a log. */
const shortMs = 10_000

/**
 * Makes a function that picks the notices about a long wait for the server, for a log: when the wait has become long, then at growing distance, and
 * when it is over.
 * @param now The time in milliseconds since 1970.
 */
export function longWaits(now: () => number): (notice: Notice) => boolean {
  let wait: { readonly since: number; readonly line: RepeatedLine; isReported: boolean } | undefined
  return (notice) => {
    if (notice.kind !== 'status' || notice.state === 'connecting') return false
    const at = now()
    if (notice.state !== 'waiting') {
      const isOver = wait?.isReported === true
      wait = undefined
      return isOver
    }
    wait ??= { since: at, line: new RepeatedLine(), isReported: false }
    if (at - wait.since < shortMs || !wait.line.isDue(at)) return false
    wait.line.written(at)
    wait.isReported = true
    return true
  }
}
