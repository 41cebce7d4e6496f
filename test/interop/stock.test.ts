// What plain graphql-ws does against gqlgen. Each of these is a hazard against which the transport has a remedy; when one
// of these tests fails after an upgrade, the hazard is gone and its remedy can go too. Cases 8 to 10 need two messages in
// one read of the socket, which is the usual case; those tests try again where the messages come in two.
import { type Client, createClient, type Sink } from 'graphql-ws/client'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Gqlgen, until } from './gqlgen.ts'

interface RecordingSink extends Sink<unknown> {
  readonly received: unknown[]
  ended: 'completed' | { readonly error: unknown } | undefined
}

const listen = (client: Client, query: string): RecordingSink => {
  const sink: RecordingSink = {
    received: [],
    ended: undefined,
    next(value) {
      sink.received.push(value)
    },
    error(error) {
      sink.ended = { error }
    },
    complete() {
      sink.ended = 'completed'
    },
  }
  client.subscribe({ query }, sink)
  return sink
}

const stock = (server: Gqlgen, options: object = {}): Client & AsyncDisposable => {
  const client = createClient({ url: server.socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...options })
  return {
    ...client,
    async [Symbol.asyncDispose]() {
      // Rejects with the error of the last attempt to connect, which these tests provoke.
      await Promise.allSettled([client.dispose()])
    },
  }
}

test('case 8, plain graphql-ws: a validation error ends the other subscription without an error', async () => {
  await using server = await Gqlgen.start()
  await using client = stock(server)
  const other = listen(client, 'subscription { testFeed(name: "a") }')
  await server.live('testFeed', 1)
  await until('the other one ended too', async () => {
    const wrong = listen(client, 'subscription { nothing }')
    await until('the wrong one ended', () => wrong.ended)
    return other.ended
  })
  expect(other.ended).toBe('completed')
})

test('case 9, plain graphql-ws: after a validation error a drop completes the next subscription', async () => {
  await until('the good one completed', async () => {
    await using server = await Gqlgen.start()
    await using client = stock(server, { retryAttempts: 1, retryWait: async () => {}, shouldRetry: () => true })
    const wrong = listen(client, 'subscription { nothing }')
    await until('the wrong one ended', () => wrong.ended)
    const good = listen(client, 'subscription { testFeed(name: "a") }')
    await server.live('testFeed', 1)
    await server.kill()
    await until('the good one ended', () => good.ended)
    return good.ended === 'completed'
  })
})

test('case 10, plain graphql-ws: unsubscribing in the `next` of a query ends the other subscription', async () => {
  await using server = await Gqlgen.start()
  await using client = stock(server)
  const other = listen(client, 'subscription { testFeed(name: "a") }')
  await server.live('testFeed', 1)
  await until('the other one ended', () => {
    const stop = client.subscribe(
      { query: '{ testEcho(text: "x") }' },
      { next: () => stop(), error() {}, complete() {} },
    )
    return other.ended
  })
  expect(other.ended).toBe('completed')
})

test('case 24, plain graphql-ws: a cancelled context makes it dial again at once, with retries or without', async () => {
  await using server = await Gqlgen.start()
  await using client = stock(server)
  let sink = listen(client, 'subscription { testMute }')
  let again = 0
  await until('ten cancelled sockets dialled again', async () => {
    await server.live('testMute', 1)
    const { upgrades } = await server.state()
    const began = performance.now()
    await server.cancel()
    await until('dialled or completed', async () => sink.ended ?? (await server.state()).upgrades > upgrades)
    // Where a `complete` came before the close, the subscription has ended instead.
    if (sink.ended) sink = listen(client, 'subscription { testMute }')
    else if (performance.now() - began < 250) again++
    return again === 10
  })
})

test('case 25, plain graphql-ws: a refused init is retried hundreds of times a second', async () => {
  await using server = await Gqlgen.start(['-init-reject'])
  await using client = stock(server)
  listen(client, 'subscription { testMute }')
  await until('a hundred dials', async () => (await server.state()).upgrades >= 100, 5_000)
})
