import { describe, expect, it } from 'vitest'
import { type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { type Cut, flow, mostCuts, startMiddlebox } from './middlebox.ts'
import { gotAll, lastOne, until, watch } from './watching.ts'

describe.concurrent('a middlebox that accepts a live channel and cuts it after 300 ms', () => {
  it.each(
    sampled<[Release, Cut]>(
      [
        ['v0.8', 'cuts after 300 ms'],
        ['v1.0', 'cuts after 300 ms'],
        ['v0.8', 'passes nothing, and cuts after 300 ms'],
        ['current', 'cuts after 300 ms'],
        ['current', 'passes nothing, and cuts after 300 ms'],
      ],
      1,
      'polled',
    ),
  )('leads to polling, and no event is lost: %s, %s', async (release, cut) => {
    await using fake = await startFakeMeshery({ release })
    await using middlebox = await startMiddlebox(fake, cut)
    await using watching = watch(middlebox.url)
    await watching.subscription.ready
    fake.events.add()
    await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }))
    await lastOne(watching, fake)
    await gotAll(watching, fake.events.rows)
    expect(middlebox.cuts).toBeLessThan(mostCuts)
    expect(watching.reasons()).toContainEqual(expect.objectContaining({ code: 'CONNECTION_LOST' }))
  })

  it.each(sampled<Release>(['v0.8', 'v1.0', 'current'], 1, 'while events flow'))(
    'leads to polling also while events flow, which arrive before each cut: %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      await using middlebox = await startMiddlebox(fake, 'cuts after 300 ms')
      await using watching = watch(middlebox.url)
      await watching.subscription.ready
      {
        using _ = flow(fake)
        await until(() => expect(watching.subscription.status).toMatchObject({ state: 'polling' }))
      }
      expect(middlebox.cuts).toBeLessThan(mostCuts)
      await lastOne(watching, fake)
      await gotAll(watching, fake.events.rows)
    },
  )
})
