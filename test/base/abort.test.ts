import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred, release, sleep } from '../../src/base/abort.ts'

describe('sleep', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lasts the given time and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    let over = false
    const sleeping = sleep(1_000, signal).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(999)
    expect(over).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    await sleeping
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('ends with the signal, without an error, and leaves neither timer nor listener behind', async () => {
    const stop = new AbortController()
    const sleeping = sleep(1_000, stop.signal)
    stop.abort()
    await sleeping
    expect(vi.getTimerCount()).toBe(0)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  it('does not begin when the signal has aborted already', async () => {
    await sleep(1_000, AbortSignal.abort())
    expect(vi.getTimerCount()).toBe(0)
  })

  it('does not end at once for a time longer than a timer can hold', async () => {
    const stop = new AbortController()
    let over = false
    const sleeping = sleep(Infinity, stop.signal).then(() => {
      over = true
    })
    await vi.advanceTimersByTimeAsync(86_400_000)
    expect(over).toBe(false)
    stop.abort()
    await sleeping
  })
})

describe('release', () => {
  it('unrefs a timer of Node and returns it', () => {
    const timer = setTimeout(() => {}, 1_000)
    expect(release(timer)).toBe(timer)
    expect(timer.hasRef()).toBe(false)
    clearTimeout(timer)
  })

  it('returns a number, which is the timer of a browser', () => {
    expect(release(7)).toBe(7)
  })
})

describe('deferred', () => {
  it('is settled from outside, once', async () => {
    const { promise, resolve, reject } = deferred<number>()
    resolve(1)
    resolve(2)
    reject(new Error('too late'))
    expect(await promise).toBe(1)
  })

  it('causes no unhandled rejection when no caller awaits it', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const { promise, reject } = deferred<void>()
    reject(new Error('as scripted'))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
    await expect(promise).rejects.toThrow('as scripted')
  })
})
