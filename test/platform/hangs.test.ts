import dns from 'node:dns'
import type { Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Credentials } from '../../src/credentials/credentials.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { workerPlatform } from '../../src/platform/worker.ts'
import { isFull, sampled } from '../sample.ts'
import { eventually } from '../waiting.ts'
import { failure, serverAt } from './http-server.ts'
import { chunk, endless, head, raw, trickle } from './raw-server.ts'

const json = 'content-type: application/json'
const text = 'content-type: text/plain'
const chunked = 'transfer-encoding: chunked'
const sized = 'content-length: 1000'
const rows = JSON.stringify({ events: Array.from({ length: 50 }, (_, id) => ({ id })) })
const read = { phase: 'store', timeout: 200 } as const

/** The error with which a read rejects, and how long it took in milliseconds. */
const timed = async (promise: Promise<unknown>): Promise<{ error: unknown; tookMs: number }> => {
  const began = performance.now()
  const error = await failure(promise)
  return { error, tookMs: performance.now() - began }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('a read ends with its own time-out where the server', () => {
  type Answer = (socket: Socket) => void
  const endsWithTimeout = async (answer: Answer, timeout: number): Promise<void> => {
    await using peer = await raw(answer)
    const { error, tookMs } = await timed(serverAt(peer.url).json('/api/rows', { ...read, timeout }))
    expect(error).toMatchObject({ code: 'TIMED_OUT', phase: 'store', retryable: true, details: { timeout } })
    // A timer counts from the beginning of its turn of the event loop, and the first read of a process begins late in it.
    expect(tookMs).toBeGreaterThan(50)
    await eventually(() => expect(peer.connections()).toBe(0))
  }

  const informational: [what: string, answer: Answer] = [
    'sends 1xx responses for ever',
    (socket) => endless(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
  ]
  const answers: readonly [what: string, answer: Answer][] = [
    ['sends nothing', () => {}],
    ['sends its headers byte by byte', (socket) => trickle(socket, head(200, json, ...Array(50).fill('x-a: 1')))],
    ['sends its body byte by byte, sized', (socket) => trickle(socket.resume(), head(200, json, sized) + rows, 1)],
    ['stops in a sized body', (socket) => socket.write(`${head(200, json, sized)}{"a":`)],
    ['stops in a chunked body', (socket) => socket.write(`${head(200, json, chunked)}3\r\n[1,\r\n`)],
    ['stops in the size of a chunk', (socket) => socket.write(`${head(200, json, chunked)}3\r\n[1]\r\n1`)],
    ['never sends the last chunk', (socket) => socket.write(`${head(200, json, chunked)}3\r\n[1]\r\n`)],
    ['stops in the trailers', (socket) => socket.write(`${head(200, json, chunked)}3\r\n[1]\r\n0\r\nx-a: 1\r\n`)],
    ['stops in a body that ends only with the connection', (socket) => socket.write(`${head(200, text)}{"a":`)],
    ['stops there after complete JSON', (socket) => socket.write(`${head(200, json)}{"events":[]}`)],
    ['stops there after an unfinished number', (socket) => socket.write(`${head(200, json)}12`)],
    ['stops there before the first byte', (socket) => socket.write(head(200, json))],
    [
      'stops in a compressed body',
      (socket) => {
        socket.write(head(200, json, 'content-encoding: gzip'))
        socket.write(gzipSync(rows).subarray(0, 40))
      },
    ],
    [
      'stops after a compressed body',
      (socket) => {
        socket.write(head(200, json, 'content-encoding: br'))
        socket.write(brotliCompressSync(rows))
      },
    ],
    ['sends 100 Continue, and nothing more', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
    // They keep the processor busy for the two seconds.
    ...(isFull ? [informational] : []),
  ]
  // A busy machine has connected by then.
  it.concurrent.each(sampled(answers, 6, 'time-out'))('%s', (_, answer) => endsWithTimeout(answer, 2_000))

  // The body of what refuses is waited for for a second at most. One after another, they connect sooner.
  it.each<[what: string, answer: Answer]>([
    ['stops in the body of a refusal', (socket) => socket.write(`${head(404, text, sized)}404 page`)],
    ['stops in an HTML page', (socket) => socket.write(`${head(200, 'content-type: text/html', sized)}<html>`)],
    ['stops in a redirect', (socket) => socket.write(`${head(302, 'location: /x', sized)}<a>`)],
  ])('%s', (_, answer) => endsWithTimeout(answer, 600))

  it('is never found', async () => {
    const lookup = vi.spyOn(dns, 'lookup').mockImplementation(() => {})
    const error = await failure(serverAt('http://meshery.example.com').json('/api/rows', read))
    expect(lookup).toHaveBeenCalled()
    expect(error).toMatchObject({ code: 'TIMED_OUT', phase: 'dns' })
  })

  it('never completes the TLS handshake', async () => {
    await using peer = await raw(() => {})
    const error = await failure(
      serverAt(peer.url.replace('http', 'https')).json('/api/rows', { ...read, timeout: 2_000 }),
    )
    expect(error).toMatchObject({ code: 'TIMED_OUT', phase: 'tls' })
    await eventually(() => expect(peer.connections()).toBe(0))
  })
})

describe('a read fails at once where the server', () => {
  it.each<[what: string, answer: string]>([
    ['changes the protocol', head(101, 'connection: upgrade', 'upgrade: websocket')],
    ['changes the protocol and sends more', `${head(101, 'connection: upgrade', 'upgrade: x')}[1]`],
    ['changes the protocol without naming the new one', head(101)],
    ['changes the protocol, and sends an answer after it', `${head(101)}${head(200, json, 'content-length: 2')}{}`],
  ])('%s', async (_, answer) => {
    await using peer = await raw((socket) => socket.write(answer))
    // Its time-out is longer than that of this test.
    const error = await failure(serverAt(peer.url).json('/api/rows', { ...read, timeout: 600_000 }))
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
    await eventually(() => expect(peer.connections()).toBe(0))
  })
})

const gzip = gzipSync(rows)
const brotli = brotliCompressSync(rows)
const cuts: readonly (readonly [what: string, bytes: readonly (string | Uint8Array)[]])[] = [
  ['a sized body', [head(200, text, sized), '{"a":1}']],
  ['a sized body before its first byte', [head(200, text, sized)]],
  ['a sized body after a number', [head(200, json, 'content-length: 3'), '12']],
  ['a chunked body', [head(200, text, chunked), chunk('{"a":1}')]],
  ['a chunk', [head(200, text, chunked), '7\r\n{"a"']],
  ['a chunked body after a number', [head(200, json, chunked), chunk('12')]],
  ['a gzip body that is sized', [head(200, json, 'content-encoding: gzip', sized), gzip.subarray(0, 30)]],
  ['a gzip body that is chunked', [head(200, json, 'content-encoding: gzip', chunked), chunk(gzip)]],
]
const cutsInside: typeof cuts = [
  [
    'a gzip body inside its size',
    [head(200, text, 'content-encoding: gzip', 'content-length: 30'), gzip.subarray(0, 30)],
  ],
  ['a gzip body before its sum', [head(200, json, 'content-encoding: gzip'), gzip.subarray(0, -8)]],
  ['a gzip body', [head(200, text, 'content-encoding: gzip'), gzip.subarray(0, 40)]],
  ['a brotli body', [head(200, text, 'content-encoding: br'), brotli.subarray(0, -4)]],
  ['JSON that ends only with the connection', [head(200, text), rows.slice(0, 40)]],
]
const resets: typeof cuts = [
  ['a body that ends only with the connection, after JSON', [head(200, json), '{"events":[]}']],
  ['a body that ends only with the connection, after a number', [head(200, json), '12']],
  ['a body that ends only with the connection', [head(200, text), '{"a":']],
]

describe('an interrupted body is a lost connection or a broken response, to be read again:', () => {
  const cutAt = async (bytes: readonly (string | Uint8Array)[], end: (socket: Socket) => void): Promise<unknown> => {
    await using peer = await raw((socket) => {
      for (const each of bytes) socket.write(each)
      // What was written is read before the connection ends.
      setTimeout(end, 30, socket)
    })
    return await failure(serverAt(peer.url).json('/api/rows', { ...read, timeout: 5_000 }))
  }

  it.concurrent.each(sampled([...cuts, ...cutsInside], 4, 'end'))('%s, by an end', async (_, bytes) => {
    const error = await cutAt(bytes, (socket) => socket.end())
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_LOST|BAD_FRAME|SERVER_ERROR)$/),
      retryable: true,
    })
  })

  it.concurrent.each(sampled([...cuts, ...cutsInside, ...resets], 4, 'reset'))('%s, by a reset', async (_, bytes) => {
    const error = await cutAt(bytes, (socket) => socket.resetAndDestroy())
    expect(error).toMatchObject({ code: expect.stringMatching(/^(CONNECTION_LOST|BAD_FRAME)$/), retryable: true })
  })
})

describe('a call that never settles, although it was aborted, does not delay the client:', () => {
  const never = new Promise<never>(() => {})
  const stuck = (): Response => new Response(new ReadableStream({ pull: () => never, cancel: () => never }))
  const platforms: readonly Platform[] = [browserPlatform, workerPlatform()]

  it.each(
    platforms.flatMap(
      (platform) =>
        [
          [platform.name, 'fetch', platform, () => never],
          [platform.name, 'a body', platform, async () => stuck()],
          [platform.name, 'the body of a refusal', platform, async () => new Response(stuck().body, { status: 503 })],
        ] as const,
    ),
  )('in a %s, %s', async (_name, _what, platform, fetching) => {
    vi.stubGlobal('fetch', fetching)
    const credentials = new Credentials({ identity: {}, setsCookies: platform.setsHeaders })
    const server = new HttpClient(platform, credentials, { url: new URL('https://meshery.example.com'), headers: {} })
    expect(await failure(server.json('/api/rows', read))).toMatchObject({
      code: 'TIMED_OUT',
      phase: 'store',
      retryable: true,
    })
    const abort = new AbortController()
    const aborted = failure(server.json('/api/rows', { ...read, timeout: 60_000, signal: abort.signal }))
    setTimeout(() => abort.abort(), 20)
    expect(await aborted).toMatchObject({ code: 'CLOSED', phase: 'store' })
  })
})
