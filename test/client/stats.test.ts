import { describe, expect, it } from 'vitest'
import type { Stats, TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { descriptions, hasty, until, type Watching, watch } from './watching.ts'

const nothing: Omit<Stats, 'subscriptions'> = {
  events: 0,
  duplicates: 0,
  recovered: 0,
  gaps: 0,
  incompleteGaps: 0,
  dropped: 0,
  reconnects: {},
  roundTripMs: null,
  lagMs: null,
  receivedBytes: 0,
}

/** A busy machine answers late: that must not look like a connection that was lost. */
const calm = { ...hasty, timeouts: { close: 500 } }

const begin = async (release: Release, transport: TransportName) => {
  const fake = await startFakeMeshery({ release })
  const watching = watch(fake.url, { options: { ...calm, transports: [transport] } })
  await watching.subscription.ready
  await until(() => expect(watching.subscription.status.state).toMatch(/live|polling/))
  const dispose = async (): Promise<void> => {
    await watching[Symbol.asyncDispose]()
    await fake.close()
  }
  return { fake, watching, stats: watching.meshery.stats, [Symbol.asyncDispose]: dispose }
}

/** Adds an event, and waits until it was delivered. */
const addOne = async (fake: FakeMeshery, watching: Watching): Promise<void> => {
  const { description } = fake.events.add()
  await until(() => expect(descriptions(watching.events)).toContain(description))
}

const pushing = [
  ['v0.8', 'websocket'],
  ['v1.0', 'websocket'],
  ['current', 'sse'],
] as const

describe.concurrent('stats()', () => {
  it('of a client that follows nothing are zero', async () => {
    await using fake = await startFakeMeshery()
    await using watching = watch(fake.url, { options: calm })
    await watching.subscription.close()
    const { subscriptions, ...counts } = watching.meshery.stats()
    expect(counts).toEqual({ ...nothing, receivedBytes: expect.any(Number) })
    expect(subscriptions).toEqual([])
  })

  it.each(sampled(pushing, 1, 'once'))(
    'count each event once, however many subscriptions there are (%s, %s)',
    async (release, transport) => {
      await using at = await begin(release, transport)
      const { fake, watching, stats } = at
      const other = watching.meshery.subscribeEvents({ severity: 'emergency' })
      await other.ready
      for (let count = 0; count < 3; count++) await addOne(fake, watching)
      expect(stats()).toMatchObject({ events: 3, recovered: 0, gaps: 0, dropped: 0, reconnects: {} })
      expect(stats().subscriptions).toMatchObject([
        { name: 'subscribeEvents', state: 'live', transport },
        { name: 'subscribeEvents', state: 'live', transport },
      ])
      await other.close()
      expect(stats().subscriptions).toHaveLength(1)
    },
  )

  it.each(sampled(pushing, 1, 'skipped'))('count pushes that are skipped (%s, %s)', async (release, transport) => {
    await using at = await begin(release, transport)
    at.fake.faults.duplicatePushes(true)
    await addOne(at.fake, at.watching)
    await until(() => expect(at.stats()).toMatchObject({ events: 1, duplicates: 1, recovered: 0 }))
  })

  it.each(sampled(pushing, 1, 'lost'))('count events whose pushes were lost (%s, %s)', async (release, transport) => {
    await using at = await begin(release, transport)
    const { fake, watching, stats } = at
    fake.faults.dropPushes(2)
    fake.events.add({ description: 'lost' })
    fake.events.add({ description: 'lost as well' })
    await addOne(fake, watching)
    await until(() => expect(watching.events).toHaveLength(3))
    expect(stats()).toMatchObject({ events: 3, recovered: 2, duplicates: 0 })
  })

  it('count every event as recovered while polling, and measure no round trip', async () => {
    await using at = await begin('current', 'polling')
    await addOne(at.fake, at.watching)
    expect(at.stats()).toMatchObject({ events: 1, recovered: 1, roundTripMs: null })
    expect(at.stats().subscriptions).toMatchObject([{ state: 'polling', transport: 'polling' }])
  })

  it.each(sampled(pushing, 1, 'gap'))(
    'count a gap once, and reconnects by their cause (%s, %s)',
    async (release, transport) => {
      await using at = await begin(release, transport)
      const { fake, watching, stats } = at
      const notices: string[] = []
      const other = watching.meshery.subscribeEvents({}, { onNotice: ({ kind }) => notices.push(kind) })
      await other.ready
      fake.faults.cut()
      await until(() => expect(notices).toContain('gap'))
      await until(() => expect(watching.notices.map(({ kind }) => kind)).toContain('gap'))
      expect(stats()).toMatchObject({ gaps: 1, incompleteGaps: 0, reconnects: { CONNECTION_LOST: 1 } })
    },
  )

  it('count gaps in which something may be missing', async () => {
    await using at = await begin('v0.8', 'websocket')
    at.fake.faults.answer('store', 500)
    at.fake.events.add()
    await until(() => expect(at.stats()).toMatchObject({ gaps: 1, incompleteGaps: 1 }))
  })

  it('count what a slow reader loses', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url, { options: calm })
    const document = 'subscription { subscribeEvents { description } }'
    const raw = watching.meshery.subscribe(document, {}, { buffer: 1 })
    await raw.ready
    await until(() => expect(fake.stats.operations).toBe(2))
    for (let count = 0; count < 4; count++) fake.events.add()
    await until(() => expect(watching.events).toHaveLength(4))
    await raw.close()
    expect(watching.meshery.stats().dropped).toBe(3)
  })

  it('measure the round trip of a ping', async () => {
    await using at = await begin('v0.8', 'websocket')
    await until(() => expect(at.stats().roundTripMs).toBeGreaterThan(0))
  })

  it('measure how long after they were stored events come', async () => {
    await using at = await begin('current', 'sse')
    await addOne(at.fake, at.watching)
    const hourMs = 3_600_000
    at.fake.events.add({ createdAt: new Date(Date.now() - hourMs).toISOString(), description: 'of before' })
    await until(() => expect(at.stats().lagMs?.last).toBeGreaterThanOrEqual(0))
    const { lagMs } = at.stats()
    expect(lagMs?.p50).toBeLessThan(hourMs)
    expect(lagMs?.p99).toBeGreaterThanOrEqual(lagMs?.p50 ?? Infinity)
  })

  const copiesOver = [
    ['v0.8', 'websocket', 2],
    ['v0.8', 'polling', 1],
    ['current', 'sse', 2],
  ] as const

  it.each(sampled(copiesOver, 1, 'bytes'))(
    'count bytes, not characters (%s, %s)',
    async (release, transport, copies) => {
      await using at = await begin(release, transport)
      const before = at.stats().receivedBytes
      // Each takes three bytes.
      at.fake.events.add({ description: '\u2713'.repeat(10_000) })
      await until(() => expect(at.watching.events).toHaveLength(1))
      const received = at.stats().receivedBytes - before
      expect(received).toBeGreaterThan(copies * 30_000)
    },
  )

  it('are a snapshot, also after the client was closed', async () => {
    await using at = await begin('v0.8', 'websocket')
    const before = at.stats()
    const copy = structuredClone({ ...before, subscriptions: [] })
    at.fake.faults.cut()
    await until(() => expect(Object.keys(at.stats().reconnects)).not.toEqual([]))
    expect({ ...before, subscriptions: [] }).toEqual(copy)
    await at.watching.meshery.close()
    expect(at.stats()).toMatchObject({ reconnects: { CONNECTION_LOST: 1 }, subscriptions: [] })
  })

  it('name the method of each subscription', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url, { options: calm })
    const { meshery } = watching
    meshery.subscribeK8sContext()
    meshery.subscribe('subscription { subscribeEvents { description } }')
    expect(meshery.stats().subscriptions.map(({ name }) => name)).toEqual([
      'subscribeEvents',
      'subscribeK8sContext',
      'subscribe',
    ])
  })
})
