import { describe, expect, it } from 'vitest'
import { createMeshery, type Identity } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, sampled } from '../sample.ts'
import { gotInOrder, hasty, isLive, until, watch } from './watching.ts'

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A new token each time, which expires in three seconds. */
const shortLived = (): (() => Identity) => {
  let count = 0
  return () => ({ provider: 'None', token: `head.${base64({ exp: Date.now() / 1000 + 3, count: count++ })}.sign` })
}

describe.concurrent('a token that is about to expire', () => {
  it.each(sampled(['v0.8', 'current'] as const, 1))('causes a new connection on %s, with overlap', async (release) => {
    await using fake = await startFakeMeshery({ release })
    const { provider: _, ...quick } = hasty
    await using watching = watch(fake.url, { options: { ...quick, provider: undefined, credentials: shortLived() } })
    await isLive(watching)
    const transport = release === 'current' ? 'sse' : 'websocket'
    const dials = () => fake.stats.dials.filter((dial) => dial.transport === transport)
    const sent = []
    while (dials().length < (isFull ? 3 : 2)) {
      sent.push(fake.events.add())
      await gotInOrder(watching, sent)
    }
    sent.push(fake.events.add())
    await gotInOrder(watching, sent)
    expect(new Set(dials().map(({ headers }) => headers.cookie)).size).toBe(dials().length)
    expect(watching.notices.filter(({ kind }) => kind === 'gap')).toEqual([])
    expect(watching.subscription.status.state).toBe('live')
    // The connection that was replaced is closed.
    await until(() => expect(fake.stats.openSockets + fake.stats.openStreams).toBeLessThanOrEqual(1))
  })

  it('moves a subscription to a document too, with one socket left', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { provider: _, ...quick } = hasty
    await using meshery = createMeshery({ ...quick, url: fake.url, credentials: shortLived() })
    const notices: string[] = []
    const subscription = meshery.subscribe<{ subscribeEvents: { id: string } }>(
      'subscription { subscribeEvents { id } }',
      {},
      { onNotice: ({ kind }) => notices.push(kind) },
    )
    await subscription.ready
    await until(() => expect(fake.stats.dials.length).toBeGreaterThanOrEqual(2))
    await until(() => expect(fake.stats.openSockets).toBe(1))
    const { id } = fake.events.add()
    for await (const { subscribeEvents } of subscription) {
      expect(subscribeEvents.id).toBe(id)
      break
    }
    expect(notices).not.toContain('gap')
  })
})
