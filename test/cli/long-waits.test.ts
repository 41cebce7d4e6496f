import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { commandContext } from '../../src/cli/context.ts'
import { noticeListener } from '../../src/cli/diagnostics.ts'
import { longWaits } from '../../src/cli/long-waits.ts'
import { noticePrinter } from '../../src/cli/notice-text.ts'
import { type Status, statusOf } from '../../src/connection/notice.ts'
import { MesheryError } from '../../src/index.ts'
import { linesOf } from './in-process.ts'

/** The seconds at which a notice is picked, of statuses that come at these seconds. */
function picked(statuses: readonly (readonly [second: number, state: Status['state']])[]): number[] {
  let second = 0
  const isOfLongWait = longWaits(() => second * 1_000)
  return statuses
    .filter(([at, state]) => {
      second = at
      const nextRetryAt = state === 'waiting' ? new Date((at + 1) * 1_000) : null
      return isOfLongWait({ kind: 'status', ...statusOf(state, { nextRetryAt }) })
    })
    .map(([at]) => at)
}

const every = (seconds: number, from: number, to: number): (readonly [number, Status['state']])[] =>
  Array.from({ length: Math.ceil((to - from) / seconds) }, (_, step) => [from + step * seconds, 'waiting'] as const)

test('a short wait is not reported, nor its end', () => {
  expect(picked([[0, 'live'], ...every(2, 1, 10), [10, 'connecting'], [10, 'live']])).toEqual([])
})

test('a long wait is reported when it has become long, at growing distance, and at its end', () => {
  expect(picked([[0, 'live'], ...every(1, 1, 100), [120, 'live'], [130, 'live']])).toEqual([11, 21, 41, 81, 120])
})

test('a wait whose next try is far, or unknown, is reported at once, and its repetition too', () => {
  for (const nextRetryAt of [new Date(600_000), null]) {
    const waitedMs = longWaits(() => 0)({ kind: 'status', ...statusOf('waiting', { nextRetryAt }) })
    expect(waitedMs).toBe(0)
  }
  const lines: string[] = []
  let atMs = 0
  const print = noticePrinter(
    (text) => lines.push(text),
    'events',
    () => atMs,
  )
  const isOfLongWait = longWaits(() => atMs)
  for (; atMs < 3_600_000; atMs += 600_000) {
    const notice = { kind: 'status', ...statusOf('waiting', { nextRetryAt: new Date(atMs + 600_000) }) } as const
    print(notice, isOfLongWait(notice))
  }
  expect(lines).toHaveLength(6)
  expect(lines[0]).not.toContain('away for')
  expect(lines[5]).toMatch(/\(away for 50(\.0)? min\)/)
})

test('the next wait begins anew', () => {
  const statuses = [...every(1, 0, 15), [15, 'polling'], ...every(1, 20, 29), [29, 'live']] as const
  expect(picked(statuses)).toEqual([10, 15])
})

test('a wait that goes on between tries counts as one', () => {
  const statuses = [0, 4, 8, 12].flatMap(
    (at) =>
      [
        [at, 'waiting'],
        [at + 1, 'connecting'],
      ] as const,
  )
  expect(picked(statuses)).toEqual([12])
})

test('a command in a pipe writes a line about a long wait, with the reason, and one at its end, with how long it took', () => {
  const stderr = new PassThrough({ encoding: 'utf8' })
  let second = 0
  const io = { stdout: new PassThrough(), stderr, env: {}, signals: new EventEmitter(), now: () => second * 1_000 }
  const context = commandContext(io, new AbortController().signal)
  const listener = noticeListener({ context, verbose: false, about: 'events' })
  const reason = new MesheryError('CONNECTION_REFUSED', 'nothing listens', { phase: 'tcp' })
  for (; second < 15; second += 5) {
    const nextRetryAt = new Date(second * 1_000 + 2_000)
    listener({ kind: 'status', ...statusOf('waiting', { transport: 'sse', reason, nextRetryAt }) })
  }
  listener({ kind: 'status', ...statusOf('live', { transport: 'sse' }) })
  expect(linesOf(String(stderr.read()))).toEqual([
    'meshery-live: waiting: nothing listens (CONNECTION_REFUSED); next try in 2.0 s (away for 10.0 s)',
    'meshery-live: live over sse (back after 15.0 s)',
  ])
})
