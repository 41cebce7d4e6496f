import { expect, test } from 'vitest'
import { type FakeMeshery, frames, ResolverError, startFakeMeshery } from '../../src/testing/index.ts'
import { dialAcknowledged, type RawSocketClient } from './clients.ts'

const subscribe = async (fake: FakeMeshery, query: string, variables = {}): Promise<RawSocketClient> => {
  const client = await dialAcknowledged(fake)
  client.send({ id: '1', type: 'subscribe', payload: { query, variables } })
  return client
}

const summary =
  'subscription ($s: MeshModelSummarySelector!) { subscribeMeshModelSummary(selector: $s) { components { name n: count } } }'

test('a resolver receives the arguments, and its values are cut to the selection', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.graphql('subscribeMeshModelSummary', async function* (args) {
    yield { components: [{ name: 'a', count: 1, more: 2 }], relationships: [], args }
    yield { components: null }
    expect(args).toEqual({ selector: { type: 'components' } })
  })
  await using client = await subscribe(fake, summary, { s: { type: 'components' } })
  expect(await client.messages(3)).toEqual([
    { payload: { data: { subscribeMeshModelSummary: { components: [{ name: 'a', n: 1 }] } } }, id: '1', type: 'next' },
    { payload: { data: { subscribeMeshModelSummary: { components: null } } }, id: '1', type: 'next' },
    { id: '1', type: 'complete' },
  ])
})

test('a resolver that fails at once is a next with errors, and complete', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  // biome-ignore lint/correctness/useYield: it fails before its first value.
  fake.graphql('subscribeEvents', async function* () {
    throw new ResolverError('no', { code: 'NO' })
  })
  await using client = await subscribe(fake, 'subscription { e: subscribeEvents { id } }')
  const errors = [{ message: 'no', path: ['e'], extensions: { code: 'NO' } }]
  expect(await client.messages(2)).toEqual([
    { payload: { errors, data: null }, id: '1', type: 'next' },
    { id: '1', type: 'complete' },
  ])
})

test('a resolver that fails later is an error without complete', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.graphql('subscribeEvents', async function* () {
    yield { id: 'a' }
    throw new Error('late')
  })
  await using client = await subscribe(fake, 'subscription { subscribeEvents { id } }')
  const [, error] = await client.messages(2)
  expect(error).toMatchObject({ type: 'error', payload: [{ message: 'late' }] })
  client.send({ type: 'ping' })
  expect((await client.messages(3))[2]).toEqual({ type: 'pong' })
})

test('nothing for a field that must be something is an error beside data, and the stream goes on', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.graphql('subscribeEvents', async function* () {
    yield null
    yield { id: 'b' }
  })
  await using client = await subscribe(fake, 'subscription { subscribeEvents { id } }')
  const [first, second] = await client.messages(3)
  expect(first).toMatchObject({
    payload: { errors: [{ message: 'must not be null' }], data: { subscribeEvents: null } },
  })
  expect(second).toMatchObject({ payload: { data: { subscribeEvents: { id: 'b' } } } })
})

test('the signal of a resolver is aborted when its client leaves', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const received: boolean[] = []
  fake.graphql('subscribeEvents', async function* (_, signal) {
    yield { id: 'a' }
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    received.push(signal.aborted)
  })
  await using client = await subscribe(fake, 'subscription { subscribeEvents { id } }')
  await client.messages(1)
  client.socket.terminate()
  await expect.poll(() => received).toEqual([true])
})

test('prepared frames go out as they are, by the thousand, and wait for a slow reader', {
  tags: ['full'],
}, async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const payload = `{"data":{"subscribeEvents":{"id":"${'x'.repeat(600)}"}}}`
  const batch = frames(Array.from({ length: 500 }, () => payload))
  let asked = 0
  fake.graphql('subscribeEvents', async function* () {
    for (; asked < 80; asked++) yield batch
  })
  await using client = await dialAcknowledged(fake)
  client.socket.pause()
  client.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { subscribeEvents { id } }' } })
  await expect.poll(() => asked).toBeGreaterThan(0)
  await expect.poll(() => fake.stats.operations).toBe(1)
  expect(asked).toBeLessThan(80)
  client.socket.resume()
  await expect.poll(() => client.received.length).toBe(40_001)
  expect(client.received[0]).toBe(`{"payload":${payload},"id":"1","type":"next"}\n`)
})
