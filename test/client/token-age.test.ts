import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { mesheryctlHome } from '../mesheryctl-home.ts'
import { sampled } from '../sample.ts'
import { expectNoOtherReason, follow, gotInOrder, hasty, isLive, until, type Watching } from './watching.ts'

const provider = 'Meshery'

/** Meshery's own form: base64 of the JSON of an OAuth token, without padding. */
const oauth = (name: string, leftMs: number): string => {
  const expiry = new Date(Date.now() + leftMs).toISOString()
  const json = JSON.stringify({ access_token: `access-${name}-0123456789`, token_type: 'bearer', expiry })
  return Buffer.from(json).toString('base64').replace(/=+$/, '')
}
/** The other form: a JWT. */
const jwt = (name: string, leftMs: number): string => {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: name, exp: Math.floor((Date.now() + leftMs) / 1000) })}.signature`
}
const forms = [
  ['an OAuth token', oauth],
  ['a JWT', jwt],
] as const

const hour = 3_600_000
/** Nothing here waits for a time-out, and on a busy machine an answer may take seconds. */

const watchAs = (fake: FakeMeshery, home: string | undefined, options: MesheryOptions = {}): Watching => {
  const platform = nodePlatform({ env: {}, home })
  const meshery = createMesheryOn(platform)({
    ...hasty,
    provider: undefined,
    url: fake.url,
    ...options,
  })
  return { ...follow(meshery), meshery, [Symbol.asyncDispose]: () => meshery.close() }
}

const identity = (token: string): string => JSON.stringify({ token, 'meshery-provider': provider })
const paths = (fake: FakeMeshery): string[] => fake.stats.requests.map(({ path }) => path)
const cookies = (fake: FakeMeshery): (string | undefined)[] => fake.stats.dials.map(({ headers }) => headers.cookie)

interface YoungToken<Client> extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly client: Client
  readonly tokenPath: string
}

/**
 * A client with a token from mesheryctl that will expire in seconds. Another token is looked for in the last quarter of its life: on
 * a machine that is so busy that this may have begun, everything begins again with a token that lives twice as long.
 *
 * @param begin Resolves once the client is live.
 */
const withYoungToken = async <Client extends AsyncDisposable>(
  release: Release,
  make: typeof oauth,
  begin: (fake: FakeMeshery, home: string | undefined) => Promise<Client>,
): Promise<YoungToken<Client>> => {
  for (let lifeMs = 4_000; ; lifeMs *= 2) {
    const madeAt = Date.now()
    const token = make('short', lifeMs)
    const fake = await startFakeMeshery({ release, auth: { provider, token } })
    const files = mesheryctlHome(fake.url, identity(token))
    const client = await begin(fake, files.home)
    const dispose = async (): Promise<void> => {
      await client[Symbol.asyncDispose]()
      files[Symbol.dispose]()
      await fake.close()
    }
    if (Date.now() < madeAt + lifeMs / 2)
      return { fake, client, tokenPath: files.tokenPath, [Symbol.asyncDispose]: dispose }
    await dispose()
  }
}

const liveEvents = async (fake: FakeMeshery, home: string | undefined): Promise<Watching> => {
  const watching = watchAs(fake, home)
  await isLive(watching)
  return watching
}

describe.concurrent('a token that has expired', () => {
  it.each(sampled(releases, 1, 'reported'))(
    'is reported before anything is dialled, with its file and the remedy, on %s',
    async (release) => {
      for (const [, make] of sampled(forms, 1, 'reported')) {
        const token = make('old', -hour)
        await using fake = await startFakeMeshery({ release, auth: { provider, token } })
        fake.faults.expireToken()
        using files = mesheryctlHome(fake.url, identity(token))
        await using watching = watchAs(fake, files.home)
        await until(() => expect(watching.subscription.status).toMatchObject({ state: 'waiting', nextRetryAt: null }))
        const [reason] = watching.reasons()
        expect(reason).toMatchObject({
          code: 'CREDENTIALS_REFUSED',
          phase: 'credentials',
          remedy: 'Log in again (`mesheryctl system login`).',
        })
        expect(reason?.message).toContain(`The token from ${files.tokenPath} expired at `)
        expect(reason?.message).not.toContain(token)
        expect(paths(fake)).toEqual(['/api/token'])
      }
    },
  )

  it('ends the subscription where no source can give another one, and the error names the option', async () => {
    const token = jwt('old', -hour)
    await using fake = await startFakeMeshery({ release: 'current', auth: { provider, token } })
    fake.faults.expireToken()
    await using watching = watchAs(fake, undefined, { provider, token })
    const error = await watching.failure
    expect(error).toMatchObject({ code: 'CREDENTIALS_REFUSED', retryable: false })
    expect(error.message).toContain('The token from `token` expired at ')
    expect(error.remedy).toMatch(/mesheryctl system login.*fresh `token`/)
    expect(paths(fake)).toEqual(['/api/token'])
  })

  it('is replaced by a login, without a restart of the program', { tags: ['full'] }, async () => {
    const token = oauth('old', -hour)
    await using fake = await startFakeMeshery({ release: 'v1.0', auth: { provider, token } })
    const fresh = oauth('new', hour)
    fake.faults.acceptToken(fresh)
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await until(() => expect(watching.reasons()).not.toEqual([]))
    writeFileSync(files.tokenPath, identity(fresh))
    await until(() => expect(watching.subscription.status.state).toBe('live'))
    await gotInOrder(watching, [fake.events.add()])
    expect(paths(fake).filter((path) => path === '/api/token')).toHaveLength(1)
  })

  it.each(sampled(releases, 1, 'renewed'))('is renewed by the server before the dial, on %s', async (release) => {
    const [token, fresh] = [oauth('old', -hour), oauth('new', hour)]
    await using fake = await startFakeMeshery({ release, auth: { provider, token } })
    fake.faults.rotateToken(fresh)
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(paths(fake)[0]).toBe('/api/token')
    const olds = fake.stats.requests.filter(({ headers }) => headers.cookie?.includes(`token=${token}`))
    expect(olds.map(({ path }) => path)).toEqual(['/api/token'])
    expectNoOtherReason(watching, release)
  })

  it.each(sampled(forms, 1, 'clock'))('by the clock of this machine alone is used: %s', async (_, make) => {
    const token = make('same', -hour)
    await using fake = await startFakeMeshery({ release: 'v0.8', auth: { provider, token } })
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(watching.reasons()).toEqual([])
  })

  const answers: readonly (readonly [string, number])[] = [
    ['has no GET /api/token', 404],
    ['fails to answer it', 500],
    ['is behind a gateway that forbids it', 403],
  ]

  it.each(sampled(answers, 1, 'no token'))('is dialled with where the server %s', async (_, status) => {
    const token = jwt('same', -hour)
    await using fake = await startFakeMeshery({ release: 'v0.8', auth: { provider, token } })
    fake.faults.answer('everything', status, { body: 'no', times: 1 })
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    expect(paths(fake)[0]).toBe('/api/token')
    expect(watching.reasons()).toEqual([])
  })
})

describe.concurrent('a token that will expire', () => {
  it.each(sampled(forms, 1, 'early'))(
    'is renewed early by GET /api/token, and the socket is replaced with overlap: %s',
    async (_, make) => {
      const fresh = make('long', hour)
      await using at = await withYoungToken('v0.8', make, async ({ url }, home) => {
        const meshery = createMesheryOn(nodePlatform({ env: {}, home }))({ ...hasty, provider: undefined, url })
        const notices: string[] = []
        // Nothing is read for a document, so that no other answer brings the fresh token.
        const subscription = meshery.subscribe<{ subscribeEvents: { id: string } }>(
          'subscription { subscribeEvents { id } }',
          {},
          { onNotice: ({ kind }) => notices.push(kind) },
        )
        await subscription.ready
        return { subscription, notices, [Symbol.asyncDispose]: () => meshery.close() }
      })
      const { fake } = at
      const { subscription, notices } = at.client
      fake.faults.rotateToken(fresh)
      await until(() => expect(cookies(fake).at(-1)).toContain(`token=${fresh}`))
      await until(() => expect(fake.stats.openSockets).toBe(1))
      expect(paths(fake).filter((path) => path === '/api/token')).toHaveLength(1)
      expect(fake.stats.dials).toHaveLength(2)
      const { id } = fake.events.add()
      for await (const { subscribeEvents } of subscription) {
        expect(subscribeEvents.id).toBe(id)
        break
      }
      expect(notices).not.toContain('gap')
    },
  )

  it('is renewed early on current, and the stream is replaced with overlap', async () => {
    const fresh = oauth('long', hour)
    await using at = await withYoungToken('current', oauth, liveEvents)
    const { fake, client: watching } = at
    const sent = [fake.events.add()]
    await gotInOrder(watching, sent)
    fake.faults.rotateToken(fresh)
    await until(() => expect(cookies(fake).at(-1)).toContain(`token=${fresh}`))
    sent.push(fake.events.add())
    await gotInOrder(watching, sent)
    expect(watching.notices.filter(({ kind }) => kind === 'gap')).toEqual([])
    await until(() => expect(fake.stats.openSockets + fake.stats.openStreams).toBeLessThanOrEqual(1))
  })

  it('is renewed from its source where the server gives none', async () => {
    const fresh = oauth('long', hour)
    await using at = await withYoungToken('v0.8', oauth, liveEvents)
    const { fake, client: watching, tokenPath } = at
    fake.faults.acceptToken(fresh)
    writeFileSync(tokenPath, identity(fresh))
    await until(() => expect(cookies(fake).at(-1)).toContain(`token=${fresh}`))
    await isLive(watching)
    expect(paths(fake)).not.toContain('/api/token')
  })
})

describe.concurrent('the source of a token', () => {
  it('is read again at every dial: a login is used before the old token is refused', async () => {
    const [token, fresh] = ['first-token-0123456789', 'second-token-0123456789']
    await using fake = await startFakeMeshery({ release: 'v1.0', auth: { provider, token } })
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    fake.faults.acceptToken(fresh)
    writeFileSync(files.tokenPath, identity(fresh))
    fake.faults.cut()
    await until(() => expect(cookies(fake).at(-1)).toContain(`token=${fresh}`))
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(watching.reasons().filter(({ code }) => code === 'CREDENTIALS_REFUSED')).toEqual([])
  })

  it('that is empty or half written at a dial changes nothing', async () => {
    const token = 'first-token-0123456789'
    await using fake = await startFakeMeshery({ release: 'v1.0', auth: { provider, token } })
    using files = mesheryctlHome(fake.url, identity(token))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    for (const text of ['', '{"token":"sec']) {
      writeFileSync(files.tokenPath, text)
      const before = fake.stats.dials.length
      fake.faults.cut()
      await until(() => expect(fake.stats.dials.length).toBeGreaterThan(before))
      await isLive(watching)
    }
    expect(watching.reasons().map(({ code }) => code)).not.toContain('CREDENTIALS_UNREADABLE')
  })
})

describe.concurrent('a provider', () => {
  it.each(sampled(['Meshery', 'Layer5'], 1, 'provider'))('%s is used with its token, from mesheryctl', async (name) => {
    const token = 'first-token-0123456789'
    await using fake = await startFakeMeshery({ release: 'current', auth: { provider: name, token } })
    using files = mesheryctlHome(fake.url, JSON.stringify({ token, 'meshery-provider': name }))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(new Set(cookies(fake))).toEqual(new Set([`meshery-provider=${name}; token=${token}`]))
  })

  const local = [
    ['None', 'v0.6'],
    ['Local', 'v1.0'],
  ] as const

  it.each(sampled(local, 1, 'local'))('%s is used without a token, from mesheryctl, on %s', async (name, release) => {
    await using fake = await startFakeMeshery({ release })
    using files = mesheryctlHome(fake.url, JSON.stringify({ token: '', 'meshery-provider': name }))
    await using watching = watchAs(fake, files.home)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(new Set(cookies(fake))).toEqual(new Set([`meshery-provider=${name}`]))
    expect(paths(fake)).not.toContain('/api/token')
  })
})
