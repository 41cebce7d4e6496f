// Follows one subscription, and reports how long it worked and how long its longest turn of the event loop was.
import { serveCalls } from '../child.mjs'
import { connect } from './connect.mjs'

/** How often a timer is due, in milliseconds: a turn is seen as this much shorter at most. */
const intervalMs = 2

let received = 0
let dropped = 0
/** Undefined while nothing is measured. */
let longestTurnMs
let startedCpuMs

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

/**
 * Between two timers, the event loop was held up for the time that the second one was late. Of that, no more counts than
 * this process worked meanwhile: the rest is what other processes took.
 */
async function watchTurns() {
  for (let now = performance.now(), cpu = cpuMs(); longestTurnMs !== undefined; ) {
    await sleep(intervalMs)
    const [before, cpuBefore] = [now, cpu]
    now = performance.now()
    cpu = cpuMs()
    longestTurnMs = Math.max(longestTurnMs ?? 0, Math.min(now - before - intervalMs, cpu - cpuBefore))
  }
}

serveCalls({
  start: ({ who, from }, url) => connect[who](url, { event, lost }, { from }),
  begin() {
    received = dropped = longestTurnMs = 0
    startedCpuMs = cpuMs()
    void watchTurns()
  },
  /** Waits until so many events came since `begin`, at most `waitMs`. */
  async end(wanted, waitMs) {
    const startedAt = performance.now()
    while (received + dropped < wanted && performance.now() - startedAt < waitMs) await sleep(10)
    const result = { received, dropped, workedMs: cpuMs() - startedCpuMs, longestTurnMs }
    longestTurnMs = undefined
    return result
  },
})
