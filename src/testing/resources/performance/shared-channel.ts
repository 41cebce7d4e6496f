/**
 * One unbuffered Go channel for the whole server: made by the first who listens, and never unmade while the process lives. A
 * signal goes to exactly one of the listeners, in turn; without a listener it waits for one, and its sender with it.
 */
export class SharedChannel {
  #made = false
  readonly #listeners = new Set<() => void>()
  #senders: (() => void)[] = []

  /** How many signals wait for a listener. */
  get waiting(): number {
    return this.#senders.length
  }

  /** Takes the signals that wait, and its share of those to come. Returns what stops it. */
  listen(hear: () => void): () => void {
    this.#made = true
    this.#listeners.add(hear)
    for (const taken of this.#senders.splice(0)) {
      hear()
      taken()
    }
    return () => this.#listeners.delete(hear)
  }

  /** Gives a signal to one listener. Undefined when nothing waits; else resolves when one has taken it. */
  send(): Promise<void> | undefined {
    if (!this.#made) return undefined
    const [next] = this.#listeners
    if (!next) return new Promise((taken) => this.#senders.push(taken))
    // Whoever has received stands last in Go's queue.
    this.#listeners.delete(next)
    this.#listeners.add(next)
    next()
    return undefined
  }

  /** The process has ended, and with it the channel and those who waited at it. */
  unmake(): void {
    this.#made = false
    for (const taken of this.#senders.splice(0)) taken()
  }
}
