import { createClient } from 'graphql-ws/client'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import WebSocket from 'ws'
import { EventsDocument as v06 } from '../../src/generated/v0.6.ts'
import { EventsDocument as v08 } from '../../src/generated/v0.8.ts'
import { EventsDocument as v10 } from '../../src/generated/v1.0.ts'
import { events, type MesheryEvent } from '../../src/streams/events.ts'
import { releases, type StoredEvent, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { dial, dialAcknowledged, get, getJSON, stream, subscribeEvents } from './clients.ts'

describe('a fake', () => {
  test('keeps its port while it is stopped, and its rows', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    const event = fake.events.add()
    await fake.stop()
    expect(await client.closed).toMatchObject({ code: 1006 })
    await expect(get(fake, '/')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    expect([fake.stats.openSockets, fake.events.rows]).toEqual([0, [event]])
    await fake.start()
    expect(await getJSON(fake, '/api/system/events')).toMatchObject({ events: [{ id: event.id }] })
  })

  test('that is stopped keeps its port from every other fake, until it is closed', async () => {
    const random = vi.spyOn(Math, 'random')
    random.mockReturnValueOnce(0.25)
    const first = await startFakeMeshery()
    await first.stop()
    random.mockReturnValueOnce(0.25).mockReturnValueOnce(0.75)
    const second = await startFakeMeshery()
    expect(second.port).not.toBe(first.port)
    await first.start()
    expect((await get(first, '/healthz/live')).status).toBe(200)
    await first.close()
    random.mockReturnValueOnce(0.25)
    const third = await startFakeMeshery()
    expect(third.port).toBe(first.port)
    random.mockRestore()
    await Promise.all([second.close(), third.close()])
  })

  test('that comes back is not frozen', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.freeze()
    await fake.stop()
    await fake.start()
    expect((await get(fake, '/healthz/live')).status).toBe(200)
  })

  test('becomes another release on the same port, its connections cut', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    fake.events.add()
    await fake.become('current')
    expect(await client.closed).toMatchObject({ code: 1006 })
    expect(fake.release).toBe('current')
    await using sse = await stream(fake)
    expect(sse.response.status).toBe(200)
    expect(await getJSON(fake, '/api/system/events')).toMatchObject({ totalCount: 1 })
    await fake.become('v1.0')
    await using again = await dialAcknowledged(fake)
    await subscribeEvents(again, fake, 'owner')
  })

  test('leaves nothing behind', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length
    const fake = await startFakeMeshery({ release: 'v1.0.52' })
    const client = await dial(fake)
    const sse = await stream(fake)
    fake.faults.slowStore(60_000)
    const answer = get(fake, '/api/system/events')
    await expect.poll(() => fake.stats.requests).toHaveLength(3)
    fake.events.add({}, { storeAfter: 60_000 })
    fake.faults.cutYoung(60_000)
    await Promise.all([fake.close(), expect(answer).rejects.toThrow(), client.closed, sse.ended])
    await fake.close()
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length)
      .toBeLessThanOrEqual(before)
  })

  test('refuses a release that there is not, and a port that is taken', async () => {
    await using fake = await startFakeMeshery()
    await expect(startFakeMeshery(JSON.parse('{"release":"v9"}'))).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    await expect(startFakeMeshery({ port: fake.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('uses its own clock', async () => {
    await using fake = await startFakeMeshery({ clock: () => Date.parse('2026-02-03T04:05:06Z') })
    expect((await get(fake, '/healthz/live')).headers.get('date')).toBe('Tue, 03 Feb 2026 04:05:06 GMT')
    expect(fake.events.add().createdAt).toBe('2026-02-03T04:05:06Z')
  })

  test('takes what it saw back to nothing', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    expect(fake.stats.received).toEqual([{ type: 'connection_init' }])
    expect(fake.stats.requests).toMatchObject([
      { method: 'GET', path: '/api/system/graphql/query', query: '', status: 101 },
    ])
    expect(fake.stats.dials).toHaveLength(1)
    fake.stats.reset()
    expect([fake.stats.received, fake.stats.requests, fake.stats.dials]).toEqual([[], [], []])
    expect([fake.stats.openSockets, client.socket.readyState]).toEqual([1, 1])
  })
})

describe('with the rest of the package', () => {
  test('a stored event has the shape that users receive', () => {
    expectTypeOf<StoredEvent>().toExtend<MesheryEvent>()
  })

  test.each(sampled(releases, 1, 'rows'))('the rows of %s read back as they are in the fake', async (release) => {
    await using fake = await startFakeMeshery({ release })
    fake.events.add({ severity: 'success', metadata: { error: { Code: '1' } } })
    fake.events.add({ system: true })
    const path = ['v0.6', 'v0.7'].includes(release) ? '/api/v2/events' : '/api/system/events'
    const page = events.page(await getJSON(fake, `${path}?sort=created_at&order=asc`))
    expect(page?.rows.map((row) => events.item(row, 'store'))).toEqual(fake.events.rows)
  })

  test.each([
    ['v0.6', v06],
    ['v0.8', v08],
    ['v1.0', v10],
  ] as const)('%s serves its document to graphql-ws', async (release, query) => {
    await using fake = await startFakeMeshery({ release })
    const url = `${fake.url.replace('http', 'ws')}/api/system/graphql/query?provider=None`
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 })
    const values = client.iterate({ query })
    const first = values.next()
    await expect.poll(() => fake.stats.operations).toBe(1)
    const event = fake.events.add()
    const { value } = await first
    const pushed = { ...event, ...(release === 'v1.0' && { createdAt: null, updatedAt: null, id: null }) }
    expect(events.item(Object(value.data)['subscribeEvents'], 'websocket')).toEqual(pushed)
    await values.return?.()
    await expect.poll(() => fake.stats.operations).toBe(0)
  })
})
