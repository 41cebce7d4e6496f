import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { camel, withReleaseKeys } from '../listing.ts'

/** A Kubernetes context of the fake under its canonical names, whatever the release calls its fields on the wire. */
export interface StoredContext {
  /** An md5 sum as 32 hex digits, which is no UUID. */
  readonly id: string
  /** A UUID, which identifies controllers. v0.6 does not report it. Empty: no release does. */
  readonly connection_id: string
  /** The UID of the cluster's `kube-system` namespace, which identifies resources. */
  readonly kubernetes_server_id: string
  readonly name: string
  /** The address of the cluster's API server. */
  readonly server: string
  readonly owner: string
  readonly created_by: string
  /** The same for every context of one fake. */
  readonly meshery_instance_id: string
  readonly deployment_type: string
  /** The version of Kubernetes. */
  readonly version: string
  /** RFC 3339 text by the fake's clock. */
  readonly created_at: string
  readonly updated_at: string
  /** Whether Meshery reaches the cluster. Only `current` reports it. */
  readonly reachable: boolean
}

/** A context to add, or the changes to one. Left out, a field gets a default value or stays as it is. */
export type NewContext = Partial<StoredContext>

/** Whether one of the three ids of a context is this one. */
export const hasID = (context: StoredContext, id: string): boolean =>
  [context.id, context.connection_id, context.kubernetes_server_id].includes(id)

/** What a list of contexts may contain in every release: old ones send it, and the contract of new ones has the fields. */
const secrets = {
  auth: { user: { token: 'a secret of the cluster' } },
  cluster: { cluster: { 'certificate-authority-data': 'a secret of the cluster' } },
}

/** A context under its names in REST. Empty fields are left out. */
export function restContext(
  { reachable, connection_id, ...row }: StoredContext,
  releaseProfile: ReleaseProfile,
): Record<string, unknown> {
  const { websocket, release } = releaseProfile
  const fields = {
    ...row,
    ...secrets,
    ...(release === 'v0.6' ? {} : { connection_id }),
    ...(websocket ? {} : { reachable }),
  }
  const full = Object.entries(fields).filter(([, value]) => value !== '')
  return withReleaseKeys(Object.fromEntries(full), releaseProfile)
}

/** A context under the names of all schemas. The schema of the release decides which of them a client can select. */
export const graphqlContext = (row: StoredContext): Record<string, unknown> => ({
  ...row,
  ...secrets,
  ...Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value])),
})
