import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MissedPushesNotice } from '../../src/connection/notice.ts'
import { MissedPushesWatch, nextWaitMs } from '../../src/events/missed-pushes.ts'

describe('the wait for the next read', () => {
  it.each<[seconds: number, wait: number]>([
    [0, 5_000],
    [10, 5_000],
    [50, 5_000],
    [60, 6_000],
    [120, 12_000],
    [600, 60_000],
    [3_600, 60_000],
    [Number.POSITIVE_INFINITY, 60_000],
  ])('%s s after the last sign that pushes are missing is %s ms', (seconds, wait) => {
    expect(nextWaitMs(seconds * 1_000, 5_000)).toBe(wait)
  })

  it('is never longer than a minute, however long the polling interval', () => {
    expect([nextWaitMs(0, 300_000), nextWaitMs(0, 30_000)]).toEqual([60_000, 30_000])
  })
})

describe('a watch for missed pushes', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A watch whose reads find what the test says, at once. A row is the time when it was stored. */
  const watching = () => {
    const notices: MissedPushesNotice[] = []
    const reads: number[] = []
    const stored: number[] = []
    const start = Date.now()
    const read = (): void => {
      reads.push(Date.now() - start)
      watch.reads()(stored.length, stored.at(-1) ?? Number.NaN)
      stored.length = 0
    }
    const watch = new MissedPushesWatch(5_000, read, (notice) => notices.push(notice))
    watch.readTwice()
    vi.advanceTimersByTime(10_000)
    const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1_000)
    const store = (aheadMs = 0): void => void stored.push(Date.now() + aheadMs)
    const push = (aheadMs = 0): void => {
      store(aheadMs)
      watch.pushed()
      read()
    }
    const reported = (): unknown[] => notices.map(({ recovered, until }) => [recovered, until !== null])
    return { watch, reads, notices, reported, pass, store, push }
  }

  it('reads once a minute while nothing happens, and at most 62 times an hour', () => {
    const at = watching()
    at.pass(3_600)
    expect(at.reads.length).toBeLessThanOrEqual(62)
    expect(at.reported()).toEqual([])
  })

  it('reads every 5 s while rows come that no push announces, and reports it once', () => {
    const at = watching()
    at.pass(70)
    const before = at.reads.length
    for (let event = 0; event < 10; event++) {
      at.store()
      at.pass(30)
    }
    const times = at.reads.slice(before)
    expect(times.length).toBeGreaterThan(45)
    expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual(times.slice(1).map(() => 5_000))
    expect(at.reported()).toHaveLength(1)
    expect(at.notices[0]?.until).toBeNull()
  })

  it('reports the end with the first push, and reads seldom again', () => {
    const at = watching()
    at.pass(10)
    at.store()
    at.pass(60)
    at.store()
    at.pass(6)
    at.push()
    expect(at.reported()).toEqual([
      [1, false],
      [2, true],
    ])
    expect(at.notices[1]?.since).toEqual(at.notices[0]?.since)
    const before = at.reads.length
    at.pass(119)
    expect(at.reads.length - before).toBe(1)
  })

  it('reports nothing when the push comes a moment after its row was read', () => {
    const at = watching()
    at.pass(59)
    at.store()
    at.pass(2)
    at.watch.pushed()
    at.pass(600)
    expect(at.reported()).toEqual([])
  })

  it('takes a row for part of a burst that was stored right after one that was pushed', () => {
    const at = watching()
    for (let burst = 0; burst < 20; burst++) {
      at.push()
      at.pass(1)
      at.store()
      at.pass(100)
    }
    expect(at.reported()).toEqual([])
    expect(at.reads.length).toBeLessThan(20 * 3)
  })

  it('notices that pushes stop after one of an event whose time is ahead', () => {
    const at = watching()
    at.push(3_600_000)
    at.pass(10)
    at.push()
    for (let event = 0; event < 3; event++) {
      at.pass(70)
      at.store()
    }
    at.pass(10)
    expect(at.reported()).toHaveLength(1)
  })

  it('notices that pushes stop right after one of an event whose time is ahead, by the second row', () => {
    const at = watching()
    at.push(3_600_000)
    for (let event = 0; event < 3; event++) {
      at.pass(70)
      at.store()
    }
    at.pass(60)
    expect(at.reported()).toHaveLength(1)
  })

  it('takes no sign from rows that were stored before the channel opened, or in the two seconds after', () => {
    const at = watching()
    at.pass(30)
    at.store()
    at.watch.readTwice()
    at.pass(1)
    at.store()
    at.pass(600)
    expect(at.reported()).toEqual([])
  })

  it('stays fast over a reconnection that brings no push', () => {
    const at = watching()
    at.pass(10)
    for (let event = 0; event < 20; event++) {
      at.store()
      at.pass(10)
    }
    at.watch.readTwice()
    at.pass(10)
    at.store()
    const before = at.reads.length
    at.pass(8)
    expect(at.reads.length).toBeGreaterThan(before)
    expect(at.reported()).toHaveLength(1)
  })

  it('slows down by itself when nothing comes any more: an event costs less than 30 reads more', () => {
    const at = watching()
    at.pass(10)
    at.store()
    at.pass(60)
    const before = at.reads.length
    at.pass(3_600)
    expect(at.reads.length - before).toBeLessThan(90)
    const later = at.reads.length
    at.pass(3_600)
    expect(at.reads.length - later).toBe(60)
  })

  it('reads on when a read does not come to its end', () => {
    let reads = 0
    const watch = new MissedPushesWatch(
      5_000,
      () => reads++,
      () => {},
    )
    watch.readTwice()
    vi.advanceTimersByTime(300_000)
    expect(reads).toBe(6)
    watch.close()
  })

  it('leaves no timer once it is closed, nor when a read ends after that', () => {
    const at = watching()
    at.watch.close()
    at.watch.reads()(0, Number.NaN)
    expect(vi.getTimerCount()).toBe(0)
  })
})
