import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export interface RawServer extends AsyncDisposable {
  readonly url: string
  /** How many connections are open. */
  connections(): number
}

/** A TCP server that calls `onRequest` for the first bytes of each connection, and answers nothing by itself. */
export const raw = async (onRequest: (socket: Socket, head: string) => void): Promise<RawServer> => {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.once('data', (head) => {
      // Without further reads, the end of the client would go unnoticed.
      socket.resume()
      onRequest(socket, head.toString())
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const bound = server.address()
  return {
    url: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    connections: () => open.size,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      if (server.listening) await once(server, 'close')
    },
  }
}

/** Writes the piece again and again, as fast as the peer reads, until the connection is gone. */
export const endless = (socket: Socket, piece: string | Uint8Array): void => {
  const more = (): void => {
    while (!socket.destroyed) if (!socket.write(piece)) return void socket.once('drain', more)
  }
  more()
}

/** Writes the bytes one by one, every so many milliseconds, and stops after the last without an end. */
export const trickle = (socket: Socket, text: string | Uint8Array, everyMs = 10): void => {
  const bytes = Buffer.from(text)
  let at = 0
  const timer = setInterval(() => {
    if (socket.destroyed || at >= bytes.length) clearInterval(timer)
    else socket.write(bytes.subarray(at, ++at))
  }, everyMs)
}

/** The head of a response. */
export const head = (status: number, ...lines: readonly string[]): string =>
  [`HTTP/1.1 ${status} As scripted`, ...lines, '', ''].join('\r\n')

/** A chunk of a chunked body. */
export const chunk = (bytes: string | Uint8Array): Buffer => {
  const body = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n')])
}
