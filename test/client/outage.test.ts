import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import type { FakeMeshery } from '../../src/testing/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsFor, sampled } from '../sample.ts'
import { Minutes } from '../soak/minutes.ts'
import { followState } from './states.ts'
import { gotAll, gotInOrder, hasty, isLive, until, watch } from './watching.ts'

const auth = { provider: 'Meshery', token: 'a-token-that-worked-before' }

/** The remote provider is down, and with it, as in many outages, GitHub, from which old releases read their version. */
const goDown = (fake: FakeMeshery): void => {
  fake.faults.providerDown()
  fake.faults.answer('version', 500)
}

/** The releases that refuse credentials in an outage of their provider. */
const refusing = ['v0.6', 'v0.7', 'v0.8'] as const

claimsFor('an outage of the remote provider, on %s', casesOf(refusing), (it, [release]) => {
  it('delays polled events, with a notice that names the outage', async () => {
    await using fake = await startFakeMeshery({ release, auth })
    await using watching = watch(fake.url, { options: { ...auth, transports: ['polling'] } })
    await until(() => expect(watching.subscription.status.state).toBe('polling'))
    await gotInOrder(watching, [fake.events.add()])
    goDown(fake)
    await until(() =>
      expect(watching.subscription.status).toMatchObject({
        state: 'waiting',
        reason: { code: 'CREDENTIALS_REFUSED', message: expect.stringMatching(/outage/) },
        nextRetryAt: expect.any(Date),
      }),
    )
  })

  it('delays polled controllers', async () => {
    await using fake = await startFakeMeshery({ release, auth })
    const { connection_id } = fake.contexts.add()
    fake.controllers.set(connection_id, 'BROKER', { status: 'DEPLOYED', version: 'v1' })
    await using meshery = createMeshery({ ...hasty, ...auth, url: fake.url, transports: ['polling'] })
    const followed = followState(() => meshery.subscribeMesheryControllersStatus())
    await followed.newest((items) => expect(items).toHaveLength(1))
    goDown(fake)
    await until(() =>
      expect(followed.subscription.status).toMatchObject({ state: 'waiting', reason: { code: 'CREDENTIALS_REFUSED' } }),
    )
  })
})

describe('an outage of the remote provider that ends', () => {
  it.each(sampled(refusing, 1, 'polling continues'))('lets polling continue by itself, on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, auth })
    const minutes = new Minutes()
    try {
      await using watching = watch(fake.url, { options: { ...auth, transports: ['polling'] } })
      await until(() => expect(watching.subscription.status.state).toBe('polling'))
      goDown(fake)
      await until(() => expect(watching.subscription.status.state).toBe('waiting'))
      const event = fake.events.add()
      await fake.faults.calm()
      minutes.pass(1)
      await gotAll(watching, [event])
    } finally {
      minutes.stop()
    }
  })
})

describe('an outage of the remote provider while the WebSocket lives', () => {
  it.each(sampled(refusing, 1, 'the WebSocket lives'))(
    'ends with every event read from the store, on %s',
    async (release) => {
      await using fake = await startFakeMeshery({ release, auth })
      const minutes = new Minutes()
      try {
        await using watching = watch(fake.url, { options: auth })
        await isLive(watching)
        await gotInOrder(watching, [fake.events.add()])
        goDown(fake)
        fake.events.add()
        await gotInOrder(watching, fake.events.rows)
        expect(watching.notices.at(-1)).toMatchObject({ kind: 'gap', complete: false })
        // No push announces it.
        fake.events.add({}, { push: false })
        await fake.faults.calm()
        minutes.pass(1)
        await gotAll(watching, fake.events.rows)
        await until(() => expect(watching.notices.at(-1)).toMatchObject({ kind: 'gap', complete: true }))
        expect(watching.subscription.status).toMatchObject({ state: 'live', transport: 'websocket' })
        expect(fake.stats.dials).toHaveLength(1)
      } finally {
        minutes.stop()
      }
    },
  )
})
