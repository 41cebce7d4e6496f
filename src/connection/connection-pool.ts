import { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Timeouts, TransportName } from '../transports/contract.ts'
import { transports } from '../transports/transports.ts'
import { type ConnectionListener, ReconnectingConnection } from './reconnecting-connection.ts'
import { DialThrottle } from './retry-loop.ts'
import type { RetryPolicy, RetryState } from './retry-policy.ts'
import { joinWithHandover } from './token-handover.ts'

/** So many SSE paths are remembered as unavailable. Of more, each begins anew once. */
const mostUnavailable = 100

/** All links of a client: one for a shared transport, one a member for the others; and what they ask the server. */
export class ConnectionPool {
  readonly #server: HttpClient
  readonly #timeouts: Timeouts
  readonly #policy: RetryPolicy
  readonly #paces = { websocket: new DialThrottle(), sse: new DialThrottle() }
  readonly #shared = new Map<TransportName, ReconnectingConnection>()
  /** Those of one member, and those that were replaced and still carry somebody. */
  readonly #own = new Set<ReconnectingConnection>()
  /** By the path of an SSE stream, the state in which its last connection became unavailable. The next one goes on from it. */
  readonly #unavailable = new Map<string, RetryState>()

  constructor(server: HttpClient, timeouts: Timeouts, policy: RetryPolicy) {
    this.#server = server
    this.#timeouts = timeouts
    this.#policy = policy
  }

  /** Follows an operation over a transport, until the returned function is called or the member hears its end. */
  join(name: TransportName, member: ConnectionListener): () => void {
    return joinWithHandover(member, (seat) =>
      transports[name].shared ? this.#joinShared(name, seat) : this.#joinOwn(name, seat),
    )
  }

  /** The release that the server says it is; null when it does not say. */
  async version(signal: AbortSignal): Promise<string | null> {
    const reading = { phase: 'upgrade', timeout: this.#timeouts.request, signal } as const
    try {
      const { body } = await this.#server.json('/api/system/version', reading)
      const build: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'build') : undefined
      return typeof build === 'string' ? build : null
    } catch (error) {
      // Some releases answer 500 when they cannot reach GitHub: then nothing is known.
      if (error instanceof MesheryError) return null
      throw error
    }
  }

  /** Closes all; resolves within `timeouts.close`, when each connection is closed. */
  async close(): Promise<void> {
    await Promise.all([...this.#shared.values(), ...this.#own].map((link) => link.close()))
  }

  #joinShared(name: TransportName, member: ConnectionListener): () => void {
    const link = this.#shared.get(name) ?? this.#link(name)
    this.#shared.set(name, link)
    return link.join(member)
  }

  #joinOwn(name: TransportName, member: ConnectionListener): () => void {
    const path = name === 'sse' ? member.operation.sse : undefined
    const link = this.#link(name, this.#takeUnavailable(path))
    this.#own.add(link)
    const leave = link.join({
      ...member,
      end: (error) => {
        this.#own.delete(link)
        this.#keepUnavailable(path, link.state)
        member.end(error)
      },
    })
    return () => {
      leave()
      // A `close` of all links waits for this one, too.
      void link.close().then(() => this.#own.delete(link))
    }
  }

  #takeUnavailable(path = ''): RetryState | undefined {
    const state = this.#unavailable.get(path)
    this.#unavailable.delete(path)
    return state
  }

  #keepUnavailable(path: string | undefined, state: RetryState): void {
    if (path === undefined || state.kind !== 'unavailable') return
    if (this.#unavailable.size === mostUnavailable) this.#unavailable.clear()
    this.#unavailable.set(path, state)
  }

  /** Whoever joins from now on gets a link with a connection of its own. */
  #retire(name: TransportName, link: ReconnectingConnection): void {
    for (const old of this.#own) if (old.idle) this.#own.delete(old)
    if (this.#shared.get(name) !== link) return
    this.#shared.delete(name)
    this.#own.add(link)
  }

  #link(name: TransportName, initial?: RetryState | undefined): ReconnectingConnection {
    return new ReconnectingConnection(transports[name], {
      server: this.#server,
      timeouts: this.#timeouts,
      policy: name === 'polling' ? { ...this.#policy, polls: true } : this.#policy,
      // A poll is no dial: each stream keeps its own pace.
      pace: name === 'polling' ? new DialThrottle() : this.#paces[name],
      initial,
      retire: (link) => this.#retire(name, link),
      version: (signal) => this.version(signal),
    })
  }
}
