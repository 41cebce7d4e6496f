import { expect, it, vi } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { Minutes } from '../soak/minutes.ts'
import { eventually, soonMs } from '../waiting.ts'

it('goes on once the stream has read the store after an outage, though its own reading waits for up to 30 s by then', async () => {
  const auth = { provider: 'Meshery', token: 'a-token-that-worked-before' }
  await using fake = await startFakeMeshery({ release: 'v0.8', auth })
  await using meshery = createMeshery({ url: fake.url, ...auth, buffer: 4 })
  const kinds: string[] = []
  const subscription = meshery.subscribeEvents(
    {},
    { onNotice: (notice) => void kinds.push(notice.kind === 'status' ? notice.state : notice.kind) },
  )
  await eventually(() => expect(kinds).toContain('live'))
  const expected = Array.from({ length: 20 }, (_, index) => `event ${index}`)
  for (const description of expected) fake.events.add({ description })
  await eventually(() => expect(kinds).toContain('overflow'))
  fake.faults.providerDown()
  const events = subscription[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => (await events.next()).value?.description
  // Once half of its queue is free, its own reading begins.
  expect([await next(), await next(), await next(), await next()]).toEqual(expected.slice(0, 4))
  await eventually(() => expect(kinds).toContain('gap'))
  const minutes = new Minutes()
  try {
    // From then on each wait is the longest.
    vi.spyOn(Math, 'random').mockReturnValue(1)
    minutes.pass(10)
    const { length } = fake.stats.requests
    await eventually(() => expect(fake.stats.requests.length).toBeGreaterThan(length + 1))
    vi.restoreAllMocks()
    await fake.faults.calm()
    const began = performance.now()
    fake.faults.cut()
    for (const description of expected.slice(4)) expect(await next()).toBe(description)
    expect(performance.now() - began).toBeLessThan(soonMs)
  } finally {
    minutes.stop()
  }
})

it('gets soon what it had no room for as pushed, though the rows come late and nothing is pushed after them', {
  tags: ['full'],
}, async () => {
  await using fake = await startFakeMeshery({ release: 'v1.0' })
  await using meshery = createMeshery({ url: fake.url, provider: 'None', buffer: 1 })
  const kinds: string[] = []
  const subscription = meshery.subscribeEvents({}, { onNotice: ({ kind }) => void kinds.push(kind) })
  await eventually(() => expect(subscription.status.state).toBe('live'))
  const began = performance.now()
  const expected = Array.from({ length: 5 }, (_, index) => `event ${index}`)
  // After they are due as pushed, and after the read that follows the opening.
  for (const description of expected) fake.events.add({ description }, { storeAfter: 3_000 })
  await eventually(() => expect(kinds).toContain('overflow'))
  const delivered: (string | null)[] = []
  for await (const { description } of subscription) if (delivered.push(description) === expected.length) break
  expect(delivered.sort()).toEqual(expected)
  expect(performance.now() - began).toBeLessThan(soonMs)
})
