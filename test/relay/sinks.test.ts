import { createHmac } from 'node:crypto'
import { getEventListeners, once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  maxRemembered,
  nextPosition as positionAfter,
  type ResumePosition,
  resumePoint,
  savedPosition,
} from '../../src/cursor/resume-position.ts'
import { MesheryError, type MesheryEvent } from '../../src/index.ts'
import { unwritableError } from '../../src/platform/writable-file.ts'
import { retryDelayMs } from '../../src/relay/delivery.ts'
import { derivedId } from '../../src/relay/event-id.ts'
import { fileDeadLetters, fileSink, httpSink, natsSink, type RelayEvent } from '../../src/relay/index.ts'
import { takesSubject } from '../../src/relay/nats-subject.ts'
import { certificates } from '../network/parts.ts'
import { isFull, sampled } from '../sample.ts'
import { type Behaviour, type Received, type Receiver, startReceiver } from './receiver.ts'

const event: MesheryEvent = {
  id: '3f0e7a4e-8f1f-4a37-9b1b-1a2b3c4d5e6f',
  userID: null,
  actedUpon: 'd1',
  operationID: 'o1',
  systemID: null,
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'It <broke> & [failed](x)',
  metadata: { b: 1, a: 2 },
  createdAt: '2026-01-02T03:04:05Z',
  updatedAt: null,
  deletedAt: null,
}
const item: RelayEvent = { id: String(event.id), event, source: 'http://localhost:9081' }
const never = new AbortController().signal

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-sinks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** The only request that was received. */
const only = ({ requests }: Receiver): Received => {
  const [request, ...others] = requests
  if (!request || others.length > 0) throw new Error(`${requests.length} requests came`)
  return request
}

describe('the HTTP sink', () => {
  test('posts a CloudEvent with the id and the headers', async () => {
    await using receiver = await startReceiver()
    const sink = httpSink({ url: receiver.url, headers: { authorization: 'Bearer t' } })
    await sink.send(item, never)
    const { headers, body } = only(receiver)
    expect(headers).toMatchObject({
      authorization: 'Bearer t',
      'content-type': 'application/cloudevents+json',
      'webhook-id': item.id,
    })
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: item.id,
      source: 'http://localhost:9081',
      type: 'io.meshery.pattern.deploy',
      subject: 'd1',
      time: '2026-01-02T03:04:05Z',
      severity: 'error',
      datacontenttype: 'application/json',
      data: event,
    })
    await sink.close?.()
  })

  test.each(['plain secret', `whsec_${Buffer.from('key bytes').toString('base64')}`])(
    'signs with %j',
    async (secret) => {
      await using receiver = await startReceiver()
      const sink = httpSink({ url: receiver.url, secret })
      await sink.send(item, never)
      const { headers, body } = only(receiver)
      const key = secret.startsWith('whsec_') ? 'key bytes' : secret
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(text).digest('base64')}`)
      await sink.close?.()
    },
  )

  test('writes what Slack and Teams take, without their markup', async () => {
    await using receiver = await startReceiver()
    for (const format of ['slack', 'teams', 'json'] as const) {
      const sink = httpSink({ url: receiver.url, format })
      await sink.send(item, never)
      await sink.close?.()
    }
    const [slack, teams, json] = receiver.requests.map(({ body }) => JSON.parse(body))
    expect(slack.text).toBe('*error: pattern deploy*\nIt &lt;broke&gt; &amp; [failed](x)\n2026-01-02T03:04:05Z')
    expect(teams.attachments[0].content.body[1].text).toContain('\\[failed\\](x)')
    expect(json).toEqual(event)
  })

  test.each(
    sampled<[Behaviour, object]>(
      [
        ['limit', { code: 'RATE_LIMITED', retryable: true, details: { status: 429, retryAfter: 0 } }],
        ['fail', { code: 'SERVER_ERROR', retryable: true, details: { status: 500 } }],
        ['reset', { retryable: true }],
        ['cut-after-accepting', { retryable: true }],
        ['refuse', { code: 'SERVER_ERROR', retryable: false, details: { status: 400 } }],
      ],
      2,
      'behaviours',
    ),
  )('at %s it rejects with what that means for a retry', async (behaviour, error) => {
    await using receiver = await startReceiver(() => behaviour)
    const sink = httpSink({ url: receiver.url })
    await expect(sink.send(item, never)).rejects.toMatchObject(error)
    await sink.close?.()
  })

  test('retries a receiver that does not listen, one that does not answer, and one that speaks no TLS', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const deaf = httpSink({ url: `http://127.0.0.1:${port}/secret`, timeoutMs: 50 })
    await expect(deaf.send(item, never)).rejects.toMatchObject({ code: 'TIMED_OUT', retryable: true })
    await deaf.close?.()
    const closed = httpSink({ url: 'http://127.0.0.1:1/secret' })
    await expect(closed.send(item, never)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', retryable: true })
    await closed.close?.()
    await using receiver = await startReceiver()
    const plain = httpSink({ url: receiver.url.replace('http', 'https') })
    await expect(plain.send(item, never)).rejects.toMatchObject({ code: 'WRONG_SCHEME', retryable: true })
    await plain.close?.()
  })

  test('leaves no listener on the signal of the relay, however many events it sends', async () => {
    await using receiver = await startReceiver()
    const sink = httpSink({ url: receiver.url })
    const { signal } = new AbortController()
    const dependents = (): number =>
      Object.getOwnPropertySymbols(signal)
        .filter(({ description }) => description === 'kDependantSignals')
        .reduce((sum, symbol) => sum + (Reflect.get(signal, symbol)?.size ?? 0), 0)
    for (let count = 0; count < (isFull ? 200 : 20); count++) await sink.send(item, signal)
    expect([getEventListeners(signal, 'abort').length, dependents()]).toEqual([0, 0])
    await sink.close?.()
  })

  test('trusts the certificate authority of `tls.ca`, and says how to trust one', async () => {
    const { ca, certFile, keyFile } = certificates(temporaryFolder())
    const received: string[] = []
    const server = createSecureServer(
      { cert: readFileSync(certFile), key: readFileSync(keyFile) },
      (request, response) => {
        received.push(String(request.headers['webhook-id']))
        response.writeHead(204).end()
      },
    ).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const address = server.address()
    const url = `https://localhost:${typeof address === 'object' ? address?.port : undefined}`
    const stranger = httpSink({ url })
    await expect(stranger.send(item, never)).rejects.toMatchObject({
      code: 'TLS_REFUSED',
      retryable: true,
      remedy: expect.stringContaining('`tls.ca`'),
    })
    await stranger.close?.()
    const trusting = httpSink({ url, tls: { ca } })
    await trusting.open?.()
    await trusting.send(item, never)
    await trusting.close?.()
    expect(received).toEqual([item.id])
    const wrong = httpSink({ url, tls: { ca: 'none' } })
    await expect(wrong.open?.()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })

  test('shows no part of the address but its origin', async () => {
    const sink = httpSink({ url: 'http://user:pass@127.0.0.1:1/secret?key=secret' })
    expect(sink.name).toBe('http://127.0.0.1:1')
    await expect(sink.send(item, never)).rejects.toThrow(/^(?!.*(secret|pass)).*$/)
    await sink.close?.()
    expect(() => httpSink({ url: 'secret' })).toThrow(/^(?!.*"?secret).*$/)
    expect(() => httpSink({ url: 'http://x', headers: { a: 'secret\nmore' } })).toThrow(/^(?!.*secret).*$/)
  })

  test('waits at least as long as the receiver asks', () => {
    const error = new Error('later')
    expect([retryDelayMs(error, 1, 0), retryDelayMs(error, 1, 1), retryDelayMs(error, 100, 1)]).toEqual([
      250, 500, 60_000,
    ])
    const limited = new MesheryError('RATE_LIMITED', 'later', { phase: 'stream', details: { retryAfter: 90_000 } })
    expect(retryDelayMs(limited, 1, 1)).toBe(90_000)
  })
})

describe('the file sink', () => {
  const linesIn = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n')

  test('appends one event a line', async () => {
    const path = join(temporaryFolder(), 'events.ndjson')
    const sink = fileSink({ path })
    await sink.send(item, never)
    await sink.send(item, never)
    await sink.close?.()
    expect(linesIn(path).map((line) => JSON.parse(line))).toEqual([event, event])
  })

  test.each(sampled([0, 10, 70_000, 140_000], 1, 'bytes'))(
    'cuts off %d bytes that a crash left of a line',
    async (bytes) => {
      const path = join(temporaryFolder(), 'events.ndjson')
      writeFileSync(path, `{"whole":true}\n${'x'.repeat(bytes)}`)
      const sink = fileSink({ path })
      await sink.send(item, never)
      await sink.close?.()
      expect(linesIn(path).map((line) => JSON.parse(line))).toEqual([{ whole: true }, event])
    },
  )

  test('cuts off a file without a whole line', async () => {
    const path = join(temporaryFolder(), 'events.ndjson')
    writeFileSync(path, '{"hal')
    const sink = fileSink({ path })
    await sink.send(item, never)
    await sink.close?.()
    expect(linesIn(path).map((line) => JSON.parse(line))).toEqual([event])
  })

  test('rotates before the file grows beyond its limit, and keeps so many', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'events.ndjson')
    const sink = fileSink({ path, maxBytes: 800, keep: 2 })
    for (let count = 0; count < 10; count++) await sink.send({ ...item, id: `event-${count}` }, never)
    await sink.close?.()
    expect(readdirSync(folder).sort()).toEqual(['events.ndjson', 'events.ndjson.1', 'events.ndjson.2'])
    const kept = ['.2', '.1', ''].flatMap((suffix) => linesIn(path + suffix).map((line) => JSON.parse(line).id))
    expect(kept.at(-1)).toBe('event-9')
    expect(kept).toEqual([...kept].sort())
    expect(readFileSync(path).byteLength).toBeLessThanOrEqual(800)
  })

  test('keeps none where none is wanted', async () => {
    const folder = temporaryFolder()
    const sink = fileSink({ path: join(folder, 'events.ndjson'), maxBytes: 1, keep: 0 })
    await sink.send(item, never)
    await sink.send(item, never)
    await sink.close?.()
    expect(readdirSync(folder)).toEqual(['events.ndjson'])
    expect(linesIn(join(folder, 'events.ndjson'))).toHaveLength(1)
  })

  test('rejects where the folder does not exist, and works once it does', async () => {
    const path = join(temporaryFolder(), 'none', 'events.ndjson')
    const sink = fileSink({ path })
    await expect(sink.send(item, never)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(existsSync(path)).toBe(false)
    await sink.close?.()
  })

  test.each([
    ['whose folder does not exist', (folder: string) => join(folder, 'none', 'a.ndjson'), 'its folder does not exist'],
    ['that is a folder', (folder: string) => folder, 'it is a folder'],
    ['below a file', (folder: string) => join(folder, 'file', 'a.ndjson'), 'a part of the path is no folder'],
    ['with a name that is too long', (folder: string) => join(folder, 'a'.repeat(300)), 'the name is too long'],
  ])('does not open a file %s; nor do dead letters', async (_, pathIn, problem) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    const path = pathIn(folder)
    const error = { code: 'INVALID_OPTION', message: `The file ${path} cannot be written: ${problem}` }
    await expect(fileSink({ path }).open?.()).rejects.toMatchObject(error)
    await expect(fileDeadLetters(path).open?.()).rejects.toMatchObject(error)
    expect(readdirSync(folder)).toEqual(['file'])
  })

  test.each(['EACCES', 'EPERM', 'EROFS'])('takes %s for an error that no retry can fix', (code) => {
    const thrown = Object.assign(new Error(code), { code })
    expect(unwritableError('a', thrown)).toMatchObject({ code: 'INVALID_OPTION', cause: thrown })
  })

  test.each(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'])('takes %s for an error that may pass', (code) => {
    expect(unwritableError('a', Object.assign(new Error(code), { code }))).toBe(undefined)
  })

  test('opens a file that is there, and one that is not, without making it', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), 'as it was')
    for (const name of ['file', 'new']) {
      await fileSink({ path: join(folder, name) }).open?.()
      await fileDeadLetters(join(folder, name)).open?.()
    }
    expect(readdirSync(folder)).toEqual(['file'])
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('as it was')
  })

  test.skipIf(!existsSync('/dev/full'))('rejects on a full disk with an error that is retried', async () => {
    const sink = fileSink({ path: '/dev/full' })
    await sink.open?.()
    await expect(sink.send(item, never)).rejects.toMatchObject({ code: 'ENOSPC' })
    await sink.close?.()
  })

  test('dead letters are lines with the reason', async () => {
    const path = join(temporaryFolder(), 'dead.ndjson')
    const letters = fileDeadLetters(path)
    await letters.park({ ...item, attempts: 3, error: new Error('refused'), parkedAt: new Date(0) })
    await letters.close?.()
    expect(linesIn(path).map((line) => JSON.parse(line))).toEqual([
      { id: item.id, parkedAt: '1970-01-01T00:00:00.000Z', attempts: 3, error: 'refused', source: item.source, event },
    ])
  })
})

test.each([
  ['a.>', 'a.b.c', true],
  ['a.>', 'a', false],
  ['>', 'a.b', true],
  ['a.*.c', 'a.b.c', true],
  ['a.*', 'a.b.c', false],
  ['a.b.*', 'a.b.c', true],
  ['a.b.c', 'a.b.c', true],
  ['a.b.c', 'a.b.d', false],
  ['a.b.>', 'a.c.d', false],
])('a stream with the subject %s takes %s: %s', (subject, published, expected) => {
  expect(takesSubject([subject, 'other'], published)).toBe(expected)
})

describe('the id of an event without a row', () => {
  const pushed = { ...event, id: null, createdAt: null }
  const none = (): boolean => false

  test('does not depend on times, nor on the order of metadata', () => {
    const other = { ...pushed, createdAt: '2027-01-01T00:00:00Z', metadata: { a: 2, b: 1 } }
    expect(derivedId(other, none)).toBe(derivedId(pushed, none))
    expect(derivedId(pushed, none)).toMatch(/^push-[\da-f]{32}$/)
  })

  test('differs where the event differs, and from an equal one that was sent lately', () => {
    const id = derivedId(pushed, none)
    expect(derivedId({ ...pushed, description: 'else' }, none)).not.toBe(id)
    expect(derivedId(pushed, (one) => one === id)).toBe(`${id}-2`)
  })
})

describe('the position', () => {
  const now = Date.parse('2026-01-02T04:00:00Z')
  const start: ResumePosition = { startedAt: new Date(now).toISOString(), sent: [], begin: { startedAt: now, ago: 0 } }
  const nextPosition = (position: ResumePosition, next: RelayEvent, at: number): ResumePosition =>
    positionAfter(position, next, at, maxRemembered.relay)
  const since = (position: ResumePosition, at: number) => resumePoint(position, at).since
  const made = (createdAt: string | null): RelayEvent => ({ ...item, event: { ...event, createdAt } })

  test('resumes at the beginning while all that was sent since is known, by a span of time', () => {
    const next = nextPosition(start, made('2026-01-02T04:01:30Z'), now + 90_000)
    expect(since(next, now + 95_000)).toBe('97000ms')
  })

  test('resumes at the earliest of the first and the last event and a minute ago, once events are forgotten', () => {
    const later = now + 3_600_000
    const next = nextPosition(nextPosition(start, item, now), made('2026-01-02T05:00:00Z'), later)
    expect(next.sent).toHaveLength(1)
    expect(since(next, later)).toEqual(new Date(later - 60_000))
  })

  test('is not moved ahead by an event whose time lies in the future', () => {
    const later = now + 3_600_000
    const next = nextPosition(nextPosition(start, item, now), made('2099-01-01T00:00:00Z'), later)
    expect(since(next, later)).toEqual(new Date(later - 60_000))
  })

  test('keeps its place where events have no time', () => {
    const later = now + 3_600_000
    const timed = nextPosition(nextPosition(start, item, now), made('2026-01-02T05:00:00Z'), later)
    const next = nextPosition(timed, made(null), later + 3_600_000)
    expect(since(next, later + 3_600_000)).toEqual(new Date(later - 60_000))
    const untimed = nextPosition(nextPosition(start, made(null), now), made(null), later)
    expect(since(untimed, later)).toBe('3602000ms')
  })

  test('remembers at most 2,000 events', { tags: ['full'] }, () => {
    let position: ResumePosition = start
    for (let count = 0; count < 2_100; count++) position = nextPosition(position, { ...item, id: `e${count}` }, now)
    expect(position.sent).toHaveLength(2_000)
    expect(position.begin).toBe(undefined)
  })

  test('is the same after it was stored', () => {
    const later = now + 3_600_000
    const next = nextPosition(nextPosition(start, item, now), made('2026-01-02T05:00:00Z'), later)
    expect(since(savedPosition(JSON.parse(JSON.stringify(next))), later)).toEqual(since(next, later))
    const first = nextPosition(start, item, now)
    expect(savedPosition(JSON.parse(JSON.stringify(first)))).toEqual(first)
  })
})

describe('the NATS sink', () => {
  test.each([
    [{ servers: 'http://secret' }, /^(?!.*secret).*`servers`/],
    [{ servers: [] }, /`servers`/],
    [{ servers: 'nats://a', stream: 'a.b' }, /`stream`/],
    [{ servers: 'nats://a', subject: 'a.*' }, /`subject`/],
  ])('refuses %j', (options, message) => {
    expect(() => natsSink(options)).toThrow(message)
  })

  test('shows no login', () => {
    expect(natsSink({ servers: 'nats://user:secret@a:4222' }).name).toBe('nats://a:4222')
  })
})
