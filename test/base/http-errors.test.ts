import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerError } from '../../src/base/answer-errors.ts'
import type { SentIdentity } from '../../src/base/credentials-refused.ts'
import { MesheryError } from '../../src/base/errors.ts'
import type { SentRequest } from '../../src/base/http-errors.ts'
import { runsOf } from '../sample.ts'

const url = 'http://meshery.example.com:9081/api/system/events?page=0&search=secret-query'
const rest: SentRequest = { url, phase: 'store', token: true, accept: 'application/json' }
const sse: SentRequest = { url, phase: 'subscribe', token: true, accept: 'text/event-stream' }
const upgrade: SentRequest = {
  url: 'http://meshery.example.com:9081/api/system/graphql/query',
  phase: 'upgrade',
  token: true,
}
const every: readonly (readonly [string, SentRequest])[] = [
  ['REST', rest],
  ['SSE', sse],
  ['an upgrade', upgrade],
]

const explain = (asked: SentRequest, status: number, headers: Record<string, string> = {}, body = ''): MesheryError =>
  answerError({ status, headers: new Headers(headers), body }, asked)

describe.each(every)('a response to %s', (_, asked) => {
  it.each([
    ['/provider?ref=abc'],
    ['/auth/login?x=1'],
    ['/user/login'],
    ['http://meshery.example.com:9081/provider'],
    ['https://cloud.example.com/login?source=aHR0cA&provider_version=v0.3.14'],
    ['https://cloud.example.com/deep/login/?source=aHR0cA'],
  ])('that redirects to %s means refused credentials', (location) => {
    const error = explain(asked, 302, { location })
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', phase: asked.phase, retryable: false })
    expect(error.details['status']).toBe(302)
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toMatch(/aHR0cA|ref=|secret-query/)
  })

  it('that redirects to the same host over https names the address to use', () => {
    for (const location of ['https://meshery.example.com/api', 'https://meshery.example.com:9443/provider']) {
      const error = explain(asked, 301, { location })
      expect(error.code).toBe('WRONG_SCHEME')
      expect(error.remedy).toContain(`Use ${new URL(location).origin}`)
    }
  })

  it('that redirects elsewhere means a gateway that asks for a login', () => {
    for (const location of [
      'https://sso.example.com/auth?rd=x',
      '/oauth2/start',
      'https://sso.example.com/user/login',
    ]) {
      expect(explain(asked, 307, { location }).code).toBe('GATEWAY_LOGIN')
    }
  })

  it('of 401 or 403 means refused credentials', () => {
    expect(explain(asked, 401)).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { status: 401 } })
    expect(explain(asked, 403)).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { status: 403 } })
  })

  it('of 401 with WWW-Authenticate, or of 407, comes from a gateway', () => {
    expect(explain(asked, 401, { 'www-authenticate': 'Basic realm="x"' }).code).toBe('GATEWAY_LOGIN')
    expect(explain(asked, 407).code).toBe('GATEWAY_LOGIN')
  })

  it('of status 0, a redirect that a browser hides, means refused credentials', () => {
    expect(explain(asked, 0)).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { status: 0 } })
  })

  it('of 429 contains the wait in milliseconds', () => {
    expect(explain(asked, 429, { 'retry-after': '7' })).toMatchObject({
      code: 'RATE_LIMITED',
      retryable: true,
      details: { status: 429, retryAfter: 7000 },
    })
    expect(explain(asked, 429).details).toEqual({ status: 429 })
  })

  it('of 5xx is a retryable error of the server', () => {
    for (const status of [500, 502, 503, 504]) {
      expect(explain(asked, status, { 'retry-after': '2' })).toMatchObject({
        code: 'SERVER_ERROR',
        retryable: true,
        details: { status, retryAfter: 2000 },
      })
    }
  })
})

describe('Retry-After', () => {
  const wait = (headers: Record<string, string>): unknown => explain(rest, 503, headers).details['retryAfter']

  it('is measured by the clock of the server when it is a date', () => {
    const date = 'Sat, 01 Jan 2000 00:00:00 GMT'
    expect(wait({ date, 'retry-after': 'Sat, 01 Jan 2000 00:00:30 GMT' })).toBe(30_000)
    expect(wait({ date, 'retry-after': 'Fri, 31 Dec 1999 00:00:00 GMT' })).toBe(0)
  })

  it('is measured by the local clock when the server does not send its own', () => {
    const soon = Number(wait({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }))
    expect(soon).toBeGreaterThan(50_000)
    expect(soon).toBeLessThanOrEqual(60_000)
  })

  it('never exceeds the longest delay of a timer', () => {
    expect(wait({ 'retry-after': '99999999999999999999' })).toBe(86_400_000)
  })

  it('is left out when it is not valid', () => {
    for (const text of ['', 'soon', '-5', '1e3x']) expect(wait({ 'retry-after': text })).toBeUndefined()
  })
})

describe('a response of a gateway', () => {
  it.each([
    '<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>',
    'Client sent an HTTP request to an HTTPS server.',
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
  ])('of a port that takes only https names the address to use: %s', (body) => {
    for (const [, asked] of every)
      expect(explain(asked, 400, { 'content-type': 'text/html' }, body)).toMatchObject({
        code: 'WRONG_SCHEME',
        remedy: 'Use https://meshery.example.com:9081 as `url`.',
      })
  })

  it('of a port that takes only https keeps the path of the server', () => {
    const asked = { ...rest, url: 'http://meshery.example.com:9081/base/api/system/events?page=0' }
    const body = 'Client sent an HTTP request to an HTTPS server.'
    expect(explain(asked, 400, {}, body).remedy).toBe('Use https://meshery.example.com:9081/base as `url`.')
  })

  it('that requires a certificate of the client says so', () => {
    const page = '<html><head><title>400 No required SSL certificate was sent</title></head></html>'
    expect(explain(rest, 400, { 'content-type': 'text/html' }, page)).toMatchObject({
      code: 'GATEWAY_LOGIN',
      message: expect.stringMatching(/answers 400: it requires a certificate of the client$/),
      remedy: expect.stringContaining('`tls.cert`'),
    })
  })

  it('that requires a login names the scheme, and nothing else of the header', () => {
    const error = explain(rest, 401, { 'www-authenticate': 'Basic realm="a-secret-realm"' })
    expect(error.message).toMatch(/answers 401: a gateway asks for a login by Basic$/)
  })
})

describe.each(every)('a response of a front end to %s', (_, asked) => {
  const path = new URL(asked.url).pathname

  it.each([
    ['https://www.meshery.example.com', '', 'Use https://www.meshery.example.com as `url`.'],
    ['http://meshery.example.org:8080', '/meshery', 'Use http://meshery.example.org:8080/meshery as `url`.'],
    ['http://meshery.example.com:9081', '/meshery', 'Use http://meshery.example.com:9081/meshery as `url`.'],
  ])('that redirects the same path to %s%s names the new address, and no login', (origin, base, remedy) => {
    for (const end of ['?search=secret-query', '/?search=secret-query']) {
      const error = explain(asked, 301, { location: origin + base + path + end })
      expect(error).toMatchObject({ code: 'NOT_MESHERY', remedy, details: { status: 301 } })
      expect(`${error.message} ${error.remedy} ${JSON.stringify(error.details)}`).not.toContain('secret-query')
    }
  })

  it('that redirects a path to itself with a slash names the front end', () => {
    const error = explain(asked, 308, { location: `${path}/?a=1` })
    expect(error).toMatchObject({ code: 'NOT_MESHERY', remedy: expect.stringContaining('slash') })
  })

  it('of 511 names the login of the network', () => {
    expect(
      explain(asked, 511, { 'content-type': 'text/html' }, '<html>Network Authentication Required</html>'),
    ).toMatchObject({
      code: 'GATEWAY_LOGIN',
      message: expect.stringContaining('captive portal'),
      remedy: expect.stringContaining('Log in to the network'),
      retryable: false,
    })
  })

  it.each<[string, Record<string, string>, string]>([
    ['Cloudflare', { server: 'cloudflare' }, 'error code: 1020'],
    ['Cloudflare', { 'cf-mitigated': 'challenge' }, '<html><title>Just a moment...</title></html>'],
    ['Envoy', { server: 'istio-envoy' }, 'RBAC: access denied'],
    ['oauth2-proxy', {}, '<html><title>Sign In</title><form action="/oauth2/start"></form></html>'],
  ])('of 403 by %s says which one refuses', (name, headers, body) => {
    const error = explain(asked, 403, headers, body)
    expect(error).toMatchObject({ code: 'GATEWAY_LOGIN', details: { status: 403 } })
    expect(error.message).toMatch(new RegExp(`answers 403: ${name} refuses the request$`))
    expect(error.remedy).not.toContain('mesheryctl')
    expect(error.remedy).toContain('`headers`')
  })

  it('of 403 by another one says that Meshery did not answer', () => {
    const identity = { hasToken: true, provider: 'Meshery', isFound: false, isAsked: false, from: {} }
    const error = explain({ ...asked, identity }, 403, { server: 'nginx/1.27.0' }, 'no')
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', remedy: expect.stringContaining('front end') })
    expect(error.message).toMatch(/Meshery answers no read with 403: `nginx` in front of Meshery refuses it/)
  })

  it('of 403 to a change is the refusal of Meshery', () => {
    const identity = { hasToken: true, provider: 'Meshery', isFound: false, isAsked: false, from: {} }
    const { message } = explain({ ...asked, identity, method: 'POST' }, 403, { server: 'cloudflare' })
    expect(message).toContain('the token from `token` is refused')
  })
})

describe('a response to an upgrade', () => {
  it('is quoted in the details by the first line of its body', () => {
    expect(explain(upgrade, 403, {}, '\r\n  blocked by policy 7\nmore').details).toMatchObject({
      status: 403,
      body: 'blocked by policy 7',
    })
    expect(String(explain(upgrade, 403, {}, 'x'.repeat(1_000)).details['body'])).toHaveLength(200)
    expect(explain(upgrade, 403).details).not.toHaveProperty('body')
  })

  it.each([200, 400, 404, 405, 406, 422, 426, 501])('of %d means that WebSocket is not available here', (status) => {
    const error = explain(upgrade, status)
    expect(error).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', details: { status } })
    expect(error.details['permanent']).toBeUndefined()
  })

  it('is final when the server itself reports that it has no such transport', () => {
    const body = '{"errors":[{"message":"transport not supported"}],"data":null}'
    const error = explain(upgrade, 400, { 'content-type': 'application/json' }, body)
    expect(error).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', details: { permanent: true } })
    expect(error.message).toMatch(/: transport not supported$/)
    expect(error.remedy).toMatch(/^GraphQL subscriptions ended with v1\.0\.55\. Only `subscribe` needs them/)
  })

  it('of 403 that names the origin does not concern the credentials', () => {
    expect(explain(upgrade, 403, {}, 'Forbidden\n{"errors":[{"message":"unable to upgrade"}]}').code).toBe(
      'TRANSPORT_UNAVAILABLE',
    )
  })
})

describe('a response to SSE', () => {
  it('of 404, of another content type, or "streaming unsupported" means that SSE is not available here', () => {
    expect(explain(sse, 404).code).toBe('TRANSPORT_UNAVAILABLE')
    expect(explain(sse, 200, { 'content-type': 'text/html' }, '<html>').code).toBe('TRANSPORT_UNAVAILABLE')
    expect(explain(sse, 500, {}, '{"error":"streaming unsupported"}').code).toBe('TRANSPORT_UNAVAILABLE')
  })
})

describe('a response to REST', () => {
  it('of 404 or an HTML page does not come from Meshery', () => {
    expect(explain(rest, 404)).toMatchObject({ code: 'NOT_MESHERY', details: { status: 404 } })
    expect(explain(rest, 200, { 'content-type': 'text/html; charset=utf-8' }, 'x').code).toBe('NOT_MESHERY')
    expect(explain(rest, 400, {}, ' <!doctype html>').code).toBe('NOT_MESHERY')
    expect(explain(rest, 304).code).toBe('NOT_MESHERY')
  })

  it('of another 4xx is a permanent error of the server', () => {
    expect(explain(rest, 400, {}, 'bad page')).toMatchObject({ code: 'SERVER_ERROR', retryable: false })
  })

  it('of 404 to a POST without a token means refused credentials', () => {
    const post: SentRequest = { ...rest, method: 'POST' }
    expect(explain({ ...post, token: false }, 404).code).toBe('CREDENTIALS_REFUSED')
    expect(explain(post, 404).code).toBe('NOT_MESHERY')
  })

  it("quotes the server's own words, but never an HTML page or control characters", () => {
    const words = (body: string): string => explain(rest, 503, {}, body).message
    expect(words('{"code":"meshery-1","error":"provider \\u0041 away","severity":2}')).toContain(
      ': provider \\u0041 away',
    )
    expect(words('upstream\r\n  down\u001b[31m')).toMatch(/: upstream down \[31m$/)
    expect(words('<html>secret page</html>')).toMatch(/answers 503$/)
    expect(words('x'.repeat(5000)).length).toBeLessThan(400)
  })
})

it('of any kind is explained', () => {
  const header = fc.constantFrom('location', 'retry-after', 'content-type', 'date', 'www-authenticate')
  const odd = fc.string({ unit: fc.constantFrom(...'/:?#[]@ab1 %') })
  // Not `fc.webUrl`: it takes 5 s to begin.
  const hosts = [
    'http://meshery.example:9081',
    'https://meshery.example:9081',
    'https://login.example',
    'https://[::1]',
  ]
  const value = fc.oneof(
    fc.tuple(fc.constantFrom(...hosts), odd).map(([host, path]) => `${host}/${path}`),
    odd,
    fc.constantFrom('text/html', '0'),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 599 }),
      fc.dictionary(header, value),
      fc.string(),
      fc.constantFrom(rest, sse, upgrade),
      (status, headers, body, asked) => {
        const error = explain(asked, status, headers, body)
        expect(error).toBeInstanceOf(MesheryError)
        expect(error.details['status']).toBe(status)
        expect(error.phase).toBe(asked.phase)
        const wait = error.details['retryAfter']
        expect(wait === undefined || (Number(wait) >= 0 && Number(wait) <= 86_400_000)).toBe(true)
      },
    ),
    { numRuns: runsOf(100) },
  )
})

describe('refused credentials', () => {
  const option: SentIdentity = { hasToken: true, provider: 'Meshery', isFound: false, isAsked: false, from: {} }
  const file = '/home/me/.meshery/auth.json'
  const env = { token: 'MESHERY_TOKEN', provider: 'MESHERY_PROVIDER' }
  const login = { location: '/auth/login' }
  const choose = { location: '/provider?ref=abc' }

  it.each<[string, Partial<SentIdentity>, Record<string, string>, string, RegExp]>([
    [
      'nothing',
      { hasToken: false, provider: '' },
      choose,
      'neither a provider nor a token was sent',
      /system login.*GET .api.providers/,
    ],
    [
      'a token alone',
      { provider: '', from: env },
      choose,
      'no provider was sent with the token from MESHERY_TOKEN',
      /MESHERY_PROVIDER/,
    ],
    [
      'a provider alone',
      { hasToken: false },
      login,
      'no token was sent for the provider `Meshery` (from `provider`)',
      /system login/,
    ],
    [
      'an unknown provider',
      { from: env },
      choose,
      'the provider `Meshery` (from MESHERY_PROVIDER) is refused',
      /GET \/api\/providers/,
    ],
    [
      'a provider that was looked up',
      { isFound: true },
      choose,
      'the provider `Meshery` (from GET /api/providers) is refused',
      /Correct the provider/,
    ],
    ['a fixed token', {}, login, 'the token from `token` is refused', /^Log in again .*fresh `token`/],
    [
      'an answer of a function',
      { isAsked: true },
      login,
      'the token from `credentials` is refused',
      /^Let `credentials` give/,
    ],
    [
      'a token of the environment',
      { from: env },
      login,
      'the token from MESHERY_TOKEN is refused',
      /into MESHERY_TOKEN/,
    ],
    [
      'a token of a file',
      { from: { token: file, provider: file } },
      login,
      `the token from ${file} is refused`,
      /^Log in again/,
    ],
  ])('report what is wrong with %s, its source, and the remedy', (...[, sent, headers, problem, remedy]) => {
    for (const [, asked] of every) {
      const error = explain({ ...asked, identity: { ...option, ...sent } }, 302, headers)
      expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { status: 302 } })
      expect(error.message).toContain(`(${problem})`)
      expect(error.remedy).toMatch(remedy)
    }
  })

  it('report it too when only the status shows it', () => {
    expect(explain({ ...rest, identity: option }, 401).message).toContain('(the token from `token` is refused)')
  })
})
