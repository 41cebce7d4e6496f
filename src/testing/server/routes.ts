import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AnswerTarget } from '../faults/active-faults.ts'
import { getGraphql, postGraphql, replyErrors } from '../graphql/http-transport.ts'
import { reply, replyAnswer, replyText } from '../network/http-reply.ts'
import { openStream } from '../network/sse-stream.ts'
import { listEvents, listEventTypes, postEvent } from '../resources/events/event-routes.ts'
import { eventsPath, findWrite, lastSegment, logLevelRoute } from '../resources/events/event-write-routes.ts'
import { builtEvent, restEvent } from '../resources/events/stored-event.ts'
import { findRoute, type Route, type StreamRoute } from '../resources/fake-resource.ts'
import { chooseProvider, showPage, showProviders, showToken, showVersion } from './account-routes.ts'
import type { FakeState } from './fake-state.ts'

/** One request and its response, as the routes receive them. */
export interface Exchange {
  readonly fake: FakeState
  readonly method: string
  readonly url: URL
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Opens the WebSocket that the request asks for. Undefined: it asks for none. */
  readonly upgrade: (() => void) | undefined
}

const graphqlPath = '/api/system/graphql/query'
const ssePath = '/api/system/events/subscribe'

/** The kind of a request, for the faults that give wrong answers. Undefined: it has none. */
export function targetOf(exchange: Exchange): AnswerTarget | undefined {
  const { method, upgrade, fake } = exchange
  const { pathname } = exchange.url
  if (pathname === graphqlPath) return upgrade ? 'upgrade' : 'graphql'
  if (pathname === ssePath) return 'sse'
  if (pathname === fake.releaseProfile.storePath && method === 'GET') return 'store'
  if (findWrite({ fake, method, path: pathname })) return 'write'
  if (pathname === '/api/system/version') return 'version'
  if (pathname.startsWith('/healthz/')) return 'health'
  if (resourceStream(exchange)) return 'sse'
  return resourceRoute(exchange) ? 'rest' : undefined
}

type OpenRoute = (exchange: Exchange) => void

const openRoutes: ReadonlyMap<string, OpenRoute> = new Map<string, OpenRoute>([
  ['/healthz/live', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/healthz/ready', ({ response }) => reply(response, 200, {}, 'ok')],
  ['/api/system/version', ({ fake, response }) => showVersion(fake, response)],
  ['/api/providers', ({ fake, response }) => showProviders(fake, response)],
  ['/api/provider', ({ fake, url, response }) => chooseProvider(fake, url, response)],
  ['/provider', ({ response }) => showPage('Choose a provider', response)],
  ['/auth/login', ({ response }) => showPage('Log in', response)],
  ['/user/login', ({ response }) => showPage('Log in', response)],
])

/** Finds what answers a request. An unknown path needs credentials too: without them the answer is a redirect, not 404. */
export function routeOf(exchange: Exchange): () => void | Promise<void> {
  const notFound = (): void => replyText(exchange.response, 404, '404 page not found')
  // Releases before v0.8 have no health probes.
  if (targetOf(exchange) === 'health' && !exchange.fake.releaseProfile.healthz) return () => guard(exchange, notFound)
  const open = openRoutes.get(exchange.url.pathname)
  if (open) return () => open(exchange)
  const route = resourceRoute(exchange)
  if (route) return route.open ? route.run : () => guard(exchange, route.run)
  const guarded = resourceStream(exchange) ?? guardedRoute(exchange) ?? notFound
  return () => guard(exchange, guarded)
}

/** The REST read of a resource that answers a request. */
function resourceRoute({ fake, method, url, response }: Exchange): { open: boolean; run: () => void } | undefined {
  if (method !== 'GET') return undefined
  const routes = fake.resources.flatMap((resource): readonly Route[] => resource.routes ?? [])
  const found = findRoute(routes, url.pathname, fake.releaseProfile)
  if (!found) return undefined
  const { route, groups } = found
  const run = (): void => {
    const answer = route.answer({ url, query: url.searchParams, groups })
    const write = (): void => fake.tcpConnections.whenThawed(() => replyAnswer(response, answer))
    const { restDelayMs } = fake.activeFaults.values
    if (restDelayMs === 0) write()
    else fake.timers.after(restDelayMs, write)
  }
  return { open: route.open === true, run }
}

/** The SSE stream of a resource that answers a request. */
function resourceStream({ fake, method, url, request, response }: Exchange): (() => void) | undefined {
  if (method !== 'GET') return undefined
  const streams = fake.resources.flatMap((resource): readonly StreamRoute[] => resource.streams ?? [])
  const found = findRoute(streams, url.pathname, fake.releaseProfile)
  if (!found) return undefined
  const { route, groups } = found
  const routeRequest = { url, query: url.searchParams, groups }
  return () => openStream(fake, request.socket, response, (send) => route.begin(routeRequest, send))
}

type GuardedRoute = (token: string) => void | Promise<void>

/** What answers a request with good credentials. */
function guardedRoute(exchange: Exchange): GuardedRoute | undefined {
  const { fake, url, response } = exchange
  if (url.pathname === graphqlPath) return () => graphql(exchange)
  if (url.pathname === '/') return () => showPage('Meshery', response)
  if (url.pathname === '/api/token') return (token) => showToken(fake, token, response)
  return eventRoute(exchange)
}

/** The route of events that answers a request. */
function eventRoute(exchange: Exchange): GuardedRoute | undefined {
  const { fake, method, url, request, response } = exchange
  const { storePath, sse } = fake.releaseProfile
  const call = `${method} ${url.pathname}`
  if (call === `GET ${ssePath}` && sse) return () => streamEvents(exchange)
  if (call === `GET ${eventsPath(fake.releaseProfile)}/types`) return () => listEventTypes(fake, response)
  if (call === `GET ${eventsPath(fake.releaseProfile)}/config`) return logLevelRoute(fake, response)
  if (call === `GET ${storePath}`) return () => listEvents(fake, url.searchParams, response)
  const hasPost = storePath === '/api/system/events'
  if (call === `POST ${storePath}` && hasPost) return () => postEvent(fake, request, response)
  const { pathname: path } = url
  const write = findWrite({ fake, method, path })
  return write && (() => write({ fake, method, path, request, response }, lastSegment(path)))
}

/** Every push of the user's events, from the headers on. */
function streamEvents({ fake, request, response }: Exchange): void {
  openStream(fake, request.socket, response, (send) =>
    fake.events.listen((event) => {
      const { releaseProfile } = fake
      send(restEvent(builtEvent(event, releaseProfile), releaseProfile))
    }),
  )
}

/** Runs a route if the credentials are good, and sets the fresh token if there is one. */
function guard({ fake, url, request, response }: Exchange, route: GuardedRoute): void | Promise<void> {
  const { identityProvider, releaseProfile, activeFaults } = fake
  const decision = identityProvider.check({ request, url, releaseProfile, isDown: activeFaults.values.providerDown })
  if (!decision.allowed) return reply(response, decision.status, decision.headers, decision.body)
  if (decision.cookies.length > 0) response.setHeader('set-cookie', decision.cookies)
  return route(decision.token)
}

function graphql({ fake, method, url, request, response, upgrade }: Exchange): void | Promise<void> {
  if (upgrade && !fake.activeFaults.blocked.has('websocket')) {
    if (fake.releaseProfile.websocket) return upgrade()
    return replyErrors(response, 400, [{ message: 'transport not supported' }])
  }
  if (method === 'GET') return getGraphql(fake, url, response)
  if (method === 'POST') return postGraphql(fake, url, { request, response })
  return replyText(response, 405, 'Method Not Allowed')
}
