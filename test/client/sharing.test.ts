import { expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsFor, isFull } from '../sample.ts'
import { withEnoughMs } from '../waiting.ts'
import { descriptions, follow, gotInOrder, hasty, isLive, lastOne, until, watch } from './watching.ts'

const reads = (fake: FakeMeshery): number =>
  fake.stats.requests.filter(({ path }) => /^\/api\/(system|v2)\/events$/.test(path)).length

const subscribes = (fake: FakeMeshery): number =>
  fake.stats.received.filter(
    (message) => typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'subscribe',
  ).length

const releases: readonly Release[] = ['v0.8', 'current']

claimsFor('on %s', casesOf(releases), (it, [release]) => {
  it('fifty subscriptions of a client share one live operation and one reader of the store', async () => {
    await using fake = await startFakeMeshery({ release })
    await using alone = watch(fake.url)
    await isLive(alone)
    const all = [alone, ...Array.from({ length: 49 }, () => follow(alone.meshery))]
    await Promise.all(all.map(({ subscription }) => subscription.ready))
    const before = reads(fake)
    const stored = Array.from({ length: 20 }, () => fake.events.add())
    for (const one of all) await gotInOrder(one, stored)
    expect(reads(fake) - before).toBeLessThan(5)
    const dials = fake.stats.dials.map(({ transport }) => transport)
    expect(dials).toEqual(release === 'v0.8' ? ['websocket'] : ['websocket', 'sse'])
    expect([fake.stats.openSockets + fake.stats.openStreams, subscribes(fake)]).toEqual([1, release === 'v0.8' ? 1 : 0])
  })

  it('each subscription gets what its own filters pass, in the order of the store', async () => {
    await using fake = await startFakeMeshery({ release })
    await using plain = watch(fake.url)
    const { meshery } = plain
    const errors = follow(meshery, { severity: ['error', 'critical'] })
    const patterns = follow(meshery, { category: 'pattern', action: ['deploy', 'undeploy'] })
    const odd = follow(meshery, { where: ({ description }) => /[13579]$/.test(description ?? '') })
    await Promise.all([plain, errors, patterns, odd].map(({ subscription }) => subscription.ready))
    const stored = Array.from({ length: 60 }, (_, index) =>
      fake.events.add({
        severity: ['error', 'warning', 'critical'][index % 3] ?? '',
        category: index % 2 === 0 ? 'pattern' : 'connection',
        action: ['deploy', 'create', 'undeploy', 'delete'][index % 4] ?? '',
      }),
    )
    await gotInOrder(plain, stored)
    await gotInOrder(
      errors,
      stored.filter(({ severity }) => severity !== 'warning'),
    )
    await gotInOrder(
      patterns,
      stored.filter(({ category, action }) => category === 'pattern' && /deploy$/.test(action)),
    )
    await gotInOrder(
      odd,
      stored.filter(({ description }) => /[13579]$/.test(description)),
    )
  })

  it('the live operation ends with the last subscription, and starts again with the next one', async () => {
    await using fake = await startFakeMeshery({ release })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const [first, second] = [follow(meshery), follow(meshery)]
    await isLive(first)
    await first.subscription.close()
    await gotInOrder(second, [fake.events.add()])
    await second.subscription.close()
    await until(() =>
      expect([fake.stats.operations, fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0, 0]),
    )
    fake.events.add({ description: 'without a subscription' })
    const third = follow(meshery)
    await third.subscription.ready
    await gotInOrder(third, [fake.events.add()])
    await isLive(third)
  })

  it('a slow reader delays no other, keeps no more than its buffer, and gets everything, once and in order', async () => {
    await using fake = await startFakeMeshery({ release })
    await using fast = watch(fake.url)
    const overflows: (readonly [queued: number, dropped: number])[] = []
    const slow = fast.meshery.subscribeEvents(
      {},
      {
        buffer: 20,
        onNotice: (notice) => notice.kind === 'overflow' && overflows.push([notice.queued, notice.dropped]),
      },
    )
    await Promise.all([slow.ready, fast.subscription.ready])
    // Some pages more than the buffer.
    const many = isFull ? 450 : 220
    const stored = Array.from({ length: many }, () => fake.events.add())
    await gotInOrder(fast, stored)
    expect(overflows).toEqual([[20, 0]])
    const { length } = fake.stats.requests
    stored.push(...Array.from({ length: many }, () => fake.events.add()))
    await gotInOrder(fast, stored)
    // About ten pages for the fast one; the slow one reads no page for which it has no room.
    expect(fake.stats.requests.length - length).toBeLessThan(20)
    const received: (string | null)[] = []
    for await (const { description } of slow) {
      received.push(description)
      if (received.length % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5))
      if (received.length === stored.length) break
    }
    expect(received).toEqual(descriptions(stored))
  })

  it('a slow reader that has caught up is live again, and a complete `gap` reports it', async () => {
    await using fake = await startFakeMeshery({ release })
    await using fast = watch(fake.url)
    const reported: string[] = []
    const slow = fast.meshery.subscribeEvents(
      {},
      {
        buffer: 5,
        onNotice: (notice) => {
          if (notice.kind === 'overflow') reported.push('overflow')
          if (notice.kind === 'gap')
            reported.push(notice.complete ? `complete, ${notice.recovered} recovered` : 'incomplete')
        },
      },
    )
    await slow.ready
    const stored = Array.from({ length: 30 }, () => fake.events.add())
    await until(() => expect(reported).toEqual(['overflow']))
    const received: (string | null)[] = []
    const read = async (): Promise<void> => {
      for await (const { description } of slow) received.push(description)
    }
    const reading = read()
    await until(() => expect(reported).toEqual(['overflow', 'complete, 25 recovered']))
    stored.push(await lastOne(fast, fake))
    await until(() => expect(received).toEqual(descriptions(stored)))
    await slow.close()
    await reading
  })
})

it('a subscription made right after the end of the last one finds the socket open', async () => {
  // On a busy machine it may come after the 250 ms for which the socket stays open.
  await withEnoughMs(async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const first = follow(meshery)
    await isLive(first)
    await first.subscription.close()
    const second = follow(meshery)
    await isLive(second)
    expect(fake.stats.dials).toHaveLength(1)
    await gotInOrder(second, [fake.events.add()])
  })
})

it('clients are independent: one does not affect another', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using one = watch(fake.url)
  await using other = watch(fake.url)
  await Promise.all([isLive(one), isLive(other)])
  expect(fake.stats.openSockets).toBe(2)
  await one.meshery.close()
  await gotInOrder(other, [fake.events.add()])
  expect(other.subscription.status.state).toBe('live')
})
