import type { ViteUserConfig } from 'vitest/config'

/** How long a test waits for a condition: less than `testTimeout`, so that a failure shows the condition. */
export const limitMs = 100_000

/** The only limits of what a test waits for, in each configuration of Vitest. A busy machine reaches none of them. */
export const limits: NonNullable<ViteUserConfig['test']> = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: limitMs, interval: 10 } },
}
