import { describe, expect, test } from 'vitest'
import { releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { dial, dialAcknowledged, refusedUpgrade, subscribeEvents } from './clients.ts'

const nil = '00000000-0000-0000-0000-000000000000'
const webSocketReleases = releases.filter((release) => release !== 'current')

describe('the opening', () => {
  test.each(sampled(webSocketReleases, 1, '%s acknowledges'))(
    '%s acknowledges without a payload, a newline after it',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      await using client = await dial(fake)
      client.send({ type: 'connection_init', payload: { token: 't' } })
      await client.messages(1)
      expect(client.received).toEqual(['{"type":"connection_ack"}\n'])
      expect(client.socket.extensions).toBe('')
      expect(fake.stats.lastConnectionInit).toEqual({ token: 't' })
    },
  )

  test('current refuses every upgrade', async () => {
    await using fake = await startFakeMeshery()
    const { status, body } = await refusedUpgrade(fake)
    expect(status).toBe(400)
    expect(body).toBe('{"errors":[{"message":"transport not supported"}],"data":null}')
  })

  test('prefers the legacy protocol where both are offered', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dial(fake, { protocols: ['graphql-transport-ws', 'graphql-ws'] })
    expect(client.socket.protocol).toBe('graphql-ws')
    client.send({ type: 'connection_init' })
    expect(await client.messages(2)).toEqual([{ type: 'connection_ack' }, { type: 'ka' }])
  })

  test.each([
    ['{"type":"subscribe","id":"1","payload":{"query":"{a}"}}', 'unexpected message'],
    ['{"type":"ping"}', 'unexpected message'],
    ['{', 'decoding error'],
    ['{"type":"hello"}', 'decoding error'],
    ['[]', 'decoding error'],
  ])('closes 1002 on %s in place of an init', async (text, reason) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dial(fake)
    client.send(text)
    expect(await client.closed).toEqual({ code: 1002, reason })
  })

  test('forgets a socket whose init payload is no object', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dial(fake)
    client.send({ type: 'connection_init', payload: 'text' })
    await expect.poll(() => fake.stats.lastConnectionInit).toBe('text')
    client.send({ type: 'ping' })
    await using other = await dialAcknowledged(fake)
    other.send({ type: 'ping' })
    await other.messages(1)
    expect(client.received).toEqual([])
  })
})

describe('after the acknowledgement', () => {
  test('echoes the payload of a ping, and sends none of its own', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ type: 'ping' })
    client.send({ type: 'ping', payload: null })
    client.send({ type: 'ping', payload: { a: 1 } })
    await client.messages(3)
    expect(client.received).toEqual([
      '{"type":"pong"}\n',
      '{"payload":null,"type":"pong"}\n',
      '{"payload":{"a":1},"type":"pong"}\n',
    ])
  })

  test.each([
    '{',
    '[]',
    '{"id":"1"}',
    '{"type":"next","id":"1"}',
    '{"type":"complete","id":1}',
    '{"type":"subscribe","id":"1","payload":null}',
  ])('closes 1000 "terminated" on %s', async (text) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send(text)
    expect(await client.closed).toEqual({ code: 1000, reason: 'terminated' })
    await expect.poll(() => fake.stats.openSockets).toBe(0)
  })

  test('closes 1002 on a second init', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ type: 'connection_init' })
    expect(await client.closed).toEqual({ code: 1002, reason: 'unexpected message' })
  })

  test('answers a broken document by error and complete in one write', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ id: 'a', type: 'subscribe', payload: { query: 'subscription {' } })
    await client.messages(2)
    expect(client.received[0]).toContain('{"payload":[{"message":"Expected Name, found \\u003cEOF\\u003e","locations"')
    expect(client.received[0]).toContain('"extensions":{"code":"GRAPHQL_PARSE_FAILED"}')
    expect(client.received[1]).toBe('{"id":"a","type":"complete"}\n')
  })

  test.each([
    ['subscription { nothing }', 'Cannot query field "nothing" on type "Subscription".'],
    ['subscription { subscribeEvents { owner } }', 'Cannot query field "owner" on type "Event".'],
    ['', 'no operation provided'],
    ['subscription A { subscribeEvents { id } }', 'operation B not found', 'B'],
    ['query A { __typename } query B { __typename }', 'operation  not found'],
    ['fragment F on Query { __typename }', 'no operation provided'],
    ['subscription { __typename }', 'Anonymous Subscription must not select an introspection top level field.'],
    [
      'subscription A { subscribeEvents { id } ...F } fragment F on Subscription { subscribeMesheryControllersStatus { status } }',
      'Subscription "A" must select only one top level field.',
    ],
  ])('answers %j by a validation error, and lives on', async (query, message, operationName = '') => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ id: 'a', type: 'subscribe', payload: { query, operationName } })
    const [error, complete] = await client.messages(2)
    expect(error).toMatchObject({ id: 'a', type: 'error' })
    expect(error?.['payload']).toEqual([
      expect.objectContaining({ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }),
    ])
    expect(complete).toEqual({ id: 'a', type: 'complete' })
    await subscribeEvents(client, fake)
  })

  test('names the variable that is missing', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    const query = 'subscription ($s: PageFilter!) { subscribeK8sContext(selector: $s) { total_count } }'
    client.send({ id: 'a', type: 'subscribe', payload: { query, variables: { s: { page: '0' } } } })
    const [error] = await client.messages(2)
    expect(error?.['payload']).toEqual([
      {
        message: 'must be defined',
        path: ['variable', 's', 'pageSize'],
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ])
  })

  test('answers a payload that is no object by "invalid json"', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ id: 'a', type: 'subscribe', payload: 'text' })
    expect(await client.messages(2)).toEqual([
      { payload: [{ message: 'invalid json' }], id: 'a', type: 'error' },
      { id: 'a', type: 'complete' },
    ])
  })

  test('sends what a resolver cannot do as next and complete', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    const query = 'subscription { a: subscribeEvents { id } b: subscribeEvents { id } }'
    client.send({ id: 'a', type: 'subscribe', payload: { query } })
    const [next, complete] = await client.messages(2)
    expect(next).toEqual({
      payload: { errors: [{ message: 'must subscribe to exactly one stream' }], data: null },
      id: 'a',
      type: 'next',
    })
    expect(complete).toEqual({ id: 'a', type: 'complete' })
    expect(fake.stats.operations).toBe(0)
  })

  test('refuses a subscription whose only field is left out, and lives on', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    const query = 'subscription ($b: Boolean!) { subscribeEvents @include(if: $b) { id } }'
    client.send({ id: 'a', type: 'subscribe', payload: { query, variables: { b: false } } })
    const errors = [{ message: 'must subscribe to exactly one stream' }]
    expect((await client.messages(2))[0]).toMatchObject({ payload: { errors, data: null }, type: 'next' })
    await subscribeEvents(client, fake)
  })

  test('echoes complete, and pushes no more', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake)
    client.send({ id: 'unknown', type: 'complete' })
    client.send({ id: '1', type: 'complete' })
    expect(await client.messages(1)).toEqual([{ id: '1', type: 'complete' }])
    fake.events.add()
    client.send({ type: 'ping' })
    expect(await client.messages(2)).toHaveLength(2)
  })

  test('keeps introspection off', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    client.send({ id: 'a', type: 'subscribe', payload: { query: '{ __schema { types { name } } }' } })
    const [next] = await client.messages(2)
    expect(next?.['payload']).toMatchObject({ data: { __schema: null } })
  })
})

describe('pushed events', () => {
  test.each([
    ['v0.6', 'userID', true],
    ['v0.7', 'userID', true],
    ['v0.8', 'userID', true],
    ['v1.0', 'owner', false],
  ] as const)(
    '%s pushes its spelling, and the times of the row where it has its id, else the time of delivery',
    async (release, user, real) => {
      let now = Date.parse('2026-01-02T03:04:05.670Z')
      await using fake = await startFakeMeshery({ release, clock: () => now })
      await using client = await dialAcknowledged(fake)
      await subscribeEvents(
        client,
        fake,
        `severity at: createdAt updatedAt id ${user} actedUpon __typename deletedAt metadata`,
      )
      const event = fake.events.add({ severity: 'success', metadata: { a: '<b>' } }, { storeAfter: 0, push: false })
      now += 1_330
      fake.events.push(event)
      await client.messages(1)
      const delivered = real ? '2026-01-02T03:04:05.67Z' : '2026-01-02T03:04:07Z'
      const data = [
        '"severity":"success"',
        `"at":"${delivered}"`,
        `"updatedAt":"${delivered}"`,
        `"id":"${real ? event.id : nil}"`,
        `"${user}":"${nil}"`,
        `"actedUpon":"${event.actedUpon}"`,
        '"__typename":"Event"',
        '"deletedAt":null',
        '"metadata":{"a":"\\u003cb\\u003e"}',
      ]
      expect(client.received).toEqual([
        `{"payload":{"data":{"subscribeEvents":{${data.join(',')}}}},"id":"1","type":"next"}\n`,
      ])
      expect(event.createdAt).toBe('2026-01-02T03:04:05.67Z')
    },
  )

  test('v1.0.52 has every subscription but that of events', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using client = await dialAcknowledged(fake)
    client.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { subscribeEvents { id } }' } })
    const [error] = await client.messages(2)
    expect(error?.['payload']).toEqual([
      {
        message: 'Cannot query field "subscribeEvents" on type "Subscription".',
        locations: [{ line: 1, column: 16 }],
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ])
    client.received.length = 0
    const query = 'subscription { subscribeMesheryControllersStatus(connectionIDs: []) { status } }'
    client.send({ id: '2', type: 'subscribe', payload: { query } })
    const [next] = await client.messages(1)
    expect(next).toMatchObject({ type: 'next', payload: { data: { subscribeMesheryControllersStatus: [] } } })
  })

  test('sends a push before a fault of the same turn', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake, 'description')
    fake.events.add({ description: 'just in time' })
    fake.faults.endChannels()
    await client.closed
    expect(client.received).toHaveLength(1)
  })

  test('never pushes events of the system', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake, 'description')
    fake.events.add({ system: true })
    fake.events.add({ description: 'mine' })
    expect(await client.messages(1)).toMatchObject([
      { payload: { data: { subscribeEvents: { description: 'mine' } } } },
    ])
    expect(fake.events.rows).toHaveLength(2)
  })

  test('goes to every operation, and twice under an id that is used twice', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake)
    await subscribeEvents(client, fake)
    fake.events.add()
    await client.messages(2)
    client.send({ id: '1', type: 'complete' })
    await expect.poll(() => fake.stats.operations).toBe(1)
  })
})
