/**
 * How a request is passed on: `read` with an answer that ends, `stream` with SSE, `query` with a GraphQL query in its body, `socket` as
 * a WebSocket.
 */
export type ApiRequestKind = 'read' | 'stream' | 'query' | 'socket'

interface ApiRoute {
  readonly method: 'GET' | 'POST'
  readonly path: RegExp
  readonly kind: ApiRequestKind
}

const get = (path: string, kind: ApiRequestKind = 'read'): ApiRoute => ({
  method: 'GET',
  path: new RegExp(`^${path}$`),
  kind,
})

/** An id: no dot, so that no path leads upwards. */
const id = '[\\w-]{1,128}'

/** The path of GraphQL. */
export const graphqlPath = '/api/system/graphql/query'

/** What the client and the page ask of Meshery, on every release. Nothing else is passed on. */
const routes: readonly ApiRoute[] = [
  get('/api/system/version'),
  get('/api/system/events'),
  get('/api/v2/events'),
  get('/api/system/events/types'),
  get('/api/system/events/subscribe', 'stream'),
  get('/api/system/kubernetes/contexts'),
  get('/api/system/controllers/(operator|meshsync|broker)/status'),
  get('/api/system/controllers/status/subscribe', 'stream'),
  get('/api/system/meshsync/resources/summary'),
  get(`/api/(user/)?performance/profiles(/${id}/results)?`),
  get('/api/(pattern|filter|application)'),
  get('/api/(registry|meshmodels)/(models|components|relationships)'),
  get(graphqlPath, 'socket'),
  { method: 'POST', path: new RegExp(`^${graphqlPath}$`), kind: 'query' },
]

/** Whether the path is one that Meshery answers, not the dashboard. */
export const isApiPath = (path: string): boolean => path.startsWith('/api/')

/**
 * How a request is passed on; undefined if it is not.
 * @param path Without its query.
 * @param upgrades Whether it asks for another protocol.
 */
export const apiRequestKind = (method: string, path: string, upgrades: boolean): ApiRequestKind | undefined =>
  routes.find((route) => route.method === method && route.path.test(path) && (route.kind === 'socket') === upgrades)
    ?.kind
