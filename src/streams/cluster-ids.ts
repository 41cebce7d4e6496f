import { contextList, type K8sContext } from './k8s-contexts.ts'
import { readPage } from './pages.ts'
import type { Ask, Targets } from './state-stream.ts'

/** Every Kubernetes context that the server knows: the one list that has all three ids of a cluster. */
async function contexts(ask: Ask): Promise<readonly K8sContext[]> {
  const wanted = { page: 0, pageSize: 0, all: true, search: '', order: 'created_at asc' }
  return (await readPage(ask, contextList, wanted)).items
}

/** The connections that controllers are known by; on releases whose contexts have no connection, the contexts. */
export async function connections(given: readonly string[] | null, ask: Ask): Promise<Targets> {
  const known = (await contexts(ask)).map((context) => context.connection_id ?? context.id)
  const ids = pick(given, known)
  // Asked for no ids, a server tells nothing, and never will.
  return { ids: ids.length > 0 ? [ids] : [], unknown: given?.filter((id) => !known.includes(id)) ?? [] }
}

/** The clusters that resources are known by, each followed for itself: given by any of their three ids. */
export async function clusters(given: readonly string[] | null, ask: Ask): Promise<Targets> {
  // Without the id of its cluster nothing is known of a context yet.
  const known = (await contexts(ask)).flatMap(({ id, connection_id, kubernetes_server_id: cluster }) =>
    cluster === null ? [] : { cluster, names: [id, connection_id, cluster] },
  )
  const wanted = known.filter(({ names }) => !given || names.some((name) => name !== null && given.includes(name)))
  const ids = pick(
    null,
    wanted.map(({ cluster }) => cluster),
  )
  const unknown = given?.filter((id) => !wanted.some(({ names }) => names.includes(id))) ?? []
  return { ids: ids.map((id) => [id]), unknown }
}

/** In an order that does not change, each once. Ids that are not known are asked for all the same: they may come. */
const pick = (given: readonly string[] | null, known: readonly (string | null)[]): readonly string[] =>
  [...new Set(given ?? known)].filter((id) => id !== null).sort()
