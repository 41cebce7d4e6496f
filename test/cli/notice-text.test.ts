import { expect, test } from 'vitest'
import { noticeText } from '../../src/cli/notice-text.ts'
import { statusOf } from '../../src/connection/notice.ts'
import { MesheryError } from '../../src/index.ts'

const since = new Date('2026-01-01T00:00:00Z')

test('says that the server does not push, and that it pushes again', () => {
  const textOf = (until: Date | null, recovered: number) =>
    noticeText({ kind: 'missed-pushes', since, until, recovered }, 'events', since.getTime())
  expect(textOf(null, 1)).toEqual([
    'the server does not push its events: 1 event recovered from the store, which is read more often',
    'yellow',
  ])
  expect(textOf(new Date(since.getTime() + 150_000), 3)).toEqual([
    'events are pushed again after 3 min: 3 events recovered from the store',
    'green',
  ])
})

test('names the certificate that expires soon, and what is wrong with one that is not verified', () => {
  const certificate = { subject: 'CN=a', issuer: 'CN=b', hostNames: [], validFrom: '', validTo: '', fingerprint: '' }
  expect(noticeText({ kind: 'certificate-expires', expiresAt: since, certificate }, 'events', 0)).toEqual([
    'the certificate of the server expires at 2026-01-01T00:00:00.000Z',
    'yellow',
  ])
  const failures = ['untrusted issuer', 'wrong host'] as const
  expect(noticeText({ kind: 'certificate-not-verified', failures, certificate }, 'state', 0)).toEqual([
    'the certificate of the server is not verified (untrusted issuer, wrong host)',
    'red',
  ])
})

test('says why a better transport is not in use, unless the release does not have it', () => {
  const textOf = (reason: MesheryError | null) =>
    noticeText({ kind: 'status', ...statusOf('polling', { transport: 'polling', reason }) }, 'events', 0)?.[0]
  const held = new MesheryError('TRANSPORT_UNAVAILABLE', 'The SSE stream got no headers', { phase: 'subscribe' })
  expect(textOf(held)).toBe(
    'polling: the server is asked at intervals. The SSE stream got no headers (TRANSPORT_UNAVAILABLE). Let the proxy pass this transport, unbuffered, or allow another one in --transport.',
  )
  const connecting = (transport: 'sse' | 'polling') =>
    noticeText({ kind: 'status', ...statusOf('connecting', { transport, reason: held }) }, 'events', 0)?.[0]
  expect(connecting('sse')).toBe('connecting over sse. The SSE stream got no headers (TRANSPORT_UNAVAILABLE)')
  expect(connecting('polling')).toBe('connecting over polling')
  const init = { phase: 'upgrade', details: { permanent: true } } as const
  for (const none of [
    null,
    new MesheryError('UNSUPPORTED', 'No such field', init),
    new MesheryError('TRANSPORT_UNAVAILABLE', 'No WebSocket', init),
  ])
    expect(textOf(none)).toBe('polling: the server is asked at intervals')
})

test('names the stream where events come from there, and no transport', () => {
  const status = {
    kind: 'status',
    state: 'live',
    transport: null,
    reason: null,
    attempt: 0,
    nextRetryAt: null,
  } as const
  expect(noticeText(status, 'stream', 0)).toEqual(['live', 'green'])
  const gap = { kind: 'gap', since, until: since, recovered: 2, lost: undefined, complete: true, reason: null } as const
  expect(noticeText(gap, 'stream', 0)).toEqual(['gap of 0.0 s closed: 2 events recovered from the stream', 'green'])
  expect(noticeText({ kind: 'overflow', queued: 3, dropped: 0 }, 'stream', 0)?.[0]).toContain('read from the stream')
})
