import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { PendingPushes } from '../../src/events/pending-pushes.ts'
import { type Row, stream } from './scripted-store.ts'

const pushed = (name: string, id: string | null = null): Row => ({ id, at: null, name })
const stored = (name: string): Row => ({ id: `id of ${name}`, at: '2026-01-01T00:00:00Z', name })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const open = (settle = 2_000, bytes = 2 ** 25, hasRoom = (_delivered: readonly Row[]): boolean => true) => {
  const delivered: Row[] = []
  const deliver = (item: Row): void => {
    delivered.push(item)
  }
  return { delivered, gate: new PendingPushes(stream, { settle, bytes, deliver, hasRoom: () => hasRoom(delivered) }) }
}

describe('Gate', () => {
  it('holds a frame until its row comes, which is delivered in its place', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a'))
    gate.row(stored('a'))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(delivered).toEqual([])
  })

  it('delivers a frame as it was pushed when its row has not come in time, and not before', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(1_999)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(delivered).toEqual([pushed('a')])
  })

  it('lets each frame wait for its own time, in order', async () => {
    const { gate, delivered } = open()
    for (const name of ['a', 'b', 'c']) {
      gate.frame(pushed(name))
      await vi.advanceTimersByTimeAsync(500)
    }
    gate.row(stored('b'))
    await vi.advanceTimersByTimeAsync(500)
    expect(delivered).toEqual([pushed('a')])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(delivered).toEqual([pushed('a'), pushed('c')])
  })

  it('knows the row by its id where the frame has one', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a', 'id of b'))
    gate.row(stored('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(1)
    gate.frame(pushed('c', 'id of d'))
    gate.row(stored('d'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(1)
  })

  it('lets a row take one frame only', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a', 'x'))
    gate.frame(pushed('b', 'id of b'))
    gate.row(stored('b'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toEqual([pushed('a', 'x')])
  })

  it('takes a second frame that is like a waiting or a delivered one for the same, pushed twice', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a'))
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toEqual([pushed('a')])
  })

  it('delivers at once when told to wait for nothing', () => {
    const { gate, delivered } = open(0)
    gate.frame(pushed('a'))
    expect(delivered).toEqual([pushed('a')])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('delivers at once while the store cannot be read, those that wait first', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a'))
    gate.storeIs('unreadable')
    gate.frame(pushed('b'))
    expect(delivered).toEqual([pushed('a'), pushed('b')])
    gate.storeIs('readable')
    gate.frame(pushed('c'))
    expect(delivered).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(3)
  })

  it('lets a frame wait while a read is under way that began before it, and for the next one', async () => {
    const { gate, delivered } = open()
    const [first, second] = [deferred<void>(), deferred<void>()]
    const signal = new AbortController().signal
    const reads = gate.during(signal, () => first.promise)
    await vi.advanceTimersByTimeAsync(10)
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(delivered).toEqual([])
    first.resolve()
    await reads
    const next = gate.during(signal, () => second.promise)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(delivered).toEqual([])
    gate.row(stored('a'))
    second.resolve()
    await next
    await vi.advanceTimersByTimeAsync(60_000)
    expect(delivered).toEqual([])
  })

  it('delivers a frame once a read that began after it is over without its row, and `settle` has passed', async () => {
    const { gate, delivered } = open()
    const read = deferred<void>()
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(10)
    const reads = gate.during(new AbortController().signal, () => read.promise)
    await vi.advanceTimersByTimeAsync(4_000)
    read.resolve()
    await reads
    await vi.advanceTimersByTimeAsync(0)
    expect(delivered).toEqual([pushed('a')])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for a read for five times `settle` at most', async () => {
    const { gate, delivered } = open()
    void gate.during(new AbortController().signal, () => new Promise(() => {}))
    gate.frame(pushed('a'))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(delivered).toEqual([pushed('a')])
  })

  it('delivers many in several turns of the event loop, in order', async () => {
    const { gate, delivered } = open()
    const frames = Array.from({ length: 1_000 }, (_, index) => pushed(`${index}`))
    for (const frame of frames) gate.frame(frame)
    gate.storeIs('unreadable')
    expect(delivered.length).toBeLessThanOrEqual(100)
    gate.frame(pushed('last'))
    await vi.advanceTimersByTimeAsync(20)
    expect(delivered).toEqual([...frames, pushed('last')])
  })

  it('lets readers take what they have before it delivers more than they have room for', async () => {
    let taken = 0
    const { gate, delivered } = open(2_000, 2 ** 25, ({ length }) => length - taken < 10)
    gate.storeIs('unreadable')
    for (let index = 0; index < 50; index++) gate.frame(pushed(`${index}`))
    expect(delivered).toHaveLength(10)
    taken = 10
    await vi.advanceTimersToNextTimerAsync()
    expect(delivered).toHaveLength(20)
    // A reader that takes nothing delays the others by a turn for each item, no longer.
    await vi.advanceTimersByTimeAsync(40)
    expect(delivered).toHaveLength(50)
  })

  it('delivers nothing after it was closed, and leaves no timer behind', async () => {
    const { gate, delivered } = open()
    gate.frame(pushed('a'))
    gate.close()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(delivered).toEqual([])
  })

  it('holds a bounded number of bytes, and past that delivers the oldest (law 4)', () => {
    const { gate, delivered } = open(2_000, 1_000_000)
    const name = (index: number): string => `${index} `.padEnd(10_000)
    for (let index = 0; index < 150; index++) gate.frame(pushed(name(index), `${index}`))
    expect(delivered.length).toBeGreaterThan(50)
    expect(delivered.length).toBeLessThan(55)
    expect(delivered[0]).toEqual(pushed(name(0), '0'))
    gate.close()
  })

  it('delays a frame, but never loses or doubles one, whatever rows come and whenever', async () => {
    const step = fc.record({
      frame: fc.nat(8),
      row: fc.option(fc.nat(8)),
      wait: fc.integer({ min: 0, max: 1_500 }),
      store: fc.constantFrom('readable' as const, 'unreadable' as const, undefined),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (script) => {
        const { gate, delivered } = open()
        const frames = new Set<string>()
        const rows = new Set<string>()
        for (const { frame, row, wait, store } of script) {
          if (store) gate.storeIs(store)
          if (!rows.has(`${frame}`)) {
            gate.frame(pushed(`${frame}`))
            frames.add(`${frame}`)
          }
          // A row comes once, and a frame after its row does not come this far.
          if (row !== null && !rows.has(`${row}`)) {
            rows.add(`${row}`)
            gate.row(stored(`${row}`))
          }
          await vi.advanceTimersByTimeAsync(wait)
        }
        await vi.advanceTimersByTimeAsync(2_000)
        const names = delivered.map(({ name }) => name)
        expect(new Set(names).size).toBe(names.length)
        for (const name of frames) expect(names.includes(name) || rows.has(name)).toBe(true)
        expect(vi.getTimerCount()).toBe(0)
      }),
      { numRuns: 60 },
    )
  })
})
