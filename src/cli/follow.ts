import {
  createMeshery,
  type Meshery,
  MesheryError,
  type Notice,
  type SubscribeOptions,
  type Subscription,
} from '../index.ts'
import type { ConnectionOptions } from './connection-options.ts'
import { hearWarning, say, sayError } from './diagnostics.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { remedyAfterWaiting } from './remedies.ts'
import { introduce, sourceOf } from './server-line.ts'
import { waitForServer } from './server-probe.ts'

/** What the work of a command goes on with. */
export interface Work<T> {
  readonly meshery: Meshery
  readonly subscription: Subscription<T>
  /** Aborts when the command is to end. */
  readonly ended: AbortSignal
  /** What is left of `--timeout`, in milliseconds. */
  readonly left: number | undefined
}

/** What a command follows, and what it does with it. */
export interface Following<T> {
  readonly options: Pick<ConnectionOptions, 'connection' | 'verbose' | 'timeout' | 'waitForServerMs'>
  /** Whether the work keeps the time itself, once it has begun. */
  readonly keepsTime?: boolean
  open(meshery: Meshery, options: SubscribeOptions): Subscription<T>
  readonly hear: (notice: Notice) => void
  /** Resolves with the exit code. */
  work(work: Work<T>): Promise<number>
}

/** Why a command ended before its work was done. */
interface Ending {
  readonly code: number
  readonly error: MesheryError | null
}

/**
 * Follows something until the work is done, the time is up, or there is no use in going on. Says why on stderr, closes
 * everything, and resolves with the exit code.
 */
export async function follow<T>(following: Following<T>, signal: AbortSignal): Promise<number> {
  const { verbose, connection, waitForServerMs } = following.options
  const { code, error } = await run(following, signal)
  if (error) sayError(error, verbose, waitForServerMs > 0 ? remedyAfterWaiting(error) : undefined)
  // Who reads the log of a script sees no command line.
  if (error && code === exitCodes.unreachable)
    process.stderr.write(`  The address came from ${sourceOf(connection)}.\n`)
  return code
}

async function run<T>(following: Following<T>, signal: AbortSignal): Promise<Ending> {
  const { options, keepsTime = false, open, hear, work } = following
  const { timeout, waitForServerMs } = options
  const startedAt = Date.now()
  const deadline = startedAt + (timeout ?? Number.POSITIVE_INFINITY)
  const waitUntil = startedAt + waitForServerMs
  const stop = new AbortController()
  let ending: Ending | undefined
  const end = (code: number, error: MesheryError | null): void => {
    ending ??= { code, error }
    stop.abort()
  }
  let reached = false
  const onNotice = (notice: Notice): void => {
    if (notice.kind === 'status') {
      const { state, reason } = notice
      if (state === 'live' || state === 'polling') reached = true
      const code = state === 'waiting' && reason !== null ? exitCodeOf(reason) : exitCodes.done
      const givesUp = code === exitCodes.unreachable && !reached && Date.now() >= waitUntil
      // A program can wait for other credentials, and for a server that has not started yet. A user who typed a command
      // wants to see the error instead.
      if (code === exitCodes.credentials || givesUp) {
        end(code, reason)
        return
      }
    }
    hear(notice)
  }
  const ended = AbortSignal.any([signal, stop.signal])
  const meshery = createMeshery({
    ...options.connection,
    logger: { warn: hearWarning(options.verbose) },
    signal: ended,
  })
  try {
    if (waitForServerMs > 0 && !(await answersInTime(meshery.url, following, Math.min(waitUntil, deadline), ended)))
      if (Date.now() >= deadline)
        // Without an answer the first try says what is wrong.
        return { code: exitCodes.timeout, error: null }
    await introduce(meshery.url, options, ended)
    if (signal.aborted) return { code: exitCodes.done, error: null }
    const subscription = open(meshery, { onNotice })
    const reach = (): void => {
      reached = true
    }
    // A rejection comes out of the work as well.
    subscription.ready.then(reach, () => {})
    const left = timeout === undefined ? undefined : Math.max(1, deadline - Date.now())
    const late = (): void => end(exitCodes.timeout, subscription.status.reason)
    const timer = left === undefined || keepsTime ? undefined : setTimeout(late, left)
    try {
      const code = await work({ meshery, subscription, ended, left })
      return ending ?? { code, error: null }
    } catch (error) {
      if (ending) return ending
      if (signal.aborted) return { code: exitCodes.done, error: null }
      if (error instanceof MesheryError) return { code: exitCodeOf(error), error }
      throw error
    } finally {
      clearTimeout(timer)
    }
  } finally {
    await meshery.close()
  }
}

/** Waits for the server. Says on stderr that it does, where that is read, and why it gave up. */
async function answersInTime(
  url: string,
  { options: { verbose } }: Following<unknown>,
  deadline: number,
  signal: AbortSignal,
): Promise<boolean> {
  const tell = (reason: string): void => {
    if (verbose || process.stderr.isTTY === true) say(`waiting for the server: ${reason}`, 'yellow')
  }
  const answer = await waitForServer(url, { deadline, signal, tell })
  if (!answer.answers && !signal.aborted) say(`no Meshery answered at ${url} in time: ${answer.reason}`, 'red')
  return answer.answers
}

/** Shows every value, or so many of them. */
export async function showAll<T>(
  subscription: Subscription<T>,
  count: number | undefined,
  show: (value: T) => Promise<void>,
): Promise<number> {
  let left = count ?? Number.POSITIVE_INFINITY
  for await (const value of subscription) {
    await show(value)
    left -= 1
    if (left === 0) break
  }
  return exitCodes.done
}
