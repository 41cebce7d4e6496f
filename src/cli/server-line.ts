import type { MesheryOptions } from '../index.ts'
import { nodePlatform } from '../platform/node.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { say } from './diagnostics.ts'
import { askServer } from './server-probe.ts'
import { oneLine } from './text.ts'

/** How long to wait for the release, in milliseconds: some servers ask GitHub before they answer. */
const releaseTimeoutMs = 1_000

/** Where the address of the server came from, for people. */
export const sourceOf = ({ url }: MesheryOptions): string =>
  url === undefined ? oneLine(nodePlatform().defaultAddress().source) : '--url'

/** Says on a terminal, or when asked to, which server it is, of which release, and where its address came from. */
export async function introduce(
  url: string,
  { connection, verbose }: Pick<ConnectionOptions, 'connection' | 'verbose'>,
  signal: AbortSignal,
): Promise<void> {
  if (!verbose && process.stderr.isTTY !== true) return
  const answer = await askServer(url, signal, releaseTimeoutMs)
  if (signal.aborted) return
  const release = answer.answers && answer.release !== null ? ` ${answer.release}` : ''
  say(`Meshery${release} at ${url} (from ${sourceOf(connection)})`)
}
