import type { AsyncCloseable } from '../base/disposable.ts'
import { MesheryError } from '../base/errors.ts'
import { type Auth, Gatekeeper } from './auth.ts'
import { Channels } from './channels.ts'
import { Configuration, type FakeConfiguration } from './configuration.ts'
import { Connections } from './connections.ts'
import { Contexts, type FakeContexts } from './contexts.ts'
import { Controllers, type FakeControllers } from './controllers.ts'
import { Events, type FakeEvents } from './events.ts'
import { createFaults, type Faults } from './faults.ts'
import { goTime } from './go.ts'
import { createHttp } from './http.ts'
import type { Part } from './part.ts'
import { type FakePerf, Perf } from './perf.ts'
import { type FakeRegistry, Registry } from './registry.ts'
import { mannersOf, type Release, releases } from './release.ts'
import { type Resolver, type Source, sourceOf } from './resolvers.ts'
import { type FakeResources, Resources } from './resources.ts'
import { schemaOf } from './schema.ts'
import { Script } from './script.ts'
import { Book, type Stats } from './stats.ts'
import { EventStore } from './store.ts'
import { graphqlEvent, type NewEvent } from './stored-event.ts'
import { Timers } from './timers.ts'
import type { World } from './world.ts'

/** How a fake Meshery is started. */
export interface FakeMesheryOptions {
  /** Default `current`. */
  readonly release?: Release
  /** Default 0: any free one. */
  readonly port?: number
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string
  /**
   * A remote provider that wants these cookies. Default: the Local provider, which wants its name alone as the cookie
   * `meshery-provider`: `None` on every release, or `Local` since v1.0.
   */
  readonly auth?: Auth
  /** Events that are stored from the start, oldest first. */
  readonly seed?: readonly NewEvent[]
  /** What time it is for the fake, in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number
  /** Milliseconds between two keep-alive comments on an SSE stream. Default 15 000, as with Meshery. */
  readonly keepAlive?: number
  /** False: neither a store of events nor their subscription, as before September 2023. Ends as it becomes another release. */
  readonly events?: boolean
}

/**
 * A Meshery Server for tests: the live data of six releases over real sockets, with faults on demand.
 * Close it by `close()` or `await using`.
 */
export interface FakeMeshery extends AsyncCloseable {
  /** Such as `http://127.0.0.1:20481`. Stays the same until it is closed. */
  readonly url: string
  readonly port: number
  readonly release: Release
  readonly events: FakeEvents
  readonly contexts: FakeContexts
  readonly controllers: FakeControllers
  readonly resources: FakeResources
  readonly perf: FakePerf
  readonly configuration: FakeConfiguration
  readonly registry: FakeRegistry
  readonly faults: Faults
  readonly stats: Stats
  /** Resolves a root field of the schema from now on, in place of what the fake itself has for it. */
  graphql(field: string, resolver: Resolver): void
  /** Becomes another release, as by an upgrade: every connection is cut; the port, the rows and the faults stay. */
  become(release: Release): Promise<void>
  /** The process is gone: every connection is closed, the port is refused; the rows and the faults stay, but for a freeze. */
  stop(): Promise<void>
  /** The process is back on the same port. */
  start(): Promise<void>
  /** Ends it for good; nothing of it is left. */
  close(): Promise<void>
}

/**
 * Starts a fake Meshery.
 *
 * @throws MesheryError INVALID_OPTION when there is no such release; what the system says when the port is taken.
 */
export async function startFakeMeshery(options: FakeMesheryOptions = {}): Promise<FakeMeshery> {
  const { release = 'current', port = 0, host = '127.0.0.1', auth, seed = [], keepAlive = 15_000 } = options
  const manners = options.events === false ? withoutEvents(mannersFor(release)) : mannersFor(release)
  const clock = options.clock ?? Date.now
  const [script, timers, book, store] = [new Script(), new Timers(), new Book(), new EventStore()]
  const gatekeeper = new Gatekeeper(auth)
  const events = new Events(store, script, timers, clock, () => ({
    user: gatekeeper.user(world.manners),
    manners: world.manners,
  }))
  const connections: Connections = new Connections(host, (socket) => http.emit('connection', socket))
  const world: World = {
    manners,
    schema: schemaOf(manners),
    clock,
    keepAlive,
    script,
    timers,
    book,
    store,
    events,
    gatekeeper,
    channels: new Channels(script, timers),
    connections,
    arrive: (url) => ({ url, contexts: contexts.named(url) }),
    sources: new Map(),
    parts: [],
  }
  const http = createHttp(world)
  world.sources.set('subscribeEvents', eventSource(world))
  const join = <Joining extends Part>(part: Joining): Joining => {
    world.parts.push(part)
    for (const [field, source] of Object.entries(part.sources ?? {})) world.sources.set(field, source)
    return part
  }
  const contexts: Contexts = join(new Contexts(world))
  for (const event of seed) events.add(event, { push: false })
  await connections.open(port)

  const stop = async (): Promise<void> => {
    connections.refuse()
    await connections.destroyAll()
    for (const part of world.parts) part.ended?.()
  }
  const close = async (): Promise<void> => {
    await stop()
    timers.stopAll()
    http.close()
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${connections.port}`,
    port: connections.port,
    get release() {
      return world.manners.release
    },
    events,
    contexts,
    controllers: join(new Controllers(world, contexts)),
    resources: join(new Resources(world)),
    perf: join(new Perf(world)),
    configuration: join(new Configuration(world)),
    registry: join(new Registry(world)),
    faults: createFaults(world),
    stats: book,
    graphql(field, resolver) {
      world.sources.set(field, sourceOf(resolver))
    },
    async become(next) {
      world.manners = mannersFor(next)
      world.schema = schemaOf(world.manners)
      await connections.destroyAll()
      for (const part of world.parts) part.ended?.()
    },
    stop,
    start: () => connections.listenAgain(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

const withoutEvents = (manners: World['manners']): World['manners'] => ({
  ...manners,
  eventsOverWebSocket: false,
  sse: false,
  storePath: '',
})

function mannersFor(release: Release): World['manners'] {
  if (Object.hasOwn(mannersOf, release)) return mannersOf[release]
  throw new MesheryError('INVALID_OPTION', `There is no release ${release}; there are ${releases.join(', ')}.`, {
    phase: 'options',
  })
}

/** Every push of the user's events. */
const eventSource =
  (world: World): Source =>
  (_, sink) =>
    world.events.listen((event) => sink.next(graphqlEvent(event, world.manners, goTime(world.clock()))))
