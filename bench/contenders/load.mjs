// Follows one subscription, and reports how late its timers fire meanwhile.
import { serveCalls } from '../child.mjs'
import { connect } from './connect.mjs'

/** How often a timer is due, in milliseconds. */
const intervalMs = 5

let received = 0
let dropped = 0

const event = () => {
  received++
}
const lost = (number) => {
  dropped += number
}

/** How long this process has worked, in milliseconds. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs))

serveCalls({
  start: ({ who, from }, url) => connect[who](url, { event, lost }, { from }),
  /**
   * How late timers fired in so many milliseconds, at p99, in milliseconds. A timer counts as late for as long as this
   * process worked meanwhile: what is more, other processes took.
   */
  async lag(ms) {
    const lags = []
    const end = performance.now() + ms
    for (let now = performance.now(), cpu = cpuMs(); now < end; ) {
      await sleep(intervalMs)
      const [before, cpuBefore] = [now, cpu]
      now = performance.now()
      cpu = cpuMs()
      lags.push(Math.min(now - before - intervalMs, cpu - cpuBefore))
    }
    lags.sort((a, b) => a - b)
    return lags[Math.floor(lags.length * 0.99)]
  },
  /** Waits for so many events since the start. Returns how many came and were dropped, and how long it waited and has worked. */
  async came(wanted, ms) {
    const startedAt = performance.now()
    const waitedMs = () => performance.now() - startedAt
    while (received + dropped < wanted && waitedMs() < ms) await sleep(intervalMs)
    return { received, dropped, waitedMs: waitedMs(), workedMs: cpuMs() }
  },
})
