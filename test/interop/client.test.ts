import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createMeshery,
  type MesheryEvent,
  type MesheryOptions,
  type Notice,
  type Subscription,
} from '../../src/index.ts'
import { reservePort } from '../reserve-port.ts'
import { Gqlgen, until } from './gqlgen.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** Reads a subscription to its end into a list; `failed` is its error. */
const read = <T>(subscription: Subscription<T>): { readonly items: T[]; failed?: unknown; done: boolean } => {
  const reading: { readonly items: T[]; failed?: unknown; done: boolean } = { items: [], done: false }
  const run = async (): Promise<void> => {
    try {
      for await (const item of subscription) reading.items.push(item)
    } catch (error) {
      reading.failed = error
    }
    reading.done = true
  }
  void run()
  return reading
}

const follow = (url: string, options: MesheryOptions = {}) => {
  const notices: Notice[] = []
  const meshery = createMeshery({ url, provider: 'Meshery', transports: ['websocket'], ...options })
  const subscription = meshery.subscribeEvents({}, { onNotice: (notice) => notices.push(notice) })
  return { meshery, subscription, notices, reading: read(subscription) }
}

const descriptions = (events: readonly MesheryEvent[]): string[] => events.map(({ description }) => String(description))

const numbered = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, number) => `event ${from + number}`)

test.each([true, false])(
  'a burst that the push drops is delivered completely and in order (nil ids: %s)',
  async (nilIds) => {
    await using server = await Gqlgen.start()
    await server.set({ nilIds })
    const { meshery, subscription, reading } = follow(server.url)
    await using _ = meshery
    await subscription.ready
    await server.live('subscribeEvents', 1)
    const stored = await server.events({}, { count: 300 })
    await until('all delivered', () => reading.items.length >= 300)
    await server.events({ description: 'last' })
    await until('the last one too', () => reading.items.some(({ description }) => description === 'last'))
    expect(reading.items.map(({ id }) => id).slice(0, 300)).toEqual(stored.map(({ id }) => id))
    expect(reading.items).toHaveLength(301)
  },
)

test('an event that is pushed but never stored is delivered as pushed', async () => {
  await using server = await Gqlgen.start()
  const { meshery, subscription, reading } = follow(server.url, { settle: 300 })
  await using _ = meshery
  await subscription.ready
  await server.live('subscribeEvents', 1)
  await server.events({ description: 'only pushed' }, { store: false })
  await until('delivered', () => reading.items.length > 0)
  expect(reading.items[0]).toMatchObject({ description: 'only pushed', createdAt: null, userID: null })
})

test('case 21: a killed server that starts again is reconnected, with a gap notice and nothing lost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meshery-live-store-'))
  try {
    const file = ['-store', join(folder, 'events')]
    using port = await reservePort()
    await using first = await Gqlgen.start(file, port)
    const { meshery, subscription, reading, notices } = follow(first.url)
    await using _ = meshery
    await subscription.ready
    await first.live('subscribeEvents', 1)
    await first.events({ description: 'event 0' })
    await until('the first event', () => reading.items.length === 1)
    await first.kill()
    await until('not live', () => subscription.status.state !== 'live')
    await using second = await Gqlgen.start(file, port)
    for (let number = 1; number <= 5; number++) await second.events({ description: `event ${number}` }, { push: false })
    await until('the missed ones', () => reading.items.length >= 6)
    await second.live('subscribeEvents', 1)
    await second.events({ description: 'event 6' })
    await until('the live one', () => reading.items.length >= 7)
    expect(descriptions(reading.items)).toEqual(numbered(0, 7))
    await until('the gap was reported', () => notices.some(({ kind }) => kind === 'gap'))
    expect(notices.filter(({ kind }) => kind === 'gap')).toMatchObject([{ complete: true }])
    expect(reading.done).toBe(false)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('case 22: a server that stays down ends the subscription once the attempts are used up', async () => {
  await using server = await Gqlgen.start()
  const { meshery, subscription, reading } = follow(server.url, { retry: { attempts: 2 } })
  await using _ = meshery
  await subscription.ready
  await server.live('subscribeEvents', 1)
  await server.kill()
  await until('failed', () => reading.done)
  expect(reading.failed).toMatchObject({ code: 'RETRIES_EXHAUSTED', cause: { code: 'CONNECTION_REFUSED' } })
})

test.each([
  ['that lived', true],
  ['that were cut soon after they opened', false],
])('case 24: cancelled contexts of connections %s lose nothing and are not dialled too often', async (_, push) => {
  await using server = await Gqlgen.start()
  const polling = { interval: 500, maxInterval: 500 }
  const { meshery, subscription, reading } = follow(server.url, { transports: ['websocket', 'polling'], polling })
  await using _meshery = meshery
  await subscription.ready
  const began = performance.now()
  for (let round = 0; round < 4; round++) {
    // Polling after three connections cut early, or where the server wrote a `complete` before the close.
    await until('joined', async () => {
      const joined = (await server.state()).live['subscribeEvents'] === 1
      return joined || subscription.status.state === 'polling'
    })
    await server.events({ description: `event ${2 * round}` }, { push })
    if (push) await until('delivered', () => reading.items.length > 2 * round)
    await server.cancel()
    await server.events({ description: `event ${2 * round + 1}` }, { push: false })
    await until('both delivered', () => reading.items.length > 2 * round + 1)
  }
  const { upgrades } = await server.state()
  expect(performance.now() - began).toBeGreaterThan((upgrades - 1) * 500 - 100)
  expect(descriptions(reading.items)).toEqual(numbered(0, 8))
  expect(reading.done).toBe(false)
})

test('case 25: a server that refuses every init is dialled at most once in half a second', async () => {
  await using server = await Gqlgen.start(['-init-reject'])
  const { meshery, reading } = follow(server.url)
  await using _ = meshery
  const began = performance.now()
  await until('three dials', async () => (await server.state()).upgrades >= 3)
  expect(performance.now() - began).toBeGreaterThan(900)
  expect(reading.done).toBe(false)
})

test('cases 28, 29, 46: a stalled network path is left, and nothing is lost and no duplicate comes when it resumes', async () => {
  await using server = await Gqlgen.start()
  await using proxy = await TcpProxy.start(server.port)
  const { meshery, subscription, reading } = follow(proxy.url, { timeouts: { ping: 300, pong: 1_500, request: 1_500 } })
  await using _ = meshery
  await subscription.ready
  await server.live('subscribeEvents', 1)
  await server.events({ description: 'event 0' })
  await until('the first event', () => reading.items.length === 1)
  proxy.stall()
  await server.events({ description: 'event 1' })
  await server.live('subscribeEvents', 2)
  await until('the second event', () => reading.items.length >= 2)
  proxy.thaw()
  await server.live('subscribeEvents', 1)
  await server.events({ description: 'event 2' })
  await until('the third event', () => reading.items.length >= 3)
  expect(descriptions(reading.items)).toEqual(numbered(0, 3))
})

test('case 31: refused credentials are not retried unchanged', async () => {
  await using server = await Gqlgen.start(['-token', 'right'])
  const { meshery, reading } = follow(server.url, { token: 'wrong', transports: ['websocket', 'sse', 'polling'] })
  await using _ = meshery
  await until('failed', () => reading.done)
  expect(reading.failed).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  expect((await server.state()).upgrades).toBeLessThanOrEqual(1)
})

test('case 32: a slow reader gets everything from the store, and the other one is served meanwhile', async () => {
  await using server = await Gqlgen.start()
  const meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  await using _ = meshery
  const slow = meshery.subscribeEvents({}, { buffer: 5 })
  const quick = read(meshery.subscribeEvents())
  await slow.ready
  await server.live('subscribeEvents', 1)
  await server.events({}, { count: 200 })
  await until('the quick one has all', () => quick.items.length >= 200)
  const late = read(slow)
  await until('the slow one has all', () => late.items.length >= 200)
  expect(descriptions(late.items)).toEqual(numbered(0, 200))
  expect(descriptions(quick.items)).toEqual(numbered(0, 200))
  expect((await server.state()).upgrades).toBe(1)
})

test('case 34: `break`, an abort and `close` each end the operation on the server', async () => {
  await using server = await Gqlgen.start()
  const meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  await using _ = meshery
  const flood = meshery.subscribe('subscription { testFlood(bytes: 10) }')
  for await (const _ of flood) break
  await server.live('testFlood', 0)

  const abort = new AbortController()
  const mute = read(meshery.subscribe('subscription { testMute }', {}, { signal: abort.signal }))
  await server.live('testMute', 1)
  abort.abort()
  await server.live('testMute', 0)
  await until('done', () => mute.done)

  const closing = meshery.subscribe('subscription { testMute }')
  await server.live('testMute', 1)
  await closing.close()
  await server.live('testMute', 0)
})

test('case 34: an end before the first value leaves no promise pending', async () => {
  await using server = await Gqlgen.start()
  await using meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  const empty = read(meshery.subscribe('subscription { testEmpty }'))
  const wrong = read(meshery.subscribe('subscription { nothing }'))
  const failing = read(meshery.subscribe('subscription { testStartError }'))
  await until('all ended', () => empty.done && wrong.done && failing.done)
  expect(empty).toMatchObject({ items: [], done: true })
  expect(empty.failed).toBeUndefined()
  expect(wrong.failed).toMatchObject({ code: 'UNSUPPORTED' })
  expect(failing.failed).toMatchObject({ code: 'GRAPHQL_ERROR' })
})

test('case 41: closing the client ends each subscription once and leaves the server without a socket', async () => {
  await using server = await Gqlgen.start()
  const { meshery, subscription, reading } = follow(server.url)
  await subscription.ready
  await server.live('subscribeEvents', 1)
  await meshery.close()
  await until('done', () => reading.done)
  expect(reading.failed).toBeUndefined()
  await until('no socket', async () => (await server.state()).sockets === 0)
  expect(() => meshery.subscribeEvents()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
})
