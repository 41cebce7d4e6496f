import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { websocket } from '../../src/transports/websocket.ts'
import { sampled } from '../sample.ts'
import { startPeer } from './peer.ts'
import {
  block,
  dial,
  Recorder,
  ScriptedSocket,
  serverAt,
  settled,
  subscription,
  token,
  uncaught,
  until,
} from './rig.ts'

const lacking = (message: string) => [{ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]

describe('hazard: `complete` after `error`, in one piece', () => {
  // A client that counts its operations may count one of them twice, so what happens depends on how many there are.
  it.each(sampled([1, 2, 3], 1, 'refused'))(
    'leaves the other operations alive, and ends %i refused ones once',
    async (count) => {
      await using peer = await startPeer()
      await using connection = dial(websocket, serverAt(peer.url))
      const [good, ...bad] = Array.from({ length: count + 1 }, () => new Recorder())
      for (const listener of [good, ...bad]) if (listener) connection.start(subscription, listener)
      const caller = await peer.caller()
      const [first, ...others] = await caller.ids(count + 1)
      for (const id of others)
        caller.say(
          { type: 'error', id, payload: lacking('Cannot query field "x" on type "Y"') },
          { type: 'complete', id },
        )
      caller.say(caller.next(first, 'still here'))
      await until(() => good?.frames.length === 1)
      const refused = bad.map(({ ends }) => ends.map((error) => [error?.code, error?.details['field']]))
      expect(refused).toEqual(Array(count).fill([['UNSUPPORTED', 'x']]))
      expect(good?.ends).toEqual([])
      expect(await settled(connection.ended)).toBe(false)
    },
  )
})

describe('hazard: `next` and `complete` in one piece, stopped within the frame', () => {
  it.each(sampled([1, 2, 3], 1, 'ended'))('leaves the other operations alive when %i are', async (count) => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const other = new Recorder()
    connection.start(subscription, other)
    const takers = Array.from({ length: count }, () => {
      const listener = new Recorder()
      const stop = connection.start(subscription, listener)
      listener.onFrame = stop
      return listener
    })
    const caller = await peer.caller()
    const [first, ...ids] = await caller.ids(count + 1)
    for (const id of ids) caller.say(caller.next(id, 1), { type: 'complete', id })
    caller.say(caller.next(first, 'still here'))
    await until(() => other.frames.length === 1)
    expect(takers.map(({ data, ends }) => [data, ends])).toEqual(Array(count).fill([[1], []]))
    expect(await settled(connection.ended)).toBe(false)
  })
})

describe('hazard: `next` behind `complete` in one piece', () => {
  it('delivers nothing after the end', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const [ended, other] = [new Recorder(), new Recorder()]
    connection.start(subscription, ended)
    connection.start(subscription, other)
    const caller = await peer.caller()
    const [id, second] = await caller.ids(2)
    caller.say(caller.next(id, 1), { type: 'complete', id: id ?? '' }, caller.next(id, 2), caller.next(second, 3))
    await until(() => other.frames.length === 1)
    expect([ended.data, ended.ends]).toEqual([[1], [undefined]])
  })
})

describe('hazard: close 1000 by the server', () => {
  it('is a drop that ends the attempt, without a second dial', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    await caller.ids(1)
    caller.socket.close(1000, 'terminated')
    expect(await connection.ended).toMatchObject({
      code: 'CONNECTION_LOST',
      phase: 'stream',
      details: { code: 1000, reason: 'terminated' },
    })
    connection.start(subscription, listener)
    await using next = dial(websocket, serverAt(peer.url))
    await peer.caller(2)
    expect([peer.callers.length, listener.ends]).toEqual([2, []])
    expect(await settled(next.ended)).toBe(false)
  })

  it('before the acknowledgement is a drop in the phase ack', async () => {
    await using peer = await startPeer({ acks: false })
    await using connection = dial(websocket, serverAt(peer.url))
    const caller = await peer.caller()
    caller.socket.close(1000, 'terminated')
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_LOST', phase: 'ack' })
    expect(peer.callers).toHaveLength(1)
  })
})

describe('hazard: a failing resolver is a `next`', () => {
  const failed = { errors: [{ message: 'no broker', path: ['subscribeEvents'] }], data: null }

  it('is a failure when `complete` follows', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id = ''] = await caller.ids(1)
    caller.say({ type: 'next', id, payload: failed }, { type: 'complete', id })
    await until(() => listener.ends.length > 0)
    expect(listener.frames).toEqual([])
    expect(listener.ends).toMatchObject([
      { code: 'GRAPHQL_ERROR', phase: 'subscribe', details: { errors: failed.errors } },
    ])
  })

  it('is a frame with errors when data follows, and so is data beside errors', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id = ''] = await caller.ids(1)
    const partial = { errors: failed.errors, data: { subscribeEvents: null } }
    caller.say(
      { type: 'next', id, payload: failed },
      { type: 'next', id, payload: partial },
      { type: 'next', id, payload: failed },
      { type: 'complete', id },
    )
    await until(() => listener.ends.length > 0)
    expect(listener.frames).toMatchObject([failed, partial, failed])
    expect(listener.ends).toEqual([undefined])
  })
})

describe('hazard: an idle server sends nothing, ever', () => {
  it('pings while it is silent, and lives as long as it is answered', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url), { ping: 30, pong: 2_000 })
    const caller = await peer.caller()
    await until(() => caller.of('ping').length >= 4)
    expect(await settled(connection.ended)).toBe(false)
  })

  it('does not ping while frames come', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url), { ping: 400 })
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id] = await caller.ids(1)
    const begin = performance.now()
    while (performance.now() - begin < 900) {
      const count = listener.frames.length
      caller.say(caller.next(id, count))
      await until(() => listener.frames.length > count)
    }
    expect(caller.of('ping')).toHaveLength(1)
  })
})

describe('hazard: a gateway answers pings itself', () => {
  it('opens an operation by a pong without the payload of its ping', async () => {
    await using peer = await startPeer({ pongs: 'bare' })
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    await until(() => listener.opened === 1)
  })

  it('does not open by the pong to a ping after silence what was sent after that ping', async () => {
    await using peer = await startPeer({ pongs: false })
    await using connection = dial(websocket, serverAt(peer.url), { ping: 40, pong: 120_000 })
    const caller = await peer.caller()
    await until(() => caller.of('ping').length === 1)
    const listener = new Recorder()
    connection.start(subscription, listener)
    await until(() => caller.of('ping').length === 2)
    const [afterSilence, afterSubscribe] = caller.of('ping')
    caller.say({ type: 'pong', payload: afterSilence?.payload })
    // Once it answers this, it has read the pong.
    caller.say({ type: 'ping' })
    await until(() => caller.of('pong').length === 1)
    expect(listener.opened).toBe(0)
    caller.say({ type: 'pong', payload: afterSubscribe?.payload })
    await until(() => listener.opened === 1)
  })
})

describe('hazard: a dead peer never answers a close', () => {
  it('is noticed by the missing pong, and the socket is ended hard', async () => {
    const socket = new ScriptedSocket()
    await using connection = dial(websocket, socket.server(), { ping: 20, pong: 30 })
    await socket.stand()
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_SILENT', phase: 'stream' })
    expect(socket.calls).toEqual(['terminate'])
  })

  it('takes any frame as the answer', async () => {
    await using peer = await startPeer({ pongs: false })
    await using connection = dial(websocket, serverAt(peer.url), { ping: 40, pong: 2_000 })
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id] = await caller.ids(1)
    for (let round = 1; round <= 3; round++) {
      await until(() => caller.of('ping').length > round)
      caller.say(caller.next(id, round))
    }
    await until(() => listener.frames.length === 3)
    expect(await settled(connection.ended)).toBe(false)
  })

  it('closes within timeouts.close, and then hard', async () => {
    const socket = new ScriptedSocket()
    await using connection = dial(websocket, socket.server(), { close: 30 })
    await socket.stand()
    await connection.close()
    expect(socket.calls).toEqual(['close 1000', 'terminate'])
  })
})

describe('hazard: a timer that fires late', () => {
  it('pings again before it ends the connection', { tags: ['full'] }, async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url), { ping: 50, pong: 100 })
    const caller = await peer.caller()
    await until(() => caller.of('ping').length > 0)
    for (let round = 0; round < 5; round++) {
      const pings = caller.of('ping').length
      // The answer to the last ping lies unread when the loop turns again.
      block(400)
      await until(() => caller.of('ping').length > pings)
      expect(await settled(connection.ended)).toBe(false)
    }
  })

  it('does not time out a connection that could not be read', { tags: ['full'] }, async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url), { connect: 150 })
    block(400)
    await peer.caller()
    const listener = new Recorder()
    connection.start(subscription, listener)
    await until(() => listener.opened === 1)
  })
})

describe('hazard: an abandoned socket that still delivers', () => {
  it('is ignored', async () => {
    const socket = new ScriptedSocket()
    await using connection = dial(websocket, socket.server(), { ping: 20, pong: 20 })
    const listener = new Recorder()
    connection.start(subscription, listener)
    await socket.stand()
    const deliver = socket.onmessage
    const close = socket.onclose
    await connection.ended
    expect([socket.onmessage, socket.onclose]).toEqual([null, null])
    deliver?.({ data: JSON.stringify({ type: 'next', id: '1', payload: { data: 1 } }) })
    close?.({ code: 1000, reason: '' })
    socket.onerror?.(new Error('late'))
    expect([listener.frames, listener.ends]).toEqual([[], []])
  })
})

describe('hazard: a wait before the acknowledgement that never ends', () => {
  it('covers an upgrade that is never answered', async () => {
    const mute = createServer(() => {})
    mute.listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const connected = once(mute, 'connection')
    await using connection = dial(websocket, serverAt(`http://127.0.0.1:${(mute.address() as AddressInfo).port}`), {
      connect: 100,
    })
    const [socket] = await connected
    const gone = once(socket, 'close')
    socket.resume()
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'upgrade' })
    await gone
    mute.close()
  })

  it('covers an acknowledgement that never comes', async () => {
    await using peer = await startPeer({ acks: false })
    await using connection = dial(websocket, serverAt(peer.url), { open: 100, ping: 10 })
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'ack' })
    const caller = await peer.caller()
    await until(() => caller.closed !== undefined)
    expect([caller.closed?.code, caller.received.length]).toEqual([1006, 1])
  })

  it('is not put off by frames that are no acknowledgement', async () => {
    const socket = new ScriptedSocket()
    await using connection = dial(websocket, socket.server(), { open: 100 })
    socket.readyState = 1
    socket.onopen?.()
    const pings = setInterval(() => socket.serverSends({ type: 'ping' }), 10)
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'ack' })
    clearInterval(pings)
  })

  it('covers connection params that never come', async () => {
    await using peer = await startPeer()
    const server = serverAt(peer.url, {}, { connectionParams: () => new Promise(() => {}) })
    await using connection = dial(websocket, server, { open: 100 })
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'credentials' })
  })

  it('reports a failed connection as such, if the platform does', async () => {
    const socket = new ScriptedSocket()
    socket.pending = 'tcp'
    await using connection = dial(websocket, socket.server(), { connect: 20 })
    expect(await connection.ended).toMatchObject({ code: 'TIMED_OUT', phase: 'tcp' })
    expect(socket.calls).toEqual(['terminate'])
  })
})

describe('hazard: gqlgen closes on a ping before the acknowledgement', () => {
  it('sends `connection_init` first, and a ping only after the acknowledgement', async () => {
    await using peer = await startPeer({ acks: false })
    await using connection = dial(websocket, serverAt(peer.url), { ping: 20 })
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    expect(caller.received.map(({ type }) => type)).toEqual(['connection_init'])
    expect(caller.received[0]?.payload).toMatchObject({ token })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(caller.received).toHaveLength(1)
    caller.say({ type: 'connection_ack' })
    await until(() => listener.opened === 1)
    expect(caller.received.map(({ type }) => type).slice(0, 3)).toEqual(['connection_init', 'subscribe', 'ping'])
  })
})

describe('hazard: one frame that is no message ends all subscriptions for good', () => {
  const frames: Record<string, string | Uint8Array> = {
    'a binary frame': new Uint8Array([1, 2, 3]),
    'broken JSON': '{"type":"next"',
    'an empty frame': '',
    'a number': '42',
    'a list': '[]',
    'a message as a text inside JSON': JSON.stringify('{"type":"pong"}'),
    'no type': '{}',
    'an unknown type': '{"type":"ka"}',
    '`next` without an id': '{"type":"next","payload":{}}',
    '`next` without a payload': '{"type":"next","id":"1"}',
    '`next` with a list': '{"type":"next","id":"1","payload":[]}',
    '`next` of an operation that was never started': '{"type":"next","id":"7","payload":{}}',
    '`next` with an id of another shape': '{"type":"next","id":"toString","payload":{}}',
    '`error` of an operation that was never started': '{"type":"error","id":"7","payload":[{"message":"x"}]}',
    '`error` that is no list': '{"type":"error","id":"1","payload":{}}',
    '`ping` with a list': '{"type":"ping","payload":[]}',
  }
  it.each(sampled(Object.keys(frames), 3, 'frames'))(
    'ends this attempt as a drop, without a call to the listeners: %s',
    async (name) => {
      await using peer = await startPeer()
      await using connection = dial(websocket, serverAt(peer.url))
      const listener = new Recorder()
      connection.start(subscription, listener)
      const caller = await peer.caller()
      const [id] = await caller.ids(1)
      caller.socket.send(frames[name] ?? '')
      caller.say(caller.next(id, 'too late'))
      expect(await connection.ended).toMatchObject({ code: 'BAD_FRAME', retryable: true })
      await until(() => caller.closed !== undefined)
      expect([listener.ends, listener.frames, peer.callers.length]).toEqual([[], [], 1])
    },
  )

  it.each(sampled(['next', 'complete', 'error'], 1, 'before the acknowledgement'))(
    'ends the attempt at `%s` before the acknowledgement',
    async (type) => {
      await using peer = await startPeer({ acks: false })
      await using connection = dial(websocket, serverAt(peer.url))
      const listener = new Recorder()
      connection.start(subscription, listener)
      const caller = await peer.caller()
      caller.say({ type, id: '1', payload: type === 'error' ? [{ message: 'no' }] : { data: 1 } })
      expect(await connection.ended).toMatchObject({ code: 'BAD_FRAME', phase: 'ack' })
      expect([listener.frames, listener.ends]).toEqual([[], []])
    },
  )

  it('is not upset by what is only unusual', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id] = await caller.ids(1)
    caller.say(
      { type: 'pong' },
      { type: 'pong', payload: { id: 'of no ping' } },
      { type: 'ping', payload: { n: 1 } },
      { type: 'connection_ack' },
      `{"payload":{"data":"<","extensions":{"new":1}},"new":[],"id":"${id}","type":"next"}\n`,
    )
    await until(() => listener.frames.length === 1 && caller.of('pong').length === 1)
    expect(listener.data).toEqual(['<'])
    expect(caller.of('pong')[0]?.payload).toEqual({ n: 1 })
  })
})

describe('hazard: an exception in one operation ends all subscriptions', () => {
  it('keeps what a listener throws away from the connection, and shows it as uncaught', async () => {
    using seen = uncaught()
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const [bad, good] = [new Recorder(), new Recorder()]
    bad.onFrame = () => {
      throw new Error('mine')
    }
    connection.start(subscription, bad)
    connection.start(subscription, good)
    const caller = await peer.caller()
    const [first, second] = await caller.ids(2)
    caller.say(caller.next(first, 1), caller.next(second, 2))
    await until(() => good.frames.length === 1)
    expect(seen.errors).toEqual([new Error('mine')])
    expect(await settled(connection.ended)).toBe(false)
  })

  it('ends only the operation that cannot be written', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const [bad, good] = [new Recorder(), new Recorder()]
    connection.start({ graphql: { query: 'subscription { a }', variables: { n: 1n } } }, bad)
    connection.start(subscription, good)
    await until(() => good.opened === 1 && bad.ends.length === 1)
    expect(bad.ends).toMatchObject([{ code: 'INVALID_OPTION', phase: 'subscribe' }])
  })
})

describe('hazard: what a server sends may hold what was sent to it', () => {
  it('shows no token, neither of errors nor of a close', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id = ''] = await caller.ids(1)
    caller.say({ type: 'error', id, payload: [{ message: `who is ${token}?`, extensions: { token } }] })
    await until(() => listener.ends.length === 1)
    caller.socket.close(4400, token)
    const shown = JSON.stringify([listener.ends, await connection.ended, listener.ends[0]?.message])
    expect(shown).toContain('***')
    expect(shown).not.toContain(token)
  })
})
