import { now } from './clock.ts'
import { changedError, type ErrorPhase, type MesheryError } from './errors.ts'

interface Hold {
  readonly error: MesheryError
  /** By the clock that only goes forward, in milliseconds. */
  readonly until: number
}

/** What a hold covers: every request, every dial, or one path. */
const scopeOf = (status: number, phase: ErrorPhase, path: string): string => {
  if (status !== 429) return path
  return phase === 'upgrade' ? 'dials' : 'all'
}

/** Which requests of one client must wait, since the server answered with `Retry-After`. */
export class RetryAfterHolds {
  readonly #holds = new Map<string, Hold>()

  /**
   * Remembers an answer with `Retry-After`. A 429 holds every request; in place of an upgrade, every dial. A 503 holds its path.
   * Other errors change nothing.
   */
  remember(error: MesheryError, path: string): void {
    const { status, retryAfter } = error.details
    if (typeof retryAfter !== 'number' || (status !== 429 && status !== 503)) return
    this.#holds.set(scopeOf(status, error.phase, path), { error, until: now() + retryAfter })
  }

  /**
   * To be called before a request.
   * @throws MesheryError the same error again, until the time is over.
   */
  throwIfHeld(path: string, phase: ErrorPhase, isDial: boolean): void {
    for (const key of ['all', path, ...(isDial ? ['dials'] : [])]) {
      const hold = this.#holds.get(key)
      if (!hold) continue
      const retryAfter = hold.until - now()
      if (retryAfter > 0) throw changedError(hold.error, { phase, details: { ...hold.error.details, retryAfter } })
      this.#holds.delete(key)
    }
  }
}
