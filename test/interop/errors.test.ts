import { expect, test } from 'vitest'
import { Attempt, RecordingListener } from './attempt.ts'
import { Gqlgen, until } from './gqlgen.ts'

test('case 8: a validation error ends only its own subscription', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const other = await attempt.followFeed(server, 'other')
  for (let round = 0; round < 5; round++) {
    const wrong = attempt.follow('subscription { nothing }')
    expect(await wrong.end1()).toMatchObject({ phase: 'subscribe', details: { field: 'nothing' } })
  }
  await server.feed('other', 'still open')
  await other.receive(1)
  expect(other.ends).toEqual([])
  expect((await server.state()).upgrades).toBe(1)
})

test('case 9: after a validation error, a killed server is a drop and not the end of the next subscription', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  await attempt.follow('subscription { nothing }').end1()
  const good = await attempt.followFeed(server, 'good')
  await server.kill()
  expect(await attempt.ended()).toMatchObject({ code: 'CONNECTION_LOST', retryable: true })
  expect(good.ends).toEqual([])
})

test.each([
  ['a parse error', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a missing variable', 'subscription ($to: Int!) { testCount(to: $to) }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a wrong argument', 'subscription { testCount(to: "three") }', 'GRAPHQL_VALIDATION_FAILED'],
])('case 11: %s ends the operation once, with the code of the server', async (_, query, code) => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow(query)
  expect(await listener.end1()).toMatchObject({ retryable: false, details: { errors: [{ extensions: { code } }] } })
  // A query after it proves that the `complete` behind the error has been read.
  await attempt.follow('{ testEcho(text: "x") }').end1()
  expect(listener.ends).toHaveLength(1)
  expect(listener.frames).toEqual([])
})

test('case 12: a resolver that fails at the start is a failure with path and extensions, not a value', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testStartError }')
  expect(await listener.end1()).toMatchObject({
    code: 'GRAPHQL_ERROR',
    phase: 'subscribe',
    details: { errors: [{ message: 'cannot start', path: ['testStartError'], extensions: { code: 'TEST_REFUSED' } }] },
  })
  expect(listener.frames).toEqual([])
})

test('case 13: a resolver that panics at the start is a failure; the connection remains open', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testStartPanic }')
  expect(await listener.end1()).toMatchObject({ details: { errors: [{ message: 'internal system error' }] } })
  const query = attempt.follow('{ testEcho(text: "x") }')
  await query.end1()
  expect(query.values).toEqual(['x'])
  expect((await server.state()).upgrades).toBe(1)
})

test('case 14: a value with errors beside it is delivered with them, and the stream continues', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testPartial(to: 2) { value broken } }')
  expect(await listener.end1()).toBeUndefined()
  expect(listener.frames).toMatchObject([
    {
      data: { testPartial: { value: 1, broken: null } },
      // gqlgen leaves the subscription's own field out of the path of an error inside a value.
      errors: [{ message: 'part 1 is broken', path: ['broken'] }],
    },
    { data: { testPartial: { value: 2, broken: null } }, errors: [{ message: 'part 2 is broken' }] },
  ])
})

test('case 14: a missing value for a required field does not end the stream', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testNull { value } }')
  expect(await listener.end1()).toBeUndefined()
  expect(listener.frames.at(-1)).toEqual({ data: { testNull: { value: 2 } }, textLength: expect.any(Number) })
})

test('case 15: an error after some values keeps them and needs no `complete`', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testFailAfter(values: 2) }')
  expect(await listener.end1()).toMatchObject({
    code: 'GRAPHQL_ERROR',
    details: { errors: [{ message: 'failed on the way', extensions: { code: 'TEST_FAILED' } }] },
  })
  expect(listener.values).toEqual([1, 2])
})

test('case 33: a sink that throws affects no other sink', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const other = await attempt.followFeed(server, 'other')
  const thrown: Error[] = []
  const throwing = new (class extends RecordingListener {
    override frame(): void {
      thrown.push(new Error('the sink failed'))
      throw thrown.at(-1)
    }
  })()
  const failures: unknown[] = []
  const keep = (error: unknown): void => {
    failures.push(error)
  }
  // By contract the connection layer catches these, so they may be uncaught here.
  process.on('uncaughtException', keep)
  try {
    attempt.follow('subscription { testCount(to: 2) }', throwing)
    await until('thrown', () => thrown.length > 0)
    await server.feed('other', 'still open')
    await other.receive(1)
  } finally {
    process.off('uncaughtException', keep)
  }
  expect(attempt.end).toBeUndefined()
  for (const failure of failures) expect(thrown).toContain(failure)
})
