import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { findingOfTransport, findingWithoutEvents, releaseHas } from '../../src/doctor/release-transports.ts'

const unavailable = (details: Record<string, unknown>): MesheryError =>
  new MesheryError('TRANSPORT_UNAVAILABLE', 'it answers 404', { phase: 'upgrade', details })

describe('what a release has', () => {
  it.each([
    ['v0.6.162', true, false],
    ['v0.8.0-beta.4', true, false],
    ['v1.0.51', true, false],
    ['v1.0.52', true, true],
    ['v1.0.55', true, true],
    ['v1.0.56', false, true],
    ['1.2.0', false, true],
    ['v2.0.0', false, true],
    ['edge-latest', undefined, undefined],
    [null, undefined, undefined],
  ])('%s: WebSocket %s, SSE %s', (release, websocket, sse) => {
    expect([releaseHas('websocket', release), releaseHas('sse', release)]).toEqual([websocket, sse])
  })
})

describe('a transport that failed', () => {
  it.each(['CREDENTIALS_REFUSED', 'TRANSPORT_UNAVAILABLE', 'SERVER_ERROR', 'TIMED_OUT'] as const)(
    'is missing in a release that has none, whatever the error: %s',
    (code) => {
      const error = new MesheryError(code, 'refused', { phase: 'upgrade' })
      expect(findingOfTransport('websocket', error, { release: 'v1.0.67', isReadable: true })).toMatchObject({
        status: 'skipped',
        message: 'Meshery v1.0.67 has no WebSocket',
        details: { isMissing: true, code },
      })
    },
  )

  it('is blocked in a release that has it, even if the answer is that of a server without it', () => {
    const finding = findingOfTransport('sse', unavailable({ status: 404 }), { release: 'v1.0.67', isReadable: true })
    expect(finding).toMatchObject({
      status: 'failed',
      details: { blockedBy: 'something between here and Meshery' },
      remedy: expect.stringContaining('proxy_buffering off'),
    })
  })

  it.each([
    ['websocket', { permanent: true }, 'skipped'],
    ['websocket', { status: 422 }, 'failed'],
    ['sse', { status: 404 }, 'skipped'],
    ['sse', { reason: 'buffered' }, 'failed'],
  ] as const)('is judged by the answer where the release is not known: %s, %j, %s', (way, details, status) => {
    expect(findingOfTransport(way, unavailable(details), { release: null, isReadable: true }).status).toBe(status)
  })

  it('is blocked by the proxy that refused it, with the remedy of the proxy', () => {
    const error = new MesheryError('PROXY_REFUSED', 'The proxy answers 403', {
      phase: 'proxy',
      details: { proxy: 'http://proxy:3128' },
    })
    const { remedy, details } = findingOfTransport('websocket', error, { release: 'v1.0.36', isReadable: true })
    expect(remedy).toBe(error.remedy)
    expect(details?.['blockedBy']).toBe('the proxy http://proxy:3128')
  })

  it('is not blocked if nothing else works either', () => {
    const finding = findingOfTransport('websocket', unavailable({ status: 502 }), { release: null, isReadable: false })
    expect(finding).toMatchObject({ status: 'failed' })
    expect(finding.details).not.toHaveProperty('blockedBy')
  })

  it('is not blocked if the server itself refuses the subscription', () => {
    const error = new MesheryError('GRAPHQL_ERROR', 'no', { phase: 'subscribe' })
    expect(findingOfTransport('websocket', error, { release: 'v1.0.36', isReadable: true }).details).not.toHaveProperty(
      'blockedBy',
    )
  })
})

describe('a WebSocket without events', () => {
  const error = new MesheryError('UNSUPPORTED', 'Cannot query field', { phase: 'subscribe' })

  it.each([
    ['v1.0.52', 'Meshery v1.0.52 pushes no events over WebSocket, but over SSE'],
    ['v0.6.100', 'Meshery v0.6.100 pushes no events over WebSocket'],
  ])('%s', (release, message) => {
    expect(findingWithoutEvents(error, release)).toMatchObject({ status: 'skipped', message })
  })
})
