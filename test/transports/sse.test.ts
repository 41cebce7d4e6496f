import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constants, createGzip, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { sse } from '../../src/transports/sse.ts'
import { runsOf, sampled } from '../sample.ts'
import { block, dial, Recorder, serverAt, settled, until } from './rig.ts'

const operation = { sse: '/api/system/events/subscribe' }

/** A server that leaves the stream to the test. `first` is sent together with the headers. */
const startStream = async (
  headers: Record<string, string> | undefined = { 'content-type': 'text/event-stream' },
  first?: string | Uint8Array,
) => {
  const streams: ServerResponse[] = []
  let gone = 0
  const http = createServer((_, response) => {
    streams.push(response)
    response.on('close', () => gone++)
    if (headers) response.writeHead(200, headers).flushHeaders()
    if (first !== undefined) response.write(first)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    streams,
    get gone() {
      return gone
    },
    async stream(): Promise<ServerResponse> {
      await until(() => streams.length > 0)
      const [stream] = streams
      if (!stream) throw new Error('no request')
      return stream
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

it('opens with the headers, before any byte', async () => {
  await using peer = await startStream()
  await using connection = dial(sse, serverAt(peer.url))
  const listener = new Recorder()
  connection.start(operation, listener)
  await until(() => listener.opened === 1)
  expect(await settled(connection.ended)).toBe(false)
})

it('delivers what is pushed from then on', async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  await using connection = dial(sse, serverAt(fake.url))
  const listener = new Recorder()
  listener.onOpen = () => void fake.events.add({ description: 'just now' })
  connection.start(operation, listener)
  await until(() => listener.frames.length === 1)
  expect(listener.data).toMatchObject([{ description: 'just now' }])
})

it('gives up a stream that something buffers: no byte comes after the headers', async () => {
  await using fake = await startFakeMeshery({ release: 'current', keepAlive: 10 })
  fake.faults.block('sse')
  await using connection = dial(sse, serverAt(fake.url), { firstByte: 80 })
  connection.start(operation, new Recorder())
  expect(await connection.ended).toMatchObject({
    code: 'TRANSPORT_UNAVAILABLE',
    phase: 'stream',
    details: { reason: 'buffered' },
  })
  await until(() => fake.stats.openStreams === 0)
})

it('takes a comment for life, and gives up a stream that falls silent', async () => {
  await using peer = await startStream()
  await using connection = dial(sse, serverAt(peer.url), { firstByte: 5_000, idleSSE: 500 })
  connection.start(operation, new Recorder())
  const stream = await peer.stream()
  const begin = performance.now()
  while (performance.now() - begin < 1_100) {
    stream.write(': keepalive\n\n')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(await settled(connection.ended)).toBe(false)
  expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT', phase: 'stream' })
  await until(() => peer.gone === 1)
})

/** Sends this again and again, until the test is over. */
const repeat = (stream: ServerResponse, piece: () => string | Uint8Array): Disposable => {
  const timer = setInterval(() => stream.write(piece()), 10)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

const page = `<!doctype html>\n<html>\n<style>\n:root { --c: red }\n</style>\n\n<p>Log in: here</p>\n`

it.each<[string, () => string | Uint8Array]>([
  ['a page', () => page],
  ['compressed bytes', () => gzipSync(': keepalive\n\n'.repeat(20))],
  ['binary noise', () => randomBytes(500)],
  ['blank lines', () => '\n\r\n'],
  ['lines with fields that SSE does not know', () => 'date: now\nDATA: 1\n data: 1\n\n'],
  ['a line without an end', () => 'data: 1'],
])('does not take %s for life: it is no SSE stream', async (_, piece) => {
  await using peer = await startStream(undefined, piece())
  await using connection = dial(sse, serverAt(peer.url), { firstByte: 150, idleSSE: 150 })
  const listener = new Recorder()
  connection.start(operation, listener)
  using _sending = repeat(await peer.stream(), piece)
  expect(await connection.ended).toMatchObject({
    code: 'TRANSPORT_UNAVAILABLE',
    phase: 'stream',
    details: { reason: 'not-sse' },
  })
  expect(listener.frames).toEqual([])
  await until(() => peer.gone === 1)
})

it('counts silence by lines of SSE, not by bytes', async () => {
  await using peer = await startStream()
  await using connection = dial(sse, serverAt(peer.url), { idleSSE: 150 })
  const listener = new Recorder()
  connection.start(operation, listener)
  const stream = await peer.stream()
  stream.write('data: 1\n\n')
  await until(() => listener.frames.length === 1)
  using _sending = repeat(stream, () => '<p>busy</p>\n\n')
  expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT' })
})

it.concurrent.each(sampled([':\n', ': keepalive\r\n\r\n', ':\r'], 1, 'comments'))(
  'lives by comments alone, behind a byte order mark and whatever ends their lines: %j',
  async (comment) => {
    await using peer = await startStream({ 'content-type': 'Text/Event-Stream; charset=UTF-8' })
    await using connection = dial(sse, serverAt(peer.url), { firstByte: 500, idleSSE: 500 })
    connection.start(operation, new Recorder())
    const stream = await peer.stream()
    stream.write(`\ufeff${comment}`)
    const begin = performance.now()
    using _sending = repeat(stream, () => comment)
    await until(() => performance.now() - begin > 1_100)
    expect(await settled(connection.ended)).toBe(false)
  },
)

it('delivers what a front end compresses and flushes, and falls back where it does not flush', async () => {
  for (const flushes of [true, false]) {
    await using peer = await startStream({ 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    await using connection = dial(sse, serverAt(peer.url), { firstByte: 200 })
    const listener = new Recorder()
    connection.start(operation, listener)
    const zip = createGzip(flushes ? { flush: constants.Z_SYNC_FLUSH } : {})
    zip.pipe(await peer.stream())
    zip.write('data: 1\n\n')
    if (flushes) await until(() => listener.frames.length === 1)
    else expect(await connection.ended).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' })
  }
})

it('names a content encoding that it cannot decode', async () => {
  await using peer = await startStream({ 'content-type': 'text/event-stream', 'content-encoding': 'zstd' })
  await using connection = dial(sse, serverAt(peer.url))
  const listener = new Recorder()
  connection.start(operation, listener)
  expect(await connection.ended).toMatchObject({
    code: 'TRANSPORT_UNAVAILABLE',
    phase: 'subscribe',
    details: { contentEncoding: 'zstd' },
    remedy: expect.stringContaining('Ask the operator of the proxy'),
  })
  expect(listener.opened).toBe(0)
  await until(() => peer.gone === 1)
})

it('does not end the stream by a timer that fires late', { tags: ['full'] }, async () => {
  await using fake = await startFakeMeshery({ release: 'current', keepAlive: 20 })
  await using connection = dial(sse, serverAt(fake.url), { firstByte: 150, idleSSE: 150 })
  const listener = new Recorder()
  connection.start(operation, listener)
  await until(() => listener.opened === 1)
  for (let round = 0; round < 3; round++) {
    block(400)
    fake.events.add({ description: String(round) })
    await until(() => listener.frames.length > round)
  }
  expect(await settled(connection.ended)).toBe(false)
})

it('waits no longer for the headers than timeouts.connect', async () => {
  await using peer = await startStream(undefined)
  const silent = createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await using connection = dial(sse, serverAt(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`), {
    connect: 80,
  })
  connection.start(operation, new Recorder())
  expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'subscribe' })
  silent.closeAllConnections()
  silent.close()
  expect(peer.streams).toEqual([])
})

it('ends as a drop at JSON that is broken, without the frames behind it', async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  await using connection = dial(sse, serverAt(fake.url))
  const listener = new Recorder()
  connection.start(operation, listener)
  await until(() => listener.opened === 1)
  fake.faults.sendRaw('data: 1\n\ndata: {"secret":\n\ndata: 2\n\n')
  const error = await connection.ended
  expect(error).toMatchObject({ code: 'BAD_FRAME', phase: 'stream', retryable: true })
  expect(JSON.stringify([error, error?.cause, error?.message])).not.toContain('secret')
  expect([listener.data, listener.ends]).toEqual([[1], []])
})

it('takes a message of 20 MB, and ends at one over 32', { tags: ['full'] }, async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  await using connection = dial(sse, serverAt(fake.url))
  const listener = new Recorder()
  connection.start(operation, listener)
  await until(() => listener.opened === 1)
  fake.faults.garbage('huge', 20_000_000)
  await until(() => listener.frames.length === 1)
  fake.faults.garbage('huge', 34_000_000)
  expect(await connection.ended).toMatchObject({ code: 'TOO_LARGE' })
})

it('ends at a line over 32 MB that never ends', { tags: ['full'] }, async () => {
  await using peer = await startStream()
  await using connection = dial(sse, serverAt(peer.url))
  connection.start(operation, new Recorder())
  const stream = await peer.stream()
  stream.write(': alive\n')
  for (let sent = 0; sent < 34; sent++) stream.write('x'.repeat(1_000_000))
  expect(await connection.ended).toMatchObject({ code: 'TOO_LARGE' })
})

it('ends as lost when the stream ends, and when it breaks', async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  for (const fault of [() => fake.faults.endChannels(), () => fake.faults.cut()]) {
    await using connection = dial(sse, serverAt(fake.url))
    const listener = new Recorder()
    connection.start(operation, listener)
    await until(() => listener.opened === 1)
    fault()
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_LOST', phase: 'stream' })
    expect(listener.ends).toEqual([])
  }
})

it.each([
  [401, 'CREDENTIALS_REFUSED'],
  [404, 'TRANSPORT_UNAVAILABLE'],
  [500, 'SERVER_ERROR'],
])('ends with what the answer %s says, and never opens', async (status, code) => {
  await using fake = await startFakeMeshery({ release: 'current' })
  fake.faults.answer('sse', status)
  await using connection = dial(sse, serverAt(fake.url))
  const listener = new Recorder()
  connection.start(operation, listener)
  expect(await connection.ended).toMatchObject({ code, details: { status } })
  expect([listener.opened, listener.ends]).toEqual([0, []])
})

it('refuses what no stream serves, and a second operation', async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  await using connection = dial(sse, serverAt(fake.url))
  connection.start({}, new Recorder())
  expect(() => connection.start(operation, new Recorder())).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  expect(await connection.ended).toMatchObject({ code: 'UNSUPPORTED' })
})

it('delivers the same however the bytes are cut, within characters too', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ description: fc.string({ unit: 'grapheme' }) }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(300)),
      async (events, cuts) => {
        const bytes = new TextEncoder().encode(events.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join(':\n'))
        const places = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length)])].sort((a, b) => a - b)
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const [at, from] of places.entries()) controller.enqueue(bytes.slice(from, places[at + 1]))
            controller.close()
          },
        })
        const headers = { 'content-type': 'text/event-stream' }
        await using connection = dial(
          sse,
          serverAt('http://x.test', { fetch: () => Promise.resolve(new Response(body, { headers })) }),
        )
        const listener = new Recorder()
        connection.start(operation, listener)
        expect(await connection.ended).toMatchObject({ code: 'CONNECTION_LOST' })
        expect(listener.data).toEqual(events)
      },
    ),
    { numRuns: runsOf(100) },
  )
})

it('lets timers run between messages that are all there already', async () => {
  const pieces = Array.from({ length: 40 }, (_, number) => Buffer.from(`data: ${number}\n\n`))
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift()
      if (piece) controller.enqueue(piece)
    },
  })
  const server = serverAt('http://127.0.0.1:1', {
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  await using connection = dial(sse, server)
  const listener = new Recorder()
  const seenByTimer: number[] = []
  listener.onOpen = () => void setTimeout(() => seenByTimer.push(listener.frames.length))
  listener.onFrame = () => block(2)
  connection.start(operation, listener)
  await until(() => listener.frames.length === 40)
  expect(seenByTimer[0]).toBeLessThan(20)
  expect(listener.data).toEqual(Array.from({ length: 40 }, (_, number) => number))
})
