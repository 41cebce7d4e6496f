import { expect, test } from 'vitest'
import { Attempt, RecordingListener } from './attempt.ts'
import { Gqlgen, until } from './gqlgen.ts'
import { TcpProxy } from './tcp-proxy.ts'

test('case 1: offers only graphql-transport-ws and no extension, and opens', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testMute }')
  await until('open', () => listener.opened)
  const state = await server.state()
  expect(state.protocols).toEqual(['graphql-transport-ws'])
  expect(state.extension).toBe('')
  expect(listener.opened).toBe(1)
})

test('case 2: stays connected to a silent server by pings, each answered', async () => {
  await using server = await Gqlgen.start()
  await using proxy = await TcpProxy.start(server.port)
  await using attempt = await Attempt.open(proxy.url, { timeouts: { ping: 50 } })
  const listener = attempt.follow('subscription { testMute }')
  await until('open', () => listener.opened)
  const before = proxy.answers
  await until('ten answers to pings', () => proxy.answers >= before + 10)
  expect(attempt.end).toBeUndefined()
  expect((await server.state()).upgrades).toBe(1)
})

test('case 4: sends no ping before the acknowledgement, however long that takes', async () => {
  await using server = await Gqlgen.start()
  await using proxy = await TcpProxy.start(server.port)
  server.freeze()
  await using attempt = await Attempt.open(proxy.url, { timeouts: { ping: 20 } })
  const listener = attempt.follow('subscription { testMute }')
  await new Promise((done) => setTimeout(done, 200))
  server.thaw()
  // A ping before the init would have been answered with 1002.
  await until('open', () => listener.opened)
  expect(attempt.end).toBeUndefined()
})

test('case 5: keeps the order of each of two interleaved subscriptions, without cross-talk', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const one = await attempt.followFeed(server, 'one')
  const two = await attempt.followFeed(server, 'two')
  for (let value = 0; value < 20; value++) {
    await server.feed('one', `a${value}`)
    await server.feed('two', `b${value}`)
  }
  await two.receive(20)
  await one.receive(20)
  expect(one.values).toEqual(Array.from({ length: 20 }, (_, value) => `a${value}`))
  expect(two.values).toEqual(Array.from({ length: 20 }, (_, value) => `b${value}`))
})

test('case 6: gives the three values of a finite source, then one end without an error', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testCount(to: 3) }')
  expect(await listener.end1()).toBeUndefined()
  expect(listener.values).toEqual([1, 2, 3])
  expect(listener.opened).toBe(1)
  expect(attempt.end).toBeUndefined()
})

test('case 7: gives no value and one end for a source without events', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testEmpty }')
  expect(await listener.end1()).toBeUndefined()
  expect(listener.frames).toEqual([])
})

test('case 10: stopping inside the first frame of a query leaves the other subscription alone', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const other = await attempt.followFeed(server, 'other')
  for (let round = 0; round < 10; round++) {
    const query = new (class extends RecordingListener {
      override frame(frame: { data: unknown }): void {
        super.frame(frame)
        this.stop()
      }
    })()
    attempt.follow('{ testEcho(text: "x") }', query)
    await query.receive(1)
  }
  await server.feed('other', 'still open')
  await other.receive(1)
  expect(other.ends).toEqual([])
  expect((await server.state()).upgrades).toBe(1)
})

test('case 16: stopping ends the resolver on the server, and no value comes after it', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testFlood(bytes: 10) }')
  await listener.receive(10)
  listener.stop()
  const count = listener.frames.length
  await server.live('testFlood', 0)
  const query = attempt.follow('{ testEcho(text: "after") }')
  await query.end1()
  expect(listener.frames.length).toBe(count)
  expect(listener.ends).toEqual([])
  expect((await server.state()).sockets).toBe(1)
})

test('case 17: a subscription that is stopped while connecting is never sent', async () => {
  await using server = await Gqlgen.start()
  server.freeze()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testMute }')
  listener.stop()
  server.thaw()
  await attempt.follow('{ testEcho(text: "x") }').end1()
  expect((await server.state()).started['testMute']).toBeUndefined()
  expect(listener.opened).toBe(0)
})

test('case 18: queries and mutations go over the socket, with one value and one end', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const query = attempt.follow('{ testEcho(text: "<&>") }')
  const mutation = attempt.follow('mutation { testMutate(wait: false) }')
  expect(await query.end1()).toBeUndefined()
  expect(await mutation.end1()).toBeUndefined()
  // Case 45 as well: the server writes `<` as an escape and a newline after each frame.
  expect(query.values).toEqual(['<&>'])
  expect(mutation.values).toEqual([1])
})

test('case 19: a frame of 20 MB arrives', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const listener = attempt.follow('subscription { testBig(bytes: 20000000) }')
  await listener.receive(1)
  expect(String(listener.values[0])).toHaveLength(20_000_000)
  expect(attempt.end).toBeUndefined()
})

test('case 32: during a flood on one subscription the other one and the pings are served', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url, { timeouts: { ping: 50 } })
  const other = await attempt.followFeed(server, 'quiet')
  let flooded = 0
  const flood = new (class extends RecordingListener {
    override frame(): void {
      flooded++
    }
  })()
  attempt.follow('subscription { testFlood(bytes: 1000) }', flood)
  await until('flooded', () => flooded > 1_000)
  await server.feed('quiet', 'pushed')
  await other.receive(1)
  const before = flooded
  await until('still flooded', () => flooded > before + 1_000)
  flood.stop()
  await server.live('testFlood', 0)
  expect(attempt.end).toBeUndefined()
})

test('case 41: closing ends without an error, calls no sink, and frees the server', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const ears = [await attempt.followFeed(server, 'one'), await attempt.followFeed(server, 'two')]
  await attempt.connection.close()
  expect(await attempt.ended()).toBeNull()
  await server.live('testFeed', 0)
  await until('no socket', async () => (await server.state()).sockets === 0)
  expect(ears.flatMap(({ ends, frames }) => [...ends, ...frames])).toEqual([])
})

test('case 42: a thousand subscriptions one after the other leave nothing behind', async () => {
  await using server = await Gqlgen.start()
  await using attempt = await Attempt.open(server.url)
  const round = async (): Promise<void> => {
    const listener = attempt.follow('subscription { testMute }')
    await until('open', () => listener.opened)
    listener.stop()
  }
  await round()
  await server.live('testMute', 0)
  const before = (await server.state()).goroutines
  const timers = process.getActiveResourcesInfo().length
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let times = 0; times < 100; times++) await round()
    }),
  )
  await server.live('testMute', 0)
  const state = await server.state()
  expect(state.started['testMute']).toBe(1_001)
  expect(state.upgrades).toBe(1)
  expect(state.goroutines).toBeLessThanOrEqual(before + 5)
  expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(timers + 5)
})
