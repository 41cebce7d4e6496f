import { type Client, createClient } from 'graphql-ws/client'
import { MesheryError } from '../base/errors.ts'
import type { Server } from '../platform/server.ts'
import type { Connection, Frame, Operation, Sink, Timeouts, Transport } from './contract.ts'
import { errorsOf, graphqlFailure } from './graphql-failure.ts'
import { GuardedSocket } from './guarded-socket.ts'
import { Outlet } from './outlet.ts'

/** One graphql-ws client for one connection: nothing of an old attempt can reach a new one. */
class WebSocketConnection implements Connection {
  readonly ended: Promise<MesheryError | undefined>
  readonly #socket: GuardedSocket
  readonly #client: Client
  readonly #stops = new Set<() => void>()
  readonly #redact: (text: string) => string
  #id = ''

  constructor(server: Server, timeouts: Timeouts) {
    const socket = new GuardedSocket(server, timeouts)
    this.#socket = socket
    this.ended = socket.ended
    this.#redact = (text) => server.credentials.redact(text)
    this.#client = createClient({
      url: server.url.href,
      lazy: false,
      retryAttempts: 0,
      generateID: () => this.#id,
      connectionParams: () =>
        server.connectionParams().catch((cause: unknown) => {
          socket.end(server.socketError(cause, 'credentials'))
          throw cause
        }),
      // The engine wants a class; what it makes is the socket that is already dialling.
      webSocketImpl: Object.assign(
        function guarded() {
          return socket
        },
        { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 },
      ),
      // What the engine finds wrong, it tells the socket by closing it.
      onNonLazyError: () => {},
    })
  }

  start({ graphql }: Operation, sink: Sink): () => void {
    if (this.#socket.over) return () => {}
    const outlet = new Outlet(sink)
    if (!graphql) {
      queueMicrotask(() =>
        outlet.end(new MesheryError('UNSUPPORTED', 'No WebSocket carries this', { phase: 'subscribe' })),
      )
      return () => outlet.stop()
    }
    const end = (error?: MesheryError): void => {
      this.#stops.delete(stop)
      if (!this.#socket.over) outlet.end(error)
    }
    // gqlgen tells a resolver's failure by a value without data and then `complete`; only that makes it a failure.
    let doubtful: Frame | undefined
    let begun = false
    const id = this.#socket.begin({
      outlet,
      next({ data, errors: told }) {
        const errors = errorsOf(told)
        const frame: Frame = errors ? { data, errors } : { data }
        if (doubtful) outlet.frame(doubtful)
        doubtful = undefined
        if (!begun && errors && (data === null || data === undefined)) doubtful = frame
        else {
          begun = true
          outlet.frame(frame)
        }
      },
    })
    this.#id = id
    const unsubscribe = this.#client.subscribe(graphql, {
      // The socket has taken them.
      next() {},
      error: (error) => {
        const errors = errorsOf(error)
        end(errors ? graphqlFailure(errors, this.#redact) : unsendable(error))
      },
      complete: () => end(doubtful?.errors && graphqlFailure(doubtful.errors, this.#redact)),
    })
    const stop = (): void => {
      outlet.stop()
      this.#stops.delete(stop)
      this.#socket.forget(id)
      unsubscribe()
    }
    this.#stops.add(stop)
    return stop
  }

  close(): Promise<void> {
    for (const stop of this.#stops) stop()
    return this.#socket.shut()
  }
}

const unsendable = (cause: unknown): MesheryError =>
  new MesheryError('INVALID_OPTION', 'The operation cannot be sent as JSON', { phase: 'subscribe', cause })

/** GraphQL subscriptions over `graphql-transport-ws`; Meshery has them up to about v1.0.50. */
export const websocket: Transport = {
  name: 'websocket',
  shared: true,
  connect: (server, timeouts) => new WebSocketConnection(server, timeouts),
}
