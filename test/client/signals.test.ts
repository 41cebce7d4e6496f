import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createMeshery, until as untilPasses } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, until } from './watching.ts'

/** The warnings of Node about leaks, which it gives once a signal. */
const warnings = (): Disposable & { readonly seen: Error[] } => {
  const seen: Error[] = []
  const record = (warning: Error): number => seen.push(warning)
  process.on('warning', record)
  return { seen, [Symbol.dispose]: () => process.off('warning', record) }
}
/** Node emits warnings by `process.nextTick`; an immediate runs after it. */
const warningsEmitted = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('one signal', () => {
  it('of fifty subscriptions and of the client has one listener, without a warning; all end when it aborts', async () => {
    using warned = warnings()
    await using fake = await startFakeMeshery({ release: 'current' })
    const { signal, abort } = controller()
    await using meshery = createMeshery({ ...hasty, url: fake.url, signal })
    const subscriptions = Array.from({ length: 50 }, () => meshery.subscribeEvents({}, { signal }))
    await warningsEmitted()
    expect(warned.seen).toEqual([])
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all(subscriptions.map(({ ready }) => ready))
    abort()
    expect(new Set(subscriptions.map(({ status }) => status.state))).toEqual(new Set(['closed']))
    await Promise.all(subscriptions.map(({ closed }) => closed))
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await until(() => expect(fake.stats.openSockets).toBe(0))
  })

  it('keeps its listener until the last subscription on it is closed, and none after', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const { signal } = controller()
    await using meshery = createMeshery({ ...hasty, url: fake.url })
    const subscriptions = Array.from({ length: 50 }, () => meshery.subscribeEvents({}, { signal }))
    for (const subscription of subscriptions) {
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
      await subscription.close()
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
    const anew = meshery.subscribeEvents({}, { signal })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await anew.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('of many `until` and many clients has one listener as well', async () => {
    using warned = warnings()
    await using fake = await startFakeMeshery({ release: 'current' })
    const { signal, abort } = controller()
    const clients = Array.from({ length: 12 }, () => createMeshery({ ...hasty, url: fake.url, signal }))
    const waits = clients.map((meshery) => untilPasses(meshery.subscribeEvents(), () => false, { signal }))
    const ends = Promise.allSettled(waits)
    await warningsEmitted()
    expect(warned.seen).toEqual([])
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    abort()
    expect((await ends).map(({ status }) => status)).toEqual(waits.map(() => 'rejected'))
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await Promise.all(clients.map((meshery) => meshery.close()))
  })
})

const controller = (): { readonly signal: AbortSignal; abort(): void } => {
  const made = new AbortController()
  return { signal: made.signal, abort: () => made.abort() }
}
