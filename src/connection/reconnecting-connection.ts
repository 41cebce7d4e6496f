import { onAbort, waitAtMost } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import { Timer } from '../base/timer.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Connection, Timeouts } from '../transports/contract.ts'
import type { ConnectionListener } from './connection-listener.ts'
import { countsFrom, failuresUntilUnavailable, type HttpHealth, judge } from './http-health.ts'
import { JoinedOperation } from './joined-operation.ts'
import { examineRefusal } from './provider-outage.ts'
import type { RenewingTransport } from './renewing-transports.ts'
import { type DialThrottle, errorOf, type Findings, RetryLoop } from './retry-loop.ts'
import { failedDial, type RetryPolicy, type RetryState } from './retry-policy.ts'

/** How long an unused connection is kept, in milliseconds: the next subscription finds it open. */
const lingerMs = 250

/** How long a transport counts as unavailable without a new dial, in milliseconds. */
const unavailableMs = 2_000

export interface ConnectionContext {
  readonly server: HttpClient
  readonly timeouts: Timeouts
  readonly policy: RetryPolicy
  readonly throttle: DialThrottle
  /** The state that a connection for the same operation ended with, so that its backoff goes on. */
  readonly initial?: RetryState | undefined
  /** Asks the server for its release; null if it does not say. */
  version(signal: AbortSignal): Promise<string | null>
  /** Called before its operations are handed over: new ones must join another connection. */
  retire(connection: ReconnectingConnection): void
}

/** One transport to the server: dials, backs off, and starts its operations again after each reconnection. */
export class ReconnectingConnection {
  readonly #transport: RenewingTransport
  readonly #context: ConnectionContext
  readonly #joined = new Set<JoinedOperation>()
  readonly #loop: RetryLoop
  readonly #linger = new Timer()
  #connection: Connection | undefined
  #running: AbortController | undefined
  /** Resolves once nothing is dialled any more and the last connection is closed. */
  #done = Promise.resolve()
  #unavailable: { readonly error: MesheryError; readonly until: number } | undefined

  constructor(transport: RenewingTransport, context: ConnectionContext) {
    this.#transport = transport
    this.#context = context
    this.#loop = new RetryLoop({
      ...context,
      credentials: context.server.credentials,
      asks: true,
      credentialsTimeoutMs: context.timeouts.connect,
      onState: (state) => {
        this.#report(state)
        for (const joined of [...this.#joined]) if (this.#joined.has(joined)) joined.listener.state(state)
      },
      examine: (error, state, signal) => this.#examine(error, state, signal),
    })
  }

  get state(): RetryState {
    return this.#loop.state
  }

  get isIdle(): boolean {
    return this.#running === undefined
  }

  /** Follows an operation until it is left, or ended to its listener. Calls the listener only after it has returned. */
  join(listener: ConnectionListener): JoinedOperation {
    this.#linger.stop()
    const joined = new JoinedOperation(listener, this.#loop, (left) => this.#remove(left))
    const { error, until = 0 } = this.#unavailable ?? {}
    if (error && now() < until && !listener.insists) {
      queueMicrotask(() => joined.finish(error))
      return joined
    }
    if (!this.#running) this.#run()
    this.#joined.add(joined)
    joined.state = this.#loop.state
    if (this.#connection) joined.start(this.#connection)
    return joined
  }

  /**
   * Ends everything. Resolves when the connection is closed, also one that began to close before, at the latest after
   * `timeouts.close`: then the socket is destroyed, or, where the platform cannot do that, left to close by itself.
   */
  async close(): Promise<void> {
    this.#linger.stop()
    for (const joined of this.#joined) joined.stop()
    this.#joined.clear()
    this.#running?.abort()
    await waitAtMost(this.#context.timeouts.close, this.#done)
  }

  #report(state: RetryState): void {
    const { counters, diagnostics } = this.#context.server
    const { kind, error } = state
    if (kind === 'connecting' && error) counters.reconnects[error.code] = (counters.reconnects[error.code] ?? 0) + 1
    diagnostics?.connection(this.#transport.name, state)
  }

  #remove(joined: JoinedOperation): void {
    if (!this.#joined.delete(joined) || this.#joined.size > 0) return
    if (this.#transport.shared) this.#linger.start(this.#connection ? lingerMs : 0, () => this.#running?.abort())
    else this.#running?.abort()
  }

  #run(): void {
    const running = new AbortController()
    this.#running = running
    const run = this.#loop.run((signal) => this.#attempt(signal), running.signal)
    this.#done = run.then((error) => this.#stopped(running, error))
  }

  #stopped(running: AbortController, error: MesheryError | undefined): void {
    if (this.#running === running) this.#running = undefined
    if (!error) {
      // An operation may have joined while the last connection was closing.
      if (this.#joined.size > 0 && !this.#running) this.#run()
      return
    }
    if (error.details['permanent'] === true) this.#unavailable = { error, until: now() + unavailableMs }
    const ended = [...this.#joined]
    this.#joined.clear()
    for (const joined of ended) joined.finish(error)
  }

  async #attempt(signal: AbortSignal): Promise<MesheryError | undefined> {
    const connection = this.#transport.connect(this.#context.server, this.#context.timeouts)
    this.#connection = connection
    const close = (): void => {
      this.#connection = undefined
      void connection.close()
    }
    const forget = onAbort(signal, close)
    const over = new AbortController()
    void this.#transport.renewal?.watch(this.#context.server.credentials, () => this.#renew(), over.signal)
    for (const joined of this.#joined) joined.start(connection)
    const error = await connection.ended
    over.abort()
    forget()
    if (this.#connection === connection) this.#connection = undefined
    for (const joined of this.#joined) joined.dropped()
    return error
  }

  #renew(): void {
    // Each poll is a request of its own, and is sent with the new token.
    if (this.#transport.name === 'polling') return
    this.#context.retire(this)
    for (const { handover } of [...this.#joined]) handover?.renew()
  }

  /** Finds out what an error alone does not show. */
  async #examine(error: MesheryError, state: RetryState, signal: AbortSignal): Promise<Findings> {
    const { server, policy } = this.#context
    const hidden = this.#transport.name === 'websocket' && !server.platform.setsHeaders
    const dial = failedDial(state, { error, hidden }, policy, now())
    const isLive = state.kind === 'live'
    const isDial = (!isLive || error.code === 'CREDENTIALS_REFUSED') && this.#transport.name !== 'polling'
    // A connection that was open for long may be refused by now: only a read from now on counts.
    const times = isLive ? { ...state, failures: 0, dialledAt: now() } : state
    const http = isDial && judge(dial, undefined) === 'read first' ? await this.#health(times, signal) : undefined
    const findings = { hidden, http }
    return http?.admits ? findings : { ...findings, ...(await examineRefusal(this.#context, error, signal)) }
  }

  /** What reads since the dial show. Without any, makes one that an operation can use anyway. */
  async #health(state: RetryState, signal: AbortSignal): Promise<HttpHealth> {
    const { reads } = this.#context.server
    const since = countsFrom(state)
    // The failure before the one that decides leaves a read as evidence for that one.
    const enoughSince = state.failures === failuresUntilUnavailable - 2 ? state.dialledAt : since
    if (reads.admittedAt >= enoughSince) return { healthy: true, admits: true, before: true }
    // Refused credentials are not sent again unchanged.
    if (reads.areRefused) return { healthy: reads.answeredAt >= since, admits: false, before: true }
    const before = reads.answeredAt >= since
    const poll = [...this.#joined].map(({ operation }) => operation.poll).find((read) => read !== undefined)
    const error = poll && (await errorOf(() => poll(signal)))
    // A stream that this release does not have cannot be read.
    const isMissing = error?.code === 'NOT_MESHERY' || error?.code === 'UNSUPPORTED'
    if (reads.answeredAt < since && (!poll || isMissing)) await this.#context.version(signal)
    // A read that failed for another reason shows nothing of the credentials: what was known of them still counts.
    const wereAdmitted = error ? reads.admittedAt > -Infinity : reads.admittedAt >= since
    const admits = wereAdmitted && error?.code !== 'CREDENTIALS_REFUSED'
    return { healthy: reads.answeredAt >= since, admits, before }
  }
}
