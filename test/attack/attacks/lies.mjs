// Section 5: every loop has an end of the client's own.
import { deliversOrReports, doublesNothing, goesOn, losesNothing } from '../judge.mjs'
import { eventOf, pageOf, rowOf, uuidOf } from '../servers/events.mjs'
import { contextOf, paths } from '../servers/hostile.mjs'
import { contexts, done, each, emitting, events, every, few, first, join, live } from './shared.mjs'

const held = 250

/** A read may take twenty pages before it is paced, and there are several: of the newest page, of the start, of what follows. */
const endless = { firstRequests: 100, requestsPerS: 5 }

/** Pages of a store that lies. They get the honest rows, and the request. */
const lies = {
  'ignores the page': (rows, search) => pageOf(rows, new URLSearchParams({ ...Object.fromEntries(search), page: '0' })),
  'gives the last page past the end': (rows, search) => {
    const size = Number(search.get('pagesize'))
    const last = Math.max(0, Math.ceil(rows.length / size) - 1)
    const page = String(Math.min(last, Number(search.get('page'))))
    return pageOf(rows, new URLSearchParams({ ...Object.fromEntries(search), page }))
  },
  'never gives a short page': (rows, search) => {
    const page = pageOf(rows, search)
    const size = Number(search.get('pagesize'))
    while (page.events.length < size) page.events.push(page.events.at(-1) ?? rowOf(eventOf(0)))
    return page
  },
  'gives fresh rows always': (_, search, server) => {
    const size = Number(search.get('pagesize'))
    const start = server.count('fresh') * 100_000
    const list = Array.from({ length: size }, (__, at) => rowOf(eventOf(start + at)))
    return { totalCount: 1_000_000, events: search.get('order') === 'desc' ? list.reverse() : list }
  },
  'changes the ids': (rows, search, server) => {
    const page = pageOf(rows, search)
    const salt = server.count('salt')
    return { ...page, events: page.events.map((row, at) => ({ ...row, id: uuidOf(at, salt + 100) })) }
  },
  'changes the order': (rows, search) => {
    const page = pageOf(rows, search)
    return {
      ...page,
      events: page.events
        .map((row) => ({ row, key: Math.random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ row }) => row),
    }
  },
  'has no order': (rows, search) =>
    pageOf(
      rows.toSorted((a, b) => (a.operationID.slice(-1) < b.operationID.slice(-1) ? -1 : 1)),
      search,
    ),
  'claims 1e308 rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: 1e308 }),
  'claims 2^53 rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: 2 ** 53 }),
  'claims -1 rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: -1 }),
  'claims 0 rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: 0 }),
  'claims 0.5 rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: 0.5 }),
  'claims "many" rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: 'many' }),
  'claims null rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: null }),
  'claims a list as its total': (rows, search) => ({ ...pageOf(rows, search), totalCount: [5] }),
  'claims another total each time': (rows, search) => ({
    ...pageOf(rows, search),
    totalCount: Math.floor(Math.random() * 1e4),
  }),
  'claims twice its rows': (rows, search) => ({ ...pageOf(rows, search), totalCount: rows.length * 2 + 100 }),
  'gives each row twice': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.flatMap((row) => [row, row]) }
  },
  'gives ten times the rows asked for': (rows, search) =>
    pageOf(
      rows,
      new URLSearchParams({ ...Object.fromEntries(search), pagesize: String(10 * Number(search.get('pagesize'))) }),
    ),
  'gives rows of one id': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.map((row) => ({ ...row, id: uuidOf(1, 77) })) }
  },
  'gives rows without ids': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.map(({ id, ...row }) => row) }
  },
  'gives rows without times': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.map(({ createdAt, ...row }) => row) }
  },
  'gives invalid times': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.map((row) => ({ ...row, createdAt: 'yesterday' })) }
  },
  'gives times of the year 275,000': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.map((row) => ({ ...row, createdAt: '+275000-01-01T00:00:00Z' })) }
  },
  'gives nulls between the rows': (rows, search) => {
    const page = pageOf(rows, search)
    return { ...page, events: page.events.flatMap((row) => [null, row, 7, 'row', []]) }
  },
  'gives an empty page every second time': (rows, search, server) =>
    server.count('turn') % 2 === 0 ? { ...pageOf(rows, search), events: [] } : pageOf(rows, search),
}

/** Lies that leave every row to be found. They lose nothing, or a notice reports it. */
const harmless = new Set([
  'gives the last page past the end',
  'never gives a short page',
  'claims 1e308 rows',
  'claims 2^53 rows',
  'claims -1 rows',
  'claims 0.5 rows',
  'claims "many" rows',
  'claims null rows',
  'claims a list as its total',
  'claims another total each time',
  'claims twice its rows',
  'gives ten times the rows asked for',
  'gives nulls between the rows',
])

const fill = (rows) => ({
  start(server) {
    for (let number = 0; number < rows; number++)
      server.rows.push(rowOf(eventOf(1_000_000 + number, { at: number - 10_000_000 })))
  },
})
const filled = fill(held)

const lying = each(Object.entries(lies), ([title, lie]) =>
  each(every, (transport) => ({
    name: `lie: the store ${title}/${transport}`,
    transport,
    seconds: 9,
    bounds: endless,
    server: () =>
      join(filled, emitting({ everyMs: 200 }), {
        store(server, response, url) {
          if (!server.isAnchored) {
            server.isAnchored = true
            return false
          }
          server.answer(response, lie(server.rows, url.searchParams, server))
          return true
        },
      }),
    client: events(transport, { ms: 4_500, lingerMs: 0 }),
    expect: harmless.has(title) ? [goesOn, deliversOrReports, doublesNothing] : [],
  })),
)

/** From the start, a read meets the lie on every page. */
const sinceLies = each(Object.entries(lies), ([title, lie]) => ({
  name: `lie: since the beginning, the store ${title}/polling`,
  transport: 'polling',
  seconds: 9,
  bounds: endless,
  server: () =>
    // Whole pages, so that the last one is not short.
    join(fill(300), {
      store(server, response, url) {
        server.answer(response, lie(server.rows, url.searchParams, server))
        return true
      },
    }),
  client: events('polling', { ms: 5_000, lingerMs: 0, args: { since: '2000-01-01T00:00:00Z' } }),
}))

/** The last page is full, and comes again for every page past it. */
const clamped = each(every, (transport) => ({
  name: `lie: the store gives a full last page past the end/${transport}`,
  transport,
  seconds: 9,
  server: () =>
    join(fill(300), {
      anchored(server) {
        server.stats.total = 100
        for (let number = 0; number < 100; number++) server.store(eventOf(number))
        server.after(100, () => server.push(eventOf(99)))
      },
      store(server, response, url) {
        if (server.stats.total === 0) return false
        server.answer(response, lies['gives the last page past the end'](server.rows, url.searchParams))
        return true
      },
    }),
  client: events(transport, { ms: 5_000, lingerMs: 0 }),
  expect: [goesOn, losesNothing],
}))

const sizes = each([1, 2, 3, 5, 7, 9, 20], (size) =>
  each(every, (transport) => ({
    name: `lie: pages of ${size} rows/${transport}`,
    transport,
    seconds: 18,
    bounds: { requestsPerS: 200 },
    server: () => ({
      start: filled.start,
      store(server, response, url) {
        const search = new URLSearchParams(Object.fromEntries(url.searchParams))
        search.set('pagesize', String(Math.min(size, Number(search.get('pagesize')))))
        const page = pageOf(server.rows, search)
        server.answer(response, page)
        if (!server.isAnchored) {
          server.isAnchored = true
          // The start takes a hundred requests where a page has one row. Rows stored after it must be delivered.
          server.after(4_000, () => {
            server.stats.total = 40
            for (let number = 0; number < 40; number++) server.store(eventOf(number))
            server.after(150, () => server.push(eventOf(39)))
          })
        }
        return true
      },
    }),
    client: events(transport, { count: 40, ms: 15_000, lingerMs: 100 }),
    expect: [goesOn, losesNothing],
  })),
)

const clocks = each(every, (transport) => [
  {
    name: `lie: the clock is set back 400 s/${transport}`,
    transport,
    seconds: 9,
    server: () =>
      join(
        {
          start(server) {
            for (let number = 0; number < held; number++)
              server.rows.push(rowOf(eventOf(1_000_000 + number, { at: number * 2_000 - 500_000 })))
          },
        },
        {
          anchored(server) {
            server.stats.total = 20
            for (let number = 0; number < 20; number++) {
              const event = eventOf(number, { at: -400_000 + number })
              server.stats.stored++
              // A store in the order of `created_at` has them far below its end.
              server.rows.push(rowOf(event))
            }
            server.rows.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
            server.after(300, () =>
              server.push(eventOf(19, { at: -399_981, id: '00000000-0000-0000-0000-000000000000' })),
            )
          },
        },
      ),
    client: events(transport, { count: 20, ms: 6_000 }),
    expect: [goesOn, deliversOrReports],
  },
  {
    name: `lie: rows disappear while they are read/${transport}`,
    transport,
    seconds: 9,
    server: () =>
      join(filled, emitting({ everyMs: 200 }), {
        start(server) {
          server.every(50, () => server.rows.shift())
        },
      }),
    client: events(transport, { count: few, ms: 6_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: `lie: the store is emptied/${transport}`,
    transport,
    seconds: 9,
    server: () =>
      join(filled, {
        anchored(server) {
          server.rows.length = 0
          server.stats.total = few
          let number = 0
          server.every(200, () => number < few && server.emit(number++))
        },
      }),
    client: events(transport, { count: few, ms: 6_000 }),
    expect: [goesOn, losesNothing],
  },
  {
    name: `lie: the header Date is of the year 1970/${transport}`,
    transport,
    seconds: 7,
    server: () =>
      join(filled, emitting(), {
        store(server, response, url) {
          server.answer(response, pageOf(server.rows, url.searchParams), 200, { date: 'Thu, 01 Jan 1970 00:00:00 GMT' })
          if (!server.isAnchored) {
            server.isAnchored = true
            server.stats.total = few
            let number = 0
            server.every(200, () => number < few && server.emit(number++))
          }
          return true
        },
      }),
    client: events(transport, { count: few, ms: 5_000, args: { since: '10m' } }),
    expect: [goesOn],
  },
])

const listLies = {
  'ignores the page': (all) => ({ totalCount: 1_000, contexts: all.slice(0, 100) }),
  'never gives a short page': (_, page) => ({
    totalCount: 1e9,
    contexts: Array.from({ length: 100 }, (__, at) => contextOf(page * 1_000 + at)),
  }),
  'gives fresh rows always': (_, __, server) => ({
    totalCount: 200,
    contexts: Array.from({ length: 100 }, (___, at) => contextOf(server.count('fresh') * 1_000 + at)),
  }),
  'gives rows without ids': () => ({
    totalCount: 1e9,
    contexts: Array.from({ length: 100 }, (_, at) => ({ name: `n ${at}` })),
  }),
  'claims 1e308 rows': (all, page) => ({ totalCount: 1e308, contexts: all.slice(page * 100, page * 100 + 100) }),
  'gives an empty page and a total': () => ({ totalCount: 1_000, contexts: [] }),
}
const lists = each(Object.entries(listLies), ([title, lie]) => ({
  name: `lie: a list with \`all: true\` ${title}/polling`,
  transport: 'polling',
  seconds: 9,
  bounds: { requestsPerS: 3, firstRequests: 10 },
  server: () => ({
    start(server) {
      server.contexts = Array.from({ length: 150 }, (_, number) => contextOf(number))
    },
    state(server, response, url) {
      if (url.pathname !== paths.contexts) return false
      server.answer(response, lie(server.contexts, Number(url.searchParams.get('page')), server))
      return true
    },
  }),
  client: contexts('polling', { ms: 5_000, args: { all: true }, lingerMs: 0 }),
}))

// --- Retry-After.

const waits = [
  ['3 s', () => '3', 3_000],
  ['a date 4 s away', () => new Date(Date.now() + 4_900).toUTCString(), 3_000],
  ['1e10 s', () => '10000000000', 4_000],
]
const nonsense = [
  ['-5', () => '-5'],
  ['text', () => 'soon'],
  ['1e999', () => '1e999'],
]

const retried = each([429, 503], (status) =>
  each(['upgrade', 'sse', 'store', 'state'], (where) => {
    const transport = { upgrade: 'websocket', sse: 'sse', store: 'polling', state: 'polling' }[where]
    const answerOn = (value) => {
      const reply = (server, response) => {
        server.count('asked')
        server.answer(response, 'wait', status, { 'retry-after': value() })
        return true
      }
      if (where === 'upgrade')
        return {
          upgrade(server, _, socket) {
            server.count('asked')
            socket.end(`HTTP/1.1 ${status} No\r\nretry-after: ${value()}\r\ncontent-length: 0\r\n\r\n`)
            return true
          },
        }
      if (where === 'sse') return { sse: reply }
      if (where === 'store') return { store: reply }
      return { state: (server, response, url) => url.pathname === paths.contexts && reply(server, response) }
    }
    const client = (where === 'state' ? contexts : events)(transport, { ms: 2_800, lingerMs: 0 })
    return [
      ...each(waits, ([title, value]) => ({
        name: `retry-after: ${status} with ${title}, ${where}/${transport}`,
        transport,
        seconds: 6,
        server: () => answerOn(value),
        client,
        // One more read may be running when the first response comes, and the dial repeats what the read found.
        expect: [(_, { asked }) => (asked <= 2 ? [] : `asked ${asked} times in 2.8 s`)],
      })),
      ...each(nonsense, ([title, value]) => ({
        name: `retry-after: ${status} with ${title}, ${where}/${transport}`,
        transport,
        seconds: 6,
        bounds: { requestsPerS: 3, firstRequests: 8 },
        server: () => answerOn(value),
        client,
      })),
    ]
  }),
)

/** A refusal of the store does not concern the channel, but the channel is dialled no sooner than it allows. */
const crossed = [
  ...each(live, (transport) => ({
    name: `retry-after: no dial after a 429 of the store/${transport}`,
    transport,
    seconds: 6,
    server: () => ({
      store: (server, response) => done(server.answer(response, 'wait', 429, { 'retry-after': '4' })),
    }),
    client: events(transport, { ms: 2_800, lingerMs: 0 }),
    expect: [(_, { dials }) => (dials.length === 0 ? [] : `dialled ${Math.round(dials[0])} ms after the beginning`)],
  })),
  {
    name: 'retry-after: no stream after a 429 of the upgrade/sse',
    transport: 'sse',
    seconds: 6,
    server: () => ({
      upgrade(_, __, socket) {
        socket.end('HTTP/1.1 429 No\r\nretry-after: 4\r\ncontent-length: 0\r\n\r\n')
        return true
      },
    }),
    client: events(['websocket', 'sse'], { ms: 2_800, lingerMs: 0 }),
    expect: [(_, { dials }) => (dials.length <= 1 ? [] : `${dials.length} dials`)],
  },
  {
    name: 'retry-after: the dial after a 429 of the other transport/websocket',
    transport: 'websocket',
    seconds: 6,
    server: () => ({
      upgrade(server, _, socket) {
        server.mark('refused')
        socket.end('HTTP/1.1 429 No\r\nretry-after: 60\r\ncontent-length: 0\r\n\r\n')
        return true
      },
      sse: (server) => {
        server.mark('sse')
        return false
      },
    }),
    client: events(['websocket', 'sse'], { ms: 3_000 }),
    expect: [(_, { dials }) => (dials.length <= 2 ? [] : `${dials.length} dials`)],
  },
  {
    name: 'retry-after: recovers after it/websocket',
    transport: 'websocket',
    seconds: 8,
    server: () =>
      join(emitting({ everyMs: 300 }), {
        upgrade: first(1, (_, __, socket) => {
          socket.end('HTTP/1.1 503 No\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n')
          return true
        }),
      }),
    client: events('websocket', { count: few, ms: 6_000 }),
    expect: [goesOn, losesNothing],
  },
]

export const liars = [...lying, ...clamped, ...sinceLies, ...sizes, ...clocks, ...lists, ...retried, ...crossed]
