import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { chooser, spoil } from './spoiled-json.ts'

/** A server in front of another one, which spoils every JSON that it passes on. */
export interface SpoilingProxy extends AsyncDisposable {
  readonly url: string
}

type Choose = (limit: number) => number

const isJson = (text: string): boolean => /^\s*[[{]/.test(text)

/** Spoils the data of a WebSocket message, and nothing of the protocol. */
const spoilMessage = (text: string, choose: Choose): string => {
  const message = JSON.parse(text) as { readonly type?: unknown; readonly payload?: unknown }
  if (message.type !== 'next') return text
  const payload = spoil(JSON.stringify(message.payload), choose)
  return JSON.stringify({ ...message, payload: '@' }).replace('"@"', () => payload)
}

const spoilLine = (line: string, choose: Choose): string =>
  line.startsWith('data: {') ? `data: ${spoil(line.slice(6), choose)}` : line

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = ''
  for await (const piece of request.setEncoding('utf8')) body += piece
  return body
}

async function answer(target: string, choose: Choose, request: IncomingMessage, response: ServerResponse) {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  const {
    host: _,
    connection: __,
    upgrade: ___,
    'accept-encoding': ____,
    'content-length': _____,
    ...headers
  } = request.headers
  const body = await bodyOf(request)
  const answered = await fetch(target + request.url, {
    method: request.method ?? 'GET',
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body !== '' && { body }),
    redirect: 'manual',
    signal: gone.signal,
  })
  const { 'content-length': ______, 'transfer-encoding': _______, ...kept } = Object.fromEntries(answered.headers)
  response.writeHead(answered.status, kept)
  response.flushHeaders()
  if (!/event-stream/.test(answered.headers.get('content-type') ?? '')) {
    const text = await answered.text()
    response.end(isJson(text) ? spoil(text, choose) : text)
    return
  }
  let rest = ''
  for await (const piece of answered.body ?? []) {
    const lines = (rest + Buffer.from(piece).toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) response.write(`${spoilLine(line, choose)}\n`)
  }
  response.end(rest)
}

function relay(target: string, choose: Choose, request: IncomingMessage, client: WebSocket): void {
  const server = new WebSocket(target.replace('http', 'ws') + request.url, client.protocol, {
    headers: { cookie: request.headers.cookie ?? '' },
  })
  const waiting: string[] = []
  client.on('message', (data) => {
    if (server.readyState === WebSocket.OPEN) server.send(String(data))
    else waiting.push(String(data))
  })
  server.on('open', () => {
    for (const text of waiting) server.send(text)
  })
  server.on('message', (data) => client.send(spoilMessage(String(data), choose)))
  for (const [one, other] of [
    [server, client],
    [client, server],
  ] as const) {
    one.on('close', () => other.terminate())
    one.on('error', () => other.terminate())
  }
}

export async function startSpoilingProxy(target: string, seed: number): Promise<SpoilingProxy> {
  const choose = chooser(seed)
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'graphql-transport-ws' })
  const server = createServer((request, response) => {
    // A client that has gone, or a target that has.
    answer(target, choose, request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    sockets.handleUpgrade(request, socket, head, (client) => relay(target, choose, request, client)),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
