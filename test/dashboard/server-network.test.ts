import { createServer, type ServerResponse, request as send } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type FakeMeshery, type FakeMesheryOptions, startFakeMeshery } from '../../src/testing/index.ts'
import { listen } from '../platform/http-server.ts'
import { raw } from '../platform/raw-server.ts'
import { sampled } from '../sample.ts'
import { identity } from './before.ts'
import { serve } from './served.ts'

/** A proxy for tunnels, all of which lead to that port of this machine. */
const listenForTunnels = async (port: number, asked: string[]) => {
  const server = createServer()
  const sockets = new Set<Duplex>()
  server.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`)
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(target).pipe(socket)
    })
    for (const one of [socket, target]) {
      sockets.add(one)
      one.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe.concurrent('the check at the start', () => {
  test.each([
    ['a release without events', { release: 'v0.6', events: false }, () => {}],
    ['a server that cannot name its release', {}, (fake) => fake.faults.answer('version', 500)],
    ['a store that fails at the moment', {}, (fake) => fake.faults.answer('store', 500)],
  ] as const satisfies readonly (readonly [string, FakeMesheryOptions, (fake: FakeMeshery) => void])[])(
    'lets %s pass',
    async (_, options: FakeMesheryOptions, prepare: (fake: FakeMeshery) => void) => {
      await using fake = await startFakeMeshery(options)
      prepare(fake)
      await using own = await serve({ url: fake.url })
      expect((await own.get('/')).status).toBe(200)
    },
  )

  test.each([
    ['another server', 'NOT_MESHERY', (response: ServerResponse) => void response.writeHead(404).end()],
    ['one that does not answer', 'TIMED_OUT', () => {}],
    [
      'one that wants another login',
      'GATEWAY_LOGIN',
      (response: ServerResponse) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end(),
    ],
  ])('refuses %s', async (_, code, answer) => {
    await using server = await listen((_request, response) => answer(response))
    const timeouts = code === 'TIMED_OUT' ? { connect: 200, request: 200 } : {}
    const refused = serve({ url: server.url, ...identity, timeouts })
    await expect(refused).rejects.toMatchObject({ code })
  })
})

describe.concurrent('the way to Meshery', () => {
  test('is that of the options: requests and WebSockets go through the proxy', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const asked: string[] = []
    await using proxy = await listen(({ url = '', headers }, response) => {
      asked.push(url)
      const target = `${fake.url}${new URL(url).pathname}`
      send(target, { headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      }).end()
    })
    await using tunnel = await listenForTunnels(fake.port, asked)
    const page = { url: 'http://meshery.invalid', provider: 'None' }
    await using own = await serve({ ...page, proxy: (url) => (url.protocol === 'ws:' ? tunnel.url : proxy.url) })
    expect((await own.get('/api/system/version')).status).toBe(200)
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, 'graphql-transport-ws', {
      headers: { cookie: own.cookie },
    })
    await new Promise((resolve) => socket.on('open', resolve))
    expect(asked).toContain('http://meshery.invalid/api/system/version')
    expect(asked).toContain('CONNECT meshery.invalid:80')
    socket.terminate()
  })

  test.each(
    sampled(
      [
        ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
        ['an end at once', ''],
        ['headers without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`],
        ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
        ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
        ['a header that is none', 'HTTP/1.1 200 OK\r\nSet Cookie\r\n\r\n'],
        ['an unknown encoding', 'HTTP/1.1 200 OK\r\nContent-Encoding: x\r\nContent-Length: 2\r\n\r\n{}'],
      ],
      2,
      'in place of an answer',
    ),
  )('%s in place of an answer is 502', async (_, text) => {
    let checks = 2
    await using meshery = await raw((socket) => {
      const check = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'
      socket.end(checks-- > 0 ? check : text)
    })
    await using own = await serve({ url: meshery.url, ...identity })
    for (const path of ['/api/application', '/api/system/events/subscribe']) {
      const { status, body } = await own.get(path)
      expect([status, body.trim().split('\n').length], path).toEqual([502, 1])
    }
  })

  test.each(
    sampled(
      [
        ['chunks that are none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
        ['half a compressed body', `Content-Encoding: gzip\r\n\r\n${'\x1f\x8b\x08'}`],
        ['what is not compressed', 'Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}'],
      ],
      1,
      'cut',
    ),
  )('%s cut the connection of the page', async (_, rest) => {
    let checks = 2
    await using meshery = await raw((socket) => {
      const check = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'
      socket.end(checks-- > 0 ? check : `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${rest}`, 'latin1')
    })
    await using own = await serve({ url: meshery.url, ...identity })
    await expect(own.get('/api/application')).rejects.toThrow()
  })
})
