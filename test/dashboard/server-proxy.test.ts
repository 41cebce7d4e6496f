import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { deferred } from '../../src/base/abort.ts'
import type { MesheryOptions } from '../../src/client/options.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { until } from '../client/watching.ts'
import { listen } from '../platform/http-server.ts'
import { raw } from '../platform/raw-server.ts'
import { soonMs } from '../waiting.ts'
import { type Served, serve } from './served.ts'

const token = 'planted-token-8sKq2LmZx91uVb77aa'
const identity = { provider: 'Meshery', token }

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
}

/** What answers the check at the start of a dashboard, and leaves the rest to the handler. */
const behindCheck = (handler: Handler): Handler => {
  let checks = 2
  return (request, response) => {
    if (checks-- > 0) json(response, { build: 'v1.0.0', events: [] })
    else handler(request, response)
  }
}

/** A Meshery of its own making, and a dashboard of it. */
const serveBefore = async (handler: Handler, options: MesheryOptions = {}) => {
  const meshery = await listen(behindCheck(handler))
  const own = await serve({ url: meshery.url, ...identity, ...options })
  meshery.requests.length = 0
  return {
    meshery,
    own,
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]()
      await meshery[Symbol.asyncDispose]()
    },
  }
}

/** Opens a stream. Resolves with its answer, once the headers are there. */
const openStream = (own: Served, path = '/api/system/events/subscribe'): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    send(own.url + path, { headers: { cookie: own.cookie }, agent: false }, resolve)
      .on('error', reject)
      .end()
  })

const query = (own: Served, body: string, headers: Readonly<Record<string, string>> = {}) =>
  own.get('/api/system/graphql/query', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })

/** A proxy for tunnels, all of which lead to that port of this machine. */
const listenForTunnels = async (port: number, asked: string[]) => {
  const server = createServer()
  const sockets = new Set<Duplex>()
  server.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`)
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(target).pipe(socket)
    })
    for (const one of [socket, target]) {
      sockets.add(one)
      one.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('the identity', () => {
  test('is that of the command: no cookie and no header of the browser reaches Meshery', async () => {
    await using pair = await serveBefore((_, response) => json(response, {}))
    const { own, meshery } = pair
    const headers = {
      cookie: `${own.cookie}; token=planted-browser-token; meshery-provider=Planted`,
      authorization: 'Bearer planted-bearer',
      'x-forwarded-for': '1.2.3.4',
      'x-planted': 'planted',
      referer: `${own.url}/?planted`,
      'accept-language': 'de',
      te: 'trailers',
    }
    const { status } = await own.get('/api/system/events?page=0&search=a%2Fb', { headers })
    expect(status).toBe(200)
    expect(meshery.requests.map(({ url }) => url)).toEqual(['/api/system/events?page=0&search=a%2Fb'])
    expect(meshery.requests[0]?.headers).toEqual({
      host: new URL(meshery.url).host,
      connection: 'keep-alive',
      accept: 'application/json',
      'accept-encoding': 'identity',
      cookie: `meshery-provider=Meshery; token=${token}`,
    })
  })

  test('includes the user and password for a gateway in front of Meshery', async () => {
    await using meshery = await listen(behindCheck((_, response) => json(response, {})))
    await using own = await serve({ url: meshery.url.replace('//', '//user:planted-password@'), ...identity })
    await own.get('/api/user')
    const authorization = `Basic ${Buffer.from('user:planted-password').toString('base64')}`
    expect(meshery.requests.at(-1)?.headers.authorization).toBe(authorization)
  })

  test('stays here when Meshery sets a cookie: the next request has the new token, and the browser has none', async () => {
    await using pair = await serveBefore((_, response) => {
      response.setHeader('set-cookie', ['token=planted-renewed-token; Path=/', 'session_cookie=planted; Path=/'])
      json(response, {})
    })
    const { headers } = await pair.own.get('/api/user')
    expect(headers['set-cookie']).toBeUndefined()
    await pair.own.get('/api/user')
    expect(pair.meshery.requests.at(-1)?.headers.cookie).toBe('meshery-provider=Meshery; token=planted-renewed-token')
  })

  test('is read again after a refusal, and the request sent once more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshery-live-token-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'auth.json')
    const write = (value: string): void =>
      writeFileSync(path, JSON.stringify({ token: value, 'meshery-provider': 'Meshery' }))
    write(token)
    await using fake = await startFakeMeshery({ auth: identity })
    await using own = await serve({ url: fake.url }, { env: { MESHERY_TOKEN_PATH: path }, home: undefined })
    const fresh = 'planted-fresh-token-of-a-login'
    fake.faults.expireToken()
    fake.faults.acceptToken(fresh)
    fake.stats.reset()
    const refused = await own.get('/api/system/events')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, undefined])
    expect(refused.body).toContain('is refused')
    // Nothing has changed, so it was sent once.
    expect(fake.stats.requests).toHaveLength(1)
    expect(own.problems.at(-1)).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    write(fresh)
    expect((await own.get('/api/system/events')).status).toBe(200)
    expect(own.problems.at(-1)).toBeUndefined()
  })

  test('is not asked of the browser: a login that a gateway wants does not become a dialogue', async () => {
    await using pair = await serveBefore((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    )
    const { status, headers } = await pair.own.get('/api/user')
    expect([status, headers['www-authenticate']]).toEqual([401, undefined])
    expect(pair.own.problems.at(-1)).toMatchObject({ code: 'GATEWAY_LOGIN' })
  })

  test('is renewed before the token expires, and a stream with the old token is closed', {
    tags: ['full'],
  }, async () => {
    const tokenUntil = (expires: number): string =>
      Buffer.from(
        JSON.stringify({ access_token: `planted-${expires}`, expiry: new Date(expires).toISOString() }),
      ).toString('base64')
    const [old, fresh] = [tokenUntil(Date.now() + 4_000), tokenUntil(Date.now() + 86_400_000)]
    const auth = { provider: 'Meshery', token: old }
    await using fake = await startFakeMeshery({ auth })
    await using own = await serve({ url: fake.url, ...auth })
    const answer = await openStream(own)
    const cut = new Promise((resolve) => answer.on('error', resolve).resume())
    await until(() => expect(fake.stats.openStreams).toBe(1))
    fake.faults.rotateToken(fresh)
    await cut
    const again = await openStream(own)
    expect(again.statusCode).toBe(200)
    expect(fake.stats.dials.at(-1)?.headers.cookie).toContain(fresh)
    again.destroy()
  })
})

describe('answers', () => {
  test('a redirect is followed neither here nor in the browser', async () => {
    await using elsewhere = await listen((_, response) => response.end('{}'))
    await using pair = await serveBefore((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/?planted=planted-code` }).end(),
    )
    const { status, headers, body } = await pair.own.get('/api/user')
    expect([status, headers.location]).toEqual([401, undefined])
    expect(body).not.toContain('planted')
    expect(elsewhere.requests).toEqual([])
  })

  test.each([
    [404, 'text/plain; charset=utf-8', '404 page not found'],
    [500, 'application/json', '{"error":"broken"}'],
    [403, 'text/plain; charset=utf-8', 'not yours'],
    [422, 'application/json', '{"errors":[{"message":"x"}],"data":null}'],
  ])('a %i comes as it is', async (code, type, text) => {
    await using pair = await serveBefore((_, response) => response.writeHead(code, { 'content-type': type }).end(text))
    const { status, headers, body } = await pair.own.get('/api/user')
    expect([status, headers['content-type'], body]).toEqual([code, type, text])
  })

  test('the clock of Meshery and its Retry-After come along, other headers do not', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
    await using pair = await serveBefore((_, response) => {
      response.sendDate = false
      response.writeHead(429, { date, 'retry-after': '7', 'x-planted': '1', 'access-control-allow-origin': '*' }).end()
    })
    const { headers } = await pair.own.get('/api/user')
    expect(headers).toMatchObject({ date, 'retry-after': '7', 'cache-control': 'no-store' })
    expect(headers).not.toHaveProperty('x-planted')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('a page of Meshery cannot run in the browser, and a script of it is none', async () => {
    await using pair = await serveBefore(({ url }, response) =>
      response
        .setHeader('content-type', url === '/api/user' ? 'text/html' : 'text/javascript')
        .end('<script>alert(1)</script>'),
    )
    const page = await pair.own.get('/api/user')
    expect(page.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    const script = await pair.own.get('/api/pattern')
    expect(script.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    })
  })

  const password = 'planted-password-Zx91uVb77aa'
  const forms: readonly (readonly [string, (secret: string) => string])[] = [
    ['as it is', (secret) => secret],
    ['URL-encoded', encodeURIComponent],
    ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ]
  test.each(forms)('no secret that Meshery sends back %s gets out', async (_, form) => {
    const oauth = Buffer.from(JSON.stringify({ access_token: 'planted-access-8sKq2LmZx91uVb', expiry: '' }))
    const planted = [oauth.toString('base64'), 'planted-access-8sKq2LmZx91uVb', password]
    const text = planted.map(form).join(' ')
    await using meshery = await listen(
      behindCheck(({ url }, response) => {
        response.setHeader('x-planted', text).setHeader('retry-after', text)
        response.setHeader('content-type', `application/json; planted=${encodeURIComponent(text)}`)
        if (url === '/api/pattern') response.statusCode = 500
        if (url === '/api/filter') response.writeHead(302, { location: `/${encodeURIComponent(text)}` })
        if (url === '/api/user') response.statusCode = 401
        // In pieces of one byte, so that every secret comes in pieces.
        for (const byte of Buffer.from(`{"text":"${text}"}`)) response.write(Buffer.of(byte))
        response.end()
      }),
    )
    await using own = await serve({
      url: meshery.url.replace('//', `//user:${password}@`),
      provider: 'Meshery',
      token: oauth.toString('base64'),
    })
    for (const path of ['/api/system/version', '/api/pattern', '/api/filter', '/api/user', '/dashboard.json']) {
      const answer = JSON.stringify(await own.get(path))
      for (const secret of planted) expect(answer, path).not.toContain(form(secret).replace(/=+$/, ''))
    }
  })

  test('a body without secrets comes byte for byte', async () => {
    const body = JSON.stringify({
      text: 'planted-toke planted- \u{1f600} planted-token-8sKq2LmZx91uVb77a'.repeat(5_000),
    })
    await using pair = await serveBefore((_, response) =>
      response.setHeader('content-type', 'application/json').end(body),
    )
    expect((await pair.own.get('/api/pattern')).body).toBe(body)
  })
})

describe('the way to Meshery', () => {
  test('is that of the options: requests and WebSockets go through the proxy', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const asked: string[] = []
    await using proxy = await listen(({ url = '', headers }, response) => {
      asked.push(url)
      const target = `${fake.url}${new URL(url).pathname}`
      send(target, { headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers)
        answer.pipe(response)
      }).end()
    })
    await using tunnel = await listenForTunnels(fake.port, asked)
    const page = { url: 'http://meshery.invalid', provider: 'None' }
    await using own = await serve({ ...page, proxy: (url) => (url.protocol === 'ws:' ? tunnel.url : proxy.url) })
    expect((await own.get('/api/system/version')).status).toBe(200)
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, 'graphql-transport-ws', {
      headers: { cookie: own.cookie },
    })
    await new Promise((resolve) => socket.on('open', resolve))
    expect(asked).toContain('http://meshery.invalid/api/system/version')
    expect(asked).toContain('CONNECT meshery.invalid:80')
    socket.terminate()
  })

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9\r\n'],
    ['an end at once', ''],
    ['headers without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(100_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['a header that is none', 'HTTP/1.1 200 OK\r\nSet Cookie\r\n\r\n'],
    ['an unknown encoding', 'HTTP/1.1 200 OK\r\nContent-Encoding: x\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s in place of an answer is 502', async (_, text) => {
    let checks = 2
    await using meshery = await raw((socket) => {
      const check = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'
      socket.end(checks-- > 0 ? check : text)
    })
    await using own = await serve({ url: meshery.url, ...identity })
    for (const path of ['/api/user', '/api/system/events/subscribe']) {
      const { status, body } = await own.get(path)
      expect([status, body.trim().split('\n').length], path).toEqual([502, 1])
    }
  })

  test.each([
    ['chunks that are none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
    ['half a compressed body', `Content-Encoding: gzip\r\n\r\n${'\x1f\x8b\x08'}`],
    ['what is not compressed', 'Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s cut the connection of the page', async (_, rest) => {
    let checks = 2
    await using meshery = await raw((socket) => {
      const check = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}'
      socket.end(checks-- > 0 ? check : `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${rest}`, 'latin1')
    })
    await using own = await serve({ url: meshery.url, ...identity })
    await expect(own.get('/api/user')).rejects.toThrow()
  })
})

describe('streams', () => {
  test('each message leaves at once', async () => {
    const stream = deferred<ServerResponse>()
    await using pair = await serveBefore((_, response) => {
      response.setHeader('content-type', 'text/event-stream')
      response.flushHeaders()
      stream.resolve(response)
    })
    const answer = await openStream(pair.own)
    expect(answer.headers['content-type']).toBe('text/event-stream')
    let text = ''
    answer.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
    const meshery = await stream.promise
    for (const message of [': hello\n\n', 'data: {"a":1}\n\n', 'data: planted-token\n\n']) {
      text = ''
      meshery.write(message)
      await until(() => expect(text).toBe(message))
    }
    answer.destroy()
  })

  test('when the page goes, so does the request to Meshery', async () => {
    const gone = deferred<void>()
    await using pair = await serveBefore((_, response) => {
      response.on('close', () => gone.resolve())
      response.setHeader('content-type', 'text/event-stream')
      response.flushHeaders()
    })
    const answer = await openStream(pair.own)
    answer.destroy()
    await gone.promise
  })

  test('a page that gives up before the answer leaves no request behind', async () => {
    const [asked, gone] = [deferred<void>(), deferred<void>()]
    await using pair = await serveBefore((_, response) => {
      response.on('close', () => gone.resolve())
      asked.resolve()
    })
    const { own } = pair
    const request = send(`${own.url}/api/user`, { headers: { cookie: own.cookie }, agent: false }).on('error', () => {})
    request.end()
    await asked.promise
    request.destroy()
    await gone.promise
    expect(own.problems.filter(Boolean)).toEqual([])
  })

  test('a page that does not read makes Meshery wait', async () => {
    let sent = 0
    await using pair = await serveBefore((_, response) => {
      response.setHeader('content-type', 'text/event-stream')
      const piece = Buffer.alloc(65_536, ':')
      const write = (): void => {
        while (sent < 2 ** 28) {
          sent += piece.length
          if (!response.write(piece)) {
            response.once('drain', write)
            return
          }
        }
      }
      write()
    })
    const answer = await openStream(pair.own)
    answer.pause()
    let before = -1
    await until(() => {
      const last = before
      before = sent
      expect(sent).toBe(last)
    })
    expect(sent).toBeLessThan(2 ** 27)
    answer.destroy()
  })

  test('the connection is cut where the answer of Meshery is, so that half an answer does not look whole', async () => {
    await using pair = await serveBefore((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"half":')
      setImmediate(() => response.destroy())
    })
    await expect(pair.own.get('/api/user')).rejects.toThrow()
  })
})

describe('limits', () => {
  const timeouts = { connect: 300, request: 300, idleSSE: 300 }

  test('a Meshery that does not answer is given up', async () => {
    await using pair = await serveBefore(() => {}, { timeouts })
    const { status, body } = await pair.own.get('/api/user')
    expect(status).toBe(504)
    expect(body).toContain('was silent for 300 ms')
    expect(pair.own.problems.at(-1)).toMatchObject({ code: 'TIMED_OUT' })
  })

  test('so is one that stops in the middle, and a stream without keep-alive', async () => {
    await using pair = await serveBefore(
      (_, response) => void response.setHeader('content-type', 'text/event-stream').write(': a\n\n'),
      { timeouts },
    )
    await expect(pair.own.get('/api/user')).rejects.toThrow()
    const answer = await openStream(pair.own)
    await new Promise((resolve) => answer.on('error', resolve).resume())
  })

  test('a Meshery that is away is 502', async () => {
    await using fake = await startFakeMeshery()
    await using own = await serve({ url: fake.url })
    await fake.stop()
    const { status, body } = await own.get('/api/system/version')
    expect([status, body.trim().split('\n').length]).toEqual([502, 1])
    await fake.start()
    expect((await own.get('/api/system/version')).status).toBe(200)
    expect(JSON.parse((await own.get('/dashboard.json')).body)).toMatchObject({ server: { url: fake.url } })
  })

  test('a query has a size, a type and no mutation', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using own = await serve({ url: fake.url })
    fake.stats.reset()
    const mutation = 'mutation { changeAdapterStatus(input: {targetStatus: ENABLED}) }'
    const answers = await Promise.all([
      query(own, JSON.stringify({ query: `{ a${' '.repeat(2 ** 20)} }` })),
      query(own, JSON.stringify({ query: '{ a }' }), { 'content-type': 'text/plain' }),
      query(own, JSON.stringify({ query: mutation })),
      query(own, JSON.stringify({ query: `query A { a } ${mutation.replace('{', 'B {')}`, operationName: 'A' })),
      query(own, JSON.stringify([{ query: '{ a }' }])),
      query(own, 'no JSON'),
      query(own, JSON.stringify({ query: 'no GraphQL' })),
      query(own, JSON.stringify({ query: '{'.repeat(5_000) })),
      query(own, JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } })),
    ])
    expect(answers.map(({ status }) => status)).toEqual([413, 415, 403, 403, 403, 403, 403, 403, 403])
    expect(fake.stats.requests).toEqual([])
  })

  test('only the known fields of a query are passed on: Go reads `Query` as `query`', async () => {
    const bodies: string[] = []
    await using pair = await serveBefore((request, response) => {
      request.setEncoding('utf8').on('data', (piece: string) => bodies.push(piece))
      request.on('end', () => json(response, { data: null }))
    })
    const text = '{"query":"{ a }","Query":"mutation { b }","variables":{"x":1},"operationName":null,"extensions":{}}'
    expect((await query(pair.own, text)).status).toBe(200)
    expect(JSON.parse(bodies.join(''))).toEqual({ query: '{ a }', variables: { x: 1 }, operationName: null })
  })

  test('everything ends at once when the dashboard closes, though Meshery hangs', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using own = await serve({ url: fake.url })
    const socket = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, 'graphql-transport-ws', {
      headers: { cookie: own.cookie },
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    await new Promise((resolve) => socket.on('open', resolve))
    fake.faults.freeze()
    const hanging = own.get('/api/system/events').then(
      () => 'answered',
      () => 'cut',
    )
    await until(() => expect(fake.stats.openSockets).toBe(1))
    const began = performance.now()
    await own.dashboard.close()
    expect(await hanging).toBe('cut')
    await closed
    expect(performance.now() - began).toBeLessThan(soonMs)
    await fake.faults.thaw()
    await until(() => expect(fake.stats.openSockets).toBe(0))
  })
})

describe('WebSockets', () => {
  const protocol = 'graphql-transport-ws'
  interface OpenedPage {
    readonly page: WebSocket
    readonly closed: Promise<number>
    /** Messages, and then the reason of the close. */
    readonly received: readonly string[]
  }
  /** A Meshery with WebSockets, which keeps the messages. */
  const socketServer = async (onSocket: (socket: WebSocket) => void = () => {}) => {
    const messages: unknown[] = []
    const sockets = new WebSocketServer({ noServer: true })
    const meshery = await listen(
      behindCheck((_, response) => response.writeHead(404).end()),
      (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (one) => {
          one.on('message', (data) => messages.push(JSON.parse(data.toString())))
          onSocket(one)
        }),
    )
    const own = await serve({ url: meshery.url, ...identity })
    const open = (): Promise<OpenedPage> =>
      new Promise((resolve, reject) => {
        const headers = { cookie: `${own.cookie}; token=planted-browser-token`, authorization: 'Bearer planted' }
        const page = new WebSocket(`${own.url.replace('http', 'ws')}/api/system/graphql/query`, protocol, { headers })
        const received: string[] = []
        page.on('message', (data) => received.push(data.toString()))
        page.on('close', (_, reason) => received.push(reason.toString()))
        const closed = new Promise<number>((done) => page.on('close', done))
        page.on('open', () => resolve({ page, closed, received }))
        page.on('error', reject)
      })
    return {
      messages,
      meshery,
      own,
      open,
      async [Symbol.asyncDispose]() {
        await own[Symbol.asyncDispose]()
        await meshery[Symbol.asyncDispose]()
      },
    }
  }
  const write = (page: WebSocket, message: unknown): void => page.send(JSON.stringify(message))

  test('the identity is that of the command, in the upgrade and in `connection_init`', async () => {
    await using server = await socketServer()
    const { page } = await server.open()
    write(page, { type: 'connection_init', payload: { token: 'planted-browser-token' } })
    write(page, {
      id: '1',
      type: 'subscribe',
      Payload: { query: 'mutation { b }' },
      payload: { query: 'subscription { a }' },
    })
    write(page, { id: '1', type: 'complete' })
    await until(() => expect(server.messages).toHaveLength(3))
    expect(server.messages).toEqual([
      { type: 'connection_init', payload: { 'meshery-provider': 'Meshery', token } },
      { id: '1', type: 'subscribe', payload: { query: 'subscription { a }' } },
      { id: '1', type: 'complete' },
    ])
    const { headers, url } = server.meshery.requests.at(-1) ?? {}
    expect(url).toBe('/api/system/graphql/query?contexts=all')
    expect(headers).toMatchObject({ cookie: `meshery-provider=Meshery; token=${token}` })
    expect(headers).not.toHaveProperty('authorization')
    expect(headers).not.toHaveProperty('origin')
    page.terminate()
  })

  test.each([
    ['a mutation', { id: '1', type: 'subscribe', payload: { query: 'mutation { a }' } }],
    ['an unknown type', { type: 'start', payload: { query: 'subscription { a }' } }],
    ['no message', [1]],
  ])('%s closes the socket, and does not reach Meshery', async (_, message) => {
    await using server = await socketServer()
    const { page, closed } = await server.open()
    write(page, message)
    expect(await closed).toBe(4400)
    expect(server.messages).toEqual([])
  })

  test('no secret that Meshery sends gets out, neither in a message nor in the reason of a close', async () => {
    await using server = await socketServer((socket) => {
      socket.send(JSON.stringify({ type: 'next', id: '1', payload: { data: token } }))
      socket.on('message', () => socket.close(4403, token))
    })
    const { page, closed, received } = await server.open()
    write(page, { type: 'connection_init' })
    expect(await closed).toBe(4403)
    expect(received.at(-1)).toMatch(/^\*+$/)
    expect(received.join(' ')).not.toContain('planted')
  })

  test('a message that Meshery sends at once arrives', async () => {
    await using server = await socketServer((socket) => socket.send('{"type":"ping"}'))
    const { page, received } = await server.open()
    await until(() => expect(received).toEqual(['{"type":"ping"}']))
    page.terminate()
  })

  test('the end of one side ends the other', async () => {
    const sockets: WebSocket[] = []
    await using server = await socketServer((socket) => void sockets.push(socket))
    const first = await server.open()
    sockets[0]?.close(1001, 'away')
    expect(await first.closed).toBe(1001)
    const second = await server.open()
    sockets[1]?.terminate()
    expect(await second.closed).toBe(1006)
    const third = await server.open()
    third.page.terminate()
    await until(() => expect(sockets[2]?.readyState).toBe(WebSocket.CLOSED))
  })

  test('a request that no WebSocket begins with leaves none at Meshery', async () => {
    const sockets: WebSocket[] = []
    await using server = await socketServer((socket) => void sockets.push(socket))
    const { own } = server
    const answer = await own.raw(
      `GET /api/system/graphql/query HTTP/1.1\r\nHost: 127.0.0.1:${own.dashboard.port}\r\nCookie: ${own.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    await until(() => expect(sockets.map(({ readyState }) => readyState)).toEqual([WebSocket.CLOSED]))
  })

  test('a message of the page has a size', async () => {
    await using server = await socketServer()
    const { page, closed } = await server.open()
    page.send(' '.repeat(2 ** 20 + 1))
    expect(await closed).toBe(1009)
  })
})
