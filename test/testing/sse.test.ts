import { expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { asLocal, connectTCP, stream } from './clients.ts'

const nil = '00000000-0000-0000-0000-000000000000'

test.each(['v1.0.52', 'current'] as const)(
  '%s pushes what is added from its headers on, without the id and the time of its row',
  async (release) => {
    await using fake = await startFakeMeshery({ release })
    fake.events.add({ description: 'before' })
    await using sse = await stream(fake)
    expect(sse.response.status).toBe(200)
    expect(Object.fromEntries(sse.response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    })
    const event = fake.events.add({ description: 'a & b', metadata: { lines: 'x\ny' } })
    fake.events.add({ system: true })
    await expect.poll(() => sse.text()).toMatch(/\n\n$/)
    expect(sse.text()).toMatch(/^data: \{.*\}\n\n$/)
    expect(sse.text()).toContain('a \\u0026 b')
    const { actedUpon, createdAt, operationID, systemID } = event
    expect(JSON.parse(sse.text().slice(6))).toMatchObject({
      ...{
        id: nil,
        updatedAt: '0001-01-01T00:00:00Z',
        actedUpon,
        createdAt,
        operationId: operationID,
        systemId: systemID,
      },
      owner: event.userID ?? nil,
    })
  },
)

test('sends a comment to keep the stream alive', async () => {
  await using fake = await startFakeMeshery({ keepAlive: 10 })
  await using sse = await stream(fake)
  await expect.poll(() => sse.text()).toMatch(/^(: keepalive\n\n){2,}$/)
})

test('counts the streams that are open', async () => {
  await using fake = await startFakeMeshery()
  {
    await using _ = await stream(fake)
    expect(fake.stats.openStreams).toBe(1)
    expect(fake.stats.dials).toMatchObject([{ transport: 'sse' }])
  }
  await expect.poll(() => fake.stats.openStreams).toBe(0)
})

test('counts no stream of a client that left, although its answer waited behind another one', async () => {
  await using fake = await startFakeMeshery()
  const plain = await connectTCP(fake)
  const request = `GET /api/system/events/subscribe HTTP/1.1\r\nHost: a\r\nCookie: ${asLocal.cookie}\r\n\r\n`
  plain.write(request + request)
  await expect.poll(() => fake.stats.requests).toHaveLength(2)
  plain.destroy()
  await expect.poll(() => fake.stats.openStreams).toBe(0)
})
