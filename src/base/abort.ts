/** Waits; ends early, without an error, when the signal aborts. Leaves no timer and no listener behind. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = release(setTimeout(done, Math.min(milliseconds, 0x7fffffff)))
    signal.addEventListener('abort', done)
  })
}

/**
 * Lets the process end although the timer runs; browsers have nothing to let go of. Every timer here is released: what
 * keeps a process alive is an open subscription, and `Platform.hold` sees to that.
 */
export function release<Timer>(timer: Timer): Timer {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
  return timer
}

/** A promise with its two ends in hand. A rejection that nobody awaits stays silent. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
