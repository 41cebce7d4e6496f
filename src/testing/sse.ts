import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Garbage, type LiveChannel, reset } from './channels.ts'
import { goJSON } from './go.ts'
import type { Surroundings } from './part.ts'
import { encoded } from './reply.ts'

/**
 * Answers with an SSE stream: unnamed messages, no ids, a comment now and then. `begin` is given what sends one message, and
 * returns what stops it.
 */
export function openStream(
  around: Surroundings,
  socket: Socket,
  response: ServerResponse,
  begin: (send: (value: unknown) => void) => () => void,
): void {
  const stream = new SseStream(around, socket, response)
  stream.open(begin)
}

class SseStream implements LiveChannel {
  readonly #around: Surroundings
  readonly #socket: Socket
  readonly #response: ServerResponse

  constructor(around: Surroundings, socket: Socket, response: ServerResponse) {
    this.#around = around
    this.#socket = socket
    this.#response = response
  }

  open(begin: (send: (value: unknown) => void) => () => void): void {
    const { book, channels, timers, keepAlive } = this.#around
    book.openStreams++
    channels.add(this)
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    })
    this.#response.flushHeaders()
    // Nothing happens between the headers and this, so nothing after them is missed, as with Meshery.
    const stop = begin((value) => this.raw(`data: ${goJSON(value)}\n\n`))
    const stopKeepAlive = timers.every(keepAlive, () => this.raw(': keepalive\n\n'))
    this.#response.once('close', () => {
      stop()
      stopKeepAlive()
      book.openStreams--
      channels.remove(this)
    })
  }

  cut(): void {
    reset(this.#socket)
  }

  end(): void {
    this.#around.connections.whenThawed(() => this.#response.end())
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
    if (this.#response.writableEnded || this.#around.script.blocked.has('sse')) return
    this.#response.write(encoded(this.#response, text))
  }
}
