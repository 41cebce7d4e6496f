import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { headOf, lineOf, said, type Table, widthsOf } from '../../src/cli/table.ts'
import { cut, timeText, widthOf } from '../../src/cli/text.ts'

const stream = new PassThrough()

const drawn = (table: Table, room = Number.POSITIVE_INFINITY): string[] => {
  const drawing = { widths: widthsOf(table), room, stream }
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
    [9, ['NAME   V…', 'a      s…', 'third  x']],
    [7, ['NAME', 'a', 'third']],
    [3, ['NA…', 'a', 'th…']],
  ])('is cut to %d columns', (room, expected) => {
    const lines = drawn(table(['NAME', 'VALUE'], ['a', 'something long'], ['third', 'x']), room)
    expect(lines).toEqual(expected)
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(room)
  })

  test('keeps what a server sends on its line and away from the terminal', () => {
    expect(drawn(table(['A', 'B'], ['one\ntwo\u001b[31m\u001b[2J', 'x']))[1]).toBe('one two  x')
  })

  test('keeps the widths that it had', () => {
    expect(widthsOf(table(['A', 'B'], ['x', 'yyyy']), [5, 2])).toEqual([5, 4])
  })

  test('tells rows apart by what they say, not by how it looks', () => {
    expect(said({ key: 'a', cells: [['x', 'red'], 'y'] })).toBe(said({ key: 'a', cells: ['x', 'y'] }))
    expect(said({ key: 'a', cells: ['x', 'y'] })).not.toBe(said({ key: 'a', cells: ['x', 'z'] }))
  })
})

describe('a text', () => {
  test.each([
    ['plain', 5],
    ['', 0],
    ['設計', 4],
    ['🚀', 2],
    ['🇩🇪', 2],
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
  ])('%j in %d columns is %j', (text, room, expected) => {
    expect(cut(text, room)).toBe(expected)
  })
})

test.each([
  ['2026-03-01T10:20:30.123456789Z', '2026-03-01T10:20:30Z'],
  ['2026-03-01T10:20:30+02:00', '2026-03-01T08:20:30Z'],
  ['yesterday', '-'],
  [null, '-'],
])('the time %j is told as %j', (time, expected) => {
  expect(timeText(time)).toBe(expected)
})
