import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { sizeOf } from '../../src/base/size.ts'
import { TimeSlices, yieldToEventLoop } from '../../src/base/time-slices.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work of which each item takes 1.5 ms. */
const begin = (bytes = Infinity) => {
  const done: number[] = []
  const turns = new TimeSlices<number>(
    (item) => {
      spend(1.5)
      done.push(item)
    },
    bytes,
    sizeOf,
  )
  return { done, turns }
}

let spent = 0
const spend = (ms: number): void => {
  spent += ms
}

describe('TimeSlices', () => {
  beforeEach(() => {
    spent = 0
    const start = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => start + spent)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('works at once for 5 ms, and on the rest in later slices, in order', async () => {
    const { done, turns } = begin()
    for (let item = 0; item < 10; item++) turns.add(item)
    expect(done).toEqual([0, 1, 2, 3])
    await vi.advanceTimersToNextTimerAsync()
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    turns.add(10)
    await vi.advanceTimersToNextTimerAsync()
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    await vi.advanceTimersToNextTimerAsync()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('works on the oldest item at once where more would wait than the limit', () => {
    const { done, turns } = begin(100)
    for (let item = 0; item < 12; item++) turns.add(item)
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('works on nothing after its close, and leaves no timer behind', async () => {
    const { done, turns } = begin()
    for (let item = 0; item < 10; item++) turns.add(item)
    turns.close()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(100)
    expect(done).toEqual([0, 1, 2, 3])
  })
})

describe('yieldToEventLoop', () => {
  it('lets timers that are due run, however often it is called without a wait', async () => {
    vi.useRealTimers()
    let isDue = false
    setTimeout(() => {
      isDue = true
    }, 5)
    for (let turns = 0; turns < 1_000_000 && !isDue; turns++) await yieldToEventLoop()
    expect(isDue).toBe(true)
  })

  it('waits by a timer where there is no `setImmediate`', async () => {
    vi.stubGlobal('setImmediate', undefined)
    const turn = yieldToEventLoop()
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(0)
    await turn
    vi.unstubAllGlobals()
  })
})

describe('sizeOf', () => {
  it('counts texts by their length, and everything else at a flat rate', () => {
    expect(sizeOf('x'.repeat(1_000))).toBe(1_032)
    expect(sizeOf({ a: 'x'.repeat(1_000), b: 1, c: null })).toBe(1_000 + 4 * 32)
    expect(sizeOf('x'.repeat(5_000))).toBe(3 * 5_000 + 32)
    expect(sizeOf([['x'.repeat(500)], { deep: ['x'.repeat(500)] }])).toBe(1_000 + 6 * 32)
  })

  it('counts a value of any depth', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}"x"${']'.repeat(100_000)}`)
    expect(sizeOf(deep)).toBe(100_001 * 32 + 1)
  })
})
