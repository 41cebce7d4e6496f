import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WriteWatch } from '../../src/platform/write-watch.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const started = () => {
  const stuck = vi.fn()
  return { stuck, watch: new WriteWatch(1_000, stuck) }
}

it('a write that is not taken within the limit is stuck', () => {
  const { stuck, watch } = started()
  watch.begin()
  vi.advanceTimersByTime(999)
  expect(stuck).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(stuck).toHaveBeenCalledOnce()
  expect(vi.getTimerCount()).toBe(0)
})

it('a write that is taken leaves no timer', () => {
  const { stuck, watch } = started()
  watch.begin()()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(5_000)
  expect(stuck).not.toHaveBeenCalled()
})

it('each write that is taken gives the others the whole limit again', () => {
  const { stuck, watch } = started()
  const taken = [watch.begin(), watch.begin(), watch.begin()]
  for (const take of taken) {
    vi.advanceTimersByTime(900)
    take()
  }
  vi.advanceTimersByTime(5_000)
  expect(stuck).not.toHaveBeenCalled()
})

it('further writes do not prolong the wait of one that is stuck', () => {
  const { stuck, watch } = started()
  for (let time = 0; time < 10; time++) {
    watch.begin()
    vi.advanceTimersByTime(100)
  }
  expect(stuck).toHaveBeenCalledOnce()
})

it('a timer that fires late waits once more: what was taken meanwhile is not known yet', () => {
  const { stuck, watch } = started()
  const taken = watch.begin()
  const later = performance.now() + 60_000
  const clock = vi.spyOn(performance, 'now').mockReturnValue(later)
  vi.advanceTimersByTime(1_000)
  expect(stuck).not.toHaveBeenCalled()
  clock.mockRestore()
  taken()
  expect(vi.getTimerCount()).toBe(0)
})

it('nothing is reported after the end', () => {
  const { stuck, watch } = started()
  const taken = watch.begin()
  watch.begin()
  watch.stop()
  taken()
  watch.begin()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(5_000)
  expect(stuck).not.toHaveBeenCalled()
})
