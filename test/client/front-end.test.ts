import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, createGzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { errorKinds } from '../../src/base/errors.ts'
import { createMeshery, type TransportName } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { gotAll, hasty, until, watch, worksOver } from './watching.ts'

/** What a front end does to the SSE stream; it passes everything else on, compressed. */
type Stream =
  | 'compresses and flushes'
  | 'compresses and buffers'
  | 'answers with HTML that never ends'
  | 'holds the headers back'

/** A front end that passes no upgrade, and compresses although the client does not accept it. */
const frontEnd = async (fake: FakeMeshery, stream: Stream) => {
  const server = createServer((asked, answer) => {
    const { method, url: path = '/', headers } = asked
    if (path.includes('/subscribe') && stream === 'answers with HTML that never ends') {
      answer
        .writeHead(200, { 'content-type': 'Text/Event-Stream' })
        .write('<!doctype html>\n:root { }\n<p>Log in</p>\n')
      return
    }
    if (path.includes('/subscribe') && stream === 'holds the headers back') return
    const passed = request({ host: '127.0.0.1', port: fake.port, method, path, headers }, (response) => {
      const { 'content-length': _, ...rest } = response.headers
      answer.writeHead(response.statusCode ?? 502, { ...rest, 'content-encoding': 'gzip' }).flushHeaders()
      const flushes = stream === 'compresses and flushes'
      response.pipe(createGzip(flushes ? { flush: constants.Z_SYNC_FLUSH } : {})).pipe(answer)
      response.on('error', () => answer.destroy())
    })
    passed.on('error', () => answer.destroy())
    answer.on('close', () => passed.destroy())
    asked.pipe(passed)
  })
  // A client that is closed meanwhile resets the connection.
  server.on('upgrade', (_, socket) =>
    socket.on('error', () => {}).end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.concurrent('behind a front end that compresses without a request', () => {
  const polled: readonly (readonly [Stream, TransportName])[] = [
    ['compresses and buffers', 'polling'],
    ['answers with HTML that never ends', 'polling'],
  ]

  it.each([['compresses and flushes', 'sse'] as const, ...sampled(polled, 1, 'polled')])(
    'whose SSE stream it %s, events come by %s',
    async (stream, transport) => {
      await using fake = await startFakeMeshery({ release: 'current', keepAlive: 50 })
      await using front = await frontEnd(fake, stream)
      const firstByte = transport === 'sse' ? 30_000 : 300
      await using watching = watch(front.url, { options: { timeouts: { ...hasty.timeouts, firstByte } } })
      await watching.subscription.ready
      fake.events.add()
      await until(() => expect(watching.notices).toContainEqual(expect.objectContaining(worksOver(transport))))
      await until(() => expect(watching.subscription.status.transport).toBe(transport))
      fake.events.add()
      await gotAll(watching, fake.events.rows)
      if (transport === 'polling')
        expect(watching.reasons()).toContainEqual(expect.objectContaining({ code: 'TRANSPORT_UNAVAILABLE' }))
    },
  )
})

describe.concurrent('the reason of polling', () => {
  const reasons: readonly (readonly [Stream, string])[] = [
    [
      'holds the headers back',
      'The SSE stream got no headers within 400 ms (timeouts.connect): a proxy may hold it back',
    ],
    ['compresses and buffers', 'The SSE stream got no line within 300 ms (timeouts.firstByte)'],
    ['answers with HTML that never ends', 'The SSE stream got no line within 300 ms (timeouts.firstByte)'],
  ]

  it.each(sampled(reasons, 1, 'reason'))('behind a front end that %s is: %s', async (stream, message) => {
    await using fake = await startFakeMeshery({ release: 'current', keepAlive: 50 })
    await using front = await frontEnd(fake, stream)
    const connect = stream === 'holds the headers back' ? 400 : 30_000
    const timeouts = { ...hasty.timeouts, connect, firstByte: 300 }
    await using watching = watch(front.url, { options: { timeouts } })
    const reason = expect.objectContaining({
      code: 'TRANSPORT_UNAVAILABLE',
      message,
      remedy: errorKinds.TRANSPORT_UNAVAILABLE.remedy,
    })
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling', reason }))
    expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'status', state: 'polling', reason }))
    fake.contexts.add({ name: 'followed' })
    await using meshery = createMeshery({ ...hasty, url: front.url, timeouts })
    const controllers = meshery.subscribeMesheryControllersStatus()
    await until(() => expect(controllers.status).toMatchObject({ state: 'polling', reason }))
  })

  it('is null where nothing better is allowed', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using watching = watch(fake.url, { options: { transports: ['polling', 'sse'] } })
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling', reason: null }))
  })
})
