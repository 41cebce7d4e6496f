import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ReadScheduler } from '../../src/base/read-scheduler.ts'
import { runsOf } from '../sample.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A scheduler whose reads take `takes` milliseconds; records when each of them began and ended. */
const hang = (takes = 0) => {
  const reads: { began: number; ended?: number }[] = []
  const start = performance.now()
  const scheduler = new ReadScheduler(async () => {
    const read: { began: number; ended?: number } = { began: performance.now() - start }
    reads.push(read)
    if (takes > 0) await new Promise((resolve) => setTimeout(resolve, takes))
    read.ended = performance.now() - start
  })
  return { scheduler, reads, began: () => reads.map((read) => read.began) }
}

describe('ReadScheduler', () => {
  it('begins the first read at once', () => {
    const { scheduler, began } = hang()
    scheduler.request()
    expect(began()).toEqual([0])
  })

  it('begins at most two reads a second, however many requests come', async () => {
    const { scheduler, began } = hang()
    for (let ms = 0; ms < 2_000; ms += 10) {
      scheduler.request()
      await vi.advanceTimersByTimeAsync(10)
    }
    expect(began()).toEqual([0, 500, 1_000, 1_500, 2_000])
  })

  it('begins exactly one more read after a slow one during which requests came', async () => {
    const { scheduler, began } = hang(3_000)
    scheduler.request()
    await vi.advanceTimersByTimeAsync(100)
    for (let time = 0; time < 5; time++) scheduler.request()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(began()).toEqual([0, 3_000])
  })

  it('does nothing without requests, with no timer left', async () => {
    const { scheduler, began } = hang()
    scheduler.request()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(began()).toEqual([0])
    expect(vi.getTimerCount()).toBe(0)
    scheduler.request()
    expect(began()).toEqual([0, 60_000])
  })

  it('begins no read after its close, and leaves no timer behind', async () => {
    const { scheduler, began } = hang(100)
    scheduler.request()
    scheduler.request()
    scheduler.close()
    await vi.advanceTimersByTimeAsync(10_000)
    scheduler.request()
    expect(began()).toEqual([0])
    expect(vi.getTimerCount()).toBe(0)
    const other = hang()
    other.scheduler.request()
    await vi.advanceTimersByTimeAsync(10)
    other.scheduler.request()
    other.scheduler.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(other.began()).toEqual([0])
  })

  it('answers every request by a read that begins after it, one at a time, at least 500 ms apart', async () => {
    const waits = fc.array(fc.integer({ min: 0, max: 1_200 }), { minLength: 1, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(waits, fc.integer({ min: 0, max: 1_500 }), async (script, takes) => {
        const { scheduler, reads } = hang(takes)
        const start = performance.now()
        const rings: number[] = []
        for (const wait of script) {
          rings.push(performance.now() - start)
          scheduler.request()
          await vi.advanceTimersByTimeAsync(wait)
        }
        await vi.advanceTimersByTimeAsync(10_000)
        for (const ring of rings) {
          const answer = reads.find(({ began }) => began >= ring)
          expect((answer?.began ?? Infinity) - ring).toBeLessThanOrEqual(takes + Math.max(500, takes))
        }
        for (const [index, { began }] of reads.entries()) {
          const before = reads[index - 1]
          if (!before) continue
          expect(began - before.began).toBeGreaterThanOrEqual(500)
          expect(began).toBeGreaterThanOrEqual(before.ended ?? Infinity)
        }
      }),
      { numRuns: runsOf(60) },
    )
  })
})
