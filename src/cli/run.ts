import { MesheryError } from '../index.ts'
import { commandContext } from './context.ts'
import { reportError } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { type Io, type SignalSource, signalCodes, signalNames } from './io.ts'
import { usageRemedy } from './option-values.ts'
import { type Outcome, runProgram } from './program.ts'
import { hasCommonRemedy } from './remedies.ts'

/**
 * Runs the command line to its end, and resolves with the exit code once the output is written. The first signal ends the
 * command; a second one is up to the caller. Never rejects.
 *
 * @param argv What was given after the program's name.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const stop = new AbortController()
  const context = commandContext(io, stop.signal)
  const { stdout, stderr } = context
  /** Set by what ends the command from outside; wins over the exit code of the command. */
  let endedWith: number | undefined
  const end = (code: number): void => {
    endedWith ??= code
    stop.abort()
  }
  const onOutputError = (error: Error): void => {
    if (endedWith !== undefined) return
    // The reader of the output has closed it, as `| head` does.
    const isClosed = 'code' in error && error.code === 'EPIPE'
    end(isClosed ? exitCodes.done : exitCodes.failure)
    if (!isClosed) reportError(stderr, error)
  }
  // Both stay: a stream may report an error after the last line was written.
  io.stdout.on('error', onOutputError)
  // What cannot be written to stderr is lost; the work goes on.
  io.stderr.on('error', () => {})
  const stopListening = onSignals(io.signals, end)
  try {
    const outcome = await runProgram(argv, context)
    if (outcome.error !== undefined && endedWith === undefined)
      reportError(stderr, outcome.error, { remedy: remedyFor(outcome) })
    const error = await stdout.flushed()
    if (error) onOutputError(error)
    return endedWith ?? outcome.code
  } finally {
    stopListening()
  }
}

/** Ends with the code of the first signal. Returns what stops listening. */
function onSignals(signals: SignalSource, end: (code: number) => void): () => void {
  const listeners = signalNames.map((name) => [name, () => end(signalCodes[name])] as const)
  for (const [name, listener] of listeners) signals.on(name, listener)
  return () => {
    for (const [name, listener] of listeners) signals.off(name, listener)
  }
}

/** For wrong usage, the help of the command; undefined for other errors, which have their own remedy. */
function remedyFor({ error, path }: Outcome): string | undefined {
  const isUsage = error instanceof MesheryError && error.code === 'INVALID_OPTION' && hasCommonRemedy(error)
  return isUsage ? usageRemedy(path) : undefined
}
