import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ReadPace } from '../../src/platform/read-pace.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** How long it takes to read so many pieces of 64 KiB, in milliseconds. */
const timeToRead = async (pieces: number, pace = new ReadPace()): Promise<number> => {
  const startedAt = performance.now()
  const reading = (async () => {
    for (let piece = 0; piece < pieces; piece++) await pace.after(65_536)
    return performance.now() - startedAt
  })()
  await vi.runAllTimersAsync()
  return reading
}

it('lets 64 MiB be read in a second, whatever is there at once', async () => {
  const tookMs = await timeToRead(10 * 1_024)
  expect(tookMs).toBeGreaterThan(9_900)
  expect(tookMs).toBeLessThan(10_400)
})

it('lets a MiB be read without a wait, and another one later', async () => {
  const pace = new ReadPace()
  expect(await timeToRead(16, pace)).toBe(0)
  vi.advanceTimersByTime(50)
  expect(await timeToRead(16, pace)).toBe(0)
})

it('leaves no timer behind', async () => {
  await timeToRead(1_000)
  expect(vi.getTimerCount()).toBe(0)
})
