import { type ServerResponse, request as send } from 'node:http'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { deferred } from '../../src/base/abort.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { until } from '../client/watching.ts'
import { soonMs, withEnoughMs } from '../waiting.ts'
import { type Handler, json, openStream, query, serveBefore } from './before.ts'
import { serve } from './served.ts'

describe.concurrent('streams', () => {
  test('each message leaves at once', async () => {
    const stream = deferred<ServerResponse>()
    await using pair = await serveBefore((_, response) => {
      response.setHeader('content-type', 'text/event-stream')
      response.flushHeaders()
      stream.resolve(response)
    })
    const answer = await openStream(pair.own)
    expect(answer.headers['content-type']).toBe('text/event-stream')
    let text = ''
    answer.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    const meshery = await stream.promise
    for (const message of [': hello\n\n', 'data: {"a":1}\n\n', 'data: planted-token\n\n']) {
      text = ''
      meshery.write(message)
      await until(() => expect(text).toBe(message))
    }
    answer.destroy()
  })

  test('when the page goes, so does the request to Meshery', async () => {
    const gone = deferred<void>()
    await using pair = await serveBefore((_, response) => {
      response.on('close', () => gone.resolve())
      response.setHeader('content-type', 'text/event-stream')
      response.flushHeaders()
    })
    const answer = await openStream(pair.own)
    answer.destroy()
    await gone.promise
  })

  test('a page that gives up before the answer leaves no request behind', async () => {
    const [asked, gone] = [deferred<void>(), deferred<void>()]
    await using pair = await serveBefore((_, response) => {
      response.on('close', () => gone.resolve())
      asked.resolve()
    })
    const { own } = pair
    const request = send(`${own.url}/api/application`, { headers: { cookie: own.cookie }, agent: false }).on(
      'error',
      () => {},
    )
    request.end()
    await asked.promise
    request.destroy()
    await gone.promise
    expect(own.problems.filter(Boolean)).toEqual([])
  })

  test('a page that does not read makes Meshery wait', async () => {
    let sent = 0
    await using pair = await serveBefore((_, response) => {
      response.setHeader('content-type', 'text/event-stream')
      const piece = Buffer.alloc(65_536, ':')
      const write = (): void => {
        while (sent < 2 ** 28) {
          sent += piece.length
          if (!response.write(piece)) {
            response.once('drain', write)
            return
          }
        }
      }
      write()
    })
    const answer = await openStream(pair.own)
    answer.pause()
    let before = -1
    await until(() => {
      const last = before
      before = sent
      expect(sent).toBe(last)
    })
    expect(sent).toBeLessThan(2 ** 27)
    answer.destroy()
  })

  test('the connection is cut where the answer of Meshery is, so that half an answer does not look whole', async () => {
    await using pair = await serveBefore((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"half":')
      setImmediate(() => response.destroy())
    })
    await expect(pair.own.get('/api/application')).rejects.toThrow()
  })
})

describe.concurrent('limits', () => {
  // The check at the start has the same time-outs.
  test('a Meshery that does not answer is given up', () =>
    withEnoughMs(async (request) => {
      await using pair = await serveBefore(() => {}, { timeouts: { request } })
      const { status, body } = await pair.own.get('/api/application')
      expect(status).toBe(504)
      expect(body).toContain(`was silent for ${request} ms`)
      expect(pair.own.problems.at(-1)).toMatchObject({ code: 'TIMED_OUT' })
    }))

  const beginStream: Handler = (_, response) =>
    void response.setHeader('content-type', 'text/event-stream').write(': a\n\n')

  test('so is one that stops in the middle', () =>
    withEnoughMs(async (request) => {
      await using pair = await serveBefore(beginStream, { timeouts: { request } })
      await expect(pair.own.get('/api/application')).rejects.toThrow()
    }))

  test('so is a stream without keep-alive', async () => {
    await using pair = await serveBefore(beginStream, { timeouts: { idleSSE: 300 } })
    const answer = await openStream(pair.own)
    await new Promise((resolve) => answer.on('error', resolve).resume())
  })

  test('a Meshery that is away is 502', async () => {
    await using fake = await startFakeMeshery()
    await using own = await serve({ url: fake.url })
    await fake.stop()
    const { status, body } = await own.get('/api/system/version')
    expect([status, body.trim().split('\n').length]).toEqual([502, 1])
    await fake.start()
    expect((await own.get('/api/system/version')).status).toBe(200)
    expect(JSON.parse((await own.get('/dashboard.json')).body)).toMatchObject({ server: { url: fake.url } })
  })

  test('a query has a size, a type and no mutation', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const mutation = 'mutation { changeAdapterStatus(input: {targetStatus: ENABLED}) }'
    const answers = await Promise.all([
      query(own, JSON.stringify({ query: `{ a${' '.repeat(2 ** 20)} }` })),
      query(own, JSON.stringify({ query: '{ a }' }), { 'content-type': 'text/plain' }),
      query(own, JSON.stringify({ query: mutation })),
      query(own, JSON.stringify({ query: `query A { a } ${mutation.replace('{', 'B {')}`, operationName: 'A' })),
      query(own, JSON.stringify([{ query: '{ a }' }])),
      query(own, 'no JSON'),
      query(own, JSON.stringify({ query: 'no GraphQL' })),
      query(own, JSON.stringify({ query: '{'.repeat(5_000) })),
      query(own, JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } })),
    ])
    expect(answers.map(({ status }) => status)).toEqual([413, 415, 403, 403, 403, 403, 403, 403, 403])
    expect(fake.stats.requests).toEqual([])
  })

  test('only the known fields of a query are passed on: Go reads `Query` as `query`', async () => {
    const bodies: string[] = []
    await using pair = await serveBefore((request, response) => {
      request.setEncoding('utf8').on('data', (piece: string) => bodies.push(piece))
      request.on('end', () => json(response, { data: null }))
    })
    const text = '{"query":"{ a }","Query":"mutation { b }","variables":{"x":1},"operationName":null,"extensions":{}}'
    expect((await query(pair.own, text)).status).toBe(200)
    expect(JSON.parse(bodies.join(''))).toEqual({ query: '{ a }', variables: { x: 1 }, operationName: null })
  })

  test('everything ends at once when the dashboard closes, though Meshery hangs', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using own = await serve({ url: fake.url })
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, 'graphql-transport-ws', {
      headers: { cookie: own.cookie },
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.on('open', resolve))
    fake.faults.freeze()
    const hanging = own.get('/api/system/events').then(
      () => 'answered',
      () => 'cut',
    )
    await until(() => expect(fake.stats.openSockets).toBe(1))
    const began = performance.now()
    await own.dashboard.close()
    expect(await hanging).toBe('cut')
    await closed
    expect(performance.now() - began).toBeLessThan(soonMs)
    await fake.faults.thaw()
    await until(() => expect(fake.stats.openSockets).toBe(0))
  })
})
