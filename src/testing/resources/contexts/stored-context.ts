import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { camel, withReleaseKeys } from '../listing.ts'

/** A Kubernetes context of the fake, in the canonical naming, whatever the release calls its fields on the wire. */
export interface StoredContext {
  /** An md5 sum as 32 hex digits, which is no UUID. */
  readonly id: string
  /** A UUID: what controllers are known by. v0.6 does not tell it; empty: none does. */
  readonly connection_id: string
  /** The UID of the cluster's `kube-system` namespace: what resources are known by. */
  readonly kubernetes_server_id: string
  readonly name: string
  /** The address of the cluster's API server. */
  readonly server: string
  readonly owner: string
  readonly created_by: string
  /** The same for every context of one fake. */
  readonly meshery_instance_id: string
  readonly deployment_type: string
  /** That of Kubernetes. */
  readonly version: string
  /** RFC 3339 text by the fake's clock. */
  readonly created_at: string
  readonly updated_at: string
  /** Whether Meshery reaches the cluster. Only `current` tells it. */
  readonly reachable: boolean
}

/** What can be said of a context that is added; everything left out is filled in. */
export type NewContext = Partial<StoredContext>

/** Whether a context has this id as any of its three. */
export const goesBy = ({ id, connection_id, kubernetes_server_id }: StoredContext, wanted: string): boolean =>
  [id, connection_id, kubernetes_server_id].includes(wanted)

/** What every release may tell whoever lists contexts: old ones do, and the contract of new ones has the fields. */
const secrets = {
  auth: { user: { token: 'a secret of the cluster' } },
  cluster: { cluster: { 'certificate-authority-data': 'a secret of the cluster' } },
}

/** A context as REST spells it; what is empty is left out. */
export function restContext(
  { reachable, connection_id, ...row }: StoredContext,
  releaseProfile: ReleaseProfile,
): Record<string, unknown> {
  const { websocket, release } = releaseProfile
  const told = {
    ...row,
    ...secrets,
    ...(release === 'v0.6' ? {} : { connection_id }),
    ...(websocket ? {} : { reachable }),
  }
  const full = Object.entries(told).filter(([, value]) => value !== '')
  return withReleaseKeys(Object.fromEntries(full), releaseProfile)
}

/** A context under the names of every schema: the selection takes what its own has. */
export const graphqlContext = (row: StoredContext): Record<string, unknown> => ({
  ...row,
  ...secrets,
  ...Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value])),
})
