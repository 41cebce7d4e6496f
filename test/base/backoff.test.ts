import { describe, expect, it } from 'vitest'
import { backoffMs, nextBackoffMs } from '../../src/base/backoff.ts'

const backoff = { firstMs: 1_000, longestMs: 30_000 }

describe('a wait between tries', () => {
  it('doubles with each try, up to the longest', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((tries) => backoffMs(backoff, tries))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ])
  })

  it('stays at the longest after any number of tries', () => {
    expect(backoffMs(backoff, 5_000)).toBe(30_000)
  })

  it('grows by the factor that is given', () => {
    expect(backoffMs({ ...backoff, factor: 1.5 }, 2)).toBe(2_250)
    expect(nextBackoffMs({ ...backoff, factor: 1.5 }, 2_000)).toBe(3_000)
  })

  it('follows from the wait before it; without one it is the first', () => {
    expect(nextBackoffMs(backoff, undefined)).toBe(1_000)
    expect(nextBackoffMs(backoff, 3_000)).toBe(6_000)
    expect(nextBackoffMs(backoff, 20_000)).toBe(30_000)
  })
})
