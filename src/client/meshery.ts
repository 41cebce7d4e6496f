import type { AsyncCloseable } from '../base/disposable.ts'
import type { AnyDocument } from '../base/document.ts'
import type { ClusterResources, ClusterResourcesArguments } from '../streams/cluster-resources.ts'
import type { ConfigurationArguments, ConfigurationPage } from '../streams/configuration.ts'
import type { ControllersStatusArguments, MesheryControllersStatusListItem } from '../streams/controllers-status.ts'
import type { MesheryEvent } from '../streams/events.ts'
import type { K8sContextArguments, K8sContextsPage } from '../streams/k8s-contexts.ts'
import type { MeshModelSummary, MeshModelSummaryArguments } from '../streams/meshmodel-summary.ts'
import type { PerfPageProfiles, PerfProfilesArguments } from '../streams/perf-profiles.ts'
import type { PerfPageResult, PerfResultsArguments } from '../streams/perf-results.ts'
import type { EventsArguments } from './events-arguments.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/** A Meshery Server, followed live. */
export interface Meshery extends AsyncCloseable {
  /** The address of the server. */
  readonly url: string
  /**
   * Everything that Meshery's notification centre shows, each event once and in the order of Meshery's store, through
   * drops and restarts. All event subscriptions of a client share one live operation and one reader of the store.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeEvents(arguments_?: EventsArguments, options?: SubscribeOptions): Subscription<MesheryEvent>
  /**
   * What the controllers of Meshery are doing in each cluster: the whole list, sorted, whenever something in it changed.
   * Ids that the server does not know are told by an `unknown` notice.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeMesheryControllersStatus(
    arguments_?: ControllersStatusArguments,
    options?: SubscribeOptions,
  ): Subscription<readonly MesheryControllersStatusListItem[]>
  /**
   * The performance profiles of the user, a page or all of them. Polled unless `transports` is given: over WebSocket a
   * server tells the end of a load test to one of all its clients, and an abandoned subscription blocks load tests.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribePerfProfiles(arguments_?: PerfProfilesArguments, options?: SubscribeOptions): Subscription<PerfPageProfiles>
  /**
   * The results of a performance profile, a page or all of them. Polled, as the profiles are.
   * @throws MesheryError INVALID_OPTION before anything is sent, an empty `profileID` among others; CLOSED after `close()`.
   */
  subscribePerfResults(arguments_: PerfResultsArguments, options?: SubscribeOptions): Subscription<PerfPageResult>
  /**
   * The designs, filters and applications of the user, always all parts that were asked for; of each a page or all.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeConfiguration(
    arguments_?: ConfigurationArguments,
    options?: SubscribeOptions,
  ): Subscription<ConfigurationPage>
  /**
   * How many resources of each kind there are in each cluster.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeClusterResources(
    arguments_: ClusterResourcesArguments,
    options?: SubscribeOptions,
  ): Subscription<ClusterResources>
  /**
   * The Kubernetes contexts, a page or all of them.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeK8sContext(arguments_?: K8sContextArguments, options?: SubscribeOptions): Subscription<K8sContextsPage>
  /**
   * What the registry holds: how many versions of each model, or how many subtypes of each kind of relationship.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeMeshModelSummary(
    arguments_: MeshModelSummaryArguments,
    options?: SubscribeOptions,
  ): Subscription<MeshModelSummary>
  /**
   * Any GraphQL subscription, over WebSocket only: frames as they come. What is pushed while the connection is down is
   * lost, and told by a `gap` notice; what a slow reader has no room for is dropped, and told by `overflow`. The document
   * may be a text, typed or not, or a parsed one, such as a `TypedDocumentNode`.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribe<Data = unknown, Variables = Readonly<Record<string, unknown>>>(
    document: AnyDocument<Data, Variables>,
    variables?: Variables,
    options?: SubscribeOptions,
  ): Subscription<Data>
  /** Closes every subscription and every connection; resolves within a second with nothing left behind. */
  close(): Promise<void>
}
