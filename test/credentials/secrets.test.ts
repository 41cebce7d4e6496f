import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { freshCookie } from '../../src/credentials/cookie.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { runsOf } from '../sample.ts'

const word = fc.string({ unit: fc.constantFrom(...'abcdefgXYZ0123456789-_'), minLength: 12, maxLength: 40 })
const jwt = fc.tuple(word, word, word).map((parts) => parts.join('.'))
const cookieText = fc
  .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 })
  .filter((text) => /^[!#-:<-[\]-~]+$/.test(text))
const plain = fc.oneof(jwt, cookieText)

/** Meshery's cookie: base64 without padding of an OAuth token's JSON. */
const wrapped = (access: string, refresh: string): string =>
  Buffer.from(
    JSON.stringify({
      access_token: access,
      token_type: 'bearer',
      refresh_token: refresh,
      expiry: '2026-11-21T10:00:00Z',
    }),
  )
    .toString('base64')
    .replace(/=+$/, '')

const holding = (token: string): Credentials => new Credentials({ identity: { token }, setsCookies: true })

const everyWay = (token: string): string =>
  `at ${token}, ?token=${encodeURIComponent(token)}&x=1 ${encodeURI(token)} ${encodeURIComponent(token).toLowerCase()} "${token}"`

describe('Redactor.text', () => {
  it('removes every form of a token, raw or URI-encoded, at any place', () => {
    fc.assert(
      fc.property(plain, fc.string(), fc.string(), (token, before, after) => {
        const shown = holding(token).secrets.text(before + everyWay(token) + after)
        expect(shown.includes(token)).toBe(false)
        expect(shown.includes(encodeURIComponent(token))).toBe(false)
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('removes every part encoded inside a token of Meshery', () => {
    fc.assert(
      fc.property(jwt, word, (access, refresh) => {
        const token = wrapped(access, refresh)
        const [, payload = '', signature = ''] = access.split('.')
        const shown = holding(token).secrets.text([token, access, refresh, payload, signature].map(everyWay).join(' '))
        for (const secret of [token, access, refresh, payload, signature]) expect(shown.includes(secret)).toBe(false)
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('changes no other text', () => {
    const credentials = holding(wrapped('aaaa.bbbbbbbbbbbb.cccccccccccc', 'dddddddddddd'))
    const text = 'GET http://localhost:9081/api/system/events answers 401: bearer 2026-11-21T10:00:00Z 100%'
    expect(credentials.secrets.text(text)).toBe(text)
    expect(new Credentials({ identity: {}, setsCookies: true }).secrets.text(text)).toBe(text)
  })

  it('remembers a token that was replaced', () => {
    const credentials = holding('first-token')
    credentials.absorb(freshCookie(['token=second-token'], 'token', 'http://a/'))
    expect(credentials.secrets.text('first-token then second-token')).toBe('*** then ***')
  })

  it('hides the longer of two tokens whole when the shorter is its beginning', () => {
    const credentials = holding('abcdefgh')
    credentials.absorb(freshCookie(['token=abcdefgh-and-more'], 'token', 'http://a/'))
    expect(credentials.secrets.text('abcdefgh-and-more')).toBe('***')
  })
})

describe('Credentials', () => {
  it('show no secret when they are printed, inspected, spread or turned into JSON', () => {
    fc.assert(
      fc.property(plain, (token) => {
        const credentials = holding(token)
        credentials.secrets.text('compiles the pattern')
        const views = [
          JSON.stringify(credentials) ?? '',
          JSON.stringify({ ...credentials }),
          inspect(credentials, { depth: null, showHidden: true, getters: true }),
          String(credentials),
          `${Object.keys(credentials)}`,
        ]
        for (const view of views) expect(view.includes(token)).toBe(false)
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('Redactor.error', () => {
  const init = { phase: 'store' } as const

  it('returns an error without secrets unchanged', () => {
    const error = new MesheryError('SERVER_ERROR', 'it broke', { ...init, cause: new Error('disk full') })
    expect(holding('the-token').secrets.error(error)).toBe(error)
  })

  it('removes the secret from the message, the remedy, the details and every cause', () => {
    const credentials = holding('the-token')
    const deep = new AggregateError([new Error('inner the-token')], '')
    const error = new MesheryError('SERVER_ERROR', 'said the-token', {
      phase: 'upgrade',
      retryable: false,
      remedy: 'not the-token',
      details: { status: 500, location: 'http://x/the-token' },
      cause: new TypeError('fetch failed', { cause: deep }),
    })
    const safe = credentials.secrets.error(error)
    expect(safe).toMatchObject({
      code: 'SERVER_ERROR',
      phase: 'upgrade',
      retryable: false,
      message: 'said ***',
      remedy: 'not ***',
      details: { status: 500, location: 'http://x/***' },
    })
    expect(inspect(safe, { depth: null })).not.toContain('the-token')
    expect(String(safe.cause)).toContain('fetch failed')
  })
})
