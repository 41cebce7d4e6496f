import { Option } from 'commander'
import { codeOf } from '../base/thrown.ts'
import type { Dashboard, DashboardOptions } from '../dashboard/dashboard.ts'
import { aborted } from './aborted.ts'
import type { Command, Given } from './command.ts'
import { type ConnectionOptions, readConnectionOptions, requestOptions, verboseOption } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { commandLogger, report, reportError, reportsProgress } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { connectionNotes } from './help.ts'
import { readCount, underHeading, valueOption } from './option-values.ts'
import { messageOf, remedyWhileRunning } from './remedies.ts'
import { reportServer } from './server-line.ts'
import { waitUntilAnswered, withAddressSource } from './with-actions.ts'

/** Serves the dashboard until a signal ends it. */
export const dashboard: Command = {
  name: 'dashboard',
  summary: 'show the live data of Meshery in a browser',
  description:
    'Serves a page with the live data of a Meshery Server on 127.0.0.1, until Ctrl-C. It prints the address of the page, and on a terminal opens it in the browser. The page asks Meshery through this command, with its credentials: it needs no login, and never gets the token. The address contains a secret that works once. On a terminal, Enter prints another address, for another browser.',
  notes: connectionNotes,
  options: () => [
    valueOption('--port <PORT>', 'the port on 127.0.0.1; default 0: any free one'),
    new Option('--no-open', 'open no browser'),
    ...underHeading('Output', [verboseOption()]),
    ...requestOptions(),
  ],
  run: runDashboard,
}

async function runDashboard({ options: values }: Given, context: CommandContext): Promise<number> {
  const options = readConnectionOptions(values)
  const port = readCount('port', values.text('port') ?? '0', 0, 65_535)
  const { stdout, signal } = context
  const served = context.createDashboard({
    connection: { ...options.connection, logger: commandLogger({ context, verbose: options.verbose }) },
    onProblem: problemReporter(context),
    describeError: (error) => ({ message: messageOf(error), remedy: remedyWhileRunning(error) }),
  })
  try {
    if (options.waitForServerMs > 0) await waitUntilAnswered(served.serverUrl, options, context)
    await reportServer(served.serverUrl, options, context, signal)
    await start(served, port, signal)
    const address = served.createAddress()
    await stdout.writeLine(`Dashboard: ${address}`, signal)
    reportUse(options, context)
    if (values.flag('open')) await openAddress(address, context)
    const stopReading = onEnter(context, () => stdout.writeNow(`Dashboard: ${served.createAddress()}\n`))
    await aborted(signal)
    stopReading()
  } catch (error) {
    throw withAddressSource(error, options.connection, context)
  } finally {
    await served.close()
  }
  return exitCodes.done
}

/** @throws Error that says what to do when the port is taken, or the page is not there. */
async function start(served: Dashboard, port: number, signal: AbortSignal): Promise<void> {
  try {
    await served.start(port, signal)
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE'))
      throw new Error(`Port ${port} is taken; --port takes another one, or 0 for any free one`, { cause: error })
    if (hasCode(error, 'ENOENT'))
      throw new Error('The page of the dashboard is missing in this installation', { cause: error })
    throw error
  }
}

const hasCode = (error: unknown, code: string): boolean => codeOf(error) === code

function reportUse({ verbose }: ConnectionOptions, context: CommandContext): void {
  if (!reportsProgress(context, verbose)) return
  const other = context.stdin?.isTTY ? ', Enter prints another one' : ''
  report(context.stderr, `The address works once${other}; Ctrl-C ends the dashboard`)
}

/** Opens a browser if the output is a terminal: a script opens its own. */
async function openAddress(address: string, { stdout, stderr, openInBrowser }: CommandContext): Promise<void> {
  if (!stdout.isTerminal || !openInBrowser) return
  try {
    await openInBrowser(address)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    report(stderr, `No browser was opened (${reason}): open the address yourself`, 'yellow')
  }
}

/** Calls the listener at each line that is typed on a terminal. Returns what ends that. */
function onEnter({ stdin }: CommandContext, listener: () => void): () => void {
  if (!stdin?.isTTY) return () => {}
  const read = (typed: string | Buffer): void => {
    if (typed.includes('\n')) listener()
  }
  stdin.on('data', read)
  return () => {
    stdin.off('data', read)
    // Otherwise it would keep the process alive.
    stdin.pause()
  }
}

/** Reports why Meshery does not answer the page: each kind of error once, until no request has it any more. */
function problemReporter({ stderr }: CommandContext): DashboardOptions['onProblem'] {
  /** The paths whose last request failed, with the codes of the errors. */
  const failing = new Map<string, string>()
  return (path, error) => {
    if (!error) {
      failing.delete(path)
      return
    }
    if (![...failing.values()].includes(error.code)) reportError(stderr, error, { remedy: remedyWhileRunning(error) })
    failing.set(path, error.code)
  }
}
