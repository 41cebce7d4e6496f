import { describe, expect, test } from 'vitest'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { dial, get, refusedUpgrade, stream } from './clients.ts'

const auth = { provider: 'Meshery', token: 'good' }
const good = 'meshery-provider=Meshery; token=good'
const path = '/api/token'
const deleted = /^token=; .*Max-Age=0/

const location = async (response: Response): Promise<string> => {
  expect(response.status).toBe(302)
  return response.headers.get('location') ?? ''
}

describe('the Local provider', () => {
  test.each(sampled(releases, 1, 'admits'))('of %s admits every request that names it', async (release) => {
    await using fake = await startFakeMeshery({ release })
    const provider = ['v0.6', 'v0.7', 'v0.8'].includes(release) ? 'None' : 'Local'
    for (const name of ['None', provider]) {
      const response = await get(fake, path, { cookie: `meshery-provider=${name}` })
      expect(await response.text()).toBe(`{"meshery-provider":"${provider}","token":""}\n`)
    }
  })

  test.each(sampled(releases, 1, 'redirects'))(
    'of %s redirects every other request, whatever its path',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      const strangers = ['', 'meshery-provider=Meshery', 'meshery-provider=', 'token=good']
      if (['v0.6', 'v0.7', 'v0.8'].includes(release)) strangers.push('meshery-provider=Local')
      for (const cookie of strangers) {
        for (const place of [path, '/api/system/events', '/api/v2/events', '/nowhere', '/'])
          expect(await location(await get(fake, place, { cookie }))).toMatch(/^\/provider(\?|$)/)
        const post = { method: 'POST', headers: { cookie }, redirect: 'manual' } as const
        expect(await location(await fetch(`${fake.url}/api/system/graphql/query`, post))).toMatch(/^\/provider/)
        expect((await stream(fake, { cookie })).response.status).toBe(302)
        expect((await refusedUpgrade(fake, { cookie })).status).toBe(302)
      }
      expect((await get(fake, '/nowhere')).status).toBe(404)
    },
  )

  test('has no tokens to play with', async () => {
    await using fake = await startFakeMeshery()
    expect(() => fake.faults.expireToken()).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

describe('a remote provider', () => {
  test.each(sampled(releases, 1, 'lets in'))('of %s lets in whom it knows, everywhere', async (release) => {
    await using fake = await startFakeMeshery({ release, auth })
    const response = await get(fake, path, { cookie: good })
    expect(await response.json()).toEqual({ 'meshery-provider': 'Meshery', token: 'good' })
    const headers = { cookie: good }
    await using live = release === 'current' ? await stream(fake, headers) : await dial(fake, { headers })
    expect(live).toBeDefined()
    expect(fake.stats.openSockets + fake.stats.openStreams).toBe(1)
  })

  test('takes its name from a cookie, a header or the query', async () => {
    await using fake = await startFakeMeshery({ auth })
    expect((await get(fake, path, { cookie: 'token=good', 'meshery-provider': 'Meshery' })).status).toBe(200)
    expect((await get(fake, `${path}?provider=Meshery`, { cookie: 'token=good' })).status).toBe(200)
  })

  test('does not know Bearer', async () => {
    await using fake = await startFakeMeshery({ auth })
    const response = await get(fake, path, { cookie: 'meshery-provider=Meshery', authorization: 'Bearer good' })
    expect(await location(response)).toMatch(/^https:\/\/cloud\.meshery\.invalid\/login\?source=/)
  })

  test.each(['token=good', 'meshery-provider=Other; token=good'])('sends %j to choose a provider', async (cookie) => {
    await using fake = await startFakeMeshery({ auth })
    const ref = Buffer.from(`${path}?a=b`).toString('base64url')
    expect(await location(await get(fake, `${path}?a=b`, { cookie }))).toBe(`/provider?a=b&ref=${ref}`)
    await fake.become('v0.6')
    expect(await location(await get(fake, path, { cookie }))).toBe('/provider')
  })

  test.each(['v0.8', 'current'] as const)(
    'of %s sends a GET without a token to its login page, and knows no POST',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth: { ...auth, loginUrl: 'https://login.invalid/in' } })
      const cookie = 'meshery-provider=Meshery'
      expect(await location(await get(fake, path, { cookie }))).toMatch(/^https:\/\/login\.invalid\/in\?source=.*&ref=/)
      const response = await fetch(`${fake.url}/api/system/graphql/query`, { method: 'POST', headers: { cookie } })
      expect([response.status, await response.text()]).toEqual([404, ''])
    },
  )

  test('sends a bad token to the login, deletes it, and gives up at the fourth try', async () => {
    await using fake = await startFakeMeshery({ auth })
    const cookie = 'meshery-provider=Meshery; token=bad'
    const first = await get(fake, `${path}?a=b`, { cookie })
    expect(await location(first)).toBe('/auth/login?a=b')
    const [unset, tries] = first.headers.getSetCookie()
    expect(unset).toMatch(deleted)
    expect(tries).toBe('meshery_auth_retries=1; Path=/; Max-Age=120; HttpOnly')
    const hinted = await get(fake, path, { cookie: 'token=bad', 'meshery-provider': 'Meshery' })
    expect(await location(hinted)).toMatch(/^\/provider\?ref=/)
    const last = await get(fake, path, { cookie: `${cookie}; meshery_auth_retries=3` })
    expect(last.status).toBe(401)
    expect(last.headers.get('content-type')).toMatch(/^text\/plain/)
    expect(await last.text()).toMatch(/^Authentication failed after multiple attempts/)
  })

  test.each([
    ['v0.6', 'token=bad; Path=/; Max-Age=0', 'token=good; Path=/; Max-Age=0'],
    ['v0.7', 'token=bad; Path=/; Max-Age=0', 'token=good; Path=/; Max-Age=0'],
    ['v0.8', expect.stringMatching(deleted), expect.stringMatching(deleted)],
  ] as const)('of %s redirects a bad token, and a good one while it is down', async (release, dropped, droppedGood) => {
    await using fake = await startFakeMeshery({ release, auth })
    const bad = await get(fake, path, { cookie: 'meshery-provider=Meshery; token=bad' })
    expect(await location(bad)).toBe('/auth/login')
    expect(bad.headers.getSetCookie()).toEqual([dropped])
    fake.faults.providerDown()
    const down = await get(fake, path, { cookie: good })
    expect(await location(down)).toBe('/auth/login')
    expect(down.headers.getSetCookie()).toEqual([droppedGood])
  })

  test('of v0.6 redirects everything without a token, a POST too', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6', auth })
    const headers = { cookie: 'meshery-provider=Meshery' }
    const url = `${fake.url}/api/system/graphql/query`
    expect(await location(await get(fake, path, headers))).toBe('/auth/login')
    expect(await location(await fetch(url, { method: 'POST', headers, redirect: 'manual' }))).toBe('/auth/login')
  })

  test('that is down is a 503 with an error of MeshKit', async () => {
    await using fake = await startFakeMeshery({ auth })
    fake.faults.providerDown()
    const response = await get(fake, path, { cookie: good })
    expect(response.status).toBe(503)
    expect(Object.keys(Object(await response.json()))).toEqual([
      'error',
      'code',
      'severity',
      'probableCause',
      'suggestedRemediation',
      'longDescription',
    ])
    fake.faults.providerDown(false)
    expect((await get(fake, path, { cookie: good })).status).toBe(200)
  })

  test('refuses an upgrade as it refuses a request', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    const { status, headers } = await refusedUpgrade(fake, { cookie: 'meshery-provider=Meshery; token=bad' })
    expect([status, headers['location']]).toEqual([302, '/auth/login'])
    expect(fake.stats.dials).toMatchObject([{ transport: 'websocket' }])
  })

  test('gives a fresh token with every answer to an old one, and never with an upgrade', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth })
    fake.faults.rotateToken('fresh')
    const response = await get(fake, path, { cookie: good })
    expect(response.headers.getSetCookie()).toEqual(['token=fresh; Path=/; HttpOnly'])
    expect(await response.json()).toMatchObject({ token: 'fresh' })
    await using client = await dial(fake, { headers: { cookie: good } })
    expect(client.socket.readyState).toBe(1)
    const cookie = good.replace('good', 'fresh')
    expect((await get(fake, path, { cookie })).headers.getSetCookie()).toEqual([])
    fake.faults.acceptToken('fresh')
    expect((await get(fake, path, { cookie: good })).status).toBe(302)
    fake.faults.expireToken()
    expect((await get(fake, path, { cookie })).status).toBe(302)
    expect(client.socket.readyState).toBe(1)
  })
})

describe('what is open to all', () => {
  test.each([
    ['v0.8', 'release_channel', 'provider_name', 'None'],
    ['current', 'releaseChannel', 'providerName', 'Local'],
  ] as const)('%s reports its version and its providers', async (release, channel, name, local) => {
    await using fake = await startFakeMeshery({ release, auth })
    const version = Object(await (await get(fake, '/api/system/version')).json())
    expect(version.build).toMatch(/^v\d+\.\d+\.\d+$/)
    expect(version).toHaveProperty(channel)
    const type = name.replace(/name$/i, (found) => (found === 'name' ? 'type' : 'Type'))
    const providers = async (of: FakeMeshery): Promise<unknown> =>
      (await get(of, '/api/providers', { cookie: '' })).json()
    expect(await providers(fake)).toMatchObject({ Meshery: { [name]: 'Meshery', [type]: 'remote' } })
    await using localOnly = await startFakeMeshery({ release })
    expect(await providers(localOnly)).toMatchObject({ [local]: { [name]: local, [type]: 'local' } })
    await using many = await startFakeMeshery({ release, auth: { ...auth, others: ['Layer5'] } })
    expect(Object.keys(Object(await providers(many)))).toEqual(['Meshery', 'Layer5'])
  })

  test('is healthy', async () => {
    await using fake = await startFakeMeshery({ auth })
    for (const probe of ['live', 'ready']) expect(await (await get(fake, `/healthz/${probe}`)).text()).toBe('ok')
  })

  test('has no probes of health before v0.8', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6', auth })
    expect((await get(fake, '/healthz/live')).status).toBe(302)
    expect((await get(fake, '/healthz/live', { cookie: good })).status).toBe(404)
  })

  test('chooses a provider by a cookie', async () => {
    await using fake = await startFakeMeshery({ auth })
    const remote = await get(fake, '/api/provider?provider=Meshery')
    expect(await location(remote)).toBe('/user/login?provider=Meshery')
    expect(remote.headers.getSetCookie()).toEqual(['meshery-provider=Meshery; Path=/; HttpOnly'])
    expect(await location(await get(fake, '/api/provider?provider=None'))).toBe('/')
    const unknown = await get(fake, '/api/provider?provider=Nobody')
    expect([unknown.status, await unknown.text(), unknown.headers.getSetCookie()]).toEqual([200, '', []])
  })

  test('shows a page in HTML where redirects end', async () => {
    await using fake = await startFakeMeshery({ auth })
    const response = await fetch(`${fake.url}${path}`, { headers: { cookie: 'meshery-provider=Meshery; token=bad' } })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })
})
