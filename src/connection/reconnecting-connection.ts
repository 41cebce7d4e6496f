import { release, sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Connection, Frame, Operation, Timeouts, Transport } from '../transports/contract.ts'
import { countsFrom, failuresUntilUnavailable, type HttpHealth, judge } from './http-health.ts'
import { examineRefusal } from './provider-outage.ts'
import { type DialThrottle, errorOf, type Findings, RetryLoop } from './retry-loop.ts'
import { failedDial, type RetryPolicy, type RetryState } from './retry-policy.ts'
import { watchTokenExpiry } from './token-renewal.ts'

/** How long a connection that nobody uses is kept, in milliseconds: whoever subscribes next finds it open. */
const linger = 250

/** How long it is remembered that a transport cannot be had here, in milliseconds: nobody else need dial to learn it. */
const remembered = 2_000

/** How soon a drop follows a `complete` that belongs to it, in milliseconds. */
const dropFollows = 100

/** Whoever follows something over a link. */
export interface ConnectionListener {
  readonly operation: Operation
  /** Dials even if the transport was just found not to be had: something may have changed. */
  readonly insists?: boolean
  /** The link's state changed. */
  state(state: RetryState): void
  /** From now on nothing that the server sends is missed. Comes again after every reconnection. */
  open(): void
  frame(frame: Frame): void
  /** It is over at this link: the operation was refused or finished, or the link can do nothing more. */
  end(error?: MesheryError): void
  /** The connection's token is about to expire, and there is another: join anew, then leave this. */
  renew?(): void
}

export interface ConnectionContext {
  readonly server: HttpClient
  readonly timeouts: Timeouts
  readonly policy: RetryPolicy
  readonly pace: DialThrottle
  /** The state that a connection for the same operation ended with, so that its backoff goes on. */
  readonly initial?: RetryState | undefined
  /** Asks the server for its release; null when it does not say. */
  version(signal: AbortSignal): Promise<string | null>
  /** The members are about to be told to `renew`. */
  retire(link: ReconnectingConnection): void
}

/** One transport to the server: dials, backs off, and carries its members across reconnections. */
export class ReconnectingConnection {
  readonly #transport: Transport
  readonly #context: ConnectionContext
  readonly #members = new Map<ConnectionListener, (() => void) | undefined>()
  readonly #attempts: RetryLoop
  #connection: Connection | undefined
  #stop: AbortController | undefined
  /** Resolves when nothing is dialled any more, and the last connection is closed. */
  #running = Promise.resolve()
  #lingering: unknown
  #unavailable: { readonly error: MesheryError; readonly until: number } | undefined

  constructor(transport: Transport, context: ConnectionContext) {
    this.#transport = transport
    this.#context = context
    this.#attempts = new RetryLoop({
      policy: context.policy,
      credentials: context.server.credentials,
      throttle: context.pace,
      initial: context.initial,
      asks: true,
      credentialsTimeoutMs: context.timeouts.connect,
      onState: (state) => {
        for (const member of [...this.#members.keys()]) member.state(state)
      },
      examine: (error, state, signal) => this.#examine(error, state, signal),
    })
  }

  get idle(): boolean {
    return this.#stop === undefined
  }

  get state(): RetryState {
    return this.#attempts.state
  }

  /** Follows the operation until the returned function is called or `end` is. */
  join(member: ConnectionListener): () => void {
    clearTimeout(this.#lingering as undefined)
    const { error, until = 0 } = this.#unavailable ?? {}
    if (error && now() < until && !member.insists) {
      queueMicrotask(() => member.end(error))
      return () => {}
    }
    this.#members.set(member, undefined)
    if (this.#connection) this.#start(member, this.#connection)
    if (!this.#stop) this.#run()
    else member.state(this.#attempts.state)
    return () => this.#leave(member)
  }

  /**
   * Ends everything. Resolves when the connection is closed, also one that began to close before, at the latest after
   * `timeouts.close`: then the socket is destroyed, or, where the platform cannot do that, left to close by itself.
   */
  async close(): Promise<void> {
    clearTimeout(this.#lingering as undefined)
    for (const stop of this.#members.values()) stop?.()
    this.#members.clear()
    this.#stop?.abort()
    const closed = new AbortController()
    await Promise.race([this.#running, sleep(this.#context.timeouts.close, closed.signal)])
    closed.abort()
  }

  #leave(member: ConnectionListener): void {
    this.#members.get(member)?.()
    if (!this.#members.delete(member) || this.#members.size > 0) return
    const wait = this.#connection && this.#transport.shared ? linger : 0
    this.#lingering = release(setTimeout(() => this.#stop?.abort(), wait))
  }

  #run(): void {
    const stop = new AbortController()
    this.#stop = stop
    const done = this.#attempts.run((signal) => this.#attempt(signal), stop.signal)
    this.#running = done.then((error) => {
      if (this.#stop === stop) this.#stop = undefined
      if (!error) {
        // Somebody joined while the last connection was closing.
        if (this.#members.size > 0 && !this.#stop) this.#run()
        return
      }
      if (error.details['permanent'] === true) this.#unavailable = { error, until: now() + remembered }
      const members = [...this.#members.keys()]
      this.#members.clear()
      for (const member of members) member.end(error)
    })
  }

  async #attempt(signal: AbortSignal): Promise<MesheryError | undefined> {
    const connection = this.#transport.connect(this.#context.server, this.#context.timeouts)
    this.#connection = connection
    const close = (): void => {
      this.#connection = undefined
      connection.close()
    }
    signal.addEventListener('abort', close)
    const over = new AbortController()
    if (this.#transport.name !== 'polling')
      void watchTokenExpiry(this.#context.server.credentials, () => this.#renew(), over.signal)
    for (const member of this.#members.keys()) this.#start(member, connection)
    const error = await connection.ended
    over.abort()
    signal.removeEventListener('abort', close)
    if (this.#connection === connection) this.#connection = undefined
    for (const member of this.#members.keys()) this.#members.set(member, undefined)
    return error
  }

  #renew(): void {
    this.#context.retire(this)
    for (const member of [...this.#members.keys()]) member.renew?.()
  }

  #start(member: ConnectionListener, connection: Connection): void {
    const stop = connection.start(member.operation, {
      open: () => {
        this.#attempts.opened()
        member.open()
      },
      frame: (frame) => {
        this.#attempts.received()
        member.frame(frame)
      },
      end: (error) => {
        // gqlgen may send `complete` just before it closes the connection: that is a drop, and no end.
        if (!error) setTimeout(() => this.#connection === connection && this.#over(member), dropFollows)
        else this.#over(member, error)
      },
    })
    this.#members.set(member, stop)
  }

  /** The server answered: the connection works, whatever it says of this operation. */
  #over(member: ConnectionListener, error?: MesheryError): void {
    if (!this.#members.has(member)) return
    this.#attempts.opened()
    this.#attempts.received()
    this.#leave(member)
    member.end(error)
  }

  /** Finds out what an error alone does not tell. */
  async #examine(error: MesheryError, state: RetryState, signal: AbortSignal): Promise<Findings> {
    const { server, policy } = this.#context
    const hidden = this.#transport.name === 'websocket' && !server.platform.setsHeaders
    const dial = failedDial(state, { error, hidden }, policy, now())
    const isLive = state.kind === 'live'
    const isDial = (!isLive || error.code === 'CREDENTIALS_REFUSED') && this.#transport.name !== 'polling'
    // What was open for long may be refused by now: only a read from now on tells.
    const times = isLive ? { ...state, failures: 0, dialledAt: now() } : state
    const http = isDial && judge(dial, undefined) === 'read first' ? await this.#health(times, signal) : undefined
    const findings = { hidden, http }
    return http?.admitsUs ? findings : { ...findings, ...(await examineRefusal(this.#context, error, signal)) }
  }

  /** What reads answered since then tell; if there were none, of one that is of use to a member anyway. */
  async #health(state: RetryState, signal: AbortSignal): Promise<HttpHealth> {
    const { reads } = this.#context.server
    const since = countsFrom(state)
    // The failure before the one that decides leaves a read as evidence for that one.
    const enoughSince = state.failures === failuresUntilUnavailable - 2 ? state.dialledAt : since
    if (reads.admittedAt >= enoughSince) return { healthy: true, admitsUs: true, before: true }
    // Refused credentials are not sent again unchanged.
    if (reads.areRefused) return { healthy: reads.answeredAt >= since, admitsUs: false, before: true }
    const before = reads.answeredAt >= since
    const poll = [...this.#members.keys()].map(({ operation }) => operation.poll).find((one) => one !== undefined)
    const error = poll && (await errorOf(() => poll(signal)))
    // Of what this release does not have, nothing can be read.
    const notThere = error?.code === 'NOT_MESHERY' || error?.code === 'UNSUPPORTED'
    if (reads.answeredAt < since && (!poll || notThere)) await this.#context.version(signal)
    const refused = error?.code === 'CREDENTIALS_REFUSED'
    // A read that failed for another reason tells nothing of the credentials: they are what they were.
    const known = error ? -Number.MAX_VALUE : since
    return {
      healthy: reads.answeredAt >= since,
      admitsUs: !refused && reads.admittedAt >= known,
      before,
    }
  }
}
