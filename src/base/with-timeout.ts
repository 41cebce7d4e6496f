import { deferred, onAbort, release } from './abort.ts'

/**
 * Runs with a signal that aborts with the caller's, or with what `late` gives for it after `timeout` milliseconds; then rejects
 * with that reason at once. Infinity sets no limit. What runs is never waited for after an abort: it may not obey the signal.
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
  const timer = timeout < Infinity ? release(setTimeout(() => end(late(abort.signal)), timeout)) : undefined
  const forget = signal && onAbort(signal, () => end(signal.reason))
  try {
    return await Promise.race([aborted.promise, run(abort.signal)])
  } finally {
    clearTimeout(timer)
    forget?.()
  }
}
