import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import type { AnswerTarget, WrongAnswer, WrongStatus } from '../faults/active-faults.ts'
import { GraphqlSocket } from '../graphql/websocket-transport.ts'
import { breakBody, reply, replyText, statusText } from '../network/http-reply.ts'
import { resetSocket } from '../network/live-channels.ts'
import type { FakeState } from './fake-state.ts'
import { type Exchange, routeOf, targetOf } from './routes.ts'

/** The HTTP server of a fake. It listens to no port: `TcpConnections` hands its connections over. */
export function createHttpServer(fake: FakeState): Server {
  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: 0,
    // gqlgen decides by its own order, in which the legacy protocol is first.
    handleProtocols: (offered) => ['graphql-ws', 'graphql-transport-ws'].find((name) => offered.has(name)) ?? false,
  })
  server.on('request', (request, response) => serve(fake, request, response))
  server.on('upgrade', (request, socket, head) => {
    if (!(socket instanceof Socket)) throw new TypeError('The connection of an upgrade is not a TCP socket')
    // A refused upgrade is answered on the bare socket, by the code that answers every request.
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    serve(fake, request, response, (noteStatus) => {
      response.detachSocket(socket)
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        noteStatus(101)
        new GraphqlSocket(webSocket, socket, fake, fake.originOf(urlOf(request)))
      })
    })
  })
  return server
}

type Upgrade = (noteStatus: (status: number) => void) => void

const urlOf = (request: IncomingMessage): URL => new URL(request.url ?? '/', 'http://fake')

function serve(fake: FakeState, request: IncomingMessage, response: ServerResponse, upgrade?: Upgrade): void {
  const url = urlOf(request)
  const { method = 'GET', headers } = request
  const seen = { method, path: url.pathname, query: url.search.slice(1), headers, at: Date.now() }
  const noteStatus = fake.requestLog.request(seen)
  response.once('finish', () => noteStatus(response.statusCode))
  response.setHeader('date', new Date(fake.clock()).toUTCString())
  if (fake.activeFaults.values.compresses && !upgrade) response.setHeader('content-encoding', 'gzip')
  const exchange = { fake, method, url, request, response, upgrade: upgrade && (() => upgrade(noteStatus)) }
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
  if (status === 'reset') resetSocket(socket)
  else if (status !== 'silence') reply(response, status, how.headers, how.body ?? `${statusText(status)}\n`)
}

/** The targets whose answers have a body with an end. */
const reads: ReadonlySet<AnswerTarget> = new Set<AnswerTarget>(['store', 'rest', 'graphql'])

async function answer(exchange: Exchange): Promise<void> {
  const { fake, url, request, response } = exchange
  const { pathname } = url
  const target = targetOf(exchange)
  if (target === 'upgrade') fake.requestLog.dial('websocket', pathname, request.headers)
  if (target === 'sse') fake.requestLog.dial('sse', pathname, request.headers)
  await fake.tcpConnections.thawed()
  const { activeFaults } = fake
  const wrong = activeFaults.takeAnswer('everything', pathname) ?? (target && activeFaults.takeAnswer(target, pathname))
  if (wrong) return answerWrongly(wrong, request, response)
  const { brokenBody } = activeFaults.values
  if (brokenBody && target && reads.has(target)) breakBody(response, brokenBody)
  await routeOf(exchange)()
}
