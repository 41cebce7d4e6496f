import { now } from '../base/clock.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'

interface Hold {
  readonly code: MesheryError['code']
  readonly message: string
  readonly status: number
  readonly until: number
}

/** A request that is about to be sent. */
export interface HeldRequest {
  readonly path: string
  readonly phase: ErrorPhase
  /** Whether it dials a live channel: an upgrade, or an SSE stream. */
  readonly isDial: boolean
}

/** What a response holds back. */
const scopeOf = (status: number, phase: ErrorPhase, path: string): string => {
  if (status === 503) return path
  return phase === 'upgrade' ? 'dials' : 'all'
}

/**
 * Obeys `Retry-After` for all requests of a client (`src/base/retry-after.ts` reads it).
 *
 * | the response | what waits |
 * | --- | --- |
 * | 429 in place of an upgrade | every dial of a live channel |
 * | any other 429 | every request |
 * | 503 | requests to the same path |
 */
export class RetryAfter {
  readonly #holds = new Map<string, Hold>()

  /** Remembers the `Retry-After` of a response to a request for `path`, if it has one. */
  remember({ code, details, message, phase }: MesheryError, path: string): void {
    const { status, retryAfter } = details
    if (typeof retryAfter !== 'number' || (status !== 429 && status !== 503)) return
    this.#holds.set(scopeOf(status, phase, path), { code, message, status, until: now() + retryAfter })
  }

  /**
   * To be called before a request.
   * @throws MesheryError the remembered error, with the time that is left, as long as the request must wait.
   */
  throwIfHeld({ path, phase, isDial }: HeldRequest): void {
    for (const scope of ['all', path, ...(isDial ? ['dials'] : [])]) {
      const hold = this.#holds.get(scope)
      if (!hold) continue
      const { code, message, status, until } = hold
      const retryAfter = until - now()
      if (retryAfter > 0) throw new MesheryError(code, message, { phase, details: { status, retryAfter } })
      this.#holds.delete(scope)
    }
  }
}
