import { expect, test } from 'vitest'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor } from '../sample.ts'
import { asLocal, getJSON } from './clients.ts'

const old = ['v0.6', 'v0.7', 'v0.8'] as const
const newer = ['v1.0', 'v1.0.52', 'current'] as const
const pathOf = ({ release }: FakeMeshery): string =>
  release === 'v0.6' || release === 'v0.7' ? '/api/events' : '/api/system/events'

const send = (fake: FakeMeshery, method: string, below: string, body?: unknown): Promise<Response> =>
  fetch(`${fake.url}${pathOf(fake)}/${below}`, {
    method,
    // A connection that is kept may be one to an earlier fake on the same port.
    headers: { ...asLocal, connection: 'close' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

const three = (release: (typeof releases)[number]): Promise<FakeMeshery> =>
  startFakeMeshery({ release, seed: [{}, {}, {}] })
const idsOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ id }) => id)
const statusesOf = (fake: FakeMeshery): string[] => fake.events.rows.map(({ status }) => status)

claimsInTurnFor('%s', casesOf(old), (test, [release]) => {
  test('answers a status with the event, and a bulk with a list', async () => {
    await using fake = await three(release)
    const [first = '', second = ''] = idsOf(fake)
    const one = await send(fake, 'PUT', `status/${first}`, { status: 'read' })
    expect([one.status, await one.json()]).toMatchObject([200, { id: first, status: 'read' }])
    const many = await send(fake, 'PUT', 'status/bulk', { ids: [first, second], status: 'read' })
    expect(await many.json()).toMatchObject([{ id: first }, { id: second, status: 'read' }])
  })

  test('answers an unknown id with an event without an id', async () => {
    await using fake = await three(release)
    const answer = await send(fake, 'PUT', 'status/aaaaaaaa-0000-4000-8000-000000000001', { status: 'read' })
    expect(await answer.json()).toMatchObject({ id: '00000000-0000-0000-0000-000000000000' })
  })

  test('answers a deletion with 200', async () => {
    await using fake = await three(release)
    const [first = '', ...rest] = idsOf(fake)
    expect((await send(fake, 'DELETE', first)).status).toBe(200)
    expect((await send(fake, 'DELETE', 'bulk', { ids: rest })).status).toBe(200)
    expect(fake.events.rows).toEqual([])
  })
})

claimsInTurnFor('%s', casesOf(newer), (test, [release]) => {
  test('answers a status with nothing, and a deletion with 204', async () => {
    await using fake = await three(release)
    const [first = '', ...rest] = idsOf(fake)
    const one = await send(fake, 'PUT', `status/${first}`, { status: 'read' })
    expect([one.status, await one.text()]).toEqual([200, ''])
    const many = await send(fake, 'PUT', 'status/bulk', { ids: rest, status: 'read' })
    expect([many.status, await many.text()]).toEqual([200, ''])
    expect(statusesOf(fake)).toEqual(['read', 'read', 'read'])
    expect((await send(fake, 'DELETE', first)).status).toBe(204)
    expect((await send(fake, 'DELETE', 'bulk', { ids: rest })).status).toBe(204)
  })
})

claimsInTurnFor('%s', casesOf(releases), (test, [release]) => {
  test('changes the ids before one that it cannot read, and answers with a success', async () => {
    await using fake = await three(release)
    const [first = '', , third = ''] = idsOf(fake)
    const answer = await send(fake, 'PUT', 'status/bulk', { ids: [first, 'wrong', third], status: 'read' })
    expect(answer.status).toBe(200)
    expect(statusesOf(fake)).toEqual(['read', 'unread', 'unread'])
  })

  test('refuses another status than read and unread', async () => {
    await using fake = await three(release)
    const [first = ''] = idsOf(fake)
    expect((await send(fake, 'PUT', `status/${first}`, { status: 'gone' })).status).toBe(500)
    expect((await send(fake, 'PUT', `status/${first}`, {})).status).toBe(release.startsWith('v0') ? 500 : 400)
    expect(statusesOf(fake)).toEqual(['unread', 'unread', 'unread'])
  })

  test('has the types beside its changes', async () => {
    await using fake = await three(release)
    expect(await getJSON(fake, `${pathOf(fake)}/types`)).toEqual({ category: ['connection'], action: ['create'] })
  })

  test.each(['half', 'error-text', 'ignored', 'lost'] as const)('fails in the way of the fault %s', async (how) => {
    await using fake = await three(release)
    fake.faults.breakWrites(how)
    const answer = await send(fake, 'PUT', 'status/bulk', { ids: idsOf(fake), status: 'read' }).then(
      ({ status }) => status,
      () => 'lost',
    )
    const read = statusesOf(fake).filter((status) => status === 'read').length
    const expected = { half: [500, 1], 'error-text': [200, 0], ignored: [200, 0], lost: ['lost', 3] }
    expect([answer, read]).toEqual(expected[how])
  })
})

test('without credentials nothing is changed', async () => {
  await using fake = await startFakeMeshery({ auth: { token: 'right', provider: 'Meshery' }, seed: [{}] })
  const [first = ''] = idsOf(fake)
  const answer = await fetch(`${fake.url}/api/system/events/${first}`, { method: 'DELETE', redirect: 'manual' })
  expect(answer.status).toBe(302)
  expect(fake.events.rows).toHaveLength(1)
})
