import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Gqlgen, sample, until } from './gqlgen.ts'
import { Wire } from './wire.ts'

test('acknowledges without a payload and then sends nothing', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.send({ type: 'ping', payload: { at: 1 } })
  await wire.next((message) => message.type === 'pong')
  expect(wire.received).toEqual([{ type: 'connection_ack' }, { type: 'pong', payload: { at: 1 } }])
})

test('selects the legacy protocol when both are offered', async () => {
  await using server = await Gqlgen.start()
  await using wire = new Wire(server.socketUrl, ['graphql-transport-ws', 'graphql-ws'])
  await once(wire.socket, 'open')
  expect(wire.socket.protocol).toBe('graphql-ws')
})

test('closes with 1002 when a ping comes before the init', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl, false)
  wire.send({ type: 'ping' })
  expect(await until('closed', () => wire.closed)).toEqual({ code: 1002, reason: 'unexpected message' })
})

test('sends `complete` after `error`', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', 'subscription { nothing }')
  await wire.next((message) => message.type === 'complete')
  expect(wire.of('a').map(({ type }) => type)).toEqual(['error', 'complete'])
})

test('answers a client `complete` with its own', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', 'subscription { testMute }')
  await server.live('testMute', 1)
  wire.send({ type: 'complete', id: 'a' })
  await wire.next((message) => message.type === 'complete')
  await server.live('testMute', 0)
})

test('sends a failing resolver as `next` with errors and no data', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', 'subscription { testStartError }')
  await wire.next((message) => message.type === 'complete')
  expect(wire.of('a')).toEqual([
    {
      type: 'next',
      id: 'a',
      payload: {
        errors: [{ message: 'cannot start', path: ['testStartError'], extensions: { code: 'TEST_REFUSED' } }],
        data: null,
      },
    },
    { type: 'complete', id: 'a' },
  ])
})

test('closes with 1000 "terminated", sometimes after a `complete`, when its context is cancelled', async () => {
  await using server = await Gqlgen.start()
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', 'subscription { testMute }')
  await server.live('testMute', 1)
  await server.cancel()
  expect(await until('closed', () => wire.closed)).toEqual({ code: 1000, reason: 'terminated' })
  // The operation's own end races with the close: in about 3 of 100 cases its `complete` is written first.
  expect(wire.of('a').filter(({ type }) => type !== 'complete')).toEqual([])
})

test('answers a subscription over POST with its first value', async () => {
  await using server = await Gqlgen.start()
  const answer = await fetch(`${server.url}/api/system/graphql/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'subscription { testCount(to: 3) }' }),
  })
  expect(await answer.json()).toEqual({ data: { testCount: 1 } })
})

test('has no introspection', async () => {
  await using server = await Gqlgen.start()
  const query = encodeURIComponent('{ __schema { types { name } } }')
  const answer = await fetch(`${server.url}/api/system/graphql/query?query=${query}`)
  expect(await answer.json()).toMatchObject({
    data: { __schema: null },
    errors: [{ message: 'introspection disabled' }],
  })
})

test('answers `no operation provided` with 422 when the upgrade was stripped', async () => {
  await using server = await Gqlgen.start()
  const answer = await fetch(`${server.url}/api/system/graphql/query`)
  expect(answer.status).toBe(422)
  expect(await answer.json()).toMatchObject({ errors: [{ message: 'no operation provided' }] })
})

test('stores an event, then pushes it with the time of delivery; a burst loses some', async () => {
  await using server = await Gqlgen.start()
  await server.set({ nilIds: true })
  await using wire = await Wire.open(server.socketUrl)
  wire.subscribe('a', 'subscription { subscribeEvents { id operationID severity createdAt userID } }')
  await server.live('subscribeEvents', 1)
  const posted = await fetch(`${server.url}/api/system/events`, {
    method: 'POST',
    body: JSON.stringify({ ...sample, severity: 'success', created_at: '2024-01-02T03:04:05Z' }),
  })
  expect(posted.status).toBe(201)
  const built = (await posted.json()) as { operation_id: string }
  const { payload } = await wire.next((message) => message.type === 'next')
  expect(payload).toEqual({
    data: {
      subscribeEvents: {
        id: '00000000-0000-0000-0000-000000000000',
        operationID: built.operation_id,
        severity: 'success',
        createdAt: expect.not.stringContaining('2024-01-02'),
        userID: '',
      },
    },
  })
  await server.events({}, { count: 500 })
  const stored = (await (
    await fetch(`${server.url}/api/system/events?pagesize=2&sort=created_at&order=asc`)
  ).json()) as {
    events: { created_at: string }[]
    total_count: number
  }
  expect(stored).toMatchObject({ page: 0, page_size: 2, total_count: 501 })
  expect(stored.events[0]?.created_at).toBe('2024-01-02T03:04:05Z')
  wire.send({ type: 'ping' })
  await wire.next((message) => message.type === 'pong')
  expect(wire.of('a').length).toBeLessThan(501)
})

test('asks for a provider and a token by redirects, on the upgrade too', async () => {
  await using server = await Gqlgen.start(['-token', 'right'])
  const ask = async (cookie: string): Promise<[number, string | null, string | null]> => {
    const answer = await fetch(`${server.url}/api/system/events`, { headers: { cookie }, redirect: 'manual' })
    return [answer.status, answer.headers.get('location'), answer.headers.get('set-cookie')]
  }
  expect(await ask('')).toEqual([302, '/provider', null])
  expect(await ask('meshery-provider=Meshery; token=wrong')).toEqual([
    302,
    '/auth/login?',
    expect.stringMatching(/^token=;/),
  ])
  expect((await ask('meshery-provider=Meshery; token=right'))[0]).toBe(200)
  const socket = new WebSocket(server.socketUrl, 'graphql-transport-ws')
  const [error] = await once(socket, 'error').catch((error: unknown) => [error])
  expect(String(error)).toContain('Unexpected server response: 302')
})
