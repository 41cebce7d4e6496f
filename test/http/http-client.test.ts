import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { freshCookie } from '../../src/credentials/cookie.ts'
import { connectionParams } from '../../src/http/graphql-endpoint.ts'
import { failure, listen, serverAt } from '../platform/http-server.ts'
import { reservePort } from '../reserve-port.ts'
import { eventually } from '../waiting.ts'

const token = 'eyJ0b2tlbiI6InNlY3JldCJ9.payload-part.signature-part'
const reading = { phase: 'store', timeout: 5_000 } as const

describe('get', () => {
  it('sends cookies, headers and the accepted type, and returns the response with its body unread', async () => {
    await using http = await listen((_, response) =>
      response.setHeader('content-type', 'text/event-stream').end(': hi\n\n'),
    )
    const server = serverAt(http.url, { token, provider: 'Meshery' }, { headers: { 'x-a': '1', cookie: 'gate=open' } })
    const response = await server.get('/api/x?q=1', { accept: 'text/event-stream', phase: 'subscribe' })
    expect(await new Response(response.body).text()).toBe(': hi\n\n')
    expect(http.requests[0]).toMatchObject({
      url: '/api/x?q=1',
      headers: {
        accept: 'text/event-stream',
        'x-a': '1',
        cookie: `meshery-provider=Meshery; token=${token}; gate=open`,
      },
    })
  })

  it('never follows a redirect, so nothing reaches another origin (law 12)', async () => {
    await using elsewhere = await listen((_, response) => response.end('{}'))
    await using http = await listen((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/x?a=b` }).end(),
    )
    const error = await failure(
      serverAt(http.url, { token }).get('/api', { accept: 'application/json', phase: 'store' }),
    )
    expect(error).toMatchObject({ code: 'GATEWAY_LOGIN', phase: 'store', details: { status: 302 } })
    expect(elsewhere.requests).toHaveLength(0)
  })

  it('stays at its origin whatever the path', async () => {
    await using http = await listen((_, response) => response.end('{}'))
    const server = serverAt(http.url, { token })
    for (const path of ['@evil.invalid/x', '//evil.invalid/x', '.evil.invalid', ':1/x']) {
      await server.json(path, reading)
    }
    expect(http.requests.map((request) => request.url)).toEqual([
      '/@evil.invalid/x',
      '//evil.invalid/x',
      '/.evil.invalid',
      '/:1/x',
    ])
  })

  it('takes a renewed token from Set-Cookie, also of a refusal, and sends it from then on', async () => {
    await using http = await listen((request, response) => {
      response.setHeader('set-cookie', [`token=renewed${request.url?.slice(1)}; Path=/; HttpOnly`, 'meshery_ref=x'])
      response.writeHead(request.url === '/2' ? 503 : 200).end('{}')
    })
    const server = serverAt(http.url, { token })
    await server.json('/1', reading)
    await failure(server.json('/2', reading))
    await server.json('/3', reading)
    expect(http.requests.map((request) => request.headers.cookie)).toEqual([
      `token=${token}`,
      'token=renewed1',
      'token=renewed2',
    ])
    expect(server.credentials.version).toBe(4)
  })

  it('treats a deleted token as part of a refusal, and reports the refused credentials', async () => {
    await using http = await listen((_, response) =>
      response.writeHead(302, { location: '/auth/login', 'set-cookie': 'token=; Path=/; Max-Age=0' }).end(),
    )
    let now = token
    const server = serverAt(http.url, { read: async () => ({ token: now }) })
    await server.credentials.load()
    expect(await failure(server.json('/', reading))).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(server.credentials.cookies()).toBe(`token=${token}`)
    expect(await server.credentials.refresh()).toBe(false)
    now = 'another'
    expect(await server.credentials.refresh()).toBe(true)
  })

  it('releases the connection of a refusal whose body never ends', async () => {
    await using http = await listen((_, response) => response.writeHead(500).write('it broke'))
    const error = await failure(serverAt(http.url).get('/', { accept: 'text/event-stream', phase: 'subscribe' }))
    expect(error).toMatchObject({ code: 'SERVER_ERROR' })
    expect(String(error)).toContain('it broke')
    await eventually(() => expect(http.connections()).toBe(0))
  })

  it('reads at most 64 kB of a refusal', async () => {
    let sent = 0
    await using http = await listen((_, response) => {
      response.writeHead(500)
      const more = (): void => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 16_384
          if (!response.write('x'.repeat(16_384))) return void response.once('drain', more)
        }
        response.end()
      }
      more()
    })
    await failure(serverAt(http.url).get('/', { accept: 'application/json', phase: 'store' }))
    await eventually(() => expect(http.connections()).toBe(0))
    expect(sent).toBeLessThan(20_000_000)
  })

  it('accepts an event stream where it asked for one, and anything but HTML for JSON', async () => {
    let type = 'application/json'
    await using http = await listen((_, response) => response.setHeader('content-type', type).end('{}'))
    const server = serverAt(http.url)
    const get = (accept: 'application/json' | 'text/event-stream') =>
      failure(server.get('/', { accept, phase: 'store' }))
    expect(await get('text/event-stream')).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', details: { status: 200 } })
    expect(await get('application/json')).toBeUndefined()
    type = 'text/plain; charset=utf-8'
    expect(await get('application/json')).toBeUndefined()
    type = 'text/html'
    expect(await get('application/json')).toMatchObject({ code: 'NOT_MESHERY' })
  })

  it('reports an abort as an abort', async () => {
    await using http = await listen(() => {})
    const abort = new AbortController()
    const pending = failure(
      serverAt(http.url).get('/', { accept: 'application/json', phase: 'store', signal: abort.signal }),
    )
    await eventually(() => expect(http.requests).toHaveLength(1))
    abort.abort('enough')
    expect(await pending).toMatchObject({ code: 'CLOSED', phase: 'store', cause: 'enough' })
  })

  it('reports what refused the connection', async () => {
    using gone = await reservePort()
    expect(await failure(serverAt(gone.url).json('/', reading))).toMatchObject({
      code: 'CONNECTION_REFUSED',
      phase: 'tcp',
    })
  })

  it('shows no secret, whatever the server sends back (law 8)', async () => {
    await using http = await listen((request, response) => {
      const echoed = `${request.headers.cookie} ${request.headers.authorization}`
      const long = 'x'.repeat(150)
      if (request.url === '/json') response.end(echoed)
      else if (request.url === '/location')
        response.writeHead(302, { location: `/${encodeURIComponent(echoed)}` }).end()
      else response.writeHead(500).end(request.url === '/cut' ? long + echoed : echoed)
    })
    const server = serverAt(http.url, { token }, { headers: { authorization: 'Bearer gateway-secret' } })
    for (const path of ['/json', '/location', '/cut', '/body']) {
      const error = await failure(server.json(path, reading))
      expect(error).toBeInstanceOf(MesheryError)
      const shown = inspect(error, { depth: null, showHidden: true })
      for (const secret of [token.slice(0, 12), 'payload-part', 'signature-part', 'gateway-secret'])
        expect(shown).not.toContain(secret)
    }
  })
})

describe('json', () => {
  it("reads JSON and the server's clock", async () => {
    await using http = await listen((_, response) =>
      response.setHeader('date', 'Sat, 01 Jan 2000 00:00:00 GMT').end('{"events":[1,2]}'),
    )
    expect(await serverAt(http.url).json('/', reading)).toMatchObject({
      body: { events: [1, 2] },
      date: 946_684_800_000,
    })
  })

  it('has no server time when the server sends none', async () => {
    await using http = await listen((_, response) => {
      response.sendDate = false
      response.end('null')
    })
    expect(await serverAt(http.url).json('/', reading)).toMatchObject({ body: null, date: null })
  })

  it.each([
    ['its headers', (): string => ''],
    ['its body', (): string => '{"events":['],
  ])('ends at its time limit when the server does not finish %s', async (_, begin) => {
    await using http = await listen((_request, response) => begin() !== '' && response.write(begin()))
    const error = await failure(serverAt(http.url).json('/api?secret=1', { phase: 'store', timeout: 100 }))
    expect(error).toMatchObject({ code: 'TIMED_OUT', phase: 'store', retryable: true })
    expect(String(error)).toContain('within 100 ms (`timeouts.request`)')
    expect(String(error)).not.toContain('secret')
    await eventually(() => expect(http.connections()).toBe(0))
  })

  it('ends with the signal, also within the body, and leaves no listener on it', async () => {
    await using http = await listen((_, response) => response.write('['))
    const abort = new AbortController()
    const remove = vi.spyOn(abort.signal, 'removeEventListener')
    const pending = failure(serverAt(http.url).json('/', { ...reading, signal: abort.signal }))
    await eventually(() => expect(http.requests).toHaveLength(1))
    abort.abort()
    expect(await pending).toMatchObject({ code: 'CLOSED' })
    expect(remove).toHaveBeenCalled()
    expect(await failure(serverAt(http.url).json('/', { ...reading, signal: abort.signal }))).toMatchObject({
      code: 'CLOSED',
    })
  })

  it('distinguishes broken JSON from other content, and quotes neither', async () => {
    let type = 'application/json'
    let body = '{"hidden":'
    await using http = await listen((_, response) => response.setHeader('content-type', type).end(body))
    const server = serverAt(http.url)
    const broken = await failure(server.json('/', reading))
    expect(broken).toMatchObject({ code: 'SERVER_ERROR', retryable: true })
    type = 'text/plain'
    const cut = await failure(server.json('/', reading))
    expect(cut).toMatchObject({ code: 'SERVER_ERROR', retryable: true })
    body = 'something hidden'
    const other = await failure(server.json('/', reading))
    expect(other).toMatchObject({ code: 'NOT_MESHERY' })
    for (const error of [broken, cut, other]) expect(inspect(error)).not.toContain('hidden')
  })

  it('reports an interrupted response as a lost connection', async () => {
    await using http = await listen((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"a":')
      setImmediate(() => request.socket.destroy())
    })
    expect(await failure(serverAt(http.url).json('/', reading))).toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
    })
  })
})

describe('connectionParams', () => {
  it("puts the user's parameters over the built-in ones", async () => {
    const mine = serverAt(
      'http://x',
      { token: 'abc', provider: 'Local' },
      { connectionParams: async () => ({ token: 'other', a: 1 }) },
    )
    expect(await connectionParams(mine)).toEqual({ token: 'other', a: 1, 'meshery-provider': 'Local' })
    const plain = serverAt('http://x', { token: 'abc' }, { connectionParams: { a: 1 } })
    expect(await connectionParams(plain)).toEqual({ token: 'abc', a: 1 })
    expect(await connectionParams(serverAt('http://x'))).toEqual({})
  })

  it('reports that the function failed, without its secrets', async () => {
    const server = serverAt(
      'http://x',
      { token },
      {
        connectionParams: () => {
          throw new Error(`no luck with ${token}`)
        },
      },
    )
    const error = await failure(connectionParams(server))
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials', retryable: true })
    expect(inspect(error)).not.toContain('payload-part')
  })
})

describe('the read history', () => {
  it('counts every read that gave JSON; live data shows the identity', async () => {
    let status = 200
    await using http = await listen((_, response) => response.writeHead(status).end('{}'))
    const server = serverAt(http.url, { token })
    const read = (phase: 'upgrade' | 'store'): Promise<unknown> => server.json('/api', { phase, timeout: 5_000 })
    expect([server.reads.answeredAt, server.reads.admittedAt]).toEqual([-Infinity, -Infinity])
    const before = performance.now()
    await read('upgrade')
    expect(server.reads.answeredAt).toBeGreaterThanOrEqual(before)
    expect(server.reads.admittedAt).toBe(-Infinity)
    await read('store')
    const { answeredAt, admittedAt } = server.reads
    expect(admittedAt).toBe(answeredAt)
    status = 503
    await failure(read('store'))
    expect([server.reads.answeredAt, server.reads.admittedAt]).toEqual([answeredAt, admittedAt])
    expect(server.reads.areRefused).toBe(false)
    status = 401
    const refusing = performance.now()
    await failure(read('store'))
    expect(server.reads.areRefused).toBe(true)
    // An answer, too; but the store was not read.
    const refusedAt = server.reads.answeredAt
    expect(refusedAt).toBeGreaterThanOrEqual(refusing)
    expect(server.reads.admittedAt).toBe(admittedAt)
    // It is not known yet whether these are good.
    server.credentials.absorb(freshCookie(['token=another-one'], 'token', 'http://a/'))
    expect([server.reads.answeredAt, server.reads.admittedAt]).toEqual([refusedAt, -Infinity])
    expect(server.reads.areRefused).toBe(false)
  })
})

describe('a token in Set-Cookie', () => {
  const stray = [
    'token=stray; Path=/other',
    'token=stray; Domain=example.com',
    'token=stray; Path=/; Secure',
    'token=stray; Path=/; Expires=Thu, 01-Jan-70 00:00:00 GMT',
    '__Host-token=stray; Path=/; Secure',
  ]

  it.each(stray)('is ignored where it is no cookie for this request: %s', async (cookie) => {
    await using http = await listen((_, response) => response.setHeader('set-cookie', cookie).end('{}'))
    const server = serverAt(http.url, { token: 'mine', provider: 'Meshery' })
    await server.json('/api/system/events', reading)
    await server.json('/api/system/events', reading)
    expect(http.requests[1]?.headers.cookie).toBe('meshery-provider=Meshery; token=mine')
  })

  it("gives way to the user's token where it is refused, and no other one is taken then", async () => {
    let count = 0
    await using http = await listen((request, response) => {
      response.setHeader('set-cookie', `token=stray-${++count}; Path=/`)
      if (request.headers.cookie?.endsWith('token=mine')) response.end('{}')
      else response.writeHead(302, { location: '/auth/login' }).end()
    })
    const server = serverAt(http.url, { token: 'mine', provider: 'Meshery' })
    const read = (): Promise<unknown> => failure(server.json('/api/system/events', reading))
    expect(await read()).toBeUndefined()
    expect(await read()).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(server.credentials.canChange).toBe(true)
    for (let reads = 0; reads < 5; reads++) expect(await read()).toBeUndefined()
  })
})
