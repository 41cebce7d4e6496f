import { clusterResources } from '../../src/streams/cluster-resources.ts'
import { configuration } from '../../src/streams/configuration.ts'
import { controllersStatus } from '../../src/streams/controllers-status.ts'
import { events } from '../../src/streams/events.ts'
import { k8sContexts } from '../../src/streams/k8s-contexts.ts'
import { meshModelSummary } from '../../src/streams/meshmodel-summary.ts'
import { perfProfiles } from '../../src/streams/perf-profiles.ts'
import { perfResults } from '../../src/streams/perf-results.ts'

/** The part of a declaration that a page needs. */
interface Declared {
  readonly kind: 'log' | 'state'
  readonly name: string
  readonly documents: readonly string[]
  readonly sse?: unknown
  readonly polls?: true
  /** An event stream has its own read interval. */
  readonly readEveryMs?: { readonly polling: number; readonly live: number }
  readonly since: string
}

/** What the page of a stream contains besides prose. */
export interface Documented {
  /** `docs/streams/<page>.md`. */
  readonly page: string
  readonly declared: Declared
  /** The interfaces of its arguments: a file of `src`, and the name in it. */
  readonly arguments: readonly (readonly [file: string, name: string])[]
  /** The interfaces of its value, the outermost first: a file of `src`, and the names in it. */
  readonly value: readonly (readonly [file: string, ...names: string[]])[]
}

/** Every stream, in the order of the README. */
export const documented: readonly Documented[] = [
  {
    page: 'events',
    declared: events,
    arguments: [['client/events-arguments.ts', 'EventsArguments']],
    value: [['streams/events.ts', 'MesheryEvent']],
  },
  {
    page: 'controllers',
    declared: controllersStatus,
    arguments: [['streams/controllers-status.ts', 'ControllersStatusArguments']],
    value: [['streams/controllers-status.ts', 'MesheryControllersStatusListItem']],
  },
  {
    page: 'performance-profiles',
    declared: perfProfiles,
    arguments: [['streams/page-selector.ts', 'Selector']],
    value: [['streams/perf-profiles.ts', 'PerfPageProfiles', 'PerfProfile']],
  },
  {
    page: 'performance-results',
    declared: perfResults,
    arguments: [['streams/perf-results.ts', 'PerfResultsArguments']],
    value: [['streams/perf-results.ts', 'PerfPageResult', 'MesheryResult']],
  },
  {
    page: 'configuration',
    declared: configuration,
    arguments: [
      ['streams/configuration.ts', 'ConfigurationArguments'],
      ['streams/page-selector.ts', 'Selector'],
    ],
    value: [
      ['streams/configuration.ts', 'ConfigurationPage'],
      ['streams/configuration-lists.ts', 'PatternPageResult', 'PatternResult'],
      ['streams/configuration-lists.ts', 'FilterPage', 'FilterResult'],
      ['streams/configuration-lists.ts', 'ApplicationPage', 'ApplicationResult', 'Location'],
    ],
  },
  {
    page: 'cluster-resources',
    declared: clusterResources,
    arguments: [['streams/cluster-resources.ts', 'ClusterResourcesArguments']],
    value: [['streams/cluster-resources.ts', 'ClusterResources', 'ClusterResource']],
  },
  {
    page: 'kubernetes-contexts',
    declared: k8sContexts,
    arguments: [['streams/page-selector.ts', 'Selector']],
    value: [['streams/k8s-contexts.ts', 'K8sContextsPage', 'K8sContext']],
  },
  {
    page: 'meshmodel-summary',
    declared: meshModelSummary,
    arguments: [['streams/meshmodel-summary.ts', 'MeshModelSummaryArguments']],
    value: [['streams/meshmodel-summary.ts', 'MeshModelSummary', 'MeshModelCount']],
  },
]
