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
  const all = await contexts(ask)
  const wanted = all.filter(
    ({ id, connection_id, kubernetes_server_id }) =>
      !given || [id, connection_id, kubernetes_server_id].some((one) => one !== null && given.includes(one)),
  )
  const named = wanted.flatMap(({ id, connection_id, kubernetes_server_id }) => [
    id,
    connection_id,
    kubernetes_server_id,
  ])
  return {
    ids: pick(
      null,
      wanted.map(({ kubernetes_server_id }) => kubernetes_server_id),
    ).map((id) => [id]),
    unknown: given?.filter((id) => !named.includes(id)) ?? [],
  }
}

/** In an order that does not change, each once. Ids that are not known are asked for all the same: they may come. */
const pick = (given: readonly string[] | null, known: readonly (string | null)[]): readonly string[] =>
  [...new Set(given ?? known)].filter((id) => id !== null).sort()
