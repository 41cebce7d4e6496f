import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { asLocal, get, getJSON, query, stream, subscribeTo, values } from './clients.ts'

const contexts = '/api/system/kubernetes/contexts'
const summary = '/api/system/meshsync/resources/summary?clusterId=a'

const statuses = async (fake: FakeMeshery, ...paths: string[]): Promise<number[]> => {
  const answers: number[] = []
  for (const path of paths) answers.push((await get(fake, path)).status)
  return answers
}

describe('faults of REST reads', () => {
  test('answer wrongly, all of them or those of one path', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.answer('rest', 500)
    expect(await statuses(fake, contexts, summary, '/api/system/events', '/healthz/live')).toEqual([500, 500, 200, 200])
    fake.faults.answer('rest', undefined)
    fake.faults.answer('rest', 429, { path: contexts, times: 2, headers: { 'retry-after': '1' } })
    fake.faults.answer('rest', 503, { path: '/api/system/meshsync/resources/summary' })
    const refused = await get(fake, `${contexts}?page=0`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await statuses(fake, contexts, contexts, summary)).toEqual([429, 200, 503])
    await fake.faults.calm()
    expect(await statuses(fake, contexts, summary)).toEqual([200, 200])
  })

  test('distinguish one SSE stream from the other', async () => {
    await using fake = await startFakeMeshery()
    const controllers = '/api/system/controllers/status/subscribe'
    fake.faults.answer('sse', 500, { path: controllers })
    expect(await statuses(fake, controllers)).toEqual([500])
    await using events = await stream(fake)
    expect(events.response.status).toBe(200)
    expect(fake.stats.dials.map(({ path }) => path)).toEqual([controllers, '/api/system/events/subscribe'])
  })

  test('are slow, and then answer what was so when they were asked', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.slowRest(200)
    const began = performance.now()
    const answer = getJSON(fake, contexts)
    await expect.poll(() => fake.stats.requests).toHaveLength(1)
    fake.contexts.add()
    expect(await answer).toMatchObject({ totalCount: 0 })
    expect(performance.now() - began).toBeGreaterThan(150)
    fake.faults.slowRest(60_000)
    await fake.faults.calm()
    expect(await getJSON(fake, contexts)).toMatchObject({ totalCount: 1 })
  })

  test('leave nothing behind when the fake ends meanwhile', async () => {
    const fake = await startFakeMeshery()
    fake.faults.slowRest(60_000)
    const answer = get(fake, contexts)
    await expect.poll(() => fake.stats.requests).toHaveLength(1)
    await Promise.all([fake.close(), expect(answer).rejects.toThrow()])
  })

  test('wait for the thaw', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.slowRest(100)
    let answered = false
    const answer = get(fake, contexts).then(({ status }) => {
      answered = true
      return status
    })
    await expect.poll(() => fake.stats.requests).toHaveLength(1)
    fake.faults.freeze()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(answered).toBe(false)
    fake.faults.thaw()
    expect(await answer).toBe(200)
  })

  test('concern only reads', async () => {
    await using fake = await startFakeMeshery()
    const posted = await fetch(fake.url + contexts, { method: 'POST', headers: { ...asLocal, connection: 'close' } })
    expect(posted.status).toBe(404)
  })
})

describe('queries with several root fields', () => {
  const status = 'getMeshsyncStatus(connectionID: "c") { name }'

  test('get one answer, in their order', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    let free = (): void => {}
    const waited = new Promise<void>((resolve) => {
      free = resolve
    })
    fake.graphql('getMeshsyncStatus', async function* () {
      await waited
      yield { name: 'late' }
    })
    fake.graphql('getNatsStatus', async function* ({ connectionID }) {
      yield { name: connectionID }
      free()
    })
    const text = `{ a: ${status} t: __typename b: getNatsStatus(connectionID: "d") { name } }`
    const { body } = await query(fake, text)
    expect(JSON.stringify(body)).toBe('{"data":{"a":{"name":"late"},"t":"Query","b":{"name":"d"}}}')
  })

  test('lose the field that fails, and all if it must be something', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    // biome-ignore lint/correctness/useYield: it fails before its first value.
    const fail = async function* (): AsyncGenerator {
      throw new Error('no')
    }
    fake.graphql('getOperatorStatus', fail)
    const text = `{ ${status} o: getOperatorStatus(connectionID: "c") { status } }`
    expect((await query(fake, text)).body).toEqual({
      errors: [{ message: 'no', path: ['o'] }],
      data: { getMeshsyncStatus: { name: '' }, o: null },
    })
    fake.graphql('getMeshsyncStatus', fail)
    expect((await query(fake, text)).body).toMatchObject({
      errors: [{ path: ['getMeshsyncStatus'] }, { path: ['o'] }],
      data: null,
    })
  })

  test('lose all where a field is nothing that must be something', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.graphql('getMeshsyncStatus', async function* () {})
    expect((await query(fake, `{ ${status} __typename }`)).body).toEqual({
      errors: [{ message: 'must not be null', path: ['getMeshsyncStatus'] }],
      data: null,
    })
  })

  test('may introspect nothing', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    expect((await query(fake, `{ __schema { queryType { name } } ${status} }`)).body).toEqual({
      errors: [{ message: 'introspection disabled', path: ['__schema'] }],
      data: { __schema: null, getMeshsyncStatus: { name: '' } },
    })
  })

  test('have no field left when all are skipped', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    expect((await query(fake, '{ __typename @skip(if: true) }')).body).toEqual({ data: {} })
  })

  test('run over a WebSocket too', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await subscribeTo(fake, `{ ${status} __typename }`)
    expect(await client.messages(2)).toEqual([
      { payload: { data: { getMeshsyncStatus: { name: '' }, __typename: 'Query' } }, id: '1', type: 'next' },
      { id: '1', type: 'complete' },
    ])
    expect(fake.stats.operations).toBe(0)
  })
})

describe('what is left of GraphQL', () => {
  const known = async (fake: FakeMeshery, text: string): Promise<boolean> => {
    const { body } = await query(fake, text)
    return !JSON.stringify(body).includes('Cannot query field')
  }

  test('on current are five queries', async () => {
    await using fake = await startFakeMeshery()
    const page = 'selector: { page: "", pageSize: "", search: "", order: "" }'
    for (const field of [
      'getMeshModelSummary(selector: { type: "components" }) { components { name } }',
      `getPerformanceProfiles(${page}) { page }`,
      `fetchResults(${page}, profileID: "a") { page }`,
      `fetchAllResults(${page}) { page }`,
      `fetchPatterns(${page}) { page }`,
    ]) {
      expect(await known(fake, `{ ${field} }`)).toBe(true)
    }
    for (const field of ['getOperatorStatus', 'getMeshsyncStatus', 'getNatsStatus']) {
      expect(await known(fake, `{ ${field}(connectionID: "a") { status } }`)).toBe(false)
    }
  })

  test('on v1.0.52 is all but events', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    expect(await known(fake, 'subscription { subscribeEvents { id } }')).toBe(false)
    await using client = await subscribeTo(fake, 'subscription { subscribeMesheryControllersStatus { status } }')
    expect(await values(client, 1)).toEqual([[]])
  })
})

test('a resolver takes the place of what the fake has itself', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  fake.graphql('subscribeMesheryControllersStatus', async function* () {
    yield [{ status: 'DEPLOYED' }]
  })
  await using client = await subscribeTo(fake, 'subscription { subscribeMesheryControllersStatus { status } }')
  expect(await values(client, 2)).toEqual([[{ status: 'DEPLOYED' }], undefined])
})

test('the rows of all resources stay when the fake becomes another release', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  const { id } = fake.contexts.add()
  fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
  fake.resources.set('a', 'default', 'Pod', 1)
  await fake.become('current')
  await fake.stop()
  await fake.start()
  expect(await getJSON(fake, contexts)).toMatchObject({ contexts: [{ id }] })
  expect(await getJSON(fake, '/api/system/controllers/broker/status?connectionId=a')).toMatchObject({
    status: 'Running',
  })
  expect(await getJSON(fake, summary)).toMatchObject({ kinds: [{ kind: 'Namespace' }, { kind: 'Pod', count: 1 }] })
})
