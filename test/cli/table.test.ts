import { describe, expect, test } from 'vitest'
import type { Paint } from '../../src/cli/output.ts'
import { drawingOf, headOf, lineOf, rowText, type Table, widthsOf } from '../../src/cli/table.ts'
import { cut, jsonLine, oneLine, widthOf, wrapped } from '../../src/cli/text.ts'
import { timeTextBy } from '../../src/cli/time-text.ts'

const paint: Paint = (_, text) => text

const drawn = (table: Table, room = Number.POSITIVE_INFINITY): string[] => {
  const drawing = drawingOf(widthsOf(table), room, paint)
  return [headOf(table, drawing), ...table.rows.map(({ cells }) => lineOf(cells, drawing))]
}

const table = (columns: readonly string[], ...rows: readonly (readonly string[])[]): Table => ({
  columns,
  rows: rows.map((cells, at) => ({ key: `${at}`, cells })),
})

describe('a table', () => {
  test('has columns as wide as their widest text, and nothing after the last one', () => {
    expect(drawn(table(['A', 'NAME', 'B'], ['long one', 'x', 'y'], ['z', '', 'w']))).toEqual([
      'A         NAME  B',
      'long one  x     y',
      'z               w',
    ])
  })

  test('is aligned by the room that texts take on a terminal', () => {
    expect(drawn(table(['A', 'B'], ['設計', 'x'], ['🚀', 'y'], ['e\u0301te\u0301', 'z']))).toEqual([
      'A     B',
      '設計  x',
      '🚀    y',
      'e\u0301te\u0301   z',
    ])
  })

  test.each([
    [17, ['NAME   VALUE', 'a      something…', 'third  x']],
    [11, ['NAME   VAL…', 'a      som…', 'third  x']],
    [10, ['NAME  +1', 'a', 'third']],
    [7, ['NAME  …', 'a', 'third']],
    [3, ['NA…', 'a', 'th…']],
  ])('is cut to %d columns, with a mark for what is left out', (room, expected) => {
    const lines = drawn(table(['NAME', 'VALUE'], ['a', 'something long'], ['third', 'x']), room)
    expect(lines).toEqual(expected)
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(room)
  })

  test('keeps what a server sends on its line and away from the terminal', () => {
    expect(drawn(table(['A', 'B'], ['one\ntwo\u001b[31m\u001b[2J', 'x']))[1]).toBe('one two  x')
  })

  test.each([
    [30, 'ONE  TWO  THREE  FOUR'],
    [21, 'ONE  TWO  THREE  FOUR'],
    [20, 'ONE  TWO  THREE  +1'],
    [18, 'ONE  TWO  THR…  +1'],
    [14, 'ONE  TWO  +2'],
    [9, 'ONE  +3'],
    [4, 'ONE…'],
  ])('says in %d columns of a terminal how many of its own have no room: %s', (room, head) => {
    const [titles] = drawn(table(['ONE', 'TWO', 'THREE', 'FOUR'], ['a', 'b', 'c', 'd']), room)
    expect(titles).toBe(head)
  })

  test('keeps the widths that it had', () => {
    expect(widthsOf(table(['A', 'B'], ['x', 'yyyy']), [5, 2])).toEqual([5, 4])
  })

  test('compares rows by their text, not by its look', () => {
    expect(rowText({ key: 'a', cells: [['x', 'red'], 'y'] })).toBe(rowText({ key: 'a', cells: ['x', 'y'] }))
    expect(rowText({ key: 'a', cells: ['x', 'y'] })).not.toBe(rowText({ key: 'a', cells: ['x', 'z'] }))
  })
})

describe('a text', () => {
  test.each([
    ['plain', 5],
    ['', 0],
    ['設計', 4],
    ['🚀', 2],
    ['🇩🇪', 2],
    ['👩‍💻', 2],
    ['❤️', 2],
    ['한국어', 6],
    ['e\u0301', 1],
    ['a\u200bb', 2],
  ])('%j takes %d columns', (text, width) => {
    expect(widthOf(text)).toBe(width)
  })

  test.each([
    ['whole', 5, 'whole'],
    ['whole', 4, 'who…'],
    ['設計書', 5, '設計…'],
    ['設計書', 4, '設…'],
    ['whole', 1, '…'],
    ['whole', 0, ''],
    ['👩‍💻👩‍💻👩‍💻', 4, '👩‍💻…'],
  ])('%j in %d columns is %j', (text, room, expected) => {
    expect(cut(text, room)).toBe(expected)
  })
})

/** What steers a terminal or turns the direction of writing. */
const steering = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, code) => 0x7f + code),
  ...[0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
  ...[0x061c, 0x200b, 0x200e, 0x200f, 0x2060, 0xfeff],
].map((code) => String.fromCodePoint(code))

describe('no control character gets to the terminal', () => {
  test('in a line', () => {
    for (const one of steering) expect(oneLine(`a ${one} b`)).toMatch(/^a *( |\\u[\da-f]{4})* *b$/)
    expect(oneLine('invoice\u202efdp.exe')).toBe('invoice\\u202efdp.exe')
    expect(oneLine('one\r\n\ttwo\u2028three')).toBe('one two three')
  })

  test('in JSON, which means the same all the same', () => {
    for (const one of steering) {
      const line = jsonLine({ text: `a${one}b` })
      expect(steering.some((other) => line.includes(other))).toBe(false)
      expect(JSON.parse(line)).toEqual({ text: `a${one}b` })
    }
  })
})

test.each([
  ['one two three', 7, ['one two', 'three']],
  ['one two', 2, ['one', 'two']],
  ['設計 設計', 4, ['設計', '設計']],
])('%j is wrapped to %d columns', (text, room, lines) => {
  expect(wrapped(text, room)).toEqual(lines)
})

test.each([
  ['2026-03-01T10:20:30.123456789Z', '2026-03-01T10:20:30Z'],
  ['2026-03-01T10:20:30+02:00', '2026-03-01T08:20:30Z'],
  ['yesterday', '-'],
  [null, '-'],
])('the time %j is shown as %j', (time, expected) => {
  expect(timeTextBy('utc', { now: Date.now }).brief(time)).toBe(expected)
})
