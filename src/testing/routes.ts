import type { IncomingMessage, ServerResponse } from 'node:http'
import { chooseProvider, showPage, showProviders, showToken, showVersion } from './account-routes.ts'
import { deleteEvent, listEvents, listEventTypes, postEvent } from './event-routes.ts'
import { getGraphql, postGraphql, replyErrors } from './graphql-http.ts'
import type { Manners } from './release.ts'
import { reply, replyText } from './reply.ts'
import type { AnswerTarget } from './script.ts'
import { streamEvents } from './sse.ts'
import type { World } from './world.ts'

/** One request, as the routes see it. */
export interface Exchange {
  readonly world: World
  readonly method: string
  readonly url: URL
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Opens the WebSocket that the request asks for; undefined when it asks for none. */
  readonly upgrade: (() => void) | undefined
}

const graphqlPath = '/api/system/graphql/query'
const ssePath = '/api/system/events/subscribe'

/** What a request is after, as far as it can be given a wrong answer. */
export function targetOf({ method, url: { pathname }, upgrade, world }: Exchange): AnswerTarget | undefined {
  if (pathname === graphqlPath) return upgrade ? 'upgrade' : 'graphql'
  if (pathname === ssePath) return 'sse'
  if (pathname === world.manners.storePath && method === 'GET') return 'store'
  if (pathname === '/api/system/version') return 'version'
  return pathname.startsWith('/healthz/') ? 'health' : undefined
}

type OpenRoute = (exchange: Exchange) => void

const openRoutes: ReadonlyMap<string, OpenRoute> = new Map<string, OpenRoute>([
  ['/healthz/live', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/healthz/ready', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/api/system/version', ({ world, response }) => showVersion(world, response)],
  ['/api/providers', ({ world, response }) => showProviders(world, response)],
  ['/api/provider', ({ world, url, response }) => chooseProvider(world, url, response)],
  ['/', ({ response }) => showPage('Meshery', response)],
  ['/provider', ({ response }) => showPage('Choose a provider', response)],
  ['/auth/login', ({ response }) => showPage('Log in', response)],
  ['/user/login', ({ response }) => showPage('Log in', response)],
])

/** Finds what answers a request. Undefined: nothing does. */
export function routeOf(exchange: Exchange): (() => void | Promise<void>) | undefined {
  const open = openRoutes.get(exchange.url.pathname)
  if (open) return () => open(exchange)
  const guarded = guardedRoute(exchange, exchange.world.manners)
  return guarded && (() => guard(exchange, guarded))
}

type GuardedRoute = (token: string) => void | Promise<void>

function guardedRoute(exchange: Exchange, manners: Manners): GuardedRoute | undefined {
  const { world, method, url, request, response } = exchange
  const path = url.pathname
  const modern = manners.storePath === '/api/system/events'
  if (path === graphqlPath) return () => graphql(exchange)
  if (path === '/api/token') return (token) => showToken(world, token, response)
  if (path === ssePath && manners.sse && method === 'GET') return () => streamEvents(world, request.socket, response)
  if (path === `${manners.storePath}/types` && method === 'GET') return () => listEventTypes(world, response)
  if (path === manners.storePath && method === 'GET') return () => listEvents(world, url, response)
  if (path === manners.storePath && method === 'POST' && modern) return () => postEvent(world, request, response)
  const id = /^\/api\/system\/events\/([0-9a-f-]{36})$/.exec(path)?.[1]
  if (id && method === 'DELETE' && manners.tellsRefusals) return () => deleteEvent(world, id, response)
  return undefined
}

/** Lets a request through whose cookies are good, with the fresh token when there is one. */
function guard({ world, url, request, response }: Exchange, route: GuardedRoute): void | Promise<void> {
  const verdict = world.gatekeeper.check(request, url, world.manners, world.script.providerDown)
  if (!verdict.allowed) return reply(response, verdict.status, verdict.headers, verdict.body)
  if (verdict.cookies.length > 0) response.setHeader('set-cookie', verdict.cookies)
  return route(verdict.token)
}

function graphql({ world, method, url, request, response, upgrade }: Exchange): void | Promise<void> {
  if (upgrade && !world.script.blocked.has('websocket')) {
    if (world.manners.websocket) return upgrade()
    return replyErrors(response, 400, [{ message: 'transport not supported' }])
  }
  if (method === 'GET') return getGraphql(world, url, response)
  if (method === 'POST') return postGraphql(world, request, response)
  return replyText(response, 405, 'Method Not Allowed')
}
