import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { asLocal, dialAcknowledged, get, getJSON, type RawSocketClient } from './clients.ts'

const nil = '00000000-0000-0000-0000-000000000000'
const user = '11111111-2222-4333-8444-555555555555'
const remote = { provider: 'Meshery', token: 't', userID: user }
const cookie = 'meshery-provider=Meshery; token=t'
const clock = () => Date.parse('2026-05-01T10:00:00Z')
const start = (release: Release): Promise<FakeMeshery> => startFakeMeshery({ release, clock })
const page = { page: '0', pageSize: '10', search: '', order: '' }

const ask = async (
  fake: FakeMeshery,
  query: string,
  variables: object = {},
  headers: { readonly cookie: string } = asLocal,
): Promise<Record<string, unknown>> => {
  const response = await fetch(`${fake.url}/api/system/graphql/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, connection: 'close' },
    body: JSON.stringify({ query, variables: { s: page, ...variables } }),
  })
  return Object(await response.json())
}

const subscribe = async (
  client: RawSocketClient,
  fake: FakeMeshery,
  id: string,
  ...[query, variables = {}]: readonly [query: string, variables?: object]
): Promise<void> => {
  const before = fake.stats.operations
  client.send({ id, type: 'subscribe', payload: { query, variables: { s: page, ...variables } } })
  await expect.poll(() => fake.stats.operations).toBe(before + 1)
}

const profilesOver = (fields: string): string =>
  `subscription ($s: PageFilter!) { subscribePerfProfiles(selector: $s) { ${fields} } }`
const resultsOver = `subscription ($s: PageFilter!, $id: String!) {
  subscribePerfResults(selector: $s, profileID: $id) { total_count results { name } }
}`

describe('the shared channels', () => {
  test('report the end of a run, and nothing before or besides', async () => {
    await using fake = await start('v0.8')
    await using client = await dialAcknowledged(fake)
    await subscribe(client, fake, 'p', profilesOver('total_count profiles { name total_results last_run }'))
    const { id } = fake.perf.addProfile({ name: 'a' })
    fake.perf.updateProfile(id, { name: 'b' })
    fake.perf.removeProfile(fake.perf.addProfile().id)
    client.send({ type: 'ping' })
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
    await fake.perf.finishRun(id)
    const [, next] = await client.messages(2)
    const profiles = [{ name: 'b', total_results: 1, last_run: '2026-05-01T10:00:00Z' }]
    expect(next).toMatchObject({
      id: 'p',
      payload: { data: { subscribePerfProfiles: { total_count: 1, profiles } } },
    })
  })

  test('give each run to one subscriber of all, in turn', async () => {
    await using fake = await start('v0.8')
    await using one = await dialAcknowledged(fake)
    await using other = await dialAcknowledged(fake)
    const { id } = fake.perf.addProfile()
    await subscribe(one, fake, '1', profilesOver('total_count'))
    await subscribe(other, fake, '1', profilesOver('total_count'))
    for (let run = 0; run < 3; run++) await fake.perf.finishRun(id)
    await one.messages(2)
    await other.messages(1)
    expect([one.received.length, other.received.length]).toEqual([2, 1])
  })

  test('notify a subscriber to the results of one profile that a run of another has ended', async () => {
    await using fake = await start('v0.8')
    await using client = await dialAcknowledged(fake)
    const [a, b] = [fake.perf.addProfile(), fake.perf.addProfile()]
    await subscribe(client, fake, 'r', resultsOver, { id: a.id })
    await fake.perf.finishRun(a.id, { name: 'mine' })
    await fake.perf.finishRun(b.id, { name: 'other' })
    const mine = { payload: { data: { subscribePerfResults: { total_count: 1, results: [{ name: 'mine' }] } } } }
    expect(await client.messages(2)).toMatchObject([mine, mine])
  })

  test('block a run after all subscribers have left, until a new one comes', async () => {
    await using fake = await start('v0.6')
    const { id } = fake.perf.addProfile()
    await fake.perf.finishRun(id)
    await using client = await dialAcknowledged(fake)
    await subscribe(client, fake, 'p', profilesOver('total_count'))
    client.send({ id: 'p', type: 'complete' })
    await expect.poll(() => fake.stats.operations).toBe(0)
    const ended: string[] = []
    const runs = ['second', 'third'].map(async (name) => ended.push((await fake.perf.finishRun(id, { name })).name))
    expect(fake.perf.blocked).toBe(2)
    expect(fake.perf.results).toHaveLength(3)
    expect(ended).toEqual([])
    client.received.length = 0
    await subscribe(client, fake, 'q', profilesOver('total_count'))
    await Promise.all(runs)
    expect(await client.messages(2)).toMatchObject([{ id: 'q' }, { id: 'q' }])
    expect(fake.perf.blocked).toBe(0)
  })

  test('are forgotten by unblock, as at the end of the process', async () => {
    await using fake = await start('v0.8')
    const { id } = fake.perf.addProfile()
    await using client = await dialAcknowledged(fake)
    await subscribe(client, fake, 'r', resultsOver, { id })
    await client[Symbol.asyncDispose]()
    await expect.poll(() => fake.stats.operations).toBe(0)
    const run = fake.perf.finishRun(id)
    expect(fake.perf.blocked).toBe(0)
    await expect.poll(() => fake.perf.blocked).toBe(1)
    fake.perf.unblock()
    await run
    await fake.perf.finishRun(id)
  })

  test('are forgotten by an upgrade', async () => {
    await using fake = await start('v1.0')
    const { id } = fake.perf.addProfile()
    await using client = await dialAcknowledged(fake)
    await subscribe(client, fake, 'p', profilesOver('total_count'))
    client.send({ id: 'p', type: 'complete' })
    await expect.poll(() => fake.stats.operations).toBe(0)
    const old = fake.perf.finishRun(id)
    expect(fake.perf.blocked).toBe(1)
    await fake.become('current')
    await fake.perf.finishRun(id)
    await old
    expect(fake.perf.blocked).toBe(0)
  })

  test('say nothing to a subscriber without a profile, who takes the signal all the same', async () => {
    await using fake = await start('v0.8')
    await using client = await dialAcknowledged(fake)
    const { id } = fake.perf.addProfile()
    await subscribe(client, fake, 'r', resultsOver, { id: '' })
    await fake.perf.finishRun(id)
    client.send({ type: 'ping' })
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
  })
})

describe('GraphQL', () => {
  const everything = `query ($s: PageFilter!) { getPerformanceProfiles(selector: $s) { page page_size total_count
    profiles { id name duration qps endpoints concurrent_request total_results service_mesh request_body OWNER } } }`

  test.each(sampled(['v0.6', 'v0.7', 'v0.8'] as const, 1, 'fields'))(
    'of %s has every field; zeros and empty texts are null',
    async (release) => {
      await using fake = await start(release)
      const { id } = fake.perf.addProfile({ name: 'a', service_mesh: 'istio', qps: 0, request_body: '' })
      expect(await ask(fake, everything.replace('OWNER', 'user_id'))).toEqual({
        data: {
          getPerformanceProfiles: {
            page: 0,
            page_size: 10,
            total_count: 1,
            profiles: [
              {
                id,
                name: 'a',
                duration: '30s',
                qps: null,
                endpoints: ['http://localhost:8080'],
                concurrent_request: 1,
                total_results: null,
                service_mesh: 'istio',
                request_body: null,
                user_id: '',
              },
            ],
          },
        },
      })
    },
  )

  test.each(sampled(['v1.0', 'v1.0.52', 'current'] as const, 1, 'of %s keeps'))(
    'of %s keeps only keys of one word',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth: remote })
      const { id } = fake.perf.addProfile({ name: 'a', service_mesh: 'istio' })
      await fake.perf.finishRun(id, { mesh: 'istio', test_id: 'x' })
      expect(await ask(fake, everything.replace('OWNER', 'owner'), {}, { cookie })).toMatchObject({
        data: {
          getPerformanceProfiles: {
            page: 0,
            page_size: 0,
            total_count: 0,
            profiles: [
              { id, name: 'a', qps: 10, concurrent_request: 0, total_results: null, service_mesh: null, owner: user },
            ],
          },
        },
      })
      const results = `query ($s: PageFilter!, $id: String!) {
      fetchResults(selector: $s, profileID: $id) { total_count results { meshery_id name mesh test_id owner } } }`
      const owner = release === 'v1.0' ? null : user
      expect(await ask(fake, results, { id }, { cookie })).toEqual({
        data: {
          fetchResults: {
            total_count: 0,
            results: [{ meshery_id: null, name: 'a', mesh: 'istio', test_id: null, owner }],
          },
        },
      })
    },
  )

  test.each(sampled(['v1.0', 'v1.0.52', 'current'] as const, 1, 'of %s refuses'))(
    'of %s refuses the Local provider',
    async (release) => {
      await using fake = await start(release)
      const { id } = fake.perf.addProfile()
      for (const query of [
        'query ($s: PageFilter!) { getPerformanceProfiles(selector: $s) { page } }',
        `query ($s: PageFilter!) { fetchResults(selector: $s, profileID: "${id}") { page } }`,
        'query ($s: PageFilter!) { fetchAllResults(selector: $s) { page } }',
      ]) {
        expect(await ask(fake, query)).toMatchObject({ errors: [{ message: 'invalid request' }], data: null })
      }
    },
  )

  test('over WebSocket with the Local provider of v1.0 is silent', async () => {
    await using fake = await start('v1.0')
    await using client = await dialAcknowledged(fake)
    const { id } = fake.perf.addProfile()
    await subscribe(client, fake, 'p', profilesOver('page'))
    await fake.perf.finishRun(id)
    client.send({ type: 'ping' })
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
  })

  test('has metrics as text, and the results of one profile or of all', async () => {
    await using fake = await start('v0.8')
    const [a, b] = [fake.perf.addProfile({ name: 'a' }), fake.perf.addProfile({ name: 'b' })]
    await fake.perf.finishRun(a.id, { server_metrics: { cpu: [1] }, server_board_config: 'text' })
    await fake.perf.finishRun(b.id)
    const fields = '{ total_count results { performance_profile server_metrics server_board_config } }'
    const query = `query ($s: PageFilter!, $id: String!) { fetchResults(selector: $s, profileID: $id) ${fields} }`
    expect(await ask(fake, query, { id: a.id })).toMatchObject({
      data: {
        fetchResults: {
          total_count: 1,
          results: [{ performance_profile: a.id, server_metrics: '{"cpu":[1]}', server_board_config: 'text' }],
        },
      },
    })
    expect(await ask(fake, `query ($s: PageFilter!) { fetchAllResults(selector: $s) ${fields} }`)).toMatchObject({
      data: { fetchAllResults: { total_count: 2 } },
    })
    expect(await ask(fake, query, { id: '' })).toMatchObject({ errors: [{ message: 'invalid request' }] })
    expect(await ask(fake, query, { id: a.id, s: { page: 'x', pageSize: '' } })).toMatchObject({ errors: [{}] })
  })
})

describe('REST', () => {
  const profiles = '/api/user/performance/profiles'

  test.each(sampled(['v0.6', 'v0.7', 'v0.8'] as const, 1, 'of %s is in snake'))(
    'of %s is in snake_case',
    async (release) => {
      await using fake = await start(release)
      const { id } = fake.perf.addProfile({ name: 'a', metadata: { k: 1 } })
      const { meshery_id } = await fake.perf.finishRun(id, { server_metrics: { cpu: 1 } })
      expect(await getJSON(fake, profiles)).toEqual({
        page: 0,
        page_size: 10,
        total_count: 1,
        profiles: [
          {
            id,
            name: 'a',
            concurrent_request: 1,
            qps: 10,
            duration: '30s',
            endpoints: ['http://localhost:8080'],
            load_generators: ['fortio'],
            metadata: { k: 1 },
            total_results: 1,
            last_run: '2026-05-01T10:00:00Z',
            created_at: '2026-05-01T10:00:00Z',
            updated_at: '2026-05-01T10:00:00Z',
          },
        ],
      })
      const body = {
        page: 0,
        page_size: 10,
        total_count: 1,
        results: [
          expect.objectContaining({ meshery_id, performance_profile: id, user_id: nil, server_metrics: { cpu: 1 } }),
        ],
      }
      for (const path of [`${profiles}/${id}/results`, `${profiles}/results`, '/api/perf/profile/result']) {
        expect(await getJSON(fake, path)).toEqual(body)
      }
      expect((await get(fake, '/api/performance/profiles')).status).toBe(404)
    },
  )

  test.each([
    ['v1.0', 'UserID', nil],
    ['v1.0.52', 'owner', nil],
    ['current', 'owner', 'a449604d-3f10-58f4-95ff-a9385c2fad6a'],
  ] as const)('of %s is in camelCase, and has an alias', async (release, userKey, owner) => {
    await using fake = await start(release)
    const { id } = fake.perf.addProfile({ request_body: 'x' })
    const { meshery_id } = await fake.perf.finishRun(id, { test_id: '7' })
    const body = await getJSON(fake, profiles)
    expect(body).toMatchObject({ page: 0, pageSize: 10, totalCount: 1 })
    expect(body['profiles']).toEqual([expect.objectContaining({ id, requestBody: 'x', totalResults: 1 })])
    expect(JSON.stringify(body)).not.toMatch(/owner|userId|UserID|_/)
    expect(await getJSON(fake, '/api/performance/profiles')).toEqual(body)
    const results = await getJSON(fake, `${profiles}/${id}/results`)
    const result = { mesheryId: meshery_id, performanceProfile: id, testId: '7', [userKey]: owner }
    expect(results).toEqual({ page: 0, pageSize: 10, totalCount: 1, results: [expect.objectContaining(result)] })
    for (const path of [`/api/performance/profiles/${id}/results`, '/api/performance/results']) {
      expect(await getJSON(fake, path)).toEqual(results)
    }
    expect((await get(fake, '/api/perf/profile/result')).status).toBe(404)
  })

  test.each(sampled(releases, 1, 'owner'))(
    'of %s has the owner of a profile only from a remote provider',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth: remote })
      fake.perf.addProfile()
      const body: unknown = await (await get(fake, profiles, { cookie })).json()
      const key = ['v0.6', 'v0.7', 'v0.8'].includes(release) ? 'user_id' : 'owner'
      expect(body).toMatchObject({ profiles: [{ [key]: user }] })
    },
  )

  const names = async (
    fake: FakeMeshery,
    path: string,
    headers: { readonly cookie: string } = asLocal,
  ): Promise<unknown> => {
    const response = await get(fake, path, headers)
    const body: Record<string, unknown> = Object(await response.json())
    const rows = body['profiles'] ?? body['results']
    return Array.isArray(rows) ? rows.map((row: { name: string }) => row.name) : rows
  }

  test.each(sampled(releases, 1, 'pages'))(
    'of %s pages from 0, searches, and orders by known columns',
    async (release) => {
      await using fake = await startFakeMeshery({ release, clock })
      const at = (second: number): string => `2026-05-01T10:00:0${second}Z`
      fake.perf.addProfile({ name: 'Beta', updated_at: at(1), created_at: at(3) })
      fake.perf.addProfile({ name: 'Alpha', updated_at: at(2), created_at: at(1) })
      fake.perf.addProfile({ name: 'Gamma', updated_at: at(3), created_at: at(2) })
      const newestFirst = ['Gamma', 'Alpha', 'Beta']
      expect(await names(fake, profiles)).toEqual(newestFirst)
      expect(await names(fake, `${profiles}?page=1&pagesize=2`)).toEqual(['Beta'])
      expect(await names(fake, `${profiles}?search=ALPH`)).toEqual(['Alpha'])
      expect(await names(fake, `${profiles}?order=name%20asc`)).toEqual(['Alpha', 'Beta', 'Gamma'])
      expect(await names(fake, `${profiles}?order=created_at%20desc`)).toEqual(['Beta', 'Gamma', 'Alpha'])
      expect(await names(fake, `${profiles}?order=qps%20asc`)).toEqual(newestFirst)
      expect(await names(fake, `${profiles}?order=name`)).toEqual(newestFirst)
      expect((await get(fake, `${profiles}?page=x`)).status).toBe(500)
    },
  )

  test('orders results only with a remote provider', async () => {
    const results = '/api/user/performance/profiles/results'
    const fill = (fake: FakeMeshery): void => {
      const { id } = fake.perf.addProfile()
      for (const [name, day] of [
        ['b', '01'],
        ['a', '02'],
        ['c', '03'],
      ]) {
        const time = `2026-05-${day}T10:00:00Z`
        void fake.perf.finishRun(id, { name: name ?? '', created_at: time, test_start_time: time })
      }
    }
    await using local = await start('current')
    fill(local)
    expect(await names(local, `${results}?order=name%20asc&search=a&from=2026-05-02`)).toEqual(['b', 'a', 'c'])
    await using cloud = await startFakeMeshery({ auth: remote })
    fill(cloud)
    expect(await names(cloud, `${results}?order=name%20asc`, { cookie })).toEqual(['a', 'b', 'c'])
    expect(await names(cloud, `${results}?search=A`, { cookie })).toEqual(['a'])
    expect(await names(cloud, `${results}?order=name%20asc&from=2026-05-02&to=2026-05-02`, { cookie })).toEqual(['a'])
  })
})

test('what is not there is refused by name', async () => {
  await using fake = await start('v0.8')
  expect(() => fake.perf.updateProfile('none', {})).toThrow('There is no performance profile none.')
  await expect(fake.perf.finishRun('none')).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  const { id, created_at } = fake.perf.addProfile()
  expect(fake.perf.updateProfile(id, { name: 'new' })).toMatchObject({ id, name: 'new', created_at })
  fake.perf.removeProfile(id)
  expect(fake.perf.profiles).toEqual([])
})
