import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StoreCursor } from '../../src/events/store-cursor.ts'
import { isStoredMatch, marksOf } from '../../src/events/trait-index.ts'
import { isFull } from '../sample.ts'
import { dawn, momentOf, type Row, stream, textOf } from './scripted-store.ts'

const row = (number: number, at = dawn + number): Row => ({
  id: `id of ${number}`,
  at: textOf(at),
  name: `row ${number}`,
})
const pushed = (number: number, id: string | null = null): Row => ({ id, at: null, name: `row ${number}` })

/** How many of these rows the cursor remembers. */
const known = (cursor: StoreCursor<Row>, rows: readonly Row[]): number =>
  rows.filter((one) => cursor.hasRowOf(marksOf(stream, one))).length

/** Remembers rows as the reader does; all of them are new. */
function readPages(cursor: StoreCursor<Row>, rows: readonly Row[]): void {
  for (let index = 0; index < rows.length; index += 100) {
    cursor.prune()
    for (const one of rows.slice(index, index + 100))
      if (!cursor.rememberRow(one)) expect.fail(`${one.name} is not new`)
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('StoreCursor', () => {
  it('takes a row for new once', () => {
    const cursor = new StoreCursor(stream)
    expect([cursor.rememberRow(row(1)), cursor.rememberRow(row(1)), cursor.rememberRow(row(2))]).toEqual([
      true,
      false,
      true,
    ])
  })

  it('covers rows older than the oldest remembered and never takes them for new; rows of that moment are new', () => {
    const cursor = new StoreCursor(stream, dawn + 5)
    expect([cursor.coversRow(row(4)), cursor.rememberRow(row(4))]).toEqual([true, false])
    expect([cursor.coversRow(row(5)), cursor.rememberRow(row(5))]).toEqual([false, true])
  })

  it('remembers the newest of many rows, and takes none that it forgot for new (law 4)', () => {
    const cursor = new StoreCursor(stream)
    const rows = Array.from({ length: isFull ? 20_000 : 11_000 }, (_, index) => row(index))
    readPages(cursor, rows)
    cursor.prune()
    expect(known(cursor, rows)).toBeLessThanOrEqual(10_000)
    expect(rows.filter((one) => cursor.rememberRow(one))).toEqual([])
  })

  it('remembers of rows of one moment those read last, and takes none of them for new again', () => {
    const cursor = new StoreCursor(stream)
    const rows = Array.from({ length: 3_000 }, (_, index) => row(index, dawn))
    readPages(cursor, rows)
    cursor.prune()
    expect(rows.filter((one) => cursor.rememberRow(one))).toEqual([])
  })

  it('forgets rows of one moment too where there are too many, the oldest first (law 4)', () => {
    const cursor = new StoreCursor(stream)
    const rows = Array.from({ length: isFull ? 30_000 : 16_000 }, (_, index) => row(index, dawn))
    readPages(cursor, rows)
    cursor.prune()
    expect(known(cursor, rows)).toBeLessThanOrEqual(15_000)
    expect(known(cursor, rows.slice(-10_000))).toBe(10_000)
  })

  it('continues from a fork without changing the original', () => {
    const cursor = new StoreCursor(stream, dawn)
    cursor.rememberRow(row(1))
    cursor.end = 7
    const fork = cursor.fork()
    expect(fork.end).toBe(7)
    expect([fork.rememberRow(row(1)), fork.rememberRow(row(2)), fork.rememberRow(row(3))]).toEqual([false, true, true])
    expect([cursor.rememberRow(row(2)), cursor.rememberRow(row(3))]).toEqual([true, true])
  })

  it('takes forgotten rows for new again', () => {
    const cursor = new StoreCursor(stream)
    for (const number of [1, 2, 3]) cursor.rememberRow(row(number))
    cursor.forget([row(2), row(3)])
    expect([1, 2, 3].map((number) => cursor.rememberRow(row(number)))).toEqual([false, true, true])
  })

  it('takes a row without a time for as new as the newest', () => {
    const cursor = new StoreCursor(stream, dawn)
    cursor.rememberRow(row(10))
    expect(cursor.rememberRow({ id: 'timeless', at: null, name: 'timeless' })).toBe(true)
    expect(momentOf(row(10))).toBe(dawn + 10)
  })
})

describe('a push and its row', () => {
  it('are matched by the id if the push has one', () => {
    expect(isStoredMatch(stream, pushed(1, 'id of 1'), row(1))).toBe(true)
    expect(isStoredMatch(stream, pushed(1, 'id of 2'), row(1))).toBe(false)
  })

  it('are matched by the traits that both have, if there are any', () => {
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
