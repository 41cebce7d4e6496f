import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { asLocal, dialAcknowledged, get, getJSON, type RawSocketClient } from './clients.ts'

const nil = '00000000-0000-0000-0000-000000000000'
const local = 'a449604d-3f10-58f4-95ff-a9385c2fad6a'
const clock = () => Date.parse('2026-05-01T10:00:00Z')
const start = (release: Release): Promise<FakeMeshery> => startFakeMeshery({ release, clock })
const selector = (page = '0', more: object = {}): object => ({ page, pageSize: '10', search: '', order: '', ...more })

const body = (release: Release, userKey = 'user_id'): string => {
  const patterns = `patterns { page page_size total_count patterns { id name ${userKey} } }`
  const filters = 'filters { total_count filters { id name filter_file } }'
  const applications = 'applications { total_count applications { id name application_file type { String } } }'
  return release === 'v0.6'
    ? `subscription ($a: PageFilter!, $p: PageFilter!, $f: PageFilter!) { subscribeConfiguration(
        applicationSelector: $a, patternSelector: $p, filterSelector: $f) { ${applications} ${patterns} ${filters} } }`
    : `subscription ($p: PageFilter!, $f: PageFilter!) { subscribeConfiguration(
        patternSelector: $p, filterSelector: $f) { ${patterns} ${filters} applications { total_count } } }`
}

const subscribe = (client: RawSocketClient, query: string, variables: object = {}): void => {
  const all = { a: selector(), p: selector(), f: selector(), ...variables }
  client.send({ id: 'c', type: 'subscribe', payload: { query, variables: all } })
}

/** The data of so many messages. */
const dataOf = async (client: RawSocketClient, count: number): Promise<unknown[]> =>
  (await client.messages(count)).map((message) => {
    const payload: { data: { subscribeConfiguration: unknown } } = Object(message['payload'])
    return payload.data.subscribeConfiguration
  })

describe('the subscription', () => {
  test('of v0.6 sends each kind in its own message, at first and after a change', async () => {
    await using fake = await start('v0.6')
    const pattern = fake.configuration.addPattern({ name: 'p' })
    const filter = fake.configuration.addFilter({ name: 'f', filter_file: 'wasm' })
    const application = fake.configuration.addApplication({ name: 'a', application_file: 'kind: Pod' })
    await using client = await dialAcknowledged(fake)
    subscribe(client, body('v0.6'))
    const first = [
      {
        applications: {
          total_count: 1,
          applications: [
            { id: application.id, name: 'a', application_file: 'kind: Pod', type: { String: 'Kubernetes Manifest' } },
          ],
        },
        patterns: null,
        filters: null,
      },
      {
        applications: null,
        patterns: { page: 0, page_size: 10, total_count: 1, patterns: [{ id: pattern.id, name: 'p', user_id: nil }] },
        filters: null,
      },
      {
        applications: null,
        patterns: null,
        filters: { total_count: 1, filters: [{ id: filter.id, name: 'f', filter_file: btoa('wasm') }] },
      },
    ]
    expect(await dataOf(client, 3)).toEqual(first)
    fake.configuration.updateFilter(filter.id, { name: 'g' })
    fake.configuration.removeApplication(application.id)
    fake.configuration.updatePattern(pattern.id, { name: 'q' })
    expect((await dataOf(client, 6)).slice(3)).toMatchObject([
      { applications: null, patterns: null, filters: { filters: [{ name: 'g' }] } },
      { applications: { total_count: 0, applications: [] }, patterns: null, filters: null },
      { applications: null, patterns: { patterns: [{ name: 'q' }] }, filters: null },
    ])
  })

  test.each([
    ['v0.8', 'user_id'],
    ['v1.0', 'owner'],
    ['v1.0.52', 'owner'],
  ] as const)('of %s sends patterns and nothing else', async (release, key) => {
    await using fake = await start(release)
    fake.configuration.addFilter()
    await using client = await dialAcknowledged(fake)
    subscribe(client, body(release, key))
    await dataOf(client, 1)
    fake.configuration.addFilter()
    fake.configuration.addApplication()
    const { id } = fake.configuration.addPattern({ name: 'p', user_id: local })
    fake.configuration.removePattern(id)
    expect(await dataOf(client, 3)).toEqual([
      { patterns: { page: 0, page_size: 10, total_count: 0, patterns: [] }, filters: null, applications: null },
      {
        patterns: { page: 0, page_size: 10, total_count: 1, patterns: [{ id, name: 'p', [key]: local }] },
        filters: null,
        applications: null,
      },
      { patterns: { page: 0, page_size: 10, total_count: 0, patterns: [] }, filters: null, applications: null },
    ])
  })

  test('sends the page of the selector, not what changed', async () => {
    await using fake = await start('v1.0')
    await using client = await dialAcknowledged(fake)
    subscribe(client, body('v1.0', 'owner'), { p: { page: '1', pageSize: '1', search: '', order: 'name asc' } })
    await client.messages(1)
    for (const name of ['b', 'a']) fake.configuration.addPattern({ name })
    expect((await dataOf(client, 3)).at(2)).toMatchObject({
      patterns: { page: 1, page_size: 1, total_count: 2, patterns: [{ name: 'b' }] },
    })
  })

  test('is open and silent when a page is no number', async () => {
    await using fake = await start('v1.0')
    await using client = await dialAcknowledged(fake)
    subscribe(client, body('v1.0', 'owner'), { p: selector('x') })
    await expect.poll(() => fake.stats.operations).toBe(1)
    fake.configuration.addPattern()
    client.send({ type: 'ping' })
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
  })

  test('ends for good', async () => {
    await using fake = await start('v0.8')
    await using client = await dialAcknowledged(fake)
    subscribe(client, body('v0.8'))
    await client.messages(1)
    client.send({ id: 'c', type: 'complete' })
    await client.messages(2)
    fake.configuration.addPattern()
    client.send({ type: 'ping' })
    expect((await client.messages(3)).slice(1)).toEqual([{ id: 'c', type: 'complete' }, { type: 'pong' }])
  })
})

test.each(sampled(releases, 1, 'query'))('the query fetchPatterns of %s has a page of them', async (release) => {
  await using fake = await start(release)
  fake.configuration.addPattern({ name: 'a', visibility: 'published' })
  fake.configuration.addPattern({ name: 'b', errmsg: 'no', catalog_data: { k: 1 } })
  const fetchPatterns = async (s: object): Promise<unknown> => {
    const query =
      'query ($s: PageFilter!) { fetchPatterns(selector: $s) { total_count patterns { name canSupport errmsg catalog_data } } }'
    const response = await fetch(`${fake.url}/api/system/graphql/query`, {
      method: 'POST',
      headers: { ...asLocal, 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ query, variables: { s } }),
    })
    return response.json()
  }
  expect(await fetchPatterns(selector('0', { search: 'B' }))).toEqual({
    data: {
      fetchPatterns: {
        total_count: 1,
        patterns: [{ name: 'b', canSupport: true, errmsg: 'no', catalog_data: { k: 1 } }],
      },
    },
  })
  expect(await fetchPatterns(selector('x'))).toMatchObject({ errors: [{ path: ['fetchPatterns'] }], data: null })
  if (release === 'v0.6') return
  expect(await fetchPatterns(selector('0', { visibility: ['published'] }))).toMatchObject({
    data: { fetchPatterns: { patterns: [{ name: 'a' }] } },
  })
})

describe('REST', () => {
  const snakeTimes = { created_at: '2026-05-01T10:00:00Z', updated_at: '2026-05-01T10:00:00Z' }
  const camelTimes = { createdAt: '2026-05-01T10:00:00Z', updatedAt: '2026-05-01T10:00:00Z' }
  const location = { branch: '', host: '', path: '', type: 'local' }
  const type = { String: 'Helm', Valid: true }

  test.each(['v0.6', 'v0.7', 'v0.8'] as const)(
    'of %s is in snake_case, but for catalogData of filters',
    async (release) => {
      await using fake = await start(release)
      const pattern = fake.configuration.addPattern({ name: 'p', pattern_file: 'x: <1>', type })
      const filter = fake.configuration.addFilter({ name: 'f', filter_file: '\0asm', catalog_data: { k: 1 } })
      const common = { location, visibility: 'private', user_id: nil, ...snakeTimes }
      expect(await getJSON(fake, '/api/pattern')).toEqual({
        page: 0,
        page_size: 10,
        total_count: 1,
        patterns: [
          {
            ...common,
            id: pattern.id,
            name: 'p',
            pattern_file: 'x: <1>',
            catalog_data: null,
            ...(release === 'v0.6' ? {} : { type }),
          },
        ],
      })
      expect(await getJSON(fake, '/api/filter')).toEqual({
        page: 0,
        page_size: 10,
        total_count: 1,
        filters: [
          {
            ...common,
            id: filter.id,
            name: 'f',
            filter_file: btoa('\0asm'),
            filter_resource: '',
            catalogData: { k: 1 },
          },
        ],
      })
    },
  )

  test.each([
    ['v1.0', { userId: nil }, { userId: nil }],
    ['v1.0.52', { owner: nil }, { owner: nil }],
    ['current', { userId: local, user: expect.objectContaining({ id: local }) }, { owner: local }],
  ] as const)('of %s is in camelCase, and names the owner in its way', async (release, patternOwner, filterOwner) => {
    await using fake = await start(release)
    const pattern = fake.configuration.addPattern({ name: 'p', pattern_file: 'x: 1', type })
    const filter = fake.configuration.addFilter({ name: 'f', filter_file: 'wasm' })
    const common = { location, visibility: 'private', catalogData: null, ...camelTimes }
    expect(await getJSON(fake, '/api/pattern')).toEqual({
      page: 0,
      pageSize: 10,
      totalCount: 1,
      patterns: [
        {
          ...common,
          ...patternOwner,
          id: pattern.id,
          name: 'p',
          patternFile: 'x: 1',
          type,
          sourceContent: btoa('x: 1'),
          viewCount: 0,
          shareCount: 0,
          downloadCount: 0,
          cloneCount: 0,
          deploymentCount: 0,
        },
      ],
    })
    expect(await getJSON(fake, '/api/filter')).toEqual({
      page: 0,
      pageSize: 10,
      totalCount: 1,
      filters: [{ ...common, ...filterOwner, id: filter.id, name: 'f', filterFile: btoa('wasm'), filterResource: '' }],
    })
  })

  test.each(sampled(releases, 1, 'applications'))(
    'of %s has applications only if that is v0.6 or v0.7',
    async (release) => {
      await using fake = await start(release)
      const { id } = fake.configuration.addApplication({ name: 'a' })
      fake.configuration.addApplication({ name: 'ab' })
      fake.configuration.addApplication({ name: 'c' })
      const path = '/api/application?page=0&page_size=1&pagesize=1&search=A&order=name%20asc'
      if (!['v0.6', 'v0.7'].includes(release)) {
        expect((await get(fake, path)).status).toBe(404)
        return
      }
      expect(await getJSON(fake, path)).toMatchObject({
        page: 0,
        page_size: 1,
        total_count: 2,
        applications: [{ id, name: 'a', user_id: nil, application_file: 'kind: Deployment\n' }],
      })
    },
  )

  const names = async (fake: FakeMeshery, path: string): Promise<unknown> => {
    const answer = await getJSON(fake, path)
    const rows = answer['patterns'] ?? answer['filters']
    return Array.isArray(rows) ? rows.map((row: { name: string }) => row.name) : rows
  }

  const fill = (fake: FakeMeshery): void => {
    for (const [index, name] of ['Beta', 'Alpha', 'Gamma'].entries()) {
      const updated_at = `2026-05-01T10:00:0${index}Z`
      fake.configuration.addPattern({ name, updated_at })
      fake.configuration.addFilter({ name, updated_at })
    }
  }

  test.each(sampled(releases, 1, 'pages'))('of %s pages, searches and orders', async (release) => {
    await using fake = await start(release)
    fill(fake)
    for (const path of ['/api/pattern', '/api/filter']) {
      expect(await names(fake, path)).toEqual(['Gamma', 'Alpha', 'Beta'])
      expect(await names(fake, `${path}?page=1&pagesize=2&page_size=2`)).toEqual(['Beta'])
      expect(await names(fake, `${path}?search=am`)).toEqual(['Gamma'])
      expect(await names(fake, `${path}?order=name%20asc`)).toEqual(['Alpha', 'Beta', 'Gamma'])
      expect(await names(fake, `${path}?updated_after=2026-05-01%2010:00:01`)).toEqual(['Gamma'])
      expect((await get(fake, `${path}?page=-1`)).status).toBe(500)
    }
  })

  test.each(sampled(releases, 1, 'size'))(
    'of %s reads the size of a page of patterns under one name only',
    async (release) => {
      await using fake = await start(release)
      fill(fake)
      const [right, wrong] = release === 'v0.6' ? ['page_size', 'pagesize'] : ['pagesize', 'page_size']
      expect(await names(fake, `/api/pattern?${right}=1`)).toEqual(['Gamma'])
      expect(await names(fake, `/api/pattern?${wrong}=1`)).toHaveLength(3)
    },
  )

  test.each(sampled(releases, 1, 'visibility'))('of %s reads visibility as JSON', async (release) => {
    await using fake = await start(release)
    fake.configuration.addPattern({ name: 'mine', updated_at: '2026-05-01T10:00:01Z' })
    fake.configuration.addPattern({ name: 'all', visibility: 'public' })
    const asked = encodeURIComponent('["public","published"]')
    expect(await names(fake, `/api/pattern?visibility=${asked}`)).toEqual(['all'])
    expect(await names(fake, '/api/pattern')).toEqual(release === 'v0.6' ? ['mine'] : ['mine', 'all'])
    const status = ['v0.6', 'v0.7', 'v0.8'].includes(release) ? 500 : 400
    expect((await get(fake, '/api/pattern?visibility=public')).status).toBe(status)
  })
})

test('what is not there is refused by name', async () => {
  await using fake = await start('v0.6')
  const { configuration } = fake
  expect(() => configuration.updatePattern('none', {})).toThrow('There is no design none.')
  expect(() => configuration.updateFilter('none', {})).toThrow('There is no filter none.')
  expect(() => configuration.updateApplication('none', {})).toThrow('There is no application none.')
  const application = configuration.addApplication({ created_at: '2026-01-01T00:00:00Z' })
  expect(application.updated_at).toBe('2026-01-01T00:00:00Z')
  expect(configuration.updateApplication(application.id, { name: 'new' })).toMatchObject({
    id: application.id,
    name: 'new',
    updated_at: '2026-05-01T10:00:00Z',
  })
  configuration.removeFilter(configuration.addFilter().id)
  expect([configuration.patterns, configuration.filters, configuration.applications]).toMatchObject([
    [],
    [],
    [{ name: 'new' }],
  ])
})
