/** Waits of at least this many milliseconds are advanced by the run; shorter ones use the real clock. */
const long = 10_000

interface Waiting {
  due: number
  readonly every: number | undefined
  readonly run: () => void
  readonly handle: ReturnType<typeof setTimeout>
}

/**
 * Lets minutes pass at once: the clock jumps, and the timers that were due meanwhile fire, as after a machine has slept.
 * So a run of seconds sees what happens once a minute, or once in ten. It replaces the timers of the process: one at a time.
 */
export class Minutes {
  static #isRunning = false
  readonly #real = { setTimeout, setInterval, clearTimeout, clearInterval, now: performance.now }
  readonly #waiting = new Map<unknown, Waiting>()
  #ahead = 0

  constructor() {
    if (Minutes.#isRunning) throw new Error('The clock is in use: tests that pass minutes cannot be concurrent')
    Minutes.#isRunning = true
    const { setTimeout: later, setInterval: repeatedly, clearTimeout: notLater, clearInterval: noMore } = this.#real
    performance.now = () => this.#real.now.call(performance) + this.#ahead
    const put = (run: () => void, delay: number, every?: number): ReturnType<typeof setTimeout> => {
      const once = (): void => {
        this.#waiting.delete(handle)
        run()
      }
      const handle = every === undefined ? later(once, delay) : repeatedly(run, delay)
      this.#waiting.set(handle, { due: performance.now() + delay, every, run, handle })
      return handle
    }
    const isLong = (delay: unknown): delay is number => typeof delay === 'number' && delay >= long && delay < Infinity
    const timeout = (run: (...given: unknown[]) => void, delay?: number, ...given: unknown[]): unknown =>
      isLong(delay) ? put(() => run(...given), delay) : later(run, delay, ...given)
    const interval = (run: (...given: unknown[]) => void, delay?: number, ...given: unknown[]): unknown =>
      isLong(delay) ? put(() => run(...given), delay, delay) : repeatedly(run, delay, ...given)
    Object.assign(globalThis, {
      setTimeout: timeout,
      setInterval: interval,
      clearTimeout: (handle?: NodeJS.Timeout) => {
        this.#waiting.delete(handle)
        notLater(handle)
      },
      clearInterval: (handle?: NodeJS.Timeout) => {
        this.#waiting.delete(handle)
        noMore(handle)
      },
    })
  }

  pass(minutes: number): void {
    this.#ahead += minutes * 60_000
    const now = performance.now()
    for (const [key, waiting] of [...this.#waiting]) {
      // One that fires may have cleared another.
      if (waiting.due > now || !this.#waiting.has(key)) continue
      if (waiting.every === undefined) {
        this.#waiting.delete(key)
        this.#real.clearTimeout(waiting.handle)
      } else waiting.due = now + waiting.every
      waiting.run()
    }
  }

  /** The clock runs by itself again: back at its real time. */
  stop(): void {
    const { now, ...timers } = this.#real
    Object.assign(globalThis, timers)
    performance.now = now
    Minutes.#isRunning = false
  }
}
