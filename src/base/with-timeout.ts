import { deferred, release } from './abort.ts'

/**
 * Runs with a signal that aborts with the caller's, or with what `late` gives for it after `timeout` milliseconds; then rejects
 * with that reason at once. What runs is never waited for after an abort: it may not obey the signal.
 */
export const withTimeout = async <T>(
  timeout: number,
  late: (limited: AbortSignal) => unknown,
  signal: AbortSignal | undefined,
  run: (limit: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal?.throwIfAborted()
  // Not AbortSignal.any: it holds on to a long-lived signal for each request.
  const abort = new AbortController()
  const aborted = deferred<never>()
  const end = (reason: unknown): void => {
    aborted.reject(reason)
    abort.abort(reason)
  }
  const stop = (): void => end(signal?.reason)
  const timer = release(setTimeout(() => end(late(abort.signal)), timeout))
  signal?.addEventListener('abort', stop)
  try {
    return await Promise.race([aborted.promise, run(abort.signal)])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
