/// <reference lib="esnext.disposable" preserve="true" />
import type { Document } from '../base/document.ts'
import { MesheryError } from '../base/errors.ts'
import { Credentials } from '../credentials/credentials.ts'
import type { Platform } from '../platform/platform.ts'
import { Server } from '../platform/server.ts'
import type { Feed } from '../session/feed.ts'
import { Links } from '../session/links.ts'
import { LogSource } from '../session/log-source.ts'
import { RawFeed } from '../session/raw-feed.ts'
import { events, type MesheryEvent } from '../streams/events.ts'
import { type EventsArguments, readEventsArguments } from './events-arguments.ts'
import { isRecord, kindOf, refuse, wantNames, wantNumber } from './option-checks.ts'
import { type MesheryOptions, readOptions } from './options.ts'
import { Ear, LiveSubscription, type Source, type SubscribeOptions, type Subscription } from './subscription.ts'

/** A Meshery Server, followed live. */
export interface Meshery extends AsyncDisposable {
  /** The address of the server. */
  readonly url: string
  /**
   * Everything that Meshery's notification centre shows, each event once and in the order of Meshery's store, through
   * drops and restarts. All event subscriptions of a client share one live operation and one reader of the store.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeEvents(arguments_?: EventsArguments, options?: SubscribeOptions): Subscription<MesheryEvent>
  /**
   * Any GraphQL subscription, over WebSocket only: frames as they come. What is pushed while the connection is down is
   * lost, and told by a `gap` notice; what a slow reader has no room for is dropped, and told by `overflow`.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribe<Data = unknown, Variables = Readonly<Record<string, unknown>>>(
    document: Document<Data, Variables>,
    variables?: Variables,
    options?: SubscribeOptions,
  ): Subscription<Data>
  /** Closes every subscription and every connection; resolves within a second with nothing left behind. */
  close(): Promise<void>
}

/** Makes `createMeshery` for a platform. */
export function createMesheryOn(platform: Platform): (options?: MesheryOptions) => Meshery {
  return (options = {}) => connect(platform, options)
}

function connect(platform: Platform, given: MesheryOptions): Meshery {
  const options = readOptions(given, platform)
  const { timeouts, settle, transports: order, logger } = options
  const credentials = new Credentials(options.credentials)
  const server = new Server(platform, credentials, options)
  const policy = { attempts: options.attempts }
  const links = new Links(server, timeouts, policy)
  const open = new Set<Subscription<unknown>>()
  let log: LogSource<MesheryEvent> | undefined
  let closed: Promise<void> | undefined
  /** How many subscriptions keep the process alive. */
  let holders = 0
  let letGo = (): void => {}

  const check = (subscribeOptions: SubscribeOptions): void => {
    if (closed) throw new MesheryError('CLOSED', 'The client is closed', { phase: 'options' })
    wantNames('options', subscribeOptions, ['signal', 'onNotice', 'buffer', 'unref'])
    const { buffer, onNotice } = subscribeOptions
    if (buffer !== undefined) wantNumber('buffer', buffer, 1, true)
    if (onNotice !== undefined && typeof onNotice !== 'function') refuse('onNotice', kindOf(onNotice), 'a function')
  }

  const follow = <T>(
    subscribeOptions: SubscribeOptions,
    start: (notice: Ear['hear']) => Source<T>,
    onClose: () => void,
  ): Subscription<T> => {
    const ear = new Ear(subscribeOptions.onNotice, (error) => queueMicrotask(() => source.fail(error)))
    const source: Source<T> = start((notice) => {
      if (notice.kind === 'status' || notice.kind === 'gap')
        logger.debug?.(`meshery-live: ${notice.kind}`, { ...notice })
      ear.hear(notice)
    })
    const { signal, unref = false } = subscribeOptions
    if (!unref && holders++ === 0) letGo = platform.hold()
    const subscription = new LiveSubscription<T>(source, ear, signal, (self) => {
      if (!unref && --holders === 0) letGo()
      onClose()
      open.delete(self)
    })
    if (subscription.status.state !== 'closed') open.add(subscription)
    return subscription
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
        log = new LogSource(events, {
          server,
          credentials,
          timeouts,
          policy,
          settle,
          order,
          join: (name, member) => links.join(name, member),
          version: (signal) => links.version(signal),
        })
      }
      const source = log
      let feed: Feed<MesheryEvent> | undefined
      const subscription = follow<MesheryEvent>(
        subscribeOptions,
        (notice) => {
          feed = source.join({ buffer, beginning, accepts, notice })
          return feed
        },
        () => {
          if (source.leave(feed)) return
          source.close()
          if (log === source) log = undefined
        },
      )
      if (fresh) source.start()
      return subscription
    },
    subscribe<Data, Variables>(
      query: Document<Data, Variables>,
      variables?: Variables,
      subscribeOptions: SubscribeOptions = {},
    ) {
      check(subscribeOptions)
      if (typeof query !== 'string' || query.trim() === '') refuse('document', kindOf(query), 'the text of a document')
      if (variables !== undefined && !isRecord(variables)) refuse('variables', kindOf(variables), 'an object')
      if (!order.includes('websocket')) refuse('transports', order.join(', '), '`websocket` among them for `subscribe`')
      const graphql = isRecord(variables) ? { query, variables } : { query }
      const { buffer = options.buffer } = subscribeOptions
      return follow<Data>(
        subscribeOptions,
        (notice) => new RawFeed({ graphql }, { buffer, notice }, (name, member) => links.join(name, member)),
        () => {},
      )
    },
    close() {
      closed ??= (async () => {
        const closing = platform.hold()
        options.signal?.removeEventListener('abort', meshery.close)
        await Promise.all([...open].map((subscription) => subscription.close()))
        await links.close()
        await platform.close()
        closing()
      })()
      return closed
    },
    [Symbol.asyncDispose]: () => meshery.close(),
  }
  if (options.signal?.aborted) void meshery.close()
  else options.signal?.addEventListener('abort', meshery.close)
  return meshery
}
