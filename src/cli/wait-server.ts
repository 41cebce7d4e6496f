import type { Command, Given } from './command.ts'
import { addressOptions, outputOptions, readConnectionOptions, timeoutOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report } from './diagnostics.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { connectionNotes } from './help.ts'
import { remedyWhileRunning } from './remedies.ts'
import { isLasting, waitForServer as waitForAnswer } from './server-probe.ts'
import { oneLine } from './text.ts'
import { waitingReporter } from './waiting-line.ts'

/** What is printed about a server, for `--fields` and `--template`. */
const fields = ['url', 'release'] as const

/** Waits until the server answers. */
export const waitForServer: Command = {
  name: 'server',
  summary: 'wait until a server answers',
  description:
    'Waits until a Meshery Server answers, and prints its release. Needs no login; sends no token. What only the user can correct ends it at once: a certificate that is not trusted, or that is for another host, or an https address of a port without TLS.',
  notes: [
    {
      heading: 'Examples:',
      items: [['meshery-live wait server --url http://localhost:9081 --timeout 2m', 'while Meshery starts']],
    },
    ...connectionNotes,
  ],
  options: () => [...timeoutOptions(), ...outputOptions('pretty (default), wide or json', fields), ...addressOptions()],
  run: waitForServerAnswer,
}

/** Does not find out whether a login would be accepted. */
async function waitForServerAnswer({ options: values }: Given, context: CommandContext): Promise<number> {
  const options = readConnectionOptions(values, fields)
  const { stdout, stderr, signal, now } = context
  // Checks the address, and knows the one by default; nothing is sent.
  const meshery = context.createMeshery(options.connection)
  const from = context.addressSource(options.connection)
  const probe = context.probe(options.connection)
  const found = await waitForAnswer(meshery.url, {
    probe,
    deadline: now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY),
    signal,
    now,
    onReason: waitingReporter({ ...options, url: meshery.url }, context),
  })
  probe.close()
  await meshery.close()
  if (signal.aborted) return exitCodes.done
  if (!found.answers) {
    const { reason, error } = found
    const inTime = isLasting(error) ? '' : ` within ${options.timeout}`
    report(stderr, `no Meshery answered at ${meshery.url} (from ${from})${inTime}: ${reason} (${error.code})`, 'red')
    stderr.writeNow(`  ${oneLine(remedyWhileRunning(error))}\n`)
    return isLasting(error) ? exitCodeOf(error) : exitCodes.timeout
  }
  const { release } = found
  const line = oneLine(`Meshery${release === null ? '' : ` ${release}`} answers at ${meshery.url}`)
  await stdout.writeLine(options.format?.one({ url: meshery.url, release }) ?? line, signal)
  return exitCodes.done
}
