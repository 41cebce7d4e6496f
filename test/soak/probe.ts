/** An answer that takes longer, in milliseconds, shows that the process is held up: the clients give up after 900. */
const promptMs = 200

/** Finds out whether this process, which is both server and clients, has the time to answer: a busy machine is no fault of a client. */
export class Probe {
  readonly #url: string
  #askedAt: number | undefined
  #tookMs = 0

  constructor(url: string) {
    this.#url = new URL('/api/system/version', url).href
  }

  /** Whether the server answers promptly now. Asks it again unless an answer is awaited. */
  isPrompt(): boolean {
    if (this.#askedAt === undefined) void this.#ask()
    const awaitedMs = this.#askedAt === undefined ? 0 : performance.now() - this.#askedAt
    return Math.max(awaitedMs, this.#tookMs) < promptMs
  }

  async #ask(): Promise<void> {
    const askedAt = performance.now()
    this.#askedAt = askedAt
    // An error is an answer as well: what is wrong with it is the clients' affair.
    await fetch(this.#url).then(
      (response) => response.text(),
      () => {},
    )
    this.#tookMs = performance.now() - askedAt
    this.#askedAt = undefined
  }
}
