import type { ClusterResource } from '../../src/browser.ts'
import type { RecentChange } from '../page/recent-changes.ts'

/** A kind of resource in one cluster. */
export interface ResourceRow {
  readonly key: string
  readonly cluster: string
  readonly kind: string
  readonly count: number
  readonly change: ResourceChange | undefined
}

/** How a count changed. */
export interface ResourceChange {
  readonly difference: number
  /** Milliseconds since 1970. */
  readonly atMs: number
}

/** The key of a kind in a cluster. */
export const resourceKey = ({ kubernetes_server_id, kind }: ClusterResource): string =>
  `${kubernetes_server_id} ${kind}`

/** The rows: what changed last first, then by kind. */
export function resourceRows(
  resources: readonly ClusterResource[],
  changes: ReadonlyMap<string, RecentChange<number>>,
  clusterNames: ReadonlyMap<string, string>,
): readonly ResourceRow[] {
  const rows = resources.map((resource) => {
    const key = resourceKey(resource)
    const change = changes.get(key)
    return {
      key,
      cluster: clusterNames.get(resource.kubernetes_server_id) ?? resource.kubernetes_server_id,
      kind: resource.kind,
      count: resource.count,
      change: change && { difference: resource.count - (change.before ?? 0), atMs: change.atMs },
    }
  })
  return rows.sort((a, b) => (b.change?.atMs ?? 0) - (a.change?.atMs ?? 0) || a.kind.localeCompare(b.kind))
}
