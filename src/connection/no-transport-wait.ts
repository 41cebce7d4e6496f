import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import { settledRetryDelay } from './fallback-policy.ts'
import { idle, type RetryState } from './retry-policy.ts'

/** What went well for so long after a try is over: the next standstill is another one. In milliseconds. */
const enough = 5_000

/** A stream that no transport delivers: one reason, told once, and one wait, which grows. */
export class NoTransportWait {
  #reason: MesheryError | undefined
  #pauses = 0
  /** When it was tried again last. */
  #triedAt = 0
  #timer: unknown

  /** Tries again after the next wait. Returns what is told meanwhile, which is the same as long as the reason is. */
  wait(reason: MesheryError, retry: () => void): RetryState {
    const error = this.#reason?.message === reason.message ? this.#reason : reason
    this.#reason = error
    // A value alone is no end of it, since the next failure may follow at once.
    if (now() - this.#triedAt > enough) this.#pauses = 0
    const wait = settledRetryDelay(this.#pauses++)
    this.#triedAt = now() + wait
    this.stop()
    this.#timer = release(setTimeout(retry, wait))
    return { ...idle, kind: 'waiting', attempt: 1, nextDialAt: now() + wait, error }
  }

  /** Something opened, and the stream is told so. */
  opened(): void {
    this.#reason = undefined
  }

  stop(): void {
    clearTimeout(this.#timer as undefined)
  }
}
