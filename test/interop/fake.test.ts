import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { Gqlgen } from './gqlgen.ts'
import { Wire } from './wire.ts'

// The fake executes operations with `graphql` and encodes the results as gqlgen does: here both answer the same requests.

interface Request {
  readonly query: string
  readonly variables?: object
  readonly operationName?: string
}

const local = { cookie: 'meshery-provider=None' }

/** Status and body of a POST, as text. */
async function post(url: string, request: Request): Promise<string> {
  const answer = await fetch(`${url}/api/system/graphql/query`, {
    method: 'POST',
    headers: { ...local, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  return `${answer.status} ${await answer.text()}`
}

/** The messages about a subscription on a WebSocket of its own, up to the first one of this type. */
async function messages(url: string, request: Request, last: 'next' | 'complete'): Promise<unknown[]> {
  await using wire = await Wire.open(`${url.replace('http', 'ws')}/api/system/graphql/query`, true, local)
  wire.send({ type: 'subscribe', id: 'a', payload: request })
  await wire.next(({ type }) => type === last)
  return wire.of('a')
}

const patterns = 'query ($s: PageFilter!) { fetchPatterns(selector: $s) { total_count } }'
const summary = 'query ($s: MeshModelSummarySelector!) { m: getMeshModelSummary(selector: $s) { components { name } } }'
const skipped = 'query ($b: Boolean!) { a: __typename @skip(if: $b) b: __typename @include(if: $b) }'

const queries: readonly Request[] = [
  { query: '{ __typename }' },
  { query: '{ a: __typename b: __typename }' },
  { query: '{ __schema { types { name } } }' },
  { query: '{ x: __type(name: "Event") { name } __typename }' },
  {
    query:
      '{ getMeshModelSummary(selector: { type: "components" }) { components { name } } __schema { types { name } } }',
  },
  { query: 'query A { __typename } query B { b: __typename }', operationName: 'B' },
  { query: 'query A { __typename } query B { b: __typename }' },
  { query: 'query A { __typename }', operationName: 'C' },
  { query: 'fragment F on Query { __typename }' },
  { query: '{ ...F } fragment F on Query { __typename }' },
  { query: '{ ...F }' },
  { query: '' },
  { query: ' ' },
  { query: '{' },
  { query: '{ nothing }' },
  { query: '{ a: getMeshsyncStatus(connectionID: "c") { name } }' },
  { query: '{ getMeshsyncStatus(connectionID: 1) { name } }' },
  { query: 'query ($a: String) { __typename }' },
  ...[{ b: true }, { b: false }, { b: 'yes' }, { b: 1 }, { b: {} }, {}].map((variables) => ({
    query: skipped,
    variables,
  })),
  ...[{ type: 'components' }, { type: 'relationships' }, { type: 'nothing' }, { type: 1.5 }, { type: true }].map(
    (s) => ({
      query: summary,
      variables: { s },
    }),
  ),
  ...[
    undefined,
    null,
    'text',
    ['text'],
    {},
    { page: '0' },
    { page: 0, pageSize: 5 },
    { page: '0', pageSize: '5', more: 1 },
    { page: [], pageSize: {} },
    { page: true, pageSize: '5' },
    { page: '0', pageSize: '5', visibility: 'private' },
    { page: '0', pageSize: '5', visibility: [null] },
    { page: '0', pageSize: '5', search: null },
  ].map((s) => ({ query: patterns, variables: { s } })),
  {
    query: `query ($s: MeshModelSummarySelector!) {
      m: getMeshModelSummary(selector: $s) { r: relationships { count name name } components { name } ...F }
    }
    fragment F on MeshModelSummary { __typename components { count } }`,
    variables: { s: { type: 'components' } },
  },
]

const models = 'subscribeMeshModelSummary(selector: { type: "components" })'

const refused: readonly Request[] = [
  { query: 'subscription {' },
  { query: 'subscription { nothing }' },
  { query: 'subscription { __typename }' },
  { query: 'subscription { subscribeEvents { nothing } }' },
  { query: 'subscription { a: subscribeEvents { id } b: subscribeEvents { id } }' },
  { query: `subscription { subscribeEvents { id } ${models} { components { name } } }` },
  {
    query: `subscription A { subscribeEvents { id } ...F } fragment F on Subscription { ${models} { components { name } } }`,
  },
  { query: 'subscription { subscribeEvents { id } __typename }' },
  { query: 'subscription { subscribeK8sContext(selector: { page: "0", pageSize: "5" }) { total_count } }' },
  {
    query: 'subscription ($b: Boolean!) { subscribeMesheryControllersStatus @include(if: $b) { status } }',
    variables: { b: false },
  },
]

const live: readonly Request[] = [
  { query: `subscription { ${models} { a: components { name } components { name count } __typename } }` },
  { query: 'subscription { subscribeMesheryControllersStatus(connectionIDs: "a") { status } }' },
  { query: 'subscription { subscribeMesheryControllersStatus { status } }' },
]

describe('the fake answers as gqlgen does', () => {
  test('every query by POST', async () => {
    await using server = await Gqlgen.start()
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    for (const request of queries) {
      expect(await post(fake.url, request), JSON.stringify(request)).toBe(await post(server.url, request))
    }
  })

  test('every subscription over WebSocket', async () => {
    await using server = await Gqlgen.start()
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const compare = async (request: Request, last: 'next' | 'complete'): Promise<void> => {
      const expected = await messages(server.url, request, last)
      expect(await messages(fake.url, request, last), request.query).toEqual(expected)
    }
    for (const request of refused) await compare(request, 'complete')
    for (const request of live) await compare(request, 'next')
  })
})
