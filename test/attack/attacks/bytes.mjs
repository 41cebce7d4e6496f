// Section 3: memory is bounded in bytes.
import { Buffer } from 'node:buffer'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { timeouts } from '../client-context.mjs'
import { goesOn, losesNothing, reports } from '../judge.mjs'
import { eventOf, nilUUID, rowOf } from '../servers/events.mjs'
import { contextOf, paths } from '../servers/hostile.mjs'
import { frame, opcodes } from '../servers/raw-websocket.mjs'
import { contexts, each, emitting, events, every, first, join, live, onDial, onOpen, raw } from './shared.mjs'

const own = { alone: true, bounds: { lagP99: 500 } }
const piece = Buffer.alloc(65_536, 'x')

/** Writes for ever, as fast as the client reads. Up to 3 GB, so that a broken client cannot fill the machine. */
const pour = (stream, bytes = piece, most = 3e9) => {
  let sent = 0
  const go = () => {
    while (sent < most && stream.writable && !stream.destroyed) {
      sent += bytes.length
      if (!stream.write(bytes)) return stream.once('drain', go)
    }
  }
  stream.on('error', () => {})
  go()
}

const endless =
  (status, headers = {}, start = '') =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.write(start || '{"events":["')
    pour(response)
    return true
  }

/** Long enough for a body without an end to fill the memory. */
const longTimeouts = { options: { timeouts: { ...timeouts, request: 5_000, connect: 5_000 } } }

const smallLimits = { limits: { messageBytes: 2 ** 20, bufferBytes: 2 ** 20 } }

// --- Endless bodies, on every path.

const endlessStore = each(every, (transport) =>
  each(
    [
      ['200', endless(200)],
      ['200 of white space', endless(200, {}, ' ')],
      ['200 of text', endless(200, { 'content-type': 'text/plain' })],
      ['401', endless(401)],
      ['500', endless(500)],
      ['302', endless(302, { location: '/provider' })],
    ],
    ([title, answer]) => ({
      ...own,
      name: `bytes: endless body of the store, ${title}/${transport}`,
      transport,
      seconds: 6,
      server: () => join({ store: (_, response) => answer(response) }),
      client: events(transport, { ...longTimeouts, ms: 4_000 }),
      expect: [
        title.startsWith('200') ? reports('TOO_LARGE') : reports('SERVER_ERROR', 'CREDENTIALS_REFUSED', 'TIMED_OUT'),
      ],
    }),
  ),
)

const endlessDial = each(live, (transport) =>
  each(
    [
      ['200 page', 200, { 'content-type': 'text/html' }],
      ['401', 401, {}],
      ['503', 503, {}],
    ],
    ([title, status, headers]) => ({
      ...own,
      name: `bytes: endless answer to the dial, ${title}/${transport}`,
      transport,
      seconds: 6,
      server: () =>
        join(
          emitting(),
          onDial(transport, (_, { response, socket }) => {
            if (response) return endless(status, headers)(response)
            socket.write(
              `HTTP/1.1 ${status} No\r\ncontent-type: ${headers['content-type'] ?? 'application/json'}\r\n\r\n`,
            )
            pour(socket)
            return true
          }),
        ),
      client: events(transport, { ms: 3_000 }),
      expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
    }),
  ),
)

const endlessOthers = [
  {
    ...own,
    name: 'bytes: endless body of a state/polling',
    transport: 'polling',
    seconds: 6,
    server: () => ({ state: (_, response) => endless(200, {}, '{"contexts":["')(response) }),
    client: contexts('polling', { ...longTimeouts, ms: 4_000 }),
    expect: [reports('TOO_LARGE')],
  },
  {
    ...own,
    name: 'bytes: endless list of providers/polling',
    transport: 'polling',
    seconds: 6,
    server: () => ({
      request(_, __, response, url) {
        return url.pathname === paths.providers ? endless(200)(response) : false
      },
    }),
    client: events('polling', { options: { ...longTimeouts.options, provider: undefined }, ms: 4_000 }),
    expect: [],
  },
  {
    ...own,
    name: 'bytes: endless release of the server/websocket',
    transport: 'websocket',
    seconds: 8,
    server: () =>
      join(emitting(), {
        request: (_, __, response, url) => (url.pathname === paths.version ? endless(200)(response) : false),
        upgrade: first(1, (_, __, socket) => {
          socket.destroy()
          return true
        }),
      }),
    client: events('websocket', { count: 5, ms: 6_000 }),
    expect: [losesNothing],
  },
]

// --- Compressed bodies that grow when they are read.

/** The transport of a client that asks there. */
const transportOf = (where) => {
  if (where.startsWith('upgrade')) return 'websocket'
  return where === 'sse' ? 'sse' : 'polling'
}

/** A server that answers there with these encoded bytes. */
const serverOf = (bytes, encoding, where) => {
  const send = (response, status = 200, type = 'application/json') => {
    response.writeHead(status, { 'content-type': type, 'content-encoding': encoding })
    response.end(bytes)
    return true
  }
  const upgrade = (_, __, socket) => {
    socket.write(
      `HTTP/1.1 403 No\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${bytes.length}\r\n\r\n`,
    )
    socket.end(bytes)
    return true
  }
  const servers = {
    state: { state: (_, response) => send(response) },
    store: { store: (_, response) => send(response) },
    'store 500': { store: (_, response) => send(response, 500) },
    sse: { sse: (_, response) => send(response, 200, 'text/event-stream') },
    'upgrade 403': { upgrade },
  }
  return servers[where]
}

const bombs = each(
  [
    ['gzip', () => gzipSync(Buffer.alloc(2 ** 28, ' '))],
    ['deflate', () => deflateSync(Buffer.alloc(2 ** 28, ' '))],
    ['br', () => brotliCompressSync(Buffer.alloc(2 ** 28, ' '))],
  ],
  ([encoding, make]) =>
    each(['store', 'state', 'store 500', 'upgrade 403', 'sse'], (where) => ({
      ...own,
      name: `bytes: ${encoding} bomb of 256 MiB, ${where}/${transportOf(where)}`,
      transport: transportOf(where),
      seconds: 8,
      server: () => serverOf(make(), encoding, where),
      client: (where === 'state' ? contexts : events)(transportOf(where), { ms: 3_500 }),
      expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
    })),
)

// --- Large events.

const large = each(live, (transport) => [
  {
    ...own,
    name: `bytes: 400 events of 1 MB without rows, reader late/${transport}`,
    transport,
    seconds: 34,
    server: () =>
      onOpen(transport, (server, { push }) => {
        server.stats.total = 400
        const padding = 'p'.repeat(1_000_000)
        let number = 0
        server.after(200, () =>
          server.every(5, (stop) => {
            if (number < 400) push(eventOf(number++, { metadata: { padding } }))
            else stop()
          }),
        )
      }),
    client: events(transport, { count: 400, ms: 30_000, pauseMs: 5_000, lingerMs: 300 }),
    expect: [goesOn, losesNothing],
  },
  {
    ...own,
    name: `bytes: 120 events of 1 MB with rows/${transport}`,
    transport,
    seconds: 34,
    bounds: { ...own.bounds, requestsPerS: 1_000 },
    server: () =>
      onOpen(transport, (server) => {
        server.stats.total = 120
        const padding = 'p'.repeat(1_000_000)
        let number = 0
        server.after(200, () =>
          server.every(25, (stop) => {
            if (number < 120) server.emit(number++, { metadata: { padding } })
            else stop()
          }),
        )
      }),
    client: events(transport, { count: 120, ms: 30_000, lingerMs: 300, options: longTimeouts.options }),
    expect: [losesNothing],
  },
  {
    ...own,
    name: `bytes: an event over limits.messageBytes/${transport}`,
    transport,
    seconds: 8,
    server: () =>
      onOpen(transport, (server, { push }) => {
        server.after(100, () => push(eventOf(0, { metadata: { padding: 'p'.repeat(3 * 2 ** 20) } })))
      }),
    client: events(transport, { ms: 2_500, options: smallLimits }),
    expect: [reports('TOO_LARGE')],
  },
  {
    ...own,
    name: `bytes: bufferBytes with a reader that is late/${transport}`,
    transport,
    seconds: 10,
    server: () =>
      onOpen(transport, (server, { push }) => {
        server.stats.total = 200
        const padding = 'p'.repeat(50_000)
        server.after(200, () => {
          for (let number = 0; number < 200; number++) push(eventOf(number, { metadata: { padding } }))
        })
      }),
    client: events(transport, { count: 200, ms: 7_000, pauseMs: 3_000, lingerMs: 300, options: smallLimits }),
    expect: [goesOn, losesNothing],
  },
])

const pages = each(every, (transport) => [
  {
    ...own,
    name: `bytes: a page of the store over limits.messageBytes/${transport}`,
    transport,
    seconds: 8,
    server: () => ({
      store(server, response) {
        const padding = 'p'.repeat(100_000)
        const list = Array.from({ length: 40 }, (_, number) => rowOf(eventOf(number, { metadata: { padding } })))
        server.answer(response, { page: 0, pageSize: 100, totalCount: 40, events: list })
        return true
      },
    }),
    client: events(transport, { ms: 2_500, options: smallLimits }),
    expect: [reports('TOO_LARGE')],
  },
])

/** A page of a hundred of them would take 100 MB. */
const stored = each(every, (transport) => ({
  ...own,
  name: `bytes: 40 stored rows of 1 MB, read from the beginning/${transport}`,
  transport,
  seconds: 34,
  bounds: { ...own.bounds, requestsPerS: 1_000 },
  server: () => ({
    start(server) {
      const padding = 'p'.repeat(1_000_000)
      for (let number = 0; number < 40; number++) server.store(eventOf(number, { metadata: { padding } }))
      server.stats.total = 40
    },
  }),
  client: events(transport, {
    count: 40,
    ms: 30_000,
    lingerMs: 300,
    args: { since: '2000-01-01T00:00:00Z' },
    options: longTimeouts.options,
  }),
  expect: [losesNothing, goesOn],
}))

const documents = [
  {
    ...own,
    name: 'bytes: 400 values of 1 MB of a document, reader late/websocket',
    transport: 'websocket',
    seconds: 14,
    server: () =>
      onOpen('websocket', (server, { push }) => {
        server.stats.total = 400
        const padding = 'p'.repeat(1_000_000)
        let number = 0
        server.every(5, (stop) => {
          if (number < 400) push(eventOf(number++, { metadata: { padding } }))
          else stop()
        })
      }),
    client: raw({ count: 400, ms: 9_000, pauseMs: 5_000, lingerMs: 300 }),
    expect: [goesOn, losesNothing],
  },
]

// --- Frames and lines.

const lines = each(
  [
    ['a line without an end', (response) => pour(response)],
    ['a comment without an end', (response) => response.write(': ') && pour(response)],
    ['a message of endless lines', (response) => pour(response, Buffer.from('data: xxxxxxxxxxxxxxx\n'.repeat(3_000)))],
    ['a name without an end', (response) => response.write('event: ') && pour(response)],
    ['carriage returns without an end', (response) => pour(response, Buffer.alloc(65_536, '\r'))],
    ['a letter of many bytes, cut', (response) => pour(response, Buffer.alloc(65_536, 0xf0))],
  ],
  ([title, send]) => ({
    ...own,
    name: `bytes: ${title}/sse`,
    transport: 'sse',
    seconds: 8,
    bounds: { lagP99: 700 },
    server: () => ({
      sse: (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(': connected\n\n')
        send(response)
        return true
      },
    }),
    client: events('sse', { ms: 4_000 }),
  }),
)

const frames = each(
  [
    [
      'a frame that claims 2^62 bytes',
      (peer) => {
        peer.write(frame('x', { length: 2n ** 62n }))
        pour(peer.socket)
      },
    ],
    [
      'a frame that claims 2^33 bytes',
      (peer) => {
        peer.write(frame('x', { length: 2n ** 33n }))
        pour(peer.socket)
      },
    ],
    [
      'a frame just below the limit, never finished',
      (peer) => peer.write(frame('x'.repeat(1_000), { length: 33_000_000n })),
    ],
    [
      'a fragmented message without an end',
      (peer) => {
        peer.write(frame('x', { fin: false }))
        pour(peer.socket, frame(piece, { opcode: opcodes.continuation, fin: false }))
      },
    ],
    [
      'fragments of 0 bytes without an end',
      (peer) => {
        peer.write(frame('x', { fin: false }))
        pour(
          peer.socket,
          Buffer.concat(Array(5_000).fill(frame('', { opcode: opcodes.continuation, fin: false }))),
          5e7,
        )
      },
    ],
    ['a message of 40 MB', (peer) => peer.write(frame('x'.repeat(40_000_000)))],
  ],
  ([title, send]) => ({
    ...own,
    name: `bytes: ${title}/websocket`,
    transport: 'websocket',
    seconds: 8,
    server: () => ({ subscribed: (server, _, peer) => server.after(50, () => send(peer)) }),
    client: events('websocket', { ms: 3_500 }),
    expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
  }),
)

/** The server asks, and reads no answer: what waits to be sent grows. */
const unread = each(
  [
    ['pings of WebSocket', () => Buffer.concat(Array(400).fill(frame(Buffer.alloc(125), { opcode: opcodes.ping })))],
    [
      'pings of the protocol',
      () =>
        Buffer.concat(Array(40).fill(frame(JSON.stringify({ type: 'ping', payload: { padding: 'p'.repeat(2_000) } })))),
    ],
    ['pings of 100 kB', () => frame(JSON.stringify({ type: 'ping', payload: { padding: 'p'.repeat(100_000) } }))],
  ],
  ([title, make]) => ({
    ...own,
    name: `bytes: ${title} from a peer that does not read/websocket`,
    transport: 'websocket',
    seconds: 10,
    server: () => ({
      subscribed: (_server, _, peer) => {
        peer.socket.pause()
        pour(peer.socket, make(), 6e8)
      },
    }),
    client: events('websocket', { ms: 6_000 }),
  }),
)

const headers = each(['store', 'sse', 'upgrade'], (where) => ({
  ...own,
  name: `bytes: headers without an end, ${where}/${transportOf(where)}`,
  transport: transportOf(where),
  seconds: 6,
  server() {
    const send = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      pour(socket, Buffer.from(`x-${'y'.repeat(50)}: ${'z'.repeat(900)}\r\n`.repeat(60)))
      return true
    }
    if (where === 'upgrade') return { upgrade: (_, __, socket) => send(socket) }
    return where === 'sse'
      ? { sse: (_, response) => send(response.socket) }
      : { store: (_, response) => send(response.socket) }
  },
  client: events(transportOf(where), { ms: 2_500 }),
  expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
}))

const interims = [
  {
    ...own,
    name: 'bytes: answers 100 without an end/polling',
    transport: 'polling',
    seconds: 6,
    server: () => ({
      store(_, response) {
        pour(response.socket, Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000)), 3e8)
        return true
      },
    }),
    client: events('polling', { ms: 2_500 }),
    expect: [reports('TIMED_OUT', 'CONNECTION_LOST', 'UNREACHABLE', 'NOT_MESHERY', 'TOO_LARGE')],
  },
]

const states = each(['polling', 'websocket'], (transport) => ({
  ...own,
  name: `bytes: a state of 8 MB/${transport}`,
  transport,
  seconds: 10,
  bounds: { lagP99: 700 },
  server: () => ({
    start(server) {
      server.contexts = Array.from({ length: 100 }, (_, number) => contextOf(number, { version: 'v'.repeat(80_000) }))
    },
  }),
  client: contexts(transport, { ms: 4_000, args: { pageSize: 100 } }),
  expect: [({ items }) => (items >= 1 ? [] : 'no value came')],
}))

const errors = each(live, (transport) => ({
  ...own,
  name: `bytes: 100,000 GraphQL errors in a value/${transport}`,
  transport,
  seconds: 8,
  server: () =>
    onOpen(transport, (server, { peer, id, response }) => {
      const list = Array.from({ length: 100_000 }, (_, at) => ({ message: `error ${at}`, path: ['subscribeEvents'] }))
      server.after(50, () => {
        if (peer) peer.next(id, { subscribeEvents: eventOf(0, { id: nilUUID }) }, { errors: list })
        else response.write(`data: ${JSON.stringify({ errors: list })}\n\n`)
      })
    }),
  client: events(transport, { ms: 2_500 }),
}))

export const bytes = [
  ...endlessStore,
  ...endlessDial,
  ...endlessOthers,
  ...bombs,
  ...large,
  ...pages,
  ...stored,
  ...documents,
  ...lines,
  ...frames,
  ...unread,
  ...headers,
  ...interims,
  ...states,
  ...errors,
]
