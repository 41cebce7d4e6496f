import {
  createMeshery,
  type Meshery,
  MesheryError,
  type Notice,
  type SubscribeOptions,
  type Subscription,
} from '../index.ts'
import { sayError } from './diagnostics.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { ConnectionOptions } from './follow-options.ts'

/** What a command follows, and what it does with it. */
export interface Following<T> {
  readonly options: Pick<ConnectionOptions, 'connection' | 'verbose' | 'timeout'>
  open(meshery: Meshery, options: SubscribeOptions): Subscription<T>
  readonly hear: (notice: Notice) => void
  /** Resolves with the exit code. What it waits for ends when the signal aborts. */
  work(subscription: Subscription<T>, ended: AbortSignal): Promise<number>
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
  const { code, error } = await run(following, signal)
  if (error) sayError(error, following.options.verbose)
  return code
}

async function run<T>({ options, open, hear, work }: Following<T>, signal: AbortSignal): Promise<Ending> {
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
      // A program can wait for other credentials, and for a server that is not there yet; whoever typed a command wants
      // to know. Of a next try there is nothing to say then.
      if (code === exitCodes.credentials || (code === exitCodes.unreachable && !reached)) {
        end(code, reason)
        return
      }
    }
    hear(notice)
  }
  const ended = AbortSignal.any([signal, stop.signal])
  const meshery = createMeshery({ ...options.connection, signal: ended })
  let subscription: Subscription<T>
  try {
    subscription = open(meshery, { onNotice })
  } catch (error) {
    await meshery.close()
    throw error
  }
  const reach = (): void => {
    reached = true
  }
  // A rejection comes out of the work as well.
  subscription.ready.then(reach, () => {})
  const late = (): void => end(exitCodes.timeout, subscription.status.reason)
  const timer = options.timeout === undefined ? undefined : setTimeout(late, options.timeout)
  try {
    const code = await work(subscription, ended)
    return ending ?? { code, error: null }
  } catch (error) {
    if (ending) return ending
    if (signal.aborted) return { code: exitCodes.done, error: null }
    if (error instanceof MesheryError) return { code: exitCodeOf(error), error }
    throw error
  } finally {
    clearTimeout(timer)
    await meshery.close()
  }
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
