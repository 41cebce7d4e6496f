import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import {
  findingOfCutStream,
  findingOfTransport,
  findingWithoutEvents,
  releaseHas,
} from '../../src/doctor/release-transports.ts'

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

describe('a stream that is cut before its first line', () => {
  const error = new MesheryError('CONNECTION_LOST', 'The connection broke', { phase: 'stream' })
  const current = { release: 'v1.0.67', isReadable: true }

  it('after so long that the client stays with it is a warning', () => {
    expect(findingOfCutStream(error, current, { openedMs: 12, silentMs: 5_000 })).toMatchObject({
      status: 'warning',
      message: 'The stream opened after 12 ms, and was cut after 5000 ms without a line',
      remedy: expect.stringContaining('`proxy_read_timeout 60s`'),
      details: { code: 'CONNECTION_LOST', openedMs: 12, silentMs: 5_000 },
    })
  })

  it('sooner is blocked, by what cuts silent streams', () => {
    expect(findingOfCutStream(error, current, { openedMs: 12, silentMs: 3_000 })).toMatchObject({
      status: 'failed',
      message: 'The stream opened after 12 ms, and was cut after 3000 ms without a line',
      remedy: expect.stringContaining('`proxy_read_timeout 60s`'),
      details: { blockedBy: 'something between here and Meshery' },
    })
  })

  it.each([
    ['as it opens', error, { openedMs: 5_000, silentMs: 10 }, current],
    ['by a time-out of the client', unavailable({ reason: 'buffered' }), { openedMs: 5, silentMs: 20_000 }, current],
    ['while nothing else works', error, { openedMs: 5, silentMs: 9_000 }, { ...current, isReadable: false }],
    ['by a release that has no SSE', error, { openedMs: 5, silentMs: 9_000 }, { ...current, release: 'v1.0.36' }],
  ] as const)('%s says nothing of silence', (_, failure, times, server) => {
    expect(findingOfCutStream(failure, server, times)).toEqual(findingOfTransport('sse', failure, server))
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
