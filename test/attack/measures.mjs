// What a process measures of itself: the lag of its timers and its memory.

const tickMs = 10

/**
 * Lags of a timer that should fire every 10 ms. A block of a second counts as all the ticks that it swallowed.
 *
 * `lagP99` counts no more than the processor time of this process meanwhile: what other processes of a busy machine
 * take from it is not included. `lagMax` counts everything, so that a block without work shows too.
 */
export class LagMeter {
  #lags = []
  #max = 0
  #last = performance.now()
  #cpu = process.cpuUsage()
  #timer = setInterval(() => this.#tick(), tickMs)

  #tick() {
    const now = performance.now()
    const lag = Math.max(0, now - this.#last - tickMs)
    this.#last = now
    this.#max = Math.max(this.#max, lag)
    const { user, system } = process.cpuUsage(this.#cpu)
    this.#cpu = process.cpuUsage()
    const own = Math.min(lag, (user + system) / 1_000)
    for (let rest = own, steps = 0; rest >= 0 && steps < 10_000; rest -= tickMs, steps++) this.#lags.push(rest)
  }

  stop() {
    this.#tick()
    clearInterval(this.#timer)
    const sorted = this.#lags.toSorted((a, b) => a - b)
    return { lagP99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, lagMax: this.#max }
  }
}

const mebi = 2 ** 20

/** The peak of the memory since it was made, in MiB. The peak of the process counts when it rose meanwhile. */
export class MemoryMeter {
  #before = process.resourceUsage().maxRSS
  #sampled = 0
  #timer = setInterval(() => this.#sample(), 50).unref()

  #sample() {
    this.#sampled = Math.max(this.#sampled, process.memoryUsage.rss() / mebi)
  }

  stop() {
    this.#sample()
    clearInterval(this.#timer)
    const peak = process.resourceUsage().maxRSS
    return peak > this.#before ? peak / 1024 : this.#sampled
  }
}
