import { isRecord, refuse, shown, wantNames } from '../base/checks.ts'
import { ClusterResourcesDocument } from '../generated/v0.8.ts'
import { clusters } from './cluster-ids.ts'
import { readIds } from './controllers-status.ts'
import type { StateDeclaration } from './state-declaration.ts'
import { notMeshery, number, records, text, type Wire } from './wire.ts'

/** How many resources of a kind there are in a cluster, as far as MeshSync has seen them. */
export interface ClusterResource {
  /** The id of the cluster. */
  readonly kubernetes_server_id: string
  /** What was asked for; empty for what belongs to no namespace. */
  readonly namespace: string
  /** Such as `Deployment`. */
  readonly kind: string
  /** How many resources of this kind there are, over all models. */
  readonly count: number
}

/** The resources of one or more clusters, by kind. */
export interface ClusterResources {
  readonly resources: readonly ClusterResource[]
}

/** Which resources. */
export interface ClusterResourcesArguments {
  /** The clusters, by the id of a Kubernetes context, of a connection or of a cluster, or by the name of a context. Default: all that the server knows. */
  readonly contexts?: readonly string[] | undefined
  /** The namespace. Empty for what belongs to none: kinds such as `Node`, and the number of namespaces. */
  readonly namespace: string
}

type Wanted = { readonly contexts: readonly string[] | null; readonly namespace: string }

/** Rows of one kind, which may come once for each model, are added up. */
function counted(rows: readonly Wire[], cluster: string, namespace: string): ClusterResources {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const kind = text(row, 'kind', 'Kind')
    if (kind !== null) counts.set(kind, (counts.get(kind) ?? 0) + (number(row, 'count', 'Count') ?? 0))
  }
  const kinds = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return { resources: kinds.map(([kind, count]) => ({ kubernetes_server_id: cluster, namespace, kind, count })) }
}

/** What the clusters hold, by kind: each cluster is an operation of its own, since a server adds several up. */
export const clusterResources: StateDeclaration<Wanted, ClusterResources> = {
  kind: 'state',
  name: 'subscribeClusterResources',
  documents: [ClusterResourcesDocument],
  readEveryMs: { polling: 1_000, live: 0 },
  since: 'v0.6',
  arguments(given) {
    const { contexts, namespace } = wantNames('arguments', given, ['contexts', 'namespace'])
    if (typeof namespace !== 'string') return refuse('namespace', shown(namespace), 'a text; empty for no namespace')
    return { contexts: contexts === undefined ? null : readIds('contexts', contexts), namespace }
  },
  targets: ({ contexts }, ask) => clusters(contexts, ask),
  variables: ({ namespace }, k8scontextIDs): Wire => ({ k8scontextIDs, namespace }),
  async read({ namespace }, [cluster = ''], ask) {
    const path = `/api/system/meshsync/resources/summary?${new URLSearchParams({ clusterId: cluster, namespace })}`
    const summary = async (): Promise<readonly Wire[]> => {
      const body = await ask.get(path)
      const rows = isRecord(body) && 'kinds' in body ? records(body['kinds']) : undefined
      return rows ?? Promise.reject(notMeshery(path))
    }
    // Where there is no summary, as up to v0.8, a subscription that is POSTed is answered with its first value.
    const first = async (): Promise<readonly Wire[] | undefined> => {
      const data = await ask.query(ClusterResourcesDocument, { k8scontextIDs: [cluster], namespace })
      return rowsOf(isRecord(data) ? data['subscribeClusterResources'] : undefined)
    }
    return { value: counted(await ask.firstSupported('cluster resources', [summary, first]), cluster, namespace) }
  },
  merge: (wire, _, { wanted, ids: [cluster = ''] }) => {
    const rows = rowsOf(wire)
    return rows && counted(rows, cluster, wanted.namespace)
  },
  join: (values) => ({ resources: values.flatMap(({ resources }) => resources) }),
}

const rowsOf = (wire: unknown): readonly Wire[] | undefined => (isRecord(wire) ? records(wire['resources']) : undefined)
