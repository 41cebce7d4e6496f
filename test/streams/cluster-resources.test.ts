import { describe, expect, it } from 'vitest'
import { isRecord } from '../../src/base/checks.ts'
import type { ClusterResources, MesheryOptions } from '../../src/index.ts'
import { clusterResources } from '../../src/streams/cluster-resources.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { hasty, impatient } from '../client/watching.ts'
import { claimsFor, sampled } from '../sample.ts'
import { eventually } from '../waiting.ts'
import { asked, everyWay, type Following, following, isLive, scriptedAsk } from './following.ts'

type Way = readonly [release: Release, transport: TransportName]
const pushing = everyWay.filter(([, transport]) => transport === 'websocket')
const summary = '/api/system/meshsync/resources/summary'

const cluster = (letter: string) => ({
  id: letter.repeat(32),
  connection_id: `${letter.repeat(8)}-0000-4000-8000-000000000001`,
  kubernetes_server_id: `${letter.repeat(8)}-0000-4000-8000-000000000002`,
})
const [a, b] = [cluster('a'), cluster('b')]

interface At extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly followed: Following<ClusterResources>
}

const begin = async (
  [release, transport]: Way,
  prepare: (fake: FakeMeshery) => void = () => {},
  given: { readonly namespace?: string; readonly contexts?: readonly string[] } = {},
  timeouts: MesheryOptions['timeouts'] = hasty.timeouts,
): Promise<At> => {
  const fake = await startFakeMeshery({ release })
  prepare(fake)
  const followed = following(
    fake.url,
    (meshery, onNotice) => meshery.subscribeClusterResources({ namespace: 'default', ...given }, { onNotice }),
    { transports: [transport], timeouts },
  )
  const dispose = async (): Promise<void> => {
    await followed[Symbol.asyncDispose]()
    await fake.close()
  }
  return { fake, followed, [Symbol.asyncDispose]: dispose }
}

const filled = (fake: FakeMeshery): void => {
  fake.contexts.set([b, a])
  fake.resources.set(a.kubernetes_server_id, 'default', 'Pod', 3)
  fake.resources.set(a.kubernetes_server_id, 'default', 'Deployment', 1)
  fake.resources.set(a.kubernetes_server_id, 'other', 'Pod', 9)
  fake.resources.set(a.kubernetes_server_id, '', 'Node', 4)
  fake.resources.set(b.kubernetes_server_id, 'default', 'Pod', 5)
}
const brief = ({ resources }: ClusterResources): string[] =>
  resources.map(({ kubernetes_server_id, kind, count }) => `${kubernetes_server_id.slice(0, 1)} ${kind} ${count}`)

claimsFor('on %s over %s', everyWay, (it, way) => {
  it('each cluster has its own counts, sorted by cluster and kind', async () => {
    await using at = await begin(way, filled)
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Deployment 1', 'a Pod 3', 'b Pod 5']))
    expect(at.followed.values[0]?.resources[0]).toEqual({
      kubernetes_server_id: a.kubernetes_server_id,
      namespace: 'default',
      kind: 'Deployment',
      count: 1,
    })
    at.fake.resources.set(b.kubernetes_server_id, 'default', 'Pod', 6)
    at.fake.resources.set(a.kubernetes_server_id, 'default', 'Deployment', 0)
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Pod 3', 'b Pod 6']))
  })

  it('a cluster is found by any of its ids, although the wire accepts only one', async () => {
    // v0.6 does not send connections.
    const ids = [a.id, a.kubernetes_server_id, ...(way[0] === 'v0.6' ? [] : [a.connection_id])]
    for (const id of ids) {
      await using at = await begin(way, filled, { contexts: [id] })
      await at.followed.newest((value) => expect(brief(value)).toEqual(['a Deployment 1', 'a Pod 3']))
      expect(at.followed.notices.map(({ kind }) => kind)).not.toContain('unknown')
    }
  })

  it('without a namespace the list has the resources outside namespaces, and the number of namespaces', async () => {
    await using at = await begin(way, filled, { namespace: '' })
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Namespace 2', 'a Node 4', 'b Namespace 1']))
  })

  it('an unknown id is reported, and followed when its cluster comes', async () => {
    await using at = await begin(way, filled, { contexts: [a.id, 'c'.repeat(32)] })
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Deployment 1', 'a Pod 3']))
    expect(at.followed.notices).toContainEqual({ kind: 'unknown', ids: ['c'.repeat(32)] })
  })

  it('without any cluster the list is empty, and no server receives an operation that it never answers', async () => {
    await using at = await begin(way)
    await at.followed.newest((value) => expect(value).toEqual({ resources: [] }))
    expect(at.fake.stats.operations).toBe(0)
  })

  it('an empty cluster has an empty list', async () => {
    await using at = await begin(way, (fake) => fake.contexts.set([a]))
    await at.followed.newest((value) => expect(value).toEqual({ resources: [] }))
  })

  it('rows of one kind and several models are one row', async () => {
    await using at = await begin(way, (fake) => {
      fake.contexts.set([a])
      fake.resources.set(a.kubernetes_server_id, 'default', 'Gateway', 2, 'istio-base')
      fake.resources.set(a.kubernetes_server_id, 'default', 'Gateway', 3, 'kubernetes')
    })
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Gateway 5']))
  })

  it('after a restart a new cluster is followed and a removed one is not, in the order of their ids', async () => {
    await using at = await begin(way, (fake) => {
      fake.contexts.set([b])
      fake.resources.set(a.kubernetes_server_id, 'default', 'Pod', 1)
      fake.resources.set(b.kubernetes_server_id, 'default', 'Pod', 2)
    })
    const { fake, followed } = at
    await followed.newest((value) => expect(brief(value)).toEqual(['b Pod 2']))
    const restart = async (): Promise<void> => {
      await fake.stop()
      await eventually(() => expect(followed.subscription.status.state).toBe('waiting'))
      await fake.start()
    }
    fake.contexts.add(a)
    await restart()
    await followed.newest((value) => expect(brief(value)).toEqual(['a Pod 1', 'b Pod 2']))
    fake.contexts.remove(b.id)
    await restart()
    await followed.newest((value) => expect(brief(value)).toEqual(['a Pod 1']))
  })
})

claimsFor('on %s over %s', pushing, (it, way) => {
  it('a flood of equal messages is one value, without requests', async () => {
    await using at = await begin(way, filled)
    const { fake, followed } = at
    await followed.newest((value) => expect(brief(value)).toHaveLength(3))
    await isLive(followed)
    const { length } = fake.stats.requests
    fake.resources.flood(500)
    fake.resources.set(b.kubernetes_server_id, 'default', 'Pod', 7)
    await followed.newest((value) => expect(brief(value)).toContain('b Pod 7'))
    expect(followed.values).toHaveLength(2)
    expect(fake.stats.requests).toHaveLength(length)
  })

  it('a change in another cluster gives no value', async () => {
    await using at = await begin(way, filled)
    const { fake, followed } = at
    await followed.newest((value) => expect(brief(value)).toHaveLength(3))
    fake.resources.set(a.kubernetes_server_id, 'other', 'Pod', 10)
    fake.resources.set(b.kubernetes_server_id, 'default', 'Pod', 7)
    await followed.newest((value) => expect(brief(value)).toContain('b Pod 7'))
    expect(followed.values).toHaveLength(2)
  })

  it('each cluster has its own operation, by its own id, since a server adds several up', async () => {
    await using at = await begin(way, filled)
    await at.followed.newest((value) => expect(brief(value)).toHaveLength(3))
    const wanted = at.fake.stats.received.flatMap((message) => {
      const payload = isRecord(message) && message['type'] === 'subscribe' ? message['payload'] : undefined
      return isRecord(payload) ? [payload['variables']] : []
    })
    expect(wanted).toEqual(
      [a, b].map(({ kubernetes_server_id }) => ({ k8scontextIDs: [kubernetes_server_id], namespace: 'default' })),
    )
  })

  it('a kind without a model is counted, unlike in the summary over REST', async () => {
    await using at = await begin(way, (fake) => {
      fake.contexts.set([a])
      fake.resources.set(a.kubernetes_server_id, 'default', 'Odd', 2, null)
    })
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Odd 2']))
    expect(asked(at.fake, summary)).toBe(0)
  })
})

describe.concurrent.each(sampled(['v0.6', 'v0.7'] as const, 1, 'POST'))('%s', (release) => {
  it('is polled by POSTing the subscription, always with the id of a cluster: without one the server would never answer', async () => {
    const asked: unknown[] = []
    await using at = await begin([release, 'polling'], (fake) => {
      filled(fake)
      fake.graphql('subscribeClusterResources', async function* (args, signal) {
        asked.push(args['k8scontextIDs'])
        yield { resources: [{ kind: 'Pod', count: asked.length }] }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
    })
    await at.followed.newest(({ resources }) => expect(resources.map(({ count }) => count)).toEqual([3, 4]))
    expect(new Set(asked.map(String))).toEqual(new Set([a, b].map(({ kubernetes_server_id }) => kubernetes_server_id)))
    expect(at.followed.subscription.status).toMatchObject({ state: 'polling', transport: 'polling' })
    // The summary is requested once, when the first of the clusters is read.
    expect(at.fake.stats.requests.filter(({ path }) => path === summary).length).toBeLessThan(3)
  })

  it('that never answers is aborted within the request time-out, and polled again', async () => {
    let calls = 0
    const prepare = (fake: FakeMeshery): void => {
      fake.contexts.set([a])
      fake.graphql('subscribeClusterResources', async function* (_, signal) {
        if (++calls > 1) yield { resources: [{ kind: 'Pod', count: calls }] }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      })
    }
    await using at = await begin([release, 'polling'], prepare, {}, impatient)
    await at.followed.newest((value) => expect(brief(value)).toEqual(['a Pod 2']))
    expect(at.followed.notices).toContainEqual(
      expect.objectContaining({
        kind: 'status',
        state: 'waiting',
        reason: expect.objectContaining({ code: 'TIMED_OUT' }),
      }),
    )
  })
})

describe('the summary over REST', () => {
  const read = async (body: unknown): Promise<ClusterResources> => {
    const wanted = clusterResources.arguments({ namespace: 'default' })
    return (
      await clusterResources.read(
        wanted,
        ['uid'],
        scriptedAsk(() => body),
        undefined,
      )
    ).value
  }
  const one = (kind: string, count: number) => ({ kubernetes_server_id: 'uid', namespace: 'default', kind, count })

  it.each([
    [{ kinds: [{ kind: 'Pod', model: 'kubernetes', count: 2 }] }, [one('Pod', 2)]],
    [{ kinds: [{ Kind: 'Pod', Model: 'kubernetes', Count: 2 }] }, [one('Pod', 2)]],
    [{ kinds: [{ Kind: 'Pod', Count: 2 }] }, [one('Pod', 2)]],
    [
      {
        kinds: [
          { kind: 'Pod', count: 2 },
          { kind: 'Pod', count: 3 },
        ],
      },
      [one('Pod', 5)],
    ],
    [{ kinds: null, namespaces: null, labels: null }, []],
    [{ kinds: [null, 7, {}, { kind: '' }, { kind: 'Pod' }] }, [one('Pod', 0)]],
  ])('%j is %j', async (body, resources) => {
    expect(await read(body)).toEqual({ resources })
  })

  it('is an error where the response has another shape', async () => {
    for (const body of [null, [], 'text', {}, { namespaces: [] }, { kinds: {} }, { kinds: 'none' }])
      await expect(read(body)).rejects.toMatchObject({ code: 'NOT_MESHERY' })
  })

  it('contains the cluster and the namespace, an empty one too', async () => {
    const paths: string[] = []
    const ask = scriptedAsk((path) => {
      paths.push(path)
      return { kinds: [] }
    })
    for (const namespace of ['kube system', ''])
      await clusterResources.read(clusterResources.arguments({ namespace }), ['uid'], ask, undefined)
    expect(paths).toEqual([`${summary}?clusterId=uid&namespace=kube+system`, `${summary}?clusterId=uid&namespace=`])
  })
})

describe('a frame', () => {
  const frame = (wire: unknown) =>
    clusterResources.merge?.(wire, undefined, {
      isComplete: true,
      wanted: clusterResources.arguments({ namespace: '' }),
      ids: ['uid'],
    })

  it('without data is only a signal', () => {
    for (const wire of [null, undefined, 7, 'text', [], { resources: {} }]) expect(frame(wire)).toBeUndefined()
  })

  it('without resources means an empty list', () => {
    expect(frame({ resources: null })).toEqual({ resources: [] })
  })
})

it.each([
  [undefined],
  [{}],
  [{ namespace: null }],
  [{ namespace: 7 }],
  [{ namespace: '', contexts: [] }],
  [{ namespace: '', contexts: 'all' }],
  [{ namespace: '', contexts: [''] }],
  [{ namespace: '', clusters: [] }],
])('the arguments %j are refused', (given) => {
  expect(() => clusterResources.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
