import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { fileCursor, natsSink, relay } from '../../src/relay/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import {
  descriptions,
  follow,
  gotAll,
  gotInOrder,
  hasty,
  isLive,
  lastOne,
  pushRaw,
  until,
  type Watching,
  type WatchOptions,
} from '../client/watching.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { sampled } from '../sample.ts'
import { type StreamWorld, startStreamWorld } from './stream-world.ts'

/** A Meshery, a relay that writes its events to NATS, and a subscription that follows from there. */
interface Chain extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly world: StreamWorld
  readonly watching: Watching
}

const begin = async (options: WatchOptions = {}): Promise<Chain> => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-laws-'))
  const world = await startStreamWorld()
  const fake = await startFakeMeshery()
  const meshery = createMeshery({ ...hasty, url: fake.url })
  const watching = world.watch(options)
  const ended = relay(meshery, {
    to: natsSink({ servers: world.server.url }),
    cursor: fileCursor(join(folder, 'relay.json')),
    events: { since: '1h' },
  })
  // The relay makes the stream with its first event.
  fake.events.add({ description: 'first' })
  await watching.subscription.ready
  await until(() => expect(descriptions(watching.events)).toEqual(['first']))
  watching.events.length = 0
  return {
    fake,
    world,
    watching,
    async [Symbol.asyncDispose]() {
      await meshery.close()
      await ended
      await world[Symbol.asyncDispose]()
      await fake.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const add = (fake: FakeMeshery, count: number, push = true) =>
  Array.from({ length: count }, () => fake.events.add({}, { push }))

/** The claims of `test/client/laws.test.ts` that are about events, wherever they come from. */
describe.skipIf(hasNoNats())('over NATS', { tags: ['nats'] }, () => {
  const laws: (readonly [claim: string, run: () => Promise<void>])[] = []
  const law = (claim: string, run: () => Promise<void>): void => void laws.push([claim, run])

  law(
    'Law 1: every event stored after `ready` is delivered, though pushes are lost, rows come late and both servers restart',
    async () => {
      await using chain = await begin()
      const { fake, world, watching } = chain
      const stored = add(fake, 3)
      fake.faults.dropPushes(true)
      stored.push(...add(fake, 140))
      fake.faults.dropPushes(false)
      stored.push(fake.events.insertLate({ description: 'late' }, 0, { push: false }))
      stored.push(fake.events.add({ system: true, description: 'of the server itself' }))
      await fake.stop()
      stored.push(...add(fake, 5))
      await fake.start()
      await world.server.restart()
      stored.push(...add(fake, 5))
      stored.push(await lastOne(watching, fake))
      await gotAll(watching, stored)
    },
  )

  law('Law 2: no event is delivered twice, though it is pushed twice and read again after each cut', async () => {
    await using chain = await begin()
    const { fake, world, watching } = chain
    fake.faults.duplicatePushes()
    const stored = add(fake, 3)
    await gotAll(watching, stored)
    fake.faults.cut()
    await world.server.restart()
    stored.push(...add(fake, 3))
    await gotAll(watching, stored)
    stored.push(await lastOne(watching, fake))
    await gotInOrder(watching, stored)
  })

  law('Law 3: within one read events come in the order of the store, whatever the order of the pushes', async () => {
    await using chain = await begin()
    const { fake, watching } = chain
    const stored = add(fake, 250, false)
    for (const event of stored.slice(0, 20).reverse()) fake.events.push(event)
    await gotInOrder(watching, stored)
  })

  law('Law 4: a reader that does not read fills its buffer and no more, and then gets everything', async () => {
    await using world = await startStreamWorld()
    await world.publish(1)
    await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
    const notices: object[] = []
    const subscription = meshery.subscribeEvents(
      { source: nats({ servers: world.server.url }) },
      { buffer: 10, onNotice: (notice) => notice.kind !== 'status' && notices.push(notice) },
    )
    await subscription.ready
    const published = await world.publish(300)
    await until(() => expect(notices).toEqual([{ kind: 'overflow', queued: 10, dropped: 0 }]))
    const received: (string | null)[] = []
    for await (const { description } of subscription) if (received.push(description) === published.length) break
    expect(received).toEqual(descriptions(published))
    expect(notices).toContainEqual(
      expect.objectContaining({ kind: 'gap', complete: true, recovered: 290, reason: null }),
    )
  })

  law('Law 5: no server is dialled twice within 500 ms, however many subscriptions ask', async () => {
    await using world = await startStreamWorld()
    const dials: number[] = []
    await using proxy = await world.proxy(() => dials.push(performance.now()))
    await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
    await world.publish(1)
    const source = nats({ servers: proxy.url })
    const subscriptions = Array.from({ length: 5 }, () => meshery.subscribeEvents({ source }))
    for (let cuts = 1; cuts <= 4; cuts++) {
      await until(() =>
        expect([dials.length, ...subscriptions.map(({ status }) => status.state)]).toEqual([
          cuts,
          ...Array.from({ length: 5 }, () => 'live'),
        ]),
      )
      proxy.cut()
      await until(() => expect(subscriptions.map(({ status }) => status.state)).not.toContain('live'))
    }
    const gaps = dials.slice(1).map((at, index) => at - (dials[index] ?? 0))
    // A timer may be a little early.
    expect(Math.min(...gaps)).toBeGreaterThan(495)
  })

  law('Law 6: what happens to one subscription never affects another', async () => {
    await using chain = await begin()
    const { fake, world, watching } = chain
    const source = nats({ servers: world.server.url })
    const failing = (error: string) => () => {
      throw new Error(error)
    }
    const throwing = follow(watching.meshery, { source, where: failing('of the user') })
    const deaf = watching.meshery.subscribeEvents({ source }, { onNotice: failing('of the listener') })
    const lost = follow(watching.meshery, { source, since: '00000000-0000-4000-8000-000000000000' })
    const idle = watching.meshery.subscribeEvents({ source }, { buffer: 1 })
    await idle.ready
    await throwing.subscription.ready
    const stored = add(fake, 5)
    await gotAll(watching, stored)
    expect(await throwing.failure).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'of the user' } })
    await expect(deaf.closed).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
    expect(await lost.failure).toMatchObject({ code: 'SINCE_UNKNOWN' })
    expect([throwing.subscription.status.state, lost.subscription.status.state]).toEqual(['failed', 'failed'])
    expect(idle.status.state).toBe('live')
    stored.push(await lastOne(watching, fake))
    await gotAll(watching, stored)
  })

  law('Law 7: after `close()` nothing is delivered and nothing is left at the server', async () => {
    await using world = await startStreamWorld()
    let connections = 0
    await using proxy = await world.proxy(
      () => connections++,
      () => connections--,
    )
    await world.publish(1)
    const source = nats({ servers: proxy.url })
    const watching = world.watch({ arguments: { source } })
    await isLive(watching)
    const published = await world.publish(2)
    await until(() => expect(watching.events).toEqual(published))
    expect(connections).toBe(1)
    await watching.subscription.close()
    expect(watching.subscription.status.state).toBe('closed')
    await world.publish(2)
    await until(() => expect(connections).toBe(0))
    expect(await world.manage(async (manager) => (await manager.consumers.list('MESHERY').next()).length)).toBe(0)
    expect(watching.events).toEqual(published)
  })

  law('Law 8: a password appears in no error, notice, log line or address', async () => {
    const password = 'secret-password-abcdefgh'
    await using world = await startStreamWorld({ args: ['--user', 'meshery', '--pass', 'right'] })
    const lines: string[] = []
    const log = (...entry: unknown[]): void => void lines.push(inspect(entry, { depth: 9 }))
    const logger = { debug: log, info: log, warn: log, error: log }
    const source = nats({ servers: world.server.url.replace('//', `//meshery:${password}@`) })
    const watching = world.watch({ options: { logger }, arguments: { source } })
    const error = await watching.failure
    const shown = inspect([error, watching.notices, lines], { depth: 9, showHidden: true })
    expect(shown).toContain('CREDENTIALS_REFUSED')
    expect(shown).not.toContain(password)
  })

  law('Law 9: credentials that are refused are not tried again unchanged', async () => {
    await using world = await startStreamWorld({ args: ['--user', 'meshery', '--pass', 'right'] })
    let dials = 0
    await using proxy = await world.proxy(() => dials++)
    const watching = world.watch({ arguments: { source: nats({ servers: proxy.url }) } })
    expect(await watching.failure).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(watching.subscription.status).toMatchObject({ state: 'failed', reason: { code: 'CREDENTIALS_REFUSED' } })
    expect(dials).toBe(1)
  })

  law('Law 11: unknown fields and values and nulls never end a stream', async () => {
    await using chain = await begin()
    const { fake, world, watching } = chain
    const odd = fake.events.add({ severity: 'unheard-of', status: 'archived', action: '', metadata: { a: [null] } })
    await gotAll(watching, [odd])
    expect(watching.events[0]).toMatchObject({ severity: 'unheard-of', status: 'archived', metadata: { a: [null] } })
    pushRaw(fake, { description: null, novel: { deep: true }, severity: null })
    for (const text of ['null', '{}', '[]', '7', 'text', '{"description":null,"novel":{"deep":true}}'])
      await world.sendRaw('meshery.events.a.b', text)
    await lastOne(watching, fake)
    expect(watching.subscription.status).toMatchObject({ state: 'live', reason: null })
  })

  // Each starts a server of its own.
  for (const [claim, run] of sampled(laws, 3)) test(claim, run)
})
