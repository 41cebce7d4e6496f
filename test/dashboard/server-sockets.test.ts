import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { deferred } from '../../src/base/abort.ts'
import type { MesheryOptions } from '../../src/client/options.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { until } from '../client/watching.ts'
import { listen } from '../platform/http-server.ts'
import { sampled } from '../sample.ts'
import { behindCheck, identity, token } from './before.ts'
import { serve } from './served.ts'

describe.concurrent('WebSockets', () => {
  const protocol = 'graphql-transport-ws'
  interface OpenedPage {
    readonly page: WebSocket
    readonly closed: Promise<number>
    /** Messages, and then the reason of the close. */
    readonly received: readonly string[]
  }
  /** A Meshery with WebSockets, which keeps the messages. */
  const socketServer = async (onSocket: (socket: WebSocket) => void = () => {}, options: MesheryOptions = {}) => {
    const messages: unknown[] = []
    const sockets = new WebSocketServer({ noServer: true })
    const meshery = await listen(
      behindCheck((_, response) => response.writeHead(404).end()),
      (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (one) => {
          one.on('message', (data) => messages.push(JSON.parse(data.toString())))
          onSocket(one)
        }),
    )
    const own = await serve({ url: meshery.url, ...identity, ...options })
    const open = (): Promise<OpenedPage> =>
      new Promise((resolve, reject) => {
        const headers = { cookie: `${own.cookie}; token=planted-browser-token`, authorization: 'Bearer planted' }
        const page = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, protocol, { headers })
        const received: string[] = []
        page.on('message', (data) => received.push(data.toString()))
        page.on('close', (_, reason) => received.push(reason.toString()))
        const closed = new Promise<number>((done) => page.on('close', done))
        page.on('open', () => resolve({ page, closed, received }))
        page.on('error', reject)
      })
    return {
      messages,
      meshery,
      own,
      open,
      async [Symbol.asyncDispose]() {
        await own[Symbol.asyncDispose]()
        await meshery[Symbol.asyncDispose]()
      },
    }
  }
  const write = (page: WebSocket, message: unknown): void => page.send(JSON.stringify(message))

  test('the identity is that of the command, in the upgrade and in `connection_init`', async () => {
    await using server = await socketServer()
    const { page } = await server.open()
    write(page, { type: 'connection_init', payload: { token: 'planted-browser-token' } })
    write(page, {
      id: '1',
      type: 'subscribe',
      Payload: { query: 'mutation { b }' },
      payload: { query: 'subscription { a }' },
    })
    write(page, { id: '1', type: 'complete' })
    await until(() => expect(server.messages).toHaveLength(3))
    expect(server.messages).toEqual([
      { type: 'connection_init', payload: { 'meshery-provider': 'Meshery', token } },
      { id: '1', type: 'subscribe', payload: { query: 'subscription { a }' } },
      { id: '1', type: 'complete' },
    ])
    const { headers, url } = server.meshery.requests.at(-1) ?? {}
    expect(url).toBe('/api/system/graphql/query?contexts=all')
    expect(headers).toMatchObject({ cookie: `meshery-provider=Meshery; token=${token}` })
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('origin')
    page.terminate()
  })

  test.each(
    sampled(
      [
        ['a mutation', { id: '1', type: 'subscribe', payload: { query: 'mutation { a }' } }],
        ['an unknown type', { type: 'start', payload: { query: 'subscription { a }' } }],
        ['no message', [1]],
      ],
      1,
      'closes',
    ),
  )('%s closes the socket, and does not reach Meshery', async (_, message) => {
    await using server = await socketServer()
    const { page, closed } = await server.open()
    write(page, message)
    expect(await closed).toBe(4400)
    expect(server.messages).toEqual([])
  })

  test('no secret that Meshery sends gets out, neither in a message nor in the reason of a close', async () => {
    await using server = await socketServer((socket) => {
      socket.send(JSON.stringify({ type: 'next', id: '1', payload: { data: token } }))
      socket.on('message', () => socket.close(4403, token))
    })
    const { page, closed, received } = await server.open()
    write(page, { type: 'connection_init' })
    expect(await closed).toBe(4403)
    expect(received.at(-1)).toMatch(/^\*+$/)
    expect(received.join(' ')).not.toContain('planted')
  })

  test('a message that Meshery sends at once arrives', async () => {
    await using server = await socketServer((socket) => socket.send('{"type":"ping"}'))
    const { page, received } = await server.open()
    await until(() => expect(received).toEqual(['{"type":"ping"}']))
    page.terminate()
  })

  test('the end of one side ends the other', async () => {
    const sockets: WebSocket[] = []
    await using server = await socketServer((socket) => void sockets.push(socket))
    const first = await server.open()
    sockets[0]?.close(1001, 'away')
    expect(await first.closed).toBe(1001)
    const second = await server.open()
    sockets[1]?.terminate()
    expect(await second.closed).toBe(1006)
    const third = await server.open()
    third.page.terminate()
    await until(() => expect(sockets[2]?.readyState).toBe(WebSocket.CLOSED))
  })

  test('a release without WebSockets says so itself, which is no problem to report', async () => {
    await using fake = await startFakeMeshery()
    await using own = await serve({ url: fake.url })
    own.problems.length = 0
    const refused = new Promise<string>((resolve, reject) => {
      const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, protocol, {
        headers: { cookie: own.cookie },
      })
      socket.on('unexpected-response', (_, response) => {
        response.setEncoding('utf8').on('data', (text) => resolve(`${response.statusCode} ${text}`))
        response.on('end', () => socket.terminate())
      })
      socket.on('error', reject)
    })
    expect(await refused).toMatch(/^400 .*transport not supported/)
    expect(own.problems).toEqual([])
  })

  test('a request that no WebSocket begins with leaves none at Meshery', async () => {
    const sockets: WebSocket[] = []
    await using server = await socketServer((socket) => void sockets.push(socket))
    const { own } = server
    const answer = await own.raw(
      `GET /api/system/graphql/query HTTP/1.1\r\nHost: 127.0.0.1:${own.dashboard.port}\r\nCookie: ${own.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    await until(() => expect(sockets.map(({ readyState }) => readyState)).toEqual([WebSocket.CLOSED]))
  })

  test('a page that does not read is cut off, and takes no more memory', async () => {
    const message = 'x'.repeat(2 ** 16)
    const meshery = deferred<WebSocket>()
    const limits = { messageBytes: 2 ** 20 }
    await using server = await socketServer((socket) => meshery.resolve(socket), { limits })
    const { page, closed } = await server.open()
    page.pause()
    const socket = await meshery.promise
    let sent = 0
    while (socket.readyState === WebSocket.OPEN) {
      await new Promise((resolve) => socket.send(message, resolve))
      sent += message.length
      // What the system takes in for both connections is beyond the dashboard.
      expect(sent).toBeLessThan(2 ** 28)
    }
    page.resume()
    expect(await closed).toBe(1006)
  })

  test('a message of the page has a size', async () => {
    await using server = await socketServer()
    const { page, closed } = await server.open()
    page.send(' '.repeat(2 ** 20 + 1))
    expect(await closed).toBe(1009)
  })
})
