import type { AsyncCloseable } from '../base/disposable.ts'
import { MesheryError } from '../base/errors.ts'
import { ActiveFaults } from './faults/active-faults.ts'
import { createFaults, type Faults } from './faults/faults.ts'
import { type FieldSource, fieldSourceOf, type Resolver } from './graphql/field-source.ts'
import { type FakeSchema, schemaOf } from './graphql/schema.ts'
import { type Auth, IdentityProvider } from './network/identity-provider.ts'
import { LiveChannels } from './network/live-channels.ts'
import { RequestLog, type Stats } from './network/request-log.ts'
import { TcpConnections } from './network/tcp-connections.ts'
import { Timers } from './network/timers.ts'
import { type Release, type ReleaseProfile, releaseProfiles, releases } from './releases/release-profile.ts'
import { ClusterResources, type FakeResources } from './resources/cluster-resources/cluster-resources.ts'
import { Configuration, type FakeConfiguration } from './resources/configuration/configuration.ts'
import { Contexts, type FakeContexts } from './resources/contexts/contexts.ts'
import { Controllers, type FakeControllers } from './resources/controllers/controllers.ts'
import { Events, type FakeEvents } from './resources/events/events.ts'
import type { NewEvent } from './resources/events/stored-event.ts'
import type { FakeResource } from './resources/fake-resource.ts'
import { type FakePerf, Performance } from './resources/performance/performance.ts'
import { type FakeRegistry, Registry } from './resources/registry/registry.ts'
import { readSchemaFile } from './schema-files.ts'
import type { FakeState } from './server/fake-state.ts'
import { createHttpServer } from './server/http-server.ts'

/** How a fake Meshery is started. */
export interface FakeMesheryOptions {
  /** Default `current`. */
  readonly release?: Release
  /** Default 0: any free one. */
  readonly port?: number
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string
  /**
   * A remote provider that requires these cookies. Default: the Local provider, which requires only its name, as the cookie
   * `meshery-provider`: `None` on every release, or `Local` since v1.0.
   */
  readonly auth?: Auth
  /** Events that are stored when the fake starts, oldest first. */
  readonly seed?: readonly NewEvent[]
  /** The clock of the fake, in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number
  /** Milliseconds between two keep-alive comments on an SSE stream. Default 15 000, as with Meshery. */
  readonly keepAlive?: number
  /** False: neither a store of events nor their subscription, as before September 2023. `become` ends it. Default true. */
  readonly events?: boolean
}

/**
 * A Meshery Server for tests: the live data of six releases over real sockets, with faults on demand.
 * Close it by `close()` or `await using`.
 */
export interface FakeMeshery extends AsyncCloseable {
  /** Such as `http://127.0.0.1:20481`. Stays the same until it is closed. */
  readonly url: string
  /** The TCP port of `url`. */
  readonly port: number
  /** The present release. `become` changes it. */
  readonly release: Release
  /** Events: the store, and what is pushed. */
  readonly events: FakeEvents
  /** Kubernetes contexts. */
  readonly contexts: FakeContexts
  /** The controllers of each connection. */
  readonly controllers: FakeControllers
  /** The resources of each cluster. */
  readonly resources: FakeResources
  /** Performance profiles and results. */
  readonly perf: FakePerf
  /** Designs, filters and applications. */
  readonly configuration: FakeConfiguration
  /** Models, components and relationships. */
  readonly registry: FakeRegistry
  /** What can go wrong. */
  readonly faults: Faults
  /** What the fake received from its clients. */
  readonly stats: Stats
  /** From now on resolves a root field of the schema with this resolver, in place of the fake's own. */
  graphql(field: string, resolver: Resolver): void
  /** Becomes another release, as an upgrade does: cuts every connection; keeps the port, the rows and the faults. */
  become(release: Release): Promise<void>
  /** Ends the process: closes every connection and refuses new ones; keeps the rows and the faults, except a freeze. */
  stop(): Promise<void>
  /** Starts the process again on the same port. */
  start(): Promise<void>
  /** Ends the fake for good and releases everything. */
  close(): Promise<void>
}

/**
 * Starts a fake Meshery.
 *
 * @throws MesheryError INVALID_OPTION when there is no such release; the error of the system when the port is taken.
 */
export async function startFakeMeshery(options: FakeMesheryOptions = {}): Promise<FakeMeshery> {
  const { release = 'current', port = 0, host = '127.0.0.1', auth, seed = [], keepAlive = 15_000 } = options
  const releaseProfile = options.events === false ? withoutEvents(profileOf(release)) : profileOf(release)
  const activeFaults = new ActiveFaults()
  const timers = new Timers()
  const requestLog = new RequestLog()
  const tcpConnections: TcpConnections = new TcpConnections(host, (socket) => http.emit('connection', socket))
  const environment = {
    releaseProfile,
    clock: options.clock ?? Date.now,
    keepAliveMs: keepAlive,
    activeFaults,
    timers,
    requestLog,
    identityProvider: new IdentityProvider(auth),
    liveChannels: new LiveChannels(activeFaults, timers),
    tcpConnections,
  }
  const events = new Events(environment)
  const contexts = new Contexts(environment)
  const fake: FakeState = Object.assign(environment, {
    schema: schemaFor(releaseProfile),
    events,
    originOf: (url: URL) => ({ url, contexts: contexts.named(url) }),
    sources: new Map<string, FieldSource>(),
    resources: [],
  })
  const register = <Resource extends FakeResource>(resource: Resource): Resource => {
    fake.resources.push(resource)
    for (const [field, source] of Object.entries(resource.sources ?? {})) fake.sources.set(field, source)
    return resource
  }
  const http = createHttpServer(fake)
  for (const event of seed) events.add(event, { push: false })
  await tcpConnections.open(port)

  const endProcess = async (): Promise<void> => {
    await tcpConnections.destroyAll()
    for (const resource of fake.resources) resource.ended?.()
  }
  const stop = async (): Promise<void> => {
    tcpConnections.refuse()
    await endProcess()
  }
  const close = async (): Promise<void> => {
    await stop()
    timers.stopAll()
    http.close()
    tcpConnections.unlock()
  }
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${tcpConnections.port}`,
    port: tcpConnections.port,
    get release() {
      return fake.releaseProfile.release
    },
    events: register(events),
    contexts: register(contexts),
    controllers: register(new Controllers(fake, contexts)),
    resources: register(new ClusterResources(fake)),
    perf: register(new Performance(fake)),
    configuration: register(new Configuration(fake)),
    registry: register(new Registry(fake)),
    faults: createFaults(fake),
    stats: requestLog,
    graphql(field, resolver) {
      fake.sources.set(field, fieldSourceOf(resolver))
    },
    async become(next) {
      fake.releaseProfile = profileOf(next)
      fake.schema = schemaFor(fake.releaseProfile)
      await endProcess()
    },
    stop,
    start: () => tcpConnections.listenAgain(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The schemas by the profile that they belong to. Making one takes several milliseconds. */
const schemas = new WeakMap<ReleaseProfile, FakeSchema>()

function schemaFor(releaseProfile: ReleaseProfile): FakeSchema {
  const known = schemas.get(releaseProfile)
  if (known) return known
  const schema = schemaOf(releaseProfile, readSchemaFile(releaseProfile.schema))
  schemas.set(releaseProfile, schema)
  return schema
}

const withoutEvents = (releaseProfile: ReleaseProfile): ReleaseProfile => ({
  ...releaseProfile,
  eventsOverWebSocket: false,
  sse: false,
  storePath: '',
})

function profileOf(release: Release): ReleaseProfile {
  if (Object.hasOwn(releaseProfiles, release)) return releaseProfiles[release]
  throw new MesheryError('INVALID_OPTION', `There is no release ${release}; there are ${releases.join(', ')}.`, {
    phase: 'options',
  })
}
