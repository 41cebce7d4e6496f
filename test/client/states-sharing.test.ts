import { describe, expect, it } from 'vitest'
import { createMeshery, type Meshery, type MesheryOptions, type Subscription } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled, someClaims } from '../sample.ts'
import { asked, contextsPath, followState, isIdle, subscribes } from './states.ts'
import { hasty, until } from './watching.ts'

interface At extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly meshery: Meshery
}

const begin = async (release: Release, options: MesheryOptions = {}): Promise<At> => {
  const fake = await startFakeMeshery({ release })
  const meshery = createMeshery({ ...hasty, url: fake.url, ...options })
  const dispose = async (): Promise<void> => {
    await meshery.close()
    await fake.close()
  }
  return { fake, meshery, [Symbol.asyncDispose]: dispose }
}

const contexts = ({ meshery }: At) => followState((onNotice) => meshery.subscribeK8sContext({}, { onNotice }))
const resources = ({ meshery }: At, namespace: string) =>
  followState((onNotice) => meshery.subscribeClusterResources({ namespace }, { onNotice }))
const controllers = ({ meshery }: At) =>
  followState((onNotice) => meshery.subscribeMesheryControllersStatus({}, { onNotice }))

describe.concurrent('subscriptions to a state with the same arguments', () => {
  someClaims(4, 'shared states', (it) => {
    it('share one operation, and late ones have the newest value at once', async () => {
      await using at = await begin('v0.8')
      const { fake } = at
      fake.contexts.add({ name: 'first' })
      const all = Array.from({ length: 50 }, () => contexts(at))
      for (const one of all) await one.newest((value) => expect(value?.contexts).toHaveLength(1))
      await until(() => expect(all[0]?.subscription.status.state).toBe('live'))
      const requests = asked(fake, contextsPath)
      const late = contexts(at)
      await late.subscription.ready
      await late.newest((value) => expect(value?.contexts[0]?.name).toBe('first'))
      expect([subscribes(fake), fake.stats.operations, asked(fake, contextsPath)]).toEqual([1, 1, requests])
      expect(late.values[0]).toBe(all[0]?.values.at(-1))
      fake.contexts.add({ name: 'second' })
      for (const one of [...all, late]) await one.newest((value) => expect(value?.contexts).toHaveLength(2))
      expect(asked(fake, contextsPath) - requests).toBe(1)
    })

    it('are the same whatever the order of the arguments, and whether defaults are given or not', async () => {
      await using at = await begin('v0.8')
      const { fake, meshery } = at
      fake.contexts.set([{ connection_id: 'a' }, { connection_id: 'b' }])
      const same = [
        meshery.subscribeMesheryControllersStatus({ connectionIDs: ['a', 'b'] }),
        meshery.subscribeMesheryControllersStatus({ connectionIDs: ['b', 'a', 'b'] }),
        meshery.subscribeK8sContext(),
        meshery.subscribeK8sContext({ pageSize: 25, page: 0, all: false }),
        meshery.subscribeK8sContext({ search: '', order: 'updated_at desc' }),
      ]
      await Promise.all(same.map(({ ready }) => ready))
      await until(() => expect(fake.stats.operations).toBe(2))
      expect(subscribes(fake)).toBe(2)
    })

    it('share the socket with those of other arguments and of other states', async () => {
      await using at = await begin('v0.8')
      const { fake } = at
      const { connection_id, kubernetes_server_id } = fake.contexts.add()
      fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
      fake.resources.set(kubernetes_server_id, 'one', 'Pod', 1)
      fake.resources.set(kubernetes_server_id, 'two', 'Pod', 2)
      const [one, two, others] = [resources(at, 'one'), resources(at, 'two'), [contexts(at), controllers(at)]]
      const events = followState(() => at.meshery.subscribeEvents())
      await one.newest((value) => expect(value?.resources[0]?.count).toBe(1))
      await two.newest((value) => expect(value?.resources[0]?.count).toBe(2))
      for (const { subscription } of [...others, events])
        await until(() => expect(subscription.status.state).toBe('live'))
      expect([fake.stats.operations, fake.stats.openSockets, fake.stats.dials.length]).toEqual([5, 1, 1])
    })

    it('end their operation a second after the last one has left', async () => {
      await using at = await begin('v0.8')
      const { fake } = at
      fake.contexts.add()
      const [one, other] = [contexts(at), contexts(at)]
      await Promise.all([one, other].map(({ subscription }) => subscription.ready))
      await until(() => expect(one.values).toHaveLength(1))
      await one.subscription.close()
      fake.contexts.add()
      await other.newest((value) => expect(value?.contexts).toHaveLength(2))
      await other.subscription.close()
      await isIdle(fake)
      const isPing = (message: unknown): boolean => JSON.stringify(message).includes('"ping"')
      expect(fake.stats.received.filter((one) => !isPing(one)).at(-1)).toMatchObject({ type: 'complete' })
      fake.contexts.add({ name: 'without-subscription' })
      const again = contexts(at)
      await again.newest((value) => expect(value?.contexts).toHaveLength(3))
      expect(one.values.length + other.values.length).toBe(3)
    })

    it('find the operation still running when they start soon after the last one has left', async () => {
      await using at = await begin('v0.8')
      const one = contexts(at)
      await until(() => expect(one.subscription.status.state).toBe('live'))
      await one.subscription.close()
      const next = contexts(at)
      await next.subscription.ready
      expect([subscribes(at.fake), at.fake.stats.dials.length]).toEqual([1, 1])
      await until(() => expect(next.subscription.status.state).toBe('live'))
    })

    it('are independent: a listener that throws, a reader that sleeps, one that is aborted', async () => {
      await using at = await begin('current')
      const { fake, meshery } = at
      const aborting = new AbortController()
      const good = contexts(at)
      const throwing = meshery.subscribeK8sContext(
        {},
        {
          onNotice: () => {
            throw new Error('of the listener')
          },
        },
      )
      const sleeping = meshery.subscribeK8sContext()
      const aborted = meshery.subscribeK8sContext({}, { signal: aborting.signal })
      await expect(throwing.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
      aborting.abort()
      await aborted.closed
      for (const name of ['a', 'b', 'c']) {
        fake.contexts.add({ name })
        await good.newest((value) => expect(value?.contexts.map((context) => context.name)).toContain(name))
      }
      // Only the newest, and no notice of a loss: a state has nothing to lose.
      for await (const { contexts: rows } of sleeping) {
        expect(rows).toHaveLength(3)
        break
      }
      expect(good.subscription.status.state).toBe('polling')
      expect(good.notices.map(({ kind }) => kind)).not.toContain('overflow')
    })
  })
})

it.concurrent('report a logger that throws like any listener that throws, and leave nothing behind', async () => {
  const debug = (): void => {
    throw new Error('of the logger')
  }
  await using at = await begin('current', { logger: { debug } })
  const all = [at.meshery.subscribeK8sContext(), at.meshery.subscribeEvents()]
  for (const one of all) await expect(one.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
  await isIdle(at.fake)
})

describe.concurrent('the end', () => {
  it.each(sampled<Release>(['v0.8', 'current'], 1, 'close'))(
    'by `close()` leaves nothing at a server of %s',
    async (release) => {
      await using at = await begin(release)
      const { fake, meshery } = at
      const { connection_id } = fake.contexts.add()
      fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
      const all = [contexts(at), controllers(at), resources(at, '')]
      await Promise.all(all.map(({ subscription }) => subscription.ready))
      await meshery.close()
      await Promise.all(all.map(({ subscription }) => subscription.closed))
      await isIdle(fake)
      const { length } = fake.stats.requests
      fake.contexts.add()
      await new Promise((resolve) => setTimeout(resolve, 1_300))
      expect(fake.stats.requests).toHaveLength(length)
      expect(all.map(({ subscription }) => subscription.status.state)).toEqual(['closed', 'closed', 'closed'])
    },
  )

  it('by an abort leaves nothing behind, and the client continues', async () => {
    await using at = await begin('current')
    const { fake, meshery } = at
    const { connection_id } = fake.contexts.add()
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    const aborting = new AbortController()
    const one = meshery.subscribeMesheryControllersStatus({}, { signal: aborting.signal })
    await one.ready
    await until(() => expect(fake.stats.openStreams).toBe(1))
    aborting.abort()
    await one.closed
    await isIdle(fake)
    const again = controllers(at)
    await again.newest((value) => expect(value).toHaveLength(1))
  })

  it('before it is ready rejects `ready` and resolves `closed`', async () => {
    await using at = await begin('v0.8')
    at.fake.faults.freeze()
    const one = at.meshery.subscribeK8sContext()
    await one.close()
    await expect(one.ready).rejects.toMatchObject({ code: 'CLOSED' })
    await one.closed
  })

  it('by a signal that was aborted before sends nothing', async () => {
    await using at = await begin('v0.8', { operations: 1 })
    const { fake, meshery } = at
    const signal = AbortSignal.abort()
    const notices: unknown[] = []
    const how = { signal, onNotice: (notice: unknown) => notices.push(notice) }
    const all = [
      meshery.subscribeK8sContext({}, how),
      meshery.subscribeEvents({}, how),
      meshery.subscribe('subscription { subscribeEvents { id } }', {}, how),
    ]
    for (const one of all) {
      await one.closed
      await expect(one.ready).rejects.toMatchObject({ code: 'CLOSED' })
    }
    expect(notices).toMatchObject(all.map(() => ({ kind: 'status', state: 'closed' })))
    // It does not count either.
    await contexts(at).subscription.ready
    expect(fake.stats.requests.every(({ path }) => path !== '/api/system/events')).toBe(true)
    expect(subscribes(fake)).toBe(1)
  })

  it.each<[string, (meshery: Meshery, onNotice: () => void) => Subscription<unknown>]>([
    ['a state', (meshery, onNotice) => meshery.subscribeK8sContext({}, { onNotice })],
    ['events', (meshery, onNotice) => meshery.subscribeEvents({}, { onNotice })],
  ])('by its own listener, which closes the client as soon as it receives %s', async (_, subscribe) => {
    await using at = await begin('v0.8')
    let closing: Promise<void> | undefined
    const one = subscribe(at.meshery, () => {
      closing ??= at.meshery.close()
    })
    await one.closed
    await closing
    expect(one.status.state).toBe('closed')
  })
})

describe.concurrent('the cap', () => {
  it('refuses what exceeds it before anything is sent, and accepts again once a stream has ended', async () => {
    await using at = await begin('v0.8', { operations: 2 })
    const { fake, meshery } = at
    const { kubernetes_server_id } = fake.contexts.add()
    fake.resources.set(kubernetes_server_id, 'three', 'Pod', 3)
    const [one, two] = [resources(at, 'one'), resources(at, 'two')]
    await Promise.all([one, two].map(({ subscription }) => subscription.ready))
    await until(() => expect(fake.stats.operations).toBe(2))
    const [requests, received] = [fake.stats.requests.length, fake.stats.received.length]
    for (const more of [
      () => meshery.subscribeClusterResources({ namespace: 'three' }),
      () => meshery.subscribeEvents(),
      () => meshery.subscribe('subscription { subscribeEvents { id } }'),
    ])
      expect(more).toThrow(expect.objectContaining({ code: 'TOO_MANY_OPERATIONS', phase: 'options' }))
    // A stream that runs already does not count again.
    const same = resources(at, 'one')
    await same.subscription.ready
    expect([fake.stats.requests.length, fake.stats.received.length]).toEqual([requests, received])
    await Promise.all([one, same].map(({ subscription }) => subscription.close()))
    await until(() => expect(fake.stats.operations).toBe(1))
    const three = resources(at, 'three')
    await three.newest((value) => expect(value?.resources[0]?.count).toBe(3))
  })

  it('does not count a stream without subscriptions', async () => {
    await using at = await begin('v0.8', { operations: 1 })
    for (const namespace of ['one', 'two', 'three']) {
      const { subscription } = resources(at, namespace)
      await subscription.ready
      await subscription.close()
    }
    const { subscription } = resources(at, 'three')
    await subscription.ready
    expect(() => resources(at, 'four')).toThrow(expect.objectContaining({ code: 'TOO_MANY_OPERATIONS' }))
  })

  it('counts each stream once, however many operations it needs', async () => {
    await using at = await begin('v0.8', { operations: 1 })
    const { fake, meshery } = at
    fake.contexts.set([{}, {}, {}])
    const one = resources(at, '')
    await one.subscription.ready
    await until(() => expect(fake.stats.operations).toBe(3))
    expect(() => meshery.subscribeK8sContext()).toThrow()
  })

  it('does not count a stream that failed', async () => {
    await using at = await begin('v0.8', { operations: 1 })
    const { fake } = at
    fake.faults.answer('rest', 404)
    const failing = resources(at, 'one')
    expect(await failing.failure).toMatchObject({ code: 'NOT_MESHERY' })
    fake.faults.answer('rest', undefined)
    await contexts(at).subscription.ready
  })
})
