import { expect, test } from 'vitest'
import WebSocket from 'ws'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull } from '../sample.ts'
import { asLocal } from './clients.ts'

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Reconnects one client until it is stopped. What happens to the client does not matter here. */
async function keepComing(stop: AbortSignal, visit: () => Promise<unknown>): Promise<void> {
  while (!stop.aborted) {
    await visit().catch(() => undefined)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const read = (fake: FakeMeshery, path: string) => async (): Promise<unknown> =>
  (await fetch(`${fake.url}${path}`, { headers: asLocal, signal: AbortSignal.timeout(100) })).text()

const live = (fake: FakeMeshery) => (): Promise<unknown> =>
  new Promise((resolve) => {
    const socket = new WebSocket(
      `${fake.url.replace('http', 'ws')}/api/system/graphql/query?provider=None`,
      'graphql-transport-ws',
    )
    const timer = setTimeout(() => socket.terminate(), 100)
    socket.on('error', () => {})
    socket.on('open', () => {
      socket.send('{"type":"connection_init"}')
      socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { subscribeEvents { id } }"}}')
    })
    socket.on('close', () => resolve(clearTimeout(timer)))
  })

function faultsOf(fake: FakeMeshery, random: () => number): (() => unknown)[] {
  const { faults, events } = fake
  const pick = <Item>(...items: Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  return [
    () => faults.cut(),
    () => faults.endChannels(),
    () => faults.refuse(),
    () => faults.refuse(false),
    () => faults.freeze(),
    () => faults.thaw(),
    () => fake.stop(),
    () => fake.start(),
    () => fake.become(pick(...releases) ?? 'current'),
    () => faults.garbage(pick('binary', 'broken-json', 'not-an-object', 'unknown-id', 'huge') ?? 'huge', 100_000),
    () => faults.slowStore(pick(0, 20) ?? 0),
    () => faults.delayAck(pick(0, 20, Number.POSITIVE_INFINITY) ?? 0),
    () => faults.cutYoung(pick(undefined, 20)),
    () => faults.block(pick('websocket', 'sse') ?? 'sse', random() < 0.5),
    () =>
      faults.answer(pick('everything', 'upgrade', 'sse', 'store') ?? 'sse', pick(undefined, 500, 429), { times: 2 }),
    () => events.add({}, { storeAfter: pick(0, 10) ?? 0 }),
    () => events.insertLate({}, 100),
  ]
}

/** Fewer in `npm test`, by other seeds each time. */
const turns = isFull ? 800 : 200

test(`${turns} random faults leave it whole`, async ({ onTestFailed }) => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  onTestFailed(() => console.error(`seed ${seed}`))
  const random = randomFrom(seed)
  await using fake = await startFakeMeshery({ release: 'v1.0.52' })
  const stop = new AbortController()
  const visits = [
    ...[read(fake, '/api/system/events'), read(fake, '/api/system/events/subscribe')],
    ...[live(fake), live(fake), live(fake)],
  ]
  const clients = visits.map((visit) => keepComing(stop.signal, visit))
  const faults = faultsOf(fake, random)
  for (let turn = 0; turn < turns; turn++) {
    await faults[Math.floor(random() * faults.length)]?.()
    if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 8))
  }
  await fake.faults.calm()
  stop.abort()
  await Promise.all(clients)
  // A pooled connection that was cut a moment ago may fail once.
  const health = (): Promise<number> =>
    fetch(`${fake.url}/api/system/version`).then(
      ({ status }) => status,
      () => 0,
    )
  await expect.poll(health).toBe(200)
  const { stats } = fake
  await expect.poll(() => [stats.openSockets, stats.openStreams, stats.operations]).toEqual([0, 0, 0])
})
