import { describe, expect, it } from 'vitest'
import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import { countsFrom, enough, type FailedDial, type HttpHealth, judge, ofTransport } from '../../src/session/health.ts'

const errorOf = (code: ErrorCode, details = {}): MesheryError =>
  new MesheryError(code, `${code} as scripted`, { phase: 'upgrade', details })

const first: FailedDial = { error: errorOf('SERVER_ERROR'), failures: 1, lived: false, last: false, hidden: false }
const dials = {
  'a first failure': first,
  'a third failure': { ...first, failures: enough },
  'a third failure of what lived': { ...first, failures: enough, lived: true },
  'the last one allowed': { ...first, last: true },
  'a first that asks for patience': { ...first, error: errorOf('RATE_LIMITED', { retryAfter: 30_001 }) },
  'a first that asks for a little': { ...first, error: errorOf('RATE_LIMITED', { retryAfter: 30_000 }) },
  'a first hidden failure': { ...first, hidden: true },
  'a first hidden failure of what lived': { ...first, hidden: true, lived: true },
  'a first refusal': { ...first, error: errorOf('CREDENTIALS_REFUSED') },
  'a third refusal': { ...first, error: errorOf('CREDENTIALS_REFUSED'), failures: enough },
  'a first login of a gateway': { ...first, error: errorOf('GATEWAY_LOGIN') },
  'an error that a retry cannot fix': { ...first, error: errorOf('TLS_REFUSED') },
  'the same of what lived': { ...first, error: errorOf('TLS_REFUSED'), lived: true },
  'no such transport': { ...first, error: errorOf('TRANSPORT_UNAVAILABLE') },
  'no such stream': { ...first, error: errorOf('UNSUPPORTED'), failures: enough },
  'credentials that do not come': {
    ...first,
    error: new MesheryError('TIMED_OUT', 'as scripted', { phase: 'credentials' }),
    failures: enough,
  },
} satisfies Record<string, FailedDial>

const unknown = undefined
const ill: HttpHealth = { healthy: false, admitsUs: false }
const gone: HttpHealth = { healthy: false, admitsUs: true }
const forOthers: HttpHealth = { healthy: true, admitsUs: false }
const well: HttpHealth = { healthy: true, admitsUs: true }

/** By the dial: while nothing is known of plain HTTP; while it fails; while it lets others in; while it lets us in. */
const table: Record<keyof typeof dials, readonly [string, string, string, string]> = {
  'a first failure': ['as told', 'as told', 'as told', 'as told'],
  'a third failure': ['read first', 'as told', 'unavailable', 'unavailable'],
  'a third failure of what lived': ['read first', 'as told', 'unavailable', 'unavailable'],
  'the last one allowed': ['read first', 'as told', 'unavailable', 'unavailable'],
  'a first that asks for patience': ['read first', 'as told', 'unavailable', 'unavailable'],
  'a first that asks for a little': ['as told', 'as told', 'as told', 'as told'],
  'a first hidden failure': ['read first', 'as told', 'unavailable', 'unavailable'],
  'a first hidden failure of what lived': ['as told', 'as told', 'as told', 'as told'],
  'a first refusal': ['read first', 'as told', 'as told', 'again'],
  'a third refusal': ['read first', 'as told', 'as told', 'unavailable'],
  'a first login of a gateway': ['read first', 'as told', 'as told', 'again'],
  'an error that a retry cannot fix': ['read first', 'as told', 'again', 'again'],
  'the same of what lived': ['as told', 'as told', 'as told', 'as told'],
  'no such transport': ['unavailable', 'unavailable', 'unavailable', 'unavailable'],
  'no such stream': ['as told', 'as told', 'as told', 'as told'],
  'credentials that do not come': ['as told', 'as told', 'as told', 'as told'],
}

describe('what counts as healthy', () => {
  it.each(Object.entries(table))('%s: %s', (name, expected) => {
    const dial = dials[name as keyof typeof dials]
    expect([unknown, ill, forOthers, well].map((http) => judge(dial, http))).toEqual(expected)
  })

  it.each(Object.keys(dials))('%s: ends nothing while nothing answers, if the store let the same in before', (name) => {
    const dial = dials[name as keyof typeof dials]
    const dependsOnHttp = judge(dial, unknown) === 'read first'
    expect(judge(dial, gone)).toBe(dependsOnHttp ? 'again' : judge(dial, ill))
  })

  it('is the same for every status and for none: only what the error promises differs', () => {
    for (const code of ['SERVER_ERROR', 'TIMED_OUT', 'CONNECTION_LOST', 'UNREACHABLE', 'RATE_LIMITED'] as const)
      for (const failures of [1, 2, 3, 4])
        expect(judge({ ...first, error: errorOf(code), failures }, well)).toBe(failures < 3 ? 'as told' : 'unavailable')
  })

  it('is what was read since the dial began; before anything lived, just before it as well', () => {
    expect([countsFrom(10_000, true), countsFrom(10_000, false)]).toEqual([10_000, 8_000])
  })

  it('keeps an error of the transport what it is, but for a refusal', () => {
    const error = errorOf('SERVER_ERROR')
    expect(ofTransport(error)).toBe(error)
    const refusal = ofTransport(errorOf('CREDENTIALS_REFUSED', { status: 403 }))
    expect(refusal).toMatchObject({ code: 'SERVER_ERROR', retryable: false, details: { status: 403 } })
    expect(refusal.message).toContain('the same credentials read the store')
  })
})
