import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Timer } from '../../src/base/timer.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a timer', () => {
  it('calls its action once, and is no longer running then', () => {
    const timer = new Timer()
    const running: boolean[] = []
    timer.start(10, () => running.push(timer.isRunning))
    expect(timer.isRunning).toBe(true)
    vi.advanceTimersByTime(100)
    expect(running).toEqual([false])
  })

  it('forgets the delay before a new start', () => {
    const timer = new Timer()
    const calls: string[] = []
    timer.start(10, () => calls.push('old'))
    timer.start(20, () => calls.push('new'))
    vi.advanceTimersByTime(100)
    expect(calls).toEqual(['new'])
  })

  it('leaves nothing behind once it is stopped', () => {
    const timer = new Timer()
    timer.start(10, () => {
      throw new Error('never')
    })
    timer.stop()
    expect([timer.isRunning, vi.getTimerCount()]).toEqual([false, 0])
  })
})
