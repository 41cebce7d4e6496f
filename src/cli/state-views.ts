import {
  type ClusterResources,
  type ConfigurationPage,
  type K8sContextsPage,
  type MesheryControllersStatusListItem,
  type MesheryResult,
  type MeshModelSummary,
  type PerfPageProfiles,
  type PerfPageResult,
  until,
} from '../index.ts'
import { unknownError } from './cluster-names.ts'
import { readChoice, readList } from './option-values.ts'
import type { StateView } from './state-command.ts'
import { modelTypes, pageOptions, readPageOptions, requiredText } from './state-options.ts'
import type { Row } from './table.ts'
import type { Look } from './text.ts'

/** Columns that lists may be ordered by. */
const columns = ['created_at', 'updated_at', 'name'] as const
const profileColumns = [...columns, 'last_run'] as const

const orDash = (text: string | null): string => (text === null || text === '' ? '-' : text)

/** A row without an id is known by its place. */
const row = (id: string | null, at: number, ...cells: Row['cells']): Row => ({ key: id ?? `${at}`, cells })

const looks: ReadonlyMap<string, Look> = new Map<string, Look>([
  ['CONNECTED', 'green'],
  ['RUNNING', 'green'],
  ['ENABLED', 'green'],
  ['DEPLOYED', 'green'],
  ['DEPLOYING', 'yellow'],
  ['NOTDEPLOYED', 'red'],
  ['UNDEPLOYED', 'red'],
  ['UNKNOWN', 'gray'],
])

export const controllers: StateView<readonly MesheryControllersStatusListItem[]> = {
  name: 'controllers',
  summary: 'what the controllers of Meshery are doing in each cluster',
  about: `Shows what the operator, MeshSync and the broker are doing in each cluster that is connected.`,
  takes: ['connection'],
  titles: ['CLUSTER', 'CONTROLLER', 'STATUS', 'VERSION', 'CONNECTION'],
  clusters: (list) => list.map(({ connectionID }) => connectionID),
  rows: (list, nameOf) =>
    list.map(({ connectionID: id, controller, status, version }, at) =>
      row(`${id} ${controller}`, at, nameOf(id), controller, [status, looks.get(status)], orDash(version), id),
    ),
  open: (meshery, { connection }, options) =>
    meshery.subscribeMesheryControllersStatus({ connectionIDs: readList(connection) }, options),
}

export const profiles: StateView<PerfPageProfiles> = {
  name: 'profiles',
  summary: 'the performance profiles',
  about: 'Shows the performance profiles: how load tests are run, and when they last were.',
  takes: pageOptions,
  columns: profileColumns,
  titles: ['NAME', 'ENDPOINTS', 'QPS', 'CONCURRENT', 'DURATION', 'RESULTS', 'LAST RUN', 'ID'],
  rows: (page, _, time) =>
    page.profiles.map((profile, at) =>
      row(
        profile.id,
        at,
        orDash(profile.name),
        orDash(profile.endpoints.join(',')),
        `${profile.qps}`,
        `${profile.concurrent_request}`,
        orDash(profile.duration),
        `${profile.total_results}`,
        time.brief(profile.last_run),
        orDash(profile.id),
      ),
    ),
  total: ({ total_count }) => total_count,
  open: (meshery, values, options) => meshery.subscribePerfProfiles(readPageOptions(values, profileColumns), options),
}

/** What the load generator reported, to the second decimal. */
const qpsOf = ({ runner_results }: MesheryResult): string => {
  const qps = runner_results?.['ActualQPS']
  return typeof qps === 'number' ? `${Math.round(qps * 100) / 100}` : '-'
}

export const results: StateView<PerfPageResult> = {
  name: 'results',
  summary: 'the results of a performance profile',
  about: 'Shows the results of the load tests of one performance profile.',
  takes: ['profile', ...pageOptions],
  columns,
  titles: ['NAME', 'STARTED', 'QPS', 'MESH', 'ID'],
  rows: (page, _, time) =>
    page.results.map((result, at) =>
      row(
        result.meshery_id,
        at,
        orDash(result.name),
        time.brief(result.test_start_time),
        qpsOf(result),
        orDash(result.mesh),
        orDash(result.meshery_id),
      ),
    ),
  total: ({ total_count }) => total_count,
  // A server gives an empty page for a profile that it does not know.
  async missing({ results }, { profile = '' }, meshery, signal) {
    if (results.length > 0) return undefined
    const all = meshery.subscribePerfProfiles({ all: true })
    const { profiles } = await until(all, () => true, { timeout: 10_000, signal })
    if (profiles.some(({ id, name }) => id === profile || name === profile)) return undefined
    return unknownError([profile], profiles)
  },
  becomesKnown(error, { profile }, meshery, { signal, onNotice }) {
    const isUnknown = error.details['option'] === 'profileID' && error.message.startsWith('No performance profile ')
    if (!isUnknown || profile === undefined) return undefined
    onNotice({ kind: 'unknown', ids: [profile] })
    const all = meshery.subscribePerfProfiles({ all: true }, { onNotice })
    return until(all, ({ profiles }) => profiles.some(({ name }) => name === profile), { signal })
  },
  open: (meshery, values, options) =>
    meshery.subscribePerfResults(
      { profileID: requiredText('profile', values.profile), ...readPageOptions(values, columns) },
      options,
    ),
}

export const configuration: StateView<ConfigurationPage> = {
  name: 'configuration',
  summary: 'the designs, filters and applications',
  about:
    'Shows the designs, filters and applications (these only where the release has them). The options that choose a page hold for each of the three.',
  takes: pageOptions,
  columns,
  titles: ['NAME', 'KIND', 'VISIBILITY', 'UPDATED', 'ID'],
  rows: ({ patterns, filters, applications }, _, time) =>
    [
      ...(patterns?.patterns ?? []).map((item) => ({ kind: 'design', item })),
      ...(filters?.filters ?? []).map((item) => ({ kind: 'filter', item })),
      ...(applications?.applications ?? []).map((item) => ({ kind: 'application', item })),
    ].map(({ kind, item: { id, name, visibility, updated_at } }, at) =>
      row(id, at, orDash(name), kind, orDash(visibility), time.brief(updated_at), orDash(id)),
    ),
  total: (value) =>
    [value.patterns, value.filters, value.applications].reduce((sum, part) => sum + (part?.total_count ?? 0), 0),
  open(meshery, values, options) {
    const page = readPageOptions(values, columns)
    return meshery.subscribeConfiguration({ patterns: page, filters: page, applications: page }, options)
  },
}

export const designs: StateView<ConfigurationPage> = {
  name: 'designs',
  summary: 'the designs',
  about: 'Shows the designs: those of configuration, without filters and applications.',
  takes: pageOptions,
  columns,
  titles: ['NAME', 'VISIBILITY', 'UPDATED', 'ID'],
  rows: ({ patterns }, _, time) =>
    (patterns?.patterns ?? []).map(({ id, name, visibility, updated_at }, at) =>
      row(id, at, orDash(name), orDash(visibility), time.brief(updated_at), orDash(id)),
    ),
  printed: ({ patterns }) => patterns,
  total: ({ patterns }) => patterns?.total_count ?? 0,
  open: (meshery, values, options) =>
    meshery.subscribeConfiguration({ patterns: readPageOptions(values, columns) }, options),
}

export const resources: StateView<ClusterResources> = {
  name: 'resources',
  summary: 'how many resources of each kind there are in a namespace',
  about:
    'Shows how many resources of each kind there are in a namespace of each cluster, as far as MeshSync sees them.',
  takes: ['namespace', 'cluster'],
  titles: ['CLUSTER', 'KIND', 'COUNT', 'NAMESPACE', 'CLUSTER ID'],
  clusters: (value) => value.resources.map(({ kubernetes_server_id }) => kubernetes_server_id),
  rows: (value, nameOf) =>
    value.resources.map(({ kubernetes_server_id: id, namespace, kind, count }, at) =>
      row(`${id} ${kind}`, at, nameOf(id), kind, `${count}`, orDash(namespace), id),
    ),
  open: (meshery, { cluster, namespace }, options) =>
    meshery.subscribeClusterResources(
      { contexts: readList(cluster), namespace: requiredText('namespace', namespace) },
      options,
    ),
}

export const contexts: StateView<K8sContextsPage> = {
  name: 'contexts',
  summary: 'the Kubernetes contexts',
  about: 'Shows the Kubernetes contexts with their three ids: of the context, of its connection, and of the cluster.',
  takes: pageOptions,
  columns,
  titles: ['NAME', 'VERSION', 'SERVER', 'ID', 'CONNECTION', 'CLUSTER ID'],
  rows: (page) =>
    page.contexts.map(({ id, name, version, server, connection_id, kubernetes_server_id }, at) =>
      row(
        id,
        at,
        orDash(name),
        orDash(version),
        orDash(server),
        orDash(id),
        orDash(connection_id),
        orDash(kubernetes_server_id),
      ),
    ),
  total: ({ total_count }) => total_count,
  open: (meshery, values, options) => meshery.subscribeK8sContext(readPageOptions(values, columns), options),
}

export const models: StateView<MeshModelSummary> = {
  name: 'models',
  summary: 'what the registry holds',
  about: `Shows what the registry holds: how many versions of each model, or how many subtypes of each kind of relationship.`,
  takes: ['type'],
  titles: ['NAME', 'COUNT'],
  rows: ({ components, relationships }) =>
    [...components, ...relationships].map(({ name, count }, at) => row(name, at, name, `${count}`)),
  open: (meshery, { type = 'components' }, options) =>
    meshery.subscribeMeshModelSummary({ type: readChoice('type', type, modelTypes) }, options),
}
