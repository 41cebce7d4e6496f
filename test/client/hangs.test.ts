import { createHash } from 'node:crypto'
import dns from 'node:dns'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MesheryError } from '../../src/base/errors.ts'
import { createMeshery, type MesheryOptions } from '../../src/index.ts'
import { head, type RawServer, raw } from '../platform/raw-server.ts'
import { sampled } from '../sample.ts'
import { eventually, soonMs, waitUntil } from '../waiting.ts'

const never = (): Promise<never> => new Promise(() => {})
const timeouts = {
  connect: 300,
  open: 300,
  request: 300,
  close: 200,
  firstByte: 300,
  idleSSE: 300,
  ping: 300,
  pong: 300,
}
const identity = { token: 'a-token-of-some-length', provider: 'Meshery' }

/** Every timer of this process that is set and neither fired nor cleared. */
const timers = new Set<unknown>()

beforeEach(() => {
  timers.clear()
  const { setTimeout: set, clearTimeout: clear } = globalThis
  const setting = (callback: () => void, delayMs?: number): NodeJS.Timeout => {
    const timer = set(() => {
      timers.delete(timer)
      callback()
    }, delayMs)
    timers.add(timer)
    return timer
  }
  vi.stubGlobal('setTimeout', setting)
  vi.stubGlobal('clearTimeout', (timer: NodeJS.Timeout | undefined) => {
    timers.delete(timer)
    clear(timer)
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const json = 'content-type: application/json'
const answer = (socket: Socket, body: string): void =>
  void socket.end(`${head(200, json, `content-length: ${body.length}`, 'connection: close')}${body}`)

/** The response to a read of a Meshery without events. */
const rest = (socket: Socket, request: string): boolean => {
  if (/^GET \/api\/system\/version/.test(request)) answer(socket, '{"build":"v1.0.1"}')
  else if (/^GET \/api\/providers/.test(request)) answer(socket, '{"Meshery":{"provider_type":"remote"}}')
  else if (/^GET \S*events\?/.test(request)) answer(socket, '{"events":[],"page":0,"page_size":100,"total_count":0}')
  else return false
  return true
}

/** Accepts a WebSocket, and sends nothing over it. */
const accept = (socket: Socket, request: string): void => {
  const [, key = ''] = /sec-websocket-key: (\S+)/i.exec(request) ?? []
  const hash = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  const protocol = 'sec-websocket-protocol: graphql-transport-ws'
  socket.write(head(101, 'upgrade: websocket', 'connection: upgrade', `sec-websocket-accept: ${hash}`, protocol))
}

/** A text frame of a server. */
const frame = (message: object): Buffer => {
  const text = Buffer.from(JSON.stringify(message))
  return Buffer.concat([Buffer.from([0x81, text.length]), text])
}

interface Phase {
  readonly transport: 'websocket' | 'sse' | 'polling'
  readonly options?: MesheryOptions
  /** Answers a request, or leaves it without an answer. */
  readonly serve?: (socket: Socket, request: string) => unknown
  /** The reason in a notice; one of several phases, where the platform may not show which. */
  readonly error: { readonly code: string; readonly phase: string }
}

/** Serves reads as a Meshery does, and hangs on a request for a live transport. */
const hangs = (then: (socket: Socket, request: string) => unknown) => (socket: Socket, request: string) =>
  rest(socket, request) || then(socket, request)

const phases: Readonly<Record<string, Phase>> = {
  '`credentials` of a read': {
    transport: 'polling',
    options: { token: undefined, provider: undefined, credentials: never },
    error: { code: 'TIMED_OUT', phase: 'credentials' },
  },
  '`credentials` of a WebSocket': {
    transport: 'websocket',
    options: { token: undefined, provider: undefined, credentials: never },
    error: { code: 'TIMED_OUT', phase: 'credentials' },
  },
  '`credentials` of a stream': {
    transport: 'sse',
    options: { token: undefined, provider: undefined, credentials: never },
    error: { code: 'TIMED_OUT', phase: 'credentials' },
  },
  'the list of providers': {
    transport: 'polling',
    // It takes half of `connect`, so that a dial still has the other half.
    options: { provider: undefined, timeouts: { ...timeouts, connect: 600 } },
    serve: () => {},
    error: { code: 'TIMED_OUT', phase: 'credentials' },
  },
  'the name of the host': {
    transport: 'polling',
    options: { url: 'http://meshery.example.com' },
    error: { code: 'TIMED_OUT', phase: 'dns' },
  },
  'the name of the host of a WebSocket': {
    transport: 'websocket',
    options: { url: 'http://meshery.example.com' },
    error: { code: 'TIMED_OUT', phase: 'dns or tcp' },
  },
  'the name of the host of a stream': {
    transport: 'sse',
    options: { url: 'http://meshery.example.com' },
    error: { code: 'TIMED_OUT', phase: 'dns' },
  },
  'the handshake of TLS': {
    transport: 'polling',
    options: { url: 'https' },
    error: { code: 'TIMED_OUT', phase: 'tls' },
  },
  'the headers of a read': { transport: 'polling', error: { code: 'TIMED_OUT', phase: 'store' } },
  'the body of a read': {
    transport: 'polling',
    serve: (socket) => socket.write(`${head(200, json)}{"events":[]`),
    error: { code: 'TIMED_OUT', phase: 'store' },
  },
  'the body of a refusal': {
    transport: 'polling',
    serve: (socket) => socket.write(`${head(404, 'content-type: text/plain')}not`),
    error: { code: 'TIMED_OUT', phase: 'store' },
  },
  'the upgrade to a WebSocket': {
    transport: 'websocket',
    serve: hangs(() => {}),
    error: { code: 'TIMED_OUT', phase: 'upgrade' },
  },
  'the refusal of a WebSocket': {
    transport: 'websocket',
    serve: hangs((socket) => socket.write(`${head(503, 'content-length: 100')}not`)),
    error: { code: 'TIMED_OUT', phase: 'upgrade' },
  },
  '`connectionParams`': {
    transport: 'websocket',
    options: { connectionParams: never },
    serve: hangs(accept),
    error: { code: 'TIMED_OUT', phase: 'credentials' },
  },
  'the acknowledgement of a WebSocket': {
    transport: 'websocket',
    serve: hangs(accept),
    error: { code: 'TIMED_OUT', phase: 'ack' },
  },
  'an operation over a WebSocket': {
    transport: 'websocket',
    serve: hangs((socket, request) => {
      accept(socket, request)
      socket.write(frame({ type: 'connection_ack' }))
    }),
    error: { code: 'CONNECTION_SILENT', phase: 'stream' },
  },
  'the headers of a stream': {
    transport: 'sse',
    serve: hangs(() => {}),
    error: { code: 'TIMED_OUT', phase: 'subscribe' },
  },
  'the first line of a stream': {
    transport: 'sse',
    serve: hangs((socket) => socket.write(head(200, 'content-type: text/event-stream'))),
    error: { code: 'TRANSPORT_UNAVAILABLE', phase: 'stream' },
  },
  'a stream': {
    transport: 'sse',
    serve: hangs((socket) => socket.write(`${head(200, 'content-type: text/event-stream')}:\n\n`)),
    error: { code: 'CONNECTION_SILENT', phase: 'stream' },
  },
}

const start = async ({ transport, options = {}, serve = () => {} }: Phase) => {
  const server = await raw(serve)
  if (options.url) vi.spyOn(dns, 'lookup').mockImplementation(() => {})
  const url = options.url === 'https' ? server.url.replace('http', 'https') : (options.url ?? server.url)
  const meshery = createMeshery({ transports: [transport], timeouts, ...identity, ...options, url })
  const reasons: (Pick<MesheryError, 'code' | 'phase'> & { readonly tookMs: number })[] = []
  const began = performance.now()
  const subscription = meshery.subscribeEvents(
    {},
    {
      onNotice: (notice) => {
        if (!('reason' in notice) || !notice.reason) return
        const { code, phase } = notice.reason
        reasons.push({ code, phase, tookMs: performance.now() - began })
      },
    },
  )
  return { server, meshery, subscription, reasons }
}

/** A timer that belongs to a socket or a body is cleared when that has ended, a few turns of the loop later. */
const nothingIsLeft = (server: RawServer): Promise<void> =>
  eventually(() => expect([timers.size, server.connections()]).toEqual([0, 0]), soonMs)

describe.each(sampled(Object.entries(phases), 3))('a peer hangs at %s:', (_, phase) => {
  it('the client ends it by its own time-out, and leaves nothing behind', async () => {
    const { server, meshery, reasons } = await start(phase)
    await using _server = server
    await using _meshery = meshery
    const { code, phase: where } = phase.error
    const reason = await waitUntil(() => reasons.find((one) => one.code === code && where.includes(one.phase)))
    expect(reason.tookMs).toBeGreaterThan(250)
    expect(reason.tookMs).toBeLessThan(soonMs)
    await meshery.close()
    await nothingIsLeft(server)
  })

  it.each(['client', 'subscription'] as const)('the %s closes meanwhile', async (what) => {
    const { server, meshery, subscription } = await start(phase)
    await using _server = server
    await using _meshery = meshery
    await sleep(120)
    const began = performance.now()
    if (what === 'client') await meshery.close()
    else await subscription.close()
    expect(performance.now() - began).toBeLessThan(soonMs)
    expect(await subscription.closed).toBeUndefined()
    await meshery.close()
    expect(performance.now() - began).toBeLessThan(soonMs)
    await nothingIsLeft(server)
  })
})
