import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { get, getJSON, silentAfter, subscribeTo, values } from './clients.ts'

const path = '/api/system/kubernetes/contexts'
const snake = ['v0.6', 'v0.7', 'v0.8'] as const
const camel = ['v1.0', 'v1.0.52', 'current'] as const
const websocket = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52'] as const

const page = 'subscription ($s: PageFilter!) { subscribeK8sContext(selector: $s) { total_count contexts { name } } }'
const selector = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  s: { page: '', pageSize: '', search: '', order: '', ...more },
})

describe('the contexts', () => {
  test('have three ids of their own, and the rest filled in', async () => {
    await using fake = await startFakeMeshery({ clock: () => 0 })
    const [one, two] = [fake.contexts.add(), fake.contexts.add({ name: 'kind', version: 'v1.30.0' })]
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(one).toMatchObject({
      ...{ id: expect.stringMatching(/^[0-9a-f]{32}$/), connection_id: uuid, kubernetes_server_id: uuid },
      ...{ owner: uuid, created_by: one.owner, meshery_instance_id: two.meshery_instance_id, reachable: true },
      ...{ created_at: '1970-01-01T00:00:00Z', updated_at: '1970-01-01T00:00:00Z' },
    })
    expect(new Set([one.id, one.connection_id, one.kubernetes_server_id, two.id, two.connection_id]).size).toBe(5)
    expect(two).toMatchObject({ name: 'kind', version: 'v1.30.0' })
    expect(fake.contexts.rows).toEqual([one, two])
  })

  test('are changed and removed by any of their ids', async () => {
    let now = 0
    await using fake = await startFakeMeshery({ clock: () => now })
    const [a, b, c] = [fake.contexts.add(), fake.contexts.add(), fake.contexts.add()]
    now = 1_000
    expect(fake.contexts.update(a.id, { name: 'a' })).toEqual({ ...a, name: 'a', updated_at: '1970-01-01T00:00:01Z' })
    fake.contexts.update(a.connection_id, { version: 'v2' })
    fake.contexts.update(a.kubernetes_server_id, { reachable: false })
    expect(fake.contexts.rows[0]).toMatchObject({ id: a.id, name: 'a', version: 'v2', reachable: false })
    fake.contexts.remove(b.kubernetes_server_id, c.connection_id)
    expect(fake.contexts.rows).toHaveLength(1)
    expect(fake.contexts.set([{ name: 'x' }])).toMatchObject([{ name: 'x' }])
    expect(() => fake.contexts.update('unknown', {})).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining('unknown') }),
    )
  })
})

describe('the listing', () => {
  test.each(sampled(snake, 1, '%s sends it'))('%s sends it in snake_case, with secrets in it', async (release) => {
    await using fake = await startFakeMeshery({ release })
    const { reachable, connection_id, ...row } = fake.contexts.add()
    const { contexts, ...rest } = await getJSON(fake, path)
    expect(rest).toEqual({ page: 0, page_size: 10, total_count: 1 })
    expect(contexts).toEqual([
      {
        ...row,
        ...(release === 'v0.6' ? {} : { connection_id }),
        ...{ auth: expect.any(Object), cluster: expect.any(Object) },
      },
    ])
    expect(JSON.stringify(contexts)).toContain('secret')
  })

  test.each(sampled(camel, 1, '%s sends it'))('%s sends it in camelCase, with secrets in it', async (release) => {
    await using fake = await startFakeMeshery({ release })
    const row = fake.contexts.add({ version: '', reachable: false })
    const { contexts, ...rest } = await getJSON(fake, path)
    expect(rest).toEqual({ page: 0, pageSize: 10, totalCount: 1 })
    expect(contexts).toEqual([
      {
        ...{ id: row.id, name: row.name, server: row.server, owner: row.owner, createdBy: row.created_by },
        ...{ mesheryInstanceId: row.meshery_instance_id, kubernetesServerId: row.kubernetes_server_id },
        ...{ connectionId: row.connection_id, deploymentType: row.deployment_type },
        ...{ createdAt: row.created_at, updatedAt: row.updated_at },
        ...(release === 'current' ? { reachable: false } : {}),
        ...{ auth: expect.any(Object), cluster: expect.any(Object) },
      },
    ])
  })

  test('gives pages of ten, counted from 0', async () => {
    await using fake = await startFakeMeshery()
    fake.contexts.set(Array.from({ length: 12 }, (_, index) => ({ name: String.fromCharCode(97 + index) })))
    const names = async (query: string): Promise<string> => {
      const { contexts } = await getJSON(fake, `${path}?order=name asc&${query}`)
      return Array.isArray(contexts) ? contexts.map(({ name }) => name).join('') : ''
    }
    expect(await names('')).toBe('abcdefghij')
    expect(await names('page=1')).toBe('kl')
    expect(await names('page=1&pagesize=5')).toBe('fghij')
    expect(await names('page=9&pagesize=5')).toBe('')
    expect(await names('search=C')).toBe('c')
  })

  test.each(['page=-1', 'page=x', 'pagesize=all', 'pagesize=1.5'])('fails for %s', async (query) => {
    await using old = await startFakeMeshery({ release: 'v0.8' })
    await using current = await startFakeMeshery()
    const [text, json] = [await get(old, `${path}?${query}`), await get(current, `${path}?${query}`)]
    expect([text.status, text.headers.get('content-type')]).toEqual([500, 'text/plain; charset=utf-8'])
    expect(json.status).toBe(500)
    expect(await json.json()).toMatchObject({ error: expect.any(String), code: expect.any(String) })
  })

  test('orders by a column that it knows, else by the newest change', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const at = (ms: number): string => new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')
    fake.contexts.add({ name: 'b', created_at: at(1_000), updated_at: at(5_000) })
    fake.contexts.add({ name: 'a', created_at: at(1_500), updated_at: at(4_000) })
    fake.contexts.add({ name: 'c', created_at: at(500), updated_at: at(4_500) })
    const names = async (order: string): Promise<string> => {
      const { contexts } = await getJSON(fake, `${path}?order=${encodeURIComponent(order)}`)
      return Array.isArray(contexts) ? contexts.map(({ name }) => name).join('') : ''
    }
    expect(await names('created_at asc')).toBe('cba')
    expect(await names('created_at desc')).toBe('abc')
    expect(await names('name DESC')).toBe('cba')
    expect(await names('name up')).toBe('abc')
    for (const unknown of ['', 'name', 'name  asc', 'server asc', 'createdAt asc']) {
      expect(await names(unknown)).toBe('bca')
    }
    await fake.become('current')
    expect(await names('createdAt asc')).toBe('cba')
  })

  test('of one context finds it by its connection, only on current', async () => {
    await using fake = await startFakeMeshery()
    const { id, connection_id } = fake.contexts.add()
    expect(await getJSON(fake, `${path}/${connection_id}`)).toMatchObject({ id, connectionId: connection_id })
    expect((await get(fake, `${path}/${id}`)).status).toBe(404)
    await fake.become('v0.8')
    expect((await get(fake, `${path}/${connection_id}`)).status).toBe(404)
  })

  test('is behind the guard', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 't' } })
    expect((await get(fake, path)).status).toBe(302)
    expect((await get(fake, path, { cookie: 'meshery-provider=Meshery; token=t' })).status).toBe(200)
  })
})

describe('the connections', () => {
  const connections = '/api/integrations/connections'

  test('v0.8 gives all three ids, in snake_case', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const row = fake.contexts.add()
    const { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version } = row
    expect(await getJSON(fake, `${connections}?kind=kubernetes`)).toMatchObject({
      ...{ page: 0, page_size: 10, total_count: 1 },
      connections: [
        {
          ...{ id: row.connection_id, kind: 'kubernetes', status: 'connected', user_id: row.owner },
          ...{ sub_type: 'orchestrator', created_at: row.created_at },
          metadata: { id, name, server, meshery_instance_id, kubernetes_server_id, deployment_type, version },
        },
      ],
    })
  })

  test('current gives them in camelCase', async () => {
    await using fake = await startFakeMeshery()
    const row = fake.contexts.add({ reachable: false })
    expect(await getJSON(fake, `${connections}?kind=${encodeURIComponent('["kubernetes"]')}`)).toMatchObject({
      ...{ page: 0, pageSize: 10, totalCount: 1 },
      connections: [
        {
          ...{ id: row.connection_id, kind: 'kubernetes', status: 'disconnected', owner: row.owner },
          ...{ subType: 'orchestrator', createdAt: row.created_at },
          metadata: { id: row.id, kubernetesServerId: row.kubernetes_server_id },
        },
      ],
    })
  })

  test('are filtered by kind and status', async () => {
    await using fake = await startFakeMeshery()
    fake.contexts.add({ reachable: false })
    const total = async (query: string): Promise<unknown> => (await getJSON(fake, connections + query))['totalCount']
    expect(await total('')).toBe(1)
    expect(await total('?kind=prometheus')).toBe(0)
    expect(await total('?status=connected')).toBe(0)
    expect(await total('?kind=kubernetes&status=["disconnected"]')).toBe(1)
    expect((await get(fake, `${connections}?page=x`)).status).toBe(500)
  })

  test('are not there on v0.6', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    expect((await get(fake, connections)).status).toBe(404)
  })
})

describe('the subscription', () => {
  test.each(sampled(websocket, 1, '%s sends a full'))(
    '%s sends a full page at once, and after each change',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      const { id } = fake.contexts.add({ name: 'a' })
      await using client = await subscribeTo(fake, page, selector({ order: 'name asc' }))
      await values(client, 1)
      fake.contexts.add({ name: 'b' })
      fake.contexts.update(id, { name: 'c' })
      fake.contexts.remove(id)
      fake.contexts.set([])
      const names = (...list: string[]): object => ({
        total_count: list.length,
        contexts: list.map((name) => ({ name })),
      })
      expect(await values(client, 5)).toEqual([names('a'), names('a', 'b'), names('b', 'c'), names('b'), names()])
    },
  )

  test('cuts the page to the selector', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.contexts.set(['a', 'b', 'c', 'other'].map((name) => ({ name: `${name}-x` })).concat([{ name: 'z' }]))
    const asked = selector({ page: 1, pageSize: '2', search: '-X', order: 'name desc' })
    await using client = await subscribeTo(fake, page, asked)
    expect(await values(client, 1)).toEqual([{ total_count: 4, contexts: [{ name: 'b-x' }, { name: 'a-x' }] }])
  })

  test.each([
    ['v0.6', 'created_by kubernetes_server_id', ['created_by', 'kubernetes_server_id']],
    ['v0.8', 'connection_id updated_at', ['connection_id', 'updated_at']],
    ['v1.0', 'connection_id: connectionId updated_at: updatedAt', ['connection_id', 'updated_at']],
  ] as const)('%s has the fields of its schema', async (release, fields, keys) => {
    await using fake = await startFakeMeshery({ release })
    const row = fake.contexts.add()
    const text = `subscription ($s: PageFilter!) { subscribeK8sContext(selector: $s) { contexts { ${fields} } } }`
    await using client = await subscribeTo(fake, text, selector())
    expect(await values(client, 1)).toEqual([{ contexts: [Object.fromEntries(keys.map((key) => [key, row[key]]))] }])
  })

  test('v0.6 has secrets for those who ask', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    fake.contexts.add()
    const text = 'subscription ($s: PageFilter!) { subscribeK8sContext(selector: $s) { contexts { auth cluster } } }'
    await using client = await subscribeTo(fake, text, selector())
    expect(JSON.stringify(await values(client, 1))).toContain('secret')
  })

  test.each(sampled(['v0.6', 'v0.7', 'v0.8'] as const, 1, '%s crashes'))(
    '%s crashes without search or order',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      for (const missing of [{ search: null }, { order: undefined }]) {
        await using client = await subscribeTo(fake, page, selector(missing))
        const errors = [{ message: 'internal system error', path: ['subscribeK8sContext'] }]
        expect(await client.messages(2)).toEqual([
          { payload: { errors, data: null }, id: '1', type: 'next' },
          { id: '1', type: 'complete' },
        ])
        expect(fake.stats.operations).toBe(0)
      }
    },
  )

  test('v1.0 does without search and order', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using client = await subscribeTo(fake, page, selector({ search: null, order: undefined }))
    expect(await values(client, 1)).toEqual([{ total_count: 0, contexts: [] }])
  })

  test('is open and silent where a number is none', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await subscribeTo(fake, page, selector({ page: 'x' }))
    fake.contexts.add()
    await silentAfter(client, 0)
    expect(fake.stats.operations).toBe(1)
  })

  test('sends nothing after its end', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await subscribeTo(fake, page, selector())
    await values(client, 1)
    client.send({ id: '1', type: 'complete' })
    await client.messages(2)
    fake.contexts.add()
    await silentAfter(client, 2)
  })
})
