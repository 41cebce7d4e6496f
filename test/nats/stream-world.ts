import { connect as connectTo, createServer, type Socket } from 'node:net'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { MesheryEvent } from '../../src/index.ts'
import { createMeshery } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { natsSink } from '../../src/relay/index.ts'
import { follow, hasty, type Watching, type WatchOptions } from '../client/watching.ts'
import { type NatsServer, startNatsServer } from '../relay/nats-server.ts'
import { eventually } from '../waiting.ts'
import { eventOf, uuidOf } from './events.ts'

const never = new AbortController().signal

/** A way to a server that can be cut. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string
  /** Cuts every connection. */
  cut(): void
  /** Cuts every connection, and each new one at once, until it is called with false. */
  refuse(isRefusing: boolean): void
  /** Passes nothing on any more over the connections that there are. */
  freeze(): void
  /** Does the work once, before the next thing that contains the text is passed on to the server. Resolves when it is done. */
  before(text: string, work: () => Promise<unknown>): Promise<void>
}

async function startProxy(to: URL, opened: () => void, closed: () => void): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let isRefusing = false
  let awaited: { readonly text: string; work(): Promise<void> } | undefined
  /** Passes on what a client sends, and holds it while the awaited work is done. */
  const passOn = (near: Socket, far: Socket): void => {
    near.on('data', (data) => {
      const found = awaited
      if (!found || !data.includes(found.text)) {
        far.write(data)
        return
      }
      awaited = undefined
      near.pause()
      void found.work().then(() => {
        far.write(data)
        near.resume()
      })
    })
  }
  const server = createServer((near) => {
    if (isRefusing) return near.destroy()
    opened()
    const far = connectTo(Number(to.port), to.hostname)
    sockets.add(near).add(far)
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    for (const socket of [near, far]) {
      // An error is followed by the close.
      socket.on('error', () => {})
      socket.on('close', end)
    }
    near.on('close', () => {
      sockets.delete(near)
      sockets.delete(far)
      closed()
    })
    passOn(near, far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `nats://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    cut,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    before(text, work) {
      return new Promise((resolve, reject) => {
        const doWork = async (): Promise<void> => {
          await work().then(() => resolve(), reject)
        }
        awaited = { text, work: doWork }
      })
    },
    refuse(now) {
      isRefusing = now
      if (now) cut()
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A NATS server, and a relay's sink that publishes events to it. */
export interface StreamWorld extends AsyncDisposable {
  readonly server: NatsServer
  /** Publishes so many events as a relay does, one after another. Their descriptions are their numbers. */
  publish(count: number, more?: Partial<MesheryEvent>): Promise<MesheryEvent[]>
  /** Publishes one event under an id. */
  send(event: MesheryEvent, id?: string): Promise<void>
  /** Publishes data as it is. */
  sendRaw(subject: string, data: string, headers?: { readonly id: string }): Promise<void>
  /** Does something by the API of JetStream. */
  manage<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T>
  /** A way to the server that can be cut; it reports each connection, and its end. */
  proxy(opened: () => void, closed?: () => void): Promise<CuttingProxy>
  /** A subscription that follows the stream, by a client that has no Meshery Server. */
  watch(options?: WatchOptions): Watching
}

export interface StreamWorldOptions {
  /** Further arguments of the server. */
  readonly args?: readonly string[]
  readonly format?: 'json' | 'cloudevents'
  readonly jetStream?: boolean
  /** How the sink and `manage` log in: `user:password@`. */
  readonly login?: string
  readonly stream?: string
  readonly subject?: string
}

export async function startStreamWorld({
  args = [],
  format,
  jetStream = true,
  login = '',
  stream,
  subject,
}: StreamWorldOptions = {}): Promise<StreamWorld> {
  const server = await startNatsServer(...args, ...(jetStream ? [] : ['-js=false']))
  const sink = natsSink({ servers: server.url.replace('//', `//${login}`), format, stream, subject })
  const watchings: Watching[] = []
  let count = 0
  const connected = async <T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> => {
    const [user, pass] = login.replace('@', '').split(':')
    const connection = await connect({ servers: server.url.replace('nats://', ''), ...(login && { user, pass }) })
    try {
      return await work(connection)
    } finally {
      await connection.close()
    }
  }
  const send = (event: MesheryEvent, id = event.id ?? 'push-1'): Promise<void> =>
    eventually(() => sink.send({ id, event, source: 'http://localhost:9081' }, never))
  return {
    server,
    send,
    async publish(many, more = {}) {
      const events: MesheryEvent[] = []
      for (let left = many; left > 0; left--) {
        const event = eventOf({ id: uuidOf(++count), description: `${count}`, ...more })
        await send(event)
        events.push(event)
      }
      return events
    },
    sendRaw: (subject, data, headers) =>
      connected(async (connection) => {
        await jetstream(connection).publish(subject, data, headers && { msgID: headers.id })
      }),
    proxy: (opened, closed = () => {}) => startProxy(new URL(server.url), opened, closed),
    manage: (work) => connected(async (connection) => work(await jetstreamManager(connection))),
    watch({ options, arguments: given, subscribe } = {}) {
      const meshery = createMeshery({ ...hasty, url: 'http://127.0.0.1:1', ...options })
      const source = given?.source ?? nats({ servers: server.url })
      const followed = follow(meshery, { ...given, source }, subscribe)
      const watching = { ...followed, meshery, [Symbol.asyncDispose]: () => meshery.close() }
      watchings.push(watching)
      return watching
    },
    async [Symbol.asyncDispose]() {
      for (const watching of watchings) await watching[Symbol.asyncDispose]()
      await sink.close?.()
      await server[Symbol.asyncDispose]()
    },
  }
}
