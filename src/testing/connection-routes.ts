import { nilUUID } from './go.ts'
import { includes, inOrder, pageOf, rowsOf, spelt, windowOf } from './listing.ts'
import { type Answer, type Route, refuse, type Surroundings } from './part.ts'
import type { Manners } from './release.ts'
import { fromJSON } from './reply.ts'
import type { StoredContext } from './stored-context.ts'

const columns = ['created_at', 'updated_at', 'name'] as const

/** GET of the connections, of which the fake has those to Kubernetes: one a context, all three ids in it. */
export const connectionRoutes = (around: Surroundings, contexts: () => readonly StoredContext[]): readonly Route[] => [
  {
    path: '/api/integrations/connections',
    on: ({ release }) => release !== 'v0.6',
    answer: ({ query }) => listConnections(query, contexts(), around.manners),
  },
]

function listConnections(query: URLSearchParams, contexts: readonly StoredContext[], manners: Manners): Answer {
  const window = windowOf(query.get('page'), query.get('pagesize'))
  if (!window) return refuse(manners, 500, 'page and pagesize must be whole numbers')
  const wanted = (key: string, value: string): boolean => {
    const values = query.getAll(key).flatMap(textsIn)
    return values.length === 0 || values.includes(value)
  }
  const found = contexts.filter(
    (context) =>
      wanted('kind', 'kubernetes') &&
      wanted('status', statusOf(context)) &&
      includes(context.name, query.get('search')),
  )
  const rows = rowsOf(inOrder(found, query.get('order'), columns, manners), window)
  const items = rows.map((context) => restConnection(context, manners))
  return { json: pageOf('connections', items, found.length, window, manners) }
}

const statusOf = ({ reachable }: StoredContext): string => (reachable ? 'connected' : 'disconnected')

/** A filter is a text or a JSON array of texts. */
function textsIn(text: string): readonly string[] {
  const list = fromJSON(text)
  return Array.isArray(list) ? list.map(String) : text === '' ? [] : [text]
}

function restConnection(context: StoredContext, manners: Manners): Record<string, unknown> {
  const { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version } = context
  const metadata = { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version }
  const connection = {
    id: context.connection_id,
    name,
    credential_id: nilUUID,
    type: 'platform',
    sub_type: 'orchestrator',
    kind: 'kubernetes',
    // The keys inside became camelCase after those around them.
    metadata: manners.websocket ? metadata : spelt(metadata, manners),
    status: statusOf(context),
    created_at: context.created_at,
    updated_at: context.updated_at,
  }
  return { ...spelt(connection, manners), [manners.userKey]: context.owner }
}
