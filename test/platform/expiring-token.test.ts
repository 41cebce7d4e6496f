import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SentIdentity } from '../../src/base/credentials-refused.ts'
import { MesheryError } from '../../src/base/errors.ts'
import { RetryAfterHolds } from '../../src/base/retry-after-holds.ts'
import { ExpiringToken } from '../../src/platform/expiring-token.ts'
import type { ProviderRequest } from '../../src/platform/platform.ts'
import { failure } from './http-server.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const hour = 3_600_000
const jwt = (leftMs: number): string =>
  `head.${Buffer.from(JSON.stringify({ exp: (Date.now() + leftMs) / 1000 })).toString('base64url')}.sign`

const from = { token: '/home/me/.meshery/auth.json', provider: '/home/me/.meshery/auth.json' }
const who: SentIdentity = { hasToken: true, provider: 'Meshery', isFound: false, isAsked: false, from }

const requestFor = (holds = new RetryAfterHolds()): ProviderRequest => ({
  url: new URL('http://meshery.example.com/under/'),
  headers: { 'x-gate': 'open', cookie: 'gate=1' },
  timeout: 1_000,
  limit: 1_000,
  holds,
})

/** The fetch of a server that gives these answers, the last one for ever; and what it was asked. */
const serverWith = (...answers: readonly (() => Response | Promise<Response>)[]) => {
  const asked: { address: string; headers: Headers }[] = []
  const fetch = async (address: string, init: RequestInit): Promise<Response> => {
    asked.push({ address, headers: new Headers(init.headers) })
    return (answers[Math.min(asked.length, answers.length) - 1] ?? Response.error)()
  }
  return { asked, fetch }
}
const gives = (token: string, setCookie?: string) => (): Response =>
  Response.json({ 'meshery-provider': 'Meshery', token }, { headers: setCookie ? { 'set-cookie': setCookie } : {} })
const redirects = (): Response => new Response(null, { status: 302, headers: { location: '/auth/login' } })

describe('GET /api/token', () => {
  it.each([
    ['does not show when it expires', 'opaque-token'],
    ['never expires, as Go writes it', Buffer.from('{"expiry":"0001-01-01T00:00:00Z"}').toString('base64')],
  ])('is not sent for a token that %s', async (_, token) => {
    const { asked, fetch } = serverWith(gives('another'))
    expect(await new ExpiringToken(fetch).renew(token, who, requestFor())).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('is sent from a minute before the expiry on, with the cookies and the headers of the client', async () => {
    const { asked, fetch } = serverWith(gives('another'))
    const expiring = new ExpiringToken(fetch)
    const token = jwt(hour)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    vi.advanceTimersByTime(hour - 60_001)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    expect(asked).toEqual([])
    vi.advanceTimersByTime(1)
    expect(await expiring.renew(token, who, requestFor())).toBe('another')
    expect(asked.map(({ address }) => address)).toEqual(['http://meshery.example.com/under/api/token'])
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toEqual({
      accept: 'application/json',
      cookie: `meshery-provider=Meshery; token=${token}; gate=1`,
      'x-gate': 'open',
    })
  })

  it('is not sent without a provider', async () => {
    const { asked, fetch } = serverWith(gives('another'))
    expect(await new ExpiringToken(fetch).renew(jwt(-hour), { ...who, provider: '' }, requestFor())).toBeUndefined()
    expect(asked).toEqual([])
  })

  it('gives the token of Set-Cookie, else that of the body', async () => {
    const { fetch } = serverWith(gives('in-body', 'token=in-cookie; Path=/; HttpOnly'), gives('in-body'))
    const expiring = new ExpiringToken(fetch)
    expect(await expiring.renew(jwt(-1), who, requestFor())).toBe('in-cookie')
    expect(await expiring.renew(jwt(-1), who, requestFor())).toBe('in-body')
  })

  it('with the same token, an empty one, or none that a cookie can contain gives nothing', async () => {
    const token = jwt(-hour)
    for (const text of [token, '', 'a;b', 'a\nb']) {
      const { fetch } = serverWith(gives(text))
      expect(await new ExpiringToken(fetch).renew(token, who, requestFor()), text).toBeUndefined()
    }
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['a 404', () => new Response('404 page not found', { status: 404 })],
    ['a page', () => new Response('<!DOCTYPE html>', { headers: { 'content-type': 'text/html' } })],
    ['a 500', () => new Response('no', { status: 500 })],
    ['a 403 of a gateway', () => new Response('no', { status: 403 })],
    [
      'the login of a gateway',
      () => new Response(null, { status: 302, headers: { location: 'https://sso.invalid/' } }),
    ],
    [
      'a redirect to the choice of a provider',
      () => new Response(null, { status: 302, headers: { location: '/provider?ref=a' } }),
    ],
    ['an answer that is too long', () => new Response('x'.repeat(2_000))],
    ['a broken connection', () => Promise.reject(new TypeError('fetch failed'))],
  ])('with %s gives nothing, and is sent again at the next dial', async (_, answer) => {
    const { asked, fetch } = serverWith(answer, gives('another'))
    const expiring = new ExpiringToken(fetch)
    const token = jwt(-hour)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    expect(await expiring.renew(token, who, requestFor())).toBe('another')
    expect(asked).toHaveLength(2)
  })

  it('without an answer gives nothing after its time limit, and leaves no timer', async () => {
    const { fetch } = serverWith(() => new Promise(() => {}))
    const renewed = new ExpiringToken(fetch).renew(jwt(-hour), who, requestFor())
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await renewed).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits as long as a 429 says', async () => {
    const busy = (): Response => new Response('', { status: 429, headers: { 'retry-after': '60' } })
    const { asked, fetch } = serverWith(busy, gives('another'))
    const expiring = new ExpiringToken(fetch)
    const request = requestFor()
    for (let count = 0; count < 3; count++) expect(await expiring.renew(jwt(-hour), who, request)).toBeUndefined()
    expect(asked).toHaveLength(1)
    expect(() => request.holds.throwIfHeld('/any', 'store', false)).toThrow(MesheryError)
  })
})

describe('a token that the server refuses', () => {
  it('is an error once it has expired: with its source, the time and the login; it is not sent again (law 9)', async () => {
    vi.setSystemTime(new Date('2026-11-29T12:00:00Z'))
    const { asked, fetch } = serverWith(redirects)
    const expiring = new ExpiringToken(fetch)
    const token = jwt(-hour)
    for (let count = 0; count < 3; count++) {
      const error = await failure(expiring.renew(token, who, requestFor()))
      expect(error).toMatchObject({
        code: 'CREDENTIALS_REFUSED',
        phase: 'credentials',
        retryable: false,
        message: `The token from ${from.token} expired at 2026-11-29T11:00:00.000Z, and http://meshery.example.com does not renew it`,
        remedy: 'Log in again (`mesheryctl system login`).',
      })
    }
    expect(asked).toHaveLength(1)
  })

  it('before it has expired is no error here, and it is not sent again', async () => {
    const { asked, fetch } = serverWith(redirects)
    const expiring = new ExpiringToken(fetch)
    const token = jwt(hour)
    await expiring.renew(token, who, requestFor())
    vi.advanceTimersByTime(hour - 30_000)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    expect(asked).toHaveLength(1)
    vi.advanceTimersByTime(30_000)
    expect(await failure(expiring.renew(token, who, requestFor()))).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(asked).toHaveLength(1)
  })

  it('is sent once for a token that has expired and was refused, and not for one that has not expired', async () => {
    const { asked, fetch } = serverWith(gives('another'))
    const refused = { ...who, isRefused: true }
    const expiring = new ExpiringToken(fetch)
    const token = jwt(60_000)
    expect(await expiring.renew(token, refused, requestFor())).toBeUndefined()
    vi.advanceTimersByTime(50_000)
    expect(await expiring.renew(token, refused, requestFor())).toBeUndefined()
    expect(asked).toHaveLength(0)
    vi.advanceTimersByTime(10_000)
    expect(await expiring.renew(token, refused, requestFor())).toBe('another')
  })

  it('is sent once more for a refused token that was asked for before it expired', async () => {
    let answer = (): Response => Response.json({})
    const { asked, fetch } = serverWith(() => answer())
    const expiring = new ExpiringToken(fetch)
    const token = jwt(600_000)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    vi.advanceTimersByTime(570_000)
    expect(await expiring.renew(token, who, requestFor())).toBeUndefined()
    answer = gives('another')
    vi.advanceTimersByTime(31_000)
    expect(await expiring.renew(token, { ...who, isRefused: true }, requestFor())).toBe('another')
    expect(asked).toHaveLength(2)
  })

  it('is not sent twice for a refused token', async () => {
    const { asked, fetch } = serverWith(() => Response.json({}))
    const refused = { ...who, isRefused: true }
    const expiring = new ExpiringToken(fetch)
    const token = jwt(-1)
    for (let count = 0; count < 3; count++) expect(await expiring.renew(token, refused, requestFor())).toBeUndefined()
    expect(asked).toHaveLength(1)
  })

  it('gives three tokens in a row that do not last, then none; later ones again', async () => {
    let given = 0
    const { fetch } = serverWith(() => gives(`renewed-${++given}`)())
    const expiring = new ExpiringToken(fetch)
    const token = jwt(-1)
    const renewed: (string | undefined)[] = []
    for (let count = 0; count < 5; count++) {
      renewed.push(await expiring.renew(token, who, requestFor()))
      vi.advanceTimersByTime(10_000)
    }
    expect(renewed).toEqual(['renewed-1', 'renewed-2', 'renewed-3', undefined, undefined])
    vi.advanceTimersByTime(60_000)
    expect(await expiring.renew(token, who, requestFor())).toBe('renewed-6')
  })

  it.each<[string, Partial<SentIdentity>, string, RegExp]>([
    [
      'MESHERY_TOKEN',
      { from: { token: 'MESHERY_TOKEN' } },
      'MESHERY_TOKEN',
      /fresh token into MESHERY_TOKEN.*mesheryctl system login/,
    ],
    ['an option', { from: {} }, '`token`', /mesheryctl system login.*fresh `token`/],
    ['a function', { from: {}, isAsked: true }, '`credentials`', /Let `credentials` give a fresh token/],
  ])('has the remedy of its source: %s', async (_, part, source, remedy) => {
    const { fetch } = serverWith(redirects)
    const error = await failure(new ExpiringToken(fetch).renew(jwt(-hour), { ...who, ...part }, requestFor()))
    expect(error).toMatchObject({ message: expect.stringContaining(`The token from ${source} expired at `) })
    expect(error).toMatchObject({ remedy: expect.stringMatching(remedy) })
  })
})
