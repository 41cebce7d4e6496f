import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { Notice, Status } from '../../src/connection/notice.ts'
import { idle } from '../../src/connection/retry-policy.ts'
import { StateOperation } from '../../src/states/state-operation.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import {
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
  turn,
} from './scripted-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Rig {
  readonly script: Script
  readonly tracker: StateOperation<{ readonly of: string }, Names>
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
  const tracker = new StateOperation({ stream: script.stream, wanted: { of: 'names' }, ids: ['1', '2'] }, context, {
    foundUnlistedIds: () => {},
    changed: () => values.push(tracker.value),
    opened: () => opened++,
    status: (status) => statuses.push(status),
    notice: (notice) => notices.push(notice),
    failed: (error) => failures.push(error),
  })
  tracker.start()
  const last = (): Joined => lastOf(joined)
  return { script, tracker, joined, values, notices, statuses, failures, opened: () => opened, last }
}

/** The connection goes down, and comes up again. */
const drop = ({ last }: Rig): void =>
  last().member.state({ ...idle, kind: 'waiting', attempt: 1, error: errorOf('CONNECTION_LOST') })

const gaps = ({ notices }: Rig) =>
  notices.flatMap((notice) => (notice.kind === 'gap' ? [[notice.complete, notice.reason?.code ?? null]] : []))

describe('a read beside pushes', () => {
  it('stands alone once the connection that pushed is down', async () => {
    const rig = start({ beside: (_, pushed) => pushed })
    rig.last().member.open()
    push(rig.last(), ['running'])
    drop(rig)
    rig.last().member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    rig.script.answer = () => ['stopped']
    await rig.last().member.operation.poll?.(new AbortController().signal)
    expect(rig.values).toEqual([['running'], ['stopped']])
    rig.tracker.close()
  })

  const beside = (read: Names, pushed: Names): Names => [...pushed.filter((name) => read.includes(name)), 'beside']

  it('takes the place of what was pushed, unless the stream puts one beside the other', async () => {
    for (const [options, expected] of [
      [{}, ['b', 'c']],
      [{ beside }, ['b', 'beside']],
    ] as const) {
      const rig = start({ ...options, live: 10_000 })
      rig.script.answer = () => ['b', 'c']
      rig.last().member.open()
      push(rig.last(), ['a', 'b'])
      await turn(10_000)
      expect(rig.tracker.value).toEqual(expected)
      rig.tracker.close()
    }
  })

  it('is put beside pushes alone, not beside an earlier read', async () => {
    const seen: (readonly string[])[] = []
    const rig = start({
      live: 10_000,
      beside: (read, pushed) => {
        seen.push(pushed)
        return [...read, ...pushed]
      },
    })
    rig.script.answer = () => ['read']
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(10_000)
    push(rig.last(), 'b')
    await turn(10_000)
    expect(seen).toEqual([['a'], ['a', 'b']])
    rig.tracker.close()
  })

  it('stands for itself where this connection has pushed nothing yet', async () => {
    const rig = start({ beside })
    rig.last().member.open()
    push(rig.last(), ['a', 'b'])
    drop(rig)
    rig.last().member.open()
    rig.script.answer = () => ['b', 'c']
    await turn(2_000)
    expect(rig.tracker.value).toEqual(['b', 'c'])
    rig.tracker.close()
  })
})

describe('what is pushed', () => {
  it('is taken whole at first, and merged from then on', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a', 'b'])
    push(rig.last(), ['c'])
    push(rig.last(), 'd')
    expect(rig.values).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ])
    await turn(5_000)
    expect(rig.script.reads).toEqual([])
    rig.tracker.close()
  })

  it('is taken whole each time over SSE', () => {
    const rig = start({}, ['sse'])
    rig.last().member.open()
    push(rig.last(), ['a', 'b'])
    push(rig.last(), ['c'])
    expect(rig.values).toEqual([['a', 'b'], ['c']])
    rig.tracker.close()
  })

  it('is taken whole again at first after each reconnection: what went meanwhile is gone', () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a', 'b'])
    drop(rig)
    rig.last().member.open()
    push(rig.last(), ['b'])
    push(rig.last(), 'c')
    expect(rig.values).toEqual([['a', 'b'], ['b'], ['b', 'c']])
    rig.tracker.close()
  })

  it('gives nothing when it is equal to what is known, and leaves the value the same object', () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a', 'b'])
    const { value } = rig.tracker
    for (let time = 0; time < 100; time++) push(rig.last(), ['b', 'a'])
    expect(rig.values).toHaveLength(1)
    expect(rig.tracker.value).toBe(value)
    rig.tracker.close()
  })

  it('tells of GraphQL errors beside data by a `partial` notice', () => {
    const rig = start()
    rig.last().member.open()
    rig.last().member.frame({ data: { names: ['a'] }, errors: [{ message: 'half of it' }] })
    expect(rig.notices).toEqual([{ kind: 'partial', errors: [{ message: 'half of it' }] }])
    expect(rig.values).toEqual([['a']])
    rig.tracker.close()
  })

  it('is read when it tells nothing, twice a second at most (law 11)', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().member.open()
    for (const wire of [null, 7, {}, undefined]) push(rig.last(), wire)
    await turn()
    expect(rig.script.reads).toHaveLength(1)
    for (let time = 0; time < 200; time++) {
      push(rig.last(), null)
      await turn(10)
    }
    expect(rig.script.reads.length).toBeLessThanOrEqual(5)
    expect(rig.values).toEqual([['read']])
    rig.tracker.close()
  })
})

describe('the first push', () => {
  it('is waited for 2 seconds; then the value is read', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().member.open()
    await turn(1_999)
    expect(rig.script.reads).toEqual([])
    await turn(1)
    expect(rig.script.reads).toEqual([['1', '2']])
    expect(rig.values).toEqual([['read']])
    rig.tracker.close()
  })

  it('that comes later still counts as whole', async () => {
    const rig = start()
    rig.script.answer = () => ['read']
    rig.last().member.open()
    await turn(2_000)
    push(rig.last(), ['a'])
    expect(rig.values).toEqual([['read'], ['a']])
    rig.tracker.close()
  })

  it('is waited for anew after a reconnection', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    drop(rig)
    rig.script.answer = () => ['read']
    rig.last().member.open()
    await turn(2_000)
    expect(rig.values).toEqual([['a'], ['read']])
    rig.tracker.close()
  })
})

describe('a read', () => {
  it('has what was pushed meanwhile merged on top of it', async () => {
    const rig = start()
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(60_000)
    expect(rig.script.reads).toHaveLength(1)
    push(rig.last(), 'pushed')
    answer.resolve(['read'])
    await turn()
    expect(rig.values).toEqual([['a'], ['a', 'pushed'], ['read', 'pushed']])
    rig.tracker.close()
  })

  it('keeps nothing of what was pushed while one before it failed', async () => {
    const rig = start()
    const first = later<Names>()
    rig.script.answer = () => first.promise
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(60_000)
    push(rig.last(), 'during the first')
    first.reject(errorOf('SERVER_ERROR', false))
    rig.script.answer = () => ['read']
    await turn(60_000)
    expect(rig.tracker.value).toEqual(['read'])
    rig.tracker.close()
  })

  it('comes at intervals while something pushes, and never where the stream says so', async () => {
    const [at, never] = [start(), start({ live: 0 })]
    for (const rig of [at, never]) {
      rig.last().member.open()
      push(rig.last(), ['a'])
    }
    await turn(180_000)
    expect([at.script.reads.length, never.script.reads.length]).toEqual([3, 0])
    at.tracker.close()
    never.tracker.close()
  })

  it('does not come at intervals while the connection is down', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    drop(rig)
    await turn(180_000)
    expect(rig.script.reads).toEqual([])
    rig.tracker.close()
  })

  it('does not come at intervals over SSE, where each push tells everything', async () => {
    const rig = start({}, ['sse'])
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(600_000)
    expect(rig.script.reads).toEqual([])
    rig.tracker.close()
    const signals = start({ signals: true }, ['sse'])
    signals.last().member.open()
    await turn(600_000)
    expect(signals.script.reads).toHaveLength(11)
    signals.tracker.close()
  })

  it('that fails while nothing was pushed is told, and so is the push that comes at last', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().member.open()
    await turn(20_000)
    expect(gaps(rig)).toEqual([[false, 'SERVER_ERROR']])
    push(rig.last(), ['a'])
    expect(gaps(rig)).toEqual([
      [false, 'SERVER_ERROR'],
      [true, null],
    ])
    rig.tracker.close()
  })

  it('that fails beside pushes ends nothing, and tells nothing', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(90_000)
    expect(rig.script.reads.length).toBeGreaterThan(1)
    push(rig.last(), 'b')
    expect([rig.values, rig.failures, rig.notices]).toEqual([[['a'], ['a', 'b']], [], []])
    rig.tracker.close()
  })

  it('that is refused is not tried again with the same credentials, unless a connection opens with them (law 9)', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('CREDENTIALS_REFUSED', false))
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(600_000)
    expect([rig.script.reads.length, rig.failures]).toEqual([1, []])
    drop(rig)
    rig.last().member.open()
    push(rig.last(), ['a'])
    await turn(60_000)
    expect([rig.script.reads.length, rig.failures]).toEqual([2, []])
    rig.tracker.close()
  })

  it('that fails for good ends it when nothing was ever pushed', async () => {
    const rig = start()
    rig.script.answer = () => Promise.reject(errorOf('NOT_MESHERY', false))
    rig.last().member.open()
    await turn(2_000)
    expect(rig.failures).toMatchObject([{ code: 'NOT_MESHERY' }])
    rig.tracker.close()
  })
})

describe('where pushes are only signals', () => {
  it('it is read as soon as the connection opens, and after each push', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(100)
    expect(rig.values).toEqual([['a']])
    rig.script.answer = () => ['b']
    push(rig.last(), 'anything')
    await turn(500)
    expect(rig.values).toEqual([['a'], ['b']])
    expect(rig.script.reads).toHaveLength(2)
    rig.tracker.close()
  })

  it('what is pushed right after the opening is read together with it', async () => {
    const rig = start({ signals: true })
    rig.last().member.open()
    for (const wire of ['patterns', 'filters']) push(rig.last(), wire)
    await turn(10_000)
    expect(rig.script.reads).toHaveLength(1)
    drop(rig)
    rig.last().member.open()
    push(rig.last(), 'patterns')
    await turn(10_000)
    expect(rig.script.reads).toHaveLength(2)
    rig.tracker.close()
  })

  it('an error that is hopeless at first is not when it was read before: somebody may mend it', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(100)
    rig.script.answer = () => Promise.reject(errorOf('GATEWAY_LOGIN', false))
    push(rig.last(), 'anything')
    await turn(20_000)
    expect([rig.failures, gaps(rig)]).toEqual([[], [[false, 'GATEWAY_LOGIN']]])
    rig.script.answer = () => ['b']
    await turn(10_000)
    expect([rig.values, gaps(rig).at(-1)]).toEqual([
      [['a'], ['b']],
      [true, null],
    ])
    rig.tracker.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['v0.8.100', []],
    ['v1.0.40', ['CREDENTIALS_REFUSED']],
  ])('a refusal ends it where it cannot be an outage of the provider (%s)', async (version, failures) => {
    const rig = start({ signals: true }, ['websocket'], version)
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(100)
    const refused = { phase: 'poll', details: { status: 302 } } as const
    rig.script.answer = () => Promise.reject(new MesheryError('CREDENTIALS_REFUSED', 'To the login', refused))
    push(rig.last(), 'anything')
    await turn(20_000)
    expect(rig.failures.map(({ code }) => code)).toEqual(failures)
    expect(rig.script.reads).toHaveLength(2)
    await turn(15_000)
    // Where it can be, it is tried once more, unchanged.
    expect(rig.script.reads).toHaveLength(failures.length > 0 ? 2 : 3)
    rig.tracker.close()
  })

  it.each<[string, Readonly<Record<string, unknown>>, Names]>([
    ['is made as soon as the connection is back', {}, ['b']],
    ['is not made sooner than the server asked for', { retryAfter: 600_000 }, ['a']],
  ])('a read that waits for its next try %s', async (_, details, newest) => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(100)
    const answer = new MesheryError('SERVER_ERROR', 'Not now', { phase: 'poll', details })
    rig.script.answer = () => Promise.reject(answer)
    push(rig.last(), 'anything')
    // By now it is tried every half minute.
    await turn(300_000)
    drop(rig)
    rig.script.answer = () => ['b']
    rig.last().member.open()
    await turn(600)
    expect(rig.values.at(-1)).toEqual(newest)
    rig.tracker.close()
    vi.restoreAllMocks()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a push during a read makes another one follow', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().member.open()
    await turn(100)
    push(rig.last(), 1)
    push(rig.last(), 2)
    rig.script.answer = () => ['new']
    answer.resolve(['old'])
    await turn(500)
    expect(rig.values).toEqual([['old'], ['new']])
    expect(rig.script.reads).toHaveLength(2)
    rig.tracker.close()
  })

  it('a read that fails is told by a `gap` that is not complete, tried again, and told again once it worked', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    rig.last().member.open()
    await turn(10_000)
    expect(rig.script.reads.length).toBeGreaterThan(2)
    expect(gaps(rig)).toEqual([[false, 'SERVER_ERROR']])
    rig.script.answer = () => ['at last']
    await turn(30_000)
    expect(rig.values).toEqual([['at last']])
    expect(gaps(rig)).toEqual([
      [false, 'SERVER_ERROR'],
      [true, null],
    ])
    rig.tracker.close()
  })
})

describe('a gap', () => {
  it('is told when the first push after it has come, with why it was', () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    drop(rig)
    expect(gaps(rig)).toEqual([])
    rig.last().member.open()
    expect(gaps(rig)).toEqual([])
    push(rig.last(), ['b'])
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    push(rig.last(), ['c'])
    expect(gaps(rig)).toHaveLength(1)
    rig.tracker.close()
  })

  it('is told when it was read after it, where pushes are only signals: by one read', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(1_000)
    drop(rig)
    await turn(1_000)
    expect(rig.script.reads).toHaveLength(1)
    rig.last().member.open()
    await turn(10_000)
    expect(rig.script.reads).toHaveLength(2)
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    rig.tracker.close()
  })

  it('is not closed by a read that began before the connection was up again', async () => {
    const rig = start({ signals: true })
    rig.script.answer = () => ['a']
    rig.last().member.open()
    await turn(1_000)
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    push(rig.last(), 'anything')
    await turn()
    drop(rig)
    answer.resolve(['b'])
    await turn(1_000)
    expect(rig.values).toEqual([['a'], ['b']])
    expect(gaps(rig)).toEqual([])
    rig.script.answer = () => ['c']
    rig.last().member.open()
    await turn(100)
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    rig.tracker.close()
  })

  it('that ends in polling is closed by the first poll', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    drop(rig)
    rig.last().member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    const { member, transport } = rig.last()
    expect(transport).toBe('polling')
    member.state({ ...idle, kind: 'connecting', attempt: 1 })
    rig.script.answer = () => ['b']
    await member.operation.poll?.(new AbortController().signal)
    member.open()
    expect(rig.values).toEqual([['a'], ['b']])
    expect(gaps(rig)).toEqual([[true, 'CONNECTION_LOST']])
    expect(rig.statuses.at(-1)).toMatchObject({ state: 'polling', transport: 'polling' })
    rig.tracker.close()
  })
})

describe('polling', () => {
  it('reads when it is told to, at the pace of the stream, and says whether anything is new', async () => {
    const rig = start({}, ['polling'])
    const { operation } = rig.last().member
    const { signal } = new AbortController()
    rig.script.answer = () => ['a']
    expect(operation.pollEvery).toBe(1_000)
    expect(await operation.poll?.(signal)).toBe(true)
    expect(await operation.poll?.(signal)).toBe(false)
    rig.script.answer = () => ['b']
    expect(await operation.poll?.(signal)).toBe(true)
    expect(rig.values).toEqual([['a'], ['b']])
    rig.tracker.close()
  })

  it('is worth another try, whatever the error, once it has worked on any transport', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    rig.last().member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR', false))
    const poll = rig.last().member.operation.poll?.(new AbortController().signal)
    await expect(poll).rejects.toMatchObject({ code: 'SERVER_ERROR', retryable: true })
    rig.tracker.close()
  })

  it('hands an error on to whoever polls', async () => {
    const rig = start({}, ['polling'])
    rig.script.answer = () => Promise.reject(errorOf('SERVER_ERROR'))
    await expect(rig.last().member.operation.poll?.(new AbortController().signal)).rejects.toMatchObject({
      code: 'SERVER_ERROR',
    })
    rig.script.answer = () => ['a']
    expect(await rig.last().member.operation.poll?.(new AbortController().signal)).toBe(true)
    rig.tracker.close()
  })

  it('never reads twice at once, whoever reads', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().member.open()
    await turn(100)
    const polled = rig.last().member.operation.poll?.(new AbortController().signal)
    await turn()
    expect(rig.script.reads).toHaveLength(1)
    answer.resolve(['a'])
    expect(await polled).toBe(false)
    expect(rig.script.reads).toHaveLength(2)
    rig.tracker.close()
  })
})

describe('its end', () => {
  it('leaves the operation, and no timer', async () => {
    const rig = start()
    rig.last().member.open()
    push(rig.last(), ['a'])
    rig.tracker.close()
    expect(rig.last().left).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    await turn(120_000)
    expect(rig.script.reads).toEqual([])
  })

  it('silences a read that is under way', async () => {
    const rig = start({ signals: true })
    const answer = later<Names>()
    rig.script.answer = () => answer.promise
    rig.last().member.open()
    await turn(100)
    rig.tracker.close()
    answer.resolve(['late'])
    await turn(1_000)
    expect([rig.values, rig.failures]).toEqual([[], []])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes by an error when no transport is left', () => {
    const rig = start({}, ['websocket'])
    rig.last().member.end(errorOf('TRANSPORT_UNAVAILABLE', false))
    expect(rig.failures).toMatchObject([{ code: 'NO_TRANSPORT' }])
    rig.tracker.close()
  })
})

it('the spellings of a document are tried in order, each with the same variables', () => {
  const rig = start({ documents: ['new', 'old'] })
  const graphql = () => rig.last().member.operation.graphql
  expect(graphql()).toEqual({ query: 'new', variables: { ids: ['1', '2'] } })
  rig.last().member.end(errorOf('UNSUPPORTED', false))
  expect(graphql()).toEqual({ query: 'old', variables: { ids: ['1', '2'] } })
  expect(rig.last().member.operation.sse).toBe('/names?1,2')
  rig.tracker.close()
})

it('a stream without documents is followed without WebSocket', () => {
  const rig = start({ documents: [] }, ['sse'])
  expect(rig.last().member.operation).toMatchObject({ sse: '/names?1,2' })
  expect(rig.last().member.operation.graphql).toBeUndefined()
  rig.tracker.close()
})

it('the status tells what carries it, why it is not live, and when it is tried again', () => {
  const rig = start()
  rig.last().member.state({ ...idle, kind: 'connecting', attempt: 1 })
  rig.last().member.open()
  drop(rig)
  expect(rig.statuses).toMatchObject([
    { state: 'connecting', transport: 'websocket', reason: null },
    { state: 'live', transport: 'websocket', reason: null },
    { state: 'waiting', transport: 'websocket', attempt: 1, reason: { code: 'CONNECTION_LOST' } },
  ])
  expect(rig.statuses[2]?.nextRetryAt).toBeInstanceOf(Date)
  expect(rig.opened()).toBe(1)
  rig.tracker.close()
})
