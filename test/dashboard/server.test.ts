import { connect, createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { sampled, someClaims } from '../sample.ts'
import { json, serveBefore, token } from './before.ts'
import { type Answer, ask, letIn, type Served, serve } from './served.ts'

/** A dashboard of a fake Meshery, which ends with it. */
const served = async (): Promise<Served> => {
  const fake = await startFakeMeshery()
  const own = await serve({ url: fake.url })
  return {
    ...own,
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      await fake.close()
    },
  }
}

/** Passes the bytes of another port on, as `ssh -L` does. */
const forwarded = async (to: number): Promise<AsyncDisposable & { readonly port: number }> => {
  const server = createServer((socket) => {
    const own = connect(to, '127.0.0.1')
    for (const one of [socket, own]) one.on('error', () => {})
    socket.pipe(own).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

const askThrough = (port: number, address: string, host: string): Promise<Answer> => {
  const { pathname, search } = new URL(address)
  return ask(`http://127.0.0.1:${port}${pathname}${search}`, { headers: { host } })
}

/** Opens a WebSocket, and resolves with the status of the answer: 101 if it is open. */
const upgrade = (url: string, headers: Readonly<Record<string, string>>, path = '/api/system/graphql/query') =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws') + path, 'graphql-transport-ws', { headers })
    socket.on('unexpected-response', (_, response) => {
      resolve(response.statusCode ?? 0)
      response.resume()
      socket.terminate()
    })
    socket.on('open', () => {
      resolve(101)
      socket.terminate()
    })
    socket.on('error', reject)
  })

describe.concurrent('the way in', () => {
  someClaims(5, 'way in', (it) => {
    it('the address that was printed gives a cookie and leads to the page without the secret', async () => {
      await using own = await served()
      const address = own.dashboard.createAddress()
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?secret=[\w-]{43}$/)
      const { status, headers } = await ask(address)
      expect([status, headers.location]).toEqual([303, '/'])
      expect(headers['set-cookie']).toEqual([
        expect.stringMatching(
          new RegExp(`^meshery-live-${own.dashboard.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`),
        ),
      ])
      expect(headers['referrer-policy']).toBe('no-referrer')
    })

    it('the rest of the address is kept, such as filters of the page', async () => {
      await using own = await served()
      const address = `${own.dashboard.createAddress()}&severity=error,critical&q=a%20%26b&secret=again`
      const { status, headers } = await ask(address)
      expect([status, headers.location]).toEqual([303, '/?severity=error%2Ccritical&q=a+%26b'])
      const cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? ''
      expect((await ask(address, { headers: { cookie } })).headers.location).toBe(headers.location)
      expect((await own.plain(`${headers.location}`, { headers: { cookie } })).body).toContain('<title>')
    })

    it('through a forwarded port it is open under the same number, and not under another one or under a name', async () => {
      await using own = await served()
      const { port } = own.dashboard
      await using forward = await forwarded(port)
      const ask = (host: string): Promise<Answer> => askThrough(forward.port, own.dashboard.createAddress(), host)
      expect((await ask(`127.0.0.1:${port}`)).status).toBe(303)
      expect((await ask(`localhost:${port}`)).status).toBe(303)
      for (const host of [`127.0.0.1:${forward.port}`, `localhost:${forward.port}`, 'meshery.example.com'])
        expect((await ask(host)).status).toBe(403)
    })

    it('a secret works once: a stolen one is refused, and lets no one else in', async () => {
      await using own = await served()
      const address = own.dashboard.createAddress()
      expect((await ask(address)).status).toBe(303)
      const { status, body, headers } = await ask(address)
      expect([status, headers['set-cookie']]).toEqual([403, undefined])
      expect(body).toMatch(/^Open the address that `meshery-live dashboard` printed: [^\n]+\n$/)
    })

    it('a browser that is in may open its old address again', async () => {
      await using own = await served()
      const address = own.dashboard.createAddress()
      const cookie = await letIn(address)
      const { status, headers } = await ask(address, { headers: { cookie } })
      expect([status, headers.location, headers['set-cookie']]).toEqual([303, '/', undefined])
    })

    it('a new address makes the one before it useless', async () => {
      await using own = await served()
      const before = own.dashboard.createAddress()
      const after = own.dashboard.createAddress()
      expect((await ask(before)).status).toBe(403)
      expect((await ask(after)).status).toBe(303)
    })

    it('a second browser gets in by a second address, and the first one stays in', async () => {
      await using own = await served()
      const second = await letIn(own.dashboard.createAddress())
      expect((await own.plain('/', { headers: { cookie: second } })).status).toBe(200)
      expect((await own.get('/')).status).toBe(200)
    })

    it('another page that opens the address does not use it up', async () => {
      await using own = await served()
      const address = own.dashboard.createAddress()
      expect((await ask(address, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
      expect((await ask(address, { method: 'HEAD' })).status).toBe(403)
      expect((await ask(address)).status).toBe(303)
    })
  })

  test.each(
    sampled(
      [
        ['/', {}],
        ['/dashboard.json', {}],
        ['/assets/page.js', {}],
        ['/api/system/version', {}],
        ['/?secret=', {}],
        ['/?secret=guessed', {}],
        ['/', { cookie: 'meshery-live-1=x' }],
        ['/', { authorization: 'Basic eA==' }],
      ],
      3,
      'without the cookie',
    ),
  )('%s with %j is 403 with one sentence, and asks nothing of Meshery', async (path, headers) => {
    await using fake = await startFakeMeshery()
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const answer = await own.plain(path, { headers })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined])
    expect(answer.body.trim().split('\n')).toHaveLength(1)
    expect(fake.stats.requests).toEqual([])
  })

  test('the cookie of another dashboard is not accepted', async () => {
    await using one = await served()
    await using other = await served()
    const value = other.cookie.replace(/^[^=]*/, '')
    const cookie = `meshery-live-${one.dashboard.port}${value}`
    expect((await one.plain('/', { headers: { cookie } })).status).toBe(403)
  })
})

describe.concurrent('the page', () => {
  test('comes with a strict policy, and is not stored', async () => {
    await using own = await served()
    const { status, headers, body } = await own.get('/?severity=error')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(body).toContain('<title>Dashboard</title>')
    expect(headers['content-security-policy']).toBe(
      `default-src 'self'; connect-src 'self' ws://127.0.0.1:${own.dashboard.port}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'`,
    )
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  test('has its files, and no other file of the machine', async () => {
    await using own = await served()
    expect((await own.get('/assets/page.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
    const outside = [
      '/outside-of-assets.txt',
      '/../outside.txt',
      '/assets/../../outside.txt',
      '/assets/%2e%2e/%2e%2e/outside.txt',
      '/assets/..%2f..%2foutside.txt',
      '/assets/..%5c..%5coutside.txt',
      '/assets/',
      '/assets',
      '/assets/page.js%00',
      '/assets/page.js/',
    ]
    for (const path of outside) {
      const answer = await own.raw(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${own.dashboard.port}\r\nCookie: ${own.cookie}\r\nConnection: close\r\n\r\n`,
      )
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /)
      expect(answer, path).not.toContain('planted')
    }
  })

  test('is only read', async () => {
    await using own = await served()
    expect((await own.get('/', { method: 'HEAD' })).status).toBe(200)
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])
      expect((await own.get('/', { method })).status, method).toBe(405)
  })

  test('names the server, the release and the pages of Meshery in dashboard.json', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: `${fake.url.replace('//', '//user:planted-password@')}` })
    const { headers, body } = await own.get('/dashboard.json')
    expect(headers['content-type']).toBe('application/json')
    expect(JSON.parse(body)).toEqual({
      server: { url: fake.url, release: expect.stringMatching(/^v0\.8/) },
      context: null,
      user: null,
      links: { ui: `${fake.url}/` },
    })
  })

  test.each(
    sampled(
      [
        [{ firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' }, 'Ada Lovelace'],
        [{ first_name: 'Ada', last_name: ' ' }, 'Ada'],
        [{ email: 'ada@example.com' }, 'ada@example.com'],
        [{ user_id: 'meshery' }, 'meshery'],
        [{ firstName: 7 }, null],
        [['Ada'], null],
      ],
      2,
      'names of the user',
    ),
  )('names the user of %j there: %s', async (user, name) => {
    await using pair = await serveBefore(({ url }, response) => json(response, url === '/api/user' ? user : {}))
    expect(JSON.parse((await pair.own.get('/dashboard.json')).body)).toMatchObject({ user: name })
  })

  test('keeps the name of the user while Meshery does not answer, and covers the token in it', async () => {
    let isAway = false
    await using pair = await serveBefore(({ url }, response) => {
      if (isAway) response.writeHead(503).end()
      else json(response, url === '/api/user' ? { firstName: `Ada ${token}` } : {})
    })
    for (const answered of [true, false]) {
      isAway = !answered
      const { user } = JSON.parse((await pair.own.get('/dashboard.json')).body)
      expect(user).toBe(`Ada ${'*'.repeat(token.length)}`)
    }
  })
})

describe.concurrent('hostile requests', () => {
  test.each(
    sampled(
      [
        ['another origin', { origin: 'https://evil.example' }],
        ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
        ['an origin without a name', { origin: 'null' }],
        ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
        ['a page of another port of this machine', { 'sec-fetch-site': 'same-site' }],
        ['a name that resolves to this machine', { host: 'evil.example' }],
        ['that name with the port', { host: 'evil.example:PORT' }],
        ['the right address without the port', { host: '127.0.0.1' }],
        ['another port', { host: '127.0.0.1:1' }],
        ['the right address as a part of a name', { host: '127.0.0.1:PORT.evil.example' }],
      ],
      3,
      'hostile',
    ),
  )('from %s are refused, though they have the cookie', async (_, headers: Record<string, string>) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const hostile = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(own.dashboard.port))]),
    )
    for (const path of ['/', '/dashboard.json', '/api/system/version', '/api/system/events'])
      expect((await own.get(path, { headers: hostile })).status, path).toBe(403)
    const body = JSON.stringify({ query: '{ a }' })
    const posted = await own.get('/api/system/graphql/query', { method: 'POST', headers: hostile, body })
    expect(posted.status).toBe(403)
    expect(await upgrade(own.url, { cookie: own.cookie, ...hostile })).toBe(403)
    expect(fake.stats.requests).toEqual([])
  })

  test('the own page may ask, by both names of this machine', async () => {
    await using own = await served()
    const { port } = own.dashboard
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
      const headers = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
      expect((await own.get('/api/system/version', { headers })).status).toBe(200)
    }
  })

  test('a WebSocket needs the cookie, and no other path has one', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    expect(await upgrade(own.url, {})).toBe(403)
    const { cookie } = own
    expect(await upgrade(own.url, { cookie }, '/')).toBe(403)
    expect(await upgrade(own.url, { cookie }, '/api/system/events/subscribe')).toBe(403)
    expect(await upgrade(own.url, { cookie }, '/api/system/graphql/query/')).toBe(403)
    expect(await upgrade(own.url, { cookie })).toBe(101)
  })

  /** Request lines and headers that servers and proxies read differently. `HOST` and `COOKIE` are the right ones. */
  const smuggled: readonly (readonly [what: string, request: string, status: RegExp])[] = [
    ['a whole address', 'GET http://HOST/api/system/version HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['the address of another server', 'GET http://evil.example/ HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['two slashes', 'GET //evil.example/api/system/version HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['a backslash', 'GET /\\evil.example/ HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['a hash', 'GET /#/api HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^400$/],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^$/],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\nCOOKIE', /^403$/],
    ['no host', 'GET / HTTP/1.1\r\nCOOKIE', /^400$/],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\nCOOKIE', /^400$/],
    [
      'a length beside chunks',
      'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nCOOKIE',
      /^400$/,
    ],
    ['a body of a GET', 'GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nCOOKIE', /^400$/],
    ['a header on two lines', 'GET / HTTP/1.1\r\nHost: HOST\r\nX-A: 1\r\n b\r\nCOOKIE', /^400$/],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : HOST\r\nCOOKIE', /^400$/],
    ['a way upwards', 'GET /api/system/../../etc HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^403$/],
    ['an escaped way upwards', 'GET /api/system/%2e%2e/user HTTP/1.1\r\nHost: HOST\r\nCOOKIE', /^403$/],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nCOOKIE', /^403$/],
    ['too many headers', `GET / HTTP/1.1\r\nHost: HOST\r\nX-A: ${'a'.repeat(20_000)}\r\nCOOKIE`, /^431$/],
  ]
  test.each(sampled(smuggled, 3, 'smuggled'))('a request with %s ends here', async (_, request, status) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const text = request
      .replaceAll('HOST', `127.0.0.1:${own.dashboard.port}`)
      .replace('COOKIE', `Cookie: ${own.cookie}\r\nConnection: close\r\n\r\n`)
    const answer = await own.raw(text)
    expect(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? '').toMatch(status)
    expect(fake.stats.requests).toEqual([])
  })

  test('what the table does not have is not passed on', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const refused = [
      ['GET', '/api/token'],
      ['GET', '/api/user'],
      ['GET', '/api/user/token'],
      ['GET', '/api/providers'],
      ['GET', '/api/system/events/subscribe/x'],
      ['GET', '/api/system/graphql/query?query={a}'],
      ['GET', '/api/performance/profiles/a.b/results'],
      ['GET', '/api/performance/profiles/../results'],
      ['POST', '/api/system/events'],
      ['DELETE', '/api/system/events/1'],
      ['PUT', '/api/system/events/status/bulk'],
      ['POST', '/api/pattern'],
      ['DELETE', '/api/system/kubernetes/contexts'],
      ['GET', '/API/system/version'],
    ] as const
    for (const [method, path] of refused)
      expect([403, 404], `${method} ${path}`).toContain((await own.get(path, { method })).status)
    expect(fake.stats.requests).toEqual([])
  })
})
