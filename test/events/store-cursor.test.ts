import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StoreCursor } from '../../src/events/store-cursor.ts'
import { isStoredMatch } from '../../src/events/trait-index.ts'
import { dawn, momentOf, type Row, stream } from './scripted-store.ts'

const row = (number: number, at = dawn + number): Row => ({
  id: `id of ${number}`,
  at: new Date(at).toISOString(),
  name: `row ${number}`,
})
const pushed = (number: number, id: string | null = null): Row => ({ id, at: null, name: `row ${number}` })

/** How many of these rows the position remembers. */
const known = (position: StoreCursor<Row>, rows: readonly Row[]): number =>
  rows.filter((one) => position.wasDelivered(one)).length

/** Takes in rows as the reader does, all of them fresh. */
function readPages(position: StoreCursor<Row>, rows: readonly Row[]): void {
  for (let index = 0; index < rows.length; index += 100) {
    position.prune()
    for (const one of rows.slice(index, index + 100))
      if (!position.rememberRow(one)) expect.fail(`${one.name} is not fresh`)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Position', () => {
  it('has a row be fresh once', () => {
    const position = new StoreCursor(stream)
    expect([position.rememberRow(row(1)), position.rememberRow(row(1)), position.rememberRow(row(2))]).toEqual([
      true,
      false,
      true,
    ])
  })

  it('has rows below the floor be covered and never fresh, and those at it be neither', () => {
    const position = new StoreCursor(stream, dawn + 5)
    expect([position.coversRow(row(4)), position.rememberRow(row(4))]).toEqual([true, false])
    expect([position.coversRow(row(5)), position.rememberRow(row(5))]).toEqual([false, true])
  })

  it('remembers of many rows the newest, and none that it forgot is delivered again (law 4)', () => {
    const position = new StoreCursor(stream)
    const rows = Array.from({ length: 20_000 }, (_, index) => row(index))
    readPages(position, rows)
    position.prune()
    expect(known(position, rows)).toBeLessThanOrEqual(10_000)
    expect(rows.filter((one) => position.rememberRow(one))).toEqual([])
  })

  it('remembers of rows of one moment those read last, and delivers none again', () => {
    const position = new StoreCursor(stream)
    const rows = Array.from({ length: 3_000 }, (_, index) => row(index, dawn))
    readPages(position, rows)
    position.prune()
    expect(rows.filter((one) => position.rememberRow(one))).toEqual([])
  })

  it('forgets rows of one moment too where there are too many, the oldest first (law 4)', () => {
    const position = new StoreCursor(stream)
    const rows = Array.from({ length: 30_000 }, (_, index) => row(index, dawn))
    readPages(position, rows)
    position.prune()
    expect(known(position, rows)).toBeLessThanOrEqual(15_000)
    expect(known(position, rows.slice(20_000))).toBe(10_000)
  })

  it('skips the row of what was delivered as pushed, once', () => {
    for (const ghost of [pushed(1), pushed(1, 'id of 1')]) {
      const position = new StoreCursor(stream)
      position.rememberPush(ghost)
      expect(position.rememberRow(row(1))).toBe(false)
      expect(position.rememberRow({ ...row(1), id: 'another' })).toBe(true)
    }
  })

  it('does not take a pushed item for a row that was read: what lies before it may not have been', () => {
    const position = new StoreCursor(stream)
    position.rememberRow(row(1))
    position.rememberPush(pushed(5, 'id of 5'))
    expect(position.coversRow(row(5))).toBe(false)
    expect(position.wasDelivered(pushed(5, 'id of 5'))).toBe(true)
  })

  it('remembers a bounded number of pushed items, and forgets the oldest (law 4)', () => {
    const position = new StoreCursor(stream)
    for (let index = 0; index < 25_000; index++) position.rememberPush(pushed(index, `${index}`))
    expect(position.wasDelivered(pushed(0, '0'))).toBe(false)
    expect(position.wasDelivered(pushed(8_000, '8000'))).toBe(true)
    // A double is better than a loss.
    expect(position.rememberRow({ ...row(0), id: '0' })).toBe(true)
    expect(position.rememberRow({ ...row(8_000), id: '8000' })).toBe(false)
  })

  it('goes on from a fork without the original being changed', () => {
    const position = new StoreCursor(stream, dawn)
    position.rememberRow(row(1))
    position.rememberPush(pushed(2))
    position.end = 7
    const fork = position.fork(new Set())
    expect(fork.end).toBe(7)
    expect([fork.rememberRow(row(1)), fork.rememberRow(row(2)), fork.rememberRow(row(3))]).toEqual([false, false, true])
    expect([position.rememberRow(row(2)), position.rememberRow(row(3))]).toEqual([false, true])
  })

  it('delivers again what it is told to forget', () => {
    const position = new StoreCursor(stream)
    for (const number of [1, 2, 3]) position.rememberRow(row(number))
    position.forget([row(2), row(3)])
    expect([1, 2, 3].map((number) => position.rememberRow(row(number)))).toEqual([false, true, true])
  })

  it('takes a row without a time for as new as the newest', () => {
    const position = new StoreCursor(stream, dawn)
    position.rememberRow(row(10))
    expect(position.rememberRow({ id: 'timeless', at: null, name: 'timeless' })).toBe(true)
    expect(momentOf(row(10))).toBe(dawn + 10)
  })
})

describe('twins', () => {
  it('are told by the id where the pushed one has any', () => {
    expect(isStoredMatch(stream, pushed(1, 'id of 1'), row(1))).toBe(true)
    expect(isStoredMatch(stream, pushed(1, 'id of 2'), row(1))).toBe(false)
  })

  it('are told by what both say, where they say anything', () => {
    const traits = {
      ...stream,
      traits: (one: Row) => one.name.split(',').map((text) => (text === '' ? null : text)),
    }
    const alike = (a: string, b: string): boolean =>
      isStoredMatch(traits, { id: null, at: null, name: a }, { id: 'x', at: null, name: b })
    expect(alike('a,b', 'a,b')).toBe(true)
    expect(alike('a,', 'a,b')).toBe(true)
    expect(alike(',b', 'a,')).toBe(false)
    expect(alike('a,b', 'a,c')).toBe(false)
    expect(alike(',', 'a,b')).toBe(false)
  })
})
