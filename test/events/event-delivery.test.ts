import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { EventDelivery, type Receiver } from '../../src/events/event-delivery.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { runsOf } from '../sample.ts'
import { type Row, stream } from './scripted-store.ts'

const pushed = (name: string, id: string | null = null): Row => ({ id, at: null, name })
const stored = (name: string): Row => ({ id: `id of ${name}`, at: '2026-01-01T00:00:00Z', name })

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A delivery to one receiver: it got the pushes in `delivered` and the rows in `rows`. */
const open = (settle = 2_000, maxPendingBytes = 2 ** 25, hasRoom = (_delivered: readonly Row[]): boolean => true) => {
  const delivered: Row[] = []
  const rows: Row[] = []
  const ledger = new EventLedger(stream)
  const receiver: Receiver<Row> = {
    view: ledger.join(),
    get isFull() {
      return !hasRoom(delivered)
    },
    push: (item) => void delivered.push(item),
    row: (row) => void rows.push(row),
  }
  const delivery = new EventDelivery(ledger, new Set([receiver]), { settle, bufferBytes: 2 * maxPendingBytes })
  return { delivered, rows, delivery }
}

describe('EventDelivery', () => {
  it('keeps a push waiting until its row comes, and delivers the row in its place', async () => {
    const { delivery, delivered, rows } = open()
    delivery.push(pushed('a'))
    expect(delivery.rows([stored('a')])).toEqual([stored('a')])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(delivered).toEqual([])
    expect(rows).toEqual([stored('a')])
  })

  it('skips the row of an event that was delivered as pushed', async () => {
    const { delivery, delivered, rows } = open()
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivery.rows([stored('a'), stored('b')])).toEqual([stored('b')])
    expect([delivered, rows]).toEqual([[pushed('a')], [stored('b')]])
  })

  it('delivers a push when its row has not come in time, and not before', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(1_999)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(delivered).toEqual([pushed('a')])
  })

  it('keeps each push waiting for its own time, in order', async () => {
    const { delivery, delivered } = open()
    for (const name of ['a', 'b', 'c']) {
      delivery.push(pushed(name))
      await vi.advanceTimersByTimeAsync(500)
    }
    delivery.rows([stored('b')])
    await vi.advanceTimersByTimeAsync(500)
    expect(delivered).toEqual([pushed('a')])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(delivered).toEqual([pushed('a'), pushed('c')])
  })

  it('matches a row by its id if the push has one', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a', 'id of b'))
    delivery.rows([stored('a')])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(1)
    delivery.push(pushed('c', 'id of d'))
    delivery.rows([stored('d')])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(1)
  })

  it('matches a row with one push only', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a', 'x'))
    delivery.push(pushed('b', 'id of b'))
    delivery.rows([stored('b')])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toEqual([pushed('a', 'x')])
  })

  it('takes a second push that looks like a pending or a delivered one for a duplicate', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a'))
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toEqual([pushed('a')])
  })

  it('delivers at once if `settle` is 0', () => {
    const { delivery, delivered } = open(0)
    delivery.push(pushed('a'))
    expect(delivered).toEqual([pushed('a')])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('delivers at once while the store cannot be read, those that wait first', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a'))
    delivery.storeIs('unreadable')
    delivery.push(pushed('b'))
    expect(delivered).toEqual([pushed('a'), pushed('b')])
    delivery.storeIs('readable')
    delivery.push(pushed('c'))
    expect(delivered).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(delivered).toHaveLength(3)
  })

  it('keeps a push waiting while a read is under way that began before it, and for the next one', async () => {
    const { delivery, delivered } = open()
    const [first, second] = [deferred<void>(), deferred<void>()]
    const signal = new AbortController().signal
    const reads = delivery.during(signal, () => first.promise)
    await vi.advanceTimersByTimeAsync(10)
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(delivered).toEqual([])
    first.resolve()
    await reads
    const next = delivery.during(signal, () => second.promise)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(delivered).toEqual([])
    delivery.rows([stored('a')])
    second.resolve()
    await next
    await vi.advanceTimersByTimeAsync(60_000)
    expect(delivered).toEqual([])
  })

  it('delivers a push once a read that began after it has ended without its row, and `settle` has passed', async () => {
    const { delivery, delivered } = open()
    const read = deferred<void>()
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(10)
    const reads = delivery.during(new AbortController().signal, () => read.promise)
    await vi.advanceTimersByTimeAsync(4_000)
    read.resolve()
    await reads
    await vi.advanceTimersByTimeAsync(0)
    expect(delivered).toEqual([pushed('a')])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for a read for five times `settle` at most', async () => {
    const { delivery, delivered } = open()
    void delivery.during(new AbortController().signal, () => new Promise(() => {}))
    delivery.push(pushed('a'))
    await vi.advanceTimersByTimeAsync(9_999)
    expect(delivered).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(delivered).toEqual([pushed('a')])
  })

  it('delivers many in several turns of the event loop, in order', async () => {
    const { delivery, delivered } = open()
    const pushes = Array.from({ length: 1_000 }, (_, index) => pushed(`${index}`))
    for (const push of pushes) delivery.push(push)
    delivery.storeIs('unreadable')
    expect(delivered.length).toBeLessThanOrEqual(100)
    delivery.push(pushed('last'))
    await vi.advanceTimersByTimeAsync(20)
    expect(delivered).toEqual([...pushes, pushed('last')])
  })

  it('lets readers take what they have before it delivers more than they have room for', async () => {
    let taken = 0
    const { delivery, delivered } = open(2_000, 2 ** 25, ({ length }) => length - taken < 10)
    delivery.storeIs('unreadable')
    for (let index = 0; index < 50; index++) delivery.push(pushed(`${index}`))
    expect(delivered).toHaveLength(10)
    taken = 10
    await vi.advanceTimersToNextTimerAsync()
    expect(delivered).toHaveLength(20)
    // A reader that takes nothing delays the others by a turn for each item, no longer.
    await vi.advanceTimersByTimeAsync(40)
    expect(delivered).toHaveLength(50)
  })

  it('delivers nothing after it was closed, and leaves no timer behind', async () => {
    const { delivery, delivered } = open()
    delivery.push(pushed('a'))
    delivery.close()
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(delivered).toEqual([])
  })

  it('keeps a bounded number of bytes waiting, and past that delivers the oldest (law 4)', () => {
    // Long texts count three times.
    const { delivery, delivered } = open(2_000, 2_000_000)
    const name = (index: number): string => `${index} `.padEnd(10_000)
    for (let index = 0; index < 150; index++) delivery.push(pushed(name(index), `${index}`))
    expect(delivered.length).toBeGreaterThan(50)
    expect(delivered.length).toBeLessThan(55)
    expect(delivered[0]).toEqual(pushed(name(0), '0'))
    delivery.close()
  })

  it('delays pushes, but loses and doubles none, whatever rows come and when', async () => {
    const step = fc.record({
      push: fc.nat(8),
      row: fc.option(fc.nat(8)),
      wait: fc.integer({ min: 0, max: 1_500 }),
      store: fc.constantFrom('readable' as const, 'unreadable' as const, undefined),
    })
    type Step = { push: number; row: number | null; wait: number; store: 'readable' | 'unreadable' | undefined }
    const play = async (script: readonly Step[]): Promise<void> => {
      const { delivery, delivered, rows } = open()
      const pushedNames = new Set<string>()
      const storedNames = new Set<string>()
      // A row comes once, and a push after its row is a duplicate.
      const pushOnce = (name: string): void => {
        if (storedNames.has(name)) return
        delivery.push(pushed(name))
        pushedNames.add(name)
      }
      const storeOnce = (name: string): void => {
        if (storedNames.has(name)) return
        storedNames.add(name)
        delivery.rows([stored(name)])
      }
      for (const { push, row, wait, store } of script) {
        if (store) delivery.storeIs(store)
        pushOnce(`${push}`)
        if (row !== null) storeOnce(`${row}`)
        await vi.advanceTimersByTimeAsync(wait)
      }
      // Pushes that come due shortly after one another are delivered together, some milliseconds late.
      await vi.advanceTimersByTimeAsync(2_100)
      const names = [...delivered, ...rows].map(({ name }) => name)
      expect(names.toSorted()).toEqual([...new Set([...pushedNames, ...storedNames])].toSorted())
      expect(vi.getTimerCount()).toBe(0)
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), play), { numRuns: runsOf(60) })
  })
})
