import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { reset } from './channels.ts'
import { GraphqlSocket } from './graphql-socket.ts'
import { breakBody, reply, replyText, statusText } from './reply.ts'
import { type Exchange, routeOf, targetOf } from './routes.ts'
import type { AnswerTarget, WrongAnswer, WrongStatus } from './script.ts'
import type { World } from './world.ts'

/** The HTTP server of a world. It listens to nothing itself: its connections are given to it. */
export function createHttp(world: World): Server {
  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 0,
    // The server's own order decides in gqlgen, and the legacy protocol comes first in it.
    handleProtocols: (offered) => ['graphql-ws', 'graphql-transport-ws'].find((name) => offered.has(name)) ?? false,
  })
  server.on('request', (request, response) => serve(world, request, response))
  server.on('upgrade', (request, socket, head) => {
    if (!(socket instanceof Socket)) throw new TypeError('a connection that is no socket')
    // Whatever turns out not to be upgraded is answered on the bare socket, by the code that answers any request.
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    serve(world, request, response, (done) => {
      response.detachSocket(socket)
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        done(101)
        new GraphqlSocket(webSocket, socket, world, world.arrive(new URL(request.url ?? '/', 'http://fake')))
      })
    })
  })
  return server
}

type Upgrade = (done: (status: number) => void) => void

function serve(world: World, request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void {
  const url = new URL(request.url ?? '/', 'http://fake')
  const { method = 'GET', headers } = request
  const done = world.book.request({ method, path: url.pathname, query: url.search.slice(1), headers, at: Date.now() })
  response.once('finish', () => done(response.statusCode))
  response.setHeader('date', new Date(world.clock()).toUTCString())
  if (world.script.compresses && !upgrade) response.setHeader('content-encoding', 'gzip')
  const exchange = { world, method, url, request, response, upgrade: upgrade && (() => upgrade(done)) }
  answer(exchange).catch((error: unknown) => {
    if (response.headersSent) response.destroy()
    else replyText(response, 500, `the fake Meshery failed: ${String(error)}`)
  })
}

function answerWrongly(
  { status, how }: { readonly status: WrongStatus; readonly how: WrongAnswer },
  { socket }: IncomingMessage,
  response: ServerResponse,
): void {
  if (status === 'reset') reset(socket)
  else if (status !== 'silence') reply(response, status, how.headers, how.body ?? `${statusText(status)}\n`)
}

/** What is answered with a body that has an end. */
const reads: ReadonlySet<AnswerTarget> = new Set<AnswerTarget>(['store', 'rest', 'graphql'])

async function answer(exchange: Exchange): Promise<void> {
  const { world, url, request, response } = exchange
  const target = targetOf(exchange)
  if (target === 'upgrade') world.book.dial('websocket', url.pathname, request.headers)
  if (target === 'sse') world.book.dial('sse', url.pathname, request.headers)
  await world.connections.thawed()
  const { pathname } = url
  const wrong = world.script.takeAnswer('everything', pathname) ?? (target && world.script.takeAnswer(target, pathname))
  if (wrong) return answerWrongly(wrong, request, response)
  const { brokenBody } = world.script
  if (brokenBody && target && reads.has(target)) breakBody(response, brokenBody)
  await routeOf(exchange)()
}
