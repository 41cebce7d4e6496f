import { afterEach, describe, expect, it, vi } from 'vitest'
import type { HttpAnswer } from '../../src/base/http-errors.ts'
import { RetryAfterHolds } from '../../src/base/retry-after-holds.ts'
import { workerPlatform } from '../../src/platform/worker.ts'
import { createMeshery, type MesheryOptions } from '../../src/worker.ts'
import { eventually, waitUntil } from '../waiting.ts'

// test/runtimes tests it over real sockets in workerd itself.

/** The socket in a response of a worker's `fetch`. */
class ScriptedSocket extends EventTarget {
  readonly sent: unknown[] = []
  readyState = 1
  accepted = false
  accept(): void {
    this.accepted = true
  }
  send(text: string): void {
    this.sent.push(text)
  }
  close(...how: unknown[]): void {
    this.sent.push(how)
  }
  emit(type: string, fields: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), fields))
  }
}

const dial = (fetching: typeof fetch, seen: unknown[] = []) => {
  vi.stubGlobal('fetch', fetching)
  const answers: HttpAnswer[] = []
  const socket = workerPlatform().openSocket({
    url: 'wss://meshery.example.com/api/system/graphql/query?contexts=all',
    protocol: 'graphql-transport-ws',
    headers: { cookie: 'token=secret' },
    maxPayload: 1_000,
    onAnswer: (answer) => answers.push(answer),
  })
  socket.onopen = () => seen.push('open')
  socket.onmessage = ({ data }) => seen.push(data)
  socket.onclose = ({ code, reason }) => seen.push(`${code} ${reason}`)
  socket.onerror = (error) => seen.push(error)
  return { socket, answers, seen }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a WebSocket in a worker', () => {
  it('is opened by `fetch` with the cookies and the protocol, and passes on its events', async () => {
    const raw = new ScriptedSocket()
    const asked: unknown[] = []
    const { socket, seen } = dial(async (url, init) => {
      asked.push(url, init?.headers, init?.redirect)
      const headers = new Headers({ 'sec-websocket-protocol': 'graphql-transport-ws' })
      return Object.assign(new Response(null, { headers }), { webSocket: raw })
    })
    expect(socket.readyState).toBe(0)
    await eventually(() => expect(seen).toEqual(['open']))
    expect(asked).toEqual([
      'https://meshery.example.com/api/system/graphql/query?contexts=all',
      { cookie: 'token=secret', upgrade: 'websocket', 'sec-websocket-protocol': 'graphql-transport-ws' },
      'manual',
    ])
    expect([raw.accepted, socket.protocol, socket.readyState]).toEqual([true, 'graphql-transport-ws', 1])
    socket.send('hello')
    raw.emit('message', { data: 'world' })
    raw.emit('close', { code: 1001, reason: 'going away' })
    socket.close(1000, 'enough')
    expect(seen).toEqual(['open', 'world', '1001 going away'])
    expect(raw.sent).toEqual(['hello', [1000, 'enough']])
  })

  it('passes on the response that came in place of an upgrade', async () => {
    const { answers, seen } = dial(async () => new Response('transport not supported', { status: 400 }))
    await eventually(() => expect(answers).toMatchObject([{ status: 400, body: 'transport not supported' }]))
    expect(seen).toEqual([])
  })

  it('reports why the server is unreachable', async () => {
    const refused = new Error('connection refused')
    const { seen } = dial(() => Promise.reject(refused))
    await eventually(() => expect(seen).toEqual([refused]))
  })

  it('closes a socket that opens after its close', async () => {
    const raw = new ScriptedSocket()
    const { socket, seen } = dial(async () => {
      await null
      socket.close()
      return Object.assign(new Response(null), { webSocket: raw })
    })
    await eventually(() => expect(raw).toMatchObject({ accepted: true, sent: [[]] }))
    expect(seen).toEqual([])
  })

  it('aborts the dial on its close, and then reports nothing', async () => {
    let signal: AbortSignal | null | undefined
    const { socket, answers, seen } = dial((_, init) => {
      signal = init?.signal
      return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    })
    socket.close()
    expect([signal?.aborted, socket.readyState]).toEqual([true, 3])
    await new Promise((resolve) => setImmediate(resolve))
    expect([answers, seen]).toEqual([[], []])
  })
})

describe('a client in a worker', () => {
  it('needs an address', () => {
    expect(() => createMeshery({ provider: 'Local' })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', phase: 'options', details: { option: 'url' } }),
    )
  })

  it('accepts a token, a provider and headers, which a browser cannot send', async () => {
    const options = { token: 'a-token-of-some-length', provider: 'Meshery', headers: { authorization: 'Bearer it' } }
    await createMeshery({ url: 'https://meshery.example.com', ...options }).close()
  })

  it('sets no `credentials` of `fetch`, which workers refuse', async () => {
    const asked: unknown[] = []
    vi.stubGlobal('fetch', async (...what: unknown[]) => {
      asked.push(...what)
      return new Response('[]')
    })
    await workerPlatform().fetch('https://meshery.example.com/api', { headers: { cookie: 'token=secret' } })
    expect(asked).toEqual(['https://meshery.example.com/api', { headers: { cookie: 'token=secret' } }])
  })
})

describe('a worker that sends a token over http:// to another machine', () => {
  const warned = async (options: MesheryOptions): Promise<unknown[]> => {
    const raw = new ScriptedSocket()
    vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
      const upgrade = new Headers(init.headers).get('upgrade')
      return upgrade ? Object.assign(new Response(null), { webSocket: raw }) : new Response('{"events":[]}')
    })
    const texts: unknown[] = []
    const client = createMeshery({
      token: 'a-token-of-some-length',
      logger: { warn: (_, message) => texts.push(message) },
      ...options,
    })
    const subscription = client.subscribeEvents({}, { onNotice: () => {} })
    await waitUntil(() => raw.accepted)
    await client.close()
    await subscription.closed
    return texts
  }
  const url = 'http://meshery.example.com'

  it('is warned once, with how to silence it', async () => {
    expect(await warned({ url, provider: 'Meshery' })).toEqual([
      'meshery-live: The token goes to meshery.example.com without encryption. Use an https:// address. To silence this, pass a `logger` without `warn`.',
    ])
  })

  it('is warned for each client', async () => {
    const counts = [await warned({ url, provider: 'Meshery' }), await warned({ url, provider: 'Meshery' })]
    expect(counts.map((texts) => texts.length)).toEqual([1, 1])
  })

  it('is not warned over https://, on this machine, or without a token', async () => {
    const safe = [
      { url: 'https://meshery.example.com', provider: 'Meshery' },
      { url: 'http://localhost:9081', provider: 'Meshery' },
      { url, token: '', provider: 'None' },
    ]
    for (const options of safe) expect(await warned(options)).toEqual([])
  })
})

it('looks up the provider that is not configured', async () => {
  const asked: unknown[] = []
  vi.stubGlobal('fetch', async (url: unknown) => {
    asked.push(url)
    return Response.json({ None: { provider_type: 'local' }, Meshery: { provider_type: 'remote' } })
  })
  const request = {
    url: new URL('https://meshery.example.com'),
    headers: {},
    timeout: 1_000,
    limit: 100_000,
    holds: new RetryAfterHolds(),
  }
  const said = { hasToken: false, provider: '', isFound: false, isAsked: false, from: {} }
  expect(await workerPlatform().findProvider?.(said, request)).toBe('None')
  expect(await workerPlatform().findProvider?.({ ...said, hasToken: true }, request)).toBe('Meshery')
  expect(asked).toEqual(Array(2).fill('https://meshery.example.com/api/providers'))
})

it('logs connections and requests, and measures lags', async () => {
  const raw = new ScriptedSocket()
  vi.stubGlobal('fetch', async (_: unknown, init: RequestInit) => {
    const upgrade = new Headers(init.headers).get('upgrade')
    return upgrade ? Object.assign(new Response(null), { webSocket: raw }) : new Response('{"events":[]}')
  })
  const lines: unknown[] = []
  const url = 'https://meshery.example.com'
  const client = createMeshery({
    url,
    token: '',
    provider: 'None',
    logger: { debug: (details, message) => lines.push([message, details]) },
  })
  const subscription = client.subscribeEvents()
  await waitUntil(() => raw.accepted)
  expect(lines).toContainEqual([
    'meshery-live: request',
    { url, method: 'GET', path: '/api/system/events', status: 200, code: null, durationMs: expect.any(Number) },
  ])
  expect(lines).toContainEqual([
    'meshery-live: connection',
    expect.objectContaining({ transport: 'websocket', state: 'connecting' }),
  ])
  expect(client.stats().lagMs).toBeNull()
  await client.close()
  await subscription.closed
})
