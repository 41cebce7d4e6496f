import type { ServerResponse } from 'node:http'
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openSocket, postQuery } from '../../src/http/graphql-endpoint.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import { failure, listen, serverAt } from './http-server.ts'

const reading = { phase: 'store', timeout: 5_000 } as const
const rows = { data: [{ description: 'täxt' }], total_count: 1 }

/** A front end that compresses although the client does not accept it. */
const compressed = (encoding: string, body: Uint8Array, type = 'application/json', status = 200) =>
  listen((_, response: ServerResponse) =>
    response.writeHead(status, { 'content-type': type, 'content-encoding': encoding }).end(body),
  )

const json = JSON.stringify(rows)

describe('content encoding', () => {
  it('is requested as identity, by every request and whatever `headers` contains', async () => {
    await using http = await listen(
      (_, response) => response.end('{}'),
      (_, socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'),
    )
    const server = serverAt(http.url, {}, { headers: { 'accept-encoding': 'gzip' } })
    await server.json('/read', reading)
    await postQuery(server, { query: '{ x }', variables: {} }, reading)
    const socket = openSocket(server, 'graphql-transport-ws', () => {})
    await new Promise<void>((resolve) => {
      socket.onclose = () => resolve()
    })
    expect(http.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['identity', 'identity', 'identity'])
  })

  it.each([
    ['gzip', gzipSync(json)],
    ['X-GZIP', gzipSync(json)],
    ['deflate', deflateSync(json)],
    ['br', brotliCompressSync(json)],
    ['identity', Buffer.from(json)],
    ['deflate, gzip', gzipSync(deflateSync(json))],
  ])('%s is decoded although it was not requested', async (encoding, body) => {
    await using http = await compressed(encoding, body)
    expect((await serverAt(http.url).json('/read', reading)).body).toEqual(rows)
  })

  it('an encoding that cannot be decoded is reported with its name and a remedy', async () => {
    await using http = await compressed('zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))
    const error = await failure(serverAt(http.url).json('/read', reading))
    expect(error).toMatchObject({
      code: 'NOT_MESHERY',
      message: expect.stringContaining('the content encoding zstd'),
      remedy: expect.stringContaining('Ask the operator of the proxy'),
      details: { status: 200, contentEncoding: 'zstd' },
    })
  })

  it('a refusal in an unknown encoding is classified by its status', async () => {
    await using http = await compressed('zstd', Buffer.from([1, 2, 3]), 'text/plain', 503)
    const error = await failure(serverAt(http.url).json('/read', reading))
    expect(error).toMatchObject({ code: 'SERVER_ERROR', details: { status: 503 } })
    expect(String(error)).not.toMatch(/\p{C}/u)
  })

  it('the text of a refusal is decoded, also in place of an upgrade', async () => {
    const body = gzipSync('{"errors":[{"message":"transport not supported"}],"data":null}')
    await using http = await compressed('gzip', body, 'application/json', 400)
    const server = serverAt(http.url)
    expect(await failure(server.json('/read', reading))).toMatchObject({
      message: expect.stringContaining('transport not supported'),
    })
    const refusal = await new Promise((resolve) => openSocket(server, 'graphql-transport-ws', resolve))
    expect(refusal).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true } })
  })

  it.each([
    ['has another encoding than its header', gzipSync(json).fill(7, 10)],
    ['ends early', gzipSync(json).subarray(0, 25)],
  ])('a body that %s is a broken response, which is read again', async (_, body) => {
    await using http = await compressed('gzip', body)
    expect(await failure(serverAt(http.url).json('/read', reading))).toMatchObject({
      code: 'BAD_FRAME',
      phase: 'store',
      retryable: true,
    })
  })

  it('leaves no connection behind, read or refused', async () => {
    await using http = await listen((request, response) => {
      response.writeHead(200, { 'content-encoding': request.url === '/known' ? 'gzip' : 'zstd' }).write(gzipSync('{'))
    })
    const server = serverAt(http.url)
    for (const path of ['/known', '/unknown']) {
      const timeout = path === '/known' ? 200 : 30_000
      const error = await failure(server.json(path, { ...reading, timeout }))
      expect(error).toMatchObject({ code: path === '/known' ? 'TIMED_OUT' : 'NOT_MESHERY' })
    }
    server.platform.close()
    await expect.poll(() => http.connections()).toBe(0)
  })

  it('is not checked in a browser, which decodes by itself', async () => {
    const answer = (): Promise<Response> =>
      Promise.resolve(new Response(json, { headers: { 'content-encoding': 'zstd' } }))
    const server = serverAt('http://page.test')
    Object.assign(server, { platform: { ...browserPlatform, fetch: answer } })
    expect((await server.json('/read', reading)).body).toEqual(rows)
  })
})

describe('media types', () => {
  it.each([
    ['Text/Event-Stream; charset=UTF-8', true],
    ['TEXT/EVENT-STREAM', true],
    ['text/plain', false],
  ])('%s is an SSE stream: %s', async (type, accepted) => {
    await using http = await listen((_, response) => response.writeHead(200, { 'content-type': type }).end(':\n\n'))
    const asked = serverAt(http.url).get('/stream', { accept: 'text/event-stream', phase: 'subscribe' })
    expect((await failure(asked)) === undefined).toBe(accepted)
  })

  it('recognises HTML and JSON in any case', async () => {
    await using http = await listen((request, response) => {
      const type = request.url === '/page' ? 'Text/HTML; charset=UTF-8' : 'Application/JSON'
      response.writeHead(200, { 'content-type': type }).end('[')
    })
    expect(await failure(serverAt(http.url).json('/page', reading))).toMatchObject({ code: 'NOT_MESHERY' })
    expect(await failure(serverAt(http.url).json('/json', reading))).toMatchObject({ code: 'SERVER_ERROR' })
  })
})

it('decodes a stream as it comes, each message at once', async () => {
  const zip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  await using http = await listen((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }).flushHeaders()
    zip.pipe(response)
  })
  const { body } = await serverAt(http.url).get('/stream', { accept: 'text/event-stream', phase: 'subscribe' })
  const reader = body?.getReader()
  for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
    zip.write(text)
    const { value } = (await reader?.read()) ?? {}
    expect(new TextDecoder().decode(value)).toBe(text)
  }
  await reader?.cancel()
  await expect.poll(() => http.connections()).toBe(0)
})
