import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { createMesheryOn } from '../../src/client/create-meshery.ts'
import { createMeshery, type MesheryEvent, type Subscription } from '../../src/index.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { soonMs } from '../waiting.ts'
import { descriptions, follow, gotAll, hasty, isLive, unhandled, until, watch } from './watching.ts'

const take = async (subscription: Subscription<MesheryEvent>, count: number): Promise<(string | null)[]> => {
  const taken: (string | null)[] = []
  for await (const { description } of subscription) if (taken.push(description) === count) break
  return taken
}

describe.concurrent('iteration', () => {
  it('starts when the subscription is made: events before the loop are included', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    const stored = [fake.events.add(), fake.events.add(), fake.events.add()]
    await until(() => expect(fake.stats.requests.length).toBeGreaterThan(3))
    expect(await take(subscription, 3)).toEqual(descriptions(stored))
  })

  it('is possible once: a second one throws SUBSCRIPTION_IN_USE and does not disturb the first', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    const first = subscription[Symbol.asyncIterator]()
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'SUBSCRIPTION_IN_USE', phase: 'options' }),
    )
    expect(first[Symbol.asyncIterator]()).toBe(first)
    await subscription.ready
    const event = fake.events.add()
    expect(await first.next()).toMatchObject({ done: false, value: { id: event.id } })
  })

  it('answers `next()` calls made ahead in their order', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents()
    const iterator = subscription[Symbol.asyncIterator]()
    const ahead = [iterator.next(), iterator.next(), iterator.next()]
    await subscription.ready
    const stored = [fake.events.add(), fake.events.add()]
    expect(await Promise.all(ahead.slice(0, 2))).toMatchObject(stored.map(({ id }) => ({ value: { id } })))
    await subscription.close()
    expect(await ahead[2]).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('closes by `break`, by a throw in the loop, and by `throw()`', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const [broken, thrown, rejected] = [meshery.subscribeEvents(), meshery.subscribeEvents(), meshery.subscribeEvents()]
    await Promise.all([broken.ready, thrown.ready, rejected.ready])
    fake.events.add()
    await take(broken, 1)
    const loop = async (): Promise<void> => {
      for await (const _ of thrown) throw new Error('of the loop')
    }
    await expect(loop()).rejects.toThrow('of the loop')
    const iterator = rejected[Symbol.asyncIterator]()
    await expect(iterator.throw?.(new Error('by the caller'))).rejects.toThrow('by the caller')
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    for (const subscription of [broken, thrown, rejected]) {
      await subscription.closed
      expect(subscription.status.state).toBe('closed')
    }
    await until(() => expect([fake.stats.openSockets, fake.stats.operations]).toEqual([0, 0]))
  })

  it('gives what was queued before the error that ended the subscription, which comes once', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', auth: { provider: 'Meshery', token: 'good' } })
    await using meshery = createMeshery({ ...hasty, url: fake.url, provider: 'Meshery', token: 'good' })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    await until(() => expect(subscription.status.state).toBe('live'))
    const { length } = fake.stats.requests
    const event = fake.events.add()
    const read = () => fake.stats.requests.slice(length).find(({ path }) => path === '/api/system/events')?.status
    await until(() => expect(read()).toBe(200))
    fake.faults.expireToken()
    fake.faults.cut()
    await expect(subscription.closed).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(subscription.status).toMatchObject({ state: 'failed', reason: { code: 'CREDENTIALS_REFUSED' } })
    const iterator = subscription[Symbol.asyncIterator]()
    expect(await iterator.next()).toMatchObject({ value: { description: event.description } })
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

describe.concurrent('the end', () => {
  it('drops what is queued on `close()`, resolves `closed`, and may be requested twice', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    await using watching = watch(fake.url)
    const subscription = watching.meshery.subscribeEvents()
    await subscription.ready
    await gotAll(watching, [fake.events.add()])
    await Promise.all([subscription.close(), subscription.close(), subscription[Symbol.asyncDispose]()])
    await subscription.closed
    expect(await take(subscription, 1)).toEqual([])
    await gotAll(watching, fake.events.rows)
  })

  it('comes by the signal of a subscription, and of the client', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const [one, all] = [new AbortController(), new AbortController()]
    await using watching = watch(fake.url, { options: { signal: all.signal } })
    const subscription = watching.meshery.subscribeEvents({}, { signal: one.signal })
    await Promise.all([subscription.ready, watching.subscription.ready])
    one.abort()
    await subscription.closed
    await gotAll(watching, [fake.events.add()])
    all.abort()
    await watching.subscription.closed
    expect(() => watching.meshery.subscribeEvents()).toThrow(expect.objectContaining({ code: 'CLOSED' }))
    await until(() => expect(fake.stats.openSockets).toBe(0))
  })

  it('comes at once when the signal has aborted already', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscription = meshery.subscribeEvents({}, { signal: AbortSignal.abort() })
    await subscription.closed
    expect(subscription.status.state).toBe('closed')
    await expect(subscription.ready).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await take(subscription, 1)).toEqual([])
    await meshery.close()
    expect(fake.stats.openSockets).toBe(0)
  })

  it('rejects `ready`, `closed` and `next()`, which the program may leave unhandled', async () => {
    const rejections = unhandled()
    try {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      await using meshery = createMeshery({ ...hasty, url: fake.url })
      const where = (): boolean => {
        throw new Error('of the user')
      }
      const failed = [meshery.subscribeEvents({ where }), meshery.subscribeEvents({ since: '1h', where })]
      const unknown = meshery.subscribeEvents({ since: '00000000-0000-4000-8000-000000000000' })
      const early = meshery.subscribeEvents()
      await early.close()
      await Promise.all(failed.map(({ ready }) => ready))
      fake.events.add()
      await until(() => expect([...failed, unknown].map(({ status }) => status.state)).toEqual(Array(3).fill('failed')))
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(rejections.reasons).toEqual([])
    } finally {
      rejections.stop()
    }
  })

  it.each(sampled(['v0.8', 'current'] as const, 1, 'frozen'))(
    'of the client does not wait for a frozen %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      const { timeouts: _, ...options } = hasty
      await using watching = watch(fake.url, { options: { ...options, timeouts: {} } })
      await isLive(watching)
      fake.faults.freeze()
      fake.events.add()
      const began = performance.now()
      await watching.meshery.close()
      expect(performance.now() - began).toBeLessThan(soonMs)
      await watching.subscription.closed
      fake.faults.thaw()
      await until(() => expect([fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0]))
      expect(watching.events).toEqual([])
    },
  )
})

describe.concurrent('notices', () => {
  it('report each change of the status once, from `connecting` to `closed`', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url)
    await isLive(watching)
    fake.faults.cut()
    await until(() => expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: true })))
    await watching.subscription.close()
    const states = watching.notices.flatMap((notice) => (notice.kind === 'status' ? [notice.state] : []))
    expect(states[0]).toBe('connecting')
    expect(states).toContain('waiting')
    expect(states.slice(-2)).toEqual(['live', 'closed'])
    const statuses = watching.notices.filter(({ kind }) => kind === 'status').map((notice) => JSON.stringify(notice))
    expect(statuses.filter((one, index) => one === statuses[index - 1])).toEqual([])
  })

  it('report a gap as closed only after a read that began when the channel was open again', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url)
    await isLive(watching)
    const gaps: (readonly [complete: boolean, state: string])[] = []
    const subscription = watching.meshery.subscribeEvents(
      {},
      { onNotice: (notice) => notice.kind === 'gap' && gaps.push([notice.complete, subscription.status.state]) },
    )
    await gotAll(watching, [fake.events.add()])
    fake.faults.slowStore(400)
    const { length } = fake.stats.requests
    fake.events.add()
    await until(() => expect(fake.stats.requests.length).toBeGreaterThan(length))
    // The read is running: it saw the store before the cut.
    await fake.faults.refuse()
    fake.faults.cut()
    await until(() => expect(fake.stats.requests[length]?.status).toBe(200))
    await until(() => expect(watching.events).toHaveLength(2))
    await fake.faults.calm()
    await until(() => expect(gaps.length).toBeGreaterThan(0))
    expect(gaps).toEqual([[true, 'live']])
  })

  it('reach a listener that closes its own subscription once more and never again', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using watching = watch(fake.url)
    const states: string[] = []
    const subscription = watching.meshery.subscribeEvents(
      {},
      {
        onNotice: (notice) => {
          if (notice.kind !== 'status') return
          states.push(notice.state)
          if (notice.state === 'live') void subscription.close()
        },
      },
    )
    await subscription.closed
    fake.faults.cut()
    await gotAll(watching, [fake.events.add()])
    expect(states.slice(-2)).toEqual(['live', 'closed'])
  })
})

describe.concurrent('the process', () => {
  it('is held while a subscription is open, unless `unref` was given', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    let holds = 0
    const hold = (): (() => void) => {
      holds++
      return () => void holds--
    }
    const connect = createMesheryOn({ ...nodePlatform({ env: {} }), hold })
    await using meshery = connect({ ...hasty, url: fake.url })
    await meshery.subscribeEvents({}, { unref: true }).ready
    expect(holds).toBe(0)
    const [one, other] = [meshery.subscribeEvents(), meshery.subscribeK8sContext()]
    expect(holds).toBe(2)
    await one.close()
    await other.close()
    expect(holds).toBe(0)
  })

  it('runs while a subscription is open, unless `unref` was given, and ends when all are closed', {
    tags: ['full'],
  }, async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const entry = fileURLToPath(new URL('../../src/index.ts', import.meta.url))
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createMeshery } from ${JSON.stringify(entry)}; Object.assign(globalThis, { createMeshery })`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
      // The module that reads mesheryctl's files is not needed here.
      logLevel: 'error',
    })
    const run = (script: string) => {
      const program = `${outputFiles[0]?.text}
        const meshery = createMeshery({ url: ${JSON.stringify(fake.url)}, provider: 'None' })
        ;(async () => { ${script} })()`
      const child = spawn(process.execPath, ['-'], { stdio: ['pipe', 'pipe', 'inherit'] })
      child.stdin.end(program)
      const ended = once(child, 'exit').then(([code]: unknown[]) => code)
      return { child, ended }
    }
    const unref = run(`await meshery.subscribeEvents({}, { unref: true }).ready`)
    const closed = run(`const s = meshery.subscribeEvents(); await s.ready; await s.close()`)
    const open = run(`const s = meshery.subscribeEvents(); await s.ready; console.log('ready'); await s.closed`)
    try {
      await once(open.child.stdout, 'data')
      expect(await unref.ended).toBe(0)
      expect(await closed.ended).toBe(0)
      expect(open.child.exitCode).toBeNull()
    } finally {
      for (const { child } of [unref, closed, open]) child.kill()
    }
  })
})

it.concurrent('a subscription made in a listener of another one begins like any other', async () => {
  await using fake = await startFakeMeshery({ release: 'current' })
  await using meshery = createMeshery({ ...hasty, url: fake.url })
  let second: ReturnType<typeof follow> | undefined
  const first = meshery.subscribeEvents(
    {},
    {
      onNotice: (notice) => {
        if (notice.kind === 'status' && notice.state === 'live') second ??= follow(meshery)
      },
    },
  )
  await until(() => expect(second).toBeDefined())
  await second?.subscription.ready
  const event = fake.events.add()
  await until(() => expect(descriptions(second?.events ?? [])).toEqual([event.description]))
  expect(await take(first, 1)).toEqual([event.description])
})
