import { contextList, type K8sContext } from './k8s-contexts.ts'
import { resolveNames } from './names.ts'
import { everything } from './page-selector.ts'
import type { StateRequests, Targets } from './state-declaration.ts'
import { readPage } from './walk-pages.ts'

/** What the controllers of a cluster are known by. */
export interface ControlledCluster {
  /** The id of the connection; that of the context where it has no connection. */
  readonly connectionID: string
  /** The id of the Kubernetes context, which servers up to February 2024 push. Empty while the server knows no such cluster. */
  readonly contextID: string
}

/** Every Kubernetes context that the server knows: the one list that has all three ids of a cluster. */
async function contexts(ask: StateRequests): Promise<readonly K8sContext[]> {
  return (await readPage(ask, contextList, everything)).items
}

const what = 'Kubernetes contexts'

/** A UUID, or the 32 hex digits of a context. */
const isId = (text: string): boolean => /^[\da-f-]{32,36}$/i.test(text)

/** The clusters whose controllers are followed, in one operation: given by connection, by context or by the context's name. */
export async function connections(
  given: readonly string[] | null,
  ask: StateRequests,
): Promise<Targets<ControlledCluster>> {
  const known = (await contexts(ask)).flatMap(({ id, connection_id, name }) => {
    const connectionID = connection_id ?? id
    return connectionID === null ? [] : { to: { connectionID, contextID: id ?? '' }, ids: [connectionID, id], name }
  })
  const { found, unknown } = resolveNames(
    { option: 'connectionIDs', what },
    given,
    known,
    ({ connectionID }) => connectionID,
  )
  // They may appear later.
  const later = unknown.filter(isId).map((id) => ({ connectionID: id, contextID: '' }))
  const ids = [...found, ...later].sort((a, b) => (a.connectionID < b.connectionID ? -1 : 1))
  // A server that is asked for no ids never pushes anything.
  return { ids: ids.length > 0 ? [ids] : [], unknown }
}

/** The clusters that resources are known by, each followed for itself: given by any of their three ids, or by name. */
export async function clusters(given: readonly string[] | null, ask: StateRequests): Promise<Targets> {
  // Without the id of its cluster nothing is known of a context yet.
  const known = (await contexts(ask)).flatMap(({ id, connection_id, kubernetes_server_id: to, name }) =>
    to === null ? [] : { to, ids: [id, connection_id, to], name },
  )
  const { found, unknown } = resolveNames({ option: 'contexts', what }, given, known, (cluster) => cluster)
  return { ids: [...found].sort().map((id) => [id]), unknown }
}
