import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type HttpServer, listen } from '../platform/http-server.ts'

/** How a server returns a text that it knows, on one way into an error or a notice. */
export interface Channel {
  readonly name: string
  /** Answers an HTTP request; false: as a well-behaved server would. */
  http?(text: string, request: IncomingMessage, response: ServerResponse): boolean
  /** Answers an upgrade with bytes of its own; false: accepts it. */
  upgrade?(text: string, socket: Duplex, key: string): boolean
  /** A message came over the WebSocket. */
  message?(text: string, socket: WebSocket, message: { readonly type?: string; readonly id?: string }): void
  /** What the client subscribes to. Default: events over WebSocket. */
  readonly follow?:
    | 'events'
    | 'sse'
    | 'raw'
    | 'resources'
    | 'controllers'
    | 'all controllers'
    | 'results'
    | 'no provider'
  /** The largest part of the text that fits, in characters. */
  readonly room?: number
}

const inLine = (text: string): string => text.replace(/[^\x20-\x7e]/g, ' ')

const refused = (status: number, body: (text: string) => string, type = 'text/plain'): NonNullable<Channel['http']> => {
  return (text, _, response) => {
    response.writeHead(status, inLine(text).slice(0, 500), { 'content-type': type }).end(body(text))
    return true
  }
}

const redirected = (target: (text: string) => string): NonNullable<Channel['http']> => {
  return (text, _, response) => {
    response.writeHead(302, { location: inLine(target(text)) }).end()
    return true
  }
}

const raw = (status: number, headers: string, body: string): string =>
  `HTTP/1.1 ${status} Nope\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`

const subscribed =
  (answer: (text: string, id: string | undefined) => readonly object[]): NonNullable<Channel['message']> =>
  (text, socket, { type, id }) => {
    if (type === 'subscribe') for (const one of answer(text, id)) socket.send(JSON.stringify(one))
  }

const accept = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

const context = (text: string, name: string): object => ({
  id: `${text}-${name}`,
  name: 'same-name',
  connection_id: `${text}-${name}`,
  kubernetes_server_id: `${text}-${name}`,
})

const isPath = (request: IncomingMessage, part: string): boolean => request.url?.includes(part) === true

const json = (response: ServerResponse, body: unknown, status = 200): true => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  return true
}

/** The response to a POSTed query; the list of contexts comes before it. */
const posted =
  (answer: (text: string) => object, status = 200): NonNullable<Channel['http']> =>
  (text, request, response) => {
    if (request.method === 'POST') return json(response, answer(text), status)
    if (isPath(request, 'contexts')) return json(response, { contexts: [context('id', 'a')], total_count: 1 })
    return json(response, {}, 404)
  }

/** Every way by which the text of a server gets into what the client shows. */
export const channels: readonly Channel[] = [
  {
    name: 'close reason after the upgrade',
    room: 120,
    message: (text, socket, { type }) => type === 'connection_init' && socket.close(4400, text),
  },
  {
    name: 'close reason of refused credentials',
    room: 120,
    message: (text, socket, { type }) => type === 'subscribe' && socket.close(4403, text),
  },
  {
    name: 'connection_error',
    message: subscribed((text) => [{ type: 'connection_error', payload: { message: text } }]),
  },
  { name: 'type of a message', message: subscribed((text) => [{ type: text, payload: text }]) },
  {
    name: 'message of a GraphQL error',
    follow: 'raw',
    message: subscribed((text, id) => [{ id, type: 'error', payload: [{ message: `sorry, ${text}` }] }]),
  },
  {
    name: 'path of a GraphQL error',
    follow: 'raw',
    message: subscribed((text, id) => [{ id, type: 'error', payload: [{ message: 'no', path: ['variable', text] }] }]),
  },
  {
    name: 'extensions of a GraphQL error',
    follow: 'raw',
    message: subscribed((text, id) => [
      { id, type: 'error', payload: [{ message: 'no', extensions: { code: text, deep: [{ [text]: text }] } }] },
    ]),
  },
  {
    name: 'errors beside data',
    follow: 'raw',
    message: subscribed((text, id) => [
      { id, type: 'next', payload: { data: { event: 1 }, errors: [{ message: text, path: [text, 1] }] } },
    ]),
  },
  {
    name: 'errors beside data of events',
    message: subscribed((text, id) => [
      { id, type: 'next', payload: { data: { event: { id: '1' } }, errors: [{ message: 'a', extensions: { text } }] } },
    ]),
  },
  {
    name: 'errors without data, then complete',
    follow: 'raw',
    message: subscribed((text, id) => [
      { id, type: 'next', payload: { data: null, errors: [{ message: text }] } },
      { id, type: 'complete' },
    ]),
  },
  { name: 'text of a refused upgrade', upgrade: (text, socket) => !socket.write(raw(403, '', text)) || true },
  {
    name: 'JSON of a failed upgrade',
    upgrade: (text, socket) =>
      !socket.write(raw(500, 'content-type: application/json\r\n', JSON.stringify({ error: text }))) || true,
  },
  {
    name: 'redirect of an upgrade',
    upgrade: (text, socket) => !socket.write(raw(302, `location: /to/${inLine(text)}\r\n`, '')) || true,
  },
  {
    name: 'sub-protocol',
    upgrade: (text, socket, key) =>
      !socket.write(
        `HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept(key)}\r\n` +
          `sec-websocket-protocol: ${inLine(text)}\r\n\r\n`,
      ) || true,
  },
  { name: 'an answer that is not HTTP', upgrade: (text, socket) => !socket.write(`${text}\r\n\r\n`) || true },
  { name: 'status text and body of 400', http: refused(400, (text) => `bad request: ${text}`) },
  { name: 'body of 401', http: refused(401, (text) => text) },
  { name: 'body of 500', http: refused(500, (text) => `in front of it ${text} and behind`) },
  {
    name: 'JSON error of 500',
    http: refused(500, (text) => JSON.stringify({ code: 1, error: `for ${text}` }), 'application/json'),
  },
  { name: 'JSON error after other fields', http: refused(500, (text) => `{${' '.repeat(1_500)}"error":"${text}"}`) },
  { name: 'path of a redirect', http: redirected((text) => `/login/${encodeURI(text)}`) },
  { name: 'query of a redirect', http: redirected((text) => `/login?next=${encodeURIComponent(text)}`) },
  {
    name: 'host of a redirect',
    // A host has no escapes.
    http: redirected((text) => `http://${encodeURIComponent(text).replace(/%..|_/g, '-').slice(0, 500)}.example/login`),
  },
  { name: 'user of a redirect', http: redirected((text) => `http://${encodeURIComponent(text)}:x@other.example/`) },
  {
    name: 'content encoding',
    http: (text, _, response) => {
      response.writeHead(200, { 'content-encoding': inLine(text) }).end('x')
      return true
    },
  },
  {
    name: 'broken bytes in an answer',
    http: (text, request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\nx\u0000: ${text}\r\nbroken: \u0001\r\n\r\n`)
      return true
    },
  },
  { name: 'answer that is not JSON', http: refused(200, (text) => `not { JSON: ${text}`) },
  { name: 'SSE: body of 500', follow: 'sse', http: refused(500, (text) => text) },
  {
    name: 'SSE: data, error, event and comment',
    follow: 'sse',
    http: (text, request, response) => {
      if (!isPath(request, 'stream') && request.headers.accept !== 'text/event-stream') return false
      const line = inLine(text)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(`: ${line}\n\nevent: error\ndata: ${line}\n\nevent: ${line}\ndata: ${line}\n\ndata: {${line}\n\n`)
      return true
    },
  },
  {
    name: 'errors of a POSTed query',
    follow: 'resources',
    http: posted((text) => ({ errors: [{ message: text, path: [text] }] })),
  },
  {
    name: '422 of a POSTed query',
    follow: 'resources',
    http: posted((text) => ({ errors: [{ message: 'no', extensions: { code: text } }], data: null }), 422),
  },
  {
    name: 'unknown ids of controllers',
    follow: 'all controllers',
    http: (_, request, response) =>
      isPath(request, 'contexts') && json(response, { contexts: [context('id', 'a')], total_count: 1 }),
    message: subscribed((text, id) => [
      {
        id,
        type: 'next',
        payload: {
          data: {
            subscribeMesheryControllersStatus: [
              { connectionID: text, contextId: text, controller: 'OPERATOR', status: 'DEPLOYED' },
            ],
          },
        },
      },
    ]),
  },
  {
    name: 'ids that share a name',
    follow: 'controllers',
    http: (text, request, response) =>
      isPath(request, 'contexts') &&
      json(response, { contexts: [context(text, 'a'), context(text, 'b')], total_count: 2 }),
  },
  {
    name: 'names of performance profiles',
    follow: 'results',
    http: (text, request, response) =>
      isPath(request, 'profiles') &&
      json(response, { profiles: [{ id: text, name: text, owner: 'a' }], total_count: 1, page: 0, page_size: 1 }),
  },
  {
    name: 'names of providers',
    follow: 'no provider',
    http: (text, request, response) =>
      isPath(request, '/api/providers') &&
      json(response, { [inLine(text)]: { provider_type: 'remote' }, other: { provider_type: 'remote' } }),
  },
]

/** A server that sends the text of `echo` on one channel, and may renew the token with its first response. */
export const startHostile = async (
  channel: Channel,
  echo: () => string,
  renewed: string,
): Promise<HttpServer & AsyncDisposable> => {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const text = (): string => echo().slice(0, channel.room)
  const server = await listen(
    (request, response) => {
      response.setHeader('set-cookie', `token=${renewed}; Path=/; HttpOnly`)
      if (channel.http?.(text(), request, response)) return
      if (isPath(request, '/api/providers')) json(response, { None: { provider_type: 'local' } })
      else if (isPath(request, 'version')) json(response, { build: 'v0.8.0' })
      else json(response, { events: [], page: 0, page_size: 0, total_count: 0 })
    },
    (request, socket, head) => {
      if (channel.upgrade?.(text(), socket, String(request.headers['sec-websocket-key']))) {
        socket.end()
        return
      }
      sockets.handleUpgrade(request, socket, head, (one) => {
        one.on('error', () => {})
        one.on('message', (data) => {
          const message: { type?: string; id?: string } = JSON.parse(String(data))
          if (message.type === 'connection_init') one.send('{"type":"connection_ack"}')
          if (message.type === 'ping') one.send(JSON.stringify({ ...message, type: 'pong' }))
          channel.message?.(text(), one, message)
        })
      })
    },
  )
  return server
}
