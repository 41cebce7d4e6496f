import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import { Credentials } from '../../src/credentials/credentials.ts'
import type { Identity } from '../../src/credentials/identity.ts'
import { HttpClient, type HttpClientOptions } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'

export interface HttpServer extends AsyncDisposable {
  readonly url: string
  readonly requests: IncomingMessage[]
  /** How many connections are open. */
  connections(): number
}

/** A plain HTTP server on a free port. */
export const listen = async (
  onRequest: RequestListener,
  onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<HttpServer> => {
  const requests: IncomingMessage[] = []
  const sockets = new Set<Duplex>()
  const server = createServer((request, response) => {
    requests.push(request)
    onRequest(request, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  if (onUpgrade) {
    server.on('upgrade', (request, socket, head) => {
      // Once upgraded, only these listeners notice that the client has gone.
      socket.on('end', () => socket.end())
      requests.push(request)
      onUpgrade(request, socket, head)
    })
  }
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}

/** A client of that address, with this identity or the one that `read` returns. */
export const serverAt = (
  url: string,
  { read, ...identity }: Identity & { readonly read?: () => Promise<Identity> } = {},
  options: Partial<HttpClientOptions> = {},
): HttpClient => {
  const credentials = new Credentials({ ...(read ? { read } : { identity }), setsCookies: true })
  const platform = nodePlatform({ env: {}, home: '/nonexistent' })
  return new HttpClient(platform, credentials, { headers: {}, url: new URL(url), ...options })
}

/** The error with which a promise rejects. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )
