import { expect, test } from 'vitest'
import * as v06 from '../../src/generated/v0.6.ts'
import * as v08 from '../../src/generated/v0.8.ts'
import * as v10 from '../../src/generated/v1.0.ts'
import { Gqlgen, until, type World } from './gqlgen.ts'
import { Wire } from './wire.ts'

const selector = { page: '0', pageSize: '10', search: '', order: '' }
const subscribeContexts =
  'subscription ($selector: PageFilter!) { subscribeK8sContext(selector: $selector) { total_count } }'

/** The variables of every shipped document; the server ignores those that a document does not declare. */
const variables = {
  selector,
  patternSelector: selector,
  filterSelector: selector,
  applicationSelector: selector,
  connectionIDs: ['c'],
  k8scontextIDs: ['s'],
  connectionID: 'c',
  k8scontextID: 's',
  namespace: '',
  profileID: 'p',
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly message: string; readonly path?: unknown; readonly extensions?: unknown }[]
}

const ask = async (server: Gqlgen, query: string, given: object = variables): Promise<Answer> => {
  const answer = await fetch(`${server.url}/api/system/graphql/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: given }),
  })
  return (await answer.json()) as Answer
}

const rest = async (server: Gqlgen, path: string): Promise<unknown> => (await fetch(server.url + path)).json()

const controller = (name: string, status: string): World['controllers'][number] => ({
  connectionID: 'c',
  controller: name,
  status,
  version: '',
})

/** The payloads of one operation, once so many have come. */
const payloads = async (wire: Wire, id: string, count: number): Promise<readonly unknown[]> => {
  await until(`${count} messages`, () => wire.of(id).length >= count)
  return wire.of(id).map(({ payload }) => payload)
}

/** Answers a query on the socket: every message sent before it has been received then. */
const settled = async (wire: Wire): Promise<void> => {
  wire.subscribe('settled', '{ testEcho(text: "x") }')
  await wire.next(({ id, type }) => id === 'settled' && type === 'complete')
}

/** By name, the first error of gqlgen against a document; accepted ones are left out. */
async function refusals(server: Gqlgen, documents: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  await using wire = await Wire.open(server.socketUrl)
  for (const [name, document] of Object.entries(documents)) {
    const ofModels = name.startsWith('MeshModelSummary')
    wire.subscribe(name, document, ofModels ? { selector: { type: 'components' } } : variables)
  }
  // gqlgen validates in the order of the messages.
  await settled(wire)
  const found = wire.received.flatMap(({ id, type, payload }) =>
    id !== undefined && type === 'error' ? [[id, (payload as { message: string }[])[0]?.message ?? '']] : [],
  )
  return Object.fromEntries(found)
}

test('accepts every document of v0.8, and names what it does not know in those of other lines', async () => {
  await using server = await Gqlgen.start()
  expect(await refusals(server, v08)).toEqual({})
  const owner = (type: string): string => `Cannot query field "owner" on type "${type}".`
  expect(await refusals(server, v10)).toEqual({
    EventsDocument: owner('Event'),
    PerfProfilesDocument: owner('PerfProfile'),
    PerfProfilesNowDocument: owner('PerfProfile'),
    PerfResultsDocument: owner('MesheryResult'),
    PerfResultsNowDocument: owner('MesheryResult'),
    ConfigurationDocument: owner('PatternResult'),
    PatternsNowDocument: owner('PatternResult'),
    K8sContextDocument:
      'Cannot query field "createdBy" on type "K8sContext". Did you mean "created_by" or "created_at"?',
  })
  const selectors =
    'Unknown argument "applicationSelector" on field "Subscription.subscribeConfiguration". Did you mean "patternSelector"?'
  expect(await refusals(server, v06)).toEqual({
    ClusterResourcesNowDocument: 'Cannot query field "getClusterResources" on type "Query".',
    ConfigurationChangedDocument: selectors,
    ConfigurationDocument: selectors,
    ControllersStatusNowDocument: 'Cannot query field "contextID" on type "MesheryControllersStatusListItem".',
    MesheryControllersStatusDocument: 'Cannot query field "contextId" on type "MesheryControllersStatusListItem".',
  })
})

test('refuses a subscription to two fields, and answers a query for several', async () => {
  await using server = await Gqlgen.start()
  const components = 'subscribeMeshModelSummary(selector: { type: "components" }) { components { name } }'
  expect(await ask(server, `subscription Two { ${components} subscribeEvents { id } }`)).toMatchObject({
    data: null,
    errors: [
      {
        message: 'Subscription "Two" must select only one top level field.',
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ],
  })
  await server.world({ controllers: [controller('OPERATOR', 'RUNNING'), controller('BROKER', 'RUNNING')] })
  expect(await ask(server, v08.ControllersStatusNowDocument)).toEqual({
    data: {
      operator: { ...controller('OPERATOR', 'RUNNING') },
      // Another enum; a missing controller has no name.
      meshsync: { connectionID: 'c', name: '', status: 'UNKNOWN', version: '' },
      broker: { connectionID: 'c', name: 'MesheryBroker', status: 'ENABLED', version: '' },
    },
  })
})

test('returns no data for a query with one failing field that cannot be null', async () => {
  await using server = await Gqlgen.start()
  const results = 'fetchResults(selector: { page: "0", pageSize: "1" }, profileID: "") { total_count }'
  expect(await ask(server, `{ getOperatorStatus(connectionID: "c") { status } ${results} }`)).toEqual({
    data: null,
    errors: [{ message: 'invalid request', path: ['fetchResults'] }],
  })
})

const contexts = (given: object): readonly [string, object] => [subscribeContexts, { selector: given }]
const ids = (given: unknown): readonly [string, object] => [
  'subscription ($ids: [String!]) { subscribeMesheryControllersStatus(connectionIDs: $ids) { status } }',
  { ids: given },
]

test.each([
  ['a variable that is missing', ...contexts({}), 'must be defined', ['variable', 'selector', 'page']],
  [
    'a part of a later release',
    ...contexts({ ...selector, populate: [] }),
    'unknown field',
    ['variable', 'selector', 'populate'],
  ],
  ['null', ...contexts({ ...selector, page: null }), 'cannot be null', ['variable', 'selector', 'page']],
  [
    'a list for a text',
    ...contexts({ ...selector, page: [0] }),
    'cannot use slice as String',
    ['variable', 'selector', 'page'],
  ],
  ['an object for a list', ...ids({}), 'cannot use map as String', ['variable', 'ids', 0]],
])('refuses %s among the variables and names only its path', async (...[, query, given, message, path]) => {
  await using server = await Gqlgen.start()
  expect(await ask(server, query, given)).toEqual({
    data: null,
    errors: [{ message, path, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  })
})

test.each([
  ['a variable that is not declared', ...contexts(selector), { other: 1 }],
  ['a number for a text', ...contexts({ ...selector, page: 0, pageSize: 10 }), {}],
  ['one text for a list of them', ...ids('c'), {}],
  ['numbers for texts', ...ids([1]), {}],
])('accepts %s', async (_, query, given, more) => {
  await using server = await Gqlgen.start()
  expect(await ask(server, query, { ...given, ...more })).toEqual({ data: expect.any(Object) })
})

test.each(['search', 'order'])('panics over contexts without `%s`, and continues', async (missing) => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  const { [missing]: _, ...rest }: Record<string, string> = selector
  wire.subscribe('a', subscribeContexts, { selector: rest })
  expect(await payloads(wire, 'a', 2)).toEqual([
    { data: null, errors: [{ message: 'internal system error', path: ['subscribeK8sContext'] }] },
    undefined,
  ])
  await settled(wire)
})

test('sends controllers as a full list, then as lists of one; nothing for unknown ids', async () => {
  await using server = await Gqlgen.start()
  const [broker, operator] = [controller('BROKER', 'DEPLOYING'), controller('OPERATOR', 'RUNNING')]
  await server.world({ controllers: [broker, operator] })
  await using wire = await Wire.open(server.socketUrl)
  for (const [id, connectionIDs] of Object.entries({ some: ['c', 'other'], none: [], null: null })) {
    wire.subscribe(id, v08.MesheryControllersStatusDocument, { connectionIDs })
  }
  await server.live('subscribeMesheryControllersStatus', 3)
  await payloads(wire, 'some', 1)
  await server.world({ controllers: [{ ...broker, status: 'RUNNING' }, operator] })
  await payloads(wire, 'some', 2)
  // What is gone is not sent.
  await server.world({ controllers: [{ ...operator, version: 'v1' }] })
  const list = (...items: object[]): object => ({ data: { subscribeMesheryControllersStatus: items } })
  expect(await payloads(wire, 'some', 3)).toEqual([
    list(broker, operator),
    list({ ...broker, status: 'RUNNING' }),
    list({ ...operator, version: 'v1' }),
  ])
  await settled(wire)
  expect([await payloads(wire, 'none', 1), await payloads(wire, 'null', 1)]).toEqual([[list()], [list()]])
})

test('sends resources at once and at every signal, equal or not; without ids it is open and sends nothing', async () => {
  await using server = await Gqlgen.start()
  await server.world({ resources: [{ cluster: 's', namespace: '', kind: 'Node', count: 2 }] })
  await using wire = await Wire.open(server.socketUrl)
  for (const [id, k8scontextIDs] of Object.entries({ some: ['s'], none: [], null: null })) {
    wire.subscribe(id, v08.ClusterResourcesDocument, { k8scontextIDs, namespace: '' })
  }
  await server.live('subscribeClusterResources', 3)
  await server.signal('resources', 4)
  const one = { data: { subscribeClusterResources: { resources: [{ kind: 'Node', count: 2 }] } } }
  expect(await payloads(wire, 'some', 5)).toEqual([one, one, one, one, one])
  await settled(wire)
  expect([...wire.of('none'), ...wire.of('null')]).toEqual([])
})

test('sends designs and filters each in a message of its own', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', v08.ConfigurationChangedDocument, variables)
  await payloads(wire, 'a', 2)
  await server.world({ filters: [{ id: '1', name: 'filter', location: {} }] })
  const parts = (patterns: object | null, filters: object | null): object => ({
    data: { subscribeConfiguration: { patterns, filters } },
  })
  expect(await payloads(wire, 'a', 3)).toEqual([
    parts({ total_count: 0 }, null),
    parts(null, { total_count: 0 }),
    parts(null, { total_count: 1 }),
  ])
})

test('an end of a run waits for the next subscriber, once one had subscribed', async () => {
  await using server = await Gqlgen.start()
  await server.world({ profiles: [{ id: 'p', name: 'profile' }] })
  const run = () => server.finishRun({ performance_profile: 'p', name: 'run', server_metrics: { cpu: 1 } })
  // The channels are not there yet.
  await run()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', v08.PerfProfilesChangedDocument, variables)
  await server.live('subscribePerfProfiles', 1)
  wire.send({ id: 'a', type: 'complete' })
  await server.live('subscribePerfProfiles', 0)
  const blocked = run()
  await until('blocked', async () => (await server.state()).blocked === 1)
  wire.subscribe(
    'b',
    'subscription ($selector: PageFilter!) { subscribePerfProfiles(selector: $selector) { profiles { total_results } } }',
    variables,
  )
  expect(await payloads(wire, 'b', 1)).toEqual([
    { data: { subscribePerfProfiles: { profiles: [{ total_results: 2 }] } } },
  ])
  await blocked
  expect((await server.state()).blocked).toBe(0)
  // GraphQL has as text what REST has as any JSON.
  const { data } = await ask(
    server,
    '{ fetchAllResults(selector: { page: "0", pageSize: "1" }) { total_count results { server_metrics } } }',
  )
  expect(data).toEqual({ fetchAllResults: { total_count: 2, results: [{ server_metrics: '{"cpu":1}' }] } })
  expect(await rest(server, '/api/user/performance/profiles/p/results?pagesize=1')).toMatchObject({
    total_count: 2,
    results: [{ server_metrics: { cpu: 1 } }],
  })
})

test('lists over REST with the field names of v0.8, by page, name and order', async () => {
  await using server = await Gqlgen.start()
  const named = (name: string): object => ({ id: name, name, location: {} })
  const rows = ['b', 'a', 'other'].map((name) => ({ ...named(name) }))
  await server.world({ contexts: rows, patterns: rows, filters: rows, profiles: rows })
  for (const [path, key] of [
    ['/api/system/kubernetes/contexts', 'contexts'],
    ['/api/pattern', 'patterns'],
    ['/api/filter', 'filters'],
    ['/api/user/performance/profiles', 'profiles'],
  ]) {
    const page = { page: 1, page_size: 2, total_count: 3, [String(key)]: [named('other')] }
    expect(await rest(server, `${path}?page=1&pagesize=2&order=name%20asc`)).toMatchObject(page)
    expect(await rest(server, `${path}?search=OTH`)).toMatchObject({ page: 0, page_size: 10, total_count: 1 })
    const refused = await fetch(`${server.url}${path}?page=one`)
    expect([refused.status, await refused.text()]).toEqual([500, 'strconv.ParseUint: parsing "one": invalid syntax\n'])
  }
})

test('sums up what MeshSync has seen over REST, without resources that have no model; a cluster must be named', async () => {
  await using server = await Gqlgen.start()
  const pods = (model: string, count: number): World['resources'][number] => ({
    cluster: 's',
    namespace: 'default',
    kind: 'Pod',
    model,
    count,
  })
  await server.world({ resources: [pods('kubernetes', 1), pods('istio', 2), pods('', 4)] })
  const path = '/api/system/meshsync/resources/summary'
  expect(await rest(server, `${path}?clusterId=s&namespace=default`)).toEqual({
    kinds: [
      { Kind: 'Pod', Model: 'kubernetes', Count: 1 },
      { Kind: 'Pod', Model: 'istio', Count: 2 },
    ],
    namespaces: ['default'],
    labels: null,
  })
  expect(await rest(server, `${path}?clusterId=other`)).toMatchObject({ kinds: null })
  expect((await fetch(server.url + path)).status).toBe(400)
  const { data } = await ask(server, v08.ClusterResourcesDocument, { k8scontextIDs: ['s'], namespace: 'default' })
  expect(data).toEqual({ subscribeClusterResources: { resources: [{ kind: 'Pod', count: 7 }] } })
})

test('has the registry over REST, pages counted from 0, and sums it up over GraphQL', async () => {
  await using server = await Gqlgen.start()
  const model = (version: string): World['components'][number]['model'] => ({ name: 'kubernetes', version })
  const edge = (id: string, subType: string): World['relationships'][number] => ({
    id,
    kind: 'edge',
    subType,
    model: model('v1'),
  })
  await server.world({
    components: [
      { id: 'a', kind: 'Pod', model: model('v1') },
      { id: 'b', kind: 'Node', model: model('v1') },
      { id: 'c', kind: 'Pod', model: model('v2') },
    ],
    relationships: [edge('d', 'network'), edge('e', 'mount'), edge('f', 'mount')],
  })
  expect(await rest(server, '/api/meshmodels/components?page=1&pagesize=2')).toEqual({
    page: 1,
    page_size: 2,
    total_count: 3,
    components: [{ id: 'c', component: { kind: 'Pod' }, model: model('v2') }],
  })
  expect(await rest(server, '/api/meshmodels/models?pagesize=all')).toMatchObject({ page_size: 2, total_count: 2 })
  expect(await rest(server, '/api/meshmodels/relationships')).toMatchObject({ page_size: 25, total_count: 3 })
  const summary = async (type: string): Promise<unknown> =>
    (await ask(server, v08.MeshModelSummaryNowDocument, { selector: { type } })).data?.['getMeshModelSummary']
  expect(await summary('components')).toEqual({ components: [{ name: 'kubernetes', count: 2 }], relationships: [] })
  expect(await summary('relationships')).toEqual({ components: [], relationships: [{ name: 'edge', count: 2 }] })
  expect(await summary('models')).toEqual({ components: null, relationships: null })
})
