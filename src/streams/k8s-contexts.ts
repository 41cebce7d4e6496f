import { wantNames } from '../base/checks.ts'
import { K8sContextChangedDocument } from '../generated/v0.8.ts'
import {
  graphqlSelector,
  type Page,
  readSelector,
  type Selector,
  selectorNames,
  type WantedPage,
} from './page-selector.ts'
import type { StateDeclaration } from './state-declaration.ts'
import { type Listing, readPage } from './walk-pages.ts'
import { fieldsOf, text, time, uuid } from './wire.ts'

/** A Kubernetes cluster as Meshery knows it. It has three ids, which are not interchangeable. */
export interface K8sContext {
  /** The id of the context: 32 hex digits. What designs are deployed to. */
  readonly id: string | null
  /** Its name in the kubeconfig. */
  readonly name: string | null
  /** The address of the cluster's API server. */
  readonly server: string | null
  /** The id of the user whom it belongs to. */
  readonly owner: string | null
  /** The id of the user who brought it in. */
  readonly created_by: string | null
  /** The id of the Meshery Server that found it. */
  readonly meshery_instance_id: string | null
  /** The id of the cluster: the UID of its `kube-system` namespace. What cluster resources are known by. */
  readonly kubernetes_server_id: string | null
  /** The id of the connection, by which controllers are known. Null where it has none, as on v0.6: there the context's id serves. */
  readonly connection_id: string | null
  /** `in_cluster` or `out_of_cluster`. */
  readonly deployment_type: string | null
  /** The version of Kubernetes. */
  readonly version: string | null
  /** RFC 3339 text. */
  readonly created_at: string | null
  /** RFC 3339 text. */
  readonly updated_at: string | null
}

/** A page of the Kubernetes contexts. */
export interface K8sContextsPage extends Page {
  /** The contexts on this page, in the order asked for. */
  readonly contexts: readonly K8sContext[]
}

const columns = ['created_at', 'updated_at', 'name'] as const

/** Which Kubernetes contexts. */
export type K8sContextArguments = Selector<(typeof columns)[number]>

/** Releases may send secrets in `auth` and `cluster`: nothing but what is named here is taken. */
export const contextList: Listing<K8sContext> = {
  paths: ['/api/system/kubernetes/contexts'],
  key: 'contexts',
  id: ({ id }) => id,
  item: /* @__PURE__ */ fieldsOf({
    id: text,
    name: text,
    server: text,
    owner: uuid,
    created_by: uuid,
    meshery_instance_id: uuid,
    kubernetes_server_id: uuid,
    connection_id: uuid,
    deployment_type: text,
    version: text,
    created_at: time,
    updated_at: time,
  }),
}

/** The Kubernetes contexts of the user. A push only signals a change; the value is read. */
export const k8sContexts: StateDeclaration<WantedPage, K8sContextsPage> = {
  kind: 'state',
  name: 'subscribeK8sContext',
  documents: [K8sContextChangedDocument],
  readEveryMs: { polling: 1_000, live: 60_000 },
  since: 'v0.6',
  arguments: (given = {}) => readSelector(wantNames('arguments', given, selectorNames), columns),
  variables: (wanted) => ({ selector: graphqlSelector(wanted) }),
  async read(wanted, _, ask) {
    const { items: contexts, ...page } = await readPage(ask, contextList, wanted)
    return { value: { ...page, contexts } }
  },
}
