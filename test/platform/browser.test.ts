import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMeshery } from '../../src/browser.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { openSocket } from '../../src/http/graphql-endpoint.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { browserPlatform } from '../../src/platform/browser.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { dial } from '../transports/rig.ts'
import { eventually, waitUntil } from '../waiting.ts'
import { failure } from './http-server.ts'

/** A replacement for the WebSocket of browsers. */
class PageSocket extends EventTarget {
  static last: PageSocket | undefined
  readonly readyState = 1
  readonly protocol = 'p'
  readonly sent: string[] = []
  closedWith: unknown[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: ((event: unknown) => void) | null = null
  readonly given: unknown[]

  constructor(...given: unknown[]) {
    super()
    this.given = given
    PageSocket.last = this
  }

  send(text: string): void {
    this.sent.push(text)
  }

  close(...given: unknown[]): void {
    this.closedWith = given
  }
}

const server = (): HttpClient => {
  const credentials = new Credentials({ identity: { token: 'abc' }, setsCookies: browserPlatform.setsHeaders })
  return new HttpClient(browserPlatform, credentials, { url: new URL('https://page.example.com'), headers: {} })
}

afterEach(() => vi.unstubAllGlobals())

describe('in a browser', () => {
  it('the address is that of the page, and no other source of credentials is read', async () => {
    vi.stubGlobal('location', { origin: 'https://page.example.com' })
    expect(browserPlatform.defaultUrl()).toBe('https://page.example.com')
    expect(await browserPlatform.readCredentials(new URL('https://page.example.com'))).toBeUndefined()
  })

  it('a client logs its statuses and has statistics, without lags', async () => {
    vi.stubGlobal('WebSocket', PageSocket)
    vi.stubGlobal('fetch', async () => Response.json({ events: [] }))
    const lines: unknown[] = []
    const logger = (level: string, { state }: Readonly<Record<string, unknown>>): void =>
      void lines.push([level, state])
    const client = createMeshery({ url: 'https://page.example.com', logger })
    const subscription = client.subscribeEvents()
    await waitUntil(() => client.stats().receivedBytes > 0)
    expect(client.stats()).toMatchObject({ events: 0, lagMs: null, subscriptions: [{ name: 'subscribeEvents' }] })
    await client.close()
    await subscription.closed
    expect(lines[0]).toEqual(['info', 'connecting'])
    expect(lines.at(-1)).toEqual(['info', 'closed'])
  })

  it('a socket gets only an address and a protocol, and passes everything on', () => {
    vi.stubGlobal('WebSocket', PageSocket)
    const socket = openSocket(server(), 'graphql-transport-ws', () => {})
    const page = PageSocket.last
    expect(page?.given).toEqual([
      'wss://page.example.com/api/system/graphql/query?contexts=all',
      'graphql-transport-ws',
    ])
    const received: unknown[] = []
    socket.onopen = () => received.push('open')
    socket.onmessage = ({ data }) => received.push(data)
    socket.onerror = () => received.push('error')
    socket.onclose = ({ code }) => received.push(code)
    page?.onopen?.()
    page?.onmessage?.({ data: 'x' })
    page?.onerror?.(new Event('error'))
    page?.onclose?.({ code: 1006, reason: '' })
    expect(received).toEqual(['open', 'x', 'error', 1006])
    socket.onmessage = null
    page?.onmessage?.({ data: 'y' })
    expect(received).toHaveLength(4)
    socket.send('hi')
    socket.close(1000, 'bye')
    expect(page).toMatchObject({ sent: ['hi'], closedWith: [1000, 'bye'] })
    expect([socket.readyState, socket.protocol, socket.terminate]).toEqual([1, 'p', undefined])
  })

  it('a socket that the browser refuses to create throws an error with the reason', () => {
    vi.stubGlobal('WebSocket', () => {
      throw new Error('mixed content')
    })
    expect(() => openSocket(server(), 'p', () => {})).toThrowError(
      expect.objectContaining({ code: 'UNREACHABLE', phase: 'upgrade' }),
    )
  })

  it('fetch sends the cookies of the page, and sets none', async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response('{"a":1}'))
    vi.stubGlobal('fetch', fetch)
    expect((await server().json('/api', { phase: 'store', timeout: 1_000 })).body).toEqual({ a: 1 })
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({
      credentials: 'include',
      redirect: 'manual',
      headers: { accept: 'application/json' },
    })
    expect(fetch.mock.calls[0]?.[1].headers).not.toHaveProperty('cookie')
  })

  it('a redirect that the browser hides means refused credentials', async () => {
    const hidden = { status: 0, ok: false, type: 'opaqueredirect', headers: new Headers(), body: null }
    vi.stubGlobal('fetch', async () => hidden)
    expect(await failure(server().json('/api', { phase: 'store', timeout: 1_000 }))).toMatchObject({
      code: 'CREDENTIALS_REFUSED',
    })
  })

  it('an unreachable server is reported with the text of the browser', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    const error = await failure(server().json('/api', { phase: 'store', timeout: 1_000 }))
    expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: true })
    expect(String(error)).toContain('Failed to fetch')
    expect(server().networkError(new Event('error'), 'stream')).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('a page of another origin gets an error that names CORS and the remedy', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
    vi.stubGlobal('location', { origin: 'http://localhost:5173' })
    const error = await failure(server().json('/api', { phase: 'store', timeout: 1_000 }))
    expect(error).toMatchObject({ code: 'UNREACHABLE', retryable: true })
    expect(String(error)).toContain('asked by a page of http://localhost:5173: CORS may forbid it')
    expect(Reflect.get(Object(error), 'remedy')).toMatch(/origin of Meshery.*`\/api`/)
    vi.stubGlobal('location', { origin: 'https://page.example.com' })
    const own = await failure(server().json('/api', { phase: 'store', timeout: 1_000 }))
    expect(JSON.stringify([String(own), Reflect.get(Object(own), 'remedy')])).not.toMatch(/CORS|origin/)
  })

  describe('a remedy fits a page: no command, no header, no variable', () => {
    const foreign = 'http://localhost:5173'
    const own = 'https://page.example.com'
    const remedyOf = async (answer: Response): Promise<string> => {
      vi.stubGlobal('fetch', async () => answer)
      return String(
        Reflect.get(Object(await failure(server().json('/api', { phase: 'store', timeout: 1_000 }))), 'remedy'),
      )
    }

    it.each([own, foreign])('for any status, on a page of %s', async (origin) => {
      vi.stubGlobal('location', { origin })
      for (const status of [400, 401, 403, 404, 408, 418, 429, 500, 502, 503])
        expect(await remedyOf(new Response('', { status }))).not.toMatch(/mesheryctl|`token`|`headers`|MESHERY_|NODE_/)
    })

    it('refused credentials: sign in in this browser, from the origin of Meshery', async () => {
      vi.stubGlobal('location', { origin: own })
      expect(await remedyOf(new Response('', { status: 401 }))).toBe('Sign in to Meshery in this browser.')
      vi.stubGlobal('location', { origin: foreign })
      expect(await remedyOf(new Response('', { status: 401 }))).toMatch(
        /^Sign in to Meshery in this browser. Serve the page/,
      )
    })

    it('a server of the page that is not Meshery: forward the paths of Meshery', async () => {
      vi.stubGlobal('location', { origin: own })
      expect(await remedyOf(new Response('<html>', { status: 404 }))).toMatch(/pass on `\/api`/)
    })

    it('a socket that is closed with 4401', async () => {
      vi.stubGlobal('WebSocket', PageSocket)
      vi.stubGlobal('location', { origin: own })
      await using connection = dial(websocket, server())
      PageSocket.last?.onclose?.({ code: 4401, reason: 'who are you' })
      expect(await connection.ended).toMatchObject({
        code: 'CREDENTIALS_REFUSED',
        remedy: 'Sign in to Meshery in this browser.',
        details: { code: 4401 },
      })
    })
  })

  it('without `fetch` a subscription ends at once with an error that names it', async () => {
    vi.stubGlobal('fetch', undefined)
    await using meshery = createMeshery({ url: 'https://page.example.com' })
    for (const subscription of [
      meshery.subscribeEvents(),
      meshery.subscribeK8sContext({}),
      meshery.subscribePerfProfiles({}),
    ])
      await expect(subscription.closed).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        retryable: false,
        message: 'There is no `fetch` here',
      })
  })

  it('without `WebSocket` the other transports are used', async () => {
    vi.stubGlobal('WebSocket', undefined)
    vi.stubGlobal('fetch', async (url: string) =>
      url.includes('/subscribe')
        ? new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
        : new Response('{"events":[],"page":0,"page_size":25,"total_count":0}', {
            headers: { 'content-type': 'application/json' },
          }),
    )
    await using meshery = createMeshery({ url: 'https://page.example.com' })
    const subscription = meshery.subscribeEvents()
    await eventually(() => expect(subscription.status).toMatchObject({ state: 'live', transport: 'sse' }))
    const own = meshery.subscribe('subscription { subscribeEvents { id } }')
    await expect(own.closed).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
      message: 'There is no `WebSocket` here',
    })
  })
})
