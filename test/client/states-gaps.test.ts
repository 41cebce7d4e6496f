import { describe, expect, it } from 'vitest'
import { createMeshery, type Meshery, type Notice, type Subscription, type TransportName } from '../../src/index.ts'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { claimsFor, sampled } from '../sample.ts'
import { asked, contextsPath, type Followed, followState, subscribes } from './states.ts'
import { hasty, impatient, until } from './watching.ts'

const context = {
  id: 'c'.repeat(32),
  connection_id: 'cccccccc-0000-4000-8000-000000000001',
  kubernetes_server_id: 'cccccccc-0000-4000-8000-000000000002',
}

/** A state that the test changes, and the words that show each change. */
interface Kind {
  readonly name: string
  readonly sse: boolean
  subscribe(meshery: Meshery, onNotice: (notice: Notice) => void): Subscription<unknown>
  change(fake: FakeMeshery, to: string): void
  /** What is changed, as text that contains the words of the world. */
  readonly words: Readonly<Record<'before' | 'between' | 'after', string>>
}

const kinds: readonly Kind[] = [
  {
    name: 'contexts',
    sse: false,
    subscribe: (meshery, onNotice) => meshery.subscribeK8sContext({}, { onNotice }),
    change: (fake, name) => void fake.contexts.update(context.id, { name }),
    words: { before: 'first', between: 'second', after: 'third' },
  },
  {
    name: 'controllers',
    sse: true,
    subscribe: (meshery, onNotice) => meshery.subscribeMesheryControllersStatus({}, { onNotice }),
    change: (fake, status) => fake.controllers.set(context.connection_id, 'OPERATOR', { status, version: 'v1' }),
    words: { before: 'DEPLOYING', between: 'NOTDEPLOYED', after: 'DEPLOYING' },
  },
  {
    name: 'resources',
    sse: false,
    subscribe: (meshery, onNotice) => meshery.subscribeClusterResources({ namespace: 'default' }, { onNotice }),
    change: (fake, count) => fake.resources.set(context.kubernetes_server_id, 'default', 'Pod', Number(count)),
    words: { before: '1234', between: '2345', after: '3456' },
  },
]

const releases: readonly Release[] = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52', 'current']
const cases = kinds.flatMap((kind) =>
  releases.flatMap((release): readonly (readonly [string, Release, TransportName, Kind])[] => {
    const push: TransportName = release === 'current' ? 'sse' : 'websocket'
    const pushes = push === 'sse' && !kind.sse ? [] : [push]
    // What is polled hardly differs between releases, and takes time.
    const polled: readonly TransportName[] = ['v0.6', 'v0.7', 'current'].includes(release) ? ['polling'] : []
    return [...pushes, ...polled].map((transport) => [kind.name, release, transport, kind] as const)
  }),
)
const pushing = cases.filter(([, , transport]) => transport !== 'polling')

interface At extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly meshery: Meshery
  readonly followed: Followed<unknown>
  /** Changes the world. */
  become(word: keyof Kind['words']): void
  /** Waits until the newest value shows the world as it is. */
  shows(word: keyof Kind['words']): Promise<void>
  gaps(): readonly (Notice & { readonly kind: 'gap' })[]
}

const begin = async (release: Release, transports: readonly TransportName[], kind: Kind): Promise<At> => {
  const fake = await startFakeMeshery({ release, keepAlive: 200 })
  fake.contexts.set([context])
  const become = (word: keyof Kind['words']): void => kind.change(fake, kind.words[word])
  become('before')
  const timeouts = { ...impatient, silence: 1_000, firstByte: 1_000 }
  const meshery = createMeshery({ ...hasty, url: fake.url, transports, timeouts })
  const followed = followState((onNotice) => kind.subscribe(meshery, onNotice))
  const at: At = {
    fake,
    meshery,
    followed,
    become,
    shows: (word) => followed.newest((value) => expect(JSON.stringify(value ?? null)).toContain(kind.words[word])),
    gaps: () => followed.notices.flatMap((notice) => (notice.kind === 'gap' ? [notice] : [])),
    [Symbol.asyncDispose]: async () => {
      await meshery.close()
      await fake.close()
    },
  }
  await at.shows('before')
  await up(at)
  return at
}

const up = ({ followed }: At): Promise<void> =>
  until(() => expect(['live', 'polling']).toContain(followed.subscription.status.state))
const down = ({ followed }: At): Promise<void> =>
  until(() => expect(['waiting', 'connecting']).toContain(followed.subscription.status.state))

claimsFor('%s on %s over %s', cases, (it, [, release, transport, kind]) => {
  it('a change while the server was down arrives once it is up again, and a `gap` reports it', async () => {
    await using at = await begin(release, [transport], kind)
    const { fake, followed, become, shows, gaps } = at
    await fake.stop()
    await down(at)
    become('between')
    await fake.start()
    await shows('between')
    await up(at)
    await until(() => expect(gaps().map(({ complete }) => complete)).toEqual([true]))
    expect(gaps()[0]?.reason).not.toBeNull()
    become('after')
    await shows('after')
    expect(followed.values).toHaveLength(3)
  })

  it('a server that freezes and thaws is shown as it is, and nothing ends', async () => {
    await using at = await begin(release, [transport], kind)
    const { fake, become, shows } = at
    fake.faults.freeze()
    await down(at)
    become('between')
    fake.faults.thaw()
    await shows('between')
    become('after')
    await shows('after')
  })

  it('a server that refuses for a while is shown as it is afterwards', async () => {
    await using at = await begin(release, [transport], kind)
    const { fake, become, shows } = at
    await fake.faults.refuse()
    fake.faults.cut()
    become('between')
    if (transport === 'polling') fake.faults.answer('rest', 503, { times: 3 })
    await fake.faults.refuse(false)
    await shows('between')
    become('after')
    await shows('after')
  })
})

claimsFor('%s on %s over %s', pushing, (it, [name, release, transport, kind]) => {
  it('after a cut there is one dial, one request and one complete `gap`', async () => {
    await using at = await begin(release, [transport], kind)
    const { fake, become, shows, gaps } = at
    const counts = () => [fake.stats.dials.length, subscribes(fake), asked(fake, contextsPath)]
    const requests = () => fake.stats.requests.filter(({ status }) => status !== 101).length
    const [dials, sent, reads] = counts()
    const before = requests()
    fake.faults.cut()
    become('between')
    await shows('between')
    await until(() => expect(gaps().map(({ complete }) => complete)).toEqual([true]))
    const over = transport === 'websocket' ? 1 : 0
    // The ids to follow are read once; for contexts they are the value itself.
    const once = [(dials ?? 0) + 1, (sent ?? 0) + over, (reads ?? 0) + 1]
    const more = transport === 'sse' ? 2 : 1
    await until(() => expect([counts(), requests() - before], name).toEqual([once, more]))
    // A second read would follow within half a second.
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect([counts(), requests() - before], name).toEqual([once, more])
    const [gap] = gaps()
    expect(gap?.until.getTime()).toBeGreaterThanOrEqual(gap?.since.getTime() ?? Number.POSITIVE_INFINITY)
  })
})

const all: readonly TransportName[] = ['websocket', 'sse', 'polling']
const changesOfRelease: readonly [Release, Release][] = [
  ['v0.6', 'v0.7'],
  ['v0.7', 'v0.8'],
  ['v0.8', 'v0.6'],
  ['v0.8', 'v1.0'],
  ['v1.0', 'current'],
  ['current', 'v0.8'],
  ['v0.6', 'current'],
]

describe.concurrent.each(sampled(kinds, 1, 'another release').map((kind) => [kind.name, kind] as const))(
  '%s',
  (_, kind) => {
    it.each(sampled(changesOfRelease, 1, kind.name))(
      'continue when a server of %s becomes one of %s',
      async (from, to) => {
        await using at = await begin(from, all, kind)
        const { fake, become, shows } = at
        await fake.become(to)
        become('between')
        await shows('between')
        await up(at)
        become('after')
        await shows('after')
      },
    )
  },
)

const allTransports: readonly TransportName[] = ['websocket', 'sse', 'polling']
const once = kinds.flatMap((kind) =>
  (['v0.8', 'current'] as const).map((release) => [kind.name, release, kind] as const),
)

it.concurrent.each(sampled(once, 1))(
  '%s on %s survive a gateway that refuses everything for a while',
  async (_, release, kind) => {
    await using at = await begin(release, allTransports, kind)
    const { fake, become, shows } = at
    // Where nothing ever worked, that would be a permanent error.
    fake.faults.answer('everything', 400)
    fake.faults.cut()
    await until(() => expect(at.followed.subscription.status).toMatchObject({ reason: { code: 'SERVER_ERROR' } }))
    become('between')
    fake.faults.answer('everything', undefined)
    await shows('between')
  },
)

it.concurrent('unreadable contexts are reported by an incomplete `gap`, and read as soon as the server answers again', async () => {
  const [kind] = kinds
  if (!kind) throw new Error('contexts were expected')
  await using at = await begin('v0.8', ['websocket'], kind)
  const { fake, become, shows, gaps } = at
  fake.faults.answer('rest', 500)
  become('between')
  await until(() => expect(gaps()).toMatchObject([{ complete: false, reason: { code: 'SERVER_ERROR' } }]))
  fake.faults.answer('rest', undefined)
  await shows('between')
  await until(() => expect(gaps()).toMatchObject([{ complete: false }, { complete: true }]))
})
