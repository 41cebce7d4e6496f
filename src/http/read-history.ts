import { now } from '../base/clock.ts'
import type { ErrorPhase } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'

/** Reads for other purposes, such as the version, need no credentials. */
const isLiveData = (phase: ErrorPhase): boolean => phase === 'store' || phase === 'poll'

/** Remembers when reads were last answered, and for which credentials: it shows the health of plain HTTP without extra requests. */
export class ReadHistory {
  readonly #credentials: Credentials
  #answeredAt = -Infinity
  #admitted = { version: 0, at: -Infinity }
  #refused: number | undefined

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
}
