/** Timers that all end with the fake, so that none of them outlives it. */
export class Timers {
  readonly #stops = new Set<() => void>()

  /** Runs once after so many milliseconds. Returns what stops it. */
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

  /** Runs every so many milliseconds. Returns what stops it. */
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
