import { expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { asLocal, get } from './clients.ts'

const path = '/api/system/graphql/query'

const post = async (
  fake: FakeMeshery,
  body: string,
  contentType = 'application/json',
): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(fake.url + path, {
    method: 'POST',
    body,
    headers: { ...asLocal, 'content-type': contentType },
  })
  return { status: response.status, body: await response.json() }
}

test('current answers that there are no subscriptions', async () => {
  await using fake = await startFakeMeshery()
  const answer = await post(fake, '{"query":"subscription { subscribeEvents { id } }"}')
  expect(answer).toMatchObject({
    status: 422,
    body: { errors: [{ message: 'Schema does not support operation type "subscription"' }], data: null },
  })
})

test.each(sampled(['v0.6', 'v0.7', 'v0.8', 'v1.0'] as const, 1, 'POST'))(
  '%s answers a POSTed subscription with its first value',
  async (release) => {
    await using fake = await startFakeMeshery({ release })
    const { kubernetes_server_id, id } = fake.contexts.add()
    fake.resources.set(kubernetes_server_id, 'default', 'Pod', 2)
    const resources = (...ids: string[]) =>
      post(
        fake,
        JSON.stringify({
          query:
            'subscription ($ids: [String!]) { subscribeClusterResources(k8scontextIDs: $ids, namespace: "default") { resources { kind count } } }',
          variables: { ids },
        }),
      )
    const answer = (list: readonly object[]) => ({
      status: 200,
      body: { data: { subscribeClusterResources: { resources: list } } },
    })
    expect(await resources(kubernetes_server_id)).toEqual(answer([{ kind: 'Pod', count: 2 }]))
    expect(await resources(id)).toEqual(answer([]))
    const contexts =
      'subscription { subscribeK8sContext(selector: { page: "0", pageSize: "5", search: "", order: "" }) { total_count } }'
    if (release !== 'v1.0')
      expect(await post(fake, JSON.stringify({ query: contexts }))).toEqual({
        status: 200,
        body: { data: { subscribeK8sContext: { total_count: 1 } } },
      })
  },
)

test('a POSTed subscription without a value is never answered', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.7' })
  const silent = [
    'subscription { subscribeClusterResources(k8scontextIDs: [], namespace: "") { resources { kind } } }',
    'subscription { subscribePerfProfiles(selector: { page: "0", pageSize: "5" }) { total_count } }',
  ]
  for (const query of silent) {
    const aborted = new AbortController()
    const answered = fetch(fake.url + path, {
      method: 'POST',
      body: JSON.stringify({ query }),
      headers: { ...asLocal, 'content-type': 'application/json' },
      signal: aborted.signal,
    }).then(
      () => 'answered',
      () => 'nothing came',
    )
    await expect.poll(() => fake.stats.requests.at(-1)?.status).toBe(0)
    // Whatever it had to say at once would be there before the answer to a later request.
    await get(fake, '/api/system/version')
    aborted.abort()
    expect(await answered).toBe('nothing came')
  }
})

test('/healthz is not there on v0.7', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.7' })
  expect((await get(fake, '/healthz/live')).status).toBe(404)
  expect((await get(fake, '/api/system/meshsync/resources/summary?clusterId=a')).status).toBe(404)
})

test('a GET without a query is what is left of a stripped upgrade', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const response = await get(fake, path)
  expect(response.status).toBe(422)
  expect(await response.json()).toMatchObject({ errors: [{ message: 'no operation provided' }], data: null })
})

test('a GET allows queries only', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const subscription = encodeURIComponent('subscription { subscribeEvents { id } }')
  expect((await get(fake, `${path}?query=${subscription}`)).status).toBe(406)
  const query = await get(fake, `${path}?query=${encodeURIComponent('{ __typename }')}`)
  expect(await query.json()).toEqual({ data: { __typename: 'Query' } })
  expect((await get(fake, `${path}?query=a&variables={`)).status).toBe(400)
})

test('a POST that is no request is refused, its body echoed', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  expect(await post(fake, '{"query":')).toMatchObject({
    status: 400,
    body: { errors: [{ message: expect.stringContaining('body:{"query":') }] },
  })
  expect((await post(fake, '{}', 'text/plain')).body).toEqual({
    errors: [{ message: 'transport not supported' }],
    data: null,
  })
})

test('a subscription by POST answers with its first value', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.graphql('subscribeEvents', async function* () {
    yield { id: 'a' }
    yield { id: 'b' }
  })
  const answer = await post(fake, '{"query":"subscription { subscribeEvents { id } }"}')
  expect(answer).toEqual({ status: 200, body: { data: { subscribeEvents: { id: 'a' } } } })
})

test('a query has a resolver as well', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const query = '{"query":"{ getMeshsyncStatus(connectionID: \\"c\\") { name } }"}'
  fake.graphql('getMeshsyncStatus', async function* ({ connectionID }) {
    yield { name: connectionID }
  })
  expect((await post(fake, query)).body).toEqual({ data: { getMeshsyncStatus: { name: 'c' } } })
})

const status = 'query ($id: String!) { getMeshsyncStatus(connectionID: $id) { name } }'

test('a variable is coerced as gqlgen does: a number passes for a text', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const received: unknown[] = []
  fake.graphql('getMeshsyncStatus', async function* (args) {
    received.push(args)
    yield { name: 'a' }
  })
  await post(fake, JSON.stringify({ query: status, variables: { id: 5 } }))
  expect(received).toEqual([{ connectionID: '5' }])
})

test.each([
  [true, 'cannot use bool as String'],
  [['a'], 'cannot use slice as String'],
  [{}, 'cannot use map as String'],
  [null, 'cannot be null'],
  [undefined, 'must be defined'],
])('a variable %j is refused with the text of gqlgen', async (id, message) => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  expect(await post(fake, JSON.stringify({ query: status, variables: { id } }))).toMatchObject({
    status: 422,
    body: { errors: [{ message, path: ['variable', 'id'] }], data: null },
  })
})

test('a field that is selected twice has both selections, in the order of the first', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.registry.addComponent({ kind: 'Pod' })
  const query = `{ getMeshModelSummary(selector: { type: "components" }) { components { name } ...F relationships { name } } }
    fragment F on MeshModelSummary { components { count } }`
  const { body } = await post(fake, JSON.stringify({ query }))
  const components = [{ name: 'kubernetes', count: 1 }]
  expect(JSON.stringify(body)).toBe(
    JSON.stringify({ data: { getMeshModelSummary: { components, relationships: [] } } }),
  )
})

test('a resolver that fails for one field of a query leaves the others', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  // biome-ignore lint/correctness/useYield: it fails before its first value.
  fake.graphql('getOperatorStatus', async function* () {
    throw 'no error'
  })
  const query = '{ a: __typename o: getOperatorStatus(connectionID: "c") { status } }'
  expect((await post(fake, JSON.stringify({ query }))).body).toEqual({
    errors: [{ message: 'internal system error', path: ['o'] }],
    data: { a: 'Query', o: null },
  })
})
