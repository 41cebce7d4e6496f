import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createMeshery, type Notice } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { fileCursor, natsSink, relay } from '../../src/relay/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import type {
  DialWorld,
  EventRig,
  EventWorld,
  RedirectWorld,
  RefusedWorld,
  SecretWorld,
  WorldOptions,
} from '../client/event-rig.ts'
import { follow, hasty, isLive, until, type WatchOptions } from '../client/watching.ts'
import { type StreamWorld, type StreamWorldOptions, startStreamWorld } from './stream-world.ts'

/** No Meshery Server is asked. */
const noServer = { ...hasty, url: 'http://127.0.0.1:1' }

interface ChainOptions extends WorldOptions {
  readonly world?: StreamWorldOptions
  readonly watch?: WatchOptions['options']
}

interface Chain extends EventWorld {
  readonly stream: StreamWorld
}

/** How many messages the stream has; 0 where there is none. */
const countIn = (stream: StreamWorld): Promise<number> =>
  stream.manage(async (manager) => {
    for await (const { state } of manager.streams.list()) return state.messages
    return 0
  })

/** Meshery ─► relay ─► NATS ─► subscription. */
async function startChain({ options, seed = [], world = {}, watch }: ChainOptions = {}): Promise<Chain> {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-laws-'))
  const stream = await startStreamWorld(world)
  let connections = 0
  const proxy = await stream.proxy(
    () => connections++,
    () => connections--,
  )
  const withLogin = (url: string): string => url.replace('//', `//${world.login ?? ''}`)
  const fake = await startFakeMeshery({ seed })
  const meshery = createMeshery({ ...hasty, url: fake.url, ...options })
  const notices: Notice[] = []
  const isRelayLive = (): Promise<void> =>
    until(() => expect(notices.findLast(({ kind }) => kind === 'status')).toMatchObject({ state: 'live' }))
  const ended = relay(meshery, {
    to: natsSink({ servers: withLogin(stream.server.url) }),
    cursor: fileCursor(join(folder, 'relay.json')),
    onNotice(notice) {
      if (notice.kind === 'status' || notice.kind === 'gap') notices.push(notice)
    },
  })
  // Where a login is refused, the relay ends by it.
  ended.catch(() => {})
  await isRelayLive()
  // The relay makes the stream with its first event.
  fake.events.add({ description: 'first' })
  await until(async () => expect(await countIn(stream)).toBe(1))
  const from = { source: nats({ servers: withLogin(proxy.url) }) }
  const watching = stream.watch({ arguments: from, ...(watch && { options: watch }) })
  await watching.subscription.ready
  await isLive(watching)
  return {
    fake,
    watching,
    from,
    stream,
    async restart(work) {
      await fake.stop()
      work()
      await fake.start()
      await stream.server.restart()
    },
    async cut() {
      fake.faults.cut()
      await stream.server.restart()
    },
    async nothingIsLeft() {
      await until(() => expect(connections).toBe(0))
      const consumers = await stream.manage(async (manager) => (await manager.consumers.list('MESHERY').next()).length)
      expect(consumers).toBe(0)
      const before = await countIn(stream)
      fake.events.add()
      await until(async () => expect(await countIn(stream)).toBeGreaterThan(before))
      expect(connections).toBe(0)
    },
    async sendOdd(values) {
      for (const value of values) await stream.sendRaw('meshery.events.a.b', JSON.stringify(value))
      await stream.sendRaw('meshery.events.a.b', 'no JSON')
    },
    undisturbed: () => expect(watching.subscription.status).toMatchObject({ state: 'live', reason: null }),
    async [Symbol.asyncDispose]() {
      await meshery.close()
      await ended.catch(() => {})
      await proxy[Symbol.asyncDispose]()
      await stream[Symbol.asyncDispose]()
      await fake.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A server that greets with the address of another one, and breaks off; from the third connection on it does so later. */
async function startNamingServer(port: number): Promise<{ readonly url: string; connections(): number } & Disposable> {
  let connections = 0
  const info = {
    ...{ server_id: 'A', version: '2.10.0', proto: 1, go: 'go1', host: '127.0.0.1', port: 4222, headers: true },
    ...{ max_payload: 1_048_576, jetstream: true, connect_urls: [`127.0.0.1:${port}`] },
  }
  const server = createServer((socket) => {
    connections++
    const isBrief = connections < 3
    socket.on('error', () => {})
    socket.write(`INFO ${JSON.stringify(info)}\r\n`)
    socket.on('data', (data) => {
      if (isBrief || !data.includes('PING')) socket.destroy()
      else socket.write('PONG\r\n')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `nats://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    connections: () => connections,
    [Symbol.dispose]: () => void server.close(),
  }
}

/** The rig of a stream of NATS that a relay writes. */
export const natsRig: EventRig = {
  begin: (options) => startChain(options),

  async withSecret(secret, logger): Promise<SecretWorld> {
    const login = `meshery:${secret}@`
    const world = { args: ['--user', 'meshery', '--pass', secret], login }
    const chain = await startChain({ world, watch: { logger } })
    return {
      ...chain,
      async refuse() {
        chain.stream.server.setArguments('--user', 'meshery', '--pass', 'another')
        await chain.stream.server.restart()
      },
      // NATS has no addresses within a server.
      addresses: () => '',
    }
  },

  async refused(): Promise<RefusedWorld> {
    const stream = await startStreamWorld({ args: ['--user', 'meshery', '--pass', 'right'] })
    let dials = 0
    const proxy = await stream.proxy(() => dials++)
    const { subscription } = stream.watch({ arguments: { source: nats({ servers: proxy.url }) } })
    return {
      subscription,
      tries: () => dials,
      // It has ended.
      hadOccasion: () => subscription.status.state === 'failed',
      async [Symbol.asyncDispose]() {
        await proxy[Symbol.asyncDispose]()
        await stream[Symbol.asyncDispose]()
      },
    }
  },

  async dialling(): Promise<DialWorld> {
    const stream = await startStreamWorld()
    await stream.publish(1)
    const dials: number[] = []
    const proxy = await stream.proxy(() => dials.push(performance.now()))
    const meshery = createMeshery(noServer)
    const source = nats({ servers: proxy.url })
    const followed = Array.from({ length: 5 }, () => follow(meshery, { source }))
    return {
      subscriptions: followed.map(({ subscription }) => subscription),
      count: () => dials.length,
      // A timer may be a little early.
      problems: () => dials.slice(1).filter((at, index) => at - (dials[index] ?? 0) < 495),
      async receive() {
        const lengths = followed.map(({ events }) => events.length + 1)
        await stream.publish(1)
        await until(() => expect(followed.map(({ events }) => events.length)).toEqual(lengths))
      },
      cut: () => proxy.cut(),
      async [Symbol.asyncDispose]() {
        await meshery.close()
        await proxy[Symbol.asyncDispose]()
        await stream[Symbol.asyncDispose]()
      },
    }
  },

  async redirecting(port): Promise<RedirectWorld> {
    const server = await startNamingServer(port)
    const meshery = createMeshery(noServer)
    const source = nats({ servers: server.url.replace('//', '//meshery:secret@'), timeoutMs: 500 })
    const { subscription } = follow(meshery, { source })
    return {
      async redirected() {
        await until(() => expect(server.connections()).toBeGreaterThan(4))
        expect(subscription.status.reason).not.toBe(null)
      },
      async [Symbol.asyncDispose]() {
        await meshery.close()
        server[Symbol.dispose]()
      },
    }
  },
}
