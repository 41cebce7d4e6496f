/** Notifies its listeners of a change. */
export class ChangeSignal {
  readonly #listeners = new Set<() => void>()

  /** Returns a function that stops it. */
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
