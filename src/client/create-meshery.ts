import { onAbort } from '../base/abort.ts'
import { isRecord, kindOf, refuse, wantNames, wantNumber } from '../base/checks.ts'
import type { AnyDocument } from '../base/document.ts'
import { MesheryError } from '../base/errors.ts'
import { ConnectionPool } from '../connection/connection-pool.ts'
import type { Notice } from '../connection/notice.ts'
import { RawSubscriber } from '../connection/raw-subscriber.ts'
import type { SelectorContext } from '../connection/transport-selector.ts'
import { Credentials } from '../credentials/credentials.ts'
import { EventStream } from '../events/event-stream.ts'
import type { EventSubscriber } from '../events/event-subscriber.ts'
import { HttpClient } from '../http/http-client.ts'
import type { Platform } from '../platform/platform.ts'
import { RestFallback } from '../states/rest-fallback.ts'
import { StateSubscriber } from '../states/state-subscriber.ts'
import { clusterResources } from '../streams/cluster-resources.ts'
import { configuration } from '../streams/configuration.ts'
import { controllersStatus } from '../streams/controllers-status.ts'
import { events, type MesheryEvent } from '../streams/events.ts'
import { k8sContexts } from '../streams/k8s-contexts.ts'
import { meshModelSummary } from '../streams/meshmodel-summary.ts'
import { perfProfiles } from '../streams/perf-profiles.ts'
import { perfResults } from '../streams/perf-results.ts'
import type { StateDeclaration } from '../streams/state-declaration.ts'
import type { Operation } from '../transports/contract.ts'
import { readDocument } from './documents.ts'
import { type EventsArguments, readEventsArguments } from './events-arguments.ts'
import type { Meshery } from './meshery.ts'
import { OperationLimit } from './operation-limit.ts'
import { type MesheryOptions, type ResolvedOptions, readOptions } from './options.ts'
import { SharedStates, type SharedStatesContext } from './shared-states.ts'
import {
  LiveSubscription,
  NoticeDispatcher,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionSource,
} from './subscription.ts'

/** Makes `createMeshery` for a platform. */
export function createMesheryOn(platform: Platform): (options?: MesheryOptions) => Meshery {
  return (options = {}) => new MesheryClient(platform, readOptions(options, platform))
}

/** How a subscription gets its items, and what follows its end. */
interface Following<T> {
  start(notify: NoticeDispatcher['notify']): SubscriptionSource<T>
  end(): void
}

/** The methods are fields, so that they work without the object: `const { subscribeEvents } = createMeshery()`. */
class MesheryClient implements Meshery {
  readonly url: string
  readonly subscribeMesheryControllersStatus: Meshery['subscribeMesheryControllersStatus']
  readonly subscribePerfProfiles: Meshery['subscribePerfProfiles']
  readonly subscribePerfResults: Meshery['subscribePerfResults']
  readonly subscribeConfiguration: Meshery['subscribeConfiguration']
  readonly subscribeClusterResources: Meshery['subscribeClusterResources']
  readonly subscribeK8sContext: Meshery['subscribeK8sContext']
  readonly subscribeMeshModelSummary: Meshery['subscribeMeshModelSummary']
  readonly #platform: Platform
  readonly #options: ResolvedOptions
  readonly #http: HttpClient
  readonly #connections: ConnectionPool
  readonly #limit: OperationLimit
  readonly #selection: SelectorContext
  readonly #statesContext: SharedStatesContext
  readonly #states: { close(): void }[] = []
  readonly #subscriptions = new Set<Subscription<unknown>>()
  #events: EventStream<MesheryEvent> | undefined
  #closed: Promise<void> | undefined
  /** How many subscriptions keep the process alive, and the function that stops keeping it. */
  #holders = 0
  #letProcessEnd = (): void => {}
  /** Removes the listener from the client's `signal`. */
  #forgetSignal = (): void => {}

  constructor(platform: Platform, options: ResolvedOptions) {
    const { timeouts, attempts, transports: order, logger, signal } = options
    const credentials = new Credentials(options.credentials)
    const policy = { attempts }
    this.#platform = platform
    this.#options = options
    this.#http = new HttpClient(platform, credentials, options)
    this.#connections = new ConnectionPool(this.#http, timeouts, policy)
    this.#limit = new OperationLimit(options.operations)
    this.#selection = {
      order,
      join: (transport, listener) => this.#connections.join(transport, listener),
      version: (aborted) => this.#connections.version(aborted),
      firstByte: timeouts.firstByte,
      documentVariants: new Map<string, number>(),
    }
    this.#statesContext = {
      ...this.#selection,
      rest: new RestFallback(this.#http, timeouts.request),
      credentials,
      policy,
      credentialsTimeoutMs: timeouts.connect,
      namesTransports: options.namesTransports,
      limit: this.#limit,
    }
    this.url = this.#http.base
    this.subscribeMesheryControllersStatus = this.#stateMethod(controllersStatus)
    this.subscribePerfProfiles = this.#stateMethod(perfProfiles)
    this.subscribePerfResults = this.#stateMethod(perfResults)
    this.subscribeConfiguration = this.#stateMethod(configuration)
    this.subscribeClusterResources = this.#stateMethod(clusterResources)
    this.subscribeK8sContext = this.#stateMethod(k8sContexts)
    this.subscribeMeshModelSummary = this.#stateMethod(meshModelSummary)
    platform.onWarning?.((text) => {
      if (!this.#closed) logger.warn?.(`meshery-live: ${text}`)
    })
    if (signal?.aborted) void this.close()
    else if (signal) this.#forgetSignal = onAbort(signal, this.close)
  }

  readonly subscribeEvents: Meshery['subscribeEvents'] = (filter = {}, options = {}) => {
    this.#check(options)
    return this.#followEvents(filter, options)
  }

  readonly subscribe: Meshery['subscribe'] = (document, variables, options = {}) => {
    this.#check(options)
    return this.#followDocument(document, variables, options)
  }

  readonly close = (): Promise<void> => {
    this.#closed ??= this.#close()
    return this.#closed
  }

  readonly [Symbol.asyncDispose] = (): Promise<void> => this.close()

  async #close(): Promise<void> {
    const letProcessEnd = this.#platform.hold()
    this.#forgetSignal()
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.close()))
    for (const states of this.#states) states.close()
    await this.#connections.close()
    await this.#platform.close()
    letProcessEnd()
  }

  /** @throws MesheryError when nothing may be followed any more, or an option is not valid. */
  #check(options: SubscribeOptions): void {
    if (this.#closed) throw new MesheryError('CLOSED', 'The client is closed', { phase: 'options' })
    wantNames('options', options, ['signal', 'onNotice', 'buffer', 'unref'])
    const { buffer, onNotice } = options
    if (buffer !== undefined) wantNumber('buffer', buffer, 1, true)
    if (onNotice !== undefined && typeof onNotice !== 'function') refuse('onNotice', kindOf(onNotice), 'a function')
  }

  /** The method that follows a state. */
  #stateMethod<Arguments, Value, Id>(
    declaration: StateDeclaration<Arguments, Value, Id>,
  ): (given?: unknown, options?: SubscribeOptions) => Subscription<Value> {
    const states = new SharedStates(declaration, this.#statesContext)
    this.#limit.onFull(() => states.endUnused())
    this.#states.push(states)
    return (given, options = {}) => {
      this.#check(options)
      const { join, leave } = states.share(given)
      return this.#follow<Value>(options, { start: join, end: leave })
    }
  }

  #followEvents(filter: EventsArguments, options: SubscribeOptions): Subscription<MesheryEvent> {
    const { beginning, accepts } = readEventsArguments(filter)
    const { bufferBytes } = this.#options.limits
    const { buffer = this.#options.buffer } = options
    const running = this.#events
    const stream = running ?? this.#makeEventStream()
    let subscriber: EventSubscriber<MesheryEvent> | undefined
    const subscription = this.#follow<MesheryEvent>(options, {
      start: (notice) => {
        subscriber = stream.join({ buffer, bufferBytes, beginning, accepts, notice })
        return subscriber
      },
      end: () => {
        if (stream.leave(subscriber)) return
        stream.close()
        this.#limit.delete(stream)
        if (this.#events === stream) this.#events = undefined
      },
    })
    if (!running) stream.start()
    return subscription
  }

  /** All event subscriptions of a client share one. */
  #makeEventStream(): EventStream<MesheryEvent> {
    const { timeouts, attempts, settle, limits } = this.#options
    this.#limit.check()
    const stream = new EventStream(events, {
      ...this.#selection,
      server: this.#http,
      credentials: this.#http.credentials,
      timeouts,
      policy: { attempts },
      settle,
      bufferBytes: limits.bufferBytes,
    })
    this.#limit.add(stream)
    this.#events = stream
    return stream
  }

  #followDocument<Data, Variables>(
    document: AnyDocument<Data, Variables>,
    variables: Variables | undefined,
    options: SubscribeOptions,
  ): Subscription<Data> {
    const { transports, limits } = this.#options
    const query = readDocument(document)
    if (variables !== undefined && !isRecord(variables)) refuse('variables', kindOf(variables), 'an object')
    if (!transports.includes('websocket'))
      refuse('transports', transports.join(', '), '`websocket` among them for `subscribe`')
    const operationOf = (text: string): Operation => ({
      graphql: isRecord(variables) ? { query: text, variables } : { query: text },
    })
    const operation =
      typeof query === 'string'
        ? operationOf(query)
        : query.then((text) => (typeof text === 'string' ? operationOf(text) : text))
    const { buffer = this.#options.buffer } = options
    const { bufferBytes } = limits
    this.#limit.check()
    this.#limit.add(operation)
    return this.#follow<Data>(options, {
      start: (notice) => new RawSubscriber(operation, { buffer, bufferBytes, notice }, this.#selection.join),
      end: () => this.#limit.delete(operation),
    })
  }

  #follow<T>(options: SubscribeOptions, { start, end }: Following<T>): Subscription<T> {
    const { signal, unref = false } = options
    const dispatcher: NoticeDispatcher = new NoticeDispatcher(
      (notice) => this.#report(notice, options),
      (error) => queueMicrotask(() => source.fail(error)),
    )
    const notify: NoticeDispatcher['notify'] = (notice) => dispatcher.notify(notice)
    // Nothing is started for a signal that has aborted already.
    const source: SubscriptionSource<T> = signal?.aborted ? new StateSubscriber<T>(notify) : start(notify)
    if (!unref) this.#holdProcess()
    const subscription = new LiveSubscription<T>(source, dispatcher, signal, (self) => {
      if (!unref) this.#releaseProcess()
      end()
      this.#subscriptions.delete(self)
    })
    if (subscription.status.state !== 'closed') this.#subscriptions.add(subscription)
    // Its own listener may have closed the client while it started.
    if (this.#closed) void subscription.close()
    return subscription
  }

  #report(notice: Notice, { onNotice }: SubscribeOptions): void {
    if (notice.kind === 'status' || notice.kind === 'gap')
      this.#options.logger.debug?.(`meshery-live: ${notice.kind}`, { ...notice })
    onNotice?.(notice)
  }

  #holdProcess(): void {
    this.#holders++
    if (this.#holders === 1) this.#letProcessEnd = this.#platform.hold()
  }

  #releaseProcess(): void {
    this.#holders--
    if (this.#holders === 0) this.#letProcessEnd()
  }
}
