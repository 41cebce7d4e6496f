import type { FieldSource, OperationSink } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import { ChangeSignal } from '../change-signal.ts'
import type { FakeResource, Route } from '../fake-resource.ts'
import { textsOf } from '../listing.ts'

/** The number of resources of one kind in one namespace of one cluster. */
export interface StoredResources {
  /** The UID of the `kube-system` namespace: `kubernetes_server_id` of a context. */
  readonly clusterID: string
  /** An empty text for kinds that belong to no namespace. */
  readonly namespace: string
  readonly kind: string
  readonly count: number
  /** The model that the kind belongs to. Null: no model knows it, and REST leaves the row out. */
  readonly model: string | null
}

/**
 * The resources of the fake's clusters, counted as MeshSync counts them. Every change makes every `subscribeClusterResources` send
 * its whole selection, whatever has changed.
 *
 * ```ts
 * const { kubernetes_server_id } = fake.contexts.add()
 * fake.resources.set(kubernetes_server_id, 'default', 'Pod', 12)
 * ```
 */
export interface FakeResources {
  /**
   * Sets a number; 0 removes the row. An empty namespace is for kinds that belong to none. `model` is `kubernetes` unless given.
   * The fake counts the kind `Namespace` by itself in a cluster where you set none.
   */
  set(clusterID: string, namespace: string, kind: string, count: number, model?: string | null): void
  /** Removes the rows of a cluster, or all rows. */
  clear(clusterID?: string): void
  /** Sends unchanged values to every subscription, this many times: MeshSync signals every write. Default once. */
  flood(times?: number): void
  /** All, in the order of their first `set`; the namespaces that the fake counts are last. */
  readonly rows: readonly StoredResources[]
}

/** Stores the `FakeResources` and serves them. */
export class ClusterResources implements FakeResources, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #rows = new Map<string, StoredResources>()
  readonly #changed = new ChangeSignal()
  readonly routes: readonly Route[]
  readonly sources: Readonly<Record<string, FieldSource>> = {
    subscribeClusterResources: (args, sink) => {
      // Without ids Meshery only logs an error: the operation stays open and silent.
      if (textsOf(args['k8scontextIDs']).length === 0) return () => {}
      this.#send(args, sink)
      return this.#changed.listen(() => this.#send(args, sink))
    },
    getClusterResources: (args, sink) => {
      if (textsOf(args['k8scontextIDs']).length === 0) sink.fail(new Error('no Kubernetes cluster was asked for'))
      else this.#send(args, sink)
      return () => {}
    },
  }

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    this.routes = [
      {
        path: '/api/system/meshsync/resources/summary',
        on: ({ hasResourceSummary }) => hasResourceSummary,
        answer: ({ query }) => this.#summary(query),
      },
    ]
  }

  get rows(): readonly StoredResources[] {
    const rows = [...this.#rows.values()]
    return [...rows, ...namespaceRows(rows)]
  }

  set(...[clusterID, namespace, kind, count, model = 'kubernetes']: Parameters<FakeResources['set']>): void {
    const key = JSON.stringify([clusterID, namespace, kind, model])
    if (count === 0) this.#rows.delete(key)
    else this.#rows.set(key, { clusterID, namespace, kind, count, model })
    this.#changed.send()
  }

  clear(clusterID?: string): void {
    for (const [key, row] of this.#rows) if ((clusterID ?? row.clusterID) === row.clusterID) this.#rows.delete(key)
    this.#changed.send()
  }

  flood(times = 1): void {
    for (let sent = 0; sent < times; sent++) this.#changed.send()
  }

  #send({ k8scontextIDs, namespace }: Readonly<Record<string, unknown>>, sink: OperationSink): void {
    const ids = textsOf(k8scontextIDs)
    const all = this.#environment.releaseProfile.release === 'v0.6' && ids.includes('all')
    const rows = this.rows.filter((row) => (all || ids.includes(row.clusterID)) && row.namespace === String(namespace))
    const resources = grouped(rows, ({ kind }) => kind).map(([first, count]) => ({ kind: first.kind, count }))
    sink.next({ resources })
  }

  #summary(query: URLSearchParams): RouteAnswer {
    const { releaseProfile } = this.#environment
    const clusters = query.getAll('clusterId')
    if (clusters.length === 0) return refuse(releaseProfile, 400, 'clusterId is required')
    const inClusters = this.rows.filter((row) => clusters.includes(row.clusterID))
    const namespacesAsked = query.getAll('namespace')
    const rows = inClusters.filter((row) => namespacesAsked.length === 0 || namespacesAsked.includes(row.namespace))
    const modelled = rows.filter((row) => row.model !== null)
    const kinds = grouped(modelled, ({ kind, model }) => `${kind} ${model}`).map(([{ kind, model }, count]) =>
      // The struct had no JSON tags until late v1.0.
      releaseProfile.websocket ? { Kind: kind, Model: model, Count: count } : { kind, model, count },
    )
    const namespaces = [...new Set(inClusters.map((row) => row.namespace))].filter((name) => name !== '').toSorted()
    return { json: { kinds: orNull(kinds), namespaces: orNull(namespaces), labels: null } }
  }
}

/** Go writes a list that was never filled as `null`. */
const orNull = <Item>(items: readonly Item[]): readonly Item[] | null => (items.length === 0 ? null : items)

/** Rows of one key as the first of them and the sum of all, in the order of the keys. */
function grouped(
  rows: readonly StoredResources[],
  keyOf: (row: StoredResources) => string,
): readonly (readonly [first: StoredResources, count: number])[] {
  const groups = new Map<string, readonly [StoredResources, number]>()
  for (const row of rows) {
    const [first, count] = groups.get(keyOf(row)) ?? [row, 0]
    groups.set(keyOf(row), [first, count + row.count])
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
}

/** The numbers of namespaces in clusters where no row sets one. */
function namespaceRows(rows: readonly StoredResources[]): readonly StoredResources[] {
  const clusters = new Map<string, Set<string>>()
  for (const { clusterID, namespace } of rows) {
    if (namespace === '') continue
    clusters.set(clusterID, (clusters.get(clusterID) ?? new Set()).add(namespace))
  }
  const counted = new Set(rows.filter(({ kind }) => kind === 'Namespace').map(({ clusterID }) => clusterID))
  return [...clusters]
    .filter(([clusterID]) => !counted.has(clusterID))
    .map(([clusterID, { size: count }]) => ({
      clusterID,
      namespace: '',
      kind: 'Namespace',
      count,
      model: 'kubernetes',
    }))
}
