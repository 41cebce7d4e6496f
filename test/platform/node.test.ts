import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import type { MesheryError } from '../../src/base/errors.ts'
import { openSocket } from '../../src/http/graphql-endpoint.ts'
import type { HttpClient } from '../../src/http/http-client.ts'
import type { RawSocket } from '../../src/platform/platform.ts'
import { reservePort } from '../reserve-port.ts'
import { eventually } from '../waiting.ts'
import { listen, serverAt } from './http-server.ts'

const protocol = 'graphql-transport-ws'

/** A WebSocket server that passes its sockets to `onSocket`. */
const serve = (
  onSocket: (socket: WebSocket) => void,
): ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) => {
  const sockets = new WebSocketServer({ noServer: true })
  return (request, socket, head) => sockets.handleUpgrade(request, socket, head, onSocket)
}

/** Everything that a socket reports, in order. */
const watch = (
  server: HttpClient,
): { received: unknown[]; socket: RawSocket; closed: Promise<void>; refusals: MesheryError[] } => {
  const received: unknown[] = []
  const refusals: MesheryError[] = []
  const socket = openSocket(server, protocol, (error) => {
    refusals.push(error)
    received.push(`refused ${error.code}`)
  })
  const closed = new Promise<void>((resolve) => {
    socket.onclose = ({ code, reason }) => {
      received.push(`close ${code} ${reason}`)
      resolve()
    }
  })
  socket.onopen = () => received.push('open')
  socket.onmessage = ({ data }) => received.push(data)
  socket.onerror = (event) => received.push(`error ${server.networkError(event, 'upgrade').code}`)
  return { received, socket, closed, refusals }
}

describe('a socket in Node', () => {
  it('sends cookies and headers with the upgrade, and offers one protocol and no compression', async () => {
    await using http = await listen(
      () => {},
      serve((socket) => socket.close(1000)),
    )
    const { socket, closed } = watch(
      serverAt(http.url, { token: 'abc', provider: 'Local' }, { headers: { 'x-a': '1' } }),
    )
    await closed
    expect(http.requests[0]).toMatchObject({
      url: '/api/system/graphql/query?contexts=all',
      headers: { cookie: 'meshery-provider=Local; token=abc', 'x-a': '1', 'sec-websocket-protocol': protocol },
    })
    expect(http.requests[0]?.headers['sec-websocket-extensions']).toBeUndefined()
    expect(socket.protocol).toBe(protocol)
    expect(socket.readyState).toBe(3)
  })

  it('passes text as strings and binary frames as another type, in order, and sends text', async () => {
    const said: string[] = []
    await using http = await listen(
      () => {},
      serve((socket) => {
        socket.on('message', (data, isBinary) => {
          said.push(`${data} ${isBinary}`)
          socket.send('täxt')
          socket.send(Buffer.from([1, 2]))
          socket.close(4400, 'bye')
        })
      }),
    )
    const { received, socket, closed } = watch(serverAt(http.url))
    await eventually(() => expect(received).toEqual(['open']))
    socket.send('hello')
    await closed
    expect(said).toEqual(['hello false'])
    expect(received.slice(0, 2)).toEqual(['open', 'täxt'])
    expect(received[2]).toBeInstanceOf(Uint8Array)
    expect(received[3]).toBe('close 4400 bye')
  })

  it('passes on a burst in order, many frames at once, and all of it before the close', async () => {
    const frames = Array.from({ length: 3_000 }, (_, index) => `${index}`)
    await using http = await listen(
      () => {},
      serve((socket) => {
        for (const frame of frames) socket.send(frame)
        socket.close(1000)
      }),
    )
    const { received, socket, closed } = watch(serverAt(http.url))
    const goes: number[] = []
    let go = 0
    socket.onmessage = ({ data }) => {
      received.push(data)
      if (go++ === 0)
        queueMicrotask(() => {
          goes.push(go)
          go = 0
        })
    }
    await closed
    expect(received).toEqual(['open', ...frames, 'close 1000 '])
    // Far fewer rounds than frames: each round wakes its readers once.
    expect(goes.length).toBeLessThan(frames.length / 10)
  })

  it('lets timers run during a flood, and delivers it in order', { tags: ['full'] }, async () => {
    const frames = Array.from({ length: 5_000 }, (_, n) => String(n))
    await using http = await listen(
      () => {},
      serve((socket) => {
        for (const frame of frames) socket.send(frame)
      }),
    )
    const { received, socket } = watch(serverAt(http.url))
    socket.onmessage = ({ data }) => {
      const end = performance.now() + 0.1
      while (performance.now() < end);
      received.push(data)
    }
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await eventually(() => expect(received).toHaveLength(frames.length + 1))
    clearInterval(timer)
    expect(received).toEqual(['open', ...frames])
    // Half a second of work, in slices of 10 ms.
    expect(turns).toBeGreaterThan(20)
    socket.terminate?.()
  })

  it('accepts frames of 20 MB, and ends on one above maxPayload', { tags: ['full'] }, async () => {
    await using http = await listen(
      () => {},
      serve((socket) => socket.send('x'.repeat(20_000_000))),
    )
    const big = watch(serverAt(http.url))
    await eventually(() => expect(big.received).toHaveLength(2))
    expect(String(big.received[1]).length).toBe(20_000_000)
    big.socket.terminate?.()
    const small = watch(serverAt(http.url, {}, { maxPayload: 1_000_000 }))
    await small.closed
    expect(small.received.slice(0, 2)).toEqual(['open', 'error BAD_FRAME'])
  })

  it('explains a response in place of an upgrade before the error', async () => {
    await using http = await listen(
      () => {},
      (_, socket) =>
        socket.end(
          'HTTP/1.1 302 Found\r\nLocation: /provider\r\nSet-Cookie: token=; Max-Age=0\r\nContent-Length: 0\r\n\r\n',
        ),
    )
    const server = serverAt(http.url, { token: 'abc' })
    const { received, closed, refusals } = watch(server)
    await closed
    expect(received).toEqual(['refused CREDENTIALS_REFUSED', 'error UNREACHABLE', 'close 1006 '])
    expect(refusals[0]).toMatchObject({ phase: 'upgrade', details: { status: 302 } })
    expect(await server.credentials.refresh()).toBe(false)
  })

  it('reads why the transport is not available', async () => {
    const body = '{"errors":[{"message":"transport not supported"}],"data":null}'
    await using http = await listen((_, response) => response.writeHead(400).end(body))
    const { closed, refusals } = watch(serverAt(http.url))
    await closed
    expect(refusals[0]).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true, status: 400 } })
  })

  it.each([
    [
      'never ends',
      (socket: Duplex) => void socket.write('HTTP/1.1 503 No\r\nRetry-After: 3\r\nContent-Length: 99\r\n\r\naway'),
    ],
    [
      'is cut',
      (socket: Duplex) => void socket.end('HTTP/1.1 503 No\r\nRetry-After: 3\r\nContent-Length: 99\r\n\r\naway'),
    ],
  ])('explains a response that %s', async (_, answer) => {
    await using http = await listen(
      () => {},
      (_request, socket) => answer(socket.resume()),
    )
    const { closed, refusals } = watch(serverAt(http.url))
    await closed
    expect(refusals).toHaveLength(1)
    expect(refusals[0]).toMatchObject({ code: 'SERVER_ERROR', details: { status: 503, retryAfter: 3000 } })
    await eventually(() => expect(http.connections()).toBe(0))
  })

  it('reports nothing about a response that comes after the dial was aborted', async () => {
    await using http = await listen(
      () => {},
      (_, socket) => void socket.resume().write('HTTP/1.1 503 No\r\nContent-Length: 99\r\n\r\n'),
    )
    const { socket, closed, refusals } = watch(serverAt(http.url))
    await eventually(() => expect(http.requests).toHaveLength(1))
    socket.terminate?.()
    await closed
    expect(refusals).toHaveLength(0)
    await eventually(() => expect(http.connections()).toBe(0))
  })

  it('classifies a refused connection and something that is not HTTP', async () => {
    using reserved = await reservePort()
    const { port, url } = reserved
    const tcp = createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH\r\n')).listen(port, '127.0.0.1')
    await once(tcp, 'listening')
    const strange = watch(serverAt(url))
    await strange.closed
    expect(strange.received).toEqual(['error NOT_MESHERY', 'close 1006 '])
    tcp.close()
    await once(tcp, 'close')
    const refused = watch(serverAt(url))
    await refused.closed
    expect(refused.received).toEqual(['error CONNECTION_REFUSED', 'close 1006 '])
  })

  it('throws nothing without a listener for its errors', async () => {
    const socket = openSocket(serverAt('http://127.0.0.1:1'), protocol, () => {})
    await new Promise<void>((resolve) => {
      socket.onclose = () => resolve()
    })
    expect(socket.readyState).toBe(3)
  })
})
