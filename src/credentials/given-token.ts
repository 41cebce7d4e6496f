/** The token that the source gave, and whether one that the server sets in its place can be trusted. */
export class GivenToken {
  readonly token: string
  /** The last version of the credentials with this token. */
  version: number = Number.NaN
  #isRefused = false
  #trustsOthers = true

  constructor(token: string) {
    this.token = token
  }

  /** Whether it was refused. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Whether a token that the server sets is taken: none, once one was refused, as long as this one is good. */
  get trustsOthers(): boolean {
    return this.#trustsOthers
  }

  /**
   * The server refused a version of the credentials; `current` is the present one. Returns whether this token is used again:
   * when one of the server is refused, unless this one was, too, and there is a newer one.
   */
  refuse(version: number, current: number): boolean {
    if (version === this.version) this.#isRefused = this.#trustsOthers = true
    if (!(version > this.version) || (this.#isRefused && version !== current)) return false
    this.#trustsOthers = this.#isRefused
    return true
  }
}
