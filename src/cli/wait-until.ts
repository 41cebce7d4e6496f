import { MesheryError, type Notice } from '../index.ts'
import type { CommandContext } from './context.ts'
import { noticeListener, reportError } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { waitingReason } from './notice-text.ts'

/** Listens to the notices of a command that waits for something. */
export interface WaitListener {
  onNotice(notice: Notice): void
  /** Reports why it waited at the end, if it did. */
  reportReason(): void
}

/** Prints notices, and remembers why the subscription waits. */
export function waitListener(context: CommandContext, verbose: boolean, about: 'events' | 'state'): WaitListener {
  const print = noticeListener({ context, verbose, about })
  let reason: MesheryError | null = null
  return {
    onNotice(notice) {
      print(notice)
      // What ends the wait closes the subscription, which is no reason.
      if (notice.kind === 'status' && notice.state !== 'closed') reason = waitingReason(notice)
    },
    reportReason() {
      if (reason) reportError(context.stderr, reason, { verbose })
    },
  }
}

/** Waits by `until`, and resolves with the exit code: the one of `write` when a value passed, else the one of a timeout. */
export async function waitUntil<T>(wait: {
  found(): Promise<T>
  write(value: T): Promise<number>
  onTimeout(last: T | undefined): void
}): Promise<number> {
  try {
    return await wait.write(await wait.found())
  } catch (error) {
    // Its own time, not one that the connection has run into.
    if (!(error instanceof MesheryError && error.code === 'TIMED_OUT' && 'last' in error.details)) throw error
    // `until` puts a value of the subscription there, or undefined.
    wait.onTimeout(error.details['last'] as T | undefined)
    return exitCodes.timeout
  }
}
