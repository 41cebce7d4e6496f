import { nodePlatform } from '../../src/platform/node.ts'
import type { HttpResponse, Platform, RawSocket, SocketRequest } from '../../src/platform/platform.ts'

/** A response of the server without a network. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The pieces of the body. Bytes as Latin-1. */
  readonly body: readonly string[]
}

export interface MemoryServer {
  answer(path: string, init: RequestInit): Answer
  /** What the server sends once the client has subscribed, and before it acknowledges. */
  readonly frames?: readonly string[]
  readonly early?: readonly string[]
  readonly close?: { readonly code: number; readonly reason: string }
}

/** A socket whose other end sends the given frames. */
class MemorySocket implements RawSocket {
  onopen: RawSocket['onopen'] = null
  onmessage: RawSocket['onmessage'] = null
  onclose: RawSocket['onclose'] = null
  onerror: RawSocket['onerror'] = null
  readyState = 0
  readonly connected = true
  readonly protocol: string
  readonly #server: MemoryServer

  constructor({ protocol }: SocketRequest, server: MemoryServer) {
    this.protocol = protocol
    this.#server = server
    setImmediate(() => {
      if (this.readyState !== 0) return
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(text: string): void {
    if (text.includes('"connection_init"')) this.#say([...(this.#server.early ?? []), '{"type":"connection_ack"}'])
    if (text.includes('"subscribe"')) {
      this.#say(this.#server.frames ?? [])
      const { close } = this.#server
      if (close) setImmediate(() => this.#end(close.code, close.reason))
    }
  }

  close(code = 1000, reason = ''): void {
    setImmediate(() => this.#end(code, reason))
  }

  terminate(): void {
    this.readyState = 3
  }

  #say(frames: readonly string[]): void {
    setImmediate(() => {
      for (const data of frames) if (this.readyState === 1) this.onmessage?.({ data })
    })
  }

  #end(code: number, reason: string): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
}

const bodyOf = (pieces: readonly string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(Buffer.from(piece, 'latin1'))
      controller.close()
    },
  })

/** Statuses for which `Response` accepts no body. */
const bodiless = new Set([101, 204, 205, 304])

/** Node's platform, with a server in memory in place of the network. */
export const memoryPlatform = (server: MemoryServer): Platform => ({
  ...nodePlatform({ env: {}, home: undefined }),
  openSocket: (request) => new MemorySocket(request, server),
  async fetch(url, init): Promise<HttpResponse> {
    // As on a network: a response never comes in the same turn.
    await new Promise((resolve) => setImmediate(resolve))
    const { status, headers, body } = server.answer(new URL(url).pathname, init)
    init.signal?.throwIfAborted()
    return new Response(bodiless.has(status) ? null : bodyOf(body), { status, headers })
  },
})
