import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { sse } from '../../src/transports/sse.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { sampled } from '../sample.ts'
import { startPeer } from './peer.ts'
import { dial, Recorder, ScriptedSocket, serverAt, settled, subscription, until } from './rig.ts'

const limits = { messageBytes: 10_000 }
const tooLarge = {
  code: 'TOO_LARGE',
  phase: 'stream',
  details: { limit: 10_000 },
  message: expect.stringContaining('10000 bytes'),
}

describe('limits.messageBytes over WebSocket', () => {
  it('ends the connection at one message over it, and takes many below it', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url, {}, { limits }))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id] = await caller.ids(1)
    caller.say(...Array.from({ length: 50 }, () => caller.next(id, 'x'.repeat(9_000))))
    await until(() => listener.frames.length === 50)
    caller.say(caller.next(id, 'x'.repeat(10_000)))
    expect(await connection.ended).toMatchObject(tooLarge)
    expect([listener.frames.length, listener.ends]).toEqual([50, []])
  })

  it('counts the fragments of a message together', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url, {}, { limits }))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    await until(() => listener.opened === 1)
    for (let sent = 0; sent < 11; sent++) caller.socket.send('x'.repeat(1_000), { fin: false })
    expect(await connection.ended).toMatchObject(tooLarge)
  })

  it('takes no compressed message, whose size shows only when it is inflated', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url, {}, { limits }))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    await until(() => listener.opened === 1)
    // A text frame of one byte with RSV1.
    caller.tcp.write(Buffer.from([0xc1, 1, 0]))
    expect(await connection.ended).toMatchObject({ code: 'BAD_FRAME', phase: 'stream' })
  })

  it('holds where the platform bounds nothing, as in browsers', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, serverAt('http://scripted.test', { openSocket: () => socket }, { limits }))
    await socket.stand()
    socket.say(`{"type":"ping","payload":{"text":"${'x'.repeat(10_000)}"}}`)
    expect(await connection.ended).toMatchObject(tooLarge)
  })
})

describe('limits.messageBytes over SSE', () => {
  it.each(
    sampled<[string, string]>(
      [
        ['one event', `data: "${'x'.repeat(10_000)}"\n\n`],
        ['an event of many lines', 'data: 12345678\n'.repeat(1_200)],
        ['a line without an end', 'x'.repeat(10_001)],
      ],
      1,
      'SSE',
    ),
  )('ends the stream at %s over it', async (_, text) => {
    await using peer = await startPeerOfSse(text)
    await using connection = dial(sse, serverAt(peer.url, {}, { limits }))
    const listener = new Recorder()
    connection.start({ sse: '/api/system/events/subscribe' }, listener)
    expect(await connection.ended).toMatchObject(tooLarge)
    expect(listener.frames).toEqual([])
  })
})

describe('a server that sends pings', () => {
  const big = { text: 'x'.repeat(100_000) }

  it.each(sampled(['messages', 'frames'], 1, 'pings'))('and reads no answer is left: %s', async (what) => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    connection.start(subscription, new Recorder())
    const caller = await peer.caller()
    await caller.ids(1)
    caller.tcp.pause()
    let sent = 0
    const timer = setInterval(() => {
      for (let round = 0; round < (what === 'messages' ? 5 : 100); round++, sent++)
        if (what === 'messages') caller.say({ type: 'ping', payload: big })
        else caller.socket.ping(Buffer.alloc(125))
    }, 0)
    if (what === 'messages') {
      expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT', phase: 'stream' })
      // The buffers of the kernel take a few megabytes.
      expect(sent).toBeLessThan(1_000)
    } else {
      // One short answer a turn: not even the buffers of the kernel fill.
      await until(() => sent > 20_000)
      expect(await settled(connection.ended)).toBe(false)
    }
    clearInterval(timer)
  })

  it('gets an answer to the newest of those that come together', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    await until(() => listener.opened === 1)
    const pongs: string[] = []
    caller.socket.on('pong', (data) => pongs.push(String(data)))
    caller.tcp.cork()
    for (let n = 1; n <= 1_000; n++) caller.socket.ping(String(n))
    caller.tcp.uncork()
    await until(() => pongs.at(-1) === '1000')
    expect(pongs.length).toBeLessThan(100)
  })

  it('is left at a ping frame while more than a mebibyte waits', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, socket.server())
    await socket.stand()
    socket.onunread?.()
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT', details: { limit: 2 ** 20 } })
  })
})

describe('what is deeper than a stack', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`

  it('does not end the connection in a ping', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, socket.server())
    await socket.stand()
    socket.say(`{"type":"ping","payload":{"deep":${deep}}}`)
    expect(await settled(connection.ended)).toBe(false)
    await connection.close()
  })

  it('ends the operation with the text of the error in `extensions`', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, socket.server())
    const listener = new Recorder()
    connection.start(subscription, listener)
    await socket.stand()
    socket.say(`{"type":"error","id":"1","payload":[{"message":"no","extensions":{"deep":${deep}}}]}`)
    expect(listener.ends).toMatchObject([{ code: 'GRAPHQL_ERROR', details: { errors: [{ message: 'no' }] } }])
    expect(await settled(connection.ended)).toBe(false)
    await connection.close()
  })

  it('is delivered as data', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, socket.server())
    const listener = new Recorder()
    connection.start(subscription, listener)
    await socket.stand()
    socket.say(`{"type":"next","id":"1","payload":{"data":{"deep":${deep}}}}`)
    expect(listener.frames.length).toBe(1)
    await connection.close()
  })
})

async function startPeerOfSse(text: string) {
  const http = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(`: alive\n\n${text}`)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}
