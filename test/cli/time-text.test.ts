import { describe, expect, test } from 'vitest'
import { type TimeStyle, timeStyles, timeTextBy } from '../../src/cli/time-text.ts'

const time = '2026-03-01T10:20:30.123456Z'
const nowMs = Date.parse('2026-03-01T10:25:30.123Z')
const textBy = (style: TimeStyle, timeZone = 'Europe/Berlin') => timeTextBy(style, { now: () => nowMs, timeZone })

test.each([
  ['utc', 'Europe/Berlin', '2026-03-01T10:20:30.123Z', '2026-03-01T10:20:30Z'],
  ['local', 'Europe/Berlin', '2026-03-01T11:20:30.123+01:00', '2026-03-01T11:20:30+01:00'],
  ['local', 'America/St_Johns', '2026-03-01T06:50:30.123-03:30', '2026-03-01T06:50:30-03:30'],
  ['local', 'UTC', '2026-03-01T10:20:30.123+00:00', '2026-03-01T10:20:30+00:00'],
  ['short', 'Asia/Kolkata', '03-01 15:50:30', '03-01 15:50:30'],
  ['relative', 'UTC', '5m ago', '5m ago'],
] as const)('%s in %s', (style, timeZone, exact, brief) => {
  const text = textBy(style, timeZone)
  expect([text.exact(time), text.brief(time)]).toEqual([exact, brief])
})

describe('relative', () => {
  test.each([
    [0, '0s ago'],
    [59_999, '59s ago'],
    [60_000, '1m ago'],
    [7_199_000, '1h ago'],
    [86_400_000 * 40, '40d ago'],
    [-5_000, '0s ago'],
  ])('%i ms', (ageMs, expected) => {
    expect(textBy('relative').exact(new Date(nowMs - ageMs).toISOString())).toBe(expected)
  })
})

test.each(timeStyles)('%s has - for what is no time, and is as wide as it says', (style) => {
  const { exact, brief, width } = textBy(style)
  expect([exact(null), brief('soon'), exact('')]).toEqual(['-', '-', '-'])
  expect(exact(time).length).toBeLessThanOrEqual(width)
})

test.each([
  ['midnight', '2026-07-01T22:00:00Z', '2026-07-02T00:00:00+02:00'],
  ['a summer', '2026-07-01T10:00:00Z', '2026-07-01T12:00:00+02:00'],
])('local knows %s', (_, given, expected) => {
  expect(textBy('local').brief(given)).toBe(expected)
})

test.each([':/etc/localtime', 'CET-1CEST', ''])('a TZ that is no name (%j) is left to the system', (timeZone) => {
  const offset = /[+-]\d\d:\d\d$/
  expect(textBy('local', timeZone).brief(time)).toMatch(offset)
  expect(Date.parse(textBy('local', timeZone).brief(time))).toBe(Date.parse('2026-03-01T10:20:30Z'))
})
