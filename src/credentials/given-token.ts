/** What follows from a refusal: the token that is used from now on, and whether it was refused before. */
interface Verdict {
  readonly token: string
  readonly isRefused: boolean
}

/** The token that the source gave, and whether one that the server sets in its place can be trusted. */
export class GivenToken {
  readonly token: string
  /** The last version of the credentials with this token. */
  version: number = Number.NaN
  #isRefused = false
  #trustsOthers = true
  /** A token that the server set and that was not taken. */
  #offered: string | undefined

  constructor(token: string) {
    this.token = token
  }

  /** Whether a token that the server sets is taken: none, once one was refused, as long as this one is good. */
  takes(offered: string): boolean {
    this.#offered = this.#trustsOthers ? undefined : offered
    return this.#trustsOthers
  }

  /**
   * The server refused a version of the credentials; `current` is the present one. Undefined where the present token stays.
   * A token of the server that came with the refusal of this one is tried; with the refusal of another one, this one is.
   */
  refuse(version: number, current: number): Verdict | undefined {
    if (version === this.version) {
      const offered = this.#offered
      this.#isRefused = this.#trustsOthers = true
      this.#offered = undefined
      return offered === undefined ? undefined : { token: offered, isRefused: false }
    }
    const isOurs = !(version > this.version)
    if (isOurs || (this.#isRefused && version !== current)) return undefined
    this.#trustsOthers = this.#isRefused
    return { token: this.token, isRefused: this.#isRefused }
  }
}
