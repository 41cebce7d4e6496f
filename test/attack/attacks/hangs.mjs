// Section 4: every wait has a time limit of the client's own.

import { sleep, timeouts } from '../client-context.mjs'
import { goesOn, losesNothing, reports } from '../judge.mjs'
import { secrets } from '../secrets.mjs'
import { paths } from '../servers/hostile.mjs'
import { frame, opcodes, upgradeAnswer } from '../servers/raw-websocket.mjs'
import { contexts, each, emitting, events, every, few, first, join, live, onDial } from './shared.mjs'

const never = new Promise(() => {})

/** What a server may do to a request and never finish. `hook` gets the socket, and the response where there is one. */
const silences = [
  ['nothing', () => true],
  ['half a header', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty')],
  ['an answer 100 alone', ({ socket }) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
  [
    'headers alone',
    ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n'),
  ],
  [
    'half a body',
    ({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"events":['),
  ],
  [
    'half a chunk',
    ({ socket }) =>
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{"events":[',
      ),
  ],
  [
    'a body of one byte every 200 ms',
    ({ socket }, server) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n')
      server.every(200, () => socket.write('1\r\n \r\n'))
    },
  ],
  [
    'a body that is whole JSON, but not finished',
    ({ socket }) =>
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1d\r\n{"events":[],"totalCount":0}\n\r\n',
      ),
  ],
  [
    'a body of gzip that stops',
    ({ socket }) =>
      socket.write(
        Buffer.concat([
          Buffer.from(
            'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n',
          ),
          Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
        ]),
      ),
  ],
  [
    'a switch to WebSocket',
    ({ socket, request }) => {
      socket.write(upgradeAnswer(request))
      socket.resume()
    },
  ],
  [
    'a switch to something',
    ({ socket }) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n'),
  ],
  [
    'an error whose body stops',
    ({ socket }) => socket.write('HTTP/1.1 500 No\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nno'),
  ],
]

/** Always the client's time-out, never an error of the server's response, and never a truncated success. */
const timedOut = [
  reports('TIMED_OUT', 'CONNECTION_LOST', 'UNREACHABLE', 'SERVER_ERROR'),
  ({ codes, error }) =>
    codes.includes('NOT_MESHERY') && error ? `an abort was taken for the end of the body: ${error.message}` : [],
]

const reads = each(silences, ([title, hook]) => [
  ...each(every, (transport) => ({
    name: `hang: the store answers ${title}/${transport}`,
    transport,
    seconds: 5,
    server: () => ({
      store(server, response, _url, request) {
        hook({ socket: response.socket, response, request }, server)
        return true
      },
    }),
    client: events(transport, { ms: 2_500 }),
    expect: timedOut,
  })),
  {
    name: `hang: a state is answered ${title}/polling`,
    transport: 'polling',
    seconds: 5,
    server: () => ({
      state(server, response, _, request) {
        hook({ socket: response.socket, response, request }, server)
        return true
      },
    }),
    client: contexts('polling', { ms: 2_500 }),
    expect: timedOut,
  },
])

/** The first read of the store hangs, then the server is honest: nothing may remain stuck behind it. */
const recoveries = each(
  silences.filter(([title]) => /nothing|half a body|switch to WebSocket|one byte/.test(title)),
  ([title, hook]) =>
    each(every, (transport) => ({
      name: `hang: the store answers ${title} twice, then well/${transport}`,
      transport,
      seconds: 9,
      server: () =>
        join(emitting(), {
          store: first(2, (server, response, _, request) => {
            hook({ socket: response.socket, response, request }, server)
            return true
          }),
        }),
      client: events(transport, { count: few, ms: 8_000 }),
      expect: [goesOn, losesNothing],
    })),
)

const laterPages = each(every, (transport) => ({
  name: `hang: the second page of the store, once/${transport}`,
  transport,
  seconds: 9,
  server: () => ({
    start(server) {
      for (let number = 0; number < 150; number++) server.emit(number, { push: false })
      server.hang = 1
    },
    store(server, _, url) {
      return url.searchParams.get('page') === '1' && server.hang-- > 0
    },
  }),
  client: events(transport, { count: 150, ms: 7_000, args: { since: '2020-01-01T00:00:00Z' } }),
  expect: [goesOn, losesNothing],
}))

// --- Dials.

const dialSilences = {
  websocket: [
    ['nothing', () => true],
    ['half a header', ({ socket }) => socket.write('HTTP/1.1 101 Switching')],
    [
      'an upgrade and no acknowledgement',
      ({ socket, request }) => {
        socket.write(upgradeAnswer(request))
        socket.resume()
      },
    ],
    [
      'an upgrade and half a frame',
      ({ socket, request }) => {
        socket.write(upgradeAnswer(request))
        socket.write(frame('{"type":"connection_ack"}').subarray(0, 9))
        socket.resume()
      },
    ],
    [
      'an upgrade and only pings',
      ({ socket, request }, server) => {
        socket.write(upgradeAnswer(request))
        socket.resume()
        server.every(100, () => socket.write(frame('', { opcode: opcodes.ping })))
      },
    ],
    ['a refusal whose body stops', ({ socket }) => socket.write('HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nno')],
    [
      'an answer of one byte every 200 ms',
      ({ socket }, server) => {
        const text = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n'
        let at = 0
        server.every(200, () => socket.write(text[at++ % text.length]))
      },
    ],
  ],
  sse: [
    ['nothing', () => true],
    ['half a header', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-')],
    ['headers alone', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n')],
    ['half a line', ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: {')],
    [
      'one comment, then nothing',
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n'),
    ],
    [
      'bytes without a line end, every 100 ms',
      ({ socket }, server) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n')
        server.every(100, () => socket.write('d'))
      },
    ],
    ['a refusal whose body stops', ({ socket }) => socket.write('HTTP/1.1 503 No\r\ncontent-length: 100\r\n\r\nno')],
    [
      'a switch to WebSocket',
      ({ socket, request }) => {
        socket.write(upgradeAnswer({ headers: { ...request.headers, 'sec-websocket-key': 'x' } }))
        socket.resume()
      },
    ],
  ],
}

const dials = each(live, (transport) =>
  each(dialSilences[transport], ([title, hook]) => [
    {
      name: `hang: the dial is answered ${title}/${transport}`,
      transport,
      seconds: 6,
      server: () =>
        onDial(transport, (server, how) => {
          hook(how, server)
          return true
        }),
      client: events(transport, { ms: 3_200 }),
      expect: [({ codes, last }) => (codes.length > 0 ? [] : `reports nothing: ${last}`)],
    },
    {
      name: `hang: the dial is answered ${title}, then well/${transport}`,
      transport,
      seconds: 11,
      server: () =>
        join(
          emitting({ everyMs: 300 }),
          onDial(
            transport,
            first(1, (server, how) => {
              hook(how, server)
              return true
            }),
          ),
        ),
      client: events(transport, { count: few, ms: 9_000 }),
      expect: [goesOn, losesNothing],
    },
    {
      name: `hang: close() while the dial is answered ${title}/${transport}`,
      transport,
      seconds: 5,
      server: () =>
        onDial(transport, (server, how) => {
          hook(how, server)
          return true
        }),
      client: events(transport, { ms: 500, lingerMs: 0 }),
    },
  ]),
)

const closesInReads = each(
  silences.filter(([title]) => /nothing|half a body|switch to WebSocket|half a chunk|gzip/.test(title)),
  ([title, hook]) => ({
    name: `hang: close() while the store answers ${title}/polling`,
    transport: 'polling',
    seconds: 4,
    server: () => ({
      store(server, response, _, request) {
        hook({ socket: response.socket, response, request }, server)
        return true
      },
    }),
    client: events('polling', { ms: 300, lingerMs: 0 }),
  }),
)

// --- An open channel.

const opens = [
  {
    name: 'hang: silence after the acknowledgement/websocket',
    transport: 'websocket',
    seconds: 10,
    server: () =>
      join(emitting(), {
        message: (server, _peer, message) =>
          server.peers.size > 0 && server.stats.dials.length < 2 && message.type !== 'connection_init',
        control: (server) => server.stats.dials.length < 2,
      }),
    client: events('websocket', { count: few, ms: 8_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: pings are answered with another payload/websocket',
    transport: 'websocket',
    seconds: 8,
    server: () =>
      join(emitting(), {
        message(_, peer, message) {
          if (message.type !== 'ping') return false
          peer.json({ type: 'pong', payload: { id: 'another' } })
          return true
        },
      }),
    client: events('websocket', { count: few, ms: 5_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: half of a frame in an open channel/websocket',
    transport: 'websocket',
    seconds: 10,
    server: () =>
      join(emitting(), {
        subscribed(server, _, peer) {
          if (server.stats.dials.length > 1) return
          peer.write(frame('x'.repeat(1_000)).subarray(0, 300))
          peer.onMessage = () => {}
        },
      }),
    client: events('websocket', { count: few, ms: 8_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: no closing handshake/websocket',
    transport: 'websocket',
    seconds: 5,
    server: () => join(emitting(), { control: (_, __, opcode) => opcode === opcodes.close }),
    client: events('websocket', { count: few, ms: 3_000, lingerMs: 0 }),
    expect: [losesNothing],
  },
  {
    name: 'hang: the closing handshake is drowned in frames/websocket',
    transport: 'websocket',
    seconds: 6,
    server: () => ({
      control(server, peer, opcode) {
        if (opcode !== opcodes.close) return false
        server.every(5, () => peer.write(frame('{"type":"ping"}')))
        return true
      },
    }),
    client: events('websocket', { ms: 600, lingerMs: 0 }),
  },
  {
    name: 'hang: the socket is never read again/websocket',
    transport: 'websocket',
    seconds: 10,
    server: () =>
      join(emitting(), {
        subscribed(server, _, peer) {
          if (server.stats.dials.length === 1) peer.socket.pause()
        },
      }),
    client: events('websocket', { count: few, ms: 8_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: silence after the first lines/sse',
    transport: 'sse',
    seconds: 10,
    server: () =>
      join(emitting(), {
        listening(server, response) {
          if (server.stats.dials.length === 1) response.write = () => true
        },
      }),
    client: events('sse', { count: few, ms: 8_000 }),
    expect: [goesOn, losesNothing],
  },
]

// --- Below HTTP.

const tcp = each(every, (transport) => [
  {
    name: `hang: TCP accepts and is silent/${transport}`,
    transport,
    seconds: 6,
    server: () => ({ connection: () => true }),
    client: events(transport, { ms: 3_000 }),
    expect: [reports('TIMED_OUT')],
  },
  {
    name: `hang: TLS is silent/${transport}`,
    transport,
    seconds: 6,
    server: () => ({ connection: () => true }),
    client: (context) => {
      context.url = context.url.replace('http:', 'https:')
      return events(transport, { ms: 3_000 })(context)
    },
    expect: [reports('TIMED_OUT')],
  },
  {
    name: `hang: TLS is answered with noise/${transport}`,
    transport,
    seconds: 6,
    server: () => ({
      connection(_, socket) {
        socket.write(Buffer.from([0x16, 3, 3, 0x40, 0, ...Array(500).fill(7)]))
        return true
      },
    }),
    client: (context) => {
      context.url = context.url.replace('http:', 'https:')
      return events(transport, { ms: 3_000 })(context)
    },
    expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
  },
])

// --- The user's options.

const credentials = each(every, (transport) => [
  {
    name: `hang: credentials() never settles/${transport}`,
    transport,
    seconds: 6,
    server: () => ({}),
    client: events(transport, { ms: 3_000, options: { credentials: () => never } }),
    expect: [reports('TIMED_OUT', 'CREDENTIALS_UNREADABLE')],
  },
  {
    name: `hang: credentials() never settles the first time/${transport}`,
    transport,
    seconds: 10,
    server: () => emitting(),
    client(context) {
      let calls = 0
      const identity = { token: secrets.token, provider: 'Local' }
      const options = { credentials: () => (++calls === 1 ? never : identity) }
      return events(transport, { count: few, ms: 8_000, options })(context)
    },
    expect: [goesOn, losesNothing],
  },
  {
    name: `hang: credentials() settles only after its time-out/${transport}`,
    transport,
    seconds: 9,
    server: () => emitting(),
    client(context) {
      const options = {
        async credentials() {
          await sleep(timeouts.connect + 500)
          return { token: secrets.token, provider: 'Local' }
        },
      }
      return events(transport, { ms: 5_000, options })(context)
    },
    expect: [({ codes, items }) => (codes.length > 0 || items > 0 ? [] : 'reports nothing')],
  },
  {
    name: `hang: close() while credentials() is pending/${transport}`,
    transport,
    seconds: 4,
    server: () => ({}),
    client: events(transport, { ms: 300, lingerMs: 0, options: { credentials: () => never } }),
  },
])

const params = [
  {
    name: 'hang: connectionParams() never settles/websocket',
    transport: 'websocket',
    seconds: 6,
    server: () => ({}),
    client: events('websocket', { ms: 3_200, options: { connectionParams: () => never } }),
    expect: [reports('TIMED_OUT', 'CREDENTIALS_UNREADABLE')],
  },
  {
    name: 'hang: connectionParams() never settles the first time/websocket',
    transport: 'websocket',
    seconds: 11,
    server: () => emitting(),
    client(context) {
      let calls = 0
      const options = { connectionParams: () => (++calls === 1 ? never : { apiKey: secrets.param }) }
      return events('websocket', { count: few, ms: 9_000, options })(context)
    },
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: close() while connectionParams() is pending/websocket',
    transport: 'websocket',
    seconds: 4,
    server: () => ({}),
    client: events('websocket', { ms: 400, lingerMs: 0, options: { connectionParams: () => never } }),
  },
  {
    name: 'hang: the list of providers/polling',
    transport: 'polling',
    seconds: 7,
    server: () => ({ request: (_, __, ___, url) => url.pathname === paths.providers }),
    client: events('polling', { ms: 4_000, options: { provider: undefined } }),
    expect: [({ codes, readyMs }) => (codes.length > 0 || readyMs ? [] : 'reports nothing')],
  },
  {
    name: 'hang: the release of the server/websocket',
    transport: 'websocket',
    seconds: 9,
    server: () =>
      join(emitting(), {
        request: (_, __, ___, url) => url.pathname === paths.version,
        upgrade: first(1, (_, __, socket) => {
          socket.destroy()
          return true
        }),
      }),
    client: events('websocket', { count: few, ms: 7_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: 'hang: one read of a state hangs, the next are answered/polling',
    transport: 'polling',
    seconds: 8,
    server: () => ({ state: first(1, () => true) }),
    client: contexts('polling', { count: 1, ms: 6_000 }),
    expect: [({ items }) => (items > 0 ? [] : 'no value came')],
  },
  {
    name: 'hang: GraphQL is never answered/polling',
    transport: 'polling',
    seconds: 7,
    server: () => ({
      request: (_, request) => request.method === 'POST',
      state(server, response, url) {
        if (url.pathname !== paths.contexts) return false
        server.answer(response, server.contextPage(url))
        return true
      },
    }),
    client(context) {
      const meshery = context.meshery({ transports: ['polling'] })
      return context.follow((more) => meshery.subscribeMesheryControllersStatus({}, more), { ms: 4_500 })
    },
    expect: [({ codes }) => (codes.length > 0 ? [] : 'reports nothing')],
  },
]

export const hangs = [
  ...reads,
  ...recoveries,
  ...laterPages,
  ...dials,
  ...closesInReads,
  ...opens,
  ...tcp,
  ...credentials,
  ...params,
]
