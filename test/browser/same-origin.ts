/// <reference lib="esnext.disposable" preserve="true" />
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** A page and a Meshery under one origin, as when Meshery itself serves the page. */
export interface SameOrigin extends AsyncDisposable {
  readonly url: string
  /** Cuts every open connection. */
  cut(): void
}

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly body: string
  /** May depend on the request: a policy can name the address that the browser asked. */
  readonly headers?: (request: IncomingMessage) => Readonly<Record<string, string>>
}

/** Serves the files by their paths, and passes everything else on to `target`: HTTP, SSE and upgrades. */
export const serveSameOrigin = async (
  target: string,
  files: Readonly<Record<string, PageFile>>,
): Promise<SameOrigin> => {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    const file = files[(request.url ?? '').replace(/\?.*/, '')]
    if (file) response.writeHead(200, { ...file.headers?.(request), 'content-type': file.type }).end(file.body)
    else handOn(target, request, response)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const peer = connect(Number(port), hostname)
    // Whichever side breaks, the other must notice it at once.
    const end = (): void => {
      socket.destroy()
      peer.destroy()
    }
    for (const side of [socket, peer]) side.on('error', end).on('close', end)
    const lines = [`GET ${request.url} HTTP/1.1`]
    for (let at = 0; at < request.rawHeaders.length; at += 2)
      lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`)
    peer.write(`${lines.join('\r\n')}\r\n\r\n`)
    peer.pipe(socket).pipe(peer)
  })
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const handOn = (target: string, request: IncomingMessage, response: ServerResponse): void => {
  const { method, headers, url } = request
  const onward = httpRequest(new URL(url ?? '/', target), { method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    response.flushHeaders()
    answer.on('close', () => (answer.complete ? response.end() : response.destroy()))
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}
