import { describe, expect, test } from 'vitest'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { asLocal, dialAcknowledged, get, getJSON, type RawSocketClient } from './clients.ts'

const webSocketReleases = releases.filter((release) => release !== 'current')

const fill = (fake: FakeMeshery): void =>
  fake.registry.fill({
    components: [
      { model: 'istio', version: 'v1.0.0', kind: 'Gateway' },
      { model: 'istio', version: 'v1.0.0', packageVersion: 'v1.22', kind: 'Sidecar' },
      { model: 'istio', version: 'v1.1.0', kind: 'Gateway' },
      { model: 'kubernetes', version: 'v1.0.0', kind: 'Pod' },
    ],
    relationships: [
      { model: 'kubernetes', version: 'v1.0.0', kind: 'edge', subType: 'network' },
      { model: 'kubernetes', version: 'v1.0.0', kind: 'edge', subType: 'mount' },
      { model: 'istio', version: 'v1.0.0', kind: 'edge', subType: 'network' },
      { model: 'istio', version: 'v1.1.0', kind: 'hierarchical', subType: 'parent' },
    ],
  })

const componentCounts = [
  { name: 'istio', count: 2 },
  { name: 'kubernetes', count: 1 },
]
const relationshipCounts = [
  { name: 'edge', count: 2 },
  { name: 'hierarchical', count: 1 },
]

type Counts = readonly { readonly name: string; readonly count: number }[]
type Summary = Readonly<Record<'components' | 'relationships', Counts | null>>

const byName = ({ components, relationships }: Summary): Summary => {
  const sorted = (list: Counts | null): Counts | null => list?.toSorted((a, b) => (a.name < b.name ? -1 : 1)) ?? null
  return { components: sorted(components), relationships: sorted(relationships) }
}

const fields = '{ components { name count } relationships { name count } }'

const ask = async (fake: FakeMeshery, type: string): Promise<Summary> => {
  const query = `{ getMeshModelSummary(selector: { type: "${type}" }) ${fields} }`
  const response = await fetch(`${fake.url}/api/system/graphql/query`, {
    method: 'POST',
    headers: { ...asLocal, 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ query }),
  })
  const { data }: { data: { getMeshModelSummary: Summary } } = Object(await response.json())
  return data.getMeshModelSummary
}

const subscribe = (client: RawSocketClient, type: string): void => {
  const query = `subscription { subscribeMeshModelSummary(selector: { type: "${type}" }) ${fields} }`
  client.send({ id: 'm', type: 'subscribe', payload: { query } })
}

const summaries = async (client: RawSocketClient, count: number): Promise<unknown[]> =>
  (await client.messages(count)).map((message) => {
    const payload: { data: { subscribeMeshModelSummary: unknown } } = Object(message['payload'])
    return payload.data.subscribeMeshModelSummary
  })

describe('the summary', () => {
  test.each(sampled(releases, 1, 'counts'))(
    'of %s counts in the way of its release, and leaves the other list empty',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      expect(await ask(fake, 'components')).toEqual({ components: [], relationships: [] })
      fill(fake)
      expect(byName(await ask(fake, 'components'))).toEqual({ components: componentCounts, relationships: [] })
      expect(byName(await ask(fake, 'relationships'))).toEqual({
        components: [],
        relationships: relationshipCounts,
      })
    },
  )

  test('has no order', async () => {
    await using fake = await startFakeMeshery()
    fill(fake)
    expect(await ask(fake, 'components')).toEqual({ components: componentCounts, relationships: [] })
    expect(await ask(fake, 'components')).toEqual({ components: componentCounts.toReversed(), relationships: [] })
  })

  test.each(['', 'models', 'Components'])('of the type %j is nothing', async (type) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fill(fake)
    expect(await ask(fake, type)).toEqual({ components: null, relationships: null })
  })

  test.each(sampled(webSocketReleases, 1, 'over WebSocket on'))(
    'over WebSocket on %s comes at once and after each change',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      const { id } = fake.registry.addComponent({ model: 'a', version: 'v1' })
      await using client = await dialAcknowledged(fake)
      subscribe(client, 'components')
      expect(await summaries(client, 1)).toEqual([{ components: [{ name: 'a', count: 1 }], relationships: [] }])
      fake.registry.addComponent({ model: 'a', version: 'v2' })
      fake.registry.addRelationship()
      fake.registry.removeComponent(id)
      const counted = (count: number): object => ({ components: [{ name: 'a', count }], relationships: [] })
      expect((await summaries(client, 4)).slice(1)).toEqual([counted(2), counted(2), counted(1)])
      client.send({ id: 'm', type: 'complete' })
      await client.messages(5)
      fake.registry.addComponent()
      client.send({ type: 'ping' })
      expect((await client.messages(6)).at(5)).toEqual({ type: 'pong' })
    },
  )

  test('is sent once for many rows', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using client = await dialAcknowledged(fake)
    subscribe(client, 'relationships')
    await client.messages(1)
    fill(fake)
    client.send({ type: 'ping' })
    expect((await client.messages(3)).at(2)).toEqual({ type: 'pong' })
    const [, { id } = { id: '' }] = fake.registry.relationships
    fake.registry.removeRelationship(id)
    const [, , , left] = await client.messages(4)
    const relationships = expect.arrayContaining([{ name: 'edge', count: 1 }])
    expect(left).toMatchObject({ payload: { data: { subscribeMeshModelSummary: { relationships } } } })
  })
})

describe('REST', () => {
  test.each(sampled(releases, 1, 'keys'))('of %s has the keys of a page in its own case', async (release) => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    const page = ['v0.6', 'v0.7'].includes(release) ? 1 : 0
    const snake = { page, page_size: 25, total_count: 4 }
    const both = ['v0.6', 'v0.7', 'v0.8'].includes(release) ? snake : { ...snake, pageSize: 25, totalCount: 4 }
    const { components, ...keys } = await getJSON(fake, '/api/meshmodels/components')
    expect(keys).toEqual(both)
    expect(components).toHaveLength(4)
    const size = { ...both, page_size: 4, ...('pageSize' in both ? { pageSize: 4 } : {}) }
    const { relationships, ...all } = await getJSON(fake, '/api/meshmodels/relationships?pagesize=all')
    expect(all).toEqual(size)
    expect(relationships).toHaveLength(4)
  })

  test('of v0.6 has one version of a model, later releases two', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    const component = fake.registry.addComponent({ model: 'm', version: 'v1', packageVersion: 'p', kind: 'K' })
    const relationship = fake.registry.addRelationship({ model: 'm', version: 'v1', packageVersion: 'p' })
    const edge = { id: relationship.id, kind: 'edge', subType: 'network' }
    expect(await getJSON(fake, '/api/meshmodels/components')).toMatchObject({
      components: [{ id: component.id, kind: 'K', model: { name: 'm', version: 'v1' } }],
    })
    expect((await getJSON(fake, '/api/meshmodels/relationships'))['relationships']).toEqual([
      { ...edge, model: { name: 'm', version: 'v1' } },
    ])
    const early = { id: component.id, name: 'm', displayName: 'm', version: 'v1' }
    expect((await getJSON(fake, '/api/meshmodels/models'))['models']).toEqual([early])
    await fake.become('v0.8')
    const model = { name: 'm', version: 'v1', model: { version: 'p' } }
    expect(await getJSON(fake, '/api/meshmodels/components')).toMatchObject({
      components: [{ id: component.id, component: { kind: 'K' }, model }],
    })
    expect((await getJSON(fake, '/api/meshmodels/relationships'))['relationships']).toEqual([{ ...edge, model }])
    expect((await getJSON(fake, '/api/meshmodels/models'))['models']).toEqual([{ ...early, model: { version: 'p' } }])
  })

  const kinds = async (fake: FakeMeshery, query: string): Promise<unknown> => {
    const { relationships } = await getJSON(fake, `/api/meshmodels/relationships?${query}`)
    return Array.isArray(relationships)
      ? relationships.map(({ subType }: { subType: string }) => subType)
      : relationships
  }

  test.each(sampled(['v0.6', 'v0.7'] as const, 1, 'of %s counts'))(
    'of %s counts pages from 1, and takes 0 for 1',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      fill(fake)
      expect(await kinds(fake, 'page=0&pagesize=3')).toEqual(['network', 'mount', 'network'])
      expect(await kinds(fake, 'page=1&pagesize=3')).toEqual(['network', 'mount', 'network'])
      expect(await kinds(fake, 'page=2&pagesize=3')).toEqual(['parent'])
    },
  )

  test.each(sampled(['v0.8', 'v1.0', 'current'] as const, 1, 'of %s counts'))(
    'of %s counts pages from 0',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      fill(fake)
      expect(await kinds(fake, 'page=0&pagesize=3')).toEqual(['network', 'mount', 'network'])
      expect(await kinds(fake, 'page=1&pagesize=3')).toEqual(['parent'])
      expect(await kinds(fake, 'page=x&pagesize=0')).toHaveLength(4)
    },
  )

  test('searches, and picks a version', async () => {
    await using fake = await startFakeMeshery()
    fill(fake)
    expect(await kinds(fake, 'search=MOUNT')).toEqual(['mount'])
    expect(await kinds(fake, 'version=v1.1.0')).toEqual(['parent'])
    expect(await getJSON(fake, '/api/meshmodels/components?search=side')).toMatchObject({ totalCount: 1 })
    expect(await getJSON(fake, '/api/meshmodels/models?search=istio&version=v1.1.0')).toMatchObject({ totalCount: 1 })
  })

  test('lists each version of a model once, with what it has if that is asked for', async () => {
    await using fake = await startFakeMeshery()
    fill(fake)
    const { id } = fake.registry.addModel({ name: 'empty', version: 'v9' })
    const names = ({ models }: Record<string, unknown>): unknown =>
      Array.isArray(models) ? models.map((model) => `${model.name} ${model.version}`) : models
    const all = ['istio v1.0.0', 'istio v1.1.0', 'kubernetes v1.0.0']
    expect(names(await getJSON(fake, '/api/meshmodels/models'))).toEqual(['empty v9', ...all])
    fake.registry.removeModel(id)
    const body = await getJSON(fake, '/api/meshmodels/models?components=true&relationships=true')
    expect(names(body)).toEqual(all)
    expect(body['models']).toMatchObject([
      { components: [{}, {}], relationships: [{ subType: 'network' }] },
      { components: [{ component: { kind: 'Gateway' } }], relationships: [{ kind: 'hierarchical' }] },
      { components: [{}], relationships: [{}, {}] },
    ])
  })

  test.each(sampled(releases, 1, 'newer'))('of %s has the newer paths only if that is current', async (release) => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    for (const name of ['models', 'components', 'relationships']) {
      const response = await get(fake, `/api/registry/${name}?pagesize=2`)
      expect(response.status).toBe(release === 'current' ? 200 : 404)
      if (release !== 'current') continue
      expect(await response.json()).toEqual(await getJSON(fake, `/api/meshmodels/${name}?pagesize=2`))
    }
  })

  test('wants no cookies', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 't' } })
    expect((await get(fake, '/api/pattern')).status).toBe(302)
    expect((await get(fake, '/api/meshmodels/models')).status).toBe(200)
  })
})
