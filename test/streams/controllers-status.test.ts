import { describe, expect, it } from 'vitest'
import { type MesheryControllersStatusListItem as Item, MesheryError } from '../../src/index.ts'
import { controllersStatus } from '../../src/streams/controllers-status.ts'
import type { StateRequests } from '../../src/streams/state-declaration.ts'
import { notMeshery } from '../../src/streams/wire.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { claimsFor, sampled } from '../sample.ts'
import { Minutes } from '../soak/minutes.ts'
import { eventually } from '../waiting.ts'
import { everyWay, type Following, following, isLive, scriptedAsk, subscribes } from './following.ts'

type Way = readonly [release: Release, transport: TransportName]
const ways: readonly Way[] = [...everyWay, ['current', 'sse']]
const pushing = ways.filter(([, transport]) => transport !== 'polling')

const cluster = (letter: string) => ({
  id: letter.repeat(32),
  connection_id: `${letter.repeat(8)}-0000-4000-8000-000000000001`,
  kubernetes_server_id: `${letter.repeat(8)}-0000-4000-8000-000000000002`,
})
const [a, b] = [cluster('a'), cluster('b')]

/** The ids under which the release lists the controllers of a context. */
const idOn = (release: Release, { id, connection_id }: typeof a): string => (release === 'v0.6' ? id : connection_id)

const known = (connectionID: string) => ({ connectionID, contextID: `context of ${connectionID}` })

interface At extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly followed: Following<readonly Item[]>
}

const begin = async (
  [release, ...transports]: readonly [Way[0], ...TransportName[]],
  prepare: (fake: FakeMeshery) => void = () => {},
  connectionIDs?: readonly string[],
): Promise<At> => {
  const fake = await startFakeMeshery({ release })
  prepare(fake)
  const followed = following(
    fake.url,
    (meshery, onNotice) => meshery.subscribeMesheryControllersStatus({ connectionIDs }, { onNotice }),
    { transports },
  )
  const dispose = async (): Promise<void> => {
    await followed[Symbol.asyncDispose]()
    await fake.close()
  }
  return { fake, followed, [Symbol.asyncDispose]: dispose }
}

/** Statuses that every line and transport can distinguish. */
const plain = (fake: FakeMeshery): void => {
  fake.contexts.set([a, b])
  fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'NOTDEPLOYED', version: 'v0.8.5' })
  fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYING', version: 'v0.8.1' })
  fake.controllers.set(a.connection_id, 'BROKER', { status: 'DEPLOYING', version: '2.8.2' })
}
const brief = (items: readonly Item[]): string[] =>
  items.map(({ connectionID, controller, status }) => `${connectionID.slice(0, 1)} ${controller} ${status}`)

claimsFor('on %s over %s', ways, (it, way) => {
  const [release, transport] = way

  it('every value is the whole list, sorted, whatever part of it was pushed', async () => {
    await using at = await begin(way, plain)
    const { fake, followed } = at
    await followed.newest((items) =>
      expect(brief(items)).toEqual(['a BROKER DEPLOYING', 'a OPERATOR DEPLOYING', 'b OPERATOR NOTDEPLOYED']),
    )
    expect(followed.values[0]?.map(({ connectionID }) => connectionID)).toEqual(
      [a, a, b].map((one) => idOn(release, one)),
    )
    if (transport !== 'polling') await isLive(followed)
    fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'DEPLOYING', version: 'v0.8.5' })
    await followed.newest((items) =>
      expect(brief(items)).toEqual(['a BROKER DEPLOYING', 'a OPERATOR DEPLOYING', 'b OPERATOR DEPLOYING']),
    )
    fake.controllers.set(a.connection_id, 'MESHSYNC', { status: 'NOTDEPLOYED' })
    await followed.newest((items) => expect(brief(items)).toHaveLength(4))
    expect(brief(followed.values.at(-1) ?? [])).toEqual([
      'a BROKER DEPLOYING',
      'a MESHSYNC NOTDEPLOYED',
      'a OPERATOR DEPLOYING',
      'b OPERATOR DEPLOYING',
    ])
  })

  it('`UNKOWN` becomes `UNKNOWN`, and an unknown version is null', async () => {
    await using at = await begin(way, (fake) => {
      fake.contexts.set([a])
      fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYING' })
      fake.controllers.set(a.connection_id, 'BROKER', { status: 'UNKNOWN', version: '2.8.2' })
    })
    await at.followed.newest((items) => expect(brief(items)).toContain('a BROKER UNKNOWN'))
    expect(at.followed.values[0]?.find(({ controller }) => controller === 'OPERATOR')?.version).toBeNull()
  })

  it('an unknown id is reported once, and followed when it comes', async () => {
    const later = idOn(release, b)
    await using at = await begin(
      way,
      (fake) => {
        fake.contexts.set([a])
        fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYING' })
      },
      [idOn(release, a), later],
    )
    const { fake, followed } = at
    await followed.newest((items) => expect(brief(items)).toEqual(['a OPERATOR DEPLOYING']))
    const unknown = () => followed.notices.filter(({ kind }) => kind === 'unknown')
    expect(unknown()).toEqual([{ kind: 'unknown', ids: [later] }])
    fake.contexts.add(b)
    fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'NOTDEPLOYED' })
    // v0.6 reads its contexts once for a WebSocket.
    if (release === 'v0.6' && transport === 'websocket') fake.faults.cut()
    // On v0.7 the context of a connection is known only once the connections are read again, after 10 s.
    await followed.newest((items) => expect(brief(items)).toEqual(['a OPERATOR DEPLOYING', 'b OPERATOR NOTDEPLOYED']))
    expect(unknown()).toHaveLength(1)
  })

  it('without any connection the list is empty, and no server receives an operation that it never answers', async () => {
    await using at = await begin(way)
    await at.followed.newest((items) => expect(items).toEqual([]))
    expect([at.fake.stats.operations, at.fake.stats.openStreams]).toEqual([0, 0])
  })

  it('a connection that is not active on this server has no controllers', async () => {
    await using at = await begin(way, (fake) => {
      plain(fake)
      fake.controllers.active(b.connection_id, false)
    })
    await at.followed.newest((items) => expect(brief(items)).toEqual(['a BROKER DEPLOYING', 'a OPERATOR DEPLOYING']))
  })

  it('only `current` raises what runs to CONNECTED, and only while it is connected to the broker', async () => {
    await using at = await begin(way, (fake) => {
      fake.contexts.set([a, b])
      for (const { connection_id } of [a, b])
        for (const controller of ['BROKER', 'MESHSYNC', 'OPERATOR'] as const)
          fake.controllers.set(connection_id, controller, { status: 'RUNNING', version: 'v1' })
      fake.controllers.brokerLink(a.connection_id)
    })
    await at.followed.newest((items) => expect(items).toHaveLength(6))
    const connected = at.followed.values.at(-1)?.filter(({ status }) => status === 'CONNECTED') ?? []
    expect(brief(connected)).toEqual(release === 'current' ? ['a BROKER CONNECTED', 'a MESHSYNC CONNECTED'] : [])
  })

  it('what was removed is gone after a reconnection at the latest', async () => {
    await using at = await begin(way, plain)
    const { fake, followed } = at
    await followed.newest((items) => expect(items).toHaveLength(3))
    if (transport !== 'polling') await isLive(followed)
    fake.controllers.remove(a.connection_id, 'BROKER')
    fake.faults.cut()
    await followed.newest((items) => expect(brief(items)).toEqual(['a OPERATOR DEPLOYING', 'b OPERATOR NOTDEPLOYED']))
  })
})

claimsFor('on %s over %s', pushing, (it, way) => {
  it('pushes are enough: no status is read beside them', async () => {
    await using at = await begin(way, plain)
    const { fake, followed } = at
    await followed.newest((items) => expect(items).toHaveLength(3))
    await isLive(followed)
    for (const status of ['DEPLOYING', 'NOTDEPLOYED', 'DEPLOYED'])
      fake.controllers.set(a.connection_id, 'OPERATOR', { status })
    await followed.newest((items) => expect(brief(items)).toContain('a OPERATOR DEPLOYED'))
    // Only the contexts, and the release where a transport is missing.
    const paths = new Set(fake.stats.requests.filter(({ status }) => status !== 101).map(({ path }) => path))
    expect([...paths].filter((path) => /controllers\/\w+\/status$|graphql/.test(path))).toEqual([])
  })
})

describe.concurrent('v0.6', () => {
  it('gets its contexts from the address of the socket, without a version', async () => {
    await using at = await begin(['v0.6', 'websocket'], plain)
    await at.followed.newest((items) => expect(items).toHaveLength(3))
    expect(at.followed.values[0]?.map(({ version }) => version)).toEqual([null, null, null])
    const upgrade = at.fake.stats.requests.find(({ status }) => status === 101)
    expect(upgrade?.query).toContain('contexts=all')
  })

  it('contains a version when it is polled', async () => {
    await using at = await begin(['v0.6', 'polling'], plain)
    await at.followed.newest((items) =>
      expect(items.map(({ version }) => version)).toEqual(['2.8.2', 'v0.8.1', 'v0.8.5']),
    )
  })
})

describe.concurrent.each(sampled(['v0.8', 'v1.0'] as const, 1, 'DEPLOYED'))('%s', (release) => {
  it('never pushes DEPLOYED for a connection that became active later: it is read once the connection is known', async () => {
    await using at = await begin([release, 'websocket'], (fake) => {
      plain(fake)
      fake.controllers.active(a.connection_id, false)
    })
    const { fake, followed } = at
    await followed.newest((items) => expect(brief(items)).toEqual(['b OPERATOR NOTDEPLOYED']))
    await isLive(followed)
    fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    fake.controllers.set(a.connection_id, 'BROKER', { status: 'DEPLOYED' })
    fake.controllers.set(a.connection_id, 'MESHSYNC', { status: 'RUNNING' })
    fake.controllers.active(a.connection_id)
    await followed.newest((items) =>
      expect(brief(items)).toEqual([
        'a BROKER DEPLOYED',
        'a MESHSYNC RUNNING',
        'a OPERATOR DEPLOYED',
        'b OPERATOR NOTDEPLOYED',
      ]),
    )
    expect(followed.values).toHaveLength(2)
  })
})

describe.concurrent('v0.7', () => {
  const statuses = ({ followed }: At) => followed.notices.flatMap((one) => (one.kind === 'status' ? [one] : []))

  it('sends every context by its own id, whatever was requested; contexts that were not requested are left out', async () => {
    await using at = await begin(['v0.7', 'websocket'], plain, [b.connection_id])
    await at.followed.newest((items) => expect(brief(items)).toEqual(['b OPERATOR NOTDEPLOYED']))
    expect(at.followed.values[0]?.map(({ connectionID }) => connectionID)).toEqual([b.connection_id])
    await isLive(at.followed)
    at.fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    at.fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    await at.followed.newest((items) => expect(brief(items)).toEqual(['b OPERATOR DEPLOYED']))
    expect(at.followed.values).toHaveLength(2)
    expect(at.followed.notices.filter(({ kind }) => kind === 'unknown')).toEqual([])
  })

  it.each(sampled(['websocket', 'polling'] as const, 1, 'identifies'))(
    'identifies a context without a connection by its own id, over %s',
    async (transport) => {
      await using at = await begin(['v0.7', transport], (fake) => {
        fake.contexts.set([{ ...a, connection_id: '' }])
        fake.controllers.set(a.id, 'BROKER', { status: 'RUNNING' })
      })
      await at.followed.newest((items) => expect(items).toEqual([expect.objectContaining({ connectionID: a.id })]))
    },
  )

  it('may have no handlers until a context is opened: it is polled meanwhile, and the transport remains', {
    tags: ['full'],
  }, async () => {
    await using at = await begin(['v0.7', 'websocket', 'polling'], (fake) => {
      plain(fake)
      fake.controllers.handlers(false)
    })
    const { fake, followed } = at
    await followed.newest((items) => expect(brief(items)).toEqual(['a BROKER DEPLOYING']))
    const polling = () => statuses(at).filter(({ state }) => state === 'polling')
    await eventually(() => expect(polling()).toHaveLength(1))
    const tried = subscribes(fake)
    fake.controllers.set(a.connection_id, 'BROKER', { status: 'NOTDEPLOYED' })
    await followed.newest((items) => expect(brief(items)).toEqual(['a BROKER NOTDEPLOYED']))
    fake.controllers.handlers(true)
    await followed.newest((items) =>
      expect(brief(items)).toEqual(['a BROKER NOTDEPLOYED', 'a OPERATOR DEPLOYING', 'b OPERATOR NOTDEPLOYED']),
    )
    expect(polling()).toHaveLength(1)
    expect(subscribes(fake)).toBe(tried)
  })

  it.each(sampled(['websocket', 'polling'] as const, 1, 'sends'))(
    'sends only the context that was opened last: the others are read, and are in the first value, over %s',
    async (transport) => {
      await using at = await begin(['v0.7', transport], (fake) => {
        plain(fake)
        fake.controllers.set(a.connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.1' })
        fake.controllers.handlers(b.connection_id)
      })
      const { fake, followed } = at
      const all = ['a BROKER DEPLOYING', 'a MESHSYNC RUNNING', 'b OPERATOR NOTDEPLOYED']
      await followed.newest((items) => expect(brief(items)).toEqual(all))
      if (transport === 'polling') return
      await isLive(followed)
      expect(brief(followed.values[0] ?? [])).toEqual(all)
      // The push contains more than the read.
      expect(followed.values[0]?.at(-1)).toMatchObject({ controller: 'OPERATOR', version: 'v0.8.5' })
      fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'DEPLOYED' })
      await followed.newest((items) => expect(brief(items)).toEqual([...all.slice(0, 2), 'b OPERATOR DEPLOYED']))
    },
  )

  it('shows what it pushes although its queries fail', async () => {
    await using at = await begin(['v0.7', 'websocket'], (fake) => {
      plain(fake)
      fake.controllers.handlers(b.connection_id)
      fake.graphql('getOperatorStatus', async function* () {
        yield* []
        throw new Error('not today')
      })
    })
    await at.followed.newest((items) => expect(brief(items)).toEqual(['b OPERATOR NOTDEPLOYED']))
  })

  it.each(sampled(['websocket', 'polling'] as const, 1, 'fails'))(
    'fails to answer for an unknown id, which has no controllers yet, over %s',
    async (transport) => {
      await using at = await begin(['v0.7', transport], plain, ['cccccccc-0000-4000-8000-000000000001'])
      await at.followed.newest((items) => expect(items).toEqual([]))
      expect(at.followed.notices).toContainEqual({ kind: 'unknown', ids: ['cccccccc-0000-4000-8000-000000000001'] })
    },
  )

  it('has an empty status where it is unknown', async () => {
    await using at = await begin(['v0.7', 'websocket'], (fake) => {
      fake.contexts.set([a])
      fake.controllers.set(a.connection_id, 'BROKER', { status: '' })
    })
    await at.followed.newest((items) => expect(brief(items)).toEqual(['a BROKER UNKNOWN']))
  })

  it('may push contexts that it does not list: that is reported once, and they are followed once they are listed', async () => {
    await using at = await begin(['v0.7', 'websocket'], (fake) => {
      fake.contexts.set([a])
      fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYING' })
      fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'NOTDEPLOYED' })
    })
    const { fake, followed } = at
    const unknown = () => followed.notices.filter(({ kind }) => kind === 'unknown')
    await followed.newest((items) => expect(brief(items)).toEqual(['a OPERATOR DEPLOYING']))
    await eventually(() => expect(unknown()).toEqual([{ kind: 'unknown', ids: [b.connection_id] }]))
    fake.contexts.add(b)
    fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'DEPLOYED' })
    await followed.newest((items) => expect(brief(items)).toEqual(['a OPERATOR DEPLOYING', 'b OPERATOR DEPLOYED']))
  })

  it('that pushes only contexts that it does not list does not look like one without controllers', async () => {
    await using at = await begin(['v0.7', 'websocket'], (fake) => {
      fake.contexts.set([a])
      fake.controllers.active(a.connection_id, false)
      fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'NOTDEPLOYED' })
    })
    // The list is what was read of the known contexts, and the notice names the other ones.
    await at.followed.newest((items) => expect(items).toEqual([]))
    expect(at.fake.stats.requests.filter(({ method }) => method === 'POST').length).toBeGreaterThan(0)
    expect(at.followed.notices).toContainEqual({ kind: 'unknown', ids: [b.connection_id] })
  })

  it('is polled by its queries, never by POSTing its subscription: each POST would leave an operation running', async () => {
    let subscriptions = 0
    await using at = await begin(['v0.7', 'polling'], (fake) => {
      plain(fake)
      fake.graphql('subscribeMesheryControllersStatus', async function* () {
        subscriptions++
        yield []
      })
    })
    await at.followed.newest((items) => expect(items).toHaveLength(3))
    at.fake.controllers.set(a.connection_id, 'BROKER', { status: 'DEPLOYED' })
    await at.followed.newest((items) => expect(brief(items)).toContain('a BROKER DEPLOYED'))
    expect(subscriptions).toBe(0)
  })
})

describe.each(sampled(['v0.7', 'v0.8', 'v1.0'] as const, 1, 'active later'))(
  '%s, a connection that became active later',
  (release) => {
    it('is never pushed as deployed: the next read contains it', async () => {
      const minutes = new Minutes()
      try {
        await using at = await begin([release, 'websocket'], (fake) => {
          fake.contexts.set([a, b])
          fake.controllers.set(b.connection_id, 'OPERATOR', { status: 'NOTDEPLOYED' })
          fake.controllers.active(a.connection_id, false)
        })
        const { fake, followed } = at
        await followed.newest((items) => expect(brief(items)).toEqual(['b OPERATOR NOTDEPLOYED']))
        await isLive(followed)
        fake.controllers.set(a.connection_id, 'BROKER', { status: 'DEPLOYING' })
        fake.controllers.active(a.connection_id)
        await followed.newest((items) => expect(brief(items)).toEqual(['a BROKER DEPLOYING', 'b OPERATOR NOTDEPLOYED']))
        fake.controllers.set(a.connection_id, 'BROKER', { status: 'DEPLOYED' })
        minutes.pass(6)
        await followed.newest((items) => expect(brief(items)).toEqual(['a BROKER DEPLOYED', 'b OPERATOR NOTDEPLOYED']))
        expect(followed.subscription.status.transport).toBe('websocket')
      } finally {
        minutes.stop()
      }
    })
  },
)

describe('the statuses of REST on `current`', () => {
  const read = async (bodies: Readonly<Record<string, unknown>>): Promise<readonly Item[]> => {
    const ask = scriptedAsk((path) => bodies[/controllers\/(\w+)\//.exec(path)?.[1] ?? ''] ?? {})
    return (await controllersStatus.read({ connectionIDs: null }, [known('c')], ask, undefined)).value
  }
  const operator = { connectionId: 'c', controller: 'OPERATOR', status: 'DEPLOYED', version: 'v1' }
  const other = (name: string, status: string) => ({ name, status, version: 'v2', connectionId: 'c' })

  it.each([
    ['Connected nats://10.96.12.7:4222', 'CONNECTED'],
    ['connected', 'CONNECTED'],
    ['Deployed', 'DEPLOYED'],
    ['Not Deployed', 'NOTDEPLOYED'],
    ['not deployed', 'NOTDEPLOYED'],
    ['Deploying', 'DEPLOYING'],
    ['Undeployed', 'UNDEPLOYED'],
    ['Enabled', 'ENABLED'],
    ['Running', 'RUNNING'],
    ['Unknown', 'UNKNOWN'],
    ['Unheard-of word', 'UNHEARD-OF'],
  ])('%j is %s', async (said, status) => {
    const items = await read({ operator, meshsync: other('MeshSync', said), broker: other('MesheryBroker', said) })
    expect(items).toEqual([
      { connectionID: 'c', controller: 'BROKER', status, version: 'v2' },
      { connectionID: 'c', controller: 'MESHSYNC', status, version: 'v2' },
      { connectionID: 'c', controller: 'OPERATOR', status: 'DEPLOYED', version: 'v1' },
    ])
  })

  it('a missing controller has no name and is left out', async () => {
    const items = await read({ operator, meshsync: other('', 'Unknown'), broker: other('', 'Unknown') })
    expect(items.map(({ controller }) => controller)).toEqual(['OPERATOR'])
  })

  const nothing = { ...operator, status: 'UNKOWN', version: '' }
  const kinds = (items: readonly Item[]) => items.map(({ controller, status }) => `${controller} ${status}`)

  it('a connection that is not active has no controllers, named or not', async () => {
    for (const name of ['', 'MeshSync'])
      expect(await read({ operator: nothing, meshsync: other(name, 'UNKOWN'), broker: other(name, 'UNKOWN') })).toEqual(
        [],
      )
  })

  it('unknown MeshSync and broker are listed all the same, as in the stream', async () => {
    const items = await read({
      operator: nothing,
      meshsync: other('MeshSync', 'Unknown'),
      broker: other('MesheryBroker', 'Unknown'),
    })
    expect(kinds(items)).toEqual(['BROKER UNKNOWN', 'MESHSYNC UNKNOWN'])
  })

  it('an operator with only a known version is listed', async () => {
    const items = await read({
      operator: { ...nothing, version: 'v1' },
      meshsync: other('', ''),
      broker: other('', 'Unknown'),
    })
    expect(kinds(items)).toEqual(['OPERATOR UNKNOWN'])
  })
})

describe('one connection for which the queries fail', () => {
  const failure = new MesheryError('GRAPHQL_ERROR', 'internal system error', { phase: 'poll' })
  const ask = (fails: readonly string[]): StateRequests =>
    scriptedAsk(
      async (path) => {
        if (!path.startsWith('/api/system/kubernetes/contexts')) throw notMeshery(path)
        return { total_count: listed.length, contexts: listed.map((id) => ({ id, name: id, connection_id: id })) }
      },
      async (_, { connectionID }) => {
        if (fails.includes(String(connectionID))) throw failure
        return { operator: { connectionID, controller: 'OPERATOR', status: 'RUNNING', version: 'v1' } }
      },
    )
  /** The contexts that the server lists. */
  let listed = ['a', 'b']
  const read = (fails: readonly string[], before?: { readonly value: readonly Item[] }) =>
    controllersStatus.read({ connectionIDs: null }, [known('a'), known('b')], ask(fails), before)
  const operator = (connectionID: string): Item => ({
    connectionID,
    controller: 'OPERATOR',
    status: 'RUNNING',
    version: 'v1',
  })

  it('does not hide the others, and keeps its earlier value', async () => {
    expect(await read(['a'])).toEqual({ value: [operator('b')] })
    const before = await read([])
    expect(await read(['a'], before)).toEqual({ value: [operator('a'), operator('b')] })
  })

  it('is an error where it is the only one', async () => {
    await expect(read(['a', 'b'])).rejects.toBe(failure)
  })

  it('is dropped where it is gone, though it was asked for by its id', async () => {
    const gone = '00000001-0000-4000-8000-000000000001'
    const ids = [{ connectionID: gone, contextID: '00000000000000000000000000000001' }]
    const reading = controllersStatus.read({ connectionIDs: [gone] }, ids, ask([gone]), undefined)
    expect(await reading).toEqual({ value: [] })
  })

  it('is dropped where its context has another connection by now', async () => {
    const ids = [{ connectionID: 'gone', contextID: 'a' }]
    expect(await controllersStatus.read({ connectionIDs: null }, ids, ask(['gone']), undefined)).toEqual({ value: [] })
  })

  it('is dropped where the server does not list it any more', async () => {
    listed = []
    expect(await read(['a', 'b'])).toEqual({ value: [] })
  })
})

describe('a read beside pushes', () => {
  const item = (controller: string, status: string) => ({ connectionID: 'c', controller, status, version: null })

  it('keeps the pushed statuses, drops what was removed, and adds what was never pushed', () => {
    const read = [item('BROKER', 'ENABLED'), item('OPERATOR', 'DEPLOYED')]
    const pushed = [item('BROKER', 'RUNNING'), item('MESHSYNC', 'RUNNING')]
    expect(controllersStatus.combine?.(read, pushed)).toEqual([item('BROKER', 'RUNNING'), item('OPERATOR', 'DEPLOYED')])
  })

  it.each([
    ['DEPLOYING', 'DEPLOYED', 'DEPLOYED'],
    ['RUNNING', 'DEPLOYED', 'DEPLOYED'],
    ['DEPLOYED', 'NOTDEPLOYED', 'NOTDEPLOYED'],
    ['NOTDEPLOYED', 'ENABLED', 'ENABLED'],
    ['RUNNING', 'CONNECTED', 'RUNNING'],
    ['DEPLOYED', 'ENABLED', 'DEPLOYED'],
    ['DEPLOYING', 'UNKNOWN', 'DEPLOYING'],
  ])('pushed %s and later read as %s, a controller is %s', (pushed, read, status) => {
    expect(controllersStatus.combine?.([item('BROKER', read)], [item('BROKER', pushed)])).toEqual([
      item('BROKER', status),
    ])
  })

  it('keeps a controller of unknown status, for which a read has the same answer as for a missing one', () => {
    expect(controllersStatus.combine?.([], [item('MESHSYNC', 'UNKNOWN')])).toEqual([item('MESHSYNC', 'UNKNOWN')])
  })
})

describe('a frame', () => {
  const { merge: frame } = controllersStatus
  const how = { isComplete: false, wanted: { connectionIDs: null }, ids: [known('c')] }
  const before: Item[] = [{ connectionID: 'c', controller: 'BROKER', status: 'RUNNING', version: 'v1' }]

  it('that is not a list is only a signal', () => {
    for (const wire of [null, undefined, 7, 'text', {}]) expect(frame?.(wire, before, how)).toBeUndefined()
  })

  it('leaves out what is not a controller, or belongs to a connection that was not requested', () => {
    const wire = [null, {}, { connectionID: 'c' }, { connectionID: 'other', controller: 'BROKER', status: 'RUNNING' }]
    expect(frame?.(wire, before, how)).toEqual(before)
  })

  it('keeps unknown controllers and statuses (law 11)', () => {
    const wire = [{ connectionId: 'c', controller: 'NOVEL', status: 'DANCING', version: 'v9', more: [] }]
    expect(frame?.(wire, before, how)).toEqual([
      ...before,
      { connectionID: 'c', controller: 'NOVEL', status: 'DANCING', version: 'v9' },
    ])
    expect(frame?.([{ connectionId: 'c', controller: 'BROKER', status: '' }], before, how)).toEqual([
      { connectionID: 'c', controller: 'BROKER', status: 'UNKNOWN', version: null },
    ])
  })
})

it.each([
  [{ connectionIDs: [] }],
  [{ connectionIDs: 'c' }],
  [{ connectionIDs: [''] }],
  [{ connectionIDs: [7] }],
  [{ ids: ['c'] }],
  [7],
])('the arguments %j are refused', (given) => {
  expect(() => controllersStatus.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
