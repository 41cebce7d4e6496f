import { expect, it, vi } from 'vitest'
import { spanMs } from '../../src/base/time-span.ts'
import { readSpan } from '../../src/cli/option-values.ts'
import { readEventsArguments } from '../../src/client/events-arguments.ts'

const spans = [
  ['500ms', 500],
  ['60s', 60_000],
  ['1.5h', 5_400_000],
  ['10m', 600_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
] as const

it.each(spans)('%s is a time span in the API and on the command line', (text, ms) => {
  expect(spanMs(text)).toBe(ms)
  expect(readSpan('timeout', text)).toBe(ms)
  using _clock = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  expect(readEventsArguments({ since: text }).beginning).toEqual({ from: 'ago', durationMs: ms })
})

it('a span before now counts from the call, however late the server tells its time', () => {
  using clock = vi.spyOn(performance, 'now').mockReturnValue(1_000)
  const { beginning } = readEventsArguments({ since: '10m' })
  clock.mockReturnValue(6_000)
  expect(beginning).toEqual({ from: 'ago', durationMs: 605_000 })
})

it.each(['', '5', 's', '-1s', '1 s', '1S', '1y', '1constructor', '.5s', '1.s', '1e3s', '1s2'])(
  '%j is not a time span',
  (text) => {
    expect(spanMs(text)).toBeUndefined()
    expect(() => readSpan('timeout', text)).toThrow('it takes a span such as 500ms, 60s, 10m or 2h')
  },
)
