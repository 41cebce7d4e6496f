import { describe, expect, it } from 'vitest'
import type { ErrorCode, TransportName } from '../../src/index.ts'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { dials, goesOver, gotAll, hasty, isLive, lastOne, until, watch } from './watching.ts'

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
      1,
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

  it.each(
    sampled<[Release, TransportName]>(
      [
        ['v0.8', 'websocket'],
        ['current', 'sse'],
      ],
      1,
      'only transport',
    ),
  )(
    '%s: the only allowed transport is retried within seconds, and a notice reports it',
    { tags: ['full'] },
    async (release, transport) => {
      await using fake = await startFakeMeshery({ release })
      fake.faults.cutYoung(250)
      await using watching = watch(fake.url, { options: { transports: [transport] } })
      await until(() => expect(dials(fake, transport)).toBe(3))
      const reason = { code: 'TRANSPORT_UNAVAILABLE' }
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'waiting', transport, reason }))
      expect(watching.subscription.status.nextRetryAt).toBeInstanceOf(Date)
      fake.events.add({ description: 'stored meanwhile' }, { push: false })
      await until(() => expect(watching.events.map(({ description }) => description)).toEqual(['stored meanwhile']))
      fake.events.add()
      fake.faults.cutYoung(undefined)
      await goesOver(watching, transport, fake)
    },
  )

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
      1,
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
      1,
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
      fake.events.add()
      await until(() => {
        // On a busy machine the client may have dialled again: this is the operation that it has now.
        const subscribed = fake.stats.received.findLast((message) => JSON.stringify(message).includes('"subscribe"'))
        const id = subscribed && Reflect.get(Object(subscribed), 'id')
        expect(id).toBeTypeOf('string')
        fake.faults.sendRaw(JSON.stringify({ type: 'complete', id }))
        expect(watching.subscription.status.transport).not.toBe('websocket')
      })
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
