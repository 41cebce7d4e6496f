import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'
import WebSocket from 'ws'
import type { FakeMeshery } from '../../src/testing/index.ts'

/** A bare WebSocket client that keeps all messages as text. */
export interface RawSocketClient extends AsyncDisposable {
  readonly received: string[]
  readonly closed: Promise<{ code: number; reason: string }>
  readonly socket: WebSocket
  send(message: unknown): void
  /** Waits for this many messages, and returns them parsed. */
  messages(count: number): Promise<Record<string, unknown>[]>
}

export interface DialOptions {
  readonly protocols?: string[]
  readonly headers?: Record<string, string>
  /** Of the URL, with its question mark. */
  readonly query?: string
}

/** What the Local provider of every release requires. `cookie` among other headers takes its place. */
export const asLocal = { cookie: 'meshery-provider=None' } as const

const graphqlPath = '/api/system/graphql/query'
const graphqlUrl = (fake: FakeMeshery): string => fake.url.replace('http', 'ws') + graphqlPath

/** Opens a WebSocket and waits for 101. */
export async function dial(
  fake: FakeMeshery,
  { protocols, headers = {}, query = '' }: DialOptions = {},
): Promise<RawSocketClient> {
  const socket = new WebSocket(graphqlUrl(fake) + query, protocols ?? ['graphql-transport-ws'], {
    headers: { ...asLocal, ...headers },
    maxPayload: 0,
  })
  const received: string[] = []
  socket.on('message', (data) => received.push(String(data)))
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  await once(socket, 'open')
  socket.on('error', () => {})
  return {
    received,
    closed,
    socket,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async messages(count) {
      await expect.poll(() => received.length).toBeGreaterThanOrEqual(count)
      return received.map((text) => JSON.parse(text))
    },
    async [Symbol.asyncDispose]() {
      socket.terminate()
      await closed
    },
  }
}

/** Opens a WebSocket and waits for the acknowledgement, which is then removed from `received`. */
export async function dialAcknowledged(fake: FakeMeshery, options?: DialOptions): Promise<RawSocketClient> {
  const client = await dial(fake, options)
  client.send({ type: 'connection_init' })
  await client.messages(1)
  client.received.length = 0
  return client
}

/** Subscribes over a WebSocket of its own. */
export async function subscribeTo(
  fake: FakeMeshery,
  query: string,
  variables: Record<string, unknown> = {},
  options?: DialOptions,
): Promise<RawSocketClient> {
  const client = await dialAcknowledged(fake, options)
  client.send({ id: '1', type: 'subscribe', payload: { query, variables } })
  return client
}

/** The values of the only root field in so many messages. */
export async function values(client: RawSocketClient, count: number): Promise<unknown[]> {
  const messages = await client.messages(count)
  return messages.map(({ payload }) => Object.values(Object(Object(payload).data))[0])
}

/** Makes sure that nothing but these messages was sent until now: an answer behind them comes back. */
export async function silentAfter(client: RawSocketClient, count: number): Promise<void> {
  client.send({ type: 'ping' })
  expect((await client.messages(count + 1)).slice(count)).toEqual([{ type: 'pong' }])
}

/** A GraphQL query by POST. */
export async function query(
  fake: FakeMeshery,
  text: string,
  variables: Record<string, unknown> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(fake.url + graphqlPath, {
    method: 'POST',
    headers: { ...asLocal, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query: text, variables }),
  })
  return { status: response.status, body: Object(await response.json()) }
}

/** The HTTP answer that comes in place of an upgrade. */
export async function refusedUpgrade(
  fake: FakeMeshery,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const socket = new WebSocket(graphqlUrl(fake), ['graphql-transport-ws'], { headers: { ...asLocal, ...headers } })
  socket.on('error', () => {})
  const [, response] = await once(socket, 'unexpected-response')
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, headers: response.headers, body }
}

/** Subscribes to events and waits until the fake runs the operation. */
export async function subscribeEvents(client: RawSocketClient, fake: FakeMeshery, fields = 'id'): Promise<void> {
  const before = fake.stats.operations
  client.send({ id: '1', type: 'subscribe', payload: { query: `subscription { subscribeEvents { ${fields} } }` } })
  await expect.poll(() => fake.stats.operations).toBe(before + 1)
}

/** An SSE stream as text. */
export interface RawStream extends AsyncDisposable {
  readonly response: Response
  text(): string
  readonly ended: Promise<'ended' | 'failed'>
}

export async function stream(
  fake: FakeMeshery,
  headers: Record<string, string> = {},
  path = '/api/system/events/subscribe',
): Promise<RawStream> {
  const abort = new AbortController()
  const response = await fetch(fake.url + path, {
    headers: { ...asLocal, ...headers },
    signal: abort.signal,
    redirect: 'manual',
  })
  let text = ''
  const read = async (): Promise<'ended' | 'failed'> => {
    try {
      for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk)
      return 'ended'
    } catch {
      return 'failed'
    }
  }
  const ended = read()
  return {
    response,
    text: () => text,
    ended,
    async [Symbol.asyncDispose]() {
      abort.abort()
      await ended
    },
  }
}

/** The values of so many messages of a stream. */
export async function streamed(sse: RawStream, count: number): Promise<unknown[]> {
  const read = (): string[] => sse.text().match(/^data: .*(?=\n\n)/gm) ?? []
  await expect.poll(() => read().length).toBeGreaterThanOrEqual(count)
  return read().map((line) => JSON.parse(line.slice(6)))
}

/** GET that follows no redirect, on a connection of its own. */
export const get = (fake: FakeMeshery, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${fake.url}${path}`, { redirect: 'manual', headers: { ...asLocal, connection: 'close', ...headers } })

export const getJSON = async (fake: FakeMeshery, path: string): Promise<Record<string, unknown>> => {
  const response = await get(fake, path)
  expect(response.status).toBe(200)
  const body: unknown = await response.json()
  return Object(body)
}

/** A bare TCP connection. */
export async function connectTCP(fake: FakeMeshery): Promise<Socket> {
  const socket = connect(fake.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
