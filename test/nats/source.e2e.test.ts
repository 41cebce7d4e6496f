import { createServer } from 'node:net'
import { describe, expect } from 'vitest'
import { type EventCursor, type EventPosition, resumeEvents } from '../../src/cursor/index.ts'
import { createMeshery, type GapNotice, type MesheryEvent, type Notice } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { descriptions, isLive, until, type Watching } from '../client/watching.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { someClaims } from '../sample.ts'
import { eventOf, uuidOf } from './events.ts'
import { startStreamWorld } from './stream-world.ts'

const gapsIn = ({ notices }: Watching): GapNotice[] =>
  notices.filter((notice: Notice): notice is GapNotice => notice.kind === 'gap')

const got = (watching: Watching, expected: readonly string[]): Promise<void> =>
  until(() => expect(descriptions(watching.events)).toEqual(expected))

const minutesAgo = (count: number): string => new Date(Date.now() - count * 60_000).toISOString()

describe.skipIf(hasNoNats())('events from NATS', { tags: ['nats'] }, () => {
  someClaims(1, 'events from NATS', (test) => {
    test('are what relays publish after `ready`, in their order and as Meshery has them', async () => {
      await using world = await startStreamWorld()
      await world.publish(3)
      const watching = world.watch()
      await watching.subscription.ready
      const events = await world.publish(5, { severity: 'error', metadata: { a: [1] } })
      await until(() => expect(watching.events.length).toBeGreaterThanOrEqual(5))
      expect(watching.events).toEqual(events)
      expect(watching.notices.filter(({ kind }) => kind !== 'status')).toEqual([])
      expect(watching.meshery.stats()).toMatchObject({ events: 5, gaps: 0 })
    })

    test('pass the filters of the subscription', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const where = ({ description }: MesheryEvent): boolean => description !== '4'
      const watching = world.watch({ arguments: { severity: ['error'], category: 'pattern', where } })
      await watching.subscription.ready
      await world.publish(1)
      await world.publish(2, { severity: 'error' })
      await world.publish(1, { severity: 'error', category: 'connection' })
      await world.publish(1, { severity: 'error' })
      await got(watching, ['3', '6'])
    })

    test('begin at a time, a span of time or after an event', async () => {
      await using world = await startStreamWorld()
      const [old] = await world.publish(1, { createdAt: minutesAgo(90) })
      const [, third] = await world.publish(2, { createdAt: minutesAgo(5) })
      const time = world.watch({ arguments: { since: minutesAgo(10) } })
      const span = world.watch({ arguments: { since: '10m' } })
      const whole = world.watch({ arguments: { since: third } })
      const byId = world.watch({ arguments: { since: old?.id ?? '' } })
      for (const { subscription } of [time, span, whole, byId]) await subscription.ready
      await world.publish(1)
      await Promise.all([
        got(time, ['2', '3', '4']),
        got(span, ['2', '3', '4']),
        got(whole, ['4']),
        got(byId, ['2', '3', '4']),
      ])
    })

    test('begin at its time after an event that is not in the stream', async () => {
      await using world = await startStreamWorld()
      await world.publish(1, { createdAt: minutesAgo(20) })
      await world.publish(1, { createdAt: minutesAgo(5) })
      const watching = world.watch({ arguments: { since: { id: uuidOf(99), createdAt: minutesAgo(10) } } })
      await watching.subscription.ready
      await got(watching, ['2'])
    })

    test('go on where a program ended, by its cursor', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const saved: EventPosition[] = []
      const cursor: EventCursor = { load: () => saved.at(-1), save: (position) => void saved.push(position) }
      const live = async (count: number): Promise<(string | null)[]> => {
        await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
        const handled: (string | null)[] = []
        const filter = { source: nats({ servers: world.server.url }), since: '1h' }
        for await (const { description } of resumeEvents(meshery, cursor, { filter }))
          if (handled.push(description) === count) break
        return handled
      }
      await world.publish(3)
      expect(await live(3)).toEqual(['1', '2', '3'])
      await world.publish(2)
      expect(await live(4)).toEqual(['3', '4', '5', '6'])
    })

    test('are all those of a stream that a relay makes later', async () => {
      await using world = await startStreamWorld()
      const watching = world.watch()
      await until(() =>
        expect(watching.subscription.status).toMatchObject({
          state: 'waiting',
          reason: { code: 'UNSUPPORTED', retryable: true, message: expect.stringContaining('no stream MESHERY') },
        }),
      )
      await world.publish(3)
      await got(watching, ['1', '2', '3'])
      await watching.subscription.ready
    })

    test('come once where two relays published them, as a push and as a row, and twice in the stream', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const watching = world.watch()
      await watching.subscription.ready
      const event = eventOf({ id: uuidOf(50), description: 'row' })
      await world.send({ ...event, description: 'both', id: null, createdAt: null }, 'push-77')
      await world.send({ ...event, description: 'both' })
      await world.send({ ...event, id: uuidOf(51), description: 'twice' }, 'one id')
      await world.sendRaw('meshery.events.a.b', JSON.stringify({ ...event, id: uuidOf(51), description: 'twice' }))
      await world.publish(1)
      await until(() => expect(descriptions(watching.events).at(-1)).toBe('2'))
      // Without the header the id of the event counts; the sink was given another one.
      expect(descriptions(watching.events)).toEqual(['both', 'twice', 'twice', '2'])
      expect(watching.events[0]?.id).toBe(null)
    })

    test.each(['json', 'cloudevents'] as const)('are read from a stream of %s', async (format) => {
      await using world = await startStreamWorld({ format })
      await world.publish(1)
      const watching = world.watch()
      await watching.subscription.ready
      const events = await world.publish(2)
      await until(() => expect(watching.events).toEqual(events))
    })
  })
})

describe.skipIf(hasNoNats())('what a stream of NATS does not have any more', { tags: ['nats'] }, () => {
  someClaims(1, 'what a stream lost', (test) => {
    test('is counted in a `gap` notice: a purge while the server could not be reached', async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      await world.publish(1)
      const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }) } })
      await watching.subscription.ready
      await world.publish(2)
      await got(watching, ['2', '3'])
      proxy.refuse(true)
      await until(() => expect(watching.subscription.status.state).toBe('waiting'))
      await world.publish(5)
      await world.manage((manager) => manager.streams.purge('MESHERY', { keep: 1 }))
      proxy.refuse(false)
      await got(watching, ['2', '3', '8'])
      expect(gapsIn(watching)).toEqual([
        expect.objectContaining({
          complete: false,
          lost: 4,
          reason: expect.objectContaining({
            code: 'SERVER_ERROR',
            message: expect.stringContaining('MESHERY removed'),
          }),
        }),
      ])
      expect(watching.meshery.stats()).toMatchObject({ gaps: 1, incompleteGaps: 1 })
    })

    test('is counted: messages that limits and people removed before a slow reader came to them', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
      const gaps: Notice[] = []
      const subscription = meshery.subscribeEvents(
        { source: nats({ servers: world.server.url }) },
        { buffer: 5, onNotice: (notice) => notice.kind === 'gap' && gaps.push(notice) },
      )
      await subscription.ready
      await world.publish(40)
      await world.manage(async (manager) => {
        await manager.streams.deleteMessage('MESHERY', 35)
        await manager.streams.purge('MESHERY', { seq: 31 })
      })
      const received: (string | null)[] = []
      for await (const { description } of subscription) if (received.push(description) && description === '41') break
      const lost = gaps.map((notice) => (notice.kind === 'gap' ? notice.lost : 0))
      expect(lost.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(40 - received.length)
      expect(received.slice(-10)).toEqual(['31', '32', '33', '34', '36', '37', '38', '39', '40', '41'])
      await meshery.close()
    })

    test('is reported where a subscription begins in what was removed', async () => {
      await using world = await startStreamWorld()
      await world.publish(4)
      await world.manage((manager) => manager.streams.purge('MESHERY', { keep: 2 }))
      const watching = world.watch({ arguments: { since: '10m' } })
      await got(watching, ['3', '4'])
      expect(gapsIn(watching)).toMatchObject([{ complete: false, lost: undefined }])
    })

    test('is reported where the stream is made anew, and what it has is delivered', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const watching = world.watch()
      await watching.subscription.ready
      await world.publish(2)
      await got(watching, ['2', '3'])
      await world.manage(async (manager) => {
        await manager.streams.delete('MESHERY')
        await manager.streams.add({ name: 'MESHERY', subjects: ['meshery.events.>'] })
      })
      await world.publish(2)
      await got(watching, ['2', '3', '4', '5'])
      expect(gapsIn(watching)).toMatchObject([{ complete: false, reason: { code: 'SERVER_ERROR' } }])
    })

    test('is reported: a message without an event', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const watching = world.watch()
      await watching.subscription.ready
      await world.sendRaw('meshery.events.a.b', 'no JSON')
      await world.publish(1)
      await got(watching, ['2'])
      expect(gapsIn(watching)).toMatchObject([{ complete: false, lost: 1 }])
    })
  })
})

describe.skipIf(hasNoNats())('a subscription to NATS', { tags: ['nats'] }, () => {
  someClaims(1, 'subscriptions to NATS', (test) => {
    test('waits for a server that is not there, and reports why', async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      proxy.refuse(true)
      await world.publish(1)
      const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }), since: '1h' } })
      await until(() => expect(watching.subscription.status.attempt).toBeGreaterThan(1))
      expect(watching.subscription.status).toMatchObject({ reason: { retryable: true } })
      proxy.refuse(false)
      await got(watching, ['1'])
      expect(watching.subscription.status).toMatchObject({ state: 'live', transport: null, reason: null })
    })

    test('closes its gap after a restart of the server, with what came meanwhile', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const watching = world.watch()
      await isLive(watching)
      await world.server.restart()
      await world.publish(3)
      await got(watching, ['2', '3', '4'])
      await until(() => expect(gapsIn(watching)).toMatchObject([{ complete: true }]))
      const states = watching.notices.flatMap((notice) => (notice.kind === 'status' ? [notice.state] : []))
      expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
        'connecting',
        'live',
        'waiting',
        'live',
      ])
    })

    test('ends with RETRIES_EXHAUSTED where `retry.attempts` is used up', async () => {
      await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None', retry: { attempts: 1 } })
      const subscription = meshery.subscribeEvents({ source: nats({ servers: 'nats://127.0.0.1:1' }) })
      await expect(subscription.closed).rejects.toMatchObject({
        code: 'RETRIES_EXHAUSTED',
        cause: { code: 'CONNECTION_REFUSED', remedy: expect.stringContaining('`servers`') },
      })
    })

    test('reports a server that does not answer, and leaves no connection to it', async () => {
      let connections = 0
      const silent = createServer((socket) => {
        connections++
        socket.resume().on('close', () => connections--)
      })
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
      const address = silent.address()
      const servers = `nats://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
      const meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
      const subscription = meshery.subscribeEvents({ source: nats({ servers, timeoutMs: 200 }) })
      await until(() => expect(subscription.status).toMatchObject({ state: 'waiting', reason: { code: 'TIMED_OUT' } }))
      await meshery.close()
      await until(() => expect(connections).toBe(0))
      await new Promise((resolve) => silent.close(resolve))
    })

    test('reports a server without JetStream', async () => {
      await using world = await startStreamWorld({ jetStream: false })
      const watching = world.watch()
      await until(() =>
        expect(watching.subscription.status).toMatchObject({ state: 'waiting', reason: { code: 'UNSUPPORTED' } }),
      )
    })

    test('notices a connection on which nothing comes any more, and makes another one', {
      tags: ['full'],
    }, async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      await world.publish(1)
      const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }) } })
      await isLive(watching)
      proxy.freeze()
      await world.publish(2)
      await until(() => expect(watching.reasons()).toMatchObject([{ code: 'CONNECTION_SILENT' }]))
      await got(watching, ['2', '3'])
      await until(() => expect(gapsIn(watching)).toMatchObject([{ complete: true, recovered: 2 }]))
    })

    test('shares one connection with the others of its source', async () => {
      await using world = await startStreamWorld()
      let connections = 0
      await using proxy = await world.proxy(() => connections++)
      await world.publish(1)
      const source = nats({ servers: proxy.url })
      const watchings = Array.from({ length: 20 }, () => world.watch({ arguments: { source } }))
      for (const { subscription } of watchings) await subscription.ready
      await world.publish(2)
      for (const watching of watchings) await got(watching, ['2', '3'])
      expect(connections).toBe(1)
    })
  })
})
