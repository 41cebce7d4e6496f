import type { IncomingMessage, ServerResponse } from 'node:http'
import { chooseProvider, showPage, showProviders, showToken, showVersion } from './account-routes.ts'
import { deleteEvent, listEvents, listEventTypes, postEvent } from './event-routes.ts'
import { getGraphql, postGraphql, replyErrors } from './graphql-http.ts'
import { find, type Route, type StreamRoute } from './part.ts'
import type { Manners } from './release.ts'
import { reply, replyAnswer, replyText } from './reply.ts'
import type { AnswerTarget } from './script.ts'
import { openStream } from './sse.ts'
import { builtEvent, restEvent } from './stored-event.ts'
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
export function targetOf(exchange: Exchange): AnswerTarget | undefined {
  const { method, upgrade, world } = exchange
  const { pathname } = exchange.url
  if (pathname === graphqlPath) return upgrade ? 'upgrade' : 'graphql'
  if (pathname === ssePath) return 'sse'
  if (pathname === world.manners.storePath && method === 'GET') return 'store'
  if (pathname === '/api/system/version') return 'version'
  if (pathname.startsWith('/healthz/')) return 'health'
  if (partStream(exchange)) return 'sse'
  return partRoute(exchange) ? 'rest' : undefined
}

type OpenRoute = (exchange: Exchange) => void

const openRoutes: ReadonlyMap<string, OpenRoute> = new Map<string, OpenRoute>([
  ['/healthz/live', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/healthz/ready', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/api/system/version', ({ world, response }) => showVersion(world, response)],
  ['/api/providers', ({ world, response }) => showProviders(world, response)],
  ['/api/provider', ({ world, url, response }) => chooseProvider(world, url, response)],
  ['/provider', ({ response }) => showPage('Choose a provider', response)],
  ['/auth/login', ({ response }) => showPage('Log in', response)],
  ['/user/login', ({ response }) => showPage('Log in', response)],
])

/** Finds what answers a request. What is nowhere is behind the login as well: only who gets in is told that it is not there. */
export function routeOf(exchange: Exchange): () => void | Promise<void> {
  const open = openRoutes.get(exchange.url.pathname)
  // There are no probes before v0.8: whoever is let in finds nothing.
  if (targetOf(exchange) === 'health' && !exchange.world.manners.healthz)
    return () => guard(exchange, () => replyText(exchange.response, 404, '404 page not found'))
  if (open) return () => open(exchange)
  const part = partRoute(exchange)
  if (part) return part.open ? part.run : () => guard(exchange, part.run)
  const guarded = partStream(exchange) ?? guardedRoute(exchange, exchange.world.manners)
  return () => guard(exchange, guarded ?? (() => replyText(exchange.response, 404, '404 page not found')))
}

/** The REST read of a part that a request means. */
function partRoute({ world, method, url, response }: Exchange): { open: boolean; run: () => void } | undefined {
  if (method !== 'GET') return undefined
  const routes = world.parts.flatMap((part): readonly Route[] => part.routes ?? [])
  const found = find(routes, url.pathname, world.manners)
  if (!found) return undefined
  const { place, groups } = found
  const run = (): void => {
    const answer = place.answer({ url, query: url.searchParams, groups })
    const write = (): void => world.connections.whenThawed(() => replyAnswer(response, answer))
    if (world.script.restDelay === 0) write()
    else world.timers.after(world.script.restDelay, write)
  }
  return { open: place.open === true, run }
}

/** The SSE stream of a part that a request means. */
function partStream({ world, method, url, request, response }: Exchange): (() => void) | undefined {
  if (method !== 'GET') return undefined
  const streams = world.parts.flatMap((part): readonly StreamRoute[] => part.streams ?? [])
  const found = find(streams, url.pathname, world.manners)
  if (!found) return undefined
  const ask = { url, query: url.searchParams, groups: found.groups }
  return () => openStream(world, request.socket, response, (send) => found.place.begin(ask, send))
}

type GuardedRoute = (token: string) => void | Promise<void>

function guardedRoute(exchange: Exchange, manners: Manners): GuardedRoute | undefined {
  const { world, method, url, request, response } = exchange
  const path = url.pathname
  const modern = manners.storePath === '/api/system/events'
  if (path === graphqlPath) return () => graphql(exchange)
  if (path === '/') return () => showPage('Meshery', response)
  if (path === '/api/token') return (token) => showToken(world, token, response)
  if (path === ssePath && manners.sse && method === 'GET') return () => streamEvents(exchange)
  if (path === `${manners.storePath}/types` && method === 'GET') return () => listEventTypes(world, response)
  if (path === manners.storePath && method === 'GET') return () => listEvents(world, url, response)
  if (path === manners.storePath && method === 'POST' && modern) return () => postEvent(world, request, response)
  const id = /^\/api\/system\/events\/([0-9a-f-]{36})$/.exec(path)?.[1]
  if (id && method === 'DELETE' && manners.tellsRefusals) return () => deleteEvent(world, id, response)
  return undefined
}

/** Every push of the user's events from the headers on. */
function streamEvents({ world, request, response }: Exchange): void {
  openStream(world, request.socket, response, (send) =>
    world.events.listen((event) => {
      const { manners } = world
      send(restEvent(builtEvent(event, manners), manners))
    }),
  )
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
  if (method === 'POST') return postGraphql(world, url, request, response)
  return replyText(response, 405, 'Method Not Allowed')
}
