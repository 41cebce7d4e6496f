import { describe, expect, it } from 'vitest'
import { createMeshery, type StatusNotice } from '../../src/index.ts'
import { type FakeMeshery, type Resolver, startFakeMeshery } from '../../src/testing/index.ts'
import { followState, subscribes } from './states.ts'
import { hasty, until } from './watching.ts'

const said = 'controller handlers may not be available'

/** A server of early 2024 after its restart: it answers `data: null` until a context is opened. */
const withoutHandlers = async (queries: 'fail' | 'work'): Promise<FakeMeshery & { open(on?: boolean): void }> => {
  const fake = await startFakeMeshery({ release: 'v0.8' })
  const { connection_id } = fake.contexts.add()
  let handlers = false
  // biome-ignore lint/correctness/useYield: it fails before its first value.
  const failing: Resolver = async function* () {
    throw new Error(said)
  }
  fake.graphql('subscribeMesheryControllersStatus', async function* (args, signal) {
    if (!handlers) yield* failing(args, signal)
    yield [{ connectionID: connection_id, controller: 'MESHSYNC', status: 'RUNNING', version: 'v1' }]
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  })
  if (queries === 'fail')
    for (const field of ['getOperatorStatus', 'getMeshsyncStatus', 'getNatsStatus']) fake.graphql(field, failing)
  else fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING', version: 'v1' })
  return Object.assign(fake, {
    open(on = true) {
      handlers = on
    },
  })
}

describe.concurrent('controllers whose handlers are not there', () => {
  it('wait with one notice that names the reason, and come as soon as the handlers exist', {
    tags: ['full'],
  }, async () => {
    await using fake = await withoutHandlers('fail')
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const { subscription, notices, values } = followState((onNotice) =>
      meshery.subscribeMesheryControllersStatus({}, { onNotice }),
    )
    // 1, 2 and 4 s apart.
    await until(() => expect(subscribes(fake)).toBe(4))
    const statuses = notices.filter((notice): notice is StatusNotice => notice.kind === 'status')
    const waits = statuses.filter(({ state }) => state === 'waiting')
    expect(waits).toMatchObject([{ transport: 'websocket', reason: { code: 'GRAPHQL_ERROR' } }])
    expect(waits[0]?.reason?.message).toContain(said)
    // Each transport was tried once, and what followed is one wait.
    expect(statuses.map(({ state, transport }) => `${state} ${transport}`)).toEqual([
      'connecting null',
      'connecting websocket',
      'live websocket',
      'connecting sse',
      'connecting polling',
      'waiting websocket',
    ])
    expect(subscription.status.nextRetryAt?.getTime()).toBeGreaterThan(waits[0]?.nextRetryAt?.getTime() ?? Infinity)
    fake.open()
    await until(() => expect(values).toMatchObject([[{ controller: 'MESHSYNC', status: 'RUNNING' }]]))
    expect(subscription.status).toMatchObject({ state: 'live', transport: 'websocket', reason: null })
  })

  it('wait after a restart, though they came before it', { tags: ['full'] }, async () => {
    await using fake = await withoutHandlers('fail')
    fake.open()
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const { subscription, notices, values } = followState((onNotice) =>
      meshery.subscribeMesheryControllersStatus({}, { onNotice }),
    )
    await until(() => expect(values).toHaveLength(1))
    fake.open(false)
    fake.faults.cut()
    const before = subscribes(fake)
    await until(() => expect(subscribes(fake) - before).toBeGreaterThanOrEqual(4))
    const waits = notices.filter((notice) => notice.kind === 'status' && notice.state === 'waiting')
    expect(waits.at(-1)).toMatchObject({ transport: 'websocket', reason: { code: 'GRAPHQL_ERROR' } })
    expect(waits.filter((notice) => 'reason' in notice && notice.reason?.code === 'GRAPHQL_ERROR')).toHaveLength(1)
    fake.open()
    await until(() => expect(subscription.status).toMatchObject({ state: 'live', transport: 'websocket' }))
  })

  it('are polled where the queries list them, and the transport does not change', async () => {
    await using fake = await withoutHandlers('work')
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const { newest, subscription, notices } = followState((onNotice) =>
      meshery.subscribeMesheryControllersStatus({}, { onNotice }),
    )
    await newest((value) => expect(value).toMatchObject([{ controller: 'MESHSYNC' }]))
    await until(() => expect(subscription.status.state).toBe('polling'))
    expect(notices.filter((notice) => notice.kind === 'status' && notice.state === 'polling')).toHaveLength(1)
  })
})
