import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Garbage, type LiveChannel, reset } from './channels.ts'
import { goJSON, nilUUID } from './go.ts'
import { restEvent, type StoredEvent } from './stored-event.ts'
import type { World } from './world.ts'

/** The SSE stream of events: unnamed messages, no ids, a comment now and then. */
export function streamEvents(world: World, socket: Socket, response: ServerResponse): void {
  const stream = new EventStream(world, socket, response)
  stream.open()
}

class EventStream implements LiveChannel {
  readonly #world: World
  readonly #socket: Socket
  readonly #response: ServerResponse

  constructor(world: World, socket: Socket, response: ServerResponse) {
    this.#world = world
    this.#socket = socket
    this.#response = response
  }

  open(): void {
    const { book, channels, events, timers, keepAlive } = this.#world
    book.openStreams++
    channels.add(this)
    // Meshery subscribes before it flushes the headers: nothing after them is missed.
    const unlisten = events.listen((event) => this.#push(event))
    const stopKeepAlive = timers.every(keepAlive, () => this.raw(': keepalive\n\n'))
    this.#response.once('close', () => {
      unlisten()
      stopKeepAlive()
      book.openStreams--
      channels.remove(this)
    })
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    })
    this.#response.flushHeaders()
  }

  cut(): void {
    reset(this.#socket)
  }

  end(): void {
    this.#world.connections.whenThawed(() => this.#response.end())
  }

  garbage(kind: Garbage, bytes: number): void {
    if (kind === 'binary') this.raw(randomBytes(bytes))
    else if (kind === 'broken-json') this.raw('data: {"id":\n\n')
    else if (kind === 'not-an-object') this.raw('data: [42]\n\n')
    else if (kind === 'unknown-id') this.raw('event: of-nobody\nid: 1\nretry: 1\ndata: {}\n\n')
    else this.raw(`data: {"description":"${'x'.repeat(bytes)}"}\n\n`)
  }

  raw(text: string | Uint8Array): void {
    // A proxy that buffers has let the headers pass and keeps the rest.
    if (this.#response.writableEnded || this.#world.script.blocked.has('sse')) return
    this.#response.write(text)
  }

  #push(event: StoredEvent): void {
    const { manners } = this.#world
    const id = manners.pushesId ? event.id : nilUUID
    this.raw(`data: ${goJSON(restEvent(event, { manners, system: false, id }))}\n\n`)
  }
}
