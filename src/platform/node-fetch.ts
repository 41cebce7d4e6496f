import { Agent, request as http, type IncomingMessage } from 'node:http'
import { request as https } from 'node:https'
import { Readable } from 'node:stream'
import { onAbort } from '../base/abort.ts'
import { failureOf } from './certificate.ts'
import { type Connecting, watchConnecting } from './connecting.ts'
import { asksForIdentity, decoded } from './content-encoding.ts'
import { HeldBytes, LineBuffers } from './held-bytes.ts'
import { LineDecoder } from './line-decoder.ts'
import type { NodeNetwork } from './node-network.ts'
import type { HttpResponse } from './platform.ts'
import { proxyError, proxyRefusal } from './proxy-tunnel.ts'
import { ReadPace } from './read-pace.ts'

/** `fetch`, as far as it is used here, over connections of its own that can be closed and do not hold the process. */
export interface NodeFetch {
  fetch(url: string, init: RequestInit): Promise<HttpResponse>
  /** What the request with this signal waits for, as long as it is not sent. */
  connecting(signal: AbortSignal): Connecting
  /** Ends every connection, for good: what is asked for later is aborted. */
  close(): void
}

/**
 * Requests over node:http. The built-in `fetch` keeps its connections where they cannot be closed or released; it would also
 * follow redirects, which must never happen with credentials.
 */
export function nodeFetch(network: NodeNetwork): NodeFetch {
  let isClosed = false
  const connecting = new WeakMap<AbortSignal, Connecting>()
  const buffers = new LineBuffers()

  const send = (url: string, init: RequestInit, resolve: (response: HttpResponse) => void, reject: Reject): void => {
    const { method = 'GET', headers, body, signal } = init
    const { options, proxy } = network.forRequest(new URL(url))
    const isText = typeof body === 'string'
    // Without it, Node sends the body of a DELETE as if it were another request.
    const length = isText ? { 'content-length': `${Buffer.byteLength(body)}` } : {}
    const sent = {
      ...Object.fromEntries(new Headers(headers ?? {})),
      ...asksForIdentity,
      ...length,
      ...options.headers,
    }
    const request = (url.startsWith('https:') ? https : http)(url, { ...options, method, headers: sent })
    const isTunnel = proxy && url.startsWith('https:')
    const way = isTunnel ? 'tunnel' : ((proxy && 'proxy') ?? 'direct')
    watchConnecting({ request, url: new URL(url), way }, (phase) => signal && connecting.set(signal, phase))
    let answer: IncomingMessage | undefined
    let isOver = false
    const fail = (error: Error): void => {
      isOver = true
      reject(error)
      // Where only the end of the connection ends a body, Node takes every end of it for that one.
      if (!answer?.complete) answer?.destroy(error)
      // A whole answer gives its connection back, where no listener takes an error any more.
      request.destroy(answer?.complete ? undefined : error)
    }
    // Not the option of the request: Node discards the rest of the body then, and calls that its end.
    const forget = signal && onAbort(signal, () => fail(new DOMException('The request was aborted', 'AbortError')))
    // A signal may live longer than its requests.
    if (forget) request.on('close', forget)
    request.on('socket', (socket) => socket.unref())
    const explainAndFail = (error: Error): void => {
      // The connection to the proxy failed, not one to the server.
      const failed = proxy && url.startsWith('http:') && !answer ? proxyError(proxy, error) : error
      // At once, where there is nothing to look at: what arrives after it must not pass for the end of the body.
      if (failureOf(failed) === undefined) fail(failed)
      else network.explain(failed, new URL(url)).then(fail, fail)
    }
    request.on('error', (error) => {
      // The server closed the connection that was kept open, just as it was used again. It has not seen the request.
      const isStale = request.reusedSocket && !answer && !isOver && !isClosed && method === 'GET' && isReset(error)
      if (!isStale) return explainAndFail(error)
      // The others were kept open as long, or the server restarted. Without them, the next connection is a new one.
      if (options.agent instanceof Agent) dropIdle(options.agent)
      send(url, init, resolve, reject)
    })
    // An answer to an upgrade, which was not asked for: after it none would ever come.
    const changed = (): void => {
      isOver = true
      reject(Object.assign(new Error('The server changes the protocol unasked'), { code: reset }))
      request.destroy()
    }
    request.on('upgrade', (_, socket) => {
      changed()
      // Without an error: Node has taken its listeners off the socket.
      socket.destroy()
    })
    request.on('response', (message) => {
      if (message.statusCode === 101) return changed()
      if (proxy && message.statusCode === 407) {
        fail(proxyRefusal(proxy, message))
        return
      }
      network.observe(message.socket, 'http', new URL(url))
      answer = message
      // Who reads it gets its error; without a listener an error of one that is not read yet would end the process.
      message.on('error', () => {})
      resolve(new NodeResponse(message, buffers))
    })
    request.end(isText ? body : undefined)
  }

  return {
    async fetch(url, init) {
      if (isClosed) throw new DOMException('The client is closed', 'AbortError')
      init.signal?.throwIfAborted()
      return new Promise((resolve, reject) => send(url, init, resolve, reject))
    },
    connecting: (signal) => connecting.get(signal),
    close() {
      isClosed = true
      network.close()
    },
  }
}

type Reject = (error: Error) => void

const reset = 'ECONNRESET'

const isReset = (error: Error): boolean => 'code' in error && (error.code === reset || error.code === 'EPIPE')

const dropIdle = ({ freeSockets }: Agent): void => {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

/** The headers of a response. Those that came several times keep each value, as `Headers` joins them. */
export function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  return headers
}

/** What of a `Response` is used, made when it is asked for: a page is read without a web stream in between. */
class NodeResponse implements HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly #body: Readable
  readonly #buffers: LineBuffers

  constructor(message: IncomingMessage, buffers: LineBuffers) {
    this.#buffers = buffers
    this.status = message.statusCode ?? 0
    this.headers = headersOf(message)
    const body = decoded(message, this.headers.get('content-encoding'))
    // The header stays if the body cannot be decoded: it shows why the response is not `ok`.
    if (body) this.headers.delete('content-encoding')
    else message.destroy()
    this.#body = body ?? Readable.from([])
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300 && !this.headers.has('content-encoding')
  }

  get body(): ReadableStream<Uint8Array> {
    // By default a web stream counts pieces, and takes in 16 384 of them before anything is read.
    const strategy = new ByteLengthQueuingStrategy({ highWaterMark: 65_536 })
    return Readable.toWeb(this.#body, { strategy }) as ReadableStream<Uint8Array>
  }

  decoder(limitBytes?: number): LineDecoder {
    return new LineDecoder(new HeldBytes(this.#buffers), limitBytes)
  }

  reader(): ReturnType<NonNullable<HttpResponse['reader']>> {
    const pace = new ReadPace()
    const pieces = this.#body[Symbol.asyncIterator]()
    return {
      read: async () => {
        const piece = await pieces.next()
        await pace.after(piece.value?.length ?? 0)
        return piece
      },
      async cancel() {
        await pieces.return?.()
      },
    }
  }
}
