/** Tells everybody who listens that something is no longer as it was. */
export class ChangeSignal {
  readonly #listeners = new Set<() => void>()

  /** Returns what stops it. */
  listen(listener: () => void): () => void {
    // One function may listen twice, for two operations.
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  send(): void {
    for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) listener()
  }
}
