import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createMeshery,
  type ErrorPhase,
  type EventsArguments,
  MesheryError,
  type MesheryOptions,
  type SubscribeOptions,
} from '../../src/index.ts'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, sampled, someClaims } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import {
  descriptions,
  expectNoOtherReason,
  gotAll,
  gotInOrder,
  hasty,
  impatient,
  isLive,
  lastOne,
  pushRaw,
  unhandled,
  until,
  watch,
} from './watching.ts'

const rejections = unhandled()
afterAll(async () => {
  await new Promise(setImmediate)
  rejections.stop()
  expect(rejections.reasons).toEqual([])
})

/** One release that pushes over WebSocket, and one that pushes over SSE. */
const pushing: readonly Release[] = ['v0.8', 'current']

describe('bad input is refused before anything is sent', () => {
  let fake: FakeMeshery
  beforeAll(async () => {
    fake = await startFakeMeshery()
  })
  afterAll(() => fake.close())

  const cases: readonly (readonly [string, unknown, unknown?, unknown?])[] = [
    ['options of another type', 'http://127.0.0.1'],
    ['an unknown option', { urls: 'http://127.0.0.1' }],
    ['a number as url', { url: 9081 }],
    ['a malformed url', { url: 'http://[::' }],
    ['a url without a scheme', { url: 'localhost:9081' }],
    ['a number as token', { token: 7 }],
    ['a text as credentials', { credentials: 'secret' }],
    ['an unknown transport', { transports: ['carrier-pigeon'] }],
    ['no transport', { transports: [] }],
    ['a negative timeout', { timeouts: { connect: -1 } }],
    ['a text as settle', { settle: '2s' }],
    ['a negative number of attempts', { retry: { attempts: -1 } }],
    ['a buffer of 0', { buffer: 0 }],
    ['a list as headers', { headers: ['x: y'] }],
    ['an unknown severity', {}, { severity: 'eror' }],
    ['an unknown severity in a list', {}, { severity: ['error', 'fatal'] }],
    ['a number as category', {}, { category: 1 }],
    ['an unknown status', {}, { status: 'seen' }],
    ['an unknown argument of events', {}, { page: -1 }],
    ['another type as where', {}, { where: true }],
    ['a since that is not a time', {}, { since: 'yesterday' }],
    ['a since that is an invalid Date', {}, { since: new Date('x') }],
    ['a since that is not an event', {}, { since: {} }],
    ['a number as since', {}, { since: 1_700_000_000 }],
    ['a buffer that is not a whole number', {}, {}, { buffer: 1.5 }],
    ['an infinite buffer', {}, {}, { buffer: Number.POSITIVE_INFINITY }],
    ['a text as buffer', {}, {}, { buffer: '10' }],
    ['a text as onNotice', {}, {}, { onNotice: 'loud' }],
    ['an unknown option of a subscription', {}, {}, { bufer: 10 }],
  ]

  it.each(cases)('%s', async (_, options, given = {}, subscribe = {}) => {
    fake.stats.reset()
    const clients = new Set<AsyncDisposable>()
    const attempt = (): void => {
      const named = typeof options === 'object' ? { ...hasty, url: fake.url, ...options } : options
      const meshery = createMeshery(named as MesheryOptions)
      clients.add(meshery)
      meshery.subscribeEvents(given as EventsArguments, subscribe as SubscribeOptions)
    }
    const thrown = caught(attempt)
    expect(thrown).toMatchObject({ code: 'INVALID_OPTION', phase: 'options' as ErrorPhase, retryable: false })
    expect(thrown.remedy).toMatch(/nothing was sent/)
    expect(thrown.message).toMatch(/it takes/)
    for (const client of clients) await client[Symbol.asyncDispose]()
    // Requests are recorded in the order of their arrival: an earlier one would come before this one.
    await (await fetch(`${fake.url}/healthz/live`)).text()
    expect(fake.stats.requests.map(({ path }) => path)).toEqual(['/healthz/live'])
  })
})

describe.concurrent('bad input is refused before anything is sent', () => {
  it('the document and the variables of `subscribe` too', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    expect(caught(() => meshery.subscribe(''))).toMatchObject({ code: 'INVALID_OPTION', phase: 'options' })
    expect(caught(() => meshery.subscribe('subscription { x }', 'y'))).toMatchObject({ code: 'INVALID_OPTION' })
    await using polling = createMeshery({ ...hasty, url: fake.url, transports: ['polling'] })
    expect(caught(() => polling.subscribe('subscription { x }'))).toMatchObject({ code: 'INVALID_OPTION' })
    await (await fetch(`${fake.url}/healthz/live`)).text()
    expect(fake.stats.requests).toHaveLength(1)
  })

  it('but ws:// is read as http://', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url.replace('http', 'ws'))
    await isLive(watching)
    expect(watching.meshery.url).toBe(fake.url)
    await gotInOrder(watching, [fake.events.add()])
  })

  it('a closed client throws CLOSED, and a second iteration SUBSCRIPTION_IN_USE', async () => {
    await using fake = await startFakeMeshery()
    const { meshery, subscription } = watch(fake.url)
    expect(caught(() => subscription[Symbol.asyncIterator]())).toMatchObject({ code: 'SUBSCRIPTION_IN_USE' })
    await meshery.close()
    expect(caught(() => meshery.subscribeEvents())).toMatchObject({ code: 'CLOSED', phase: 'options' })
  })
})

describe.concurrent('an address without Meshery ends the subscription', () => {
  const answers = [
    ['HTML for every request', 200, '<!doctype html><title>Welcome to nginx</title>'],
    ['404 for everything', 404, 'Not Found'],
    ['HTML with 404 for every request', 404, '<html>Nothing here</html>'],
  ] as const

  it.each(sampled(answers, 1, 'no Meshery'))('%s', async (_, status, body) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const headers = { 'content-type': body.startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain' }
    fake.faults.answer('everything', status, { headers, body })
    await using watching = watch(fake.url)
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'NOT_MESHERY', retryable: false, details: { status } })
    expect(error.remedy).toMatch(/`url`/)
    await expect(watching.subscription.closed).rejects.toBe(error)
    await expect(watching.subscription.ready).rejects.toBe(error)
    expect(watching.subscription.status).toMatchObject({ state: 'failed', reason: error })
  })
})

describe.concurrent('a server that is down', () => {
  it('refuses connections: a notice reports it, and the client connects as soon as the server is up', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await fake.stop()
    await using watching = watch(fake.url)
    await until(() => expect(watching.subscription.status.state).toBe('waiting'))
    const { reason, nextRetryAt } = watching.subscription.status
    expect(reason).toMatchObject({ code: 'CONNECTION_REFUSED', phase: 'tcp', retryable: true })
    expect(reason?.remedy).toMatch(/mesheryctl system start/)
    expect(nextRetryAt).toBeInstanceOf(Date)
    await fake.start()
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
  })

  it('refuses connections: fails once `retry.attempts` are used up', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await fake.stop()
    await using watching = watch(fake.url, { options: { retry: { attempts: 1 } } })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'RETRIES_EXHAUSTED', phase: 'tcp', cause: { code: 'CONNECTION_REFUSED' } })
    expect(error.message).toMatch(/attempt 2:/)
  })

  it('has an unknown host: reported with the phase dns', async () => {
    await using watching = watch('http://meshery.invalid:9081', { options: { retry: { attempts: 0 } } })
    const error = await watching.failure
    expect(error).toMatchObject({ phase: 'dns', cause: { code: 'HOST_UNKNOWN' } })
    expect(watching.reasons()[0]?.message).toContain('meshery.invalid')
  })
})

describe.concurrent('a server that refuses every client', () => {
  const auth = { provider: 'Meshery', token: 'good-token-of-this-test' }

  it.each(sampled(releases, 1, 'wrong provider'))('%s and the wrong provider: fails at once', async (release) => {
    await using fake = await startFakeMeshery({ release, auth })
    await using watching = watch(fake.url, { options: { token: auth.token, provider: 'None' } })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(error.remedy).toMatch(/mesheryctl system login/)
    // v0.6 answers 404 to the newer path first, for any client.
    expect(fake.stats.requests.filter(({ status }) => status !== 404)).toHaveLength(1)
  })

  it.each(sampled(releases, 1, 'expired token'))('%s and an expired token: fails at once', async (release) => {
    await using fake = await startFakeMeshery({ release, auth })
    fake.faults.expireToken()
    await using watching = watch(fake.url, { options: auth })
    expect(await watching.failure).toMatchObject({ code: 'CREDENTIALS_REFUSED', phase: 'store' })
    expect(fake.stats.requests.filter(({ status }) => status !== 404)).toHaveLength(1)
  })

  const redirects: readonly (readonly [string, string, RegExp])[] = [
    ['/provider', 'CREDENTIALS_REFUSED', /mesheryctl system login/],
    ['/auth/login?x=1', 'CREDENTIALS_REFUSED', /mesheryctl system login/],
    ['/user/login', 'CREDENTIALS_REFUSED', /mesheryctl system login/],
    ['https://cloud.invalid/login?source=abc&ref=hidden', 'CREDENTIALS_REFUSED', /mesheryctl system login/],
    ['https://127.0.0.1:9443/', 'WRONG_SCHEME', /Use https:\/\/127\.0\.0\.1:9443 as `url`/],
    ['https://sso.invalid/authorize?state=hidden', 'GATEWAY_LOGIN', /`headers`/],
  ]

  it.each(sampled(redirects, 2, 'redirects'))('a redirect to %s means %s', async (location, code, remedy) => {
    await using fake = await startFakeMeshery({ release: 'current' })
    fake.faults.answer('everything', 302, { headers: { location } })
    await using watching = watch(fake.url)
    const error = await watching.failure
    expect(error).toMatchObject({ code, retryable: false })
    expect(error.remedy).toMatch(remedy)
    expect(JSON.stringify([error.message, error.details])).not.toContain('hidden')
  })
})

describe.concurrent('a server in trouble loses nothing and causes no duplicates', () => {
  it.each(sampled(releases, 1))('%s answers 503 for a while', async (release) => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url)
    await isLive(watching)
    fake.events.add()
    await gotInOrder(watching, fake.events.rows)
    fake.faults.answer('everything', 503, { headers: { 'retry-after': '1' } })
    fake.faults.cut()
    fake.events.add()
    await until(() => expect(watching.subscription.status.state).toBe('waiting'))
    await until(() => expect(watching.reasons().at(-1)).toMatchObject({ code: 'SERVER_ERROR', retryable: true }))
    fake.events.add()
    await fake.faults.calm()
    await isLive(watching)
    // Until the store is read again, frames are delivered at once: this one may come before the rows.
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  })

  it('answers 503 from the start: the client waits as long as Retry-After says', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const seconds = isFull ? 2 : 1
    fake.faults.answer('everything', 503, { headers: { 'retry-after': `${seconds}` } })
    await using watching = watch(fake.url)
    await until(() => expect(watching.subscription.status.state).toBe('waiting'))
    await fake.faults.calm()
    await isLive(watching)
    const [first, second] = fake.stats.dials.map(({ at }) => at)
    // The two clocks may differ by their rounding.
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(seconds * 1_000 - 5)
    await lastOne(watching, fake)
    await gotInOrder(watching, fake.events.rows)
  })

  it('acknowledges no WebSocket: reported with the phase ack, and connected once it does', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.delayAck(Number.POSITIVE_INFINITY)
    await using watching = watch(fake.url, { options: { transports: ['websocket'], timeouts: impatient } })
    await watching.subscription.ready
    const before = fake.events.add()
    const isLate = ({ code, phase }: MesheryError): boolean => code === 'TIMED_OUT' && phase === 'ack'
    await until(() => expect(watching.reasons().some(isLate)).toBe(true))
    expect(watching.reasons().find(isLate)?.message).toContain('timeouts.open')
    fake.faults.delayAck(0)
    await isLive(watching)
    await gotInOrder(watching, [before, fake.events.add()])
  })

  describe.each(sampled(pushing, 1, 'trouble'))('%s', (release) => {
    someClaims(9, 'trouble', (it) => {
      it.each(sampled(['binary', 'broken-json', 'not-an-object', 'unknown-id'] as const, 1, 'garbage'))(
        'sends %s',
        async (kind) => {
          await using fake = await startFakeMeshery({ release })
          await using watching = watch(fake.url)
          await isLive(watching)
          fake.events.add()
          fake.faults.garbage(kind)
          fake.events.add()
          await until(() => expect(watching.events).toHaveLength(2))
          await isLive(watching)
          await lastOne(watching, fake)
          await gotInOrder(watching, fake.events.rows)
        },
      )

      it('sends an event with missing and unknown fields', async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url)
        await isLive(watching)
        pushRaw(fake, { description: 'bare', severity: 'purple', novelty: { deep: [1] }, metadata: null, actedUpon: 7 })
        await until(() => expect(watching.events).toHaveLength(1))
        const nothing = { id: null, userID: null, actedUpon: null, operationID: null, metadata: null, createdAt: null }
        expect(watching.events[0]).toMatchObject({ ...nothing, description: 'bare', severity: 'purple', status: null })
        expect(watching.events[0]).not.toHaveProperty('novelty')
        await lastOne(watching, fake)
        expect(descriptions(watching.events)).toEqual(['bare', 'the last one'])
      })

      it('pushes every frame twice', async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url)
        await isLive(watching)
        fake.faults.duplicatePushes()
        for (let count = 0; count < 20; count++) fake.events.add()
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
      })

      it('pushes a frame again long after it was delivered', async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url)
        await isLive(watching)
        const event = fake.events.add()
        await gotInOrder(watching, [event])
        fake.events.push(event)
        fake.events.push(event)
        await sleepPastSettling()
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
      })

      it('pushes two equal frames of two events: both come, as stored', async () => {
        await using fake = await startFakeMeshery({ release })
        // However slow the machine is, no push is delivered before its row.
        const options = { settle: 60_000, timeouts: { ...hasty.timeouts, request: 60_000 } }
        await using watching = watch(fake.url, { options })
        await isLive(watching)
        const { id: _, ...likeness } = fake.events.add({ description: 'alike' })
        fake.events.add(likeness)
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
        expect(watching.events.map(({ id }) => id)).toEqual(fake.events.rows.map(({ id }) => id))
      })

      it('has a store that cannot be read at first: every event since the channel opened comes once it can be', async () => {
        const seed = [{ description: 'old', createdAt: new Date(Date.now() - 60_000).toISOString() }]
        await using fake = await startFakeMeshery({ release, seed })
        fake.faults.answer('store', 500)
        await using watching = watch(fake.url)
        await watching.subscription.ready
        await isLive(watching)
        fake.events.add({ description: 'not pushed' }, { push: false })
        const { id: _, ...likeness } = fake.events.add({ description: 'alike' })
        fake.events.add(likeness)
        await until(() => expect(watching.events).toHaveLength(1))
        fake.faults.answer('store', undefined)
        await lastOne(watching, fake)
        await until(() => expect(watching.notices.at(-1)).toMatchObject({ kind: 'gap', complete: true }))
        await sleepPastSettling()
        const [, ...stored] = fake.events.rows
        await gotAll(watching, stored)
      })

      it('pushes a frame twice that never gets a row: it comes once, as pushed', async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url)
        await isLive(watching)
        const event = fake.events.add({ description: 'never stored' }, { store: false })
        fake.events.push(event)
        await until(() => expect(watching.events).toHaveLength(1))
        fake.events.push(event)
        await sleepPastSettling()
        await lastOne(watching, fake)
        expect(descriptions(watching.events)).toEqual(['never stored', 'the last one'])
      })

      const steps = [
        { where: 'back an hour', step: -3_600_000 },
        { where: 'forward an hour', step: 3_600_000 },
        { where: 'back to 1970', step: -Date.now() },
      ]

      it.each(sampled(steps, 1, 'clock'))('its clock steps $where', async ({ step }) => {
        let offset = 0
        const clock = (): number => Date.now() + offset
        const seed = Array.from({ length: 300 }, (_, index) => ({
          description: `old ${index}`,
          createdAt: new Date(Date.now() - 300_000 + index * 1_000).toISOString(),
        }))
        await using fake = await startFakeMeshery({ release, seed, clock })
        await using watching = watch(fake.url)
        await isLive(watching)
        const added = [fake.events.add()]
        await gotAll(watching, added)
        offset = step
        added.push(fake.events.add(), fake.events.add())
        await gotAll(watching, added)
        offset = 0
        added.push(fake.events.add(), await lastOne(watching, fake))
        await gotAll(watching, added)
      })

      it('is stopped for 5 s and starts again: the first event comes within 2 s', { tags: ['full'] }, async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url)
        await isLive(watching)
        fake.events.add()
        await gotInOrder(watching, fake.events.rows)
        await fake.stop()
        fake.events.add()
        await sleep(5_000)
        fake.events.add()
        const waiting = { state: 'waiting', reason: { code: 'CONNECTION_REFUSED' }, nextRetryAt: expect.any(Date) }
        await until(() => expect(watching.subscription.status).toMatchObject(waiting))
        // The longest wait between two dials.
        expect(Number(watching.subscription.status.nextRetryAt) - Date.now()).toBeLessThanOrEqual(2_000)
        expect(watching.events).toHaveLength(1)
        await fake.start()
        await until(() => expect(watching.events).toHaveLength(3))
        await isLive(watching)
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
      })

      it('freezes and thaws', async () => {
        await using fake = await startFakeMeshery({ release, keepAlive: 200 })
        const timeouts = { ...impatient, silence: 1_000, firstByte: 1_000 }
        await using watching = watch(fake.url, { options: { timeouts } })
        await isLive(watching)
        fake.events.add()
        await gotInOrder(watching, fake.events.rows)
        fake.faults.freeze()
        fake.events.add()
        await until(() => expect(watching.subscription.status.state).toBe('waiting'))
        expect(watching.reasons().map(({ code }) => code)).toContain('CONNECTION_SILENT')
        fake.events.add()
        fake.faults.thaw()
        await isLive(watching)
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
      })

      it('comes back with a store that was unreadable: what it pushes meanwhile does not overtake missed events', async () => {
        await using fake = await startFakeMeshery({ release })
        await using watching = watch(fake.url, { options: { timeouts: {} } })
        await isLive(watching)
        fake.faults.answer('store', 503)
        fake.events.add()
        await until(() =>
          expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: false })),
        )
        await gotInOrder(watching, fake.events.rows)
        await fake.stop()
        for (let count = 0; count < 300; count++) fake.events.add()
        fake.faults.answer('store', undefined)
        fake.faults.slowStore(200)
        await fake.start()
        // Channel open, and the first page of missed events is not there yet; then it is, and others follow.
        await isLive(watching)
        fake.events.add()
        await until(() => expect(watching.events.length).toBeGreaterThan(1))
        fake.events.add()
        fake.faults.slowStore(0)
        await lastOne(watching, fake)
        await gotInOrder(watching, fake.events.rows)
      })

      it('freezes: `close` does not wait for it', async () => {
        await using fake = await startFakeMeshery({ release })
        const timeouts = { request: 600_000, ping: 600_000, pong: 600_000, silence: 600_000 }
        const watching = watch(fake.url, { options: { timeouts } })
        await isLive(watching)
        fake.faults.freeze()
        const began = performance.now()
        await watching.meshery.close()
        expect(performance.now() - began).toBeLessThan(soonMs)
        await watching.subscription.closed
      })
    })
  })
})

it.concurrent.each(sampled(pushing, 1, 'no event'))(
  'a pushed value without an event is ignored (%s)',
  async (release) => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { settle: 0 } })
    await isLive(watching)
    pushRaw(fake, { type: 'keepalive' })
    fake.events.add()
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
  },
)

describe('a server in trouble loses nothing and causes no duplicates', () => {
  it.each(pushing)('%s sends frames of 20 MB', { tags: ['full'] }, async (release) => {
    await using fake = await startFakeMeshery({ release })
    const timeouts = { connect: 60_000, request: 60_000, pong: 60_000, silence: 60_000 }
    await using watching = watch(fake.url, { options: { timeouts } })
    await isLive(watching)
    fake.events.add({ description: 'small' })
    await until(() => expect(watching.events).toHaveLength(1))
    // A frame without a row, and an event with both.
    fake.faults.garbage('huge')
    fake.events.add({ description: 'y'.repeat(20_000_000) })
    await until(() => expect(watching.events).toHaveLength(3))
    await lastOne(watching, fake)
    const short = descriptions(watching.events).map((text) => `${text?.length} ${text?.slice(0, 5)}`)
    expect(short.toSorted()).toEqual(['12 the l', '20000000 xxxxx', '20000000 yyyyy', '5 small'])
    expectNoOtherReason(watching, release)
  })
})

/** A frame whose row does not come is delivered after `settle`; a duplicate would have come by then. */
const sleepPastSettling = (): Promise<void> => sleep((hasty.settle ?? 0) + 100)

const caught = (run: () => unknown): MesheryError => {
  try {
    run()
  } catch (error) {
    if (error instanceof MesheryError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
