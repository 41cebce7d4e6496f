import type { ConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { say, saysWhatHappens } from './diagnostics.ts'
import { askServer } from './server-probe.ts'

/** How long to wait for the release, in milliseconds: some servers ask GitHub before they answer. */
const releaseTimeoutMs = 1_000

/** Says on a terminal, or when asked to, which server it is, of which release, and where its address came from. */
export async function sayServer(
  url: string,
  { connection, verbose }: Pick<ConnectionOptions, 'connection' | 'verbose'>,
  context: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  if (!saysWhatHappens(context, verbose)) return
  const answer = await askServer(url, signal, releaseTimeoutMs)
  if (signal.aborted) return
  const release = answer.answers && answer.release !== null ? ` ${answer.release}` : ''
  say(context.stderr, `Meshery${release} at ${url} (from ${context.addressSource(connection)})`)
}
