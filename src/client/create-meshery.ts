import { onAbort } from '../base/abort.ts'
import { isRecord, kindOf, refuse, wantNames, wantNumber } from '../base/checks.ts'
import type { AnyDocument } from '../base/document.ts'
import { MesheryError } from '../base/errors.ts'
import type { ConnectionListener } from '../connection/connection-listener.ts'
import { ConnectionPool } from '../connection/connection-pool.ts'
import type { Notice } from '../connection/notice.ts'
import { RawSubscriber } from '../connection/raw-subscriber.ts'
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
import type { Operation, TransportName } from '../transports/contract.ts'
import { readDocument } from './documents.ts'
import { readEventsArguments } from './events-arguments.ts'
import type { Meshery } from './meshery.ts'
import { type MesheryOptions, readOptions } from './options.ts'
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
  return (options = {}) => connect(platform, options)
}

function connect(platform: Platform, given: MesheryOptions): Meshery {
  const options = readOptions(given, platform)
  const { timeouts, settle, transports: order, logger } = options
  const { bufferBytes } = options.limits
  const credentials = new Credentials(options.credentials)
  const server = new HttpClient(platform, credentials, options)
  const policy = { attempts: options.attempts }
  const links = new ConnectionPool(server, timeouts, policy)
  const open = new Set<Subscription<unknown>>()
  /** What is followed on the server. */
  const running = new Set<unknown>()
  const sharings = new Set<{ spare(): boolean; close(): void }>()
  let log: EventStream<MesheryEvent> | undefined
  let closed: Promise<void> | undefined
  /** How many subscriptions keep the process alive. */
  let holders = 0
  let letGo = (): void => {}
  /** Takes the listener from the client's `signal`. */
  let forget = (): void => {}

  platform.onWarning?.((text) => {
    if (!closed) logger.warn?.(`meshery-live: ${text}`)
  })
  const check = (subscribeOptions: SubscribeOptions): void => {
    if (closed) throw new MesheryError('CLOSED', 'The client is closed', { phase: 'options' })
    wantNames('options', subscribeOptions, ['signal', 'onNotice', 'buffer', 'unref'])
    const { buffer, onNotice } = subscribeOptions
    if (buffer !== undefined) wantNumber('buffer', buffer, 1, true)
    if (onNotice !== undefined && typeof onNotice !== 'function') refuse('onNotice', kindOf(onNotice), 'a function')
  }

  const admit = (): void => {
    if (running.size < options.operations || [...sharings].some((shared) => shared.spare())) return
    const message = `${running.size} different things are followed already`
    throw new MesheryError('TOO_MANY_OPERATIONS', message, { phase: 'options' })
  }

  const route = {
    order,
    join: (name: TransportName, member: ConnectionListener) => links.join(name, member),
    version: (signal: AbortSignal) => links.version(signal),
    firstByte: timeouts.firstByte,
    documentVariants: new Map<string, number>(),
  }
  const sharing: SharedStatesContext = {
    ...route,
    rest: new RestFallback(server, timeouts.request),
    credentials,
    policy,
    credentialsTimeoutMs: timeouts.connect,
    named: options.namesTransports,
    running,
    admit,
  }

  const follow = <T>(
    subscribeOptions: SubscribeOptions,
    start: (notice: NoticeDispatcher['notify']) => SubscriptionSource<T>,
    onClose: () => unknown,
  ): Subscription<T> => {
    const { signal, onNotice, unref = false } = subscribeOptions
    const tell = (notice: Notice): void => {
      if (notice.kind === 'status' || notice.kind === 'gap')
        logger.debug?.(`meshery-live: ${notice.kind}`, { ...notice })
      onNotice?.(notice)
    }
    const ear = new NoticeDispatcher(tell, (error) => queueMicrotask(() => source.fail(error)))
    const hear: NoticeDispatcher['notify'] = (notice) => ear.notify(notice)
    // For what is aborted already nothing is asked of anybody.
    const source: SubscriptionSource<T> = signal?.aborted ? new StateSubscriber<T>(hear) : start(hear)
    if (!unref && holders++ === 0) letGo = platform.hold()
    const subscription = new LiveSubscription<T>(source, ear, signal, (self) => {
      if (!unref && --holders === 0) letGo()
      onClose()
      open.delete(self)
    })
    if (subscription.status.state !== 'closed') open.add(subscription)
    // By its own listener, which was told something while it began.
    if (closed) void subscription.close()
    return subscription
  }

  /** The method that follows a state. */
  const state = <Arguments, Value, Id>(
    stream: StateDeclaration<Arguments, Value, Id>,
  ): ((given?: unknown, subscribeOptions?: SubscribeOptions) => Subscription<Value>) => {
    const shared = new SharedStates(stream, sharing)
    sharings.add(shared)
    return (given, subscribeOptions = {}) => {
      check(subscribeOptions)
      const { join, leave } = shared.share(given)
      return follow<Value>(subscribeOptions, join, leave)
    }
  }

  const meshery: Meshery = {
    url: server.url.origin,
    subscribeEvents(arguments_ = {}, subscribeOptions = {}) {
      check(subscribeOptions)
      const { beginning, accepts } = readEventsArguments(arguments_)
      const { buffer = options.buffer } = subscribeOptions
      let fresh = false
      if (!log) {
        fresh = true
        admit()
        log = new EventStream(events, { ...route, server, credentials, timeouts, policy, settle, bufferBytes })
        running.add(log)
      }
      const source = log
      let feed: EventSubscriber<MesheryEvent> | undefined
      const subscription = follow<MesheryEvent>(
        subscribeOptions,
        (notice) => {
          feed = source.join({ buffer, bufferBytes, beginning, accepts, notice })
          return feed
        },
        () => {
          if (source.leave(feed)) return
          source.close()
          running.delete(source)
          if (log === source) log = undefined
        },
      )
      if (fresh) source.start()
      return subscription
    },
    subscribe<Data, Variables>(
      document: AnyDocument<Data, Variables>,
      variables?: Variables,
      subscribeOptions: SubscribeOptions = {},
    ) {
      check(subscribeOptions)
      const query = readDocument(document)
      if (variables !== undefined && !isRecord(variables)) refuse('variables', kindOf(variables), 'an object')
      if (!order.includes('websocket')) refuse('transports', order.join(', '), '`websocket` among them for `subscribe`')
      const operation = (text: string): Operation => ({
        graphql: isRecord(variables) ? { query: text, variables } : { query: text },
      })
      const started = typeof query === 'string' ? operation(query) : query.then(operation)
      const { buffer = options.buffer } = subscribeOptions
      admit()
      running.add(started)
      return follow<Data>(
        subscribeOptions,
        (notice) => new RawSubscriber(started, { buffer, bufferBytes, notice }, route.join),
        () => running.delete(started),
      )
    },
    subscribeMesheryControllersStatus: state(controllersStatus),
    subscribePerfProfiles: state(perfProfiles),
    subscribePerfResults: state(perfResults),
    subscribeConfiguration: state(configuration),
    subscribeClusterResources: state(clusterResources),
    subscribeK8sContext: state(k8sContexts),
    subscribeMeshModelSummary: state(meshModelSummary),
    close() {
      closed ??= (async () => {
        const closing = platform.hold()
        forget()
        await Promise.all([...open].map((subscription) => subscription.close()))
        for (const shared of sharings) shared.close()
        await links.close()
        await platform.close()
        closing()
      })()
      return closed
    },
    [Symbol.asyncDispose]: () => meshery.close(),
  }
  if (options.signal?.aborted) void meshery.close()
  else if (options.signal) forget = onAbort(options.signal, meshery.close)
  return meshery
}
