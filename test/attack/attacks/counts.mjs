// Section 2: no bound overflows silently. The events delivered and those reported as lost are all that was pushed or stored.

import { doublesNothing, goesOn, keepsOrder, losesNothing } from '../judge.mjs'
import { eventOf } from '../servers/events.mjs'
import { each, every, flood, events as follow, join, live, onOpen, raw } from './shared.mjs'

/** Many run beside one another, so their lag says little. */
const own = { alone: true, bounds: { requestsPerS: 1_000, lagP99: 1_500 } }

/** With the default of `settle`, on which the order depends. */
const events = (transport, { options, ...how }) => follow(transport, { options: { settle: 2_000, ...options }, ...how })

const once = (work) => {
  let isDone = false
  return (server, channel) => {
    if (isDone) return
    isDone = true
    server.after(200, () => work(server, channel))
  }
}

const pushed = each(live, (transport) => [
  ...each(
    [
      { title: '8,000 without rows', count: 8_000, perSecond: 4_000 },
      { title: '8,000 without rows or ids', count: 8_000, perSecond: 4_000, ids: false },
      { title: '8,000 without rows in a burst, reader late', count: 8_000, perSecond: 1e9, how: { pauseMs: 2_000 } },
      { title: '8,000 without rows, small buffer', count: 8_000, perSecond: 4_000, how: { subscribe: { buffer: 10 } } },
      {
        title: '7,000 with rows, small buffer',
        count: 7_000,
        perSecond: 3_500,
        store: true,
        how: { subscribe: { buffer: 10 } },
      },
      {
        title: '7,000 with rows, slow reader',
        count: 7_000,
        perSecond: 3_500,
        store: true,
        how: { delayMs: 1, slowFor: 1_500 },
      },
      { title: '6,000 without rows, slow reader', count: 6_000, perSecond: 3_000, how: { delayMs: 1, slowFor: 1_500 } },
      { title: '6,000 without rows, no settling', count: 6_000, perSecond: 3_000, how: { options: { settle: 0 } } },
      {
        title: '6,000 with rows, no settling',
        count: 6_000,
        perSecond: 3_000,
        store: true,
        how: { options: { settle: 0 } },
      },
    ],
    ({ title, how = {}, ...rest }) => ({
      ...own,
      name: `count: ${title}/${transport}`,
      transport,
      seconds: 14,
      server: () =>
        onOpen(
          transport,
          once((server) => flood(server, rest)),
        ),
      client: events(transport, { count: rest.count, ms: 12_000, lingerMs: 300, ...how }),
      expect: [goesOn, losesNothing, ...(rest.store ? [doublesNothing] : [])],
    }),
  ),
  {
    ...own,
    name: `count: 8,000 pushed while the store answers 500/${transport}`,
    transport,
    seconds: 14,
    server: () =>
      join(
        onOpen(
          transport,
          once((server) => flood(server, { count: 8_000, perSecond: 4_000, store: true })),
        ),
        {
          store(server, response) {
            if (!server.stats.marks.floodBegan) return false
            server.answer(response, 'broken', 500)
            return true
          },
        },
      ),
    client: events(transport, { count: 8_000, ms: 11_000, lingerMs: 300 }),
    expect: [goesOn, losesNothing],
  },
  {
    ...own,
    name: `count: 4,000 pushed while the store is away, then it is back/${transport}`,
    transport,
    seconds: 16,
    server: () =>
      join(
        onOpen(
          transport,
          once((server) => flood(server, { count: 4_000, perSecond: 4_000, store: true })),
        ),
        {
          store(server, response) {
            if (!server.stats.marks.floodBegan || server.stats.marks.floodEnded) return false
            server.answer(response, 'broken', 500)
            return true
          },
        },
      ),
    client: events(transport, { count: 4_000, ms: 11_000, lingerMs: 2_500 }),
    expect: [goesOn, losesNothing],
  },
  {
    ...own,
    name: `count: rows a second after their pushes/${transport}`,
    transport,
    seconds: 12,
    server: () =>
      onOpen(
        transport,
        once((server) => {
          server.stats.total = 600
          for (let piece = 0; piece < 6; piece++)
            server.after(piece * 200, () => {
              const list = Array.from({ length: 100 }, (_, at) => eventOf(piece * 100 + at))
              server.push(list)
              server.after(1_000, () => {
                for (const event of list) server.store(event)
              })
            })
        }),
      ),
    client: events(transport, { count: 600, ms: 8_000, lingerMs: 1_500 }),
    expect: [goesOn, losesNothing, doublesNothing],
  },
  {
    ...own,
    name: `count: every second event has no row/${transport}`,
    transport,
    seconds: 12,
    server: () =>
      onOpen(
        transport,
        once((server) => {
          server.stats.total = 2_000
          for (let number = 0; number < 2_000; number++) {
            const event = eventOf(number)
            if (number % 2 === 0) server.store(event)
            server.push(event)
          }
        }),
      ),
    client: events(transport, { count: 2_000, ms: 8_000, lingerMs: 600 }),
    expect: [goesOn, losesNothing, doublesNothing],
  },
  {
    ...own,
    name: `count: every push comes three times/${transport}`,
    transport,
    seconds: 12,
    server: () =>
      onOpen(
        transport,
        once((server) => {
          server.stats.total = 1_000
          const list = Array.from({ length: 1_000 }, (_, number) => eventOf(number))
          for (const event of list) server.store(event)
          for (let round = 0; round < 3; round++) server.after(round * 300, () => server.push(list))
        }),
      ),
    client: events(transport, { count: 1_000, ms: 8_000, lingerMs: 1_500 }),
    expect: [goesOn, losesNothing, doublesNothing],
  },
  {
    ...own,
    name: `count: pushes die after the first of 2,000/${transport}`,
    transport,
    seconds: 12,
    server: () =>
      onOpen(
        transport,
        once((server) => {
          server.stats.total = 2_000
          server.emit(0)
          for (let number = 1; number < 2_000; number++) server.store(eventOf(number))
        }),
      ),
    client: events(transport, { count: 2_000, ms: 8_000 }),
    expect: [goesOn, losesNothing, keepsOrder, doublesNothing],
  },
])

const stored = each(every, (transport) => [
  {
    ...own,
    name: `count: 5,000 rows at once, not pushed/${transport}`,
    transport,
    seconds: 14,
    server: () => ({
      anchored: (server) => {
        server.stats.total = 5_000
        for (let number = 0; number < 5_000; number++) server.store(eventOf(number))
        server.after(200, () => server.push(eventOf(4_999)))
      },
    }),
    client: events(transport, { count: 5_000, ms: 10_000 }),
    expect: [goesOn, losesNothing, keepsOrder, doublesNothing],
  },
  {
    ...own,
    name: `count: 3,000 rows of one moment/${transport}`,
    transport,
    seconds: 14,
    server: () => ({
      anchored: (server) => {
        server.stats.total = 3_000
        for (let number = 0; number < 3_000; number++) server.store(eventOf(number, { at: 5_000 }))
        server.after(200, () => server.push(eventOf(2_999, { at: 5_000 })))
      },
    }),
    client: events(transport, { count: 3_000, ms: 10_000 }),
    expect: [goesOn, losesNothing, doublesNothing],
  },
  {
    ...own,
    name: `count: the connections are cut every 400 ms/${transport}`,
    transport,
    seconds: 14,
    bounds: { ...own.bounds, dialsPerS: 4 },
    server: () => ({
      anchored: (server) => {
        server.stats.total = 300
        let number = 0
        server.every(10, (stop) => {
          if (number < 300) server.emit(number++)
          else stop()
        })
        let cuts = 0
        server.every(400, (stop) => {
          for (const peer of server.peers) peer.destroy()
          for (const stream of server.streams) stream.destroy()
          if (++cuts >= 6) stop()
        })
      },
    }),
    client: events(transport, { count: 300, ms: 11_000, lingerMs: 600 }),
    expect: [goesOn, losesNothing, doublesNothing],
  },
])

const documents = each([1, 100, 1_000], (buffer) => ({
  ...own,
  name: `count: 5,000 of a document, reader late, buffer ${buffer}/websocket`,
  transport: 'websocket',
  seconds: 10,
  server: () =>
    onOpen(
      'websocket',
      once((server) => flood(server, { count: 5_000, perSecond: 5_000 })),
    ),
  client: raw({ count: 5_000, ms: 6_000, pauseMs: 2_500, lingerMs: 300, subscribe: { buffer } }),
  expect: [goesOn, losesNothing],
}))

export const counts = [...pushed, ...stored, ...documents]
