import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Identity, MesheryOptions, Notice } from '../../src/index.ts'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import { follow, gotAll, gotInOrder, hasty, impatient, isLive, lastOne, until, watch } from './watching.ts'

const provider = 'Meshery'
const token = 'first-token-0123456789'
const fresh = 'fresh-token-9876543210'
const auth = { provider, token }

/** Releases whose response distinguishes a refusal from an outage of the provider. */
const plain: readonly Release[] = ['v1.0', 'v1.0.52', 'current']

/** How many requests contained this token. */
const sent = (fake: FakeMeshery, value: string): number =>
  fake.stats.requests.filter(({ headers }) => headers.cookie?.includes(`token=${value}`)).length

/** The paths that refused, once for each refusal. The store and the live channel are separate: each may refuse alone. */
const refused = (fake: FakeMeshery): string[] =>
  fake.stats.requests.filter(({ status }) => [302, 401, 403].includes(status)).map(({ path }) => path)

const expectOnceEach = (paths: readonly string[]): void => {
  expect(paths).not.toEqual([])
  expect(paths).toEqual([...new Set(paths)])
}

/** A late answer is no failure: its request would be sent again. */

/** A `credentials` function that returns one answer after the other, the last one for ever. */
const saying = (...answers: readonly (Identity | (() => Promise<Identity>))[]) => {
  const asked = { times: 0 }
  const credentials = async (): Promise<Identity> => {
    const answer = answers[Math.min(asked.times++, answers.length - 1)] ?? {}
    return typeof answer === 'function' ? answer() : answer
  }
  return { asked, credentials }
}

describe.concurrent('a fixed token', () => {
  it.each(sampled(releases, 1, 'cookies'))('is sent as cookies with every request, on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, auth })
    await using watching = watch(fake.url, { options: auth })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    const guarded = fake.stats.requests.filter(({ path }) => path.startsWith('/api/') && !path.endsWith('/version'))
    for (const { headers } of guarded) {
      expect(headers.cookie).toContain(`token=${token}`)
      expect(headers.cookie).toContain(`meshery-provider=${provider}`)
    }
    if (release !== 'current' && release !== 'v1.0.52')
      expect(fake.stats.lastConnectionInit).toEqual({ token, 'meshery-provider': provider })
  })

  it.each(sampled(plain, 1, 'expired'))(
    'that expired ends the subscription at the next dial, on %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      await using watching = watch(fake.url, { options: auth })
      await isLive(watching)
      await gotInOrder(watching, [fake.events.add()])
      fake.faults.expireToken()
      fake.faults.cut()
      const error = await watching.failure
      expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
      expect(error.remedy).toMatch(/mesheryctl system login/)
      // Until the channel is refused as well, the store is one that cannot be read for now.
      expectOnceEach(refused(fake).filter((path) => !path.endsWith('/events')))
    },
  )

  it.each(sampled(['v0.6', 'v0.7', 'v0.8'] as const, 1, 'outage'))(
    'is tried again in 30 s on %s, which refuses in outages too',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      await using watching = watch(fake.url, { options: auth })
      await isLive(watching)
      await gotInOrder(watching, [fake.events.add()])
      fake.faults.providerDown()
      fake.faults.cut()
      await until(() =>
        expect(watching.subscription.status).toMatchObject({
          state: 'waiting',
          reason: { code: 'CREDENTIALS_REFUSED' },
        }),
      )
      const { nextRetryAt } = watching.subscription.status
      expect(((nextRetryAt?.getTime() ?? 0) - Date.now()) / 60_000).toBeCloseTo(0.5, 0)
      // Until the channel is refused as well, the store is one that cannot be read for now.
      expectOnceEach(refused(fake).filter((path) => !path.endsWith('/events')))
    },
  )

  it('that the live channel still accepts is sent to a store that refuses as to one that fails (law 9)', async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth })
    await using watching = watch(fake.url, { options: auth })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    fake.faults.expireToken()
    for (let count = 2; count < 5; count++) {
      fake.events.add()
      await until(() => expect(watching.events).toHaveLength(count))
    }
    await gotInOrder(watching, fake.events.rows)
    expect(watching.notices.filter(({ kind }) => kind === 'gap')).toMatchObject([
      { complete: false, reason: { code: 'CREDENTIALS_REFUSED', phase: 'store', retryable: true } },
    ])
    fake.events.add({}, { push: false })
    fake.faults.acceptToken(token)
    await gotInOrder(watching, fake.events.rows)
  })

  it('that the store refused is sent to it again once the live channel accepts it', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    await using watching = watch(fake.url, { options: auth })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    fake.faults.providerDown()
    fake.events.add()
    await gotInOrder(watching, fake.events.rows)
    await until(() =>
      expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: false })),
    )
    fake.events.add({}, { push: false })
    fake.faults.providerDown(false)
    fake.faults.cut()
    await gotAll(watching, fake.events.rows)
    await until(() => expect(watching.notices.at(-1)).toMatchObject({ kind: 'gap', complete: true }))
  })

  it.each(sampled(releases, 1, 'replaced'))(
    'is replaced by the token that the server sets, from the next dial on, on %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      // The event comes by its row alone.
      await using watching = watch(fake.url, { options: { ...auth, settle: 60_000 } })
      await isLive(watching)
      fake.faults.rotateToken(fresh)
      // Its row is read, and the response contains the token.
      await gotInOrder(watching, [fake.events.add()])
      fake.faults.acceptToken(fresh)
      fake.stats.reset()
      fake.faults.cut()
      fake.events.add()
      await until(() => expect(fake.stats.dials).toHaveLength(1))
      await isLive(watching)
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
      expect(fake.stats.dials[0]?.headers.cookie).toContain(`token=${fresh}`)
      expect(sent(fake, token)).toBe(0)
    },
  )
})

describe.concurrent('the `credentials` function', () => {
  it.each(sampled(['v1.0', 'current'] as const, 1, 'each dial'))(
    'is called before each dial, on %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      let [mine, times] = [token, 0]
      const credentials = (): Identity => {
        times++
        return { token: mine }
      }
      await using watching = watch(fake.url, { options: { provider, credentials } })
      await isLive(watching)
      await gotInOrder(watching, [fake.events.add()])
      mine = fresh
      fake.faults.acceptToken(fresh)
      for (let count = 1; count <= 3; count++) {
        const before = times
        fake.faults.cut()
        await until(() => expect(times).toBeGreaterThan(before))
        await isLive(watching)
        fake.events.add()
        await gotAll(watching, fake.events.rows)
      }
      expect(fake.stats.dials.at(-1)?.headers.cookie).toContain(`token=${fresh}`)
    },
  )

  it.each(sampled(plain, 1, 'refusal'))(
    'is called after a refusal, and a new answer is used at once, on %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      const { asked, credentials } = saying({ token: 'stale-token-1' }, { token })
      await using watching = watch(fake.url, { options: { provider, credentials } })
      await isLive(watching)
      expect(sent(fake, 'stale-token-1')).toBe(1)
      expect(asked.times).toBeGreaterThanOrEqual(2)
      await gotInOrder(watching, [fake.events.add()])
    },
  )

  it('is called every 10 s once two of its answers were refused', {
    timeout: 30_000,
    tags: ['full'],
  }, async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth })
    const stale = { token: 'stale-token-2' }
    // After the refusal, before the next dial, and then every 10 s.
    const { asked, credentials } = saying({ token: 'stale-token-1' }, stale, stale, { token })
    await using watching = watch(fake.url, { options: { provider, credentials } })
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'waiting', nextRetryAt: null }))
    await until(() => expect(sent(fake, 'stale-token-2')).toBe(1))
    const began = performance.now()
    await until(() => expect(watching.subscription.status.state).toBe('live'))
    expect(performance.now() - began).toBeGreaterThan(9_000)
    expect([sent(fake, 'stale-token-1'), sent(fake, 'stale-token-2')]).toEqual([1, 1])
    expect(asked.times).toBeGreaterThanOrEqual(4)
    await gotInOrder(watching, [fake.events.add()])
  })

  it.each(releases)(
    'that returns the same answer causes no request on %s (law 9)',
    { tags: ['full'] },
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      const { asked, credentials } = saying({ token: 'stale-token-1' })
      await using watching = watch(fake.url, { options: { provider, credentials } })
      // At the beginning, right after the refusal, and 10 s later.
      await until(() => expect(asked.times).toBeGreaterThanOrEqual(3))
      expect(watching.subscription.status).toMatchObject({ state: 'waiting', reason: { code: 'CREDENTIALS_REFUSED' } })
      expectOnceEach(refused(fake))
    },
  )

  it('that throws is called again, and a notice contains its error', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    const vault = async (): Promise<Identity> => Promise.reject(new Error('the vault is sealed'))
    const { credentials } = saying(vault, { token })
    await using watching = watch(fake.url, { options: { provider, credentials } })
    await until(() =>
      expect(watching.subscription.status).toMatchObject({
        state: 'waiting',
        reason: { code: 'CREDENTIALS_UNREADABLE', phase: 'credentials', retryable: true },
      }),
    )
    expect(fake.stats.requests).toEqual([])
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
  })

  it('that returns no identity is called again', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    const { credentials } = saying({ token: 'a;b' }, { token })
    await using watching = watch(fake.url, { options: { provider, credentials } })
    await isLive(watching)
    expect(watching.reasons()[0]).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials' })
    expect(inspect(watching.notices, { depth: null })).not.toContain('a;b')
  })

  it('that does not settle fails after `timeouts.connect`, and a notice contains that', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    let say = (_: Identity): void => {}
    const answer = new Promise<Identity>((resolve) => {
      say = resolve
    })
    await using watching = watch(fake.url, { options: { provider, credentials: () => answer, timeouts: impatient } })
    await until(() =>
      expect(watching.subscription.status).toMatchObject({
        state: 'waiting',
        reason: { code: 'TIMED_OUT', phase: 'credentials', retryable: true },
      }),
    )
    expect(watching.subscription.status.reason?.message).toContain('timeouts.connect')
    expect(fake.stats.requests).toEqual([])
    say({ token })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
  })

  it('that never settles does not delay `close`', async () => {
    const options = { provider, credentials: () => new Promise<never>(() => {}), timeouts: { connect: 600_000 } }
    const watching = watch('http://127.0.0.1:9', { options })
    const began = performance.now()
    await watching.meshery.close()
    expect(performance.now() - began).toBeLessThan(soonMs)
    await watching.subscription.closed
  })
})

describe.concurrent('a token is never shown (law 8)', () => {
  const inner = 'access-token-inside-of-the-token-55'
  const secret = Buffer.from(JSON.stringify({ access_token: inner, expiry: '2030-01-01T00:00:00Z' })).toString('base64')

  /** Everything that a user can print of it. */
  const shown = (...things: readonly unknown[]): string =>
    things
      .map((thing) => `${inspect(thing, { depth: null, showHidden: true, maxStringLength: null })}${json(thing)}`)
      .join('\n')

  const json = (thing: unknown): string => JSON.stringify(thing, (_, value) => plainly(value)) ?? ''

  /** Errors hide their texts from JSON. */
  const plainly = (value: unknown): unknown =>
    value instanceof Error
      ? { ...value, message: value.message, stack: value.stack, cause: value.cause, text: String(value) }
      : value

  const expectNoSecret = (text: string): void => {
    for (const part of [secret, encodeURIComponent(secret), inner, secret.slice(0, 40)])
      expect(text).not.toContain(part)
  }

  it.each(sampled(releases, 1))('in an error, a notice, a log line or a URL, on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, auth: { provider, token: secret } })
    const lines: unknown[] = []
    const log = (...line: unknown[]): void => void lines.push(line)
    const logger = { debug: log, info: log, warn: log, error: log }
    const options: MesheryOptions = { token: secret, provider, logger }
    const notices: Notice[][] = []
    const errors: unknown[] = []
    const quoting = `the token ${secret} or ${encodeURIComponent(secret)} with ${inner} is no good`
    const answer = (status: number, how: { headers?: Record<string, string>; body?: string }) => () => {
      fake.faults.answer('everything', status, how)
      fake.faults.cut()
    }
    const answers = [
      answer(500, { body: quoting }),
      answer(403, { body: JSON.stringify({ error: quoting }) }),
      answer(302, { headers: { location: `https://sso.invalid/?token=${secret}` } }),
      answer(302, { headers: { location: `http://sso.invalid/${inner}/` } }),
      answer(200, { headers: { 'content-type': 'application/json' }, body: quoting }),
    ]
    const frames = [
      () => fake.faults.sendRaw(`data: ${secret}\n\n`),
      () => fake.faults.endChannels(4400, inner.slice(0, 60)),
    ]
    const expiry = (): void => {
      fake.faults.expireToken()
      fake.faults.cut()
    }
    // The expiry is for good, and comes last.
    const troubles = [
      ...sampled(answers, 1, 'secret answers').map((trouble) => [true, trouble] as const),
      ...sampled(frames, 1, 'secret frames').map((trouble) => [false, trouble] as const),
      [true, expiry] as const,
    ]
    for (const [isAnswer, trouble] of troubles) {
      await using watching = watch(fake.url, { options })
      await isLive(watching)
      trouble()
      await until(() => expect(watching.reasons()).not.toEqual([]))
      if (isAnswer) {
        await using late = watch(fake.url, { options: { ...options, retry: { attempts: 0 } } })
        await until(() => expect(late.reasons().length).toBeGreaterThan(0))
        notices.push(late.notices)
        errors.push(late.subscription.status.reason, late.meshery, late.subscription)
        late.subscription.closed.catch((error: unknown) => errors.push(error))
      }
      notices.push(watching.notices)
      errors.push(watching.subscription.status.reason, watching.meshery, watching.subscription)
      await fake.faults.calm()
    }
    expect(lines.length).toBeGreaterThan(troubles.length)
    expect(notices.flat().length).toBeGreaterThan(troubles.length)
    expectNoSecret(shown(lines, notices, errors))
    expectNoSecret(shown(fake.stats.requests.map(({ path, query }) => `${path}?${query}`)))
    expect(fake.stats.requests.some(({ headers }) => headers.cookie?.includes(secret))).toBe(true)
  })

  it.each(sampled(releases, 1))('to another origin: redirects are not followed, on %s (law 12)', async (release) => {
    await using other = await startFakeMeshery({ release, auth: { provider, token: secret } })
    await using fake = await startFakeMeshery({ release, auth: { provider, token: secret } })
    await using meshery = createMeshery({ ...hasty, url: fake.url, token: secret, provider })
    const first = follow(meshery)
    await isLive(first)
    fake.faults.answer('everything', 307, { headers: { location: `${other.url}/api/system/events` } })
    fake.faults.cut()
    await until(() => expect(first.reasons()).not.toEqual([]))
    await using late = watch(fake.url, { options: { token: secret, provider } })
    expect(await late.failure).toMatchObject({ code: 'GATEWAY_LOGIN' })
    await (await fetch(`${other.url}/api/system/version`)).text()
    expect(other.stats.requests.map(({ path }) => path)).toEqual(['/api/system/version'])
  })
})
