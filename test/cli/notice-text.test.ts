import { expect, test } from 'vitest'
import { noticeText } from '../../src/cli/notice-text.ts'

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
