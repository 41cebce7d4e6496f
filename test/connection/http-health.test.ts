import { describe, expect, it } from 'vitest'
import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import {
  countsFrom,
  type FailedDial,
  failuresUntilUnavailable,
  type HttpHealth,
  judge,
  ofTransport,
} from '../../src/connection/http-health.ts'

const errorOf = (code: ErrorCode, details = {}): MesheryError =>
  new MesheryError(code, `${code} as scripted`, { phase: 'upgrade', details })

const first: FailedDial = {
  error: errorOf('SERVER_ERROR'),
  failures: 1,
  lived: false,
  last: false,
  hidden: false,
  silent: false,
}
const dials = {
  'a first failure': first,
  'a second failure': { ...first, failures: failuresUntilUnavailable - 1 },
  'a third failure': { ...first, failures: failuresUntilUnavailable },
  'a third failure of what lived': { ...first, failures: failuresUntilUnavailable, lived: true },
  'the last one allowed': { ...first, last: true },
  'a first that asks for a long wait': { ...first, error: errorOf('RATE_LIMITED', { retryAfter: 30_001 }) },
  'a first that asks for a short wait': { ...first, error: errorOf('RATE_LIMITED', { retryAfter: 30_000 }) },
  'a first hidden failure': { ...first, hidden: true },
  'a first hidden failure of what lived': { ...first, hidden: true, lived: true },
  'a first long silence': { ...first, error: errorOf('TIMED_OUT'), silent: true },
  'a first long silence of what lived': { ...first, error: errorOf('TIMED_OUT'), silent: true, lived: true },
  'a first refusal': { ...first, error: errorOf('CREDENTIALS_REFUSED') },
  'a third refusal': { ...first, error: errorOf('CREDENTIALS_REFUSED'), failures: failuresUntilUnavailable },
  'a first login of a gateway': { ...first, error: errorOf('GATEWAY_LOGIN') },
  'a first tunnel that a proxy refuses': { ...first, error: errorOf('PROXY_REFUSED') },
  'a tunnel that a proxy refuses from now on': { ...first, error: errorOf('PROXY_REFUSED'), lived: true },
  'an error that a retry cannot fix': { ...first, error: errorOf('TLS_REFUSED') },
  'the same of what lived': { ...first, error: errorOf('TLS_REFUSED'), lived: true },
  'no such transport': { ...first, error: errorOf('TRANSPORT_UNAVAILABLE') },
  'no such stream': { ...first, error: errorOf('UNSUPPORTED'), failures: failuresUntilUnavailable },
  'no connection': {
    ...first,
    error: new MesheryError('CONNECTION_REFUSED', 'as scripted', { phase: 'tcp' }),
    failures: failuresUntilUnavailable,
  },
  'credentials that do not come': {
    ...first,
    error: new MesheryError('TIMED_OUT', 'as scripted', { phase: 'credentials' }),
    failures: failuresUntilUnavailable,
  },
} satisfies Record<string, FailedDial>

const unknown = undefined
const ill: HttpHealth = { healthy: false, admits: false, before: false }
const gone: HttpHealth = { healthy: false, admits: true, before: false }
const forOthers: HttpHealth = { healthy: true, admits: false, before: true }
const well: HttpHealth = { healthy: true, admits: true, before: true }
const back: HttpHealth = { ...well, before: false }

/**
 * By the dial: while nothing is known of plain HTTP; while it fails; while it lets others in; while it lets us in; and when
 * it does so only since the dial failed.
 */
const table: Record<keyof typeof dials, readonly [string, string, string, string, string]> = {
  'a first failure': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'a second failure': ['read first', 'by error', 'by error', 'by error', 'by error'],
  'a third failure': ['read first', 'by error', 'unavailable', 'unavailable', 'again'],
  'a third failure of what lived': ['read first', 'by error', 'unavailable', 'unavailable', 'again'],
  'the last one allowed': ['read first', 'by error', 'unavailable', 'unavailable', 'unavailable'],
  'a first that asks for a long wait': ['read first', 'by error', 'unavailable', 'unavailable', 'unavailable'],
  'a first that asks for a short wait': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'a first hidden failure': ['read first', 'by error', 'unavailable', 'unavailable', 'unavailable'],
  'a first hidden failure of what lived': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'a first long silence': ['read first', 'by error', 'unavailable', 'unavailable', 'again'],
  'a first long silence of what lived': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'a first refusal': ['read first', 'by error', 'by error', 'again', 'again'],
  'a third refusal': ['read first', 'by error', 'by error', 'unavailable', 'again'],
  'a first login of a gateway': ['read first', 'by error', 'by error', 'again', 'again'],
  'a first tunnel that a proxy refuses': ['read first', 'by error', 'unavailable', 'unavailable', 'unavailable'],
  'a tunnel that a proxy refuses from now on': ['read first', 'by error', 'unavailable', 'unavailable', 'unavailable'],
  'an error that a retry cannot fix': ['read first', 'by error', 'again', 'again', 'again'],
  'the same of what lived': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'no such transport': ['unavailable', 'unavailable', 'unavailable', 'unavailable', 'unavailable'],
  'no such stream': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'no connection': ['by error', 'by error', 'by error', 'by error', 'by error'],
  'credentials that do not come': ['by error', 'by error', 'by error', 'by error', 'by error'],
}

describe('what counts as healthy', () => {
  it.each(Object.entries(table))('%s: %s', (name, expected) => {
    const dial = dials[name as keyof typeof dials]
    expect([unknown, ill, forOthers, well, back].map((http) => judge(dial, http))).toEqual(expected)
  })

  it.each(Object.keys(dials))('%s: ends nothing while nothing answers, if the store let the same in before', (name) => {
    const dial = dials[name as keyof typeof dials]
    // Of a second failure the read is evidence for the next one alone.
    const dependsOnHttp = judge(dial, unknown) === 'read first' && judge(dial, well) !== 'by error'
    expect(judge(dial, gone)).toBe(dependsOnHttp ? 'again' : judge(dial, ill))
  })

  it('is the same for every status and for none: only what the error promises differs', () => {
    for (const code of ['SERVER_ERROR', 'TIMED_OUT', 'CONNECTION_LOST', 'UNREACHABLE', 'RATE_LIMITED'] as const)
      for (const failures of [1, 2, 3, 4])
        expect(judge({ ...first, error: errorOf(code), failures }, well)).toBe(
          failures < 3 ? 'by error' : 'unavailable',
        )
  })

  it('is what was read since the dial began; before anything lived, just before it as well; after a failure, since the dial before', () => {
    const times = { failures: 0, previousDialAt: 7_000, dialledAt: 10_000, everLived: true }
    expect(countsFrom(times)).toBe(10_000)
    expect(countsFrom({ ...times, everLived: false })).toBe(8_000)
    expect([true, false].map((everLived) => countsFrom({ ...times, failures: 1, everLived }))).toEqual([7_000, 7_000])
  })

  it('keeps an error of the transport what it is, but for a refusal', () => {
    const error = errorOf('SERVER_ERROR')
    expect(ofTransport(error)).toBe(error)
    const refusal = ofTransport(errorOf('CREDENTIALS_REFUSED', { status: 403 }))
    expect(refusal).toMatchObject({ code: 'SERVER_ERROR', retryable: false, details: { status: 403 } })
    expect(refusal.message).toContain('accepts the same credentials over REST')
  })
})
