import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../src/base/backoff.ts'
import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import {
  type Blocks,
  blockTransport,
  chooseSettled,
  chooseTransport,
  fallbackReason,
  isFruitless,
  nextCandidate,
  nextSettledTry,
  settledBackoff,
} from '../../src/connection/transport-blocks.ts'
import { type TransportName, transportNames } from '../../src/transports/contract.ts'
import { runsOf } from '../sample.ts'

const errorOf = (code: ErrorCode, details: Record<string, unknown> = {}): MesheryError =>
  new MesheryError(code, 'as scripted', { phase: 'upgrade', details })
const lost = errorOf('TRANSPORT_UNAVAILABLE')
const permanent = errorOf('TRANSPORT_UNAVAILABLE', { permanent: true })
const all = transportNames
const block = (blocks: Blocks, transport: TransportName, error: MesheryError, now: number): Blocks =>
  blockTransport(blocks, transport, { error, now })
/** The transport opened, and delivered nothing. */
const blockFruitless = (blocks: Blocks, transport: TransportName, error: MesheryError, now: number): Blocks =>
  blockTransport(blocks, transport, { error, now, fruitless: true })

describe('choose', () => {
  const now = 0
  it.each<[readonly TransportName[], readonly TransportName[], TransportName | undefined]>([
    [all, [], 'websocket'],
    [all, ['websocket'], 'sse'],
    [all, ['sse'], 'websocket'],
    [all, ['websocket', 'sse'], 'polling'],
    [all, ['websocket', 'sse', 'polling'], undefined],
    [['polling', 'websocket'], [], 'polling'],
    [['sse'], ['websocket'], 'sse'],
    [['sse'], ['sse'], undefined],
  ])('of %j without %j gives %s', (order, blocked, expected) => {
    const blocks = blocked.reduce<Blocks>((before, name) => block(before, name, lost, now), {})
    expect(chooseTransport(order, blocks)).toBe(expected)
  })
})

describe('the reason of a fallback', () => {
  const reasonOf = (transport: TransportName, blocks: Blocks): MesheryError | null =>
    fallbackReason({ fixed: { order: all }, blocks }, { transport })

  it('is null for the best transport, and where nothing better is blocked', () => {
    expect(reasonOf('websocket', block({}, 'sse', lost, 0))).toBeNull()
    expect(reasonOf('polling', {})).toBeNull()
  })

  it('is what blocks the next better transport', () => {
    const other = errorOf('TRANSPORT_UNAVAILABLE')
    const blocks = block(block({}, 'websocket', lost, 0), 'sse', other, 0)
    expect(reasonOf('sse', blocks)).toBe(lost)
    expect(reasonOf('polling', blocks)).toBe(other)
  })

  it('is one that can be removed, before one that is for good', () => {
    expect(reasonOf('polling', block(block({}, 'websocket', lost, 0), 'sse', permanent, 0))).toBe(lost)
    expect(reasonOf('polling', block({}, 'sse', permanent, 0))).toBe(permanent)
  })
})

describe('block', () => {
  it('is for 60 s, doubling each time to 10 min', () => {
    let blocks: Blocks = {}
    const waits: number[] = []
    for (let time = 0; time < 6; time++) {
      blocks = block(blocks, 'websocket', lost, 1_000)
      waits.push((blocks.websocket?.until ?? 0) - 1_000)
    }
    expect(waits).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
  })

  it.each([
    ['the server says that it has no such transport', permanent],
    ['the server does not know the document', errorOf('UNSUPPORTED')],
  ])('is for good where %s', (_, error) => {
    const blocks = block({}, 'websocket', error, 1_000)
    expect(blocks.websocket).toMatchObject({ until: Infinity, error })
    expect(nextCandidate(all, blocks, 'polling')).toBeUndefined()
  })

  it('is for as long as the server asked, where that is longer', () => {
    const asks = errorOf('TRANSPORT_UNAVAILABLE', { retryAfter: 3_600_000 })
    expect(block({}, 'websocket', asks, 1_000).websocket?.until).toBe(3_601_000)
  })

  it('leaves the other transports as they are', () => {
    const before = block({}, 'sse', permanent, 5)
    expect(block(before, 'websocket', lost, 7).sse).toBe(before.sse)
    expect(before.websocket).toBeUndefined()
  })
})

describe('wayBack', () => {
  it('leads to the better transport that is due first', () => {
    const blocks = block(block({}, 'sse', lost, 0), 'websocket', lost, 5_000)
    expect(nextCandidate(all, blocks, 'polling')).toEqual({ transport: 'sse', at: 60_000 })
    expect(nextCandidate(all, blocks, 'sse')).toEqual({ transport: 'websocket', at: 65_000 })
  })

  it('leads nowhere from the best, and not to what is worse than the current one', () => {
    expect(nextCandidate(all, block({}, 'sse', lost, 0), 'websocket')).toBeUndefined()
    expect(nextCandidate(all, {}, 'polling')).toBeUndefined()
  })

  it('leads to any that can be tried again if there is no current one', () => {
    const blocks = block(block(block({}, 'websocket', permanent, 0), 'sse', lost, 9), 'polling', lost, 3)
    expect(nextCandidate(all, blocks, undefined)).toEqual({ transport: 'polling', at: 60_003 })
  })
})

describe('settle', () => {
  const passing = new MesheryError('TRANSPORT_UNAVAILABLE', 'It answers 503', { phase: 'upgrade', retryable: true })
  type Row = readonly [TransportName, MesheryError, 'opens' | 'does not open']
  const rows: readonly (readonly [readonly Row[], boolean, TransportName | undefined])[] = [
    [
      [
        ['websocket', lost, 'does not open'],
        ['polling', lost, 'opens'],
      ],
      true,
      'polling',
    ],
    [
      [
        ['websocket', lost, 'opens'],
        ['sse', lost, 'opens'],
      ],
      true,
      'websocket',
    ],
    [
      [
        ['websocket', permanent, 'opens'],
        ['sse', lost, 'does not open'],
      ],
      true,
      'sse',
    ],
    [
      [
        ['websocket', permanent, 'does not open'],
        ['sse', permanent, 'does not open'],
      ],
      true,
      undefined,
    ],
    [
      [
        ['websocket', lost, 'does not open'],
        ['sse', passing, 'does not open'],
      ],
      false,
      'sse',
    ],
    [
      [
        ['websocket', lost, 'does not open'],
        ['sse', lost, 'does not open'],
      ],
      false,
      undefined,
    ],
  ]
  it.each(rows)('of %j, ever open %s: on %s', (given, everOpen, expected) => {
    const blocks = given.reduce<Blocks>(
      (all, [name, error, opens]) => (opens === 'opens' ? blockFruitless : block)(all, name, error, 0),
      {},
    )
    const order = given.map(([name]) => name)
    expect(chooseSettled(order, blocks, everOpen)).toBe(expected)
    expect(chooseSettled(order.toReversed(), blocks, everOpen) === undefined).toBe(expected === undefined)
  })

  it('waits 1 s, doubling to 30 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 60].map((tries) => backoffMs(settledBackoff, tries))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
    ])
  })

  it('tries another one whose block is over, else the same again', () => {
    const blocks = block(block(blockFruitless({}, 'websocket', lost, 0), 'sse', lost, 5), 'polling', permanent, 0)
    expect(nextSettledTry(all, blocks, 'websocket', 60_004)).toBe('websocket')
    expect(nextSettledTry(all, blocks, 'websocket', 60_005)).toBe('sse')
  })

  it.each<[ErrorCode, boolean, boolean]>([
    ['UNSUPPORTED', true, true],
    ['NOT_MESHERY', true, true],
    ['GRAPHQL_ERROR', true, true],
    ['NOT_MESHERY', false, false],
    ['SERVER_ERROR', true, false],
    ['CREDENTIALS_REFUSED', true, false],
  ])('takes %s beside a transport that opens (%s) for one more that cannot: %s', (code, opens, expected) => {
    expect(isFruitless((opens ? blockFruitless : block)({}, 'websocket', lost, 0), errorOf(code))).toBe(expected)
  })
})

describe('whatever is blocked, in whatever order', () => {
  const orders = fc.shuffledSubarray([...all], { minLength: 1 })
  const histories = fc.array(
    fc.record({ name: fc.constantFrom(...all), error: fc.constantFrom(lost, permanent), at: fc.nat(10_000_000) }),
    { maxLength: 30 },
  )
  const play = (history: typeof histories extends fc.Arbitrary<infer H> ? H : never): Blocks =>
    history.reduce<Blocks>((blocks, { name, error, at }) => block(blocks, name, error, at), {})

  it('the choice is the first allowed that is not blocked', () => {
    fc.assert(
      fc.property(orders, histories, (order, history) => {
        const blocks = play(history)
        const chosen = chooseTransport(order, blocks)
        const free = order.filter((name) => !history.some((entry) => entry.name === name))
        expect(chosen).toBe(free[0])
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('the way back is allowed, better than the current one, blocked for a time, and the soonest of such', () => {
    fc.assert(
      fc.property(orders, histories, fc.nat(), (order, history, pick) => {
        const blocks = play(history)
        const present = order[pick % order.length]
        const better = order.slice(0, present ? order.indexOf(present) : 0)
        const dues = better.map((name) => blocks[name]?.until ?? Infinity)
        const way = nextCandidate(order, blocks, present)
        expect(way?.at ?? Infinity).toBe(Math.min(Infinity, ...dues))
        if (way) expect(better).toContain(way.transport)
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('a block that is not for good lasts between one and ten minutes', () => {
    fc.assert(
      fc.property(histories, fc.nat(10_000_000), (history, now) => {
        for (const name of all) {
          const until = block(play(history), name, lost, now)[name]?.until ?? 0
          expect(until - now).toBeGreaterThanOrEqual(60_000)
          expect(until - now).toBeLessThanOrEqual(600_000)
        }
      }),
      { numRuns: runsOf(100) },
    )
  })
})
