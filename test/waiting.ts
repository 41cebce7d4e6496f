import { setTimeout as realSleep } from 'node:timers/promises'
import { vi } from 'vitest'
import { limitMs } from './limits.ts'

export { limitMs }

/** What counts as soon on a busy machine, in milliseconds: less than the waits that a test has to tell it from. */
export const soonMs = 8_000

/** How much time of the processor the work takes, in milliseconds: a busy machine does not change it. */
export const processorMs = (work: () => void): number => {
  const before = process.cpuUsage()
  work()
  return process.cpuUsage(before).user / 1_000
}

/** The clock of the machine, also where a test replaces the one of its process. */
const realNow = performance.now.bind(performance)

/** Until the next check: an answer of this machine comes within milliseconds, and a wait of seconds needs no more than twenty checks a second. */
function pauseMs(waitedMs: number): number {
  if (waitedMs < 20) return 5
  return waitedMs < 1_000 ? 20 : 50
}

/** Checks the claim. An error without a stack costs half as much, and only the last one is read. */
function check<Value>(claim: () => Value): Value {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return claim()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Waits until the assertion passes. Works in concurrent tests, which `expect.poll` does not. Fake timers advance meanwhile. */
export async function eventually<Value>(
  claim: () => Value | Promise<Value>,
  timeout: number = limitMs,
): Promise<Value> {
  const began = realNow()
  for (;;) {
    if (vi.isFakeTimers()) vi.advanceTimersByTime(20)
    const waitedMs = realNow() - began
    if (waitedMs >= timeout) return await claim()
    try {
      return await check(claim)
    } catch {
      await realSleep(pauseMs(waitedMs))
    }
  }
}

/**
 * A claim about what happens when a time-out of so many milliseconds is over, of what came before that: tried with longer ones until
 * it passes, since on a busy machine the rest comes late.
 */
export async function withEnoughMs(claim: (ms: number) => Promise<void>, ms = 300): Promise<void> {
  try {
    await claim(ms)
  } catch (error) {
    if (ms > limitMs / 5) throw error
    await withEnoughMs(claim, ms * 3)
  }
}

/** The same about a command whose time is up. */
export const withEnoughTime = (claim: (time: string) => Promise<void>, seconds = 2): Promise<void> =>
  withEnoughMs((ms) => claim(`${ms / 1_000}s`), seconds * 1_000)

/** Waits until the condition returns something that counts as true, and resolves with it. */
export const waitUntil = <Value>(condition: () => Value | Promise<Value>): ReturnType<typeof vi.waitUntil<Value>> =>
  vi.waitUntil(condition, { timeout: limitMs, interval: 2 })
