import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { websocket } from '../../src/transports/websocket.ts'
import { reservePort } from '../reserve-port.ts'
import { runsOf } from '../sample.ts'
import { startPeer } from './peer.ts'
import { dial, Recorder, ScriptedSocket, serverAt, settled, subscription, until } from './rig.ts'

describe('opening an operation', () => {
  it('comes with the answer to the ping behind it, when nothing else does', async () => {
    await using peer = await startPeer({ pongs: false })
    await using connection = dial(websocket, serverAt(peer.url))
    const [first, second] = [new Recorder(), new Recorder()]
    connection.start(subscription, first)
    connection.start(subscription, second)
    const caller = await peer.caller()
    await until(() => caller.of('ping').length === 2)
    caller.say({ type: 'pong', payload: caller.of('ping')[0]?.payload })
    await until(() => first.opened === 1)
    expect(second.opened).toBe(0)
    caller.say({ type: 'pong', payload: caller.of('ping')[1]?.payload })
    await until(() => second.opened === 1)
  })

  it('comes with the first frame, and only once', async () => {
    await using peer = await startPeer({ pongs: false })
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    listener.onFrame = () => expect(listener.opened).toBe(1)
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id] = await caller.ids(1)
    const { payload } = caller.of('ping')[0] ?? {}
    caller.say(caller.next(id, 1), { type: 'pong', payload }, caller.next(id, 2))
    await until(() => listener.frames.length === 2)
    expect(listener.opened).toBe(1)
  })
})

describe('operations', () => {
  it('runs many, each with its own frames in order, and sends variables', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listeners = Array.from({ length: 20 }, () => new Recorder())
    const graphql = { query: 'subscription ($n: Int) { a }' }
    for (const [n, listener] of listeners.entries())
      connection.start({ graphql: { ...graphql, variables: { n } } }, listener)
    const caller = await peer.caller()
    const ids = await caller.ids(20)
    expect(caller.of('subscribe')[3]?.payload).toEqual({ ...graphql, variables: { n: 3 } })
    for (let round = 0; round < 5; round++) caller.say(...ids.map((id, n) => caller.next(id, [n, round])))
    await until(() => listeners.every(({ frames }) => frames.length === 5))
    expect(listeners.map(({ data }) => data)).toEqual(
      listeners.map((_, n) => [0, 1, 2, 3, 4].map((round) => [n, round])),
    )
  })

  it('takes new ones after others ended, over the same socket', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    for (let round = 0; round < 200; round++) {
      const listener = new Recorder()
      const stop = connection.start(subscription, listener)
      const caller = await peer.caller()
      const id = (await caller.ids(round + 1)).at(-1) ?? ''
      if (round % 3 === 0) caller.say({ type: 'complete', id })
      else if (round % 3 === 1)
        caller.say({ type: 'error', id, payload: [{ message: 'no' }] }, { type: 'complete', id })
      else stop()
      if (round % 3 < 2) await until(() => listener.ends.length === 1)
    }
    expect(peer.callers).toHaveLength(1)
    expect(new Set(await (await peer.caller()).ids(200)).size).toBe(200)
    expect(await settled(connection.ended)).toBe(false)
  })

  it('sends nothing of one that is stopped before the acknowledgement', async () => {
    await using peer = await startPeer({ acks: false })
    await using connection = dial(websocket, serverAt(peer.url))
    const [stopped, other] = [new Recorder(), new Recorder()]
    connection.start(subscription, stopped)()
    connection.start(subscription, other)
    const caller = await peer.caller()
    caller.say({ type: 'connection_ack' })
    await until(() => other.opened === 1)
    expect([caller.of('subscribe').length, caller.of('complete').length]).toEqual([1, 0])
  })

  it('sends `complete` for one that is stopped', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    const stop = connection.start(subscription, listener)
    await until(() => listener.opened === 1)
    stop()
    stop()
    const caller = await peer.caller()
    await until(() => caller.of('complete').length === 1)
    expect(caller.of('complete').map(({ id }) => id)).toEqual(await caller.ids(1))
    expect(listener.ends).toEqual([])
  })

  it('refuses what no WebSocket serves, by itself', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start({ sse: '/x' }, listener)
    expect(listener.ends).toEqual([])
    await until(() => listener.ends.length > 0)
    expect(listener.ends).toMatchObject([{ code: 'UNSUPPORTED' }])
  })

  it.each([
    ['GRAPHQL_VALIDATION_FAILED', 'UNSUPPORTED'],
    ['GRAPHQL_PARSE_FAILED', 'UNSUPPORTED'],
    ['SOMETHING_ELSE', 'GRAPHQL_ERROR'],
  ])('reports an error with the code %s as %s', async (code, expected) => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listener = new Recorder()
    connection.start(subscription, listener)
    const caller = await peer.caller()
    const [id = ''] = await caller.ids(1)
    const errors = [{ message: 'not so', extensions: { code } }]
    caller.say({ type: 'error', id, payload: errors })
    await until(() => listener.ends.length > 0)
    expect(listener.ends).toMatchObject([{ code: expected, phase: 'subscribe', details: { errors } }])
    expect(listener.ends[0]?.message).toContain('not so')
  })
})

describe('closing', () => {
  it('sends `complete` for what is live, then closes with 1000', async () => {
    await using peer = await startPeer()
    await using connection = dial(websocket, serverAt(peer.url))
    const listeners = [new Recorder(), new Recorder()]
    for (const listener of listeners) connection.start(subscription, listener)
    await until(() => listeners.every(({ opened }) => opened === 1))
    await Promise.all([connection.close(), connection.close()])
    const caller = await peer.caller()
    await until(() => caller.closed !== undefined)
    expect([caller.of('complete').length, caller.closed?.code]).toEqual([2, 1000])
    expect(await connection.ended).toBeUndefined()
    expect(connection.start(subscription, new Recorder())).toBeTypeOf('function')
    expect(peer.callers).toHaveLength(1)
  })

  it('while it still dials ends hard', async () => {
    const socket = new ScriptedSocket()
    const connection = dial(websocket, socket.server())
    await connection.close()
    expect(socket.calls).toEqual(['terminate'])
    expect(await connection.ended).toBeUndefined()
  })
})

describe('what answers in place of a server', () => {
  it('offers graphql-transport-ws alone, and takes nothing else', async () => {
    await using peer = await startPeer({ choose: () => false })
    await using connection = dial(websocket, serverAt(peer.url))
    expect(await connection.ended).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', phase: 'upgrade' })
    expect(peer.upgrades[0]?.headers['sec-websocket-protocol']).toBe('graphql-transport-ws')

    const socket = new ScriptedSocket()
    socket.protocol = ''
    await using scripted = dial(websocket, socket.server())
    socket.readyState = 1
    socket.onopen?.()
    expect(await scripted.ended).toMatchObject({ code: 'TRANSPORT_UNAVAILABLE', phase: 'upgrade' })
    expect(socket.sent).toEqual([])
  })

  it.each([
    [401, '', 'CREDENTIALS_REFUSED'],
    [400, '{"errors":[{"message":"transport not supported"}],"data":null}', 'TRANSPORT_UNAVAILABLE'],
    [503, '', 'SERVER_ERROR'],
  ])('ends with what the answer %s says', async (status, body, code) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.answer('upgrade', status, { body })
    await using connection = dial(websocket, serverAt(fake.url))
    expect(await connection.ended).toMatchObject({ code, phase: 'upgrade', details: { status } })
    expect(fake.stats.dials.length).toBeLessThanOrEqual(1)
  })

  it('ends with the error of the network when no server listens', async () => {
    using gone = await reservePort()
    await using connection = dial(websocket, serverAt(gone.url))
    expect(await connection.ended).toMatchObject({ code: 'CONNECTION_REFUSED', phase: 'tcp' })
  })

  it('ends with what the platform throws', async () => {
    const openSocket = () => {
      throw new Error('The operation is insecure.')
    }
    await using connection = dial(websocket, serverAt('http://x.test', { openSocket }))
    expect(await connection.ended).toMatchObject({ code: 'UNREACHABLE', phase: 'upgrade' })
    await using failing = dial(websocket, new ScriptedSocket().server())
    expect(await settled(failing.ended)).toBe(false)
  })

  it('ends with what the connection params throw', async () => {
    await using peer = await startPeer()
    const connectionParams = () => Promise.reject(new Error('no vault'))
    await using connection = dial(websocket, serverAt(peer.url, {}, { connectionParams }))
    expect(await connection.ended).toMatchObject({ code: 'CREDENTIALS_UNREADABLE', phase: 'credentials' })
    await until(() => peer.callers[0]?.closed !== undefined)
    expect(peer.callers[0]?.received).toEqual([])
  })

  it('reports that connection params cannot be sent as JSON', async () => {
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    let deep: Record<string, unknown> = {}
    for (let level = 0; level < 50_000; level++) deep = { deep }
    for (const params of [circle, deep, { big: 1n }]) {
      await using peer = await startPeer()
      await using connection = dial(websocket, serverAt(peer.url, {}, { connectionParams: () => params }))
      expect(await connection.ended).toMatchObject({
        code: 'INVALID_OPTION',
        phase: 'credentials',
        message: '`connectionParams` cannot be sent as JSON',
      })
    }
  })

  it('blames no option for a socket that cannot send', async () => {
    const socket = new ScriptedSocket()
    socket.send = () => {
      throw new Error('out of order')
    }
    await using connection = dial(websocket, socket.server())
    socket.readyState = 1
    socket.onopen?.()
    expect(await connection.ended).toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('out of order'),
    })
  })
})

it('takes frames of 20 MB', { tags: ['full'] }, async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using connection = dial(websocket, serverAt(fake.url))
  const listener = new Recorder()
  connection.start({ graphql: { query: 'subscription { subscribeEvents { id description } }' } }, listener)
  await until(() => listener.opened === 1)
  fake.faults.garbage('huge')
  await until(() => listener.frames.length === 1)
  expect(JSON.stringify(listener.data).length).toBeGreaterThan(20_000_000)
})

it('ends the attempt at a frame over the limit', async () => {
  await using peer = await startPeer()
  await using connection = dial(websocket, serverAt(peer.url, {}, { maxPayload: 1000 }))
  const caller = await peer.caller()
  caller.say(`{"type":"pong","payload":{"a":"${'x'.repeat(1000)}"}}`)
  expect(await connection.ended).toMatchObject({ code: 'TOO_LARGE' })
})

it('keeps its promises whatever frames come', async () => {
  const id = fc.oneof(fc.constantFrom('1', '2', '3', '9', ''), fc.string(), fc.integer())
  const type = fc.oneof(
    fc.constantFrom('next', 'error', 'complete', 'ping', 'pong', 'connection_ack', 'subscribe', 'ka'),
    fc.string(),
  )
  const errors = fc.array(fc.oneof(fc.record({ message: fc.oneof(fc.string(), fc.integer()) }), fc.jsonValue()))
  const payload = fc.oneof(
    fc.jsonValue(),
    errors,
    fc.record({ data: fc.jsonValue(), errors: fc.oneof(errors, fc.jsonValue()) }, { requiredKeys: [] }),
    fc.record({ id }),
  )
  const message = fc.record({ type, id, payload }, { requiredKeys: [] }).map((one) => JSON.stringify(one))
  const frame = fc.oneof({ weight: 8, arbitrary: message }, fc.string(), fc.json(), fc.uint8Array())
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), fc.nat(3), async (frames, stopAt) => {
      const socket = new ScriptedSocket()
      const connection = dial(websocket, socket.server())
      const listeners = [new Recorder(), new Recorder(), new Recorder()]
      const stops = listeners.map((listener) => connection.start(subscription, listener))
      await socket.stand()
      for (const [at, one] of frames.entries()) {
        if (at === stopAt) stops[0]?.()
        socket.say(one)
      }
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      const received = listeners.map(({ frames }) => frames.length)
      if (socket.readyState !== 3) {
        socket.serverSends({ type: 'pong' })
        expect(await settled(connection.ended)).toBe(false)
        const closing = connection.close()
        socket.onclose?.({ code: 1000, reason: '' })
        await closing
        expect(await connection.ended).toBeUndefined()
      } else expect(await connection.ended).toMatchObject({ code: 'BAD_FRAME', retryable: true })
      for (const { opened, ends } of listeners) expect([opened < 2, ends.length < 2]).toEqual([true, true])
      expect(listeners.map(({ frames }) => frames.length)).toEqual(received)
    }),
    { numRuns: runsOf(300) },
  )
})
