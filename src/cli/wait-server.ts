import { parseArgs } from 'node:util'
import { createMeshery } from '../index.ts'
import { connectionConfig, readConnectionOptions } from './connection-options.ts'
import { say } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { readArguments } from './option-values.ts'
import { writeLine } from './output.ts'
import { sourceOf } from './server-line.ts'
import { waitForServer as answer } from './server-probe.ts'
import { jsonLine, oneLine } from './text.ts'

const { url, timeout, output, verbose, help } = connectionConfig

/** Waits until the server answers. Needs no login, and says nothing of whether one would be accepted. */
export async function waitForServer(given: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(() =>
    parseArgs({ args: [...given], options: { url, timeout, output, verbose, help } }),
  )
  const options = readConnectionOptions(values)
  // Checks the address, and knows the one by default; nothing is sent.
  const meshery = createMeshery(options.connection)
  const from = sourceOf(options.connection)
  const speaks = options.verbose || process.stderr.isTTY === true
  const found = await answer(meshery.url, {
    deadline: Date.now() + (options.timeout ?? Number.POSITIVE_INFINITY),
    signal,
    tell(reason) {
      if (speaks) say(`waiting for ${meshery.url} (from ${from}): ${reason}`, 'yellow')
    },
  })
  await meshery.close()
  if (signal.aborted) return exitCodes.done
  if (!found.answers) {
    say(`no Meshery answered at ${meshery.url} (from ${from}) within ${values.timeout}: ${found.reason}`, 'red')
    return exitCodes.timeout
  }
  const { release } = found
  const line =
    options.output === 'json'
      ? jsonLine({ url: meshery.url, release })
      : `Meshery${release === null ? '' : ` ${release}`} answers at ${meshery.url}`
  await writeLine(oneLine(line), signal)
  return exitCodes.done
}
