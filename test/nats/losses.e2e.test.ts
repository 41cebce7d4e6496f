// @module-tag nats
// What a stream loses in a power failure, and what is removed from it before a subscription has read it. With a real NATS server.
import { describe, expect } from 'vitest'
import { type EventCursor, type EventPosition, resumeEvents } from '../../src/cursor/index.ts'
import { createMeshery, type GapNotice, type Notice } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { descriptions, isLive, until, type Watching } from '../client/watching.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { someClaims } from '../sample.ts'
import { type StreamWorld, startStreamWorld } from './stream-world.ts'

const isGap = (notice: Notice): notice is GapNotice => notice.kind === 'gap'
const gapsIn = ({ notices }: Pick<Watching, 'notices'>): GapNotice[] => notices.filter(isGap)

const got = (watching: Watching, expected: readonly string[]): Promise<void> =>
  until(() => expect(descriptions(watching.events)).toEqual(expected))

const replaced = expect.objectContaining({
  complete: false,
  lost: undefined,
  reason: expect.objectContaining({ message: expect.stringContaining('lost its newest messages') }),
})

const minutesAgo = (count: number): string => new Date(Date.now() - count * 60_000).toISOString()

/** How many messages the stream has. */
const countIn = (world: StreamWorld): Promise<number> =>
  world.manage(async (manager) => (await manager.streams.info('MESHERY')).state.messages)

describe.skipIf(hasNoNats())('after a power failure that took the newest messages of a stream', () => {
  someClaims(1, 'losses in a power failure', (test) => {
    test('a subscription that began later gets nothing of before, what is stored under the same numbers, and a notice', async () => {
      await using world = await startStreamWorld()
      await world.publish(2)
      using copy = await world.server.keepCopy()
      await world.publish(2)
      const watching = world.watch()
      await watching.subscription.ready
      await copy.restore()
      await isLive(watching)
      await until(() => expect(gapsIn(watching)).toEqual([replaced]))
      expect(await countIn(world)).toBe(2)
      await world.publish(3)
      await got(watching, ['5', '6', '7'])
      expect(gapsIn(watching)).toEqual([replaced])
    })

    for (const [what, readCount] of [
      ['has read some of it', 1],
      ['has read nothing', 0],
    ] as const)
      test(`a subscription that ${what} gets each new message once, though it comes back when there are more than before`, async () => {
        await using world = await startStreamWorld()
        await using proxy = await world.proxy(() => {})
        await world.publish(2)
        using copy = await world.server.keepCopy()
        await world.publish(3)
        const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }) } })
        await isLive(watching)
        await world.publish(readCount)
        const read = readCount === 0 ? [] : ['6']
        await got(watching, read)
        proxy.refuse(true)
        await copy.restore()
        const added = await world.publish(8)
        proxy.refuse(false)
        await got(watching, [...read, ...added.map(({ description }) => description ?? '')])
        expect(gapsIn(watching)).toEqual([replaced])
        expect(await countIn(world)).toBe(10)
      })

    test('a slow reader learns that what it had not read is gone, and goes on with what is there', async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      const meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
      const notices: Notice[] = []
      const subscription = meshery.subscribeEvents(
        { source: nats({ servers: world.server.url }) },
        { buffer: 2, onNotice: (notice) => notices.push(notice) },
      )
      await subscription.ready
      await world.publish(6)
      using copy = await world.server.keepCopy()
      await world.publish(3)
      const received: (string | null)[] = []
      const reader = subscription[Symbol.asyncIterator]()
      const readOne = async (): Promise<void> => {
        const { value } = await reader.next()
        received.push(value?.description ?? null)
      }
      // It has begun to read the ten, of which three will be lost.
      for (let count = 0; count < 4; count++) await readOne()
      await copy.restore()
      await world.publish(6)
      while (received.at(-1) !== '16') await readOne()
      expect(received).toEqual(['2', '3', '4', '5', '6', '7', '11', '12', '13', '14', '15', '16'])
      expect(notices.filter(isGap).filter(({ complete }) => !complete)).toEqual([replaced])
      await meshery.close()
    })

    test('a program that resumes after an event that is gone begins at its time, with a notice', async () => {
      await using world = await startStreamWorld()
      const source = nats({ servers: world.server.url })
      await world.publish(2)
      using copy = await world.server.keepCopy()
      const saved: EventPosition[] = []
      const cursor: EventCursor = { load: () => saved.at(-1), save: (position) => void saved.push(position) }
      const gaps: GapNotice[] = []
      const live = async (until: string): Promise<(string | null)[]> => {
        await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
        const handled: (string | null)[] = []
        const onNotice = (notice: Notice): void => void (isGap(notice) && gaps.push(notice))
        const events = resumeEvents(meshery, cursor, { filter: { source, since: '1h' }, onNotice })
        for await (const { description } of events) if (handled.push(description) && description === until) break
        return handled
      }
      await world.publish(3)
      // The last one is not saved: it was not handled to its end.
      expect(await live('5')).toEqual(['1', '2', '3', '4', '5'])
      expect(gaps).toEqual([])
      await copy.restore()
      await world.publish(1)
      expect(await live('6')).toEqual(['6'])
      expect(gaps).toEqual([
        expect.objectContaining({
          complete: false,
          reason: expect.objectContaining({ message: expect.stringContaining('does not have the event after which') }),
        }),
      ])
    })

    test('nothing is reported where the newest message was removed by hand', async () => {
      await using world = await startStreamWorld()
      await world.publish(3)
      await world.manage((manager) => manager.streams.deleteMessage('MESHERY', 3))
      await world.server.restart()
      const watching = world.watch()
      await isLive(watching)
      await world.server.restart()
      await until(() =>
        expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: true })),
      )
      await world.publish(2)
      await got(watching, ['4', '5'])
      expect(gapsIn(watching)).toMatchObject([{ complete: true }])
    })
  })
})

describe.skipIf(hasNoNats())('what is removed from a stream before a subscription reads it', () => {
  someClaims(1, 'what is removed', (test) => {
    /** The server says soon that it has nothing to send. */
    const timeoutMs = 1_000

    test('is reported: a purge before reading begins at a time', async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      await world.publish(4)
      const purged = proxy.before('CONSUMER.CREATE', () =>
        world.manage((manager) => manager.streams.purge('MESHERY', { seq: 3 })),
      )
      const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }), since: '10m' } })
      await purged
      await got(watching, ['3', '4'])
      expect(gapsIn(watching)).toMatchObject([{ complete: false, lost: undefined }])
    })

    for (const [what, seq, lost, rest] of [
      ['some', 3, 2, ['3', '4']],
      ['all', 5, 4, []],
    ] as const)
      test(`is counted: a purge of ${what} of it after reading began at a time`, async () => {
        await using world = await startStreamWorld()
        await using proxy = await world.proxy(() => {})
        await world.publish(4)
        const purged = proxy.before('CONSUMER.MSG.NEXT', () =>
          world.manage((manager) => manager.streams.purge('MESHERY', { seq })),
        )
        const source = nats({ servers: proxy.url, timeoutMs })
        const watching = world.watch({ arguments: { source, since: '10m' } })
        await purged
        await until(() => expect(gapsIn(watching)).toMatchObject([{ complete: false, lost }]))
        await world.publish(1)
        await got(watching, [...rest, '5'])
        expect(gapsIn(watching)).toHaveLength(1)
      })

    test('is counted at once, and not with the next message: all that came while the server could not be reached', async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      await world.publish(1)
      const watching = world.watch({ arguments: { source: nats({ servers: proxy.url, timeoutMs }) } })
      await isLive(watching)
      proxy.refuse(true)
      await until(() => expect(watching.subscription.status.state).toBe('waiting'))
      await world.publish(5)
      const purged = proxy.before('CONSUMER.MSG.NEXT', () =>
        world.manage((manager) => manager.streams.purge('MESHERY')),
      )
      proxy.refuse(false)
      await purged
      await until(() => expect(gapsIn(watching)).toMatchObject([{ complete: false, lost: 5 }]))
      await world.publish(1)
      await got(watching, ['7'])
      expect(gapsIn(watching)).toHaveLength(1)
    })

    test('lets a subscription begin that looks for its event in it, by the age limit of the stream', async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      const [, second] = await world.publish(4, { createdAt: minutesAgo(5) })
      const outlived = proxy.before('CONSUMER.MSG.NEXT', async () => {
        await world.manage(async (manager) => {
          const { config } = await manager.streams.info('MESHERY')
          await manager.streams.update('MESHERY', { ...config, max_age: 100_000_000, duplicate_window: 100_000_000 })
        })
        await until(async () => expect(await countIn(world)).toBe(0))
      })
      const source = nats({ servers: proxy.url, timeoutMs })
      const watching = world.watch({ arguments: { source, since: second } })
      await outlived
      await watching.subscription.ready
      await until(() => expect(gapsIn(watching)).toMatchObject([{ complete: false }]))
      await world.publish(1)
      await got(watching, ['5'])
    })
  })
})
