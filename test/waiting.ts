import { vi } from 'vitest'

/** How long a test waits for a condition: less than `testTimeout` of `vitest.config.ts`, so that a failure shows the condition. */
export const limitMs = 100_000

/** What counts as soon on a busy machine, in milliseconds: less than the waits that a test has to tell it from. */
export const soonMs = 8_000

/** How much time of the processor the work takes, in milliseconds: a busy machine does not change it. */
export const processorMs = (work: () => void): number => {
  const before = process.cpuUsage()
  work()
  return process.cpuUsage(before).user / 1_000
}

/** Waits until the assertion passes. Works in concurrent tests, which `expect.poll` does not. */
export const eventually = <Value>(claim: () => Value | Promise<Value>, timeout: number = limitMs): Promise<Value> =>
  vi.waitFor(claim, { timeout, interval: 20 })

/**
 * A claim about what a command has said when its time is up: tried with longer times until it passes, since on a busy machine the
 * answer comes late.
 */
export async function withEnoughTime(claim: (time: string) => Promise<void>, seconds = 2): Promise<void> {
  try {
    await claim(`${seconds}s`)
  } catch (error) {
    if (seconds * 1_000 > limitMs / 5) throw error
    await withEnoughTime(claim, seconds * 3)
  }
}

/** Waits until the condition returns something that counts as true, and resolves with it. */
export const waitUntil = <Value>(condition: () => Value | Promise<Value>): ReturnType<typeof vi.waitUntil<Value>> =>
  vi.waitUntil(condition, { timeout: limitMs, interval: 2 })
