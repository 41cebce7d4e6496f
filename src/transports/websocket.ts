import { MesheryError } from '../base/errors.ts'
import type { Redactor } from '../credentials/redactor.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Connection, Frame, Operation, OperationListener, Timeouts, Transport } from './contract.ts'
import { errorsOf, graphqlFailure } from './graphql-failure.ts'
import { GuardedListener } from './guarded-listener.ts'
import { GuardedSocket } from './guarded-socket.ts'

/** One socket for one attempt: nothing of an old attempt can reach a new one. */
class WebSocketConnection implements Connection {
  readonly ended: Promise<MesheryError | undefined>
  readonly #socket: GuardedSocket
  readonly #stops = new Set<() => void>()
  readonly #secrets: Redactor

  constructor(server: HttpClient, timeouts: Timeouts) {
    this.#socket = new GuardedSocket(server, timeouts)
    this.ended = this.#socket.ended
    this.#secrets = server.credentials.secrets
  }

  start({ graphql }: Operation, sink: OperationListener): () => void {
    if (this.#socket.over) return () => {}
    const outlet = new GuardedListener(sink)
    const operation = graphql
      ? sendable(graphql)
      : new MesheryError('UNSUPPORTED', 'No WebSocket carries this', { phase: 'subscribe' })
    if (typeof operation !== 'string') {
      queueMicrotask(() => outlet.end(operation))
      return () => outlet.stop()
    }
    // gqlgen tells a resolver's failure by a value without data and then `complete`; only that makes it a failure.
    let doubtful: Frame | undefined
    let begun = false
    const id = this.#socket.begin({
      operation,
      outlet,
      next: ({ data, errors: told }, textLength) => {
        const errors = errorsOf(told, this.#secrets)
        const frame: Frame = errors ? { data, textLength, errors } : { data, textLength }
        if (doubtful) outlet.frame(doubtful)
        doubtful = undefined
        if (!begun && errors && (data === null || data === undefined)) doubtful = frame
        else {
          begun = true
          outlet.frame(frame)
        }
      },
      end: (errors = doubtful?.errors) => {
        this.#stops.delete(stop)
        outlet.end(errors && graphqlFailure(errors))
      },
    })
    const stop = (): void => {
      outlet.stop()
      this.#stops.delete(stop)
      this.#socket.stop(id)
    }
    this.#stops.add(stop)
    return stop
  }

  close(): Promise<void> {
    for (const stop of this.#stops) stop()
    return this.#socket.shut()
  }
}

/** The operation as JSON; an error when it cannot be written as such. */
function sendable(operation: NonNullable<Operation['graphql']>): string | MesheryError {
  try {
    return JSON.stringify(operation)
  } catch (cause) {
    return new MesheryError('INVALID_OPTION', 'The operation cannot be sent as JSON', { phase: 'subscribe', cause })
  }
}

/** GraphQL subscriptions over `graphql-transport-ws`; Meshery has them up to about v1.0.50. */
export const websocket: Transport = {
  name: 'websocket',
  shared: true,
  connect: (server, timeouts) => new WebSocketConnection(server, timeouts),
}
