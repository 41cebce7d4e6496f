import { describe, expect, it } from 'vitest'
import { clusters, connections } from '../../src/streams/cluster-ids.ts'
import type { StateRequests } from '../../src/streams/state-declaration.ts'
import { scriptedAsk } from './following.ts'

interface Ids {
  readonly id: string
  readonly connection?: string
  readonly cluster?: string
  readonly name?: string
}

/** A server that lists these contexts, in either variant of the field names. */
const listing = (contexts: readonly Ids[], snake = false): StateRequests =>
  scriptedAsk(() => {
    const rows = contexts.map(({ id, connection, cluster, name = `name of ${id}` }) =>
      snake
        ? { id, name, connection_id: connection, kubernetes_server_id: cluster }
        : { id, name, connectionId: connection, kubernetesServerId: cluster },
    )
    return { totalCount: rows.length, contexts: rows }
  })

const two: readonly Ids[] = [
  { id: 'ctx-b', connection: 'conn-b', cluster: 'uid-b' },
  { id: 'ctx-a', connection: 'conn-a', cluster: 'uid-a' },
]

describe('the ids of connections with controllers', () => {
  const [a, b] = ['a', 'b'].map((letter) => ({ connectionID: `conn-${letter}`, contextID: `ctx-${letter}` }))

  it.each([true, false])('are all connections, sorted, in one operation (snake_case: %j)', async (snake) => {
    expect(await connections(null, listing(two, snake))).toEqual({ ids: [[a, b]], unknown: [] })
  })

  it('are the contexts where contexts have no connection, as on v0.6', async () => {
    expect(await connections(null, listing([{ id: 'ctx-b' }, { id: 'ctx-a' }]))).toEqual({
      ids: [['ctx-a', 'ctx-b'].map((id) => ({ connectionID: id, contextID: id }))],
      unknown: [],
    })
  })

  it('are empty where no connection exists: a server that is asked for none never answers', async () => {
    expect(await connections(null, listing([]))).toEqual({ ids: [], unknown: [] })
  })

  it('are the given ids; an unknown id is reported and still followed', async () => {
    const other = 'eeeeeeee-0000-4000-8000-000000000001'
    expect(await connections(['conn-b', other], listing(two))).toEqual({
      ids: [[b, { connectionID: other, contextID: '' }]],
      unknown: [other],
    })
  })

  it('are found by the id and by the name of their context, each once', async () => {
    for (const given of [['ctx-a'], ['name of ctx-a'], ['name of ctx-a', 'conn-a']])
      expect(await connections(given, listing(two))).toEqual({ ids: [[a]], unknown: [] })
    // One cluster may have several connections.
    expect((await connections(['uid-a'], listing(two))).unknown).toEqual(['uid-a'])
  })

  it('do not contain an unknown name, which is reported', async () => {
    expect(await connections(['unknown'], listing(two))).toEqual({ ids: [], unknown: ['unknown'] })
    expect(await connections(['unknown', 'conn-a'], listing(two))).toEqual({ ids: [[a]], unknown: ['unknown'] })
  })

  it('are refused for a name that several have: the error lists them', async () => {
    const sameName = two.map((one) => ({ ...one, name: 'kind' }))
    await expect(connections(['kind'], listing(sameName))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: 'Several Kubernetes contexts are called `kind`: conn-b, conn-a',
      remedy: 'Use one that the message lists.',
    })
    expect((await connections(['conn-b'], listing(sameName))).ids).toEqual([[b]])
  })
})

describe('the ids of clusters with resources', () => {
  it('are all clusters, sorted, each in an operation of its own', async () => {
    expect(await clusters(null, listing(two))).toEqual({ ids: [['uid-a'], ['uid-b']], unknown: [] })
  })

  it.each(['ctx-a', 'conn-a', 'uid-a'])('are found by any of their three ids: %s', async (id) => {
    expect(await clusters([id], listing(two))).toEqual({ ids: [['uid-a']], unknown: [] })
  })

  it('are found by the name of a context; a name that several clusters have is an error that lists them', async () => {
    expect(await clusters(['name of ctx-a'], listing(two))).toEqual({ ids: [['uid-a']], unknown: [] })
    const sameName = two.map((one) => ({ ...one, name: 'kind' }))
    await expect(clusters(['kind'], listing(sameName))).rejects.toThrow('are called `kind`: uid-b, uid-a')
    const again = [...two, { id: 'ctx-b2', connection: 'conn-b2', cluster: 'uid-b', name: 'name of ctx-b' }]
    expect((await clusters(['name of ctx-b'], listing(again))).ids).toEqual([['uid-b']])
  })

  it('are followed once, however many ids and contexts name them', async () => {
    const twice = [...two, { id: 'ctx-a2', connection: 'conn-a2', cluster: 'uid-a' }]
    expect(await clusters(['ctx-a', 'uid-a', 'conn-a2'], listing(twice))).toEqual({ ids: [['uid-a']], unknown: [] })
    expect((await clusters(null, listing(twice))).ids).toEqual([['uid-a'], ['uid-b']])
  })

  it('that are unknown are reported and not followed', async () => {
    expect(await clusters(['ctx-a', 'other'], listing(two))).toEqual({ ids: [['uid-a']], unknown: ['other'] })
    expect(await clusters(['other'], listing(two))).toEqual({ ids: [], unknown: ['other'] })
  })

  it('are not followed while Meshery does not know them yet, and that is reported', async () => {
    const nil = '00000000-0000-0000-0000-000000000000'
    const fresh = [
      { id: 'ctx-c', connection: 'conn-c' },
      { id: 'ctx-d', cluster: nil },
    ]
    expect(await clusters(null, listing(fresh))).toEqual({ ids: [], unknown: [] })
    expect(await clusters(['ctx-c'], listing(fresh))).toEqual({ ids: [], unknown: ['ctx-c'] })
  })
})

it('come from all contexts, however many pages they fill', async () => {
  const many = Array.from({ length: 130 }, (_, index) => ({ id: `${1_000 + index}`, cluster: `uid-${1_000 + index}` }))
  let turns = 0
  const ask: StateRequests = {
    ...scriptedAsk((path) => {
      const page = Number(new URL(path, 'http://list').searchParams.get('page'))
      const rows = many.slice(page * 100, (page + 1) * 100)
      return { totalCount: 130, contexts: rows.map(({ id, cluster }) => ({ id, kubernetesServerId: cluster })) }
    }),
    waitForSlot: async () => {
      turns++
    },
  }
  expect((await clusters(null, ask)).ids).toHaveLength(130)
  expect(turns).toBe(1)
})
