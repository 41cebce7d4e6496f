import { expect, test } from 'vitest'
import { ConnectionPool } from '../../src/connection/connection-pool.ts'
import { Credentials } from '../../src/credentials/credentials.ts'
import { K8sContextDocument as v08 } from '../../src/generated/v0.8.ts'
import { K8sContextDocument as v10 } from '../../src/generated/v1.0.ts'
import { HttpClient } from '../../src/http/http-client.ts'
import { createMeshery, type Meshery, type MesheryOptions, type Notice, type Subscription } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { RestFallback } from '../../src/states/rest-fallback.ts'
import { StateStream } from '../../src/states/state-stream.ts'
import { k8sContexts } from '../../src/streams/k8s-contexts.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { timeouts } from './attempt.ts'
import { Gqlgen, type RestRow, until, type World } from './gqlgen.ts'

const connectionID = '0b0dd5a1-6d3e-4b8e-9d43-6b1d7a2f2c01'
const clusterID = '3f6a2d54-91c7-4be0-8f0f-0d7a5a1c9e02'
const profileID = '7c1e8e0b-2f37-4d41-a2cb-5b0e5f0d4a03'

const controller = (name: string, status: string): World['controllers'][number] => ({
  connectionID,
  controller: name,
  status,
  version: 'v0.8.1',
})

const pods = (count: number): World['resources'] => [
  { cluster: clusterID, namespace: 'default', kind: 'Pod', count, model: 'kubernetes' },
]

const content = (id: string, name: string): RestRow => ({ id, name, location: {}, visibility: 'private' })

const component = (id: string, version: string): World['components'][number] => ({
  id,
  kind: 'Pod',
  model: { name: 'kubernetes', version },
})

const context: RestRow = {
  id: 'd0e5a7c3b1f94268a7c3b1f94268d0e5',
  name: 'kind',
  connection_id: connectionID,
  kubernetes_server_id: clusterID,
  auth: { token: 'secret' },
}

const world: Partial<World> = {
  contexts: [context],
  controllers: [controller('BROKER', 'CONNECTED'), controller('OPERATOR', 'DEPLOYING')],
  resources: pods(3),
  patterns: [content('1', 'design')],
  filters: [{ ...content('2', 'filter'), filter_file: 'd2FzbQ==' }],
  profiles: [{ id: profileID, name: 'profile', qps: 10, duration: '30s' }],
  components: [component('a', 'v1')],
}

interface Case {
  subscribe(meshery: Meshery, options: { onNotice(notice: Notice): void }): Subscription<unknown>
  change(server: Gqlgen): Promise<unknown>
  readonly first: unknown
  readonly second: unknown
}

const run = (server: Gqlgen): Promise<unknown> => server.finishRun({ performance_profile: profileID, name: 'run' })

const cases: Readonly<Record<string, Case>> = {
  subscribeMesheryControllersStatus: {
    subscribe: (meshery, options) => meshery.subscribeMesheryControllersStatus({}, options),
    change: (server) =>
      server.world({ controllers: [controller('BROKER', 'CONNECTED'), controller('OPERATOR', 'DEPLOYED')] }),
    first: [controller('BROKER', 'CONNECTED'), controller('OPERATOR', 'DEPLOYING')],
    second: [controller('BROKER', 'CONNECTED'), controller('OPERATOR', 'DEPLOYED')],
  },
  subscribePerfProfiles: {
    subscribe: (meshery, options) => meshery.subscribePerfProfiles({}, options),
    change: run,
    first: { total_count: 1, profiles: [{ id: profileID, qps: 10, total_results: 0, last_run: null }] },
    second: { total_count: 1, profiles: [{ id: profileID, qps: 10, total_results: 1, last_run: expect.any(String) }] },
  },
  subscribePerfResults: {
    subscribe: (meshery, options) => meshery.subscribePerfResults({ profileID }, options),
    change: run,
    first: { total_count: 0, results: [] },
    second: { total_count: 1, results: [{ name: 'run', performance_profile: profileID }] },
  },
  subscribeConfiguration: {
    subscribe: (meshery, options) => meshery.subscribeConfiguration({}, options),
    change: (server) => server.world({ filters: [] }),
    first: { patterns: { patterns: [{ name: 'design' }] }, filters: { filters: [{ filter_file: 'd2FzbQ==' }] } },
    second: { patterns: { patterns: [{ name: 'design' }] }, filters: { filters: [] }, applications: null },
  },
  subscribeClusterResources: {
    subscribe: (meshery, options) => meshery.subscribeClusterResources({ namespace: 'default' }, options),
    change: (server) => server.world({ resources: pods(4) }),
    first: { resources: [{ kubernetes_server_id: clusterID, kind: 'Pod', count: 3 }] },
    second: { resources: [{ kubernetes_server_id: clusterID, kind: 'Pod', count: 4 }] },
  },
  subscribeK8sContext: {
    subscribe: (meshery, options) => meshery.subscribeK8sContext({}, options),
    change: (server) => server.world({ contexts: [{ ...context, version: 'v1.32.0' }] }),
    first: { total_count: 1, contexts: [{ name: 'kind', connection_id: connectionID, version: null }] },
    second: { total_count: 1, contexts: [{ name: 'kind', connection_id: connectionID, version: 'v1.32.0' }] },
  },
  subscribeMeshModelSummary: {
    subscribe: (meshery, options) => meshery.subscribeMeshModelSummary({ type: 'components' }, options),
    change: (server) => server.world({ components: [component('a', 'v1'), component('b', 'v2')] }),
    first: { components: [{ name: 'kubernetes', count: 1 }], relationships: [] },
    second: { components: [{ name: 'kubernetes', count: 2 }], relationships: [] },
  },
}

const streams = Object.entries(cases)

/** A state that is read continuously by a client of its own. */
interface Following extends AsyncDisposable {
  readonly subscription: Subscription<unknown>
  readonly values: unknown[]
  readonly notices: Notice[]
  failed?: unknown
  /** Waits for so many values; throws the error of the subscription. */
  received(count: number): Promise<void>
}

const follow = (url: string, subscribe: Case['subscribe'], options: MesheryOptions = {}): Following => {
  const meshery = createMeshery({ url, provider: 'Meshery', polling: { interval: 100, maxInterval: 200 }, ...options })
  const notices: Notice[] = []
  const subscription = subscribe(meshery, { onNotice: (notice) => notices.push(notice) })
  const following: Following = {
    subscription,
    values: [],
    notices,
    async received(count) {
      await until(`${count} values`, () => {
        if ('failed' in following) throw following.failed
        return following.values.length >= count
      })
    },
    [Symbol.asyncDispose]: () => meshery.close(),
  }
  const read = async (): Promise<void> => {
    try {
      for await (const value of subscription) following.values.push(value)
    } catch (error) {
      following.failed = error
    }
  }
  void read()
  return following
}

const overWebSocket: MesheryOptions = { transports: ['websocket'] }

test.concurrent.each(streams)(
  '%s gives a value at once and after a change, and the same when it is polled',
  async (name, { subscribe, change, first, second }) => {
    await using server = await Gqlgen.start()
    await server.world(world)
    await using pushed = follow(server.url, subscribe, overWebSocket)
    await pushed.received(1)
    await server.live(name, 1)
    await server.set({ upgradeStatus: 400 })
    // The two for performance are polled anyway, unless the user chooses a transport.
    await using polled = follow(server.url, subscribe, { transports: ['websocket', 'polling'] })
    await polled.received(1)
    expect([pushed, polled].map(({ subscription }) => subscription.status.state)).toEqual(['live', 'polling'])
    await change(server)
    await pushed.received(2)
    // The summary is polled every ten minutes only.
    if (name !== 'subscribeMeshModelSummary') await polled.received(2)
    expect(pushed.values).toMatchObject([first, second])
    expect(polled.values).toEqual(pushed.values.slice(0, polled.values.length))
    expect(JSON.stringify(pushed.values)).not.toContain('secret')
  },
)

test.concurrent.each(streams)(
  '%s: a change during a cut comes after it, with its gap',
  async (_, { subscribe, change, first, second }) => {
    await using server = await Gqlgen.start()
    await server.world(world)
    await using following = follow(server.url, subscribe, overWebSocket)
    await following.received(1)
    await until('live', () => following.subscription.status.state === 'live')
    await server.set({ upgradeStatus: 503 })
    await server.cancel()
    await until('cut', () => following.subscription.status.state === 'waiting')
    // A run that ends meanwhile waits for its subscriber.
    const changed = change(server)
    await server.set({ upgradeStatus: 0 })
    await following.received(2)
    await changed
    expect(following.values).toMatchObject([first, second])
    await until('the gap', () => following.notices.find(({ kind }) => kind === 'gap'))
    expect(following.notices.filter(({ kind }) => kind === 'gap')).toMatchObject([{ complete: true, recovered: 1 }])
  },
)

test('a controller that was removed during a cut is removed from the list', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  const { subscribe } = cases['subscribeMesheryControllersStatus'] as Case
  await using following = follow(server.url, subscribe, overWebSocket)
  await following.received(1)
  await server.world({ controllers: [controller('BROKER', 'CONNECTED')] })
  await server.cancel()
  await following.received(2)
  expect(following.values[1]).toEqual([controller('BROKER', 'CONNECTED')])
})

test('an unknown id is reported by a notice, and its controllers come once the server knows it', async () => {
  await using server = await Gqlgen.start()
  await using following = follow(
    server.url,
    (meshery, options) => meshery.subscribeMesheryControllersStatus({ connectionIDs: [connectionID] }, options),
    overWebSocket,
  )
  await following.received(1)
  expect(following.values).toEqual([[]])
  expect(following.notices).toContainEqual({ kind: 'unknown', ids: [connectionID] })
  await server.world({ controllers: [controller('OPERATOR', 'UNKOWN')] })
  await following.received(2)
  expect(following.values[1]).toEqual([{ ...controller('OPERATOR', 'UNKNOWN') }])
})

test('two clusters have an operation each, and the value contains both', async () => {
  await using server = await Gqlgen.start()
  const other = { ...context, id: 'other', connection_id: profileID, kubernetes_server_id: profileID }
  const inOther = { ...pods(7)[0], cluster: profileID } as World['resources'][number]
  await server.world({ contexts: [context, other], resources: [...pods(3), inOther] })
  const { subscribe } = cases['subscribeClusterResources'] as Case
  await using following = follow(server.url, subscribe, overWebSocket)
  await following.received(1)
  await server.live('subscribeClusterResources', 2)
  expect(following.values).toMatchObject([
    {
      resources: [
        { kubernetes_server_id: clusterID, count: 3 },
        { kubernetes_server_id: profileID, count: 7 },
      ],
    },
  ])
})

test('a flood of identical messages is one value', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  const { subscribe, first, second } = cases['subscribeClusterResources'] as Case
  await using following = follow(server.url, subscribe, overWebSocket)
  await following.received(1)
  await server.signal('resources', 50)
  await server.world({ resources: pods(4) })
  await following.received(2)
  expect(following.values).toMatchObject([first, second])
})

test('of two clients on the channel for profiles, each end of a run reaches one', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  const { subscribe } = cases['subscribePerfProfiles'] as Case
  await using one = follow(server.url, subscribe, overWebSocket)
  await using other = follow(server.url, subscribe, overWebSocket)
  await Promise.all([one.received(1), other.received(1)])
  await server.live('subscribePerfProfiles', 2)
  const totals = ({ values }: Following): unknown[] =>
    values.map((value) => (value as { profiles: { total_results: number }[] }).profiles[0]?.total_results)
  await run(server)
  await until('one received it', () => one.values.length + other.values.length === 3)
  // The one that received the first is now the second in the queue.
  await run(server)
  await until('both received one', () => one.values.length === 2 && other.values.length === 2)
  expect([totals(one), totals(other)].sort()).toEqual([
    [0, 1],
    [0, 2],
  ])
})

test('by default every client polls for the ends of runs: all receive each, and none blocks another', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  const { subscribe, second } = cases['subscribePerfProfiles'] as Case
  await using one = follow(server.url, subscribe)
  await using other = follow(server.url, subscribe)
  await Promise.all([one.received(1), other.received(1)])
  await run(server)
  await Promise.all([one.received(2), other.received(2)])
  expect([one.values[1], other.values[1]]).toMatchObject([second, second])
  const { started, upgrades, blocked } = await server.state()
  expect({ perf: started['subscribePerfProfiles'], upgrades, blocked }).toEqual({
    perf: undefined,
    upgrades: 0,
    blocked: 0,
  })
})

test('a state that is refused for its credentials ends with that error', async () => {
  await using server = await Gqlgen.start(['-token', 'right'])
  const { subscribe } = cases['subscribeK8sContext'] as Case
  await using following = follow(server.url, subscribe, { token: 'wrong' })
  await until('failed', () => 'failed' in following)
  expect(following.failed).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
})

/** The contexts with documents of the test in place of theirs; `variants` remembers the variant that the server accepts. */
async function withDocuments(url: string, documents: readonly string[], variants: Map<string, number> = new Map()) {
  const credentials = new Credentials({ identity: { provider: 'Meshery' }, setsCookies: true })
  const server = new HttpClient(nodePlatform(), credentials, {
    url: new URL(url),
    headers: {},
    connectionParams: undefined,
  })
  const policy = { attempts: 3 }
  const connections = new ConnectionPool(new Map([['websocket', websocket]]), { server, timeouts, policy })
  const wanted = k8sContexts.arguments({})
  const stream = new StateStream({ ...k8sContexts, documents }, wanted, {
    order: ['websocket'],
    join: (name, listener) => connections.join(name, listener),
    version: (signal) => connections.version(signal),
    documentVariants: variants,
    firstByte: 20_000,
    rest: new RestFallback(server, timeouts.request),
    credentials,
    policy,
    credentialsTimeoutMs: timeouts.connect,
  })
  const states: unknown[] = []
  const subscriber = stream.join((notice) => notice.kind === 'status' && states.push(notice.state))
  stream.start()
  return {
    ready: subscriber.ready.promise,
    states,
    [Symbol.asyncDispose]: async () => {
      stream.close()
      await connections.close()
    },
  }
}

/** A variant that no release has. */
const unknown = 'subscription ($selector: PageFilter!) { subscribeK8sContext(selector: $selector) { contextID } }'

test('of several document variants the first one that gqlgen accepts is kept, and used first from then on', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  const variants = new Map<string, number>()
  for (let round = 1; round <= 2; round++) {
    await using stream = await withDocuments(server.url, [v10, unknown, v08], variants)
    await stream.ready
    expect(stream.states.at(-1)).toBe('live')
    await server.live('subscribeK8sContext', 1)
    expect(variants).toEqual(new Map([['subscribeK8sContext', 2]]))
  }
  expect((await server.state()).started['subscribeK8sContext']).toBe(2)
})

test('a document without a variant that gqlgen accepts is one error that names the field', async () => {
  await using server = await Gqlgen.start()
  await using stream = await withDocuments(server.url, [v10, unknown])
  await expect(stream.ready).rejects.toMatchObject({
    message: expect.stringContaining('Cannot query field "contextID" on type "K8sContextsPage".'),
    cause: { code: 'UNSUPPORTED', details: { field: 'contextID' } },
  })
  await using meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  const selector = { page: '0', pageSize: '10' }
  await expect(meshery.subscribe(v10, { selector }).closed).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('Cannot query field "createdBy" on type "K8sContext". Did you mean'),
    details: { field: 'createdBy' },
  })
})

test('variables that the document does not declare are ignored', async () => {
  await using server = await Gqlgen.start()
  await server.world(world)
  await using meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  const selector = { page: '0', pageSize: '10', search: '', order: '' }
  const document = 'subscription ($selector: PageFilter!) { subscribeK8sContext(selector: $selector) { total_count } }'
  for await (const value of meshery.subscribe(document, { selector, applicationSelector: selector, page: 0 })) {
    expect(value).toEqual({ subscribeK8sContext: { total_count: 1 } })
    break
  }
})

test('a wrong variable ends the subscription with the error of gqlgen, which names only its path', async () => {
  await using server = await Gqlgen.start()
  await using meshery = createMeshery({ url: server.url, provider: 'Meshery' })
  const document = 'subscription ($selector: PageFilter!) { subscribeK8sContext(selector: $selector) { total_count } }'
  await expect(meshery.subscribe(document, { selector: { page: '0' } }).closed).rejects.toMatchObject({
    retryable: false,
    details: { errors: [{ message: 'must be defined', path: ['variable', 'selector', 'pageSize'] }] },
  })
})
