import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Output } from '../../src/cli/output.ts'
import { waitingReporter } from '../../src/cli/waiting-line.ts'
import { linesOf } from './in-process.ts'

const url = 'http://127.0.0.1:9'
const prefix = 'meshery-live: '

/** What is reported while a server does not answer, once a second, for the reason that `reasonAt` gives. */
function linesDuring(seconds: number, isTTY: boolean, reasonAt: (second: number) => string): string[] {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  let second = 0
  const onReason = waitingReporter(
    { url, connection: {}, verbose: false },
    { stderr: new Output(stream, { NO_COLOR: '1' }), now: () => second * 1_000, addressSource: () => 'MESHERY_URL' },
  )
  for (; second < seconds; second++) onReason(reasonAt(second))
  return linesOf(String(stream.read() ?? '')).map((line) => line.replace(prefix, ''))
}

const refused = (): string => 'connect ECONNREFUSED'

test('a wait is reported at once, and again at growing distance', () => {
  expect(linesDuring(100, false, refused)).toEqual([
    `waiting for the server at ${url} (from MESHERY_URL): connect ECONNREFUSED`,
    `still waiting for the server at ${url} after 10.0 s: connect ECONNREFUSED`,
    `still waiting for the server at ${url} after 30.0 s: connect ECONNREFUSED`,
    `still waiting for the server at ${url} after 1 min: connect ECONNREFUSED`,
  ])
})

test('a wait of a day is reported at most every ten minutes', () => {
  const lines = linesDuring(24 * 3_600, false, refused)
  expect(lines.length).toBeGreaterThan(140)
  expect(lines.length).toBeLessThan(160)
})

const changing = (second: number): string => (second < 3 ? 'connect ECONNREFUSED' : 'answers 503')

test('another reason is reported at once on a terminal', () => {
  expect(linesDuring(5, true, changing)).toEqual([
    `waiting for the server at ${url} (from MESHERY_URL): connect ECONNREFUSED`,
    `still waiting for the server at ${url} after 3.0 s: answers 503`,
  ])
})

test('another reason is reported with the next line in a pipe', () => {
  expect(linesDuring(11, false, changing)).toEqual([
    `waiting for the server at ${url} (from MESHERY_URL): connect ECONNREFUSED`,
    `still waiting for the server at ${url} after 10.0 s: answers 503`,
  ])
})
