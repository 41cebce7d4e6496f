import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import { parseJSON } from '../../wire/json.ts'
import type { Route } from '../fake-resource.ts'
import { includes, listingPage, parseWindow, rowsInWindow, sortRows, withReleaseKeys } from '../listing.ts'
import type { StoredContext } from './stored-context.ts'

const columns = ['created_at', 'updated_at', 'name'] as const

/** GET of the connections. The fake has those to Kubernetes: one for each context, with all three of its ids. */
export const connectionRoutes = (
  environment: FakeEnvironment,
  contexts: () => readonly StoredContext[],
): readonly Route[] => [
  {
    path: '/api/integrations/connections',
    on: ({ release }) => release !== 'v0.6',
    answer: ({ query }) => listConnections(query, contexts(), environment.releaseProfile),
  },
]

function listConnections(
  query: URLSearchParams,
  contexts: readonly StoredContext[],
  releaseProfile: ReleaseProfile,
): RouteAnswer {
  const window = parseWindow(query.get('page'), query.get('pagesize'))
  if (!window) return refuse(releaseProfile, 500, 'page and pagesize must be whole numbers')
  const matches = (key: string, value: string): boolean => {
    const values = query.getAll(key).flatMap(textsIn)
    return values.length === 0 || values.includes(value)
  }
  const found = contexts.filter(
    (context) =>
      matches('kind', 'kubernetes') &&
      matches('status', statusOf(context)) &&
      includes(context.name, query.get('search')),
  )
  const rows = rowsInWindow(sortRows(found, query.get('order'), columns, releaseProfile), window)
  const items = rows.map((context) => restConnection(context, releaseProfile))
  return { json: listingPage({ name: 'connections', items, total: found.length, window }, releaseProfile) }
}

const statusOf = ({ reachable }: StoredContext): string => (reachable ? 'connected' : 'disconnected')

/** A filter is a text or a JSON array of texts. */
function textsIn(text: string): readonly string[] {
  const list = parseJSON(text)
  if (Array.isArray(list)) return list.map(String)
  return text === '' ? [] : [text]
}

function restConnection(context: StoredContext, releaseProfile: ReleaseProfile): Record<string, unknown> {
  const { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version } = context
  const metadata = { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version }
  const connection = {
    id: context.connection_id,
    name,
    credential_id: nilUUID,
    type: 'platform',
    sub_type: 'orchestrator',
    kind: 'kubernetes',
    // The inner keys became camelCase later than the outer ones.
    metadata: releaseProfile.websocket ? metadata : withReleaseKeys(metadata, releaseProfile),
    status: statusOf(context),
    created_at: context.created_at,
    updated_at: context.updated_at,
  }
  return { ...withReleaseKeys(connection, releaseProfile), [releaseProfile.userKey]: context.owner }
}
