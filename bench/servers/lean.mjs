// A server that costs as little as possible: frames are made before they are needed, rows are kept as JSON. Its protocol
// is that of v0.8: `graphql-transport-ws` as gqlgen does, and pages of the store.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { serveCalls } from '../child.mjs'
import { frameOf, rowOf, sample } from './sample.mjs'

/** How many frames are written at once: about 70 kB. */
const together = 100
/** How many pieces of so many frames are made; then they come again. */
const pieces = 10

const worlds = new Map()

serveCalls({
  /** Opens a port with a store of so many rows; returns its address. `pushes`: an event comes with each subscription. */
  async open({ rows = 0, pushes = false } = {}) {
    const world = { rows: [], pushes, subscribers: new Map() }
    const began = Date.now() - rows * 10 - 60_000
    for (let count = 0; count < rows; count++)
      world.rows.push(rowOf(sample(count, new Date(began + count * 10).toISOString())))
    const server = createServer((request, response) => answer(world, request, response))
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => speak(world, webSocket, socket)),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${server.address().port}`
    worlds.set(url, world)
    return url
  },
  /** Stores an event and pushes it to every subscription. It contains the moment of the push. */
  emit: (url) => emit(worlds.get(url)),
  subscribers: (url) => worlds.get(url).subscribers.size,
  /** Pushes `rate` events a second for so many milliseconds, without rows; returns how many were pushed. */
  push: (url, rate, ms) => push(worlds.get(url), rate, ms),
  /** Pushes `rate` events a second to each of these servers for so many milliseconds, `burst` of them in one piece. */
  drip: (urls, how) =>
    drip(
      urls.map((url) => worlds.get(url)),
      how,
    ),
})

function answer(world, request, response) {
  const { rows, subscribers } = world
  const url = new URL(request.url, 'http://lean')
  if (url.pathname === '/api/system/events/subscribe') {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    subscribers.set('sse', response)
    response.on('close', () => subscribers.delete('sse'))
    return
  }
  if (url.pathname !== '/api/system/events') {
    response.writeHead(404).end('404 page not found')
    return
  }
  const page = Number(url.searchParams.get('page'))
  const size = Number(url.searchParams.get('pagesize'))
  const at = page * size
  const wanted =
    url.searchParams.get('order') === 'asc'
      ? rows.slice(at, at + size)
      : rows.slice(Math.max(0, rows.length - at - size), Math.max(0, rows.length - at)).reverse()
  const rest = `"page":${page},"page_size":${size},"total_count":${rows.length}`
  const body = Buffer.from(`{"events":[${wanted.join(',')}],${rest}}`)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
}

function speak(world, webSocket, tcp) {
  const flood = []
  const answers = {
    connection_init: () => webSocket.send('{"type":"connection_ack"}\n'),
    ping: ({ payload }) => webSocket.send(`${JSON.stringify({ payload, type: 'pong' })}\n`),
    complete: ({ id }) => world.subscribers.delete(id),
    subscribe: ({ id, payload }) => subscribe(world, tcp, flood, { id, ...payload.variables }),
  }
  webSocket.on('message', (data) => {
    const message = JSON.parse(data)
    answers[message.type]?.(message)
  })
  webSocket.on('close', () => world.subscribers.clear())
}

function subscribe(world, tcp, flood, { id, count, streams, resources }) {
  if (count > 0) {
    flood.push(id)
    if (flood.length === streams) void pour(tcp, flood, { count, resources })
  } else {
    world.subscribers.set(id, tcp)
    if (world.pushes) emit(world)
  }
}

/** Sends `count` frames, the streams in turn, as fast as the other side reads. */
async function pour(tcp, ids, { count, resources }) {
  const piecesOf = Array.from({ length: Math.min(pieces, Math.ceil(count / together)) }, (_, piece) =>
    Buffer.concat(
      Array.from({ length: Math.min(together, count) }, (_, at) => {
        const index = piece * together + at
        return frameOf(sample(index, new Date().toISOString(), { resources }), ids[index % ids.length])
      }),
    ),
  )
  for (let sent = 0, piece = 0; sent < count; sent += together, piece++)
    if (!tcp.write(piecesOf[piece % piecesOf.length])) await once(tcp, 'drain')
}

/**
 * Pushes pieces to the servers in turn, at even distances; each event contains the moment when it is written. In between
 * this process sleeps: one that waits by running would take a processor from those that are measured.
 */
async function drip(followed, { rate, burst, ms }) {
  const pieces = followed.map(({ subscribers }) => {
    const [[id, tcp]] = subscribers
    const frame = frameOf(sample(0, new Date().toISOString(), { note: note(0n) }), id)
    return { tcp, frame, piece: Buffer.concat(Array(burst).fill(frame)), place: frame.indexOf('"note":"') + 8 }
  })
  const pauseMs = (burst / rate / pieces.length) * 1000
  const sleeping = new Int32Array(new SharedArrayBuffer(4))
  const began = performance.now()
  for (let sent = 0; sent * pauseMs < ms; sent++) {
    // The stream ends its write in a turn of the event loop.
    await new Promise(setImmediate)
    Atomics.wait(sleeping, 0, 0, Math.max(0, began + sent * pauseMs - performance.now()))
    const { tcp, frame, piece, place } = pieces[sent % pieces.length]
    const copy = Buffer.from(piece)
    const moment = note(process.hrtime.bigint())
    for (let at = 0; at < burst; at++) copy.write(moment, at * frame.length + place)
    tcp.write(copy)
  }
}

/** At the end of each id a number, so that no two events are the same. */
async function push({ subscribers }, rate, ms) {
  const [[id, to]] = subscribers
  const event = sample(0, new Date().toISOString())
  const frame = id === 'sse' ? Buffer.from(`data: ${rowOf(event)}\n\n`) : frameOf(event, id)
  const place = frame.indexOf(event.id) + event.id.length - 12
  const began = performance.now()
  let sent = 0
  for (let now = began; now - began < ms && !to.destroyed; now = performance.now()) {
    const due = Math.ceil(((now - began) / 1000) * rate) - sent
    const count = Math.min(due, together)
    const piece = Buffer.allocUnsafe(count * frame.length)
    for (let at = 0; at < count; at++) {
      frame.copy(piece, at * frame.length)
      piece.write(String(++pushed).padStart(12, '0'), at * frame.length + place, 'latin1')
    }
    sent += count
    // A reader that is too slow is sent no more: then the rate is not sustained.
    if (count > 0 && !to.write(piece))
      await Promise.race([once(to, 'drain'), new Promise((resolve) => setTimeout(resolve, ms))])
    else await new Promise(setImmediate)
  }
  return sent
}

let pushed = 0

const note = (moment) => String(moment).padStart(20, '0')

function emit(world) {
  const event = sample(world.rows.length, new Date().toISOString(), { note: String(process.hrtime.bigint()) })
  world.rows.push(rowOf(event))
  for (const [id, tcp] of world.subscribers) tcp.write(frameOf(event, id))
}
