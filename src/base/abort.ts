import { isRecord } from './checks.ts'

/** Waits; ends early, without an error, when the signal aborts. Leaves no timer and no listener behind. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      forget()
      resolve()
    }
    const timer = release(setTimeout(done, Math.min(milliseconds, 0x7fffffff)))
    const forget = onAbort(signal, done)
  })
}

/** Waits until the work has settled, so many milliseconds at most. The work never rejects. */
export async function waitAtMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const limit = new AbortController()
  await Promise.race([work, sleep(milliseconds, limit.signal)])
  limit.abort()
}

/** Who waits for a signal, by signal. An entry goes when the last of them does, or when the signal aborts. */
const waiting = new WeakMap<AbortSignal, { readonly listeners: Set<() => void>; stop(): void }>()

/**
 * Calls `listener` when the signal aborts. The caller checks first whether it has aborted already.
 *
 * However many wait for one signal, it has one event listener: from the eleventh on Node warns of a leak.
 * @returns what takes the listener back
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const own = (): void => listener()
  const { listeners, stop } = waiting.get(signal) ?? wait(signal)
  listeners.add(own)
  return () => {
    if (listeners.delete(own) && listeners.size === 0) stop()
  }
}

function wait(signal: AbortSignal): { readonly listeners: Set<() => void>; stop(): void } {
  const listeners = new Set<() => void>()
  const stop = (): void => {
    signal.removeEventListener('abort', abort)
    waiting.delete(signal)
  }
  const abort = (): void => {
    stop()
    for (const each of listeners) each()
  }
  signal.addEventListener('abort', abort)
  const entry = { listeners, stop }
  waiting.set(signal, entry)
  return entry
}

/**
 * Lets the process end although the timer runs; browsers have nothing to let go of. Every timer here is released: what
 * keeps a process alive is an open subscription, and `Platform.hold` sees to that.
 */
export function release<Timer>(timer: Timer): Timer {
  if (isRecord(timer) && typeof timer['unref'] === 'function') timer['unref']()
  return timer
}

/** A promise with its functions to settle it. A rejection that is never awaited stays silent. */
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
