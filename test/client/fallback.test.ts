import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ErrorCode, TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { gotAll, hasty, isLive, lastOne, until, type Watching, watch, worksOver } from './watching.ts'

/** Subscribes over this transport, with nothing lost and no duplicates. */
const goesOver = async (
  watching: Watching,
  transport: TransportName,
  fake: FakeMeshery,
  why?: ErrorCode | null,
): Promise<void> => {
  await until(() => expect(watching.subscription.status).toMatchObject(worksOver(transport, why)))
  fake.events.add()
  await gotAll(watching, fake.events.rows)
}

const dials = (fake: FakeMeshery, transport: TransportName): number =>
  fake.stats.dials.filter((dial) => dial.transport === transport).length

describe.concurrent('an unavailable transport', () => {
  it.each(
    sampled<[Release, TransportName]>(
      [
        ['v0.6', 'polling'],
        ['v0.8', 'polling'],
        ['v1.0', 'polling'],
        ['v1.0.52', 'sse'],
        ['current', 'sse'],
      ],
      2,
      'blocked WebSockets',
    ),
  )('where WebSockets are blocked, %s uses %s', async (release, transport) => {
    await using fake = await startFakeMeshery({ release })
    fake.faults.block('websocket')
    await using watching = watch(fake.url)
    await watching.subscription.ready
    fake.events.add()
    await goesOver(watching, transport, fake)
  })

  it.each(sampled(['v1.0.52', 'current'] as const, 1, 'buffered SSE'))(
    'where a proxy buffers SSE, %s is polled',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      fake.faults.block('sse')
      await using watching = watch(fake.url, { options: { timeouts: { ...hasty.timeouts, firstByte: 300 } } })
      await isLive(watching)
      // Buffered too, but stored.
      fake.events.add()
      await goesOver(watching, 'polling', fake)
    },
  )

  // Alone: beside others a connection may be cut before it has opened.
  it.sequential.each(
    sampled<[Release, TransportName, number]>(
      [
        ['v0.8', 'websocket', 3],
        // The first connection answers to the document of v0.8 that its schema differs, unless it is cut before that.
        ['v1.0', 'websocket', 4],
        ['current', 'sse', 3],
      ],
      1,
    ),
  )(
    '%s is polled after its %s connection was cut soon after it opened, three times',
    async (release, transport, count) => {
      await using fake = await startFakeMeshery({ release })
      // Long enough to open on a busy machine, and too short to count as a connection that lived.
      fake.faults.cutYoung(1_000)
      await using watching = watch(fake.url)
      await watching.subscription.ready
      await goesOver(watching, 'polling', fake)
      expect([3, count]).toContain(dials(fake, transport))
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )

  it.each(
    sampled<[Release, TransportName]>(
      [
        ['v0.8', 'websocket'],
        ['current', 'sse'],
      ],
      1,
      'only transport',
    ),
  )('%s: the only allowed transport is retried within seconds, and a notice reports it', async (release, transport) => {
    await using fake = await startFakeMeshery({ release })
    fake.faults.cutYoung(250)
    await using watching = watch(fake.url, { options: { transports: [transport] } })
    await until(() => expect(dials(fake, transport)).toBe(3))
    const reason = { code: 'TRANSPORT_UNAVAILABLE' }
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'waiting', transport, reason }))
    expect(watching.subscription.status.nextRetryAt).toBeInstanceOf(Date)
    fake.events.add()
    fake.faults.cutYoung(undefined)
    await goesOver(watching, transport, fake)
  })

  it('ends the subscription where it is the only one allowed and never worked', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using watching = watch(fake.url, { options: { transports: ['websocket'] } })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'NO_TRANSPORT', retryable: false })
    expect(error.remedy).toMatch(/`transports`/)
    expect(error.message).toMatch(/transport not supported/)
  })

  it.each(
    sampled<[Release, readonly TransportName[], TransportName, ErrorCode | null]>(
      [
        ['v0.8', ['polling'], 'polling', null],
        ['v0.8', ['polling', 'websocket'], 'polling', null],
        ['v1.0.52', ['websocket', 'polling'], 'polling', 'UNSUPPORTED'],
        ['current', ['polling', 'sse'], 'polling', null],
        ['v1.0', ['sse', 'websocket'], 'websocket', null],
      ],
      2,
      'allowed transports',
    ),
  )('%s with the transports %j uses %s', async (release, transports, expected, why) => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { transports } })
    await watching.subscription.ready
    await goesOver(watching, expected, fake, why)
  })
})

describe.concurrent('a server that becomes another release', () => {
  it.each(
    sampled<[readonly (readonly [Release, TransportName])[]]>(
      [
        [
          [
            ['v1.0', 'websocket'],
            ['v0.6', 'websocket'],
            ['v0.7', 'websocket'],
            ['v0.8', 'websocket'],
          ],
        ],
        [
          [
            ['v0.8', 'websocket'],
            ['current', 'sse'],
            ['v0.8', 'websocket'],
          ],
        ],
        [
          [
            ['current', 'sse'],
            ['v1.0', 'websocket'],
            ['current', 'sse'],
          ],
        ],
        [
          [
            ['v0.6', 'websocket'],
            ['v1.0', 'websocket'],
            ['v1.0.52', 'sse'],
            ['v0.8', 'websocket'],
          ],
        ],
        [
          [
            ['v1.0.52', 'sse'],
            ['v0.6', 'websocket'],
            ['v1.0.52', 'sse'],
            ['current', 'sse'],
          ],
        ],
      ],
      2,
      'another release',
    ),
  )('%j', async (steps) => {
    const [[first] = ['current'] as const] = steps
    await using fake = await startFakeMeshery({ release: first })
    await using watching = watch(fake.url)
    await watching.subscription.ready
    for (const [index, [release, transport]] of steps.entries()) {
      if (index > 0) {
        await fake.become(release)
        // While the client does not receive.
        fake.events.add()
      }
      await goesOver(watching, transport, fake)
    }
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  })
})

describe.concurrent('a gateway that answers every request itself, after events came', () => {
  const cases = (['v0.8', 'v1.0.52', 'current'] as const).flatMap((release) =>
    ([400, 404, 405, 422] as const).map((status) => [release, status] as const),
  )

  it.each(sampled(cases, 1))('causes a wait for the server: %s, %d', async (release, status) => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url)
    await isLive(watching)
    await lastOne(watching, fake)
    fake.faults.answer('everything', status)
    fake.faults.cut()
    fake.events.add()
    // All transports were tried once the status is `waiting`.
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'waiting', attempt: 2 }))
    fake.faults.answer('everything', undefined)
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  })
})

describe.concurrent('an operation that ends does not end the subscription', () => {
  it.each(sampled(['v0.8', 'v1.0'] as const, 1, 'complete'))(
    'on %s, where the server sends `complete`',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      await using watching = watch(fake.url)
      await isLive(watching)
      fake.events.add()
      await gotAll(watching, fake.events.rows)
      const subscribed = fake.stats.received.findLast((message) => JSON.stringify(message).includes('"subscribe"'))
      const id = subscribed && Reflect.get(Object(subscribed), 'id')
      expect(id).toBeTypeOf('string')
      fake.faults.sendRaw(JSON.stringify({ type: 'complete', id }))
      fake.events.add()
      await until(() => expect(watching.subscription.status.transport).not.toBe('websocket'))
      await goesOver(watching, 'polling', fake)
    },
  )

  it.each(sampled(['v0.8', 'current'] as const, 1, 'normal close'))(
    'on %s, where the server closes its channels normally',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      await using watching = watch(fake.url)
      for (let round = 0; round < 3; round++) {
        await isLive(watching)
        fake.events.add()
        await gotAll(watching, fake.events.rows)
        const before = fake.stats.dials.length
        fake.faults.endChannels()
        fake.events.add()
        await until(() => expect(fake.stats.dials.length).toBeGreaterThan(before))
      }
      await goesOver(watching, release === 'v0.8' ? 'websocket' : 'sse', fake)
    },
  )
})

describe('the retry of a better transport', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Node's sockets keep timers of their own, so time can be advanced under the client while they work. */
  const bend = (): void => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], shouldAdvanceTime: true })
  }

  /** In steps, so that what a timer began can end. */
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 5_000) {
      await vi.advanceTimersByTimeAsync(Math.min(left, 5_000))
      await new Promise(setImmediate)
    }
  }

  const longTimeouts = { connect: 1e8, request: 1e8, ping: 1e8, silence: 1e8, firstByte: 1e8 }

  it.each(
    sampled<[Release, 'websocket' | 'sse']>(
      [
        ['v0.8', 'websocket'],
        ['v1.0', 'websocket'],
      ],
      1,
      'better transport',
    ),
  )(
    '%s: its %s is tried after 60 s, then after 2 min more, and takes over with nothing lost',
    async (release, transport) => {
      bend()
      await using fake = await startFakeMeshery({ release })
      fake.faults.block(transport)
      await using watching = watch(fake.url, { options: { timeouts: longTimeouts } })
      await watching.subscription.ready
      await goesOver(watching, 'polling', fake)
      expect(dials(fake, transport)).toBe(1)
      await pass(50_000)
      expect(dials(fake, transport)).toBe(1)
      await pass(10_000)
      await until(() => expect(dials(fake, transport)).toBe(2))
      await goesOver(watching, 'polling', fake)
      fake.faults.block(transport, false)
      await pass(100_000)
      expect(dials(fake, transport)).toBe(2)
      expect(watching.subscription.status.transport).toBe('polling')
      fake.events.add()
      await pass(20_000)
      await goesOver(watching, transport, fake)
      expect(dials(fake, transport)).toBe(3)
      // It is the transport in use now: its end is reported, and it is dialled again.
      fake.faults.cut()
      await until(() => expect(watching.reasons().at(-1)).toMatchObject({ code: 'CONNECTION_LOST' }))
      await goesOver(watching, transport, fake)
      expect(dials(fake, transport)).toBe(4)
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )

  it('current: SSE behind a buffering proxy is retried while it is polled', async () => {
    bend()
    await using fake = await startFakeMeshery({ release: 'current', keepAlive: 50 })
    fake.faults.block('sse')
    await using watching = watch(fake.url, { options: { timeouts: { ...longTimeouts, firstByte: 300 } } })
    await isLive(watching)
    await goesOver(watching, 'polling', fake)
    fake.faults.block('sse', false)
    await pass(60_000)
    await goesOver(watching, 'sse', fake)
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  })
})
