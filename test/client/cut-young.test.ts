// One after another, and apart from `fallback.test.ts` and `middlebox.test.ts`: beside others a connection may be cut before it has opened.
import { describe, expect, it } from 'vitest'
import { createMeshery, type Notice, type TransportName } from '../../src/index.ts'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { mostCuts, startMiddlebox } from './middlebox.ts'
import { dials, goesOver, gotAll, hasty, lastOne, until, watch } from './watching.ts'

describe('an unavailable transport', () => {
  it.each(
    sampled<[Release, TransportName, number]>(
      [
        ['v0.8', 'websocket', 3],
        // The first connection answers to the document of v0.8 that its schema differs, unless it is cut before that.
        ['v1.0', 'websocket', 4],
        ['current', 'sse', 3],
      ],
      1,
    ),
  )(
    '%s is polled after its %s connection was cut soon after it opened, three times',
    { tags: ['full'] },
    async (release, transport, count) => {
      await using fake = await startFakeMeshery({ release })
      // Long enough to open on a busy machine, and too short to count as a connection that lived.
      fake.faults.cutYoung(1_000)
      await using watching = watch(fake.url)
      await watching.subscription.ready
      await goesOver(watching, 'polling', fake)
      expect([3, count]).toContain(dials(fake, transport))
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )
})

describe('a middlebox that accepts a live channel and cuts it after 300 ms', () => {
  it('leads to polling of a state, whose first value arrives before each cut', { tags: ['full'] }, async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    fake.contexts.set([{ id: 'a', name: 'cluster a' }])
    await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
    await using meshery = createMeshery({ ...hasty, url: middlebox.url })
    const seen: Notice[] = []
    const onNotice = (notice: Notice): void => void seen.push(notice)
    const subscription = meshery.subscribeK8sContext({}, { onNotice })
    const reading = (async () => {
      for await (const _ of subscription);
    })()
    await until(() => expect(subscription.status).toMatchObject({ state: 'polling' }))
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'status', state: 'live' }))
    expect(middlebox.cuts).toBeLessThan(mostCuts)
    await meshery.close()
    await reading
  })
})
