// These bend the time of their whole process, and so run one after another.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { flow, startMiddlebox } from './middlebox.ts'
import { dials, goesOver, gotAll, isLive, lastOne, until, watch } from './watching.ts'

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

describe('the retry of a better transport', () => {
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

  it('current: SSE behind a buffering proxy is retried while it is polled', { tags: ['full'] }, async () => {
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

describe('when the middlebox is gone', () => {
  const longTimeouts = { connect: 1e8, request: 1e8, ping: 1e8, idleSSE: 1e8, firstByte: 1e8 }

  it.each(
    sampled<[Release, 'websocket' | 'sse', boolean]>(
      [
        ['v0.8', 'websocket', false],
        ['v1.0', 'websocket', true],
        ['current', 'sse', true],
      ],
      1,
      'middlebox gone',
    ),
  )(
    '%s is followed over %s again (events flowed before: %j), with nothing lost',
    { tags: ['full'] },
    async (release, transport, flows) => {
      bend()
      await using fake = await startFakeMeshery({ release })
      await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
      await using watching = watch(middlebox.url, { options: { timeouts: longTimeouts } })
      await watching.subscription.ready
      {
        using _ = flows ? flow(fake) : undefined
        await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }))
      }
      middlebox.remove()
      fake.events.add()
      await pass(60_000)
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live', transport }))
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )
})
