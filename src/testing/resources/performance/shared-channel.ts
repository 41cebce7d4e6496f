/**
 * One unbuffered Go channel for the whole server. The first listener creates it, and it exists until the process ends. A
 * signal goes to exactly one of the listeners, in turn. Without a listener it waits for one, and so does its sender.
 */
export class SharedChannel {
  #isCreated = false
  readonly #listeners = new Set<() => void>()
  #waiting: (() => void)[] = []

  /** How many signals wait for a listener. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Receives the waiting signals, and its share of later ones. Returns a function that stops it. */
  listen(receive: () => void): () => void {
    this.#isCreated = true
    this.#listeners.add(receive)
    for (const resolveSender of this.#waiting.splice(0)) {
      receive()
      resolveSender()
    }
    return () => this.#listeners.delete(receive)
  }

  /** Sends a signal to one listener. Undefined when it does not wait; else resolves when a listener receives it. */
  send(): Promise<void> | undefined {
    if (!this.#isCreated) return undefined
    const [next] = this.#listeners
    if (!next) return new Promise((resolve) => this.#waiting.push(resolve))
    // A receiver goes to the end of Go's queue.
    this.#listeners.delete(next)
    this.#listeners.add(next)
    next()
    return undefined
  }

  /** The process ended, and with it the channel and its waiting senders. */
  discard(): void {
    this.#isCreated = false
    for (const resolveSender of this.#waiting.splice(0)) resolveSender()
  }
}
