// Sends what a relay parked.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MesheryError, type MesheryEvent } from '../../src/index.ts'
import { fileDeadLetters, type RelayEvent, type Sink } from '../../src/relay/index.ts'
import { type Resent, resend } from '../../src/relay/resend.ts'

const event: MesheryEvent = {
  id: '3f0e7a4e-8f1f-4a37-9b1b-1a2b3c4d5e6f',
  userID: 'u',
  actedUpon: 'a',
  operationID: 'o',
  systemID: 's',
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'ü'.repeat(20),
  metadata: { error: { code: 7 } },
  createdAt: '2026-01-02T03:04:05Z',
  updatedAt: '2026-01-02T03:04:05Z',
  deletedAt: null,
}

const letters = async (...ids: readonly string[]): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-resend-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'letters.ndjson')
  const file = fileDeadLetters(path)
  for (const id of ids) {
    const error = new Error('refused')
    await file.park({ id, event, source: 'http://a', attempts: 1, error, parkedAt: new Date() })
  }
  await file.close?.()
  return path
}

const refusal = new MesheryError('SERVER_ERROR', 'refused', { phase: 'stream', retryable: false })

/** A sink that refuses some events. */
const sinkThatRefuses = (...refused: readonly string[]): Sink & { readonly accepted: RelayEvent[] } => {
  const accepted: RelayEvent[] = []
  return {
    name: 'a sink',
    accepted,
    async send(item) {
      if (refused.includes(item.id)) throw refusal
      accepted.push(item)
    },
  }
}

const resendTo = (path: string, sink: Sink, signal: AbortSignal = new AbortController().signal): Promise<Resent> =>
  resend(path, { sink, signal, notify: () => {} })

const idsIn = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('\0'))
    .map((line) => JSON.parse(line).id)

test('delivers the events as they were, and keeps in the file what is refused again', async () => {
  const path = await letters('a', 'b', 'c')
  const before = readFileSync(path, 'utf8').split('\n')[1]
  const sink = sinkThatRefuses('b')
  expect(await resendTo(path, sink)).toEqual({ sent: 2, kept: 1, unreadable: 0 })
  expect(sink.accepted).toEqual(['a', 'c'].map((id) => ({ id, event, source: 'http://a' })))
  expect(readFileSync(path, 'utf8')).toBe(`${before}\n`)
})

test('an event without a row keeps its id', async () => {
  const path = await letters()
  const pushed = { ...event, id: null }
  writeFileSync(path, `${JSON.stringify({ id: 'push-1', source: 'http://a', event: pushed })}\n`)
  const sink = sinkThatRefuses()
  await resendTo(path, sink)
  expect(sink.accepted).toEqual([{ id: 'push-1', event: pushed, source: 'http://a' }])
})

test('a kill repeats one event at most: each is out of the file before the next is sent', async () => {
  const path = await letters('a', 'b', 'c')
  const left: string[][] = []
  await resendTo(path, { name: 'looking', send: async () => void left.push(idsIn(path)) })
  expect(left).toEqual([['a', 'b', 'c'], ['b', 'c'], ['c']])
  expect(readFileSync(path, 'utf8')).toBe('')
})

test('a line that was marked before a kill was sent', async () => {
  const path = await letters('a', 'b')
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^./, '\0'))
  const sink = sinkThatRefuses()
  expect(await resendTo(path, sink)).toEqual({ sent: 1, kept: 0, unreadable: 0 })
  expect(sink.accepted.map(({ id }) => id)).toEqual(['b'])
  expect(readFileSync(path, 'utf8')).toBe('')
})

test('an indented line is sent like any other', async () => {
  const path = await letters('a')
  writeFileSync(path, ` ${readFileSync(path, 'utf8')}{\n  "id": "b"\n}\n`)
  expect(await resendTo(path, sinkThatRefuses())).toEqual({ sent: 1, kept: 0, unreadable: 3 })
  expect(readFileSync(path, 'utf8')).toBe('{\n  "id": "b"\n}\n')
})

test.runIf(process.platform !== 'win32')('keeps the permissions of the file', async () => {
  const path = await letters('a')
  chmodSync(path, 0o600)
  await resendTo(path, sinkThatRefuses())
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('keeps what it does not understand, and counts it', async () => {
  const path = await letters('a')
  writeFileSync(path, `no letter\n${readFileSync(path, 'utf8')}{"id":"b"`)
  expect(await resendTo(path, sinkThatRefuses())).toEqual({ sent: 1, kept: 0, unreadable: 2 })
  expect(readFileSync(path, 'utf8')).toBe('no letter\n{"id":"b"\n')
})

test('keeps everything after an error that ends a relay, and after the signal', async () => {
  const path = await letters('a', 'b', 'c')
  const ending = new MesheryError('CREDENTIALS_REFUSED', 'no', { phase: 'stream', retryable: false })
  let sends = 0
  const sink: Sink = {
    name: 'ending',
    async send() {
      if (sends++ > 0) throw ending
    },
  }
  await expect(resendTo(path, sink)).rejects.toBe(ending)
  expect(idsIn(path)).toEqual(['b', 'c'])
  const stop = new AbortController()
  const stopping: Sink = { name: 'stopping', send: async () => stop.abort() }
  expect(await resendTo(path, stopping, stop.signal)).toEqual({ sent: 1, kept: 1, unreadable: 0 })
  expect(idsIn(path)).toEqual(['c'])
})

test('refuses a file that does not exist', async () => {
  await expect(resendTo('/none/letters.ndjson', sinkThatRefuses())).rejects.toMatchObject({ code: 'INVALID_OPTION' })
})
