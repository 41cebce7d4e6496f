import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { Meshery, MesheryOptions } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import { expectNoOtherReason, follow, gotInOrder, hasty, impatient, isLive, until, type Watching } from './watching.ts'

const token = 'first-token-0123456789'
const auth = { provider: 'Meshery', token }
const withSecond = { ...auth, others: ['Layer5'] }

interface Self {
  readonly env?: Record<string, string>
  readonly home?: string
  readonly options?: MesheryOptions
}

/** A client whose process has only this environment and this home. */
const client = (url: string, { env = {}, home, options }: Self = {}): Meshery =>
  createMesheryOn(nodePlatform({ env, home }))({ ...hasty, provider: undefined, url, ...options })

const watchAs = (fake: FakeMeshery, self?: Self, since?: string): Omit<Watching, 'failure' | 'reasons'> & Watching => {
  const meshery = client(fake.url, self)
  const following = follow(meshery, since === undefined ? {} : { since })
  return { ...following, meshery, [Symbol.asyncDispose]: () => meshery.close() }
}

/** The paths of all requests without the cookie of a provider. */
const strangers = (fake: FakeMeshery): string[] =>
  fake.stats.requests.filter(({ headers }) => !/meshery-provider=\w/.test(headers.cookie ?? '')).map(({ path }) => path)

/** A home with mesheryctl's files for this server, until it is disposed of. */
const homeFor = (url: string, authJson: string): { readonly home: string } & Disposable => {
  const home = mkdtempSync(join(tmpdir(), 'meshery-live-'))
  mkdirSync(join(home, '.meshery'))
  const config = `contexts: {it: {endpoint: ${url}, token: mine}}\ncurrent-context: it\ntokens: [{name: mine, location: auth.json}]`
  writeFileSync(join(home, '.meshery', 'config.yaml'), config)
  writeFileSync(join(home, '.meshery', 'auth.json'), authJson)
  return { home, [Symbol.dispose]: () => rmSync(home, { recursive: true }) }
}

describe.concurrent('the Local provider', () => {
  it.each(sampled(releases, 1, 'found'))('is found without options, on %s, by one more request', async (release) => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watchAs(fake)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(strangers(fake)).toEqual(['/api/providers'])
    const name = release.startsWith('v0.') ? 'None' : 'Local'
    expect(fake.stats.requests.at(-1)?.headers.cookie).toBe(`meshery-provider=${name}`)
    expect(fake.stats.requests.filter(({ status }) => status === 302)).toEqual([])
    expectNoOtherReason(watching, release)
  })

  it('is found for an empty token, and for a function that returns nothing', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    for (const options of [{ token: '' }, { credentials: () => ({}) }]) {
      fake.stats.reset()
      await using watching = watchAs(fake, { options })
      await isLive(watching)
      fake.faults.cut()
      await until(() => expect(fake.stats.dials).toHaveLength(2))
      await isLive(watching)
      expect(strangers(fake)).toEqual(['/api/providers'])
    }
  })

  const renamings = [
    ['from `Local` to `None`', 'current', 'v0.6'],
    ['from `None` to `Local`', 'v0.8', 'v1.0'],
  ] as const

  it.each(sampled(renamings, 1, 'renamed'))(
    'is followed when its name changes with the release, %s',
    async (_, before, after) => {
      await using fake = await startFakeMeshery({ release: before })
      for (const options of sampled([{}, { token: '' }], 1, 'renamed')) {
        await fake.become(before)
        await using watching = watchAs(fake, { options })
        await isLive(watching)
        await fake.become(after)
        const event = fake.events.add()
        await until(() => expect(watching.events.map(({ id }) => id)).toContain(event.id))
      }
    },
  )

  it('is looked up with the headers of the user, which a gateway may want', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using watching = watchAs(fake, { options: { headers: { 'x-gate': 'open' } } })
    await isLive(watching)
    const [first] = fake.stats.requests
    expect([first?.path, first?.headers['x-gate']]).toEqual(['/api/providers', 'open'])
  })

  it('has the name of the login where `auth.json` contains one', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    using files = homeFor(fake.url, '{"meshery-provider":"None","token":""}')
    await using watching = watchAs(fake, files)
    await isLive(watching)
    expect(strangers(fake)).toEqual([])
  })
})

describe.concurrent('a token without its provider', () => {
  const selves: readonly (readonly [string, Self])[] = [
    ['MESHERY_TOKEN', { env: { MESHERY_TOKEN: token } }],
    ['the option', { options: { token } }],
    ['a function', { options: { credentials: async () => ({ token }) } }],
  ]

  it.each(sampled(selves, 1, 'one provider'))('from %s is used with the only remote provider', async (_, self) => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    await using watching = watchAs(fake, self)
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(strangers(fake)).toEqual(['/api/providers'])
    expect(fake.stats.requests.at(-1)?.headers.cookie).toBe(`meshery-provider=Meshery; token=${token}`)
  })

  const sources: readonly (readonly [string, Self, string])[] = [
    ['MESHERY_TOKEN', { env: { MESHERY_TOKEN: token } }, 'MESHERY_TOKEN'],
    ['the option', { options: { token } }, '`token`'],
    ['a function', { options: { credentials: () => ({ token }) } }, '`credentials`'],
  ]

  it.each(sampled(sources, 1, 'several providers'))(
    'from %s is an error that lists the candidates where there are several',
    async (_, self, source) => {
      await using fake = await startFakeMeshery({ release: 'v1.0', auth: withSecond })
      await using watching = watchAs(fake, self)
      const error = await watching.failure
      expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials', retryable: false })
      expect(error.message).toBe(
        `The token from ${source} comes without its provider, and ${fake.url} lists several: Meshery, Layer5`,
      )
      expect(error.remedy).toMatch(/MESHERY_PROVIDER.*Meshery, Layer5/)
      expect(strangers(fake)).toEqual(['/api/providers'])
      expect(fake.stats.requests).toHaveLength(1)
    },
  )

  it('is an error where there is no remote provider', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watchAs(fake, { options: { token } })
    expect(await watching.failure).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('lists no remote one, only None'),
    })
  })
})

describe.concurrent('an unreadable list of providers', () => {
  const cases: readonly [string, number, Record<string, string>, string][] = [
    ['does not exist', 404, {}, ''],
    ['is HTML', 200, { 'content-type': 'text/html' }, '<!DOCTYPE html><html></html>'],
    ['is not an object', 200, { 'content-type': 'application/json' }, '["None"]'],
    ['is behind a login', 302, { location: 'https://sso.invalid/' }, ''],
  ]
  it.each(sampled(cases, 1, 'no list'))(
    'because it %s changes nothing: the refusal says what is missing',
    async (_, status, headers, body) => {
      await using fake = await startFakeMeshery({ release: 'v1.0' })
      // The first request of all is the one for the list.
      fake.faults.answer('everything', status, { headers, body, times: 1 })
      await using watching = watchAs(fake, { options: { token } })
      await until(() => expect(watching.reasons()).not.toEqual([]))
      const [reason] = watching.reasons()
      expect(reason).toMatchObject({ code: 'CREDENTIALS_REFUSED', details: { status: 302 } })
      expect(reason?.message).toContain('no provider was sent with the token from `token`')
      expect(reason?.remedy).toContain('MESHERY_PROVIDER')
    },
  )

  const troubles = [
    [500, 'SERVER_ERROR'],
    [502, 'SERVER_ERROR'],
    [503, 'SERVER_ERROR'],
    [504, 'SERVER_ERROR'],
    [429, 'RATE_LIMITED'],
    ['silence', 'TIMED_OUT'],
    ['reset', 'CONNECTION_LOST'],
  ] as const

  it.each(sampled(troubles, 2, 'list in trouble'))(
    'because of %s says nothing of the login: the client waits for the list, and goes on',
    async (answer, code) => {
      await using fake = await startFakeMeshery({ release: 'current', seed: [{}] })
      fake.faults.answer('everything', answer, { path: '/api/providers' })
      const timeouts = answer === 'silence' ? { ...hasty.timeouts, connect: 4_000 } : hasty.timeouts
      await using watching = watchAs(fake, { options: { timeouts } }, '1h')
      await until(() => expect(watching.reasons()).not.toEqual([]))
      expect(watching.reasons()[0]).toMatchObject({ code, phase: 'credentials', retryable: true })
      fake.faults.answer('everything', undefined, { path: '/api/providers' })
      await isLive(watching)
      fake.events.add()
      await gotInOrder(watching, fake.events.rows)
      expect(watching.reasons().map((reason) => reason.code)).not.toContain('CREDENTIALS_REFUSED')
      expect(new Set(strangers(fake))).toEqual(new Set(['/api/providers']))
    },
  )

  it('is no obstacle where the cookie of the provider is in `headers`', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    fake.faults.answer('everything', 503, { path: '/api/providers' })
    await using watching = watchAs(fake, { options: { headers: { cookie: 'meshery-provider=Local' } } })
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
  })

  const strangersOfPath: readonly (readonly [string, Self])[] = [
    ['with a token', { options: { token } }],
    ['with neither token nor provider', {}],
  ]

  it.each(sampled(strangersOfPath, 1, 'path'))(
    'because `url` has the path of a page of Meshery, %s, is an error that names the path',
    async (_, self) => {
      await using fake = await startFakeMeshery({ release: 'current', auth })
      await using meshery = client(`${fake.url}/extension/meshmap`, self)
      const { failure } = follow(meshery, {})
      expect(await failure).toMatchObject({
        code: 'NOT_MESHERY',
        message: `${fake.url}/extension/meshmap/api/providers answers 302, a redirect to the page where a provider is chosen`,
        remedy: expect.stringContaining('without the path /extension/meshmap'),
      })
    },
  )

  it('of a server that is down does not concern the credentials: the client waits for it', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await fake.stop()
    await using watching = watchAs(fake)
    await until(() =>
      expect(watching.subscription.status).toMatchObject({
        state: 'waiting',
        reason: { code: 'CONNECTION_REFUSED', phase: 'tcp', retryable: true },
      }),
    )
    await fake.start()
    await isLive(watching)
    await gotInOrder(watching, [fake.events.add()])
    expect(strangers(fake)).toEqual(['/api/providers'])
    for (const { code } of watching.reasons()) expect(code).toBe('CONNECTION_REFUSED')
  })

  it('of a server that never answers delays neither the rest nor `close`', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.freeze()
    const timeouts = { ...impatient, connect: 500, request: 500 }
    await using watching = watchAs(fake, { options: { timeouts } })
    await until(() => expect(watching.reasons()).not.toEqual([]))
    expect(watching.reasons()[0]).toMatchObject({ code: 'TIMED_OUT', retryable: true })
    const began = performance.now()
    await watching.meshery.close()
    expect(performance.now() - began).toBeLessThan(soonMs)
  })
})

describe.concurrent('before the first request of any kind', () => {
  const slowly = async (): Promise<{ token: string; provider: string }> => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return { token, provider: auth.provider }
  }
  const selves: readonly [string, (url: string) => Self & Partial<Disposable>][] = [
    ["mesheryctl's files", (url) => homeFor(url, JSON.stringify({ token, 'meshery-provider': 'Meshery' }))],
    ['a `credentials` function', () => ({ options: { credentials: slowly } })],
    ['MESHERY_TOKEN and MESHERY_PROVIDER', () => ({ env: { MESHERY_TOKEN: token, MESHERY_PROVIDER: 'Meshery' } })],
  ]

  it.each(sampled(selves, 2, 'first request'))(
    'the identity is known from %s: `since` reads the store with it, without a gap',
    async (_, make) => {
      for (const release of sampled(['v0.6', 'current'] as const, 1, 'first request')) {
        await using fake = await startFakeMeshery({ release, auth })
        const before = [fake.events.add(), fake.events.add()]
        const self = make(fake.url)
        try {
          await using watching = watchAs(fake, self, '1h')
          await isLive(watching)
          await gotInOrder(watching, [...before, fake.events.add()])
          expect(strangers(fake)).toEqual([])
          expect(watching.notices.filter(({ kind }) => kind === 'gap')).toEqual([])
          expect(fake.stats.requests.filter(({ status }) => status === 302)).toEqual([])
        } finally {
          self[Symbol.dispose]?.()
        }
      }
    },
  )

  it('the identity is awaited, also with `since` and a function that fails at first', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    const stored = fake.events.add()
    let times = 0
    const credentials = (): typeof auth => {
      if (times++ < 2) throw new Error('the vault is sealed')
      return auth
    }
    await using watching = watchAs(fake, { options: { credentials } }, '1h')
    await gotInOrder(watching, [stored])
    expect(strangers(fake)).toEqual([])
    expect(watching.notices.filter(({ kind }) => kind === 'gap')).toEqual([])
  })

  it('the identity is known for states and for documents', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    await using meshery = client(fake.url, { options: { credentials: slowly } })
    const ready = [
      meshery.subscribeK8sContext().ready,
      meshery.subscribeMesheryControllersStatus().ready,
      meshery.subscribePerfProfiles().ready,
      meshery.subscribe('subscription { subscribeEvents { id } }').ready,
    ]
    await Promise.all(ready)
    expect(fake.stats.requests.length).toBeGreaterThan(3)
    expect(strangers(fake)).toEqual([])
  })
})

describe.concurrent('a refusal', () => {
  const refused: readonly (readonly [string, Self, string, RegExp])[] = [
    ['nothing', {}, 'neither a provider nor a token was sent', /mesheryctl system login/],
    [
      'MESHERY_PROVIDER alone',
      { env: { MESHERY_PROVIDER: 'Meshery' } },
      'no token was sent for the provider `Meshery` (from MESHERY_PROVIDER)',
      /MESHERY_TOKEN/,
    ],
    [
      'an unknown provider',
      { env: { MESHERY_TOKEN: token, MESHERY_PROVIDER: 'Layer5' } },
      'the provider `Layer5` (from MESHERY_PROVIDER) is refused',
      /GET \/api\/providers/,
    ],
    [
      'a stale MESHERY_TOKEN',
      { env: { MESHERY_TOKEN: 'stale-token-9', MESHERY_PROVIDER: 'Meshery' } },
      'the token from MESHERY_TOKEN is refused',
      /fresh token into MESHERY_TOKEN/,
    ],
    ['a stale option', { options: { token: 'stale-token-9' } }, 'the token from `token` is refused', /fresh `token`/],
    [
      'a stale answer',
      { options: { credentials: () => ({ token: 'stale-token-9' }) } },
      'the token from `credentials` is refused',
      /Let `credentials` give/,
    ],
  ]

  it.each(sampled(refused, 3, 'refused'))('of %s is reported, with its remedy', async (_, self, problem, remedy) => {
    for (const release of sampled(['v0.8', 'current'] as const, 1, problem)) {
      await using fake = await startFakeMeshery({ release, auth })
      await using watching = watchAs(fake, self)
      await until(() => expect(watching.reasons()).not.toEqual([]))
      const [reason] = watching.reasons()
      expect(reason?.code).toBe('CREDENTIALS_REFUSED')
      expect(reason?.message).toContain(`(${problem})`)
      expect(reason?.remedy).toMatch(remedy)
      expect(reason?.message).not.toContain('stale-token-9')
    }
  })

  it('of the token of a file names the file', { tags: ['full'] }, async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    using files = homeFor(fake.url, '{"meshery-provider":"Meshery","token":"stale-token-9"}')
    await using watching = watchAs(fake, files)
    await until(() => expect(watching.reasons()).not.toEqual([]))
    const [reason] = watching.reasons()
    expect(reason?.message).toContain(`(the token from ${join(files.home, '.meshery', 'auth.json')} is refused)`)
    expect(reason?.remedy).toBe('Log in again (`mesheryctl system login`).')
    // A login during the wait is noticed, and used.
    writeFileSync(join(files.home, '.meshery', 'auth.json'), JSON.stringify({ token, 'meshery-provider': 'Meshery' }))
    await until(() => expect(watching.subscription.status.state).toBe('live'))
  })

  const unreadable: readonly (readonly [string, Record<string, string>, string, string])[] = [
    ['quotes around a token', { MESHERY_TOKEN: '"quoted-s3cret"' }, 'MESHERY_TOKEN has a character', 'without quotes'],
    [
      'quotes around a provider',
      { MESHERY_PROVIDER: '"Meshery"' },
      'MESHERY_PROVIDER has a character',
      'MESHERY_PROVIDER',
    ],
    [
      'a file that does not exist',
      { MESHERY_TOKEN_PATH: '/nowhere/a' },
      'MESHERY_TOKEN_PATH names it',
      'MESHERY_TOKEN_PATH',
    ],
    [
      'a file with the bare token',
      { MESHERY_TOKEN_PATH: 'bare' },
      'it is not JSON',
      '{"meshery-provider": "Meshery", "token"',
    ],
    [
      'a file with other fields',
      { MESHERY_TOKEN_PATH: 'other' },
      'it has neither',
      '{"meshery-provider": "Meshery", "token"',
    ],
  ]

  it.each(sampled(unreadable, 2, 'unreadable'))(
    'names the source of %s, and what to write there',
    async (_, env, message, remedy) => {
      await using fake = await startFakeMeshery({ release: 'v0.8', auth })
      using files = homeFor(fake.url, '')
      writeFileSync(join(files.home, 'bare'), 'bare-s3cret')
      writeFileSync(join(files.home, 'other'), '{"jwt":"other-s3cret"}')
      const path = env['MESHERY_TOKEN_PATH']
      const given = path === undefined ? env : { MESHERY_TOKEN_PATH: join(files.home, path) }
      await using watching = watchAs(fake, { env: given })
      const error = await watching.failure
      expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials' })
      expect(error.message).toContain(message)
      expect(error.remedy).toContain(remedy)
      expect(`${error.message} ${error.remedy}`).not.toContain('s3cret')
      expect(fake.stats.requests).toEqual([])
    },
  )

  it('after a logout reports that mesheryctl is logged out, before anything is sent', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8', auth })
    using files = homeFor(fake.url, '')
    await using watching = watchAs(fake, files)
    expect(await watching.failure).toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringMatching(/^mesheryctl is logged out: .*auth\.json is empty$/),
      remedy: expect.stringContaining('mesheryctl system login'),
    })
    expect(fake.stats.requests).toEqual([])
  })
})
