// Section 1: a flood does not block the process.

import { deliversOrReports, doublesNothing, goesOn, keepsOrder, losesNothing } from '../judge.mjs'
import { eventOf } from '../servers/events.mjs'
import { frame, opcodes } from '../servers/raw-websocket.mjs'
import { command, each, flood, events as follow, live, onOpen, raw } from './shared.mjs'

/** With the default of `settle`, on which the order depends. */
const events = (transport, how) => follow(transport, { options: { settle: 2_000 }, ...how })

/** A store with a flood has many pages. */
const honestReads = { requestsPerS: 1_000, lagP99: 50 }
/** Everything at once is one piece of work; 10,000 a second are not. */
const burst = { ...honestReads, lagP99: 120 }
const heavy = { heavy: true, alone: true }

const floodOnce = (how) => {
  let isBegun = false
  return (server) => {
    if (isBegun) return
    isBegun = true
    server.after(300, () => flood(server, how))
  }
}

const bursts = each(live, (transport) =>
  each(
    [
      { title: 'no rows', store: false, ids: true },
      { title: 'no rows, no ids', store: false, ids: false },
      { title: 'with rows', store: true, ids: true },
      { title: 'with rows, pushed without ids', store: true, ids: false },
    ],
    ({ title, ...how }) => ({
      ...heavy,
      name: `flood: burst of 20,000, ${title}/${transport}`,
      transport,
      seconds: 14,
      bounds: burst,
      server: () => onOpen(transport, floodOnce({ ...how, perSecond: 1e9, count: 20_000 })),
      client: events(transport, { count: 20_000, ms: 12_000, lingerMs: 500 }),
      expect: [goesOn, losesNothing, ...(how.store ? [keepsOrder, doublesNothing] : [])],
    }),
  ),
)

const rates = each(live, (transport) =>
  each(
    [
      { title: 'no rows', perSecond: 1_000, seconds: 7, store: false },
      { title: 'with rows', perSecond: 3_000, seconds: 3, store: true },
      { title: 'with rows, pushed without ids', perSecond: 3_000, seconds: 3, store: true, ids: false },
      { title: 'no rows', perSecond: 10_000, seconds: 3, store: false },
      { title: 'with rows', perSecond: 10_000, seconds: 3, store: true },
    ],
    ({ title, perSecond, seconds, ...how }) => ({
      ...heavy,
      name: `flood: ${perSecond.toLocaleString('en')}/s ${title}/${transport}`,
      transport,
      seconds: seconds + 14,
      bounds: honestReads,
      server: () => onOpen(transport, floodOnce({ ...how, perSecond, count: perSecond * seconds })),
      client: events(transport, { count: perSecond * seconds, ms: seconds * 1_000 + 11_000, lingerMs: 300 }),
      expect: [goesOn, losesNothing, ...(how.store ? [keepsOrder, doublesNothing] : [])],
    }),
  ),
)

const raws = each([1_000, 10_000], (perSecond) => ({
  ...heavy,
  name: `flood: ${perSecond.toLocaleString('en')}/s of a document/websocket`,
  transport: 'websocket',
  seconds: 10,
  bounds: { lagP99: 50 },
  server: () => onOpen('websocket', floodOnce({ perSecond, count: perSecond * 3 })),
  client: raw({ count: perSecond * 3, ms: 8_000 }),
  expect: [goesOn, losesNothing],
}))

/** SIGINT during a flood of events that the command line prints. */
const interrupts = each(live, (transport) =>
  each(
    [
      { title: '1,000/s no rows', perSecond: 1_000, store: false },
      { title: '3,000/s with rows', perSecond: 3_000, store: true },
      { title: '10,000/s no rows', perSecond: 10_000, store: false },
    ],
    ({ title, ...how }) => ({
      ...heavy,
      alone: false,
      name: `flood: SIGINT at ${title}/${transport}`,
      transport,
      seconds: 20,
      bounds: { ...honestReads, lagP99: 250 },
      server: () => onOpen(transport, floodOnce({ ...how, count: how.perSecond * 8 })),
      client: command(['events', '--transport', transport], { interruptMs: 2_200, ms: 8_000 }),
      expect: [
        ({ cli }) => (cli.signal === 'SIGINT' || cli.killed ? [] : `exit ${cli.code ?? cli.signal}, not by SIGINT`),
      ],
    }),
  ),
)

const closes = each([...live, 'document'], (transport) => ({
  ...heavy,
  name: `flood: close() at 10,000/s/${transport}`,
  transport: transport === 'document' ? 'websocket' : transport,
  seconds: 8,
  bounds: { ...honestReads, lagP99: 100 },
  server: () =>
    onOpen(transport === 'sse' ? 'sse' : 'websocket', floodOnce({ perSecond: 10_000, count: 80_000, store: false })),
  client: (transport === 'document' ? raw : (how) => events(transport, how))({ ms: 2_000, lingerMs: 0 }),
}))

/** Values that are not events, as fast as they can be written for two seconds. */
const noises = [
  ['pings of WebSocket', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('', { opcode: opcodes.ping }))))],
  ['pongs of WebSocket', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('', { opcode: opcodes.pong }))))],
  ['pings of the protocol', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('{"type":"ping"}'))))],
  ['pongs of the protocol', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('{"type":"pong"}'))))],
  ['acknowledgements', (peer) => peer.write(Buffer.concat(Array(100).fill(frame('{"type":"connection_ack"}'))))],
  [
    'values without an event',
    (peer, id) =>
      peer.write(
        Buffer.concat(
          Array(100).fill(frame(`{"type":"next","id":"${id}","payload":{"data":{"subscribeEvents":null}}}`)),
        ),
      ),
  ],
  [
    'values with errors',
    (peer, id) =>
      peer.write(
        Buffer.concat(
          Array(100).fill(
            frame(
              `{"type":"next","id":"${id}","payload":{"data":{"subscribeEvents":null},"errors":[{"message":"no"}]}}`,
            ),
          ),
        ),
      ),
  ],
  [
    'completes of an operation that has ended',
    (peer) => peer.write(Buffer.concat(Array(100).fill(frame('{"type":"complete","id":"0"}')))),
  ],
].map(([what, send]) => ({
  ...heavy,
  alone: false,
  name: `flood: 10,000/s ${what}/websocket`,
  transport: 'websocket',
  seconds: 6,
  bounds: { lagP99: 100 },
  server: () =>
    onOpen('websocket', (server, { peer, id }) => {
      server.every(10, () => send(peer, id))
    }),
  client: events('websocket', { ms: 1_300 }),
}))

const comments = each(
  [
    ['comments', ': x\n\n'],
    ['empty lines', '\n'],
    ['empty messages', 'data:\n\n'],
    ['nulls', 'data: null\n\n'],
    ['named messages', 'event: other\ndata: {}\n\n'],
    ['retries', 'retry: 1\n\n'],
  ],
  ([what, text]) => ({
    ...heavy,
    alone: false,
    name: `flood: 20,000/s ${what}/sse`,
    transport: 'sse',
    seconds: 6,
    bounds: { lagP99: 100 },
    server: () => ({
      listening: (server, response) => {
        const piece = text.repeat(200)
        server.every(10, () => response.write(piece))
      },
    }),
    client: events('sse', { ms: 1_300 }),
  }),
)

const pieces = each(live, (transport) => ({
  name: `flood: one byte at a time/${transport}`,
  transport,
  seconds: 8,
  server: () => {
    const send = (server, bytes, write) => {
      let at = 0
      server.every(1, (stop) => {
        for (let count = 0; count < 40 && at < bytes.length; count++) write(bytes.subarray(at, ++at))
        if (at >= bytes.length) stop()
      })
    }
    return onOpen(transport, (server, { peer, id, response }) => {
      server.stats.total = 3
      const all = [0, 1, 2].map((number) => eventOf(number))
      if (peer)
        send(
          server,
          Buffer.concat(
            all.map((event) =>
              frame(JSON.stringify({ type: 'next', id, payload: { data: { subscribeEvents: event } } })),
            ),
          ),
          (one) => peer.write(one),
        )
      else
        send(server, Buffer.from(all.map((event) => `data: ${JSON.stringify(event)}\r\n\r\n`).join('')), (one) =>
          response.write(one),
        )
    })
  },
  client: events(transport, { count: 3, ms: 5_000 }),
  expect: [losesNothing, doublesNothing],
}))

const fragments = [
  {
    name: 'flood: 50,000 fragments of one message/websocket',
    transport: 'websocket',
    seconds: 8,
    heavy: true,
    bounds: { lagP99: 150 },
    server: () =>
      onOpen('websocket', (server, { peer, id }) => {
        server.stats.total = 1
        const padding = 'x'.repeat(50_000)
        const event = eventOf(0, { metadata: { padding } })
        const text = JSON.stringify({ type: 'next', id, payload: { data: { subscribeEvents: event } } })
        const parts = [...text].map((letter, at) =>
          frame(letter, { opcode: at === 0 ? opcodes.text : opcodes.continuation, fin: at === text.length - 1 }),
        )
        peer.write(Buffer.concat(parts))
      }),
    client: events('websocket', { count: 1, ms: 3_000 }),
    expect: [deliversOrReports],
  },
]

export const floods = [
  ...bursts,
  ...rates,
  ...raws,
  ...interrupts,
  ...closes,
  ...noises,
  ...comments,
  ...pieces,
  ...fragments,
]
