import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor } from '../sample.ts'
import { get, getJSON, query, silentAfter, subscribeTo, values } from './clients.ts'

const websocket = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52'] as const
const path = '/api/system/meshsync/resources/summary'
const text = `($ids: [String!], $namespace: String!) {
  subscribeClusterResources(k8scontextIDs: $ids, namespace: $namespace) { resources { kind count } }
}`
const resources = `subscription ${text}`

const counts = (of: Record<string, number>): object => ({
  resources: Object.entries(of).map(([kind, count]) => ({ kind, count })),
})

const fill = (fake: FakeMeshery): void => {
  fake.resources.set('a', 'default', 'Pod', 3)
  fake.resources.set('a', 'default', 'Pod', 2, 'istio')
  fake.resources.set('a', 'default', 'ConfigMap', 1)
  fake.resources.set('a', 'other', 'Pod', 7)
  fake.resources.set('a', '', 'Node', 4)
  fake.resources.set('b', 'default', 'Pod', 10)
}

test('the resources are kept as they were set, and namespaces are counted by themselves', async () => {
  await using fake = await startFakeMeshery()
  fake.resources.set('a', 'default', 'Pod', 3)
  fake.resources.set('a', 'other', 'Pod', 1, null)
  fake.resources.set('a', 'default', 'Pod', 4)
  const pods = [
    { clusterID: 'a', namespace: 'default', kind: 'Pod', count: 4, model: 'kubernetes' },
    { clusterID: 'a', namespace: 'other', kind: 'Pod', count: 1, model: null },
  ]
  const namespaces = { clusterID: 'a', namespace: '', kind: 'Namespace', count: 2, model: 'kubernetes' }
  expect(fake.resources.rows).toEqual([...pods, namespaces])
  fake.resources.set('a', '', 'Namespace', 9)
  expect(fake.resources.rows).toEqual([...pods, { ...namespaces, count: 9 }])
  fake.resources.set('a', 'default', 'Pod', 0)
  expect(fake.resources.rows).toHaveLength(2)
  fake.resources.set('b', '', 'Node', 1)
  fake.resources.clear('a')
  expect(fake.resources.rows).toMatchObject([{ clusterID: 'b' }])
  fake.resources.clear()
  expect(fake.resources.rows).toEqual([])
})

claimsInTurnFor('over WebSocket, %s', casesOf(websocket), (test, [release]) => {
  test('sends all of a namespace at once, and again after every write, whatever it was', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using client = await subscribeTo(fake, resources, { ids: ['a', 'unknown'], namespace: 'default' })
    await values(client, 1)
    fake.resources.set('a', 'default', 'Pod', 4)
    fake.resources.set('b', 'default', 'Pod', 11)
    expect(await values(client, 3)).toEqual([
      counts({ ConfigMap: 1, Pod: 5 }),
      counts({ ConfigMap: 1, Pod: 6 }),
      counts({ ConfigMap: 1, Pod: 6 }),
    ])
    await silentAfter(client, 3)
  })

  test('sums several clusters', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using client = await subscribeTo(fake, resources, { ids: ['a', 'b'], namespace: 'default' })
    expect(await values(client, 1)).toEqual([counts({ ConfigMap: 1, Pod: 15 })])
  })

  test('takes an empty namespace for what belongs to none', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using client = await subscribeTo(fake, resources, { ids: ['a'], namespace: '' })
    expect(await values(client, 1)).toEqual([counts({ Namespace: 2, Node: 4 })])
  })

  test.each([[[]], [null], [undefined]])('is open and silent for %j', async (ids) => {
    await using fake = await startFakeMeshery({ release })
    await using client = await subscribeTo(fake, resources, { ids, namespace: 'default' })
    fill(fake)
    await silentAfter(client, 0)
    expect(fake.stats.operations).toBe(1)
  })

  test('floods', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using client = await subscribeTo(fake, resources, { ids: ['b'], namespace: 'default' })
    await values(client, 1)
    fake.resources.flood(100)
    expect(new Set((await values(client, 101)).map((value) => JSON.stringify(value))).size).toBe(1)
    fake.resources.flood()
    await values(client, 102)
    await silentAfter(client, 102)
  })

  test('accepts `all` for all clusters only on v0.6', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using client = await subscribeTo(fake, resources, { ids: ['all'], namespace: 'default' })
    expect(await values(client, 1)).toEqual([counts(release === 'v0.6' ? { ConfigMap: 1, Pod: 15 } : {})])
  })
})

test('v0.6 answers a query as well', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.6' })
  fill(fake)
  const asked = `query ${text.replace('subscribe', 'get')}`
  expect(await query(fake, asked, { ids: ['b'], namespace: 'default' })).toEqual({
    status: 200,
    body: { data: { getClusterResources: counts({ Pod: 10 }) } },
  })
  expect((await query(fake, asked, { ids: ['all'], namespace: 'default' })).body).toEqual({
    data: { getClusterResources: counts({ ConfigMap: 1, Pod: 15 }) },
  })
  expect((await query(fake, asked, { ids: [], namespace: '' })).body).toMatchObject({ errors: [{}], data: null })
  await fake.become('v0.8')
  expect((await query(fake, asked, { ids: ['b'], namespace: 'default' })).status).toBe(422)
})

describe('over REST', () => {
  test.each(['v0.8', 'v1.0', 'v1.0.52'] as const)('%s sums by kind and model, in capitals', async (release) => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    expect(await getJSON(fake, `${path}?clusterId=a`)).toEqual({
      kinds: [
        { Kind: 'ConfigMap', Model: 'kubernetes', Count: 1 },
        { Kind: 'Namespace', Model: 'kubernetes', Count: 2 },
        { Kind: 'Node', Model: 'kubernetes', Count: 4 },
        { Kind: 'Pod', Model: 'istio', Count: 2 },
        { Kind: 'Pod', Model: 'kubernetes', Count: 10 },
      ],
      namespaces: ['default', 'other'],
      labels: null,
    })
  })

  test('current has lower case', async () => {
    await using fake = await startFakeMeshery()
    fill(fake)
    expect(await getJSON(fake, `${path}?clusterId=b`)).toMatchObject({
      kinds: [{ kind: 'Namespace' }, { kind: 'Pod', model: 'kubernetes', count: 10 }],
    })
  })

  test('sums several clusters and namespaces', async () => {
    await using fake = await startFakeMeshery()
    fill(fake)
    const kinds = async (more: string): Promise<unknown> => (await getJSON(fake, `${path}?clusterId=a${more}`))['kinds']
    expect(await kinds('&clusterId=b&namespace=default')).toEqual([
      { kind: 'ConfigMap', model: 'kubernetes', count: 1 },
      { kind: 'Pod', model: 'istio', count: 2 },
      { kind: 'Pod', model: 'kubernetes', count: 13 },
    ])
    expect(await kinds('&namespace=default&namespace=other')).toContainEqual(expect.objectContaining({ count: 10 }))
    expect(await kinds('&namespace=')).toMatchObject([{ kind: 'Namespace' }, { kind: 'Node' }])
  })

  test('leaves out what has no model, and has null for nothing', async () => {
    await using fake = await startFakeMeshery()
    fake.resources.set('a', '', 'Node', 1, null)
    expect(await getJSON(fake, `${path}?clusterId=a`)).toEqual({ kinds: null, namespaces: null, labels: null })
  })

  test('wants a cluster', async () => {
    await using old = await startFakeMeshery({ release: 'v0.8' })
    const refused = await get(old, path)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8'])
    await old.become('v1.0')
    expect(await (await get(old, path)).json()).toMatchObject({ error: expect.stringContaining('clusterId') })
  })

  test('is not there on v0.6', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    expect((await get(fake, `${path}?clusterId=a`)).status).toBe(404)
  })
})
