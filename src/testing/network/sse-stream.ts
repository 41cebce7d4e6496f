import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Garbage, LiveChannel } from '../faults/live-channel.ts'
import { goJSON } from '../wire/go.ts'
import type { FakeEnvironment } from './environment.ts'
import { encoded } from './http-reply.ts'
import { resetSocket } from './live-channels.ts'

/** Starts the messages of a stream. Receives the function that sends one; returns the function that stops them. */
export type BeginStream = (send: (value: unknown) => void) => () => void

/** Answers with an SSE stream: unnamed messages, no ids, and a comment at intervals. */
export function openStream(
  environment: FakeEnvironment,
  socket: Socket,
  response: ServerResponse,
  begin: BeginStream,
): void {
  new SseStream(environment, socket, response).open(begin)
}

class SseStream implements LiveChannel {
  readonly #environment: FakeEnvironment
  readonly #socket: Socket
  readonly #response: ServerResponse

  constructor(environment: FakeEnvironment, socket: Socket, response: ServerResponse) {
    this.#environment = environment
    this.#socket = socket
    this.#response = response
  }

  open(begin: BeginStream): void {
    // The client left before its answer: nothing would close the stream.
    if (this.#socket.destroyed) return
    const { requestLog, liveChannels, timers, keepAliveMs } = this.#environment
    requestLog.openStreams++
    liveChannels.add(this)
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
      'x-accel-buffering': 'no',
    })
    this.#response.flushHeaders()
    // The messages start in the same turn as the headers, so a client that has the headers misses nothing.
    const stop = begin((value) => this.raw(`data: ${goJSON(value)}\n\n`))
    const stopKeepAlive = timers.every(keepAliveMs, () => this.raw(': keepalive\n\n'))
    let isOpen = true
    const close = (): void => {
      this.#socket.off('close', close)
      if (!isOpen) return
      isOpen = false
      stop()
      stopKeepAlive()
      requestLog.openStreams--
      liveChannels.remove(this)
    }
    this.#response.once('close', close)
    // A response that waits behind another one of its connection does not close with the connection.
    this.#socket.once('close', close)
  }

  cut(): void {
    resetSocket(this.#socket)
  }

  end(): void {
    this.#environment.tcpConnections.whenThawed(() => this.#response.end())
  }

  garbage(kind: Garbage, bytes: number): void {
    const pieces: Readonly<Record<Garbage, () => string | Uint8Array>> = {
      binary: () => randomBytes(bytes),
      'broken-json': () => 'data: {"id":\n\n',
      'not-an-object': () => 'data: [42]\n\n',
      'unknown-id': () => 'event: unknown\nid: 1\nretry: 1\ndata: {}\n\n',
      huge: () => `data: {"description":"${'x'.repeat(bytes)}"}\n\n`,
    }
    this.raw(pieces[kind]())
  }

  raw(text: string | Uint8Array): void {
    // A proxy that buffers has passed the headers on and keeps the rest.
    if (this.#response.writableEnded || this.#environment.activeFaults.blocked.has('sse')) return
    this.#response.write(encoded(this.#response, text))
  }
}
