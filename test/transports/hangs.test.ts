import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { HttpClientOptions } from '../../src/http/http-client.ts'
import { nodePlatform } from '../../src/platform/node.ts'
import type { Timeouts } from '../../src/transports/contract.ts'
import { sse } from '../../src/transports/sse.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { startPeer } from './peer.ts'
import { dial, Recorder, ScriptedSocket, serverAt, settled, subscription, until, watchTimers } from './rig.ts'

/** A server of bare TCP, which sends the given text to each connection, and then nothing more. */
const startRaw = async (says = '', scheme = 'http') => {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
    socket.resume()
    if (says) socket.write(says)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const answer = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'

describe('a WebSocket that hangs ends by its own time-out', () => {
  it.each(['dns', 'tcp'] as const)('in the phase %s, before anything connects', async (pending) => {
    const socket = new ScriptedSocket()
    socket.pending = pending
    const connection = dial(websocket, socket.server(), { connect: 60 })
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: pending })
    expect(socket.calls).toEqual(['terminate'])
  })

  it.each<[string, string, string]>([
    ['tls', 'https', ''],
    ['upgrade', 'http', ''],
    ['upgrade', 'http', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n'],
  ])('in the phase %s over %s, after %j', async (phase, scheme, says) => {
    await using peer = await startRaw(says, scheme)
    using timers = watchTimers()
    // Long enough for a busy machine to get as far as the phase.
    const connection = dial(websocket, serverAt(peer.url), { connect: 600 })
    const listener = new Recorder()
    connection.start(subscription, listener)
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase })
    expect([listener.opened, listener.ends]).toEqual([0, []])
    await until(() => peer.open.size === 0 && timers.running === 0)
  })

  it('in the phase credentials, when `connectionParams` never settles', async () => {
    await using peer = await startPeer()
    const options: Partial<HttpClientOptions> = { connectionParams: () => new Promise(() => {}) }
    await using connection = dial(websocket, serverAt(peer.url, {}, options), { open: 120 })
    expect(await connection.ended).toMatchObject({
      code: 'TIMED_OUT',
      phase: 'credentials',
      message: 'The `connectionParams` function did not settle within 120 ms (timeouts.open)',
      remedy: 'Let `connectionParams` settle, or raise `timeouts.open`.',
    })
  })

  it('in the phase ack', async () => {
    await using peer = await startPeer({ acks: false })
    await using connection = dial(websocket, serverAt(peer.url), { open: 120 })
    expect(await connection.ended).toMatchObject({
      code: 'TIMED_OUT',
      phase: 'ack',
      message: 'The WebSocket got no answer within 120 ms (timeouts.open)',
    })
  })

  it('in the phase stream, when neither the operation nor a ping is answered', async () => {
    await using peer = await startPeer({ pongs: false })
    await using connection = dial(websocket, serverAt(peer.url), { ping: 60, pong: 60 })
    connection.start(subscription, new Recorder())
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT', phase: 'stream' })
  })

  it('in the phase stream, when the server sends and does not read: by timeouts.write', async () => {
    await using peer = await startPeer()
    using timers = watchTimers()
    const platform = nodePlatform({ env: {} })
    platform.configure?.({ timeouts: { connect: 5_000, write: 150 } })
    const connection = dial(websocket, serverAt(peer.url, platform), {})
    const caller = await peer.caller()
    caller.tcp.pause()
    // Silence does not end it, since the server goes on sending.
    const sending = setInterval(() => caller.say({ type: 'pong' }), 20)
    // More than the buffers of both operating systems hold.
    const variables = { text: 'x'.repeat(2 ** 25) }
    connection.start({ graphql: { query: 'subscription { a }', variables } }, new Recorder())
    expect(await connection.ended).toMatchObject({
      code: 'CONNECTION_SILENT',
      phase: 'stream',
      message: 'The server does not read: what was sent to it waited for 150 ms (timeouts.write)',
    })
    clearInterval(sending)
    caller.tcp.destroy()
    await until(() => timers.running === 0)
  })

  it('while it closes: by timeouts.close, and without an error', async () => {
    await using peer = await startPeer()
    const connection = dial(websocket, serverAt(peer.url), { close: 60 })
    const caller = await peer.caller()
    caller.tcp.pause()
    await connection.close()
    expect(await connection.ended).toBeUndefined()
  })
})

describe('an SSE stream that hangs ends by its own time-out, which is no regular end', () => {
  it.each<[string, string, string, string, Partial<Timeouts>, string]>([
    ['TLS', 'https', '', 'TIMED_OUT', { connect: 120 }, 'tls'],
    ['no answer', 'http', '', 'TIMED_OUT', { connect: 120 }, 'subscribe'],
    ['half of the headers', 'http', answer.slice(0, 30), 'TIMED_OUT', { connect: 120 }, 'subscribe'],
    ['no first byte', 'http', answer, 'TRANSPORT_UNAVAILABLE', { firstByte: 120 }, 'stream'],
    ['half of a line', 'http', `${answer}data: 1`, 'TRANSPORT_UNAVAILABLE', { firstByte: 120 }, 'stream'],
    ['silence', 'http', `${answer}: alive\n\n`, 'CONNECTION_SILENT', { idleSSE: 120 }, 'stream'],
    ['half of a message', 'http', `${answer}: alive\n\ndata: 1`, 'CONNECTION_SILENT', { idleSSE: 120 }, 'stream'],
  ])('%s', async (_, scheme, says, ...[code, timeouts, phase]) => {
    await using peer = await startRaw(says, scheme)
    using timers = watchTimers()
    const connection = dial(sse, serverAt(peer.url), timeouts)
    const listener = new Recorder()
    connection.start({ sse: '/api/system/events/subscribe' }, listener)
    expect(await connection.ended).toMatchObject({ code, phase })
    expect(listener.ends).toEqual([])
    await until(() => peer.open.size === 0 && timers.running === 0)
  })

  it.each(['', answer, `${answer}: alive\n\ndata: 1`])(
    'closed by the user after %j: it ends without an error',
    async (says) => {
      await using peer = await startRaw(says)
      const connection = dial(sse, serverAt(peer.url), { close: 200 })
      const listener = new Recorder()
      connection.start({ sse: '/api/system/events/subscribe' }, listener)
      await until(() => peer.open.size === 1 && (says === '' || listener.opened === 1))
      expect(await settled(connection.ended)).toBe(false)
      await connection.close()
      expect(await connection.ended).toBeUndefined()
      expect(listener.ends).toEqual([])
      await until(() => peer.open.size === 0)
    },
  )
})
