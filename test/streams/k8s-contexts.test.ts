import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { isRecord } from '../../src/base/checks.ts'
import type { K8sContextArguments, K8sContextsPage } from '../../src/index.ts'
import { k8sContexts } from '../../src/streams/k8s-contexts.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { claimsFor } from '../sample.ts'
import { asked, everyWay, type Following, following, isLive, scriptedAsk } from './following.ts'

type Way = readonly [release: Release, transport: TransportName]
const pushing = everyWay.filter(([, transport]) => transport === 'websocket')
const path = '/api/system/kubernetes/contexts'

interface At extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly followed: Following<K8sContextsPage>
}

const begin = async (
  [release, transport]: Way,
  prepare: (fake: FakeMeshery) => void = () => {},
  given: K8sContextArguments = {},
): Promise<At> => {
  const fake = await startFakeMeshery({ release })
  prepare(fake)
  const followed = following(fake.url, (meshery, onNotice) => meshery.subscribeK8sContext(given, { onNotice }), {
    transports: [transport],
  })
  const dispose = async (): Promise<void> => {
    await followed[Symbol.asyncDispose]()
    await fake.close()
  }
  return { fake, followed, [Symbol.asyncDispose]: dispose }
}

const context = {
  id: 'c'.repeat(32),
  connection_id: 'cccccccc-0000-4000-8000-000000000001',
  kubernetes_server_id: 'cccccccc-0000-4000-8000-000000000002',
  name: 'kind-one',
  server: 'https://10.0.0.1:6443',
  owner: 'cccccccc-0000-4000-8000-000000000003',
  created_by: 'cccccccc-0000-4000-8000-000000000004',
  meshery_instance_id: 'cccccccc-0000-4000-8000-000000000005',
  deployment_type: 'out_of_cluster',
  version: 'v1.31.2',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
}
const names = ({ contexts }: K8sContextsPage) => contexts.map(({ name }) => name)

claimsFor('on %s over %s', everyWay, (it, way) => {
  const [release] = way

  it('a context has the same fields, all three ids among them, and no secret', async () => {
    await using at = await begin(way, (fake) => fake.contexts.set([context]))
    const { connection_id } = context
    await at.followed.newest((value) =>
      expect(value).toEqual({
        page: 0,
        page_size: 25,
        total_count: 1,
        contexts: [{ ...context, connection_id: release === 'v0.6' ? null : connection_id }],
      }),
    )
    expect(inspect([at.followed.values, at.followed.notices], { depth: 9 })).not.toContain('secret')
  })

  it('changes come as whole pages, in the requested order', async () => {
    await using at = await begin(way, (fake) => fake.contexts.set([{ name: 'b' }, { name: 'd' }]), {
      order: 'name asc',
    })
    const { fake, followed } = at
    await followed.newest((value) => expect(names(value)).toEqual(['b', 'd']))
    const { id } = fake.contexts.add({ name: 'c' })
    await followed.newest((value) => expect(names(value)).toEqual(['b', 'c', 'd']))
    fake.contexts.update(id, { name: 'e' })
    await followed.newest((value) => expect(names(value)).toEqual(['b', 'd', 'e']))
    fake.contexts.remove(id)
    await followed.newest((value) => expect(names(value)).toEqual(['b', 'd']))
  })

  it('a page has the requested size, or the contexts whose name matches the search', async () => {
    const five = (fake: FakeMeshery): void =>
      void fake.contexts.set(['a1', 'b2', 'a3', 'b4', 'a5'].map((name) => ({ name })))
    await using second = await begin(way, five, { page: 1, pageSize: 2, order: 'name asc' })
    await second.followed.newest((value) => expect(value).toMatchObject({ page: 1, page_size: 2, total_count: 5 }))
    expect(second.followed.values.map(names)).toEqual([['a5', 'b2']])
    await using some = await begin(way, five, { search: 'B', order: 'name desc' })
    await some.followed.newest((value) => expect([names(value), value.total_count]).toEqual([['b4', 'b2'], 2]))
  })

  it('all pages are joined where all contexts are requested', async () => {
    await using at = await begin(way, (fake) => fake.contexts.set(Array.from({ length: 120 }, () => ({}))), {
      all: true,
    })
    await at.followed.newest((value) => expect(value).toMatchObject({ page: null, page_size: null, total_count: 120 }))
    expect(at.followed.values[0]?.contexts).toHaveLength(120)
  })

  it('the list is empty where no context exists', async () => {
    await using at = await begin(way)
    await at.followed.newest((value) => expect(value).toEqual({ page: 0, page_size: 25, total_count: 0, contexts: [] }))
  })
})

claimsFor('on %s over %s', pushing, (it, way) => {
  it('`search` and `order` are always sent, without which old servers crash, and no secret is requested', async () => {
    await using at = await begin(way)
    await isLive(at.followed)
    const [payload] = at.fake.stats.received.flatMap((message) =>
      isRecord(message) && message['type'] === 'subscribe' ? [message['payload']] : [],
    )
    expect(payload).toMatchObject({
      variables: { selector: { page: '0', pageSize: '25', search: '', order: 'updated_at desc' } },
    })
    expect(JSON.stringify(payload)).not.toMatch(/\b(auth|cluster)\b/)
    expect(at.followed.subscription.status.reason).toBeNull()
  })

  it('a push is only a signal: many pushes in a moment cause about two reads and one value', async () => {
    await using at = await begin(way)
    const { fake, followed } = at
    await followed.newest((value) => expect(value.contexts).toEqual([]))
    await isLive(followed)
    const before = asked(fake, path)
    for (let count = 0; count < 200; count++) fake.contexts.add({ name: `${count}` })
    await followed.newest((value) => expect(value.total_count).toBe(200))
    expect(asked(fake, path) - before).toBeLessThanOrEqual(3)
    expect(followed.values.length).toBeLessThanOrEqual(3)
  })
})

describe('a row', () => {
  const read = async (row: Readonly<Record<string, unknown>>) => {
    const ask = scriptedAsk(() => ({ totalCount: 1, contexts: [row] }))
    const { contexts } = (await k8sContexts.read(k8sContexts.arguments({}), [], ask, undefined)).value
    return contexts[0]
  }
  const none = Object.fromEntries(Object.keys(context).map((key) => [key, null]))

  it('has null where the server sends no value', async () => {
    expect(await read({})).toEqual(none)
    const nil = '00000000-0000-0000-0000-000000000000'
    expect(await read({ owner: nil, connectionId: nil, name: '', createdAt: '0001-01-01T00:00:00Z' })).toEqual(none)
  })

  it('has only the fields named here, whatever a server adds', async () => {
    expect(await read({ ...context, auth: { token: 'a' }, cluster: {}, reachable: true, novel: 1 })).toEqual(context)
  })
})

it.each([[{ order: 'kind asc' }], [{ page: '0' }], [{ filter: '' }], [7], [null]])(
  'the arguments %j are refused',
  (given) => {
    expect(() => k8sContexts.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  },
)
