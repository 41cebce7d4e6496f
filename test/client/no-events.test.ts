import { describe, expect, it } from 'vitest'
import { createMeshery, type MesheryError, type TransportName } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'

/** The error that ends a subscription to events. */
const endOf = async (fake: FakeMeshery, transports?: TransportName[], since?: string): Promise<MesheryError> => {
  await using meshery = createMeshery({ url: fake.url, transports })
  const subscription = meshery.subscribeEvents({ since })
  return await subscription.closed.then(
    () => Promise.reject(new Error('It ended without an error')),
    (error: MesheryError) => error,
  )
}

describe('a Meshery without events', () => {
  const ways: readonly (readonly [string, TransportName[] | undefined, string | undefined])[] = [
    ['by default', undefined, undefined],
    ['by polling only', ['polling'], undefined],
    ['by SSE, then polling', ['sse', 'polling'], undefined],
    ['with a starting point in the past', ['polling'], '1h'],
  ]

  it.each(sampled(ways, 2))('ends the subscription with UNSUPPORTED: %s', async (_, transports, since) => {
    await using fake = await startFakeMeshery({ release: 'v0.6', events: false })
    expect(await endOf(fake, transports, since)).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/^This Meshery has no subscribeEvents: /),
      remedy: 'Use Meshery v0.6.15x (September 2023) or later.',
    })
  })

  it('has them once it has become a later release', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6', events: false })
    await fake.become('v0.8')
    await using meshery = createMeshery({ url: fake.url })
    await meshery.subscribeEvents().ready
  })

  it('is not confused with an address that has no Meshery', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6', events: false })
    fake.faults.answer('everything', 404)
    expect(await endOf(fake, ['polling'])).toMatchObject({ code: 'NOT_MESHERY' })
  })

  it('still delivers pushes where only its store is missing', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    fake.faults.answer('store', 404)
    await using meshery = createMeshery({ url: fake.url })
    const subscription = meshery.subscribeEvents()
    await subscription.ready
    fake.events.add({ description: 'pushed' })
    for await (const { description } of subscription) {
      expect(description).toBe('pushed')
      break
    }
  })
})
