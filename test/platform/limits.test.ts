import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { brotliCompressSync, constants, createBrotliCompress, createGzip, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { RetryAfterHolds } from '../../src/base/retry-after-holds.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { openSocket, postQuery } from '../../src/http/graphql-endpoint.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { findProvider } from '../../src/platform/providers.ts'
import { workerPlatform } from '../../src/platform/worker.ts'
import { sampled } from '../sample.ts'
import { eventually } from '../waiting.ts'
import { failure, listen, serverAt } from './http-server.ts'
import { chunk, endless, head, raw } from './raw-server.ts'

const json = 'content-type: application/json'
const chunked = 'transfer-encoding: chunked'
const messageBytes = 100_000
const limits = { messageBytes }
const read = { phase: 'store', timeout: 10_000 } as const
const some = 'x'.repeat(10_000)
/** 10 MB of zeros, in a few bytes. */
const bomb = Buffer.alloc(10_000_000, ' ')

const tooLarge = {
  code: 'TOO_LARGE',
  phase: 'store',
  retryable: false,
  message: expect.stringMatching(/\/api\/rows answers with more than 100000 bytes \(`limits\.messageBytes`\)$/),
  details: { limit: messageBytes },
}

afterEach(() => {
  vi.unstubAllGlobals()
})

const encoded = (socket: Socket, name: string, zip: Readable & NodeJS.WritableStream): void => {
  socket.write(head(200, json, `content-encoding: ${name}`))
  zip.pipe(socket, { end: false })
  const more = (): void => {
    while (!socket.destroyed) if (!zip.write(some)) return void zip.once('drain', more)
    zip.destroy()
  }
  socket.on('close', () => zip.destroy())
  more()
}

/** The default of the compressor takes seconds. */
const quickBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }

describe('a response that exceeds limits.messageBytes is TOO_LARGE, and its connection is closed:', () => {
  it.each(
    sampled<[what: string, answer: (socket: Socket) => void]>(
      [
        [
          'one with a larger content-length',
          (socket) => endless(socket, `${head(200, json, 'content-length: 1000000000')}${some}`),
        ],
        [
          'one in chunks without end',
          (socket) => {
            socket.write(head(200, json, chunked))
            endless(socket, chunk(some))
          },
        ],
        [
          'one in chunks of a byte each',
          (socket) => {
            socket.write(head(200, json, chunked))
            endless(socket, Buffer.concat(Array(1_000).fill(chunk('x'))))
          },
        ],
        [
          'one that ends only with the connection',
          (socket) => {
            socket.write(head(200, 'content-type: text/plain'))
            endless(socket, some)
          },
        ],
        ['gzip without end', (socket) => encoded(socket, 'gzip', createGzip())],
        ['brotli without end', (socket) => encoded(socket, 'br', createBrotliCompress(quickBrotli))],
      ],
      2,
      'too large',
    ),
  )('%s', async (_, answer) => {
    await using peer = await raw(answer)
    expect(await failure(serverAt(peer.url, {}, { limits }).json('/api/rows?page=1', read))).toMatchObject(tooLarge)
    await eventually(() => expect(peer.connections()).toBe(0))
  })

  it.each(
    sampled(
      [
        ['gzip', () => gzipSync(bomb)],
        ['deflate', () => deflateSync(bomb)],
        ['br', () => brotliCompressSync(bomb, quickBrotli)],
        ['gzip, gzip', () => gzipSync(gzipSync(bomb))],
      ],
      1,
      'encodings',
    ),
  )('a few bytes of %s that decode to 10 MB', async (name, compressed) => {
    const body = compressed()
    expect(body.length).toBeLessThan(messageBytes)
    await using peer = await listen((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': name }).end(body),
    )
    expect(await failure(serverAt(peer.url, {}, { limits }).json('/api/rows', read))).toMatchObject(tooLarge)
  })

  it('a query that is POSTed', async () => {
    await using peer = await raw((socket) => {
      socket.write(head(200, json))
      endless(socket, some)
    })
    const error = await failure(
      postQuery(serverAt(peer.url, {}, { limits }), { query: '{ x }', variables: {} }, { ...read, phase: 'poll' }),
    )
    expect(error).toMatchObject({ code: 'TOO_LARGE', phase: 'poll' })
  })

  it('but one of exactly the limit is read', async () => {
    const body = JSON.stringify('x'.repeat(messageBytes - 2))
    await using peer = await listen((_, response) => response.end(response.req.url === '/more' ? `${body} ` : body))
    const server = serverAt(peer.url, {}, { limits })
    expect(await server.json('/', read)).toMatchObject({ body: JSON.parse(body) })
    expect(await failure(server.json('/more', read))).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('by default one of more than 32 MiB', { tags: ['full'] }, async () => {
    await using peer = await listen((_, response) => response.end(`"${'x'.repeat(2 ** 25 - 2)}"`))
    expect((await serverAt(peer.url).json('/', read)).body).toHaveLength(2 ** 25 - 2)
    await using more = await listen((_, response) => response.end(`"${'x'.repeat(2 ** 25 - 1)}"`))
    expect(await failure(serverAt(more.url).json('/', read))).toMatchObject({ details: { limit: 2 ** 25 } })
  })

  it.each<[string, Platform]>([
    ['browser', browserPlatform],
    ['worker', workerPlatform()],
  ])('in a %s, where the body is cancelled', async (_, platform) => {
    let given = 0
    const cancel = vi.fn()
    const pull = (body: ReadableStreamDefaultController<Uint8Array>): void => {
      given += 10_000
      body.enqueue(new Uint8Array(10_000).fill(32))
    }
    vi.stubGlobal('fetch', async () => new Response(new ReadableStream({ pull, cancel })))
    const credentials = new Credentials({ identity: {}, setsCookies: platform.setsHeaders })
    const url = new URL('https://meshery.example.com')
    const server = new HttpClient(platform, credentials, { url, headers: {}, limits })
    expect(await failure(server.json('/api/rows', read))).toMatchObject(tooLarge)
    expect(cancel).toHaveBeenCalled()
    expect(given).toBeLessThan(2 * messageBytes)
  })
})

describe('of an unexpected response only the beginning is read:', () => {
  it.each(
    sampled<[what: string, status: number, code: string, ...lines: string[]]>(
      [
        ['a refusal', 500, 'SERVER_ERROR', 'content-type: text/plain'],
        ['a 404', 404, 'NOT_MESHERY', 'content-type: text/plain'],
        ['a page', 200, 'NOT_MESHERY', 'content-type: text/html'],
        ['a redirect', 302, 'GATEWAY_LOGIN', 'location: https://elsewhere.example.com/'],
        ['a gateway that asks for a login', 401, 'GATEWAY_LOGIN', 'www-authenticate: Basic'],
      ],
      2,
      'unexpected',
    ),
  )('%s without end', async (_, status, code, ...lines) => {
    let sent = 0
    await using peer = await raw((socket) => {
      socket.write(head(status, ...lines))
      endless(socket, some)
      socket.on('close', () => (sent = socket.bytesWritten))
    })
    expect(await failure(serverAt(peer.url).json('/api/rows', read))).toMatchObject({ code, details: { status } })
    await eventually(() => expect(sent).toBeGreaterThan(0))
    // What the two kernels hold is sent, though not read.
    expect(sent).toBeLessThan(20_000_000)
  })

  it('one that decodes to 10 MB', async () => {
    await using peer = await listen((_, response) =>
      response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync(bomb)),
    )
    expect(await failure(serverAt(peer.url).json('/api/rows', read))).toMatchObject({ code: 'SERVER_ERROR' })
  })

  it.each([
    ['without end', (socket: Socket) => endless(socket, some)],
    ['that ends', (socket: Socket) => socket.end(some)],
  ])('one in place of an upgrade, %s', async (_, answer) => {
    await using peer = await raw((socket) => {
      socket.write(head(503, 'content-type: text/plain'))
      answer(socket)
    })
    const server = serverAt(peer.url)
    const error = await new Promise((resolve) => {
      openSocket(server, 'graphql-transport-ws', resolve)
    })
    expect(error).toMatchObject({ code: 'SERVER_ERROR', details: { status: 503 } })
    await eventually(() => expect(peer.connections()).toBe(0))
  })
})

describe('what comes before a body is bounded too:', () => {
  it.each(
    sampled<[what: string, answer: (socket: Socket) => void]>(
      [
        [
          'headers without end',
          (socket) => {
            socket.write('HTTP/1.1 200 OK\r\n')
            endless(socket, `x-a: ${'a'.repeat(1_000)}\r\n`)
          },
        ],
        [
          'a header without end',
          (socket) => {
            socket.write('HTTP/1.1 200 OK\r\nx-a: ')
            endless(socket, 'a'.repeat(1_000))
          },
        ],
        [
          'a reason without end',
          (socket) => {
            socket.write('HTTP/1.1 200 ')
            endless(socket, 'a'.repeat(1_000))
          },
        ],
        [
          'trailers without end',
          (socket) => {
            socket.write(`${head(200, json, chunked)}2\r\n{}\r\n0\r\n`)
            endless(socket, `x-a: ${'a'.repeat(1_000)}\r\n`)
          },
        ],
        ['an invalid chunk size', (socket) => socket.write(`${head(200, json, chunked)}2\r\n{}\r\nzz\r\n`)],
        [
          'an extension of a chunk without end',
          (socket) => endless(socket, `${head(200, json, chunked)}2;a=${'a'.repeat(100_000)}`),
        ],
      ],
      2,
      'before a body',
    ),
  )('%s', async (_, answer) => {
    await using peer = await raw(answer)
    const error = await failure(serverAt(peer.url).json('/api/rows', { ...read, timeout: 2_000 }))
    expect(error).toBeInstanceOf(MesheryError)
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(BAD_FRAME|TIMED_OUT)$/),
      phase: 'store',
      retryable: true,
    })
    await eventually(() => expect(peer.connections()).toBe(0))
  })

  it('more encodings than any front end uses are not decoded', async () => {
    const names = Array(4).fill('gzip').join(', ')
    await using peer = await listen((_, response) =>
      response.writeHead(200, { 'content-encoding': names }).end(gzipSync(gzipSync(gzipSync(gzipSync('{}'))))),
    )
    const error = await failure(serverAt(peer.url).json('/api/rows', read))
    expect(error).toMatchObject({ code: 'NOT_MESHERY', details: { contentEncoding: names } })
  })
})

describe('the list of providers', () => {
  const who = { hasToken: true, provider: '', isFound: false, isAsked: false, from: {} }
  const request = (url: string, timeout = 5_000) => ({
    url: new URL(url),
    headers: {},
    timeout,
    limit: messageBytes,
    holds: new RetryAfterHolds(),
  })

  it('that is too large is an error that names the limit', async () => {
    await using peer = await raw((socket) => {
      socket.write(head(200, json))
      endless(socket, some)
    })
    const { platform } = serverAt(peer.url)
    expect(await failure(Promise.resolve(platform.findProvider?.(who, request(peer.url))))).toMatchObject({
      code: 'TOO_LARGE',
      phase: 'credentials',
      message: expect.stringContaining('/api/providers answers with more than 100000 bytes (`limits.messageBytes`)'),
    })
    await eventually(() => expect(peer.connections()).toBe(0))
  })

  it('is an error where the server stalls, or where `fetch` never settles, unless a provider is known', async () => {
    await using peer = await raw((socket) => socket.write(`${head(200, json)}{"Meshery":{}}`))
    const never = (): Promise<never> => new Promise(() => {})
    const find = async (known: object): Promise<unknown> => [
      await serverAt(peer.url).platform.findProvider?.({ ...who, ...known }, request(peer.url, 100)),
      await findProvider({ ...who, ...known }, request('http://meshery.example.com', 100), never),
    ]
    await expect(find({})).rejects.toMatchObject({ code: 'TIMED_OUT', phase: 'credentials', retryable: true })
    expect(await find({ provider: 'Meshery' })).toEqual([undefined, undefined])
  })
})
