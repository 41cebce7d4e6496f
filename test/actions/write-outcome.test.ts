import { describe, expect, it } from 'vitest'
import { outcomeOf, repetitionDelayMs } from '../../src/actions/write-outcome.ts'
import { type ErrorCode, type ErrorInit, MesheryError } from '../../src/base/errors.ts'

const errorWith = (code: ErrorCode, init: Partial<ErrorInit> = {}): MesheryError =>
  new MesheryError(code, 'It failed', { phase: 'action', ...init })
const withStatus = (code: ErrorCode, status: number, retryAfter?: number): MesheryError =>
  errorWith(code, { details: { status, ...(retryAfter !== undefined && { retryAfter }) } })

describe('the outcome of a change', () => {
  it.each([
    ['a refused connection', errorWith('CONNECTION_REFUSED'), 'unchanged'],
    ['an unknown host', errorWith('HOST_UNKNOWN', { phase: 'dns' }), 'unchanged'],
    ['a refused certificate', errorWith('TLS_REFUSED', { phase: 'tls' }), 'unchanged'],
    ['credentials that cannot be read', errorWith('CREDENTIALS_UNREADABLE', { phase: 'credentials' }), 'unchanged'],
    ['a redirect', withStatus('CREDENTIALS_REFUSED', 302), 'unchanged'],
    ['400', withStatus('SERVER_ERROR', 400), 'unchanged'],
    ['429', withStatus('RATE_LIMITED', 429), 'unchanged'],
    ['500', withStatus('SERVER_ERROR', 500), 'unknown'],
    ['503', withStatus('SERVER_ERROR', 503), 'unknown'],
    ['200 with an error', withStatus('SERVER_ERROR', 200), 'unknown'],
    ['a lost connection', errorWith('CONNECTION_LOST'), 'unknown'],
    ['a timeout', errorWith('TIMED_OUT'), 'unknown'],
    ['an abort', errorWith('CLOSED'), 'unknown'],
  ] as const)('after %s', (_, error, outcome) => {
    expect(outcomeOf(error)).toBe(outcome)
  })
})

describe('a change is sent again', () => {
  it.each([
    ['PUT', errorWith('CONNECTION_LOST'), 1, 250],
    ['DELETE', errorWith('CONNECTION_LOST'), 2, 500],
    ['PUT', errorWith('CONNECTION_LOST'), 3, undefined],
    ['PUT', withStatus('RATE_LIMITED', 429, 4_000), 1, 4_000],
    ['PUT', withStatus('RATE_LIMITED', 429, 60_000), 1, undefined],
    ['PUT', withStatus('SERVER_ERROR', 503), 1, 250],
    ['PUT', withStatus('SERVER_ERROR', 500), 1, undefined],
    ['PUT', errorWith('TIMED_OUT'), 1, undefined],
    ['PUT', errorWith('CREDENTIALS_REFUSED'), 1, undefined],
    ['POST', errorWith('CONNECTION_LOST'), 1, undefined],
    ['POST', withStatus('RATE_LIMITED', 429, 0), 1, undefined],
  ] as const)('%s after %s, try %i: %s', (method, error, tries, delayMs) => {
    expect(repetitionDelayMs(method, error, tries)).toBe(delayMs)
  })
})
