import { describe, expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import type { MesheryOptions } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { mesheryctlHome } from '../mesheryctl-home.ts'
import { sampled } from '../sample.ts'
import { follow, hasty, isLive, until, type Watching } from './watching.ts'

const provider = 'Meshery'
const hour = 3_600_000
/** With an age, so that GET /api/token is among the requests. */
const tokenFor = (leftMs: number): string =>
  Buffer.from(JSON.stringify({ access_token: 'access-0123456789', expiry: new Date(Date.now() + leftMs) })).toString(
    'base64url',
  )
const token = tokenFor(-hour)
const auth = { provider, token }
const identity = JSON.stringify({ token, 'meshery-provider': provider })

interface Self {
  readonly env?: Readonly<Record<string, string>>
  readonly home?: string
  readonly options?: MesheryOptions
}

const watchAs = ({ env = {}, home, options }: Self): Watching => {
  const client = createMesheryOn(nodePlatform({ env, home }))
  const meshery = client({ ...hasty, provider: undefined, ...options })
  return { ...follow(meshery), meshery, [Symbol.asyncDispose]: () => meshery.close() }
}

/** Everything that a server received, its WebSocket messages included. */
const received = ({ stats }: FakeMeshery): string => JSON.stringify([stats.requests, stats.dials, stats.received])

const expectNoToken = (fake: FakeMeshery): void => {
  expect(fake.stats.requests.length).toBeGreaterThan(0)
  expect(received(fake)).not.toContain(token)
  expect(received(fake)).not.toContain('access-0123456789')
}

describe.concurrent("a token from mesheryctl's file never reaches another host", () => {
  it.each(sampled(releases, 1))('by a redirect of any request, on %s', async (release) => {
    await using other = await startFakeMeshery({ release, auth })
    await using fake = await startFakeMeshery({ release, auth })
    using files = mesheryctlHome(fake.url, identity)
    await using watching = watchAs({ home: files.home })
    await isLive(watching)
    fake.faults.answer('everything', 307, { headers: { location: `${other.url}/api/token` } })
    fake.faults.cut()
    await until(() => expect(watching.reasons()).not.toEqual([]))
    // From the first request on, which is GET /api/token.
    await using late = watchAs({ home: files.home })
    expect(await late.failure).toMatchObject({ code: 'GATEWAY_LOGIN' })
    expect(received(fake)).toContain(token)
    expect(other.stats.requests).toEqual([])
  })

  it.each<[string, (other: string) => Self]>([
    ['`url`', (url) => ({ options: { url } })],
    ['`url` and `context`', (url) => ({ options: { url, context: 'it' } })],
    ['`url` and `provider`', (url) => ({ options: { url, provider } })],
    ['another `context`', () => ({ options: { context: 'other' } })],
  ])('by an option: %s', async (_, of) => {
    await using other = await startFakeMeshery({ release: 'v1.0', auth })
    using files = mesheryctlHome('http://127.0.0.1:9', identity, { other: [other.url, ''] })
    await using watching = watchAs({ home: files.home, ...of(other.url) })
    // A login that is missing is an error, before anything is sent, or at the refusal.
    await until(() => expect(watching.subscription.status.reason).not.toBeNull())
    expect(watching.subscription.status.reason?.code).toMatch(/^CREDENTIALS_/)
    expect(received(other)).not.toContain(token)
  })

  it.each<[string, (other: string) => Record<string, string>]>([
    ['MESHERY_URL', (url) => ({ MESHERY_URL: url })],
    ['MESHERY_URL and MESHERY_PROVIDER', (url) => ({ MESHERY_URL: url, MESHERY_PROVIDER: provider })],
  ])('by the environment: %s', async (_, of) => {
    await using other = await startFakeMeshery({ release: 'v1.0', auth })
    using files = mesheryctlHome('http://127.0.0.1:9', identity)
    await using watching = watchAs({ home: files.home, env: of(other.url) })
    await until(() => expect(watching.reasons()).not.toEqual([]))
    expect(watching.reasons()[0]?.code).toBe('CREDENTIALS_REFUSED')
    expectNoToken(other)
  })

  it('by a change of the endpoint in config.yaml while the program runs', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    await using other = await startFakeMeshery({ release: 'v1.0', auth })
    using files = mesheryctlHome(other.url, identity)
    await using watching = watchAs({ home: files.home, options: { url: fake.url } })
    await until(() => expect(watching.reasons()).not.toEqual([]))
    expectNoToken(fake)
    expect(other.stats.requests).toEqual([])
  })
})
