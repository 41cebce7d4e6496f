import { describe, expect, test } from 'vitest'
import { changedAt, longestSearched, TextPatterns } from '../../src/cli/text-patterns.ts'

const patterns = (...given: string[]): TextPatterns => new TextPatterns('grep', given)
/** Milliseconds that no simple pattern needs, and no test waits for. */
const limitMs = 50
const endless = (): TextPatterns => new TextPatterns('grep', ['(a+)+$'], limitMs)
const line = `${'a'.repeat(40)}b`

describe('a regular expression', () => {
  test.each([
    [['broke'], true],
    [['^It'], true],
    [['broke$'], true],
    [['BROKE'], false],
    [['(?i)BROKE'], true],
    [['nothing', 'It'], true],
    [['nothing', 'else'], false],
    [['pattern/(un)?deploy'], true],
    [['deploy.It'], false],
  ])('%j matches: %s', (given, expected) => {
    expect(patterns(...given).matchesAny('error\npattern/deploy\nIt broke')).toBe(expected)
  })

  test('matches the same text each time', () => {
    const one = patterns('broke')
    expect([1, 2, 3].map(() => one.matchesAny('It broke'))).toEqual([true, true, true])
  })

  test('searches a line up to a limit, and the lines below it as well', () => {
    const long = `${'x'.repeat(longestSearched)}end`
    expect(patterns('end').matchesAny(long)).toBe(false)
    expect(patterns('end').matchesAny(`${long}\nend`)).toBe(true)
    expect(patterns('end').rangesIn(long)).toEqual([])
  })

  test.each([
    ['(', 'which is no regular expression: Unterminated group'],
    ['[b-a]', 'which is no regular expression: Range out of order in character class'],
    ['', 'it takes a regular expression'],
    ['(?i)', 'it takes a regular expression'],
  ])('%j is refused', (given, said) => {
    expect(() => patterns(given)).toThrow(`--grep was given ${JSON.stringify(given)}`)
    expect(() => patterns(given)).toThrow(said)
  })

  test('that takes too long is an error, and the process goes on', () => {
    expect(() => endless().matchesAny(line)).toThrow(
      '--grep was given "(a+)+$", which took more than 50 ms for one event',
    )
    expect(() => endless().rangesIn(line)).toThrow('which took more than 50 ms')
    const later = endless()
    expect(() => later.matchesAny(line)).toThrow('which took more')
    expect(later.matchesAny('aaa')).toBe(true)
  })
})

describe('what matches in a line', () => {
  const marked = (text: string, ...given: string[]): string =>
    changedAt(text, patterns(...given).rangesIn(text), (part) => `[${part}]`)

  test.each([
    [['o'], 'f[o][o] b[o][o]k'],
    [['o+', 'b'], 'f[oo] [boo]k'],
    [['foo b', 'oo'], '[foo boo]k'],
    [['x*'], 'foo book'],
    [['$'], 'foo book'],
    [['k$', '^f'], '[f]oo boo[k]'],
  ])('for %j is %s', (given, expected) => {
    expect(marked('foo book', ...given)).toBe(expected.replaceAll('][', ''))
  })
})
