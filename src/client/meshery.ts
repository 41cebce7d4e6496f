import type { AsyncCloseable } from '../base/disposable.ts'
import type { AnyDocument, DocumentArguments } from '../base/document.ts'
import type { ClusterResources, ClusterResourcesArguments } from '../streams/cluster-resources.ts'
import type { ConfigurationArguments, ConfigurationPage } from '../streams/configuration.ts'
import type { ControllersStatusArguments, MesheryControllersStatusListItem } from '../streams/controllers-status.ts'
import type { MesheryEvent } from '../streams/events.ts'
import type { K8sContextArguments, K8sContextsPage } from '../streams/k8s-contexts.ts'
import type { MeshModelSummary, MeshModelSummaryArguments } from '../streams/meshmodel-summary.ts'
import type { PerfPageProfiles, PerfProfilesArguments } from '../streams/perf-profiles.ts'
import type { PerfPageResult, PerfResultsArguments } from '../streams/perf-results.ts'
import type { EventsArguments } from './events-arguments.ts'
import type { Stats } from './stats.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/** A client of one Meshery Server. Every method checks its arguments before anything is sent. */
export interface Meshery extends AsyncCloseable {
  /** The address of the server, such as `https://meshery.example.com`; with a path where a front end serves Meshery under one. */
  readonly url: string
  /**
   * Follows everything that Meshery's notification center shows: each event once, in the order of Meshery's store, through
   * connection losses and restarts. All event subscriptions of a client share one live operation and one reader of the store.
   * @param filter Which events, and from when. Default: every event from now on.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const event of meshery.subscribeEvents({ severity: 'error', since: '10m' })) {
   *   console.log(event.createdAt, event.description)
   * }
   * ```
   */
  subscribeEvents(filter?: EventsArguments, options?: SubscribeOptions): Subscription<MesheryEvent>
  /**
   * Follows the status of Meshery's controllers in each cluster: the whole list, sorted, at every change. Ids that the
   * server does not know are reported by an `unknown` notice.
   * @param selection Which clusters. Default: all of them.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const list of meshery.subscribeMesheryControllersStatus()) {
   *   console.log(list.map(({ controller, status }) => `${controller} ${status}`).join(', '))
   * }
   * ```
   */
  subscribeMesheryControllersStatus(
    selection?: ControllersStatusArguments,
    options?: SubscribeOptions,
  ): Subscription<readonly MesheryControllersStatusListItem[]>
  /**
   * Follows the performance profiles of the user, a page or all of them. Polled unless `transports` is given: over WebSocket
   * a server reports the end of a load test to only one of its clients, and an abandoned subscription blocks load tests.
   * @param selection Which page. Default: the first 25, the latest updated first.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const { profiles } of meshery.subscribePerfProfiles({ all: true })) console.log(profiles.length)
   * ```
   */
  subscribePerfProfiles(selection?: PerfProfilesArguments, options?: SubscribeOptions): Subscription<PerfPageProfiles>
  /**
   * Follows the results of a performance profile, a page or all of them. Polled, as the profiles are.
   * @param selection Which profile, by `profileID`, and which page.
   * @throws MesheryError INVALID_OPTION, also for an empty `profileID`; CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * const profileID = '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c'
   * for await (const { results } of meshery.subscribePerfResults({ profileID })) console.log(results[0])
   * ```
   */
  subscribePerfResults(selection: PerfResultsArguments, options?: SubscribeOptions): Subscription<PerfPageResult>
  /**
   * Follows the designs, filters and applications of the user: always every part that was asked for, of each a page or all.
   * @param selection Which parts, and which page of each. Default: the first page of every part.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const { patterns } of meshery.subscribeConfiguration()) console.log(patterns?.total_count)
   * ```
   */
  subscribeConfiguration(
    selection?: ConfigurationArguments,
    options?: SubscribeOptions,
  ): Subscription<ConfigurationPage>
  /**
   * Follows how many resources of each kind there are in each cluster.
   * @param selection Which clusters.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const { resources } of meshery.subscribeClusterResources({ namespace: 'default' })) {
   *   for (const { kind, count } of resources) console.log(kind, count)
   * }
   * ```
   */
  subscribeClusterResources(
    selection: ClusterResourcesArguments,
    options?: SubscribeOptions,
  ): Subscription<ClusterResources>
  /**
   * Follows the Kubernetes contexts, a page or all of them.
   * @param selection Which page. Default: the first 25, the latest updated first.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const { contexts } of meshery.subscribeK8sContext({ all: true })) console.log(contexts.map(({ name }) => name))
   * ```
   */
  subscribeK8sContext(selection?: K8sContextArguments, options?: SubscribeOptions): Subscription<K8sContextsPage>
  /**
   * Follows what the registry holds: how many versions of each model, or how many subtypes of each kind of relationship.
   * @param selection `type`: components or relationships.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * for await (const { components } of meshery.subscribeMeshModelSummary({ type: 'components' })) console.log(components?.length)
   * ```
   */
  subscribeMeshModelSummary(
    selection: MeshModelSummaryArguments,
    options?: SubscribeOptions,
  ): Subscription<MeshModelSummary>
  /**
   * Follows any GraphQL subscription, over WebSocket only: frames as they come. What is pushed while the connection is down
   * is lost, and reported by a `gap` notice; what a slow reader has no room for is dropped, and reported by `overflow`.
   * @param document A text, typed or not, or a parsed document, such as a `TypedDocumentNode`.
   * @param given The variables of the document, which may be left out where it requires none, and options as for every method.
   * @throws MesheryError INVALID_OPTION, CLOSED after `close()`, TOO_MANY_OPERATIONS.
   * @example
   * ```ts
   * const document = 'subscription { subscribeEvents { description severity } }'
   * for await (const frame of meshery.subscribe(document)) console.log(frame)
   * ```
   */
  subscribe<Data = unknown, Variables = object>(
    document: AnyDocument<Data, Variables>,
    ...given: DocumentArguments<Variables, SubscribeOptions>
  ): Subscription<Data>
  /**
   * What the client has counted since it was made, and what it is doing now: a snapshot, also after `close()`.
   * @example
   * ```ts
   * const { events, gaps, reconnects, lagMs } = meshery.stats()
   * console.log(events, gaps, reconnects, lagMs.p99)
   * ```
   */
  stats(): Stats
  /**
   * Closes every subscription and every connection. Resolves when all are closed, at the latest after `timeouts.close`
   * (default 1 s).
   * @example
   * ```ts
   * await using meshery = createMeshery() // or: await meshery.close()
   * ```
   */
  close(): Promise<void>
}
