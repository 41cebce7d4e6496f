import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Timeouts, TransportName } from '../transports/contract.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import { ReconnectingConnection } from './reconnecting-connection.ts'
import type { RenewingTransport } from './renewing-transports.ts'
import { DialThrottle } from './retry-loop.ts'
import type { RetryPolicy, RetryState } from './retry-policy.ts'
import type { HandedOver } from './token-handover.ts'

/** So many SSE paths are remembered as unavailable. Of more, each begins anew once. */
const mostUnavailable = 100

/** What the connections of a client have in common. */
interface PoolContext {
  readonly server: HttpClient
  readonly timeouts: Timeouts
  readonly policy: RetryPolicy
}

/** All connections of a client: one for a shared transport, one for each operation of the others. */
export class ConnectionPool {
  readonly #transports: ReadonlyMap<TransportName, RenewingTransport>
  readonly #context: PoolContext
  readonly #throttles = { websocket: new DialThrottle(), sse: new DialThrottle() }
  readonly #shared = new Map<TransportName, ReconnectingConnection>()
  /** Those of one operation, each with the path of its SSE stream, or ''; and retired ones that still have operations. */
  readonly #own = new Map<ReconnectingConnection, string>()
  /** By the path of an SSE stream: how its last connection became unavailable. The next one goes on from there. */
  readonly #unavailable = new Map<string, RetryState>()

  /** @param transports Those that may be joined, by their names. */
  constructor(transports: ReadonlyMap<TransportName, RenewingTransport>, context: PoolContext) {
    this.#transports = transports
    this.#context = context
  }

  /** Follows an operation over a transport until it is left, or ended to its listener. Calls the listener only after it has returned. */
  join(name: TransportName, listener: ConnectionListener): Joined {
    const connect = (other: ConnectionListener): HandedOver => this.#connectionFor(name, other).join(other)
    return this.#transport(name).renewal?.follow(listener, connect) ?? connect(listener)
  }

  /** The release that the server says it is; null when it does not say. */
  async version(signal: AbortSignal): Promise<string | null> {
    const { server, timeouts } = this.#context
    const reading = { phase: 'upgrade', timeout: timeouts.request, signal } as const
    try {
      const { body } = await server.json('/api/system/version', reading)
      const build = isRecord(body) ? body['build'] : undefined
      return typeof build === 'string' ? build : null
    } catch (error) {
      // Some releases answer 500 when they cannot reach GitHub: then nothing is known.
      if (error instanceof MesheryError) return null
      throw error
    }
  }

  /** Closes all; resolves within `timeouts.close`, when each connection is closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#shared.values(), ...this.#own.keys()].map((connection) => connection.close()))
  }

  /** The connection that new operations join. */
  #connectionFor(name: TransportName, { operation }: ConnectionListener): ReconnectingConnection {
    this.#forgetIdle()
    const path = (name === 'sse' && operation.sse) || ''
    const connection = this.#shared.get(name) ?? this.#create(name, this.#unavailable.get(path))
    this.#unavailable.delete(path)
    if (this.#transport(name).shared) this.#shared.set(name, connection)
    else this.#own.set(connection, path)
    return connection
  }

  /** Operations that join from now on get a fresh connection. */
  #retire(name: TransportName, connection: ReconnectingConnection): void {
    this.#forgetIdle()
    if (this.#shared.get(name) !== connection) return
    this.#shared.delete(name)
    this.#own.set(connection, '')
  }

  #forgetIdle(): void {
    for (const [connection, path] of this.#own) {
      if (!connection.isIdle) continue
      this.#own.delete(connection)
      if (!path || connection.state.kind !== 'unavailable') continue
      if (this.#unavailable.size === mostUnavailable) this.#unavailable.clear()
      this.#unavailable.set(path, connection.state)
    }
  }

  #transport(name: TransportName): RenewingTransport {
    const transport = this.#transports.get(name)
    if (!transport) throw new MesheryError('NO_TRANSPORT', `This client has no ${name}`, { phase: 'options' })
    return transport
  }

  #create(name: TransportName, initial?: RetryState | undefined): ReconnectingConnection {
    return new ReconnectingConnection(this.#transport(name), {
      ...this.#context,
      policy: { ...this.#context.policy, polls: name === 'polling' },
      // A poll is no dial: each stream keeps its own pace.
      throttle: { ...this.#throttles, polling: new DialThrottle() }[name],
      initial,
      retire: (connection) => this.#retire(name, connection),
      version: (signal) => this.version(signal),
    })
  }
}
