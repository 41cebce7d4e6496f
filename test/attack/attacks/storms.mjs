// Section 10 and the rest of the wire: closes, status codes, redirects, garbage, and messages against the protocol.
import { goesOn, losesNothing } from '../judge.mjs'
import { eventOf } from '../servers/events.mjs'
import { paths } from '../servers/hostile.mjs'
import { closeFrame, frame, opcodes } from '../servers/raw-websocket.mjs'
import {
  contexts,
  done,
  each,
  emitting,
  events,
  every,
  few,
  first,
  join,
  live,
  onDial,
  onOpen,
  raw,
} from './shared.mjs'

/** For ever, each connection sends one event and ends. */
const brief = each(live, (transport) =>
  each(
    [
      ['ends', ({ end }) => end()],
      ['breaks', ({ drop }) => drop()],
    ],
    ([title, over]) =>
      each([true, false], (isStored) => ({
        name: `storm: one event${isStored ? ' with its row' : ''}, then it ${title}, for ever/${transport}`,
        transport,
        seconds: 17,
        // It delivers, so it may be dialled again at once; again and again it must be dialled less often.
        bounds: { firstDials: 12, dialsPerS: 0.75, firstRequests: 40, requestsPerS: 2 },
        server: () =>
          onOpen(transport, (server, channel) => {
            const number = server.stats.total
            const event = eventOf(number)
            server.stats.total++
            if (isStored) server.store(event)
            channel.push(event)
            server.after(20, () => over(channel))
          }),
        client: events(transport, { ms: 14_000, lingerMs: 0 }),
        expect: [goesOn],
      })),
  ),
)

const ends = each(live, (transport) =>
  each(
    [
      ['at once when it is open', ({ end }) => end()],
      ['by a reset when it is open', ({ drop }) => drop()],
    ],
    ([title, over]) => ({
      name: `storm: it ends ${title}, for ever/${transport}`,
      transport,
      seconds: 9,
      bounds: { firstDials: 4, dialsPerS: 1.5 },
      server: () => onOpen(transport, (_, channel) => over(channel)),
      client: events(transport, { ms: 6_000, lingerMs: 0 }),
    }),
  ),
)

const completes = [
  {
    name: 'storm: complete at once, for ever/websocket',
    transport: 'websocket',
    seconds: 8,
    server: () => ({
      subscribed: (server, id, peer) => {
        server.count('subscribes')
        peer.json({ type: 'complete', id })
      },
    }),
    client: events('websocket', { ms: 5_000, lingerMs: 0 }),
    expect: [(_, { subscribes }) => (subscribes <= 12 ? [] : `subscribed ${subscribes} times in 5 s`)],
  },
  {
    name: 'storm: an event and complete, for ever/websocket',
    transport: 'websocket',
    seconds: 10,
    server: () =>
      onOpen('websocket', (server, { push, peer, id }) => {
        push(eventOf(server.count('subscribes') - 1))
        peer.json({ type: 'complete', id })
      }),
    client: events('websocket', { ms: 7_000, lingerMs: 0 }),
    expect: [(_, { subscribes }) => (subscribes <= 20 ? [] : `subscribed ${subscribes} times in 7 s`)],
  },
]

// --- Close codes. The first two connections are closed so, then the server is honest.

const codes = [null, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4400, 4429, 4500, 4999]
const closes = each(codes, (code) =>
  each(['open', 'before the acknowledgement'], (when) => ({
    name: `close: ${code ?? 'no code'}, ${when}/websocket`,
    transport: 'websocket',
    seconds: 12,
    server: () =>
      join(emitting({ everyMs: 300 }), {
        message(server, peer, { type }) {
          if (server.stats.dials.length > 2 || type !== (when === 'open' ? 'subscribe' : 'connection_init'))
            return false
          peer.write(closeFrame(code, 'why'))
          return true
        },
      }),
    client: events('websocket', { count: few, ms: 9_000 }),
    expect: [goesOn, losesNothing],
  })),
)
const refusingCloses = each([4401, 4403], (code) => ({
  name: `close: ${code} for ever/websocket`,
  transport: 'websocket',
  seconds: 6,
  bounds: { firstDials: 3, dialsPerS: 0.7 },
  server: () => ({
    message: (_, peer, { type }) => type === 'connection_init' && done(peer.close(code)),
  }),
  client: events('websocket', { ms: 3_500, lingerMs: 0 }),
}))

// --- Status codes on every path.

const statuses = [
  200, 204, 206, 300, 302, 304, 307, 400, 401, 403, 404, 405, 408, 413, 418, 422, 426, 429, 500, 501, 502, 503, 504,
  511, 599, 999,
]
const statusText = (status) =>
  `HTTP/1.1 ${status} No\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno`

const onPaths = each(statuses, (status) => [
  {
    name: `status: ${status} to the upgrade/websocket`,
    transport: 'websocket',
    seconds: 5,
    server: () => join(emitting(), { upgrade: (_, __, socket) => done(socket.end(statusText(status))) }),
    client: events('websocket', { ms: 2_300, lingerMs: 0 }),
    expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
  },
  {
    name: `status: ${status} to the stream/sse`,
    transport: 'sse',
    seconds: 5,
    server: () => join(emitting(), { sse: (_, response) => done(response.socket.end(statusText(status))) }),
    client: events('sse', { ms: 2_300, lingerMs: 0 }),
    expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
  },
  {
    name: `status: ${status} to the store/polling`,
    transport: 'polling',
    seconds: 5,
    server: () => ({ store: (_, response) => done(response.socket.end(statusText(status))) }),
    client: events('polling', { ms: 2_000, lingerMs: 0 }),
    expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
  },
  {
    name: `status: ${status} to a state/polling`,
    transport: 'polling',
    seconds: 5,
    server: () => ({ state: (_, response) => done(response.socket.end(statusText(status))) }),
    client: contexts('polling', { ms: 2_000, lingerMs: 0 }),
    expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
  },
])

/** Another transport takes over, and nothing is lost. */
const fallbacks = each([400, 404, 422, 426, 501], (status) => [
  {
    name: `status: ${status} to the upgrade, then SSE/websocket`,
    transport: 'websocket',
    seconds: 12,
    server: () =>
      join(emitting({ everyMs: 300 }), { upgrade: (_, __, socket) => done(socket.end(statusText(status))) }),
    client: events(every, { count: few, ms: 9_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: `status: ${status} to both, then polling/sse`,
    transport: 'sse',
    seconds: 14,
    server: () =>
      join(emitting({ everyMs: 300 }), {
        upgrade: (_, __, socket) => done(socket.end(statusText(status))),
        sse: (_, response) => done(response.socket.end(statusText(status))),
      }),
    client: events(every, { count: few, ms: 12_000 }),
    expect: [goesOn, losesNothing],
  },
])

// --- Redirects. The token never reaches another origin.

const redirects = each([301, 302, 307], (status) =>
  each(
    [
      ['another origin', (server) => `${server.foreignUrl}/login`],
      ['another origin without a scheme', (server) => server.foreignUrl.replace('http:', '')],
      ['itself', (_, url) => url],
      ['a path that is not a URL', () => 'http://[::bad'],
      ['javascript:', () => 'javascript:alert(1)'],
    ],
    ([title, to]) =>
      each(every, (transport) => ({
        name: `redirect: ${status} to ${title}/${transport}`,
        transport,
        seconds: 5,
        server: () => ({
          request(server, request, response) {
            server.answer(response, 'moved', status, { location: to(server, request.url) })
            return true
          },
          upgrade(server, request, socket) {
            socket.end(`HTTP/1.1 ${status} No\r\nlocation: ${to(server, request.url)}\r\ncontent-length: 0\r\n\r\n`)
            return true
          },
        }),
        client: events(transport, { ms: 1_500, lingerMs: 0 }),
        expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
      })),
  ),
)

// --- Garbage in place of an answer.

const garbage = [
  ['noise', Buffer.from(Array.from({ length: 2_000 }, (_, at) => (at * 7919) % 256))],
  ['HTTP/0.9', Buffer.from('<html>hello</html>')],
  ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
  ['TLS', Buffer.from([0x15, 3, 3, 0, 2, 2, 40])],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
  ['two lengths', Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 7\r\n\r\nhello')],
  [
    'a length and chunks',
    Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
  ],
  ['a negative length', Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello')],
  [
    'a chunk of ffffffffffffffff',
    Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nx'),
  ],
  ['a header with NUL', Buffer.from('HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n')],
  [
    'a second answer at once',
    Buffer.from(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}',
    ),
  ],
  [
    'an unknown encoding',
    Buffer.from(
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: zstd\r\ncontent-length: 2\r\n\r\n{}',
    ),
  ],
]
const noises = each(garbage, ([title, bytes]) =>
  each(every, (transport) => [
    {
      name: `garbage: ${title}/${transport}`,
      transport,
      seconds: 6,
      server: () =>
        transport === 'polling'
          ? { store: (_, response) => done(response.socket.end(bytes)) }
          : onDial(transport, (_, { socket }) => done(socket.end(bytes))),
      client: events(transport, { ms: 2_500, lingerMs: 0 }),
      expect: [({ codes: reported }) => (reported.length > 0 ? [] : 'reports nothing')],
    },
    {
      name: `garbage: ${title}, then well/${transport}`,
      transport,
      seconds: 10,
      server: () =>
        join(
          emitting({ everyMs: 300 }),
          transport === 'polling'
            ? {
                store(server, response) {
                  if (!server.stats.total || server.count('bad') > 1) return false
                  response.socket.end(bytes)
                  return true
                },
              }
            : onDial(
                transport,
                first(1, (_, { socket }) => done(socket.end(bytes))),
              ),
        ),
      client: events([transport, ...every.filter((one) => one !== transport)], { count: few, ms: 8_000 }),
      expect: [goesOn, losesNothing],
    },
  ]),
)

const handshakes = [
  ['a wrong key', { accept: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }],
  ['no sub-protocol', { protocol: null }],
  ['the sub-protocol graphql-ws', { protocol: 'graphql-ws' }],
  ['a sub-protocol that was not offered', { protocol: 'mqtt' }],
  ['two sub-protocols', { protocol: 'graphql-transport-ws, graphql-ws' }],
  ['an extension that was not offered', { headers: ['sec-websocket-extensions: permessage-deflate'] }],
  ['an invalid extension', { headers: ['sec-websocket-extensions: ;;;===,,,'] }],
  ['headers of 10 kB', { headers: [`x: ${'y'.repeat(10_000)}`] }],
].flatMap(([title, answer]) => [
  {
    name: `handshake: ${title}/websocket`,
    transport: 'websocket',
    seconds: 5,
    server: () =>
      join(emitting(), { upgrade: (server, request, socket) => done(server.accept(request, socket, answer)) }),
    client: events('websocket', { ms: 2_500, lingerMs: 0 }),
  },
  {
    name: `handshake: ${title}, with other transports/websocket`,
    transport: 'websocket',
    seconds: 14,
    server: () =>
      join(emitting({ everyMs: 300 }), {
        upgrade: (server, request, socket) => done(server.accept(request, socket, answer)),
      }),
    client: events(every, { count: few, ms: 12_000 }),
    expect: [goesOn, losesNothing],
  },
])

// --- Frames against RFC 6455, and messages against the sub-protocol. The first connection only.

const violations = [
  ['a reserved opcode', (peer) => peer.write(frame('x', { opcode: 3 }))],
  ['a reserved control opcode', (peer) => peer.write(frame('x', { opcode: 11 }))],
  ['a masked frame', (peer) => peer.write(frame('{"type":"ping"}', { mask: true }))],
  ['RSV1', (peer) => peer.write(frame('x', { rsv: 4 }))],
  ['RSV3', (peer) => peer.write(frame('x', { rsv: 1 }))],
  ['text that is not UTF-8', (peer) => peer.write(frame(Buffer.from([0xff, 0xfe, 0xc3, 0x28])))],
  ['text cut within a character', (peer) => peer.write(frame(Buffer.from([0xe2, 0x82])))],
  ['a fragmented ping', (peer) => peer.write(frame('x', { opcode: opcodes.ping, fin: false }))],
  ['a ping of 126 bytes', (peer) => peer.write(frame(Buffer.alloc(126), { opcode: opcodes.ping }))],
  ['a continuation without a first frame', (peer) => peer.write(frame('x', { opcode: opcodes.continuation }))],
  [
    'a message inside a message',
    (peer) => peer.write(Buffer.concat([frame('x', { fin: false }), frame('{"type":"ping"}')])),
  ],
  ['a close of one byte', (peer) => peer.write(frame(Buffer.from([3]), { opcode: opcodes.close }))],
  ['a close with 0', (peer) => peer.write(closeFrame(0))],
  ['a close with 999', (peer) => peer.write(closeFrame(999))],
  ['a close with 1005', (peer) => peer.write(closeFrame(1005))],
  ['a close with 1006', (peer) => peer.write(closeFrame(1006))],
  ['a close with 5000', (peer) => peer.write(closeFrame(5000))],
  ['a close with 65535', (peer) => peer.write(closeFrame(65_535))],
  ['a reason that is not UTF-8', (peer) => peer.write(closeFrame(1000, Buffer.from([0xff, 0xfe])))],
  [
    'frames after the close',
    (peer, id) =>
      peer.write(Buffer.concat([closeFrame(1000), frame(`{"type":"next","id":"${id}","payload":{"data":{}}}`)])),
  ],
  ['a binary frame', (peer) => peer.write(frame(Buffer.from('{"type":"ping"}'), { opcode: opcodes.binary }))],
  ['an empty frame', (peer) => peer.write(frame(''))],
  ['broken JSON', (peer) => peer.write(frame('{"type":'))],
  ['a list of messages', (peer) => peer.json([{ type: 'ping' }])],
  ['null', (peer) => peer.json(null)],
  ['an unknown type', (peer) => peer.json({ type: 'ka' })],
  ['the type __proto__', (peer) => peer.json({ type: '__proto__' })],
  ['a type that is an object', (peer) => peer.json({ type: {} })],
  ['a second acknowledgement', (peer) => peer.json({ type: 'connection_ack' })],
  [
    'a thousand acknowledgements',
    (peer) => peer.write(Buffer.concat(Array(1_000).fill(frame('{"type":"connection_ack"}')))),
  ],
  ['a message of the client', (peer) => peer.json({ type: 'connection_init' })],
  ['next without an id', (peer) => peer.json({ type: 'next', payload: { data: {} } })],
  ['next with a number as its id', (peer, id) => peer.json({ type: 'next', id: Number(id), payload: { data: {} } })],
  ['next of a foreign id', (peer) => peer.next('foreign', { subscribeEvents: eventOf(900) })],
  ['next of the id 999', (peer) => peer.next('999', { subscribeEvents: eventOf(900) })],
  ['next of the id __proto__', (peer) => peer.next('__proto__', { subscribeEvents: eventOf(900) })],
  ['next without a payload', (peer, id) => peer.json({ type: 'next', id })],
  ['next with a list as its payload', (peer, id) => peer.json({ type: 'next', id, payload: [] })],
  ['next with data of text', (peer, id) => peer.next(id, 'text')],
  ['next with errors of text', (peer, id) => peer.next(id, { subscribeEvents: null }, { errors: 'no' })],
  ['next with errors of nulls', (peer, id) => peer.next(id, { subscribeEvents: null }, { errors: [null, 7, {}] })],
  ['error without a list', (peer, id) => peer.json({ type: 'error', id, payload: 'no' })],
  ['error of an empty list', (peer, id) => peer.json({ type: 'error', id, payload: [] })],
  ['error of a foreign id', (peer) => peer.json({ type: 'error', id: '77', payload: [{ message: 'x' }] })],
  ['complete of a foreign id', (peer) => peer.json({ type: 'complete', id: '77' })],
  ['ping with a text', (peer) => peer.json({ type: 'ping', payload: 'text' })],
  ['pong with the id of the operation', (peer, id) => peer.json({ type: 'pong', payload: { id } })],
]
const protocol = each(violations, ([title, send]) => [
  {
    name: `protocol: ${title}/websocket`,
    transport: 'websocket',
    seconds: 11,
    server: () =>
      join(emitting({ everyMs: 250 }), {
        subscribed: first(1, (server, id, peer) => server.after(30, () => send(peer, id))),
      }),
    client: events('websocket', { count: few, ms: 8_000 }),
    expect: [
      goesOn,
      losesNothing,
      ({ numbers }) => (numbers.missing.length > 0 ? 'an event came that was for no operation' : []),
    ],
  },
])

/** Messages that come before the protocol allows them. */
const early = [
  ['next before the acknowledgement', (peer) => peer.next('1', { subscribeEvents: eventOf(900) })],
  ['complete before the acknowledgement', (peer) => peer.json({ type: 'complete', id: '1' })],
  ['error before the acknowledgement', (peer) => peer.json({ type: 'error', id: '1', payload: [{ message: 'x' }] })],
  ['an acknowledgement before the first message', (peer) => peer.json({ type: 'connection_ack' })],
  ['pings before the first message', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('{"type":"ping"}'))))],
  ['a pong before the first message', (peer) => peer.json({ type: 'pong' })],
].map(([title, send]) => ({
  name: `protocol: ${title}/websocket`,
  transport: 'websocket',
  seconds: 11,
  server: () => join(emitting({ everyMs: 250 }), { opened: first(1, (_, peer) => send(peer)) }),
  client: events('websocket', { count: few, ms: 8_000 }),
  expect: [goesOn, losesNothing],
}))

const late = [
  [
    'complete twice',
    (peer, id) =>
      peer.write(Buffer.concat([frame(`{"type":"complete","id":"${id}"}`), frame(`{"type":"complete","id":"${id}"}`)])),
  ],
  [
    'error twice',
    (peer, id) =>
      peer.write(Buffer.concat(Array(2).fill(frame(`{"type":"error","id":"${id}","payload":[{"message":"x"}]}`)))),
  ],
  [
    'next after complete',
    (peer, id) => {
      peer.json({ type: 'complete', id })
      peer.next(id, { subscribeEvents: eventOf(0) })
    },
  ],
  [
    'a thousand completes',
    (peer, id) => peer.write(Buffer.concat(Array(1_000).fill(frame(`{"type":"complete","id":"${id}"}`)))),
  ],
].map(([title, send]) => ({
  name: `protocol: ${title}, of a document/websocket`,
  transport: 'websocket',
  seconds: 5,
  server: () => ({ subscribed: first(1, (server, id, peer) => server.after(30, () => send(peer, id))) }),
  client: raw({ ms: 1_500 }),
}))

const streams = [
  ['invalid JSON', 'data: {"id":\n\n'],
  ['a list', 'data: []\n\n'],
  ['a text', 'data: "x"\n\n'],
  ['HTML', '<html><body>login</body></html>\n\n'],
  ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x0a, 0x0a])],
  ['fields of no name', ': \n:\n::\n\n'],
  ['an unknown field', 'constructor: x\n__proto__: y\n\n'],
  ['an event cut by its end', 'data: {"id":"1"'],
].map(([title, bytes]) => ({
  name: `protocol: ${title}/sse`,
  transport: 'sse',
  seconds: 11,
  server: () =>
    join(emitting({ everyMs: 250 }), {
      listening: first(1, (server, response) =>
        server.after(30, () => {
          response.write(bytes)
          if (String(title).includes('cut')) response.end()
        }),
      ),
    }),
  client: events('sse', { count: few, ms: 8_000 }),
  expect: [goesOn, losesNothing],
}))

const releases = each(
  [
    ['a list', []],
    ['a number', { build: 7 }],
    ['__proto__', { build: '__proto__' }],
    ['1 MB', { build: 'v'.repeat(1_000_000) }],
    ['another one each time', null],
  ],
  ([title, value]) => ({
    name: `protocol: the release is ${title}/websocket`,
    transport: 'websocket',
    seconds: 10,
    server: () =>
      join(emitting({ everyMs: 300 }), {
        request(server, _, response, url) {
          if (url.pathname !== paths.version) return false
          server.answer(response, value ?? { build: `v${Math.random()}` })
          return true
        },
        upgrade: first(1, (_, __, socket) => done(socket.destroy())),
      }),
    client: events('websocket', { count: few, ms: 8_000 }),
    expect: [goesOn, losesNothing],
  }),
)

export const storms = [
  ...brief,
  ...ends,
  ...completes,
  ...closes,
  ...refusingCloses,
  ...onPaths,
  ...fallbacks,
  ...redirects,
  ...noises,
  ...handshakes,
  ...protocol,
  ...early,
  ...late,
  ...streams,
  ...releases,
]
