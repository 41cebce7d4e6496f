import { describe, expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { type FakeMeshery, type Release, startFakeMeshery, type WrongStatus } from '../../src/testing/index.ts'
import { isFull, sampled } from '../sample.ts'
import { followState } from './states.ts'
import { follow, gotAll, hasty, lastOne, until, type Watching, worksOver } from './watching.ts'

/** Every way in which a gateway may refuse a transport. */
const refusals: readonly WrongStatus[] = [
  ...[302, 400, 401, 403, 404, 405, 422, 426, 500, 502, 503, 504],
  'reset',
  'silence',
]

/** Only silence has to be waited for. A read that is late would leave a refusal of a transport as one of the credentials. */
const timeoutsFor = (status: WrongStatus): MesheryOptions['timeouts'] =>
  status === 'silence' ? { ...hasty.timeouts, connect: 800 } : { ...hasty.timeouts, connect: 20_000, request: 10_000 }
const timeouts = timeoutsFor(401)
const auth = { provider: 'Meshery', token: 'good-token-of-this-test' }

/** A client of the fake, on the platform, with valid credentials. */
const watchOn = (platform: Platform, url: string, status: WrongStatus = 401): Watching => {
  const options = { ...hasty, ...(platform.setsHeaders && auth), url, timeouts: timeoutsFor(status) }
  const meshery = createMesheryOn(platform)(options)
  return { ...follow(meshery), meshery, [Symbol.asyncDispose]: () => meshery.close() }
}

/** As a browser: it sends cookies by itself, and hides why an upgrade fails. */
const browserLike = (): Platform => {
  const node = nodePlatform({ env: {} })
  const cookie = `meshery-provider=${auth.provider}; token=${auth.token}`
  return {
    ...node,
    name: 'browser',
    setsHeaders: false,
    openSocket(request) {
      const socket = node.openSocket({
        ...request,
        headers: { cookie },
        onAnswer: () => {
          if (typeof socket.onerror === 'function') socket.onerror(new Event('error'))
        },
      })
      return socket
    },
    fetch: (url, init) => node.fetch(url, { ...init, headers: { ...init.headers, cookie } }),
    readCredentials: async () => undefined,
  }
}

const platforms: readonly (readonly [string, () => Platform])[] = [
  ['Node', () => nodePlatform({ env: {} })],
  ['a browser', browserLike],
]

/** A fake behind a gateway that passes no health requests, and refuses these targets with this status. */
const behindGateway = async (
  release: Release,
  targets: readonly ('upgrade' | 'sse')[],
  status: WrongStatus,
): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release, auth: { ...auth, userID: '55555555-0000-4000-8000-000000000001' } })
  fake.faults.answer('health', 404)
  const headers = { location: '/provider' }
  for (const target of targets) fake.faults.answer(target, status, status === 302 ? { headers } : {})
  return fake
}

const ends: readonly (readonly [Release, readonly ('upgrade' | 'sse')[], TransportName])[] = [
  ['v0.8', ['upgrade'], 'polling'],
  ['v1.0.52', ['upgrade'], 'sse'],
  ['current', ['sse'], 'polling'],
  ['v1.0.52', ['upgrade', 'sse'], 'polling'],
]

/** Events come over that transport, each once, whatever the gateway does to the others. */
const arrive = async (
  platform: Platform,
  [release, targets, transport]: (typeof ends)[number],
  status: WrongStatus,
): Promise<void> => {
  await using fake = await behindGateway(release, targets, status)
  await using watching = watchOn(platform, fake.url, status)
  await watching.subscription.ready
  // While the transports fail.
  fake.events.add()
  const claim = (): void => expect(watching.subscription.status, `${status}`).toMatchObject(worksOver(transport))
  await until(claim)
  fake.events.add()
  await lastOne(watching, fake)
  await gotAll(watching, fake.events.rows)
  expect(fake.stats.requests.filter(({ path }) => path.startsWith('/healthz/'))).toEqual([])
}

describe.concurrent.each(platforms)('from %s, behind a gateway that refuses', (_, platform) => {
  it.each(sampled(ends, 1, 'every refusal'))(
    '%s %j: events come over %s, each once, for every kind of refusal',
    async (...end) => {
      await Promise.all(sampled(refusals, 1, platform().name).map((status) => arrive(platform(), end, status)))
    },
  )
})

describe.concurrent('behind a gateway that refuses upgrades', () => {
  it.each(sampled(refusals, 1, 'a state'))('by %s, a state is polled', async (status) => {
    await using fake = await behindGateway('v0.8', ['upgrade'], status)
    fake.contexts.add({ name: 'of this test' })
    const options = { ...hasty, ...auth, url: fake.url, timeouts: timeoutsFor(status) }
    await using meshery = createMesheryOn(nodePlatform({ env: {} }))(options)
    const { newest, subscription } = followState((onNotice) => meshery.subscribeK8sContext({}, { onNotice }))
    await newest((value) => expect(value?.contexts).toMatchObject([{ name: 'of this test' }]))
    await until(() => expect(subscription.status).toMatchObject({ state: 'polling', transport: 'polling' }))
  })

  it.each(sampled([403, 302, 405] as const, 1))(
    'by %s permanently, a subscription to a document ends with the error',
    async (status) => {
      await using fake = await behindGateway('v0.8', ['upgrade'], status)
      await using meshery = createMesheryOn(nodePlatform({ env: {} }))({ ...hasty, ...auth, url: fake.url, timeouts })
      const subscription = meshery.subscribe('subscription { subscribeEvents { id } }')
      const events = meshery.subscribeEvents()
      await expect(subscription.closed).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', retryable: false })
      await until(() => expect(events.status).toMatchObject({ state: 'polling' }))
    },
  )

  it.each(sampled([503, 'reset'] as const, 1, 'for a while'))(
    'by %s for a while, a subscription to a document continues afterwards',
    async (status) => {
      await using fake = await behindGateway('v0.8', ['upgrade'], status)
      await using meshery = createMesheryOn(nodePlatform({ env: {} }))({ ...hasty, ...auth, url: fake.url, timeouts })
      const subscription = meshery.subscribe('subscription { subscribeEvents { id } }')
      await until(() => expect(subscription.status.reason).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' }))
      fake.faults.answer('upgrade', undefined)
      await until(() => expect(subscription.status).toMatchObject({ state: 'live', reason: null }))
    },
  )

  it('with a Retry-After of an hour, a state is polled meanwhile', async () => {
    await using fake = await behindGateway('v0.8', [], 429)
    fake.faults.answer('upgrade', 429, { headers: { 'retry-after': '3600' } })
    await using watching = watchOn(nodePlatform({ env: {} }), fake.url)
    await until(() => expect(watching.subscription.status).toMatchObject(worksOver('polling')))
    await lastOne(watching, fake)
    expect(fake.stats.dials.filter(({ transport }) => transport === 'websocket')).toHaveLength(1)
  })

  it.each(sampled([4401, 4403], 1, 'again and again'))(
    'or closes live connections with %i again and again: events are polled',
    async (code) => {
      await using fake = await behindGateway('v0.8', [], 403)
      await using watching = watchOn(nodePlatform({ env: {} }), fake.url)
      await until(() => expect(watching.subscription.status.state).toBe('live'))
      fake.events.add()
      await until(() => {
        if (watching.subscription.status.state === 'live') fake.faults.endChannels(code, 'not you')
        expect(watching.subscription.status).toMatchObject(worksOver('polling'))
      })
      fake.events.add()
      await gotAll(watching, fake.events.rows)
    },
  )

  it('a refusal of the credentials themselves is final, and is not retried (law 9)', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    fake.faults.expireToken()
    await using meshery = createMesheryOn(nodePlatform({ env: {} }))({ ...hasty, ...auth, url: fake.url, timeouts })
    const subscription = meshery.subscribe('subscription { subscribeEvents { id } }')
    await expect(subscription.closed).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED', phase: 'upgrade' })
    expect(fake.stats.dials).toHaveLength(1)
  })
})

describe.concurrent('behind a gateway that answers every request with 503', () => {
  it.each(sampled([302, 401, 403] as const, 1))(
    'but refuses upgrades with %s: a fixed token that was good is kept',
    async (status) => {
      await using fake = await behindGateway('v0.8', [], status)
      await using watching = watchOn(nodePlatform({ env: {} }), fake.url)
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live' }))
      for (const target of ['store', 'version'] as const) fake.faults.answer(target, 503)
      fake.faults.answer('upgrade', status, { headers: { location: '/provider' } })
      fake.faults.cut()
      fake.events.add()
      await until(() => expect(watching.subscription.status.attempt).toBeGreaterThan(isFull ? 3 : 2))
      await fake.faults.calm()
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live', reason: null }))
      await gotAll(watching, fake.events.rows)
    },
  )

  it.each(sampled(['v0.8', 'current'] as const, 1))(
    '%s is awaited over the transport that it had',
    { tags: ['full'] },
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      await using watching = watchOn(nodePlatform({ env: {} }), fake.url)
      const before = release === 'v0.8' ? 'websocket' : 'sse'
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live', transport: before }))
      await lastOne(watching, fake)
      fake.faults.answer('everything', 503)
      fake.faults.cut()
      fake.events.add()
      await until(() => expect(watching.subscription.status.attempt).toBeGreaterThan(5))
      expect(new Set(watching.notices.map((notice) => ('transport' in notice ? notice.transport : null)))).toEqual(
        new Set([null, 'websocket', before]),
      )
      fake.faults.answer('everything', undefined)
      await until(() => expect(watching.subscription.status).toMatchObject({ state: 'live', transport: before }))
      await gotAll(watching, fake.events.rows)
    },
  )
})
