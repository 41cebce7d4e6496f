import { now } from '../base/clock.ts'
import type { ErrorPhase } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'

/** Reads for other purposes, such as the version, are answered whatever the credentials are. */
const isLiveData = (phase: ErrorPhase): boolean => phase === 'store' || phase === 'poll'

/**
 * When reads were last answered, and with which credentials. It shows whether plain HTTP works, without a request of its own;
 * `src/connection/http-health.ts` decides by it.
 */
export class ReadHistory {
  readonly #credentials: Credentials
  #answeredAt = -Infinity
  #admitted = { version: 0, at: -Infinity }
  #refused: number | undefined

  constructor(credentials: Credentials) {
    this.#credentials = credentials
  }

  /** When a read was last answered, as wanted or by a refusal of the credentials, in milliseconds of `now`; -Infinity before. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /** When live data was last read with the current credentials; -Infinity before. */
  get admittedAt(): number {
    return this.#admitted.version === this.#credentials.version ? this.#admitted.at : -Infinity
  }

  /** Whether the current credentials were refused when live data was last read. */
  get areRefused(): boolean {
    return this.#refused === this.#credentials.version
  }

  /** @param sent The version of the credentials that the request was sent with. */
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
}
