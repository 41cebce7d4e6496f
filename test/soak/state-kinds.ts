import type { Meshery, SubscribeOptions, Subscription } from '../../src/index.ts'
import type { ClusterResources, ClusterResourcesArguments } from '../../src/streams/cluster-resources.ts'
import type { ConfigurationArguments, ConfigurationPage } from '../../src/streams/configuration.ts'
import type { ApplicationPage, Content, FilterPage, PatternPageResult } from '../../src/streams/configuration-lists.ts'
import type {
  ControllersStatusArguments,
  MesheryControllersStatusListItem,
} from '../../src/streams/controllers-status.ts'
import type { K8sContextArguments, K8sContextsPage } from '../../src/streams/k8s-contexts.ts'
import type { MeshModelSummary, MeshModelSummaryArguments } from '../../src/streams/meshmodel-summary.ts'
import type { Selector } from '../../src/streams/page-selector.ts'
import type { PerfPageProfiles, PerfProfilesArguments } from '../../src/streams/perf-profiles.ts'
import type { PerfPageResult, PerfResultsArguments } from '../../src/streams/perf-results.ts'
import { nilUUID } from '../../src/streams/wire.ts'
import type { StoredApplication, StoredFilter, StoredPattern } from '../../src/testing/index.ts'
import { distinct, listed } from './state-rows.ts'
import { type Ids, idsOf, namespaces, type StateWorld, words } from './state-world.ts'

/** One state with arguments, and the value that the server should give. */
export interface Following {
  readonly name: string
  subscribe(meshery: Meshery, options: SubscribeOptions): Subscription<unknown>
  /** The expected value now, in the canonical shape. */
  truth(world: StateWorld): unknown
  /** Requested ids that the server does not know. */
  unknown(world: StateWorld): readonly string[]
}

type Kind = (world: StateWorld, how: How) => Following

export interface How {
  /** Whether the server keeps its release: then the ids that it knows remain the same. */
  readonly stays: boolean
}

const nothing = (): readonly string[] => []

/** Few different ones, so that some subscriptions share a stream. */
function selector({ dice }: StateWorld): Selector {
  return dice.pick<Selector>([
    {},
    {},
    { all: true },
    { order: 'name asc' },
    { pageSize: 2, order: 'created_at desc' },
    { page: 1, pageSize: 3 },
    { search: dice.pick(words) },
    { all: true, search: dice.pick(words), order: 'name desc' },
  ])
}

const noText = (text: string | null): string | null => (text === '' ? null : text)
const user = (id: string | null): string | null => (id === nilUUID ? null : id)

function contexts(world: StateWorld): Following {
  const wanted: K8sContextArguments = selector(world)
  return {
    name: 'subscribeK8sContext',
    subscribe: (meshery, options) => meshery.subscribeK8sContext(wanted, options),
    unknown: nothing,
    truth({ fake }): K8sContextsPage {
      const { items, ...page } = listed(fake.contexts.rows, wanted, ({ reachable, owner, created_by, ...row }) => ({
        ...row,
        owner: user(owner),
        created_by: user(created_by),
      }))
      return { ...page, contexts: items }
    },
  }
}

/** Clusters by one of their ids, known ones and others. */
const picked = (world: StateWorld, by: keyof Ids): readonly string[] =>
  Array.from({ length: world.dice.whole(1, 3) }, () => idsOf(world.dice.whole(1, 6))[by])

function controllers(world: StateWorld, { stays }: How): Following {
  const idOn = (release: string) => (release === 'v0.6' ? 'id' : 'connection_id')
  const given = stays && world.dice.chance(0.4) ? picked(world, idOn(world.fake.release)) : undefined
  const wanted: ControllersStatusArguments = { connectionIDs: given }
  return {
    name: 'subscribeMesheryControllersStatus',
    subscribe: (meshery, options) => meshery.subscribeMesheryControllersStatus(wanted, options),
    unknown: ({ fake }) =>
      unknownOf(
        given,
        fake.contexts.rows.map((row) => row[idOn(fake.release)]),
      ),
    truth({ fake }): readonly MesheryControllersStatusListItem[] {
      const id = idOn(fake.release)
      const known = new Map(fake.contexts.rows.map((row) => [row.connection_id, row[id]]))
      return fake.controllers.rows.flatMap(({ connectionID, controller, status, version }) => {
        const knownID = known.get(connectionID)
        if (knownID === undefined || given?.includes(knownID) === false) return []
        return { connectionID: knownID, controller, status, version: noText(version) }
      })
    },
  }
}

const unknownOf = (given: readonly string[] | undefined, known: readonly string[]): readonly string[] =>
  [...new Set(given)].filter((id) => !known.includes(id)).toSorted()

function resources(world: StateWorld, { stays }: How): Following {
  // v0.6 does not send the ids of connections.
  const by = world.dice.pick<keyof Ids>(['id', 'kubernetes_server_id', 'connection_id'])
  const named = by !== 'connection_id' || (stays && world.fake.release !== 'v0.6')
  const given = named && world.dice.chance(0.4) ? picked(world, by) : undefined
  const wanted: ClusterResourcesArguments = { contexts: given, namespace: world.dice.pick(namespaces) }
  return {
    name: 'subscribeClusterResources',
    subscribe: (meshery, options) => meshery.subscribeClusterResources(wanted, options),
    unknown: ({ fake }) =>
      unknownOf(
        given,
        fake.contexts.rows.map((row) => row[by]),
      ),
    truth({ fake }): ClusterResources {
      const asked = fake.contexts.rows.filter((row) => !given || given.includes(row[by]))
      const clusters = asked.map(({ kubernetes_server_id }) => kubernetes_server_id).toSorted()
      const rows = fake.resources.rows.filter(({ namespace }) => namespace === wanted.namespace)
      return {
        resources: clusters.flatMap((cluster) => {
          const there = rows.filter(({ clusterID }) => clusterID === cluster)
          return [...new Set(there.map(({ kind }) => kind))].toSorted().map((kind) => ({
            kubernetes_server_id: cluster,
            namespace: wanted.namespace,
            kind,
            count: there.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.count, 0),
          }))
        }),
      }
    },
  }
}

function profiles(world: StateWorld): Following {
  const wanted: PerfProfilesArguments = selector(world)
  return {
    name: 'subscribePerfProfiles',
    subscribe: (meshery, options) => meshery.subscribePerfProfiles(wanted, options),
    unknown: nothing,
    truth({ fake }): PerfPageProfiles {
      const { items, ...page } = listed(fake.perf.profiles, wanted, ({ schedule, user_id, ...row }) => ({
        ...row,
        user_id: world.remote ? user_id : null,
      }))
      return { ...page, profiles: items }
    },
  }
}

function results(world: StateWorld): Following {
  const profileID = world.one(world.fake.perf.profiles)?.id ?? 'of-none'
  const wanted: PerfResultsArguments = { ...selector(world), profileID }
  return {
    name: 'subscribePerfResults',
    subscribe: (meshery, options) => meshery.subscribePerfResults(wanted, options),
    unknown: nothing,
    truth({ fake }): PerfPageResult {
      const rows = fake.perf.results.filter((row) => row.performance_profile === profileID)
      const { search, order, ...local } = wanted
      // The Local provider ignores `search` and `order`.
      const minded: Selector = world.remote ? wanted : { ...local, order: 'created_at asc' }
      const { items, ...page } = listed(rows, minded, (row) => ({
        ...row,
        server_metrics: JSON.stringify(row.server_metrics),
        server_board_config: null,
      }))
      return { ...page, results: items }
    },
  }
}

function configuration(world: StateWorld): Following {
  const { dice } = world
  const wanted = dice.pick<ConfigurationArguments>([
    {},
    {},
    { patterns: selector(world) },
    { filters: selector(world) },
    { applications: selector(world) },
    { patterns: selector(world), filters: selector(world) },
    { patterns: selector(world), applications: selector(world) },
  ])
  const every = Object.keys(wanted).length === 0
  return {
    name: 'subscribeConfiguration',
    subscribe: (meshery, options) => meshery.subscribeConfiguration(wanted, options),
    unknown: nothing,
    truth({ fake }): ConfigurationPage {
      const { patterns, filters, applications } = every ? { patterns: {}, filters: {}, applications: {} } : wanted
      const shelf = fake.configuration
      return {
        patterns: patterns ? designs(shelf.patterns, patterns) : null,
        filters: filters ? wasm(shelf.filters, filters) : null,
        applications: applications ? manifests(shelf.applications, applications) : null,
      }
    },
  }
}

type Stored = StoredPattern | StoredFilter | StoredApplication

function content({ id, name, user_id, location, visibility, created_at, updated_at }: Stored): Content {
  const { branch, host, path, type } = location
  const from = { branch: noText(branch), host: noText(host), path: noText(path), type: noText(type) }
  return { id, name, user_id: user(user_id), location: from, visibility, created_at, updated_at }
}

const kindOf = ({ type }: StoredPattern | StoredApplication): string | null => (type.Valid ? type.String : null)

function designs(rows: readonly StoredPattern[], wanted: Selector): PatternPageResult {
  const { items, ...page } = listed(rows, wanted, (row) => ({
    ...content(row),
    pattern_file: row.pattern_file,
    catalog_data: row.catalog_data,
    type: kindOf(row),
  }))
  return { ...page, patterns: items }
}

function wasm(rows: readonly StoredFilter[], wanted: Selector): FilterPage {
  const { items, ...page } = listed(rows, wanted, (row) => ({
    ...content(row),
    filter_file: Buffer.from(row.filter_file).toString('base64'),
    filter_resource: noText(row.filter_resource),
    catalog_data: row.catalog_data,
  }))
  return { ...page, filters: items }
}

function manifests(rows: readonly StoredApplication[], wanted: Selector): ApplicationPage {
  const { items, ...page } = listed(rows, wanted, (row) => ({
    ...content(row),
    application_file: row.application_file,
    type: kindOf(row),
  }))
  return { ...page, applications: items }
}

function models(world: StateWorld): Following {
  const wanted: MeshModelSummaryArguments = { type: world.dice.pick(['components', 'relationships']) }
  return {
    name: 'subscribeMeshModelSummary',
    subscribe: (meshery, options) => meshery.subscribeMeshModelSummary(wanted, options),
    unknown: nothing,
    truth({ fake }): MeshModelSummary {
      const { components, relationships } = fake.registry
      const model = (row: { readonly model: string }): string => row.model
      const version = (row: { readonly version: string }): string => row.version
      if (wanted.type === 'components') return { components: distinct(components, model, version), relationships: [] }
      const counts = distinct(
        relationships,
        ({ kind }) => kind,
        ({ subType }) => subType,
      )
      return { components: [], relationships: counts }
    },
  }
}

/** All states, each with arguments by the dice. */
export const stateKinds: Readonly<Record<string, Kind>> = {
  contexts,
  controllers,
  resources,
  profiles,
  results,
  configuration,
  models,
}
