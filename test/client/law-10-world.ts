import type { Meshery, Subscription } from '../../src/index.ts'
import { clusterResources } from '../../src/streams/cluster-resources.ts'
import { configuration } from '../../src/streams/configuration.ts'
import { controllersStatus } from '../../src/streams/controllers-status.ts'
import { events } from '../../src/streams/events.ts'
import { k8sContexts } from '../../src/streams/k8s-contexts.ts'
import { meshModelSummary } from '../../src/streams/meshmodel-summary.ts'
import { perfProfiles } from '../../src/streams/perf-profiles.ts'
import { perfResults } from '../../src/streams/perf-results.ts'
import type { FakeMeshery, NewEvent } from '../../src/testing/index.ts'

const id = (first: string, number: number): string =>
  `${first.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`

/** A time in the test's world, later ones by greater numbers. */
const at = (second: number): string => `2026-01-02T03:04:${String(second).padStart(2, '0')}.5Z`

/** The user of the Local provider, under the id of the releases that have one for it. */
export const localUser = 'a449604d-3f10-58f4-95ff-a9385c2fad6a'
export const remoteUser: string = id('5', 1)

/** The acts that are played on a fake, and the values that every release should give. */
export interface Subject {
  readonly title: string
  readonly declared: {
    readonly kind: 'log' | 'state'
    readonly since: string
    readonly name: string
    readonly documents: readonly string[]
    readonly sse?: unknown
    readonly readEveryMs?: { readonly polling: number; readonly live: number }
  }
  subscribe(meshery: Meshery): Subscription<unknown>
  /** Each act of the play, and the newest value after it; for events, all of them in their order. */
  readonly acts: readonly { readonly play: (fake: FakeMeshery) => unknown; readonly truth: unknown }[]
  /** What must exist before the first subscription. */
  prepare?(fake: FakeMeshery): void
}

/** The expected values belong to a user; for the Local provider the fake does not get it, and uses its own. */
export const subjectsFor = (user: string): readonly Subject[] => {
  const owned = user === localUser ? {} : { user_id: user }
  const ids = (letter: string) => ({
    id: letter.repeat(32),
    connection_id: id(letter, 1),
    kubernetes_server_id: id(letter, 2),
  })
  const [a, b] = [ids('a'), ids('b')]
  const page = { page: 0, page_size: 25 }
  return [
    ...[eventsOf(user, user === localUser ? {} : { userID: user })],
    contextsOf(user, user === localUser ? {} : { owner: user, created_by: user }, [a, b], page),
    controllersOf(a, b),
    resourcesOf(a, b),
    configurationOf(user, owned, page),
    profilesOf(user, owned, page),
    resultsOf(user, owned, page),
    ...registry(),
  ]
}

interface Ids {
  readonly id: string
  readonly connection_id: string
  readonly kubernetes_server_id: string
}
type Numbers = Readonly<Record<'page' | 'page_size', number>>

/** An event without its user. */
export const worldEvent = (number: number): NewEvent => ({
  id: id('e', number),
  actedUpon: id('e', 11),
  operationID: id('e', 20 + number),
  systemID: id('e', 12),
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'A <design> & its "parts"',
  metadata: { error: { ProbableCause: ['none'] } },
  createdAt: at(number),
  updatedAt: at(number + 1),
  deletedAt: null,
})

function eventsOf(userID: string, owned: object): Subject {
  const truth = [1, 2].map((number) => ({ ...worldEvent(number), userID }))
  return {
    title: 'events',
    declared: events,
    subscribe: (meshery) => meshery.subscribeEvents(),
    acts: [1, 2].map((number) => ({
      play: (fake) => fake.events.add({ ...worldEvent(number), ...owned }),
      truth: truth.slice(0, number),
    })),
  }
}

function contextsOf(user: string, owned: object, [a, b]: readonly [Ids, Ids], page: Numbers): Subject {
  const context = (of: Ids, name: string) => ({
    ...of,
    name,
    server: 'https://10.0.0.1:6443',
    meshery_instance_id: id('9', 1),
    deployment_type: 'out_of_cluster',
    version: 'v1.31.2',
    created_at: at(1),
    updated_at: at(2),
  })
  const [first, second, changed] = [context(a, 'one'), context(b, 'two'), { ...context(b, 'zwei'), updated_at: at(3) }]
  const truth = (...rows: (typeof first)[]) => ({
    ...page,
    total_count: rows.length,
    contexts: rows.map((row) => ({ ...row, owner: user, created_by: user })),
  })
  return {
    title: 'contexts',
    declared: k8sContexts,
    subscribe: (meshery) => meshery.subscribeK8sContext({ order: 'name asc' }),
    acts: [
      {
        play: (fake) => fake.contexts.set([first, second].map((row) => ({ ...row, ...owned }))),
        truth: truth(first, second),
      },
      { play: (fake) => fake.contexts.update(b.id, changed), truth: truth(first, changed) },
      { play: (fake) => fake.contexts.remove(a.id), truth: truth(changed) },
    ],
  }
}

function controllersOf(a: Ids, b: Ids): Subject {
  const item = (
    of: Ids,
    controller: 'BROKER' | 'MESHSYNC' | 'OPERATOR',
    status: string,
    version: string | null = 'v0.8.5',
  ) => ({
    connectionID: of.connection_id,
    controller,
    status,
    version,
  })
  const items = [
    item(a, 'BROKER', 'RUNNING'),
    item(a, 'MESHSYNC', 'CONNECTED'),
    item(a, 'OPERATOR', 'DEPLOYED', null),
    item(b, 'BROKER', 'UNDEPLOYED'),
    item(b, 'MESHSYNC', 'UNKNOWN'),
    item(b, 'OPERATOR', 'DEPLOYING'),
  ]
  const later = [
    item(a, 'BROKER', 'DEPLOYED'),
    item(a, 'OPERATOR', 'UNKNOWN'),
    item(b, 'MESHSYNC', 'ENABLED'),
    item(b, 'OPERATOR', 'NOTDEPLOYED', 'v0.9.0'),
  ]
  const set = (fake: FakeMeshery, rows: typeof items): void => {
    for (const { connectionID, controller, status, version } of rows)
      fake.controllers.set(connectionID, controller, { status, version: version ?? '' })
  }
  const news = new Map(later.map((one) => [one.connectionID + one.controller, one]))
  return {
    title: 'controllers',
    declared: controllersStatus,
    // Active from the beginning: no server pushes `DEPLOYED` for others.
    prepare: (fake) => {
      fake.contexts.set([a, b])
      set(fake, [item(a, 'OPERATOR', 'NOTDEPLOYED'), item(b, 'OPERATOR', 'NOTDEPLOYED')])
    },
    subscribe: (meshery) => meshery.subscribeMesheryControllersStatus(),
    acts: [
      { play: (fake) => set(fake, items), truth: items },
      {
        play: (fake) => set(fake, later),
        truth: items.map((one) => news.get(one.connectionID + one.controller) ?? one),
      },
    ],
  }
}

function resourcesOf(a: Ids, b: Ids): Subject {
  const row = (of: Ids, kind: string, count: number) => ({
    kubernetes_server_id: of.kubernetes_server_id,
    namespace: 'default',
    kind,
    count,
  })
  return {
    title: 'resources',
    declared: clusterResources,
    prepare: (fake) => void fake.contexts.set([b, a]),
    subscribe: (meshery) => meshery.subscribeClusterResources({ namespace: 'default' }),
    acts: [
      {
        play: (fake) => {
          fake.resources.set(a.kubernetes_server_id, 'default', 'Pod', 3)
          fake.resources.set(b.kubernetes_server_id, 'default', 'Deployment', 1)
        },
        truth: { resources: [row(a, 'Pod', 3), row(b, 'Deployment', 1)] },
      },
      {
        play: (fake) => {
          fake.resources.set(a.kubernetes_server_id, 'default', 'Gateway', 2, 'istio-base')
          fake.resources.set(a.kubernetes_server_id, 'default', 'Gateway', 3)
          fake.resources.set(b.kubernetes_server_id, 'default', 'Deployment', 0)
        },
        truth: { resources: [row(a, 'Gateway', 5), row(a, 'Pod', 3)] },
      },
    ],
  }
}

function configurationOf(user_id: string, owned: object, page: Numbers): Subject {
  const content = (number: number, name: string, second: number) => ({
    id: id('d', number),
    name,
    location: { branch: 'main', host: 'github.com', path: 'a/b', type: 'github' },
    visibility: 'private',
    created_at: at(second),
    updated_at: at(second + 1),
  })
  const design = (number: number, second: number) => ({
    ...content(number, `design ${number}`, second),
    pattern_file: 'name: a\nservices: {}\n',
    catalog_data: { published_version: '0.0.1' },
  })
  const filter = {
    ...content(3, 'filter', 1),
    filter_file: Buffer.from('\0asm').toString('base64'),
    filter_resource: '{"a":1}',
    catalog_data: { class: 'community' },
  }
  const application = { ...content(4, 'application', 1), application_file: 'kind: Deployment\n' }
  const [first, second] = [design(1, 1), design(2, 3)]
  const type = 'Helm Chart'
  const truth = (...designs: (typeof first)[]) => ({
    applications: { ...page, total_count: 1, applications: [{ ...application, user_id, type: 'Kubernetes Manifest' }] },
    patterns: { ...page, total_count: designs.length, patterns: designs.map((one) => ({ ...one, user_id, type })) },
    filters: { ...page, total_count: 1, filters: [{ ...filter, user_id }] },
  })
  const add = (fake: FakeMeshery, one: typeof first): unknown =>
    fake.configuration.addPattern({ ...one, ...owned, type: { String: type, Valid: true } })
  return {
    title: 'configuration',
    declared: configuration,
    subscribe: (meshery) => meshery.subscribeConfiguration(),
    acts: [
      {
        play: (fake) => {
          fake.configuration.addFilter({ ...filter, ...owned, filter_file: '\0asm' })
          fake.configuration.addApplication({ ...application, ...owned })
          add(fake, first)
        },
        truth: truth(first),
      },
      { play: (fake) => add(fake, second), truth: truth(second, first) },
    ],
  }
}

const profile = {
  id: id('f', 1),
  name: 'nightly',
  concurrent_request: 4,
  qps: 100,
  duration: '30s',
  endpoints: ['http://a', 'http://b'],
  load_generators: ['fortio'],
  service_mesh: 'istio',
  request_headers: '{"a":"b"}',
  request_cookies: '{"c":"d"}',
  request_body: 'body',
  content_type: 'application/json',
  metadata: { ssl: true },
  created_at: at(1),
  updated_at: at(2),
}

const run = (number: number, second: number) => ({
  meshery_id: id('f', 10 + number),
  name: `run ${number}`,
  mesh: 'istio',
  test_id: id('f', 20 + number),
  runner_results: { ActualQPS: 99.5, DurationHistogram: { Count: 3 } },
  test_start_time: at(second),
  created_at: at(second + 1),
  updated_at: at(second + 2),
})

function profilesOf(user_id: string, owned: object, page: Numbers): Subject {
  const truth = (row: object) => ({ ...page, total_count: 1, profiles: [{ ...profile, user_id, ...row }] })
  return {
    title: 'profiles',
    declared: perfProfiles,
    prepare: (fake) => void fake.perf.addProfile({ ...profile, ...owned, total_results: 6, last_run: at(1) }),
    subscribe: (meshery) => meshery.subscribePerfProfiles(),
    acts: [
      { play: () => {}, truth: truth({ total_results: 6, last_run: at(1) }) },
      {
        play: async (fake) => {
          const done = fake.perf.finishRun(profile.id, run(1, 5))
          fake.perf.updateProfile(profile.id, { updated_at: at(7) })
          await done
        },
        truth: truth({ total_results: 7, last_run: at(6), updated_at: at(7) }),
      },
    ],
  }
}

function resultsOf(user_id: string, owned: object, page: Numbers): Subject {
  const metrics = { server_metrics: { data: [1] }, server_board_config: 'as it came' }
  const of = {
    performance_profile: profile.id,
    user_id,
    server_metrics: '{"data":[1]}',
    server_board_config: 'as it came',
  }
  const [one, two] = [run(1, 5), run(2, 15)]
  const truth = (...rows: (typeof one)[]) => ({
    ...page,
    total_count: rows.length,
    results: rows.map((row) => ({ ...row, ...of })),
  })
  return {
    title: 'results',
    declared: perfResults,
    prepare: (fake) => {
      fake.perf.addProfile({ ...profile, ...owned })
      void fake.perf.finishRun(profile.id, { ...one, ...owned, ...metrics })
    },
    subscribe: (meshery) => meshery.subscribePerfResults({ profileID: profile.id, order: 'name desc' }),
    acts: [
      { play: () => {}, truth: truth(one) },
      { play: (fake) => fake.perf.finishRun(profile.id, { ...two, ...owned, ...metrics }), truth: truth(two, one) },
    ],
  }
}

function registry(): readonly Subject[] {
  const fill = (fake: FakeMeshery): void =>
    fake.registry.fill({
      components: [
        { model: 'istio', version: 'v1' },
        { model: 'istio', version: 'v1', kind: 'Gateway' },
        { model: 'istio', version: 'v2' },
        { model: 'kubernetes', version: 'v1' },
      ],
      relationships: [
        { model: 'istio', kind: 'edge', subType: 'network' },
        { model: 'istio', kind: 'edge', subType: 'mount' },
        { model: 'kubernetes', kind: 'edge', subType: 'network' },
        { model: 'kubernetes', kind: 'hierarchical', subType: 'parent' },
      ],
    })
  return [
    {
      title: 'components of the registry',
      declared: meshModelSummary,
      prepare: fill,
      subscribe: (meshery) => meshery.subscribeMeshModelSummary({ type: 'components' }),
      acts: [
        { play: () => {}, truth: { components: [count('istio', 2), count('kubernetes', 1)], relationships: [] } },
        {
          play: (fake) => fake.registry.addComponent({ model: 'argo', version: 'v1' }),
          truth: { components: [count('argo', 1), count('istio', 2), count('kubernetes', 1)], relationships: [] },
        },
      ],
    },
    {
      title: 'relationships of the registry',
      declared: meshModelSummary,
      prepare: fill,
      subscribe: (meshery) => meshery.subscribeMeshModelSummary({ type: 'relationships' }),
      acts: [
        { play: () => {}, truth: { components: [], relationships: [count('edge', 2), count('hierarchical', 1)] } },
        {
          play: (fake) => fake.registry.addRelationship({ model: 'argo', kind: 'edge', subType: 'permission' }),
          truth: { components: [], relationships: [count('edge', 3), count('hierarchical', 1)] },
        },
      ],
    },
  ]
}

const count = (name: string, number: number) => ({ name, count: number })
