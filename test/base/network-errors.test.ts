import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { networkError } from '../../src/base/network-errors.ts'
import { reservePort } from '../reserve-port.ts'
import { runsOf } from '../sample.ts'

const address = 'https://meshery.example.com'
const coded = (code: string, message = `it failed: ${code}`): Error => Object.assign(new Error(message), { code })
const fetchFailed = (cause: unknown): TypeError => new TypeError('fetch failed', { cause })

describe('networkError', () => {
  it.each([
    ['ENOTFOUND', 'HOST_UNKNOWN', 'dns', true],
    ['EAI_AGAIN', 'HOST_UNKNOWN', 'dns', true],
    ['ECONNREFUSED', 'CONNECTION_REFUSED', 'tcp', true],
    ['EHOSTUNREACH', 'UNREACHABLE', 'tcp', true],
    ['ENETUNREACH', 'UNREACHABLE', 'tcp', true],
    ['UND_ERR_CONNECT_TIMEOUT', 'UNREACHABLE', 'tcp', true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_REFUSED', 'tls', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_REFUSED', 'tls', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_REFUSED', 'tls', false],
    ['CERT_HAS_EXPIRED', 'TLS_REFUSED', 'tls', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_REFUSED', 'tls', false],
    ['ECONNRESET', 'CONNECTION_LOST', 'upgrade', true],
    ['EPIPE', 'CONNECTION_LOST', 'upgrade', true],
    ['UND_ERR_SOCKET', 'CONNECTION_LOST', 'upgrade', true],
    ['UND_ERR_BODY_TIMEOUT', 'CONNECTION_SILENT', 'upgrade', true],
    ['UND_ERR_HEADERS_TIMEOUT', 'TIMED_OUT', 'upgrade', true],
    ['HPE_INVALID_CONSTANT', 'NOT_MESHERY', 'upgrade', false],
    ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'BAD_FRAME', 'stream', true],
  ])('maps %s to %s in the phase %s, thrown bare, by fetch, or in an event', (code, expected, phase, retryable) => {
    for (const thrown of [coded(code), fetchFailed(coded(code)), { type: 'error', error: coded(code) }]) {
      const error = networkError(thrown, 'upgrade', address)
      expect(error).toMatchObject({ code: expected, phase, retryable, details: { code } })
      expect(error.message).toContain(`it failed: ${code}`)
      expect(error.cause).toBe(thrown)
    }
  })

  it('distinguishes a connect that timed out from a connection that dropped', () => {
    expect(networkError(coded('ETIMEDOUT', 'connect ETIMEDOUT 10.0.0.1:443'), 'upgrade', address).code).toBe(
      'UNREACHABLE',
    )
    expect(networkError(coded('ETIMEDOUT', 'read ETIMEDOUT'), 'stream', address).code).toBe('CONNECTION_LOST')
  })

  it('lists the errors of an AggregateError, whose own message is empty', () => {
    const parts = [
      coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:1'),
      coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'),
    ]
    const error = networkError(
      fetchFailed(Object.assign(new AggregateError(parts), { code: 'ECONNREFUSED' })),
      'store',
      address,
    )
    expect(error).toMatchObject({ code: 'CONNECTION_REFUSED', phase: 'tcp' })
    expect(error.message).toBe(`${address}: connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1`)
  })

  it('names the address to use when TLS meets a server without it', () => {
    const error = networkError(coded('EPROTO', 'SSL routines:ssl3_get_record:wrong version number'), 'upgrade', address)
    expect(error).toMatchObject({ code: 'WRONG_SCHEME', phase: 'tls' })
    expect(error.remedy).toContain('http://meshery.example.com')
  })

  it('describes an expired certificate and an unknown authority differently', () => {
    const remedy = (code: string): string => networkError(coded(code), 'upgrade', address).remedy
    expect(remedy('CERT_HAS_EXPIRED')).toContain('Renew')
    expect(remedy('SELF_SIGNED_CERT_IN_CHAIN')).toContain('NODE_EXTRA_CA_CERTS')
  })

  it('never reports an abort as a network error', () => {
    expect(networkError(new DOMException('stop', 'AbortError'), 'store', address)).toMatchObject({
      code: 'CLOSED',
      retryable: false,
    })
    expect(networkError(new DOMException('late', 'TimeoutError'), 'store', address).code).toBe('TIMED_OUT')
  })

  it('maps an unknown error to unreachable, or to a lost connection once a stream was open', () => {
    for (const nothing of [undefined, null, 0, {}, new Event('error'), new TypeError('Failed to fetch')]) {
      expect(networkError(nothing, 'upgrade', address)).toMatchObject({ code: 'UNREACHABLE', phase: 'upgrade' })
      expect(networkError(nothing, 'stream', address)).toMatchObject({ code: 'CONNECTION_LOST', phase: 'stream' })
    }
  })

  it('returns a MesheryError unchanged', () => {
    const error = new MesheryError('RATE_LIMITED', 'slower', { phase: 'store' })
    expect(networkError(error, 'tcp', address)).toBe(error)
  })

  it('makes a MesheryError with a message of any value, also of a cyclic cause', () => {
    const circle = new Error('outer')
    circle.cause = new Error('inner', { cause: circle })
    expect(networkError(circle, 'tcp', address).message).toContain(address)
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (thrown) => {
        const error = networkError(thrown, 'upgrade', address)
        expect(error).toBeInstanceOf(MesheryError)
        expect(error.message.length).toBeGreaterThan(address.length + 2)
        expect(error.remedy).not.toBe('')
      }),
      { numRuns: runsOf(100) },
    )
  })

  it('knows what Node really throws for a closed port, an unknown host and an interrupted response', async () => {
    using reserved = await reservePort()
    const { port, url } = reserved
    const cutter = createServer((socket) => socket.once('data', () => socket.destroy())).listen(port, '127.0.0.1')
    await once(cutter, 'listening')
    const thrown = (at: string): Promise<unknown> =>
      fetch(at).then(
        () => undefined,
        (error: unknown) => error,
      )
    expect(networkError(await thrown(url), 'store', address).code).toBe('CONNECTION_LOST')
    cutter.close()
    await once(cutter, 'close')
    expect(networkError(await thrown(url), 'store', address).code).toBe('CONNECTION_REFUSED')
    expect(networkError(await thrown('http://nowhere.invalid'), 'store', address)).toMatchObject({
      code: 'HOST_UNKNOWN',
      phase: 'dns',
    })
  })
})
