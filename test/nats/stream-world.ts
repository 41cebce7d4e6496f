import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { MesheryEvent } from '../../src/index.ts'
import { createMeshery } from '../../src/index.ts'
import { nats } from '../../src/nats/index.ts'
import { natsSink } from '../../src/relay/index.ts'
import { follow, hasty, type Watching, type WatchOptions } from '../client/watching.ts'
import { type NatsServer, startNatsServer } from '../relay/nats-server.ts'
import { eventually } from '../waiting.ts'

const never = new AbortController().signal

export const uuidOf = (number: number): string => `a1b2c3d4-0000-4000-8000-${String(number).padStart(12, '0')}`

/** An event with a row; every field that is not given is null. */
export const eventOf = (more: Partial<MesheryEvent> = {}): MesheryEvent => ({
  id: null,
  userID: null,
  actedUpon: null,
  operationID: null,
  systemID: null,
  severity: 'informational',
  action: 'deploy',
  status: null,
  category: 'pattern',
  description: null,
  metadata: null,
  createdAt: new Date().toISOString(),
  updatedAt: null,
  deletedAt: null,
  ...more,
})

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
  /** A subscription that follows the stream, by a client that has no Meshery Server. */
  watch(options?: WatchOptions): Watching
}

export async function startStreamWorld(...args: string[]): Promise<StreamWorld> {
  const server = await startNatsServer(...args)
  const sink = natsSink({ servers: server.url })
  const watchings: Watching[] = []
  let count = 0
  const connected = async <T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> => {
    const connection = await connect({ servers: server.url.replace('nats://', '') })
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
