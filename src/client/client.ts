import { deferred, onAbort } from '../base/abort.ts'
import { kindOf, refuse, wantNames, wantNumber } from '../base/checks.ts'
import type { Counters } from '../base/counts.ts'
import { MesheryError } from '../base/errors.ts'
import type { LogLevel } from '../base/logger.ts'
import { Queue } from '../base/queue.ts'
import { ConnectionPool } from '../connection/connection-pool.ts'
import type { Notice } from '../connection/notice.ts'
import type { RenewingTransport } from '../connection/renewing-transports.ts'
import { closeSubscriber } from '../connection/subscriber-end.ts'
import type { SelectorContext } from '../connection/transport-selector.ts'
import { Credentials } from '../credentials/credentials.ts'
import { HttpClient } from '../http/http-client.ts'
import type { Platform } from '../platform/platform.ts'
import type { TransportName } from '../transports/contract.ts'
import type { Meshery } from './meshery.ts'
import { OperationLimit } from './operation-limit.ts'
import { type MesheryOptions, type ResolvedOptions, readOptions } from './options.ts'
import type { Stats } from './stats.ts'
import {
  LiveSubscription,
  NoticeDispatcher,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionSource,
} from './subscription.ts'

/** How a subscription gets its items, and what follows its end. */
export interface Following<T> {
  /** The method of the client. */
  readonly name: string
  start(notify: NoticeDispatcher['notify']): SubscriptionSource<T>
  end(): void
}

/** What a stream needs of its client. */
export interface ClientContext {
  readonly options: ResolvedOptions
  readonly http: HttpClient
  readonly limit: OperationLimit
  readonly selection: SelectorContext
  /** @throws MesheryError when nothing may be followed any more, or an option is not valid. */
  check(options: SubscribeOptions): void
  follow<T>(options: SubscribeOptions, following: Following<T>): Subscription<T>
  /** Has the function called when the client closes, once its subscriptions are closed. */
  onClose(close: () => void): void
}

/** The methods of a client that follow something. */
export type StreamMethod = Extract<keyof Meshery, `subscribe${string}`>

/** A stream that a client can follow: adds its method to the client. */
export interface StreamModule<Name extends StreamMethod = StreamMethod> {
  readonly method: Name
  connect(context: ClientContext): Meshery[Name]
}

/** What a client consists of. */
export interface ClientParts<Name extends StreamMethod> {
  readonly platform: Platform
  /** In the order in which they are tried by default. */
  readonly transports: readonly RenewingTransport[]
  readonly streams: readonly StreamModule<Name>[]
}

/** A client with the methods of some streams. */
export type MesheryWith<Name extends StreamMethod> = Pick<Meshery, Name> & Omit<Meshery, StreamMethod>

/**
 * Makes a client of its parts.
 * @throws MesheryError INVALID_OPTION
 */
export function createClient<Name extends StreamMethod>(
  { platform, transports, streams }: ClientParts<Name>,
  given: MesheryOptions,
): MesheryWith<Name> {
  const names = transports.map(({ name }) => name)
  const options = readOptions(given, platform, names)
  const client = new Client(platform, options, new Map(transports.map((transport) => [transport.name, transport])))
  // Only the list of streams says which methods there are.
  const methods = Object.fromEntries(streams.map((stream) => [stream.method, stream.connect(client)])) as Pick<
    Meshery,
    Name
  >
  client.begin()
  return { ...client.surface, ...methods }
}

/** The functions are fields, so that they work without the object: `const { close } = createMeshery()`. */
class Client implements ClientContext {
  readonly options: ResolvedOptions
  readonly http: HttpClient
  readonly limit: OperationLimit
  readonly selection: SelectorContext
  readonly #platform: Platform
  readonly #connections: ConnectionPool
  readonly #closing: (() => void)[] = []
  /** The open ones, with their names. */
  readonly #subscriptions = new Map<Subscription<unknown>, string>()
  /** The notice that was counted last: other subscriptions may receive the same one. */
  #counted: Notice | undefined
  #closed: Promise<void> | undefined
  /** Removes the listener from the client's `signal`. */
  #forgetSignal = (): void => {}

  constructor(platform: Platform, options: ResolvedOptions, transports: ReadonlyMap<TransportName, RenewingTransport>) {
    const { timeouts, attempts, transports: order } = options
    this.options = options
    this.#platform = platform
    this.http = new HttpClient(platform, new Credentials(options.credentials), options)
    this.limit = new OperationLimit(options.operations)
    this.#connections = new ConnectionPool(transports, { server: this.http, timeouts, policy: { attempts } })
    this.selection = {
      order,
      join: (transport, listener) => this.#connections.join(transport, listener),
      version: (aborted) => this.#connections.version(aborted),
      firstByte: timeouts.firstByte,
      documentVariants: new Map<string, number>(),
    }
  }

  /** What every client has, whatever its streams. */
  get surface(): MesheryWith<never> {
    return { url: this.http.base, stats: this.#stats, close: this.#close, [Symbol.asyncDispose]: this.#close }
  }

  begin(): void {
    const { logger, signal } = this.options
    this.#platform.onWarning?.((text) => {
      if (!this.#closed) logger.warn?.({ url: this.http.base }, `meshery-live: ${text}`)
    })
    if (signal?.aborted) void this.#close()
    else if (signal) this.#forgetSignal = onAbort(signal, this.#close)
  }

  check(options: SubscribeOptions): void {
    if (this.#closed) throw new MesheryError('CLOSED', 'The client is closed', { phase: 'options' })
    wantNames('options', options, ['signal', 'onNotice', 'buffer', 'unref'])
    const { buffer, onNotice } = options
    if (buffer !== undefined) wantNumber('buffer', buffer, 1, true)
    if (onNotice !== undefined && typeof onNotice !== 'function') refuse('onNotice', kindOf(onNotice), 'a function')
  }

  onClose(close: () => void): void {
    this.#closing.push(close)
  }

  follow<T>(options: SubscribeOptions, { name, start, end }: Following<T>): Subscription<T> {
    const { signal, unref = false } = options
    const dispatcher: NoticeDispatcher = new NoticeDispatcher(
      (notice) => this.#report(name, notice, options),
      (error) => queueMicrotask(() => source.fail(error)),
    )
    const plain: NoticeDispatcher['notify'] = (notice) => dispatcher.notify(notice)
    const tls = this.#platform.withTls?.(plain)
    // Nothing is started for a signal that has aborted already.
    const source: SubscriptionSource<T> = signal?.aborted ? closedSource() : start(tls?.notify ?? plain)
    const letProcessEnd = unref ? undefined : this.#platform.hold()
    const subscription = new LiveSubscription<T>(source, dispatcher, signal, (self) => {
      letProcessEnd?.()
      tls?.stop()
      end()
      this.#subscriptions.delete(self)
    })
    if (subscription.status.state !== 'closed') this.#subscriptions.set(subscription, name)
    // Its own listener may have closed the client while it started.
    if (this.#closed) void subscription.close()
    return subscription
  }

  readonly #stats = (): Stats => {
    const { counters, diagnostics } = this.http
    const lagMs = diagnostics?.lagMs ?? null
    const subscriptions = [...this.#subscriptions].map(([{ status }, name]) => ({ name, ...status }))
    return { ...counters, reconnects: { ...counters.reconnects }, lagMs, subscriptions }
  }

  readonly #close = (): Promise<void> => {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  async #closeAll(): Promise<void> {
    const letProcessEnd = this.#platform.hold()
    this.#forgetSignal()
    await Promise.all([...this.#subscriptions.keys()].map((subscription) => subscription.close()))
    for (const close of this.#closing) close()
    await this.#connections.close()
    await this.#platform.close()
    letProcessEnd()
  }

  #report(subscription: string, notice: Notice, { onNotice }: SubscribeOptions): void {
    const { counters, diagnostics, base: url } = this.http
    if (notice !== this.#counted) count(notice, counters)
    this.#counted = notice
    diagnostics?.notice(subscription, notice)
    this.options.logger[levelOf(notice)]?.({ url, subscription, ...notice }, `meshery-live: ${notice.kind}`)
    onNotice?.(notice)
  }
}

function count(notice: Notice, counts: Counters): void {
  if (notice.kind === 'overflow') counts.dropped += notice.dropped
  if (notice.kind !== 'gap') return
  counts.gaps++
  if (!notice.complete) counts.incompleteGaps++
}

function levelOf(notice: Notice): LogLevel {
  if (notice.kind !== 'status') return 'warn'
  return notice.state === 'failed' ? 'error' : 'info'
}

/** For a signal that has aborted already: nothing is started. */
function closedSource<T>(): SubscriptionSource<T> {
  const queue = new Queue<T>(0)
  const [ready, ended] = [deferred<void>(), deferred<void>()]
  return { queue, ready, ended, fail() {}, close: () => closeSubscriber({ queue, ready, ended }) }
}
