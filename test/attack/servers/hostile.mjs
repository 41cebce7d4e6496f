// A server of Meshery's paths that is honest until an attack replaces a part of it. It shares no code with the client
// nor with the fake of `meshery-live/testing`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { eventOf, pageOf, rowOf } from './events.mjs'
import { frame, opcodes, RawPeer, upgradeAnswer } from './raw-websocket.mjs'

export const paths = {
  store: ['/api/system/events', '/api/v2/events'],
  sse: '/api/system/events/subscribe',
  graphql: '/api/system/graphql/query',
  version: '/api/system/version',
  providers: '/api/providers',
  contexts: '/api/system/kubernetes/contexts',
}

const json = (response, value, status = 200, headers = {}) => {
  const body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, ...headers })
  response.end(body)
}

export const contextOf = (number, more = {}) => ({
  id: number.toString(16).padStart(32, '0'),
  name: `context ${number}`,
  server: `https://10.0.0.${number % 250}:6443`,
  connectionId: `c0000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
  kubernetesServerId: `d0000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`,
  ...more,
})

/**
 * One attack's server. `hooks` replaces parts; each hook gets the server first.
 *   connection(server, socket): true takes the TCP connection before HTTP sees it
 *   request(server, request, response, url): true when it answered
 *   store(server, response, url), sse(server, response, request), state(server, response, url)
 *   upgrade(server, request, socket): true when it took the socket
 *   message(server, peer, message): true when it took the message
 *   subscribed(server, id, peer), listening(server, response)
 *   anchored(server): the client has its starting point
 */
export class Hostile {
  rows = []
  contexts = [contextOf(1)]
  peers = new Set()
  streams = new Set()
  stats = {
    requests: [],
    dials: [],
    connections: 0,
    stored: 0,
    total: 0,
    pushed: 0,
    foreign: 0,
    marks: {},
    paths: {},
    cookies: [],
    authorization: [],
  }
  #hooks
  #timers = new Set()
  #sockets = new Set()
  #servers = []
  #began = performance.now()
  #isAnchored = false
  url = ''
  foreignUrl = ''

  constructor(hooks) {
    this.#hooks = hooks
  }

  async listen() {
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (request, response) =>
      this.#request(request, response),
    )
    server.on('upgrade', (request, socket) => this.#upgrade(request, socket))
    server.on('clientError', (_, socket) => socket.destroy())
    this.url = await this.#open(server)
    if (this.#hooks.connection) this.url = await this.#openRaw(server)
    const foreign = createServer((_, response) => {
      this.stats.foreign++
      json(response, { events: [], totalCount: 0 })
    })
    foreign.on('upgrade', (_, socket) => {
      this.stats.foreign++
      socket.destroy()
    })
    this.foreignUrl = await this.#open(foreign)
    this.#hooks.start?.(this)
    return this
  }

  async #open(server) {
    this.#servers.push(server)
    server.on('connection', (socket) => this.#keep(socket))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return `http://127.0.0.1:${server.address().port}`
  }

  /** TCP first: the hook takes the socket, or it is joined to the HTTP server. */
  async #openRaw(http) {
    const { createServer: createTcp } = await import('node:net')
    const { port } = http.address()
    const server = createTcp((socket) => {
      socket.on('error', () => {})
      if (this.#hooks.connection(this, socket)) return
      const inner = connect(port, '127.0.0.1')
      inner.on('error', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
    })
    return this.#open(server)
  }

  #keep(socket) {
    this.stats.connections++
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
  }

  get elapsed() {
    return performance.now() - this.#began
  }

  /** Records a moment by name. The first one counts. */
  mark(name) {
    this.stats.marks[name] ??= this.elapsed
  }

  count(name) {
    this.stats[name] = (this.stats[name] ?? 0) + 1
    return this.stats[name]
  }

  after(delayMs, work) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      work()
    }, delayMs)
    this.#timers.add(timer)
  }

  every(delayMs, work) {
    const timer = setInterval(() => work(() => clearInterval(timer)), delayMs)
    this.#timers.add(timer)
    return () => clearInterval(timer)
  }

  store(event) {
    this.rows.push(rowOf(event))
    this.stats.stored++
  }

  /** Pushes events to every operation and every stream, each in one write. */
  push(events) {
    const list = Array.isArray(events) ? events : [events]
    for (const peer of this.peers)
      for (const id of peer.operations)
        peer.write(
          Buffer.concat(
            list.map((event) =>
              frame(JSON.stringify({ type: 'next', id, payload: { data: { subscribeEvents: event } } })),
            ),
          ),
        )
    const text = list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    for (const stream of this.streams) stream.write(text)
    this.stats.pushed += list.length
  }

  emit(number, { store = true, push = true, ...more } = {}) {
    const event = eventOf(number, more)
    this.stats.total = Math.max(this.stats.total, number + 1)
    if (store) this.store(event)
    if (push) this.push(event)
  }

  answer(response, value, status, headers) {
    json(response, value, status, headers)
  }

  #request(request, response) {
    response.on('error', () => {})
    const url = new URL(request.url, 'http://hostile')
    this.stats.requests.push(this.elapsed)
    this.stats.paths[url.pathname] = (this.stats.paths[url.pathname] ?? 0) + 1
    this.stats.cookies.push(request.headers.cookie ?? '')
    if (this.#hooks.request?.(this, request, response, url)) return
    if (paths.store.includes(url.pathname)) {
      if (url.pathname !== paths.store[0]) return json(response, '404 page not found', 404)
      if (this.#hooks.store?.(this, response, url, request)) return
      return this.page(response, url)
    }
    if (url.pathname === paths.sse) {
      this.stats.dials.push(this.elapsed)
      if (this.#hooks.sse?.(this, response, request)) return
      return this.stream(response)
    }
    if (this.#hooks.state?.(this, response, url, request)) return
    if (url.pathname === paths.version) return json(response, { build: 'v1.0.40', latest: 'v1.0.40' })
    if (url.pathname === paths.contexts) return json(response, this.contextPage(url))
    json(response, '404 page not found', 404)
  }

  /** Answers with an honest page of the store. The first one is the client's starting point. */
  page(response, url) {
    json(response, pageOf(this.rows, url.searchParams), 200, { date: new Date().toUTCString() })
    if (this.#isAnchored) return
    this.#isAnchored = true
    this.after(100, () => this.#hooks.anchored?.(this))
  }

  contextPage(url) {
    const { page, pageSize, totalCount, events } = pageOf(this.contexts, url.searchParams)
    return { page, pageSize, totalCount, contexts: events }
  }

  /** Opens an honest SSE stream on the response. */
  stream(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    response.write(': connected\n\n')
    this.streams.add(response)
    const stop = this.every(300, () => response.write(': keepalive\n\n'))
    response.on('close', () => {
      stop()
      this.streams.delete(response)
    })
    this.#hooks.listening?.(this, response)
  }

  #upgrade(request, socket) {
    this.stats.dials.push(this.elapsed)
    this.stats.cookies.push(request.headers.cookie ?? '')
    socket.on('error', () => {})
    if (this.#hooks.upgrade?.(this, request, socket)) return
    this.accept(request, socket)
  }

  /** Accepts an upgrade honestly; returns the peer. */
  accept(request, socket, answer = {}) {
    socket.write(upgradeAnswer(request, answer))
    return this.join(socket)
  }

  join(socket) {
    const peer = new RawPeer(socket)
    this.peers.add(peer)
    peer.onClose = () => this.peers.delete(peer)
    peer.onControl = (opcode, payload) => {
      if (this.#hooks.control?.(this, peer, opcode, payload)) return
      if (opcode === opcodes.ping) peer.write(frame(payload, { opcode: opcodes.pong }))
      if (opcode === opcodes.close) {
        peer.write(frame(payload, { opcode: opcodes.close }))
        socket.end()
      }
    }
    peer.onMessage = (message) => {
      if (this.#hooks.message?.(this, peer, message)) return
      this.honest(peer, message)
    }
    this.#hooks.opened?.(this, peer)
    return peer
  }

  /** The reaction of an honest server to a message. */
  honest(peer, message) {
    const { type, id, payload } = message
    if (type === 'connection_init') peer.json({ type: 'connection_ack' })
    else if (type === 'ping') peer.json({ type: 'pong', ...(payload !== undefined && { payload }) })
    else if (type === 'complete') peer.operations.delete(id)
    else if (type === 'subscribe') {
      peer.operations.add(id)
      this.#hooks.subscribed?.(this, id, peer, payload)
    }
  }

  report() {
    return { ...this.stats, elapsed: this.elapsed, rows: this.rows.length }
  }

  close() {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers) server.close()
  }
}
