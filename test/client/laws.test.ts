import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import {
  type FakeMeshery,
  type FakeMesheryOptions,
  type NewEvent,
  type Release,
  startFakeMeshery,
} from '../../src/testing/index.ts'
import { claimsFor, sampled } from '../sample.ts'
import { Dials } from '../soak/dials.ts'
import {
  descriptions,
  follow,
  gotAll,
  gotInOrder,
  hasty,
  lastOne,
  pushRaw,
  until,
  type Watching,
  type WatchOptions,
  watch,
} from './watching.ts'

/** Every release over every transport that it has for events. */
const ways: readonly (readonly [Release, TransportName])[] = [
  ['v0.6', 'websocket'],
  ['v0.7', 'websocket'],
  ['v0.8', 'websocket'],
  ['v1.0', 'websocket'],
  ['v1.0.52', 'sse'],
  ['current', 'sse'],
  ['v0.6', 'polling'],
  ['current', 'polling'],
]
const live = ways.filter(([, transport]) => transport !== 'polling')

/** A fake of that release, and a client that uses only that transport. */
const begin = async (
  [release, transport]: readonly [Release, TransportName],
  { options, ...rest }: WatchOptions = {},
  fakeOptions: FakeMesheryOptions = {},
): Promise<{ fake: FakeMeshery; watching: Watching } & AsyncDisposable> => {
  const fake = await startFakeMeshery({ release, ...fakeOptions })
  const watching = watch(fake.url, { options: { transports: [transport], ...options }, ...rest })
  await watching.subscription.ready
  await until(() => expect(watching.subscription.status.state).toBe(transport === 'polling' ? 'polling' : 'live'))
  const dispose = async (): Promise<void> => {
    await watching.meshery.close()
    await fake.close()
  }
  return { fake, watching, [Symbol.asyncDispose]: dispose }
}

/** Rows of an hour ago, three with the same time. */
const history = (count: number): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    createdAt: new Date(Date.now() - 3_600_000 + Math.floor(index / 3)).toISOString(),
  }))

const add = (fake: FakeMeshery, count: number, push = true) =>
  Array.from({ length: count }, () => fake.events.add({}, { push }))

claimsFor('%s over %s', ways, (it, way) => {
  it('Law 1: every event stored after `ready` is delivered, though pushes are lost, rows come late and the server restarts', async () => {
    await using at = await begin(way, {}, { seed: history(131) })
    const { fake, watching } = at
    const stored = add(fake, 3)
    fake.faults.dropPushes(true)
    stored.push(...add(fake, 140))
    fake.faults.dropPushes(false)
    stored.push(fake.events.insertLate({ description: 'late' }, 0, { push: false }))
    stored.push(fake.events.add({ system: true, description: 'of the server itself' }))
    await fake.stop()
    stored.push(...add(fake, 5))
    await fake.start()
    await gotAll(watching, stored)
    stored.push(await lastOne(watching, fake))
    await gotAll(watching, stored)
  })

  it('Law 2: no event is delivered twice, though it is pushed twice and read again after each cut', async () => {
    await using at = await begin(way)
    const { fake, watching } = at
    fake.faults.duplicatePushes()
    const stored = add(fake, 3)
    await gotAll(watching, stored)
    fake.faults.cut()
    stored.push(...add(fake, 3))
    await gotAll(watching, stored)
    stored.push(await lastOne(watching, fake))
    await gotInOrder(watching, stored)
  })

  it('Law 3: within one read events come in the order of the store, whatever the order of the pushes', async () => {
    // However slow the machine is, no push is delivered before its row.
    const options = { settle: 60_000, timeouts: { ...hasty.timeouts, request: 60_000 } }
    await using at = await begin(way, { options })
    const { fake, watching } = at
    const stored = add(fake, 250, false)
    for (const event of stored.slice(0, 20).reverse()) fake.events.push(event)
    await gotInOrder(watching, stored)
  })

  it('Law 4: a reader that does not read fills its buffer and no more, and then gets everything', async () => {
    await using fake = await startFakeMeshery({ release: way[0] })
    await using meshery = watchless(fake, { transports: [way[1]] })
    const overflows: number[] = []
    const subscription = meshery.subscribeEvents(
      {},
      { buffer: 10, onNotice: (notice) => notice.kind === 'overflow' && overflows.push(notice.queued) },
    )
    await subscription.ready
    const stored = add(fake, 700, false)
    // Starts a read, where the server pushes at all.
    stored.push(fake.events.add())
    await until(() => expect(overflows).toEqual([10]))
    const received: (string | null)[] = []
    for await (const { description } of subscription) if (received.push(description) === stored.length) break
    expect(received).toEqual(descriptions(stored))
  })

  it('Law 6: what happens to one subscription never affects another', async () => {
    await using at = await begin(way)
    const { fake, watching } = at
    const throwing = follow(watching.meshery, {
      where: () => {
        throw new Error('of the user')
      },
    })
    const deaf = watching.meshery.subscribeEvents(
      {},
      {
        onNotice: () => {
          throw new Error('of the listener')
        },
      },
    )
    const lost = follow(watching.meshery, { since: '00000000-0000-4000-8000-000000000000' })
    const idle = watching.meshery.subscribeEvents({}, { buffer: 1 })
    const stored = add(fake, 5)
    await gotAll(watching, stored)
    expect(await throwing.failure).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'of the user' } })
    await expect(deaf.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
    expect(await lost.failure).toMatchObject({ code: 'SINCE_UNKNOWN' })
    expect([throwing.subscription.status.state, lost.subscription.status.state]).toEqual(['failed', 'failed'])
    expect(idle.status.state).toBe(watching.subscription.status.state)
    stored.push(await lastOne(watching, fake))
    await gotAll(watching, stored)
  })

  it('Law 7: after `close()` nothing is delivered and nothing is left at the server', async () => {
    await using at = await begin(way)
    const { fake, watching } = at
    const stored = add(fake, 2)
    await gotAll(watching, stored)
    await watching.subscription.close()
    expect(watching.subscription.status.state).toBe('closed')
    add(fake, 2)
    await until(() =>
      expect([fake.stats.openSockets, fake.stats.openStreams, fake.stats.operations]).toEqual([0, 0, 0]),
    )
    const { length } = fake.stats.requests
    add(fake, 2)
    await watching.meshery.close()
    expect(fake.stats.requests.length).toBe(length)
    expect(descriptions(watching.events)).toEqual(descriptions(stored))
    // A ping may follow while the connection waits for another operation.
    const last = fake.stats.received.findLast((message) => !JSON.stringify(message).includes('"ping"'))
    if (way[1] === 'websocket') expect(last).toMatchObject({ type: 'complete' })
  })

  it('Law 8: a token appears in no error, notice, log line or address', async () => {
    const token = 'secret-token-abcdefgh'
    const lines: string[] = []
    const log = (...entry: unknown[]): void => void lines.push(inspect(entry, { depth: 9 }))
    const logger = { debug: log, info: log, warn: log, error: log }
    const auth = { provider: 'Meshery', token }
    await using at = await begin(way, { options: { ...auth, logger } }, { auth })
    const { fake, watching } = at
    await gotAll(watching, add(fake, 1))
    fake.faults.answer('everything', 500, { body: `your token=${token} is odd`, times: 2 })
    fake.faults.cut()
    await until(() => expect(watching.reasons().length).toBeGreaterThan(0))
    fake.faults.expireToken()
    fake.faults.cut()
    // Releases before v1.0 refuse during an outage of the provider as well: there the client waits.
    await until(() => expect(watching.reasons().map(({ code }) => code)).toContain('CREDENTIALS_REFUSED'))
    const shown = inspect([watching.notices, lines], { depth: 9, showHidden: true })
    expect(shown).toContain('CREDENTIALS_REFUSED')
    expect(shown).not.toContain(token)
    expect(fake.stats.requests.map(({ path, query }) => path + query).join()).not.toContain(token)
  })

  it('Law 9: credentials that are refused are not tried again unchanged', async () => {
    const refused = { provider: 'Meshery', token: 'refused-token' }
    const release = way[0].startsWith('v0.') ? ('v1.0' as const) : way[0]
    await using fake = await startFakeMeshery({ release, auth: { provider: 'Meshery', token: 'good-token' } })
    let asked = 0
    const credentials = () => {
      asked++
      return refused
    }
    await using meshery = watchless(fake, { transports: [way[1]], provider: undefined, credentials })
    const subscription = meshery.subscribeEvents()
    await until(() =>
      expect(subscription.status).toMatchObject({ state: 'waiting', reason: { code: 'CREDENTIALS_REFUSED' } }),
    )
    await until(() => expect(asked).toBeGreaterThan(1))
    expect(fake.stats.requests.filter(({ path }) => path !== '/api/system/version')).toHaveLength(1)
  })

  it('Law 11: unknown fields and values and nulls never end a stream', async () => {
    await using at = await begin(way)
    const { fake, watching } = at
    const odd = fake.events.add({ severity: 'unheard-of', status: 'archived', action: '', metadata: { a: [null] } })
    await gotAll(watching, [odd])
    expect(watching.events[0]).toMatchObject({ severity: 'unheard-of', status: 'archived', metadata: { a: [null] } })
    for (const value of [null, {}, [], 7, 'text', { description: null, novel: { deep: true }, severity: null }])
      pushRaw(fake, value as Readonly<Record<string, unknown>>)
    await lastOne(watching, fake)
    expect(watching.subscription.status.reason).toBeNull()
    expect(fake.stats.dials.length).toBeLessThanOrEqual(1)
  })

  it('Law 12: a redirect is never followed, neither with credentials nor without', async () => {
    const seen: unknown[] = []
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers)
      response.end('{}')
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    const { port } = elsewhere.address() as AddressInfo
    try {
      const auth = { provider: 'Meshery', token: 'secret-token' }
      await using at = await begin(way, { options: auth }, { auth })
      const { fake, watching } = at
      const headers = { location: `http://127.0.0.1:${port}/somewhere` }
      for (const status of [301, 302, 307, 308]) fake.faults.answer('everything', status, { headers, times: 2 })
      fake.faults.cut()
      await until(() => expect(watching.reasons().length).toBeGreaterThan(0))
      await fake.faults.calm()
      await lastOne(watching, fake)
      expect(seen).toEqual([])
    } finally {
      elsewhere.close()
    }
  })
})

claimsFor('%s over %s', live, (it, way) => {
  it('Law 1: while the store cannot be read, a `gap` notice with `complete: false` says so, and pushes are delivered', async () => {
    await using fake = await startFakeMeshery({ release: way[0] })
    fake.faults.answer('store', 500)
    await using watching = watch(fake.url, { options: { transports: [way[1]] } })
    await watching.subscription.ready
    await until(() => expect(watching.subscription.status.state).toBe('live'))
    expect(watching.notices).toContainEqual(
      expect.objectContaining({
        kind: 'gap',
        complete: false,
        reason: expect.objectContaining({ code: 'SERVER_ERROR' }),
      }),
    )
    const stored = add(fake, 3, false)
    // Marked, since some releases push what equals the row.
    for (const event of stored) fake.events.push({ ...event, metadata: { pushed: true } })
    await gotInOrder(watching, stored)
    expect(watching.events.every(({ metadata }) => metadata?.['pushed'] === true)).toBe(true)
    fake.faults.answer('store', undefined)
    stored.push(await lastOne(watching, fake))
    await until(() => expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: true })))
    stored.push(fake.events.add())
    await gotAll(watching, stored)
  })

  it('Law 2: what was delivered as pushed is not delivered again when its row comes', async () => {
    await using at = await begin(way, { options: { settle: 50 } })
    const { fake, watching } = at
    const early = fake.events.add({}, { storeAfter: 900 })
    await gotAll(watching, [early])
    await until(() => expect(fake.events.rows).toHaveLength(1))
    await gotAll(watching, [early, await lastOne(watching, fake)])
  })

  it('Law 5: no transport is dialled twice within 500 ms, however slow or quick the credentials and the refusals', async () => {
    await using fake = await startFakeMeshery({ release: way[0] })
    const dials = new Dials()
    let asked = 0
    const credentials = async () => {
      if (asked++ % 2 === 0) await new Promise((resolve) => setTimeout(resolve, 400))
      return { provider: 'None' }
    }
    const connect = createMesheryOn(dials.watch(nodePlatform()))
    const { provider: _, ...options } = hasty
    await using meshery = connect({ ...options, settle: 0, url: fake.url, transports: [way[1]], credentials })
    const { subscription, events } = follow(meshery)
    await subscription.ready
    for (let cuts = 1; cuts <= 6; cuts++) {
      await until(() => expect([dials.count, subscription.status.state]).toEqual([cuts, 'live']))
      fake.events.add()
      // What arrived makes it a connection that worked, which is dialled again the soonest.
      await until(() => expect(events.length).toBe(cuts))
      fake.faults.cut()
    }
    expect(dials.problems()).toEqual([])
  })
})

it('Law 10: every release and transport gives the same values, in every field that it can know', async () => {
  const event = {
    id: 'a1b2c3d4-0000-4000-8000-000000000001',
    actedUpon: 'a1b2c3d4-0000-4000-8000-000000000002',
    operationID: 'a1b2c3d4-0000-4000-8000-000000000003',
    systemID: 'a1b2c3d4-0000-4000-8000-000000000004',
    userID: 'a1b2c3d4-0000-4000-8000-000000000005',
    severity: 'error',
    action: 'deploy',
    status: 'unread',
    category: 'pattern',
    description: 'A <design> & its "parts"',
    metadata: { error: { ProbableCause: ['none'] } },
    createdAt: '2026-01-02T03:04:05.678Z',
    updatedAt: '2026-01-02T03:04:06Z',
    deletedAt: null,
  }
  for (const way of sampled(ways, 4)) {
    await using at = await begin(way)
    at.fake.events.add(event)
    await until(() => expect(at.watching.events).toEqual([event]))
    // Some servers store empty texts where an event has none.
    const bare = at.fake.events.add({ severity: '', description: '' })
    await until(() => expect(at.watching.events).toEqual([event, { ...bare, severity: null, description: null }]))
  }
})

/** A client without a subscription. */
function watchless(fake: FakeMeshery, options: MesheryOptions): ReturnType<ReturnType<typeof createMesheryOn>> {
  return createMesheryOn(nodePlatform())({ ...hasty, url: fake.url, ...options })
}
