import type { MesheryOptions } from '../index.ts'
import type { CommandContext } from './context.ts'
import { report, reportsProgress } from './diagnostics.ts'
import { spanText } from './notice-text.ts'
import { RepeatedLine } from './repeated-line.ts'

/** The server that a command waits for. */
export interface AwaitedServer {
  readonly url: string
  /** The options that the address came from. */
  readonly connection: MesheryOptions
  readonly verbose: boolean
}

/**
 * Makes a function that reports on stderr that the command waits for the server, and why. It is called after each try. The first
 * line comes at once, also in a pipe: a wait without a word looks like a hang. Further lines come at growing distance; on a terminal,
 * or when asked to, also whenever the reason changes.
 */
export function waitingReporter(
  { url, connection, verbose }: AwaitedServer,
  context: Pick<CommandContext, 'stderr' | 'now' | 'addressSource'>,
): (reason: string) => void {
  const { stderr, now } = context
  const showsChanges = reportsProgress(context, verbose)
  const startedAt = now()
  const repeated = new RepeatedLine()
  let reported: string | undefined
  return (reason) => {
    const isChanged = showsChanges && reason !== reported
    if (!isChanged && !repeated.isDue(now())) return
    const line =
      reported !== undefined
        ? `still waiting for the server at ${url} after ${spanText(now() - startedAt)}`
        : `waiting for the server at ${url} (from ${context.addressSource(connection)})`
    report(stderr, `${line}: ${reason}`, 'yellow')
    repeated.written(now())
    reported = reason
  }
}
