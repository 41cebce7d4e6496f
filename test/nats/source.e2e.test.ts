import { describe, expect, test } from 'vitest'
import { descriptions, isLive, until } from '../client/watching.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { startStreamWorld } from './stream-world.ts'

describe.skipIf(hasNoNats())('events from NATS', () => {
  test('delivers what relays publish after `ready`, in its order and as Meshery has it', async () => {
    await using world = await startStreamWorld()
    await world.publish(3)
    const watching = world.watch()
    await watching.subscription.ready
    await isLive(watching)
    const events = await world.publish(5, { severity: 'error', metadata: { a: [1] } })
    await until(() => expect(watching.events.length).toBeGreaterThanOrEqual(5))
    expect(watching.events).toEqual(events)
    expect(watching.notices.filter(({ kind }) => kind !== 'status')).toEqual([])
    expect(descriptions(watching.events)).toEqual(['4', '5', '6', '7', '8'])
  })
})
