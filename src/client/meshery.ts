/// <reference lib="esnext.disposable" preserve="true" />
import type { AnyDocument } from '../base/document.ts'
import type { ClusterResources, ClusterResourcesArguments } from '../streams/cluster-resources.ts'
import type { ControllersStatusArguments, MesheryControllersStatusListItem } from '../streams/controllers-status.ts'
import type { MesheryEvent } from '../streams/events.ts'
import type { K8sContextArguments, K8sContextsPage } from '../streams/k8s-contexts.ts'
import type { EventsArguments } from './events-arguments.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

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
   * What the controllers of Meshery are doing in each cluster: the whole list, sorted, whenever something in it changed.
   * Ids that the server does not know are told by an `unknown` notice.
   * @throws MesheryError INVALID_OPTION before anything is sent; CLOSED after `close()`.
   */
  subscribeMesheryControllersStatus(
    arguments_?: ControllersStatusArguments,
    options?: SubscribeOptions,
  ): Subscription<readonly MesheryControllersStatusListItem[]>
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
