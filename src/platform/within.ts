import { release } from '../base/abort.ts'

/** Runs with a signal that aborts with the caller's, or with what `late` gives after `timeout` milliseconds. */
export const within = async <T>(
  timeout: number,
  late: () => unknown,
  signal: AbortSignal | undefined,
  run: (limit: AbortSignal) => Promise<T>,
): Promise<T> => {
  // Not AbortSignal.any: it holds on to a long-lived signal for each request.
  const abort = new AbortController()
  const stop = (): void => abort.abort(signal?.reason)
  const timer = release(setTimeout(() => abort.abort(late()), timeout))
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    return await run(abort.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}
