import type { ConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report, reportsProgress } from './diagnostics.ts'
import { askServer } from './server-probe.ts'

/** How long to wait for the release, in milliseconds: some servers ask GitHub before they answer. */
const releaseTimeoutMs = 1_000

/** Reports, on a terminal or when asked to, the server's address and its source, and the server's release. */
export async function reportServer(
  url: string,
  { connection, verbose }: Pick<ConnectionOptions, 'connection' | 'verbose'>,
  context: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  if (!reportsProgress(context, verbose)) return
  const probe = context.probe(connection)
  const answer = await askServer(url, probe, signal, context.lookupTimeoutMs ?? releaseTimeoutMs)
  probe.close()
  if (signal.aborted) return
  const release = answer.answers && answer.release !== null ? ` ${answer.release}` : ''
  report(context.stderr, `Meshery${release} at ${url} (from ${context.addressSource(connection)})`)
}
