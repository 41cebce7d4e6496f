import { expect } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsFor } from '../sample.ts'
import { descriptions, gotInOrder, hasty, isLive, lastOne, until, watch } from './watching.ts'

const sleepPastSettling = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, (hasty.settle ?? 0) + 100))

/** A handler of Meshery makes several events by one builder, which returns the same object each time. */
claimsFor('on %s, where the events overwrite one row', casesOf(['v0.6', 'v0.8'] as const), (it, [release]) => {
  it('three frames of one id are one event, as the row was read', async () => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { transports: ['websocket'] } })
    await isLive(watching)
    const { operationID } = fake.events.add({ description: 'step 1' })
    fake.events.add({ operationID, description: 'step 2' })
    fake.events.add({ operationID, description: 'step 3' })
    expect(fake.events.rows).toHaveLength(1)
    await until(() => expect(descriptions(watching.events)).toEqual(['step 3']))
    await sleepPastSettling()
    await lastOne(watching, fake)
    await gotInOrder(watching, fake.events.rows)
  })

  it('a delivered event remains as it was first read, and later versions of its row are not delivered', async () => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { transports: ['websocket'] } })
    await isLive(watching)
    const { operationID } = fake.events.add({ description: 'step 1' })
    await until(() => expect(descriptions(watching.events)).toEqual(['step 1']))
    fake.events.add({ operationID, description: 'step 2' })
    fake.events.add({ operationID, description: 'step 3' })
    await sleepPastSettling()
    await lastOne(watching, fake)
    expect(descriptions(watching.events)).toEqual(['step 1', 'the last one'])
  })

  it('a frame delivered as pushed, with the times of its row, is not delivered again after its row was overwritten', async () => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { transports: ['websocket'], settle: 50 } })
    await isLive(watching)
    const first = fake.events.add({ description: 'step 1' }, { store: false })
    await until(() => expect(watching.events).toEqual([first]))
    const next = { ...first, description: 'step 2' }
    fake.events.push(next)
    fake.events.add(next)
    await sleepPastSettling()
    await lastOne(watching, fake)
    expect(descriptions(watching.events)).toEqual(['step 1', 'the last one'])
  })
})

const ways = [
  ['v1.0', 'websocket'],
  ['current', 'sse'],
] as const

claimsFor('on %s over %s, where each has a row', ways, (it, [release, transport]) => {
  it('every event is delivered once, as stored, though each frame shows the last of them', async () => {
    await using fake = await startFakeMeshery({ release })
    await using watching = watch(fake.url, { options: { transports: [transport] } })
    await isLive(watching)
    const { operationID } = fake.events.add({ description: 'step 1' }, { push: false })
    fake.events.add({ operationID, description: 'step 2' }, { push: false })
    const last = fake.events.add({ operationID, description: 'step 3' }, { push: false })
    for (let count = 0; count < 3; count++) fake.events.push(last)
    await until(() => expect(watching.events).toHaveLength(3))
    await sleepPastSettling()
    await lastOne(watching, fake)
    await gotInOrder(watching, fake.events.rows)
    expect(watching.events.map(({ id }) => id)).toEqual(fake.events.rows.map(({ id }) => id))
  })
})
