import { now } from '../base/clock.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'

/** Reads for other purposes, such as the version, need no credentials. */
const isLiveData = (phase: ErrorPhase): boolean => phase === 'store' || phase === 'poll'

interface Held {
  readonly code: MesheryError['code']
  readonly message: string
  readonly status: number
  readonly until: number
}

/** Remembers when reads were last answered, and for which credentials: it shows the health of plain HTTP without extra requests. */
export class ReadHistory {
  readonly #credentials: Credentials
  #answeredAt = -Infinity
  #admitted = { version: 0, at: -Infinity }
  #refused: number | undefined
  readonly #held = new Map<string, Held>()

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** When a read was last answered, as wanted or by refusing the credentials, in milliseconds of the clock that cannot be set; -Infinity before. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /** When live data was last read with the present credentials; -Infinity before. */
  get admittedAt(): number {
    return this.#admitted.version === this.#credentials.version ? this.#admitted.at : -Infinity
  }

  /** Whether the present credentials were refused when live data was last read. */
  get areRefused(): boolean {
    return this.#refused === this.#credentials.version
  }

  /** @param sent The version of the credentials with which it was asked. */
  answered(phase: ErrorPhase, sent: number): void {
    this.#answeredAt = now()
    if (!isLiveData(phase)) return
    this.#admitted = { version: sent, at: this.#answeredAt }
    this.#refused = undefined
  }

  refused(phase: ErrorPhase, sent: number): void {
    if (!isLiveData(phase)) return
    this.#refused = sent
    this.#answeredAt = now()
  }

  /**
   * The server sent `Retry-After`: a 429 holds all requests, or, in place of an upgrade, all dials; a 503 holds this path.
   */
  rememberRetryAfter({ code, details, message, phase }: MesheryError, path: string): void {
    const { status, retryAfter } = details
    if (typeof retryAfter !== 'number' || (status !== 429 && status !== 503)) return
    this.#held.set(status !== 429 ? path : phase === 'upgrade' ? 'dials' : 'all', {
      code,
      message,
      status,
      until: now() + retryAfter,
    })
  }

  /**
   * To be called before a request.
   * @throws MesheryError the same again as long as the server is not to be asked.
   */
  throwIfHeld(path: string, phase: ErrorPhase, dials: boolean): void {
    for (const key of ['all', path, ...(dials ? ['dials'] : [])]) {
      const held = this.#held.get(key)
      const retryAfter = (held?.until ?? 0) - now()
      if (!held) continue
      if (retryAfter > 0)
        throw new MesheryError(held.code, held.message, { phase, details: { status: held.status, retryAfter } })
      this.#held.delete(key)
    }
  }
}
