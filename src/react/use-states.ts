import { useMemo } from 'react'
import type {
  ClusterResources,
  ClusterResourcesArguments,
  ConfigurationArguments,
  ConfigurationPage,
  ControllersStatusArguments,
  K8sContextArguments,
  K8sContextsPage,
  Meshery,
  MesheryControllersStatusListItem,
  MeshModelSummary,
  MeshModelSummaryArguments,
  PerfPageProfiles,
  PerfPageResult,
  PerfProfilesArguments,
  PerfResultsArguments,
  SubscribeOptions,
  Subscription,
} from '../surface.ts'
import type { FollowSource } from './follow-source.ts'
import { useProvided } from './provider.ts'
import type { SharedSubscriptions } from './shared-subscriptions.ts'
import { idleViews, useShared } from './use-shared.ts'
import { useStructure } from './use-structure.ts'
import type { FollowView } from './view.ts'

/** The newest value of a state and what its subscription is doing. */
export interface StateView<Value> extends FollowView {
  /** The newest value, whole. Undefined before the first one. It stays, as stale, while the connection is lost. */
  readonly data: Value | undefined
  /** Starts again what has failed or waits for its next try. Does nothing while it works. */
  readonly retry: () => void
}

/** The options that every hook of a state has besides its arguments. */
export interface UseStateOptions {
  /** Follows nothing while true. Default false. */
  readonly skip?: boolean | undefined
}

type Follow<Arguments, Value> = (
  meshery: Meshery,
  selection: Arguments,
  options: SubscribeOptions,
) => Subscription<Value>

const idle = /* @__PURE__ */ idleViews<undefined>(undefined)

const stateSource = <Arguments, Value>(
  follow: Follow<Arguments, Value>,
  selection: Arguments,
): FollowSource<Value, Value | undefined> => ({
  empty: undefined,
  loadedBy: 'item',
  limit: 1,
  open: (meshery, _, onNotice) => follow(meshery, selection, { onNotice }),
  add: (_, values) => values.at(-1),
})

function useFollowedState<Arguments extends object, Value>(
  subscriptions: SharedSubscriptions<Value, Value | undefined>,
  follow: Follow<Omit<Arguments & UseStateOptions, 'skip'>, Value>,
  { skip = false, ...selection }: Arguments & UseStateOptions,
): StateView<Value> {
  const structure = useStructure(selection)
  const { key } = structure
  const source = useMemo(() => stateSource(follow, structure.value), [follow, structure])
  const { view, retry } = useShared<Value, Value | undefined>({ subscriptions, key, skip, source }, idle)
  const { content: data, ...rest } = view
  return { data, ...rest, retry }
}

const followControllers: Follow<ControllersStatusArguments, readonly MesheryControllersStatusListItem[]> = (
  meshery,
  selection,
  options,
) => meshery.subscribeMesheryControllersStatus(selection, options)

/**
 * Follows the status of Meshery's controllers in each cluster: the whole list.
 * @param selection Which clusters. Default: all of them. `skip: true` follows nothing.
 */
export const useControllers = (
  selection: ControllersStatusArguments & UseStateOptions = {},
): StateView<readonly MesheryControllersStatusListItem[]> =>
  useFollowedState<ControllersStatusArguments, readonly MesheryControllersStatusListItem[]>(
    useProvided().controllers,
    followControllers,
    selection,
  )

const followKubernetesContexts: Follow<K8sContextArguments, K8sContextsPage> = (meshery, selection, options) =>
  meshery.subscribeK8sContext(selection, options)

/**
 * Follows the Kubernetes contexts, a page or all of them.
 * @param selection Which page. Default: the first 25, the latest updated first. `skip: true` follows nothing.
 */
export const useKubernetesContexts = (
  selection: K8sContextArguments & UseStateOptions = {},
): StateView<K8sContextsPage> =>
  useFollowedState<K8sContextArguments, K8sContextsPage>(
    useProvided().kubernetesContexts,
    followKubernetesContexts,
    selection,
  )

const followClusterResources: Follow<ClusterResourcesArguments, ClusterResources> = (meshery, selection, options) =>
  meshery.subscribeClusterResources(selection, options)

/**
 * Follows how many resources of each kind there are in each cluster.
 * @param selection Which clusters. `skip: true` follows nothing.
 */
export const useClusterResources = (
  selection: ClusterResourcesArguments & UseStateOptions,
): StateView<ClusterResources> =>
  useFollowedState<ClusterResourcesArguments, ClusterResources>(
    useProvided().clusterResources,
    followClusterResources,
    selection,
  )

const followConfiguration: Follow<ConfigurationArguments, ConfigurationPage> = (meshery, selection, options) =>
  meshery.subscribeConfiguration(selection, options)

/**
 * Follows the designs, filters and applications of the user.
 * @param selection Which parts, and which page of each. Default: the first page of every part. `skip: true` follows nothing.
 */
export const useConfiguration = (
  selection: ConfigurationArguments & UseStateOptions = {},
): StateView<ConfigurationPage> =>
  useFollowedState<ConfigurationArguments, ConfigurationPage>(
    useProvided().configuration,
    followConfiguration,
    selection,
  )

const followPerformanceProfiles: Follow<PerfProfilesArguments, PerfPageProfiles> = (meshery, selection, options) =>
  meshery.subscribePerfProfiles(selection, options)

/**
 * Follows the performance profiles of the user, by polling.
 * @param selection Which page. Default: the first 25, the latest updated first. `skip: true` follows nothing.
 */
export const usePerformanceProfiles = (
  selection: PerfProfilesArguments & UseStateOptions = {},
): StateView<PerfPageProfiles> =>
  useFollowedState<PerfProfilesArguments, PerfPageProfiles>(
    useProvided().performanceProfiles,
    followPerformanceProfiles,
    selection,
  )

const followPerformanceResults: Follow<PerfResultsArguments, PerfPageResult> = (meshery, selection, options) =>
  meshery.subscribePerfResults(selection, options)

/**
 * Follows the results of a performance profile, by polling.
 * @param selection Which profile, by `profileID`, and which page. `skip: true` follows nothing.
 */
export const usePerformanceResults = (selection: PerfResultsArguments & UseStateOptions): StateView<PerfPageResult> =>
  useFollowedState<PerfResultsArguments, PerfPageResult>(
    useProvided().performanceResults,
    followPerformanceResults,
    selection,
  )

const followModelSummary: Follow<MeshModelSummaryArguments, MeshModelSummary> = (meshery, selection, options) =>
  meshery.subscribeMeshModelSummary(selection, options)

/**
 * Follows what the registry holds: versions of each model, or subtypes of each kind of relationship.
 * @param selection `type`: components or relationships. `skip: true` follows nothing.
 */
export const useModelSummary = (selection: MeshModelSummaryArguments & UseStateOptions): StateView<MeshModelSummary> =>
  useFollowedState<MeshModelSummaryArguments, MeshModelSummary>(
    useProvided().modelSummary,
    followModelSummary,
    selection,
  )
