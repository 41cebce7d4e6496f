import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { Notice, Status } from '../../src/connection/notice.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { StateOperation } from '../../src/states/state-operation.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { sampled } from '../sample.ts'
import {
  advance,
  errorOf,
  type Joined,
  lastOf,
  later,
  type Names,
  push,
  type Script,
  type ScriptOptions,
  scripted,
  scriptedContext,
} from './scripted-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  readonly script: Script
  readonly operation: StateOperation<{ readonly of: string }, Names>
  readonly joined: Joined[]
  /** The value at each change. */
  readonly values: (Names | undefined)[]
  readonly notices: Notice[]
  readonly statuses: Status[]
  readonly failures: MesheryError[]
  readonly opened: () => number
  readonly last: () => Joined
}

function start(options: ScriptOptions = {}, order?: readonly TransportName[], version?: string): Rig {
  const script = scripted(options)
  const { context: plain, joined } = scriptedContext(order)
  const context = version === undefined ? plain : { ...plain, version: async () => version }
  const [values, notices, statuses, failures]: [(Names | undefined)[], Notice[], Status[], MesheryError[]] = [
    [],
    [],
    [],
    [],
  ]
  let opened = 0
  const operation = new StateOperation({ stream: script.stream, wanted: { of: 'names' }, ids: ['1', '2'] }, context, {
    foundUnlistedIds: () => {},
    changed: () => values.push(operation.value),
    opened: () => opened++,
    status: (status) => statuses.push(status),
    notice: (notice) => notices.push(notice),
    failed: (error) => failures.push(error),
  })
  operation.start()
  const last = (): Joined => lastOf(joined)
  return { script, operation, joined, values, notices, statuses, failures, opened: () => opened, last }
}

/** The connection drops and waits for its next dial. */
const drop = ({ last }: Rig): void =>
  last().listener.state({ ...idle, kind: 'waiting', attempt: 1, error: errorOf('CONNECTION_LOST') })

const gaps = ({ notices }: Rig) =>
  notices.flatMap((notice) => (notice.kind === 'gap' ? [[notice.complete, notice.reason?.code ?? null]] : []))

describe('a read beside pushes', () => {
  it('is the only value once the connection that pushed is down', async () => {
    const rig = start({ beside: (_, pushed) => pushed })
    rig.last().listener.open()
    push(rig.last(), ['running'])
    drop(rig)
    rig.last().listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    rig.script.answer = () => ['stopped']
    await rig.last().listener.operation.poll?.(new AbortController().signal)
    expect(rig.values).toEqual([['running'], ['stopped']])
    rig.operation.close()
  })

  const beside = (read: Names, pushed: Names): Names => [...pushed.filter((name) => read.includes(name)), 'beside']

  it('replaces what was pushed, unless the stream merges the two', async () => {
    for (const [options, expected] of [
      [{}, ['b', 'c']],
      [{ beside }, ['b', 'beside']],
    ] as const) {
      const rig = start({ ...options, live: 10_000 })
      rig.script.answer = () => ['b', 'c']
      rig.last().listener.open()
      push(rig.last(), ['a', 'b'])
      await advance(10_000)
      expect(rig.operation.value).toEqual(expected)
      rig.operation.close()
    }
  })

  it('is merged with pushes only, not with an earlier read', async () => {
    const seen: (readonly string[])[] = []
    const rig = start({
      live: 10_000,
      beside: (read, pushed) => {
        seen.push(pushed)
        return [...read, ...pushed]
      },
    })
    rig.script.answer = () => ['read']
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(10_000)
    push(rig.last(), 'b')
    await advance(10_000)
    expect(seen).toEqual([['a'], ['a', 'b']])
    rig.operation.close()
  })

  it('replaces everything while this connection has not pushed yet', async () => {
    const rig = start({ beside })
    rig.last().listener.open()
    push(rig.last(), ['a', 'b'])
    drop(rig)
    rig.last().listener.open()
    rig.script.answer = () => ['b', 'c']
    await advance(2_000)
    expect(rig.operation.value).toEqual(['b', 'c'])
    rig.operation.close()
  })
})

describe('what is pushed', () => {
  it('is complete at first, and merged from then on', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a', 'b'])
    push(rig.last(), ['c'])
    push(rig.last(), 'd')
    expect(rig.values).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ])
    await advance(5_000)
    expect(rig.script.reads).toEqual([])
    rig.operation.close()
  })

  it('is complete each time over SSE', () => {
    const rig = start({}, ['sse'])
    rig.last().listener.open()
    push(rig.last(), ['a', 'b'])
    push(rig.last(), ['c'])
    expect(rig.values).toEqual([['a', 'b'], ['c']])
    rig.operation.close()
  })

  it('is complete again at first after each reconnection: what was removed meanwhile is gone', () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a', 'b'])
    drop(rig)
    rig.last().listener.open()
    push(rig.last(), ['b'])
    push(rig.last(), 'c')
    expect(rig.values).toEqual([['a', 'b'], ['b'], ['b', 'c']])
    rig.operation.close()
  })

  it('gives nothing when it equals the known value, which remains the same object', () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a', 'b'])
    const { value } = rig.operation
    for (let time = 0; time < 100; time++) push(rig.last(), ['b', 'a'])
    expect(rig.values).toHaveLength(1)
    expect(rig.operation.value).toBe(value)
    rig.operation.close()
  })

  it('reports GraphQL errors beside data by a `partial` notice', () => {
    const rig = start()
    rig.last().listener.open()
    rig.last().listener.frame({ data: { names: ['a'] }, errors: [{ message: 'half of it' }] })
    expect(rig.notices).toEqual([{ kind: 'partial', errors: [{ message: 'half of it' }] }])
    expect(rig.values).toEqual([['a']])
    rig.operation.close()
  })

  it('starts a read when it contains nothing, twice a second at most (law 11)', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().listener.open()
    for (const wire of [null, 7, {}, undefined]) push(rig.last(), wire)
    await advance()
    expect(rig.script.reads).toHaveLength(1)
    for (let time = 0; time < 200; time++) {
      push(rig.last(), null)
      await advance(10)
    }
    expect(rig.script.reads.length).toBeLessThanOrEqual(5)
    expect(rig.values).toEqual([['read']])
    rig.operation.close()
  })
})

describe('the first push', () => {
  it('is awaited for 2 seconds; then the value is read', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().listener.open()
    await advance(1_999)
    expect(rig.script.reads).toEqual([])
    await advance(1)
    expect(rig.script.reads).toEqual([['1', '2']])
    expect(rig.values).toEqual([['read']])
    rig.operation.close()
  })

  it('still counts as complete when it comes later', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().listener.open()
    await advance(2_000)
    push(rig.last(), ['a'])
    expect(rig.values).toEqual([['read'], ['a']])
    rig.operation.close()
  })

  it('is awaited again after a reconnection', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    drop(rig)
    rig.script.answer = () => ['read']
    rig.last().listener.open()
    await advance(2_000)
    expect(rig.values).toEqual([['a'], ['read']])
    rig.operation.close()
  })
})

describe('a read', () => {
  it('is merged with the pushes that came meanwhile', async () => {
    const rig = start()
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(60_000)
    expect(rig.script.reads).toHaveLength(1)
    push(rig.last(), 'pushed')
    answer.resolve(['read'])
    await advance()
    expect(rig.values).toEqual([['a'], ['a', 'pushed'], ['read', 'pushed']])
    rig.operation.close()
  })

  it('drops the pushes that came during an earlier read that failed', async () => {
    const rig = start()
    const first = later<Names>()
    rig.script.answer = () => first.promise
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(60_000)
    push(rig.last(), 'during the first')
    first.reject(errorOf('SERVER_ERROR', false))
    rig.script.answer = () => ['read']
    await advance(60_000)
    expect(rig.operation.value).toEqual(['read'])
    rig.operation.close()
  })

  it('repeats at intervals while a connection pushes, and never where the stream forbids it', async () => {
    const [at, never] = [start(), start({ live: 0 })]
    for (const rig of [at, never]) {
      rig.last().listener.open()
      push(rig.last(), ['a'])
    }
    await advance(180_000)
    expect([at.script.reads.length, never.script.reads.length]).toEqual([3, 0])
    at.operation.close()
    never.operation.close()
  })

  it('does not come at intervals while the connection is down', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    drop(rig)
    await advance(180_000)
    expect(rig.script.reads).toEqual([])
    rig.operation.close()
  })

  it('does not repeat at intervals over SSE, where each push is complete', async () => {
    const rig = start({}, ['sse'])
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(600_000)
    expect(rig.script.reads).toEqual([])
    rig.operation.close()
    const signals = start({ signals: true }, ['sse'])
    signals.last().listener.open()
    await advance(600_000)
    expect(signals.script.reads).toHaveLength(11)
    signals.operation.close()
  })

  it('is reported when it fails before any push, and so is the later push', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().listener.open()
    await advance(20_000)
    expect(gaps(rig)).toEqual([[false, 'SERVER_ERROR']])
    push(rig.last(), ['a'])
    expect(gaps(rig)).toEqual([
      [false, 'SERVER_ERROR'],
      [true, null],
    ])
    rig.operation.close()
  })

  it('ends nothing and reports nothing when it fails beside pushes', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(90_000)
    expect(rig.script.reads.length).toBeGreaterThan(1)
    push(rig.last(), 'b')
    expect([rig.values, rig.failures, rig.notices]).toEqual([[['a'], ['a', 'b']], [], []])
    rig.operation.close()
  })

  it('is tried again with refused credentials as long as a connection is open with them (law 9)', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('CREDENTIALS_REFUSED', false))
    rig.last().listener.open()
    push(rig.last(), ['a'])
    await advance(600_000)
    expect(rig.failures).toEqual([])
    const { length } = rig.script.reads
    // Less and less often, up to every 30 s.
    expect(length).toBeGreaterThan(20)
    expect(length).toBeLessThan(100)
    const refused = errorOf('CREDENTIALS_REFUSED', false)
    rig.last().listener.state({ ...idle, kind: 'refused', attempt: 1, error: refused })
    await advance(600_000)
    // The read that was due and the one that was requested meanwhile, each once more.
    expect(rig.script.reads.length - length).toBeLessThanOrEqual(4)
    rig.operation.close()
  })

  it.each(['NOT_MESHERY', 'CREDENTIALS_REFUSED'] as const)(
    'ends the operation by a permanent error when nothing was ever pushed (%s)',
    async (code) => {
      const rig = start()
      rig.script.answer = () => Promise.reject(errorOf(code, false))
      rig.last().listener.open()
      await advance(2_000)
      expect(rig.failures).toMatchObject([{ code }])
      rig.operation.close()
    },
  )
})

describe('where pushes are only signals', () => {
  it('the value is read as soon as the connection opens, and after each push', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(100)
    expect(rig.values).toEqual([['a']])
    rig.script.answer = () => ['b']
    push(rig.last(), 'anything')
    await advance(500)
    expect(rig.values).toEqual([['a'], ['b']])
    expect(rig.script.reads).toHaveLength(2)
    rig.operation.close()
  })

  it('a push right after the opening is answered by the same read', async () => {
    const rig = start({ signals: true })
    rig.last().listener.open()
    for (const wire of ['patterns', 'filters']) push(rig.last(), wire)
    await advance(10_000)
    expect(rig.script.reads).toHaveLength(1)
    drop(rig)
    rig.last().listener.open()
    push(rig.last(), 'patterns')
    await advance(10_000)
    expect(rig.script.reads).toHaveLength(2)
    rig.operation.close()
  })

  it('a permanent error at first is retryable once a read worked: the server may recover', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(100)
    rig.script.answer = () => Promise.reject(errorOf('GATEWAY_LOGIN', false))
    push(rig.last(), 'anything')
    await advance(20_000)
    expect([rig.failures, gaps(rig)]).toEqual([[], [[false, 'GATEWAY_LOGIN']]])
    rig.script.answer = () => ['b']
    await advance(10_000)
    expect([rig.values, gaps(rig).at(-1)]).toEqual([
      [['a'], ['b']],
      [true, null],
    ])
    rig.operation.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each(sampled(['v0.8.100', 'v1.0.40'], 1))('a refusal of the reads alone ends nothing (%s)', async (version) => {
    const rig = start({ signals: true }, ['websocket'], version)
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(100)
    const refused = { phase: 'poll', details: { status: 302 } } as const
    rig.script.answer = () => Promise.reject(new MesheryError('CREDENTIALS_REFUSED', 'To the login', refused))
    push(rig.last(), 'anything')
    await advance(300_000)
    expect([rig.failures, gaps(rig)]).toEqual([[], [[false, 'CREDENTIALS_REFUSED']]])
    rig.script.answer = () => ['b']
    await advance(30_000)
    expect([rig.values, gaps(rig).at(-1)]).toEqual([
      [['a'], ['b']],
      [true, null],
    ])
    rig.operation.close()
  })

  it.each<[string, Readonly<Record<string, unknown>>, Names]>([
    ['comes as soon as the connection is open again', {}, ['b']],
    ["comes no earlier than the server's Retry-After", { retryAfter: 600_000 }, ['a']],
  ])('a read that waits for its next try %s', async (_, details, newest) => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(100)
    const answer = new MesheryError('SERVER_ERROR', 'Not now', { phase: 'poll', details })
    rig.script.answer = () => Promise.reject(answer)
    push(rig.last(), 'anything')
    // By now it is tried every half minute.
    await advance(300_000)
    drop(rig)
    rig.script.answer = () => ['b']
    rig.last().listener.open()
    await advance(600)
    expect(rig.values.at(-1)).toEqual(newest)
    rig.operation.close()
    vi.restoreAllMocks()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a push during a read causes another one', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().listener.open()
    await advance(100)
    push(rig.last(), 1)
    push(rig.last(), 2)
    rig.script.answer = () => ['new']
    answer.resolve(['old'])
    await advance(500)
    expect(rig.values).toEqual([['old'], ['new']])
    expect(rig.script.reads).toHaveLength(2)
    rig.operation.close()
  })

  it('a failed read is reported by an incomplete `gap` and retried, and the recovery is reported', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().listener.open()
    await advance(10_000)
    expect(rig.script.reads.length).toBeGreaterThan(2)
    expect(gaps(rig)).toEqual([[false, 'SERVER_ERROR']])
    rig.script.answer = () => ['at last']
    await advance(30_000)
    expect(rig.values).toEqual([['at last']])
    expect(gaps(rig)).toEqual([
      [false, 'SERVER_ERROR'],
      [true, null],
    ])
    rig.operation.close()
  })
})

describe('a gap', () => {
  it('is reported with its reason when the first push after it has come', () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    drop(rig)
    expect(gaps(rig)).toEqual([])
    rig.last().listener.open()
    expect(gaps(rig)).toEqual([])
    push(rig.last(), ['b'])
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    push(rig.last(), ['c'])
    expect(gaps(rig)).toHaveLength(1)
    rig.operation.close()
  })

  it('is reported after one read where pushes are only signals', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(1_000)
    drop(rig)
    await advance(1_000)
    expect(rig.script.reads).toHaveLength(1)
    rig.last().listener.open()
    await advance(10_000)
    expect(rig.script.reads).toHaveLength(2)
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    rig.operation.close()
  })

  it('is not closed by a read that began before the connection was open again', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().listener.open()
    await advance(1_000)
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    push(rig.last(), 'anything')
    await advance()
    drop(rig)
    answer.resolve(['b'])
    await advance(1_000)
    expect(rig.values).toEqual([['a'], ['b']])
    expect(gaps(rig)).toEqual([])
    rig.script.answer = () => ['c']
    rig.last().listener.open()
    await advance(100)
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    rig.operation.close()
  })

  it('that ends in polling is closed by the first poll', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    drop(rig)
    rig.last().listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    const { listener, transport } = rig.last()
    expect(transport).toBe('polling')
    listener.state({ ...idle, kind: 'connecting', attempt: 1 })
    rig.script.answer = () => ['b']
    await listener.operation.poll?.(new AbortController().signal)
    listener.open()
    expect(rig.values).toEqual([['a'], ['b']])
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    expect(rig.statuses.at(-1)).toMatchObject({ state: 'polling', transport: 'polling' })
    rig.operation.close()
  })
})

describe('polling', () => {
  it('reads on each poll, at the interval of the stream, and reports whether the value is new', async () => {
    const rig = start({}, ['polling'])
    const { operation } = rig.last().listener
    const { signal } = new AbortController()
    rig.script.answer = () => ['a']
    expect(operation.pollEvery).toBe(1_000)
    expect(await operation.poll?.(signal)).toBe(true)
    expect(await operation.poll?.(signal)).toBe(false)
    rig.script.answer = () => ['b']
    expect(await operation.poll?.(signal)).toBe(true)
    expect(rig.values).toEqual([['a'], ['b']])
    rig.operation.close()
  })

  it('is retryable after any error once it has worked on any transport', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    rig.last().listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR', false))
    const poll = rig.last().listener.operation.poll?.(new AbortController().signal)
    await expect(poll).rejects.toMatchObject({ code: 'SERVER_ERROR', retryable: true })
    rig.operation.close()
  })

  it('passes an error on to the polling transport', async () => {
    const rig = start({}, ['polling'])
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    await expect(rig.last().listener.operation.poll?.(new AbortController().signal)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    })
    rig.script.answer = () => ['a']
    expect(await rig.last().listener.operation.poll?.(new AbortController().signal)).toBe(true)
    rig.operation.close()
  })

  it('never runs two reads at once', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().listener.open()
    await advance(100)
    const polled = rig.last().listener.operation.poll?.(new AbortController().signal)
    await advance()
    expect(rig.script.reads).toHaveLength(1)
    answer.resolve(['a'])
    expect(await polled).toBe(false)
    expect(rig.script.reads).toHaveLength(2)
    rig.operation.close()
  })
})

describe('the end of an operation', () => {
  it('leaves the connection, and no timer', async () => {
    const rig = start()
    rig.last().listener.open()
    push(rig.last(), ['a'])
    rig.operation.close()
    expect(rig.last().left).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    await advance(120_000)
    expect(rig.script.reads).toEqual([])
  })

  it('drops the result of a running read', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().listener.open()
    await advance(100)
    rig.operation.close()
    answer.resolve(['late'])
    await advance(1_000)
    expect([rig.values, rig.failures]).toEqual([[], []])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes with an error when no transport is left', () => {
    const rig = start({}, ['websocket'])
    rig.last().listener.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    expect(rig.failures).toMatchObject([{ code: 'NO_TRANSPORT' }])
    rig.operation.close()
  })
})

it('the variants of a document are tried in order, each with the same variables', () => {
  const rig = start({ documents: ['new', 'old'] })
  const graphql = () => rig.last().listener.operation.graphql
  expect(graphql()).toEqual({ query: 'new', variables: { ids: ['1', '2'] } })
  rig.last().listener.end(errorOf('UNSUPPORTED', false))
  expect(graphql()).toEqual({ query: 'old', variables: { ids: ['1', '2'] } })
  expect(rig.last().listener.operation.sse).toBe('/names?1,2')
  rig.operation.close()
})

it('a stream without documents does not use WebSocket', () => {
  const rig = start({ documents: [] }, ['sse'])
  expect(rig.last().listener.operation).toMatchObject({ sse: '/names?1,2' })
  expect(rig.last().listener.operation.graphql).toBeUndefined()
  rig.operation.close()
})

it('the status contains the transport, why it is not live, and when it is retried', () => {
  const rig = start()
  rig.last().listener.state({ ...idle, kind: 'connecting', attempt: 1 })
  rig.last().listener.open()
  drop(rig)
  expect(rig.statuses).toMatchObject([
    { state: 'connecting', transport: 'websocket', reason: null },
    { state: 'live', transport: 'websocket', reason: null },
    { state: 'waiting', transport: 'websocket', attempt: 1, reason: { code: 'CONNECTION_LOST' } },
  ])
  expect(rig.statuses[2]?.nextRetryAt).toBeInstanceOf(Date)
  expect(rig.opened()).toBe(1)
  rig.operation.close()
})
