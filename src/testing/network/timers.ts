/** Timers that end with the fake at the latest. */
export class Timers {
  readonly #stops = new Set<() => void>()

  /** Runs once after this many milliseconds. Returns a function that stops it. */
  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(() => {
      this.#stops.delete(stop)
      run()
    }, ms)
    const stop = (): void => {
      clearTimeout(timer)
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  /** Runs at intervals of this many milliseconds. Returns a function that stops it. */
  every(ms: number, run: () => void): () => void {
    const timer = setInterval(run, ms)
    const stop = (): void => {
      clearInterval(timer)
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  stopAll(): void {
    for (const stop of this.#stops) stop()
  }
}
