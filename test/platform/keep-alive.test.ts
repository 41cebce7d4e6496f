import { getEventListeners, once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { postQuery } from '../../src/http/graphql-endpoint.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { eventually } from '../waiting.ts'
import { failure, listen, serverAt } from './http-server.ts'
import { head, raw } from './raw-server.ts'

const reading = { phase: 'store', timeout: 5_000 } as const

/**
 * A server that answers one request a connection and promises to keep it open, but closes it when the next request
 * arrives, by a reset or an end, as after its idle time. `always`: a new connection too.
 */
const forgetful = async (how: 'reset' | 'end' | 'always') => {
  const requests: string[] = []
  let connections = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    open.add(socket)
    let answered = false
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.on('data', (data) => {
      requests.push(data.toString().split('\r\n')[0] ?? '')
      if (answered || (how === 'always' && connections > 1)) {
        if (how === 'end') socket.end()
        else socket.resetAndDestroy()
        return
      }
      answered = true
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  return {
    url: `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    requests,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

it.each(['reset', 'end'] as const)(
  'retries a read on a fresh connection when a kept one is closed under it (%s)',
  async (how) => {
    await using peer = await forgetful(how)
    const server = serverAt(peer.url)
    for (let read = 0; read < 3; read++) expect((await server.json('/read', reading)).body).toEqual({})
    // The second and the third came on a connection that dropped under them.
    expect(peer.requests).toHaveLength(5)
    expect(peer.connections()).toBe(3)
  },
)

it('retries a read on a fresh connection at once, although several kept ones are dead', async () => {
  await using peer = await forgetful('reset')
  const server = serverAt(peer.url)
  await Promise.all([1, 2, 3].map(() => server.json('/read', reading)))
  expect(peer.connections()).toBe(3)
  expect((await server.json('/read', reading)).body).toEqual({})
  expect(peer.requests).toHaveLength(5)
})

it('reports the error when the fresh connection drops too', async () => {
  await using peer = await forgetful('always')
  const server = serverAt(peer.url)
  await server.json('/read', reading)
  expect(await failure(server.json('/read', reading))).toMatchObject({
    code: 'CONNECTION_LOST',
    details: { code: 'ECONNRESET' },
  })
  expect(peer.requests).toHaveLength(3)
})

it('never sends a POST twice', async () => {
  await using peer = await forgetful('reset')
  const server = serverAt(peer.url)
  await server.json('/read', reading)
  expect(await failure(postQuery(server, { query: '{ x }', variables: {} }, reading))).toMatchObject({
    details: { code: 'ECONNRESET' },
  })
  expect(peer.requests.filter((line) => line.startsWith('POST'))).toHaveLength(1)
})

it('sends nothing after its close, though a request on a kept connection is interrupted', async () => {
  const held: unknown[] = []
  await using peer = await listen((request, response) => {
    if (request.url === '/held') held.push(response)
    else response.setHeader('content-type', 'application/json').end('{}')
  })
  const server = serverAt(peer.url)
  await server.json('/read', reading)
  const error = failure(server.json('/held', reading))
  await eventually(() => expect(held).toHaveLength(1))
  await server.platform.close()
  expect(await error).toMatchObject({ code: 'CONNECTION_LOST' })
  expect(await failure(server.json('/read', reading))).toMatchObject({ code: 'CLOSED' })
  expect(peer.requests).toHaveLength(2)
  await eventually(() => expect(peer.connections()).toBe(0))
})

it('fails at once when the response to a read changes the protocol', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const url = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`
  // Its time-out is longer than that of this test.
  const patient = { ...reading, timeout: 600_000 }
  expect(await failure(serverAt(url).json('/api/system/version', patient))).toMatchObject({ code: 'CONNECTION_LOST' })
  server.close()
})

it.each([
  ['that goes on', ['content-type: text/event-stream'], ': begun\n'],
  ['that is complete', ['content-type: text/event-stream', 'content-length: 8'], ': begun\n'],
])('an answer %s and is aborted while it is read ends no process', async (_, headers, body) => {
  await using peer = await raw((socket) => socket.write(`${head(200, ...headers)}${body}`))
  const uncaught: unknown[] = []
  const listener = (error: unknown): void => void uncaught.push(error)
  process.on('uncaughtException', listener)
  const platform = nodePlatform({ env: {} })
  const abort = new AbortController()
  const answer = await platform.fetch(peer.url, { signal: abort.signal })
  const rest = answer.reader?.()
  await rest?.read()
  abort.abort()
  await new Promise((resolve) => setTimeout(resolve, 20))
  process.off('uncaughtException', listener)
  platform.close()
  expect(uncaught).toEqual([])
})

it('leaves no listener on a signal that lives longer than its requests', async () => {
  await using peer = await listen((_, response) => response.end('{}'))
  const platform = nodePlatform({ env: {} })
  const { signal } = new AbortController()
  for (let count = 0; count < 3; count++) {
    const { body } = await platform.fetch(peer.url, { signal })
    for await (const _ of body ?? []);
  }
  await eventually(() => expect(getEventListeners(signal, 'abort')).toEqual([]))
  platform.close()
})
