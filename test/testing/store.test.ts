import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { asLocal, get, getJSON } from './clients.ts'

const day = Date.parse('2026-01-02T00:00:00Z')
const nil = '00000000-0000-0000-0000-000000000000'

/** A fake with so many events, a second apart, described by their numbers. */
const filled = (release: Release, count: number): Promise<FakeMeshery> =>
  startFakeMeshery({
    release,
    seed: Array.from({ length: count }, (_, index) => ({
      description: String(index),
      createdAt: new Date(day + index * 1_000).toISOString(),
    })),
  })

const listed = async (fake: FakeMeshery, query: string, path = '/api/system/events'): Promise<string[]> => {
  const { events } = await getJSON(fake, `${path}?${query}`)
  return Array.isArray(events) ? events.map((event) => event.description) : []
}

describe('the spelling', () => {
  test.each([
    ['v0.6', '/api/v2/events'],
    ['v0.8', '/api/system/events'],
  ] as const)('%s lists in snake_case', async (release, path) => {
    await using fake = await startFakeMeshery({ release })
    const event = fake.events.add({ metadata: { a: 1 } })
    const { id, category, action, severity, status, description } = event
    expect(await getJSON(fake, path)).toEqual({
      events: [
        {
          ...{ id, category, action, severity, status, description, metadata: { a: 1 } },
          user_id: nil,
          acted_upon: event.actedUpon,
          operation_id: event.operationID,
          system_id: event.systemID,
          created_at: event.createdAt,
          updated_at: event.updatedAt,
        },
      ],
      page: 0,
      page_size: 25,
      total_count: 1,
      count_by_severity_level: [{ severity: 'informational', count: 1 }],
    })
  })

  test.each([
    ['v1.0', { userId: nil }],
    ['v1.0.52', { owner: nil }],
    ['current', { owner: 'a449604d-3f10-58f4-95ff-a9385c2fad6a' }],
  ] as const)('%s lists in camelCase', async (release, user) => {
    await using fake = await startFakeMeshery({ release })
    const event = fake.events.add()
    const { id, category, action, severity, status, description, actedUpon, createdAt, updatedAt } = event
    expect(await getJSON(fake, '/api/system/events')).toEqual({
      events: [
        {
          ...{ id, category, action, severity, status, description, actedUpon, createdAt, updatedAt, metadata: null },
          ...user,
          operationId: event.operationID,
          systemId: event.systemID,
        },
      ],
      page: 0,
      pageSize: 25,
      totalCount: 1,
      readCount: 0,
      countBySeverityLevel: [{ severity: 'informational', count: 1 }],
    })
  })

  test.each([
    ['v0.8', 'user_id'],
    ['current', 'owner'],
  ] as const)('%s lists events of the system with its id as that of their user', async (release, key) => {
    await using fake = await startFakeMeshery({ release })
    const { systemID, userID } = fake.events.add({ system: true })
    const { events } = await getJSON(fake, '/api/system/events')
    expect([Reflect.get(Object(events)[0], key), userID]).toEqual([systemID, systemID])
  })

  test('the rows of the fake say what a client should make of it', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    expect(fake.events.add().userID).toBeNull()
    await fake.become('current')
    expect(fake.events.add().userID).toBe('a449604d-3f10-58f4-95ff-a9385c2fad6a')
  })
})

describe('the paging', () => {
  test('counts pages from 0, with 25 rows each by default', async () => {
    await using fake = await filled('current', 30)
    const asc = 'sort=created_at&order=asc'
    expect(await listed(fake, asc)).toHaveLength(25)
    expect(await listed(fake, `${asc}&page=1&pagesize=4`)).toEqual(['4', '5', '6', '7'])
    expect(await listed(fake, `${asc}&page=-3&pagesize=2`)).toEqual(['0', '1'])
    expect(await listed(fake, `${asc}&page=7&pagesize=4`)).toEqual(['28', '29'])
    expect(await listed(fake, `${asc}&page=8&pagesize=4`)).toEqual([])
    expect(await listed(fake, `${asc}&page=3&pagesize=all`)).toHaveLength(30)
    expect(await listed(fake, `${asc}&pagesize=x`)).toHaveLength(25)
    expect(await listed(fake, `${asc}&page=3&pagesize=-1`)).toHaveLength(30)
  })

  test('counts pages from 1 on v0.6, where page 0 is page 1', async () => {
    await using fake = await filled('v0.6', 10)
    const path = '/api/v2/events'
    const asc = 'sort=created_at&order=asc&pagesize=3'
    expect(await listed(fake, `${asc}&page=0`, path)).toEqual(['0', '1', '2'])
    expect(await listed(fake, `${asc}&page=1`, path)).toEqual(['0', '1', '2'])
    expect(await listed(fake, `${asc}&page=2`, path)).toEqual(['3', '4', '5'])
  })

  test('reports its page on v0.7: 0 and below are page 1; the default order is ascending', async () => {
    await using fake = await filled('v0.7', 10)
    const path = '/api/v2/events'
    for (const page of [-5, 0, 1]) {
      expect(await getJSON(fake, `${path}?page=${page}&pagesize=3`)).toMatchObject({ page: 1, page_size: 3 })
      expect(await listed(fake, `page=${page}&pagesize=3`, path)).toEqual(['0', '1', '2'])
    }
    expect(await getJSON(fake, `${path}?page=4&pagesize=3`)).toMatchObject({ page: 4, total_count: 10 })
    expect(await listed(fake, 'pagesize=500', path)).toHaveLength(10)
  })

  test('caps pages under that fault', async () => {
    await using fake = await filled('current', 10)
    fake.faults.capPages(4)
    expect(await getJSON(fake, '/api/system/events?pagesize=all')).toMatchObject({ pageSize: 4, totalCount: 10 })
  })

  test('reports the page where a remote provider answers', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 't' } })
    const response = await get(fake, '/api/system/events?page=2', { cookie: 'meshery-provider=Meshery; token=t' })
    expect(await response.json()).toMatchObject({ page: 2 })
  })
})

describe('the order', () => {
  test.each([
    ['v0.6', '/api/v2/events', '2'],
    ['v0.8', '/api/system/events', '0'],
    ['v1.0', '/api/system/events', '0'],
    ['current', '/api/system/events', '0'],
  ] as const)('%s has one of its own when none is asked for', async (release, path, first) => {
    await using fake = await filled(release, 3)
    expect((await listed(fake, '', path))[0]).toBe(first)
    expect((await listed(fake, 'order=nonsense', path))[0]).toBe(first)
    expect(await listed(fake, 'sort=created_at&order=desc', path)).toEqual(['2', '1', '0'])
  })

  test('is that of insertion for an unknown column', async () => {
    await using fake = await startFakeMeshery({
      seed: [
        { description: 'a', createdAt: '2026-01-02T00:00:00Z' },
        { description: 'b', createdAt: '2026-01-01T00:00:00Z' },
      ],
    })
    expect(await listed(fake, 'sort=nothing&order=desc')).toEqual(['a', 'b'])
    const refused = await get(fake, '/api/system/events?sort=name')
    expect([refused.status, refused.headers.get('content-type')]).toEqual([500, 'application/json'])
  })

  test('puts a late row below those that are there', async () => {
    await using fake = await filled('current', 3)
    const late = fake.events.insertLate({ description: 'late' }, 500)
    expect(late.createdAt).toBe('2026-01-02T00:00:01.5Z')
    expect(await listed(fake, 'sort=created_at&order=asc')).toEqual(['0', '1', 'late', '2'])
    expect(fake.events.rows.map((row) => row.description)).toEqual(['0', '1', 'late', '2'])
    expect(await listed(fake, 'sort=created_at&order=desc')).toEqual(['2', 'late', '1', '0'])
  })

  test('keeps rows of one moment as they were inserted, in both directions', async () => {
    await using fake = await startFakeMeshery({ clock: () => day })
    for (const description of ['a', 'b', 'c']) fake.events.add({ description })
    expect(await listed(fake, 'sort=created_at&order=asc')).toEqual(['a', 'b', 'c'])
    expect(await listed(fake, 'sort=created_at&order=desc')).toEqual(['a', 'b', 'c'])
  })
})

describe('the filters', () => {
  test('are JSON arrays, and the total counts what they match', async () => {
    await using fake = await startFakeMeshery()
    const a = fake.events.add({ severity: 'error', category: 'pattern', description: 'Pattern a' })
    fake.events.add({ severity: 'debug', status: 'read', description: 'b' })
    const only = async (query: string): Promise<unknown> =>
      (await getJSON(fake, `/api/system/events?${query}`))['totalCount']
    expect(await only('severity=["error","critical"]')).toBe(1)
    expect(await only('category=["pattern","connection"]')).toBe(2)
    expect(await only('action=["delete"]')).toBe(0)
    expect(await only('severity=error')).toBe(2)
    expect(await only('category=["none"]&severity=error')).toBe(0)
    expect(await only('category=error&severity=["none"]')).toBe(2)
    expect(await only('status=read')).toBe(1)
    expect(await only('search=PATTERN')).toBe(1)
    expect(await only(`actedUpon=["${a.actedUpon}"]`)).toBe(1)
  })
})

describe('writing', () => {
  test('a posted event is stored, pushed, and answered as it was built: without id and time of its row', async () => {
    await using fake = await startFakeMeshery()
    const body = {
      actedUpon: '11111111-1111-4111-8111-111111111111',
      action: 'deploy',
      category: 'pattern',
      severity: 'error',
    }
    const response = await fetch(`${fake.url}/api/system/events`, {
      method: 'POST',
      headers: asLocal,
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(201)
    const [row] = fake.events.rows
    expect(await response.json()).toMatchObject({
      ...{ ...body, id: nil, updatedAt: '0001-01-01T00:00:00Z' },
      ...{ operationId: row?.operationID, createdAt: row?.createdAt },
    })
    expect(row).toMatchObject(body)
  })

  test.each(['{', '{}', `{"actedUpon":"${nil}","action":"a","category":"c","severity":"error"}`])(
    '%s is refused',
    async (body) => {
      await using fake = await startFakeMeshery()
      const response = await fetch(`${fake.url}/api/system/events`, { method: 'POST', headers: asLocal, body })
      expect(response.status).toBe(400)
      expect(fake.events.rows).toEqual([])
    },
  )

  test.each([
    ['v0.6', 1],
    ['v0.8', 1],
    ['v1.0', 3],
    ['current', 3],
  ] as const)('on %s three events of one builder make rows: %i', async (release, count) => {
    let now = day
    await using fake = await startFakeMeshery({ release, clock: () => now++ })
    const { operationID, createdAt, id } = fake.events.add({ description: 'step 1' })
    for (const description of ['step 2', 'step 3']) fake.events.add({ operationID, description })
    expect(fake.events.rows).toHaveLength(count)
    expect(fake.events.rows.at(-1)).toMatchObject({ description: 'step 3', createdAt })
    expect(fake.events.rows.at(-1)?.id === id).toBe(count === 1)
    expect(fake.events.rows.at(-1)?.updatedAt).not.toBe(createdAt)
  })

  test('removes rows, by hand and by DELETE', async () => {
    await using fake = await startFakeMeshery()
    const [a, b, c] = [fake.events.add(), fake.events.add(), fake.events.add()]
    fake.events.remove(a.id)
    expect((await fetch(`${fake.url}/api/system/events/${b.id}`, { method: 'DELETE', headers: asLocal })).status).toBe(
      204,
    )
    expect(fake.events.rows).toEqual([c])
    fake.events.clear()
    expect(await getJSON(fake, '/api/system/events')).toMatchObject({ events: [], totalCount: 0 })
  })

  test('stores after the push with `storeAfter`', async () => {
    await using fake = await startFakeMeshery()
    const event = fake.events.add({}, { storeAfter: 20 })
    fake.events.add({}, { store: false })
    expect(fake.events.rows).toEqual([])
    await expect.poll(() => fake.events.rows).toEqual([event])
  })

  test('lists the types that there are', async () => {
    await using fake = await startFakeMeshery()
    fake.events.add({ category: 'pattern', action: 'deploy' })
    fake.events.add({ category: 'pattern', action: 'delete' })
    expect(await getJSON(fake, '/api/system/events/types')).toEqual({
      category: ['pattern'],
      action: ['deploy', 'delete'],
    })
  })
})

test('a release lacks the paths of the others', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.6' })
  for (const path of ['/api/system/events', '/api/system/events/subscribe', '/nothing']) {
    const response = await get(fake, path)
    expect([response.status, await response.text()]).toEqual([404, '404 page not found\n'])
  }
  await fake.become('current')
  expect((await get(fake, '/api/v2/events')).status).toBe(404)
})
