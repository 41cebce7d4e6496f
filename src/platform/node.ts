import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import WebSocket from 'ws'
import type { HttpAnswer } from '../base/answers.ts'
import { answerError, networkError } from '../base/classify.ts'
import { freshToken } from '../credentials/cookie.ts'
import { bodyWait, mostOfBody } from './body.ts'
import { asksForIdentity, decoded } from './content-encoding.ts'
import { homeDirectory } from './files.ts'
import { readHeaders } from './headers.ts'
import { nodeFetch } from './node-fetch.ts'
import type { Platform, RawSocket, SocketRequest } from './platform.ts'
import { findProvider } from './providers.ts'
import { type Address, defaultAddress, defaultUrl, readCredentials, type Surroundings } from './surroundings.ts'
import { Warnings } from './warnings.ts'

/** Reads the beginning of an answer; `done` is called once, also when the rest never comes. */
const readAnswer = (response: IncomingMessage, done: (answer: HttpAnswer) => void): void => {
  const headers = new Headers()
  for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
    headers.append(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? '')
  }
  let body = ''
  let finished = false
  const finish = (): void => {
    if (finished) return
    finished = true
    clearTimeout(timer)
    done({ status: response.statusCode ?? 0, headers, body: body.slice(0, mostOfBody) })
  }
  const timer = setTimeout(finish, bodyWait)
  const text = decoded(response, headers.get('content-encoding')) ?? Readable.from([])
  text.setEncoding('utf8')
  text.on('data', (piece: string) => {
    body += piece
    if (body.length >= mostOfBody) finish()
  })
  text.on('end', finish)
  // A body that is cut short does not hide what its status says.
  text.on('error', finish)
  text.on('close', finish)
}

/** How many frames are gathered at most before they are handed on: between two goes, readers take in what came. */
const atOnce = 256

/** A socket of `ws`. Text arrives as a string, binary frames as bytes. An error without a listener is no exception. */
class NodeSocket implements RawSocket {
  onopen: RawSocket['onopen'] = null
  onmessage: RawSocket['onmessage'] = null
  onclose: RawSocket['onclose'] = null
  onerror: RawSocket['onerror'] = null
  connected = false
  readonly #socket: WebSocket
  /** Frames that came in this turn of the event loop. A reader that is woken once for several of them costs less. */
  #frames: unknown[] = []

  constructor({ url, protocol, headers, maxPayload, onAnswer }: SocketRequest) {
    // `ws` offers compression unless told not to, and with it a frame costs twelve times as much.
    const finishRequest = (request: ClientRequest): void => {
      request.once('socket', (tcp) => tcp.once('connect', () => (this.connected = true)))
      request.end()
    }
    const sent = { ...headers, ...asksForIdentity }
    const socket = new WebSocket(url, protocol, { headers: sent, maxPayload, perMessageDeflate: false, finishRequest })
    this.#socket = socket
    // `ws`'s own onmessage makes an event object with accessors for each frame; this does not.
    socket.on('message', (data, isBinary) => {
      const count = this.#frames.push(isBinary ? data : data.toString())
      if (count === 1) setImmediate(() => this.#handOn())
      else if (count === atOnce) this.#handOn()
    })
    // What keeps the process alive is `hold`, not a socket.
    socket.on('upgrade', (response) => response.socket.unref())
    socket.on('open', () => this.onopen?.())
    socket.on('close', (code, reason) => {
      this.#handOn()
      this.onclose?.({ code, reason: reason.toString() })
    })
    socket.on('error', (error) => {
      this.#handOn()
      this.onerror?.(error)
    })
    socket.on('unexpected-response', (_request, response) =>
      readAnswer(response, (answer) => {
        // Given up meanwhile: then `ws` has told so already.
        if (socket.readyState !== WebSocket.CONNECTING) return
        onAnswer(answer)
        socket.terminate()
      }),
    )
  }

  #handOn(): void {
    const frames = this.#frames
    this.#frames = []
    for (const data of frames) this.onmessage?.({ data })
  }

  get readyState(): number {
    return this.#socket.readyState
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}

/**
 * Node: sockets by `ws`, requests by node:http, defaults from the environment and from mesheryctl.
 *
 * @param surroundings The environment and the home directory. Default: those of the process, looked at anew each time.
 */
export const nodePlatform = (surroundings: Partial<Surroundings> = {}): Platform & { defaultAddress(): Address } => {
  // The home is looked up only where something in it is wanted.
  const around: Surroundings = {
    get env() {
      return process.env
    },
    get home() {
      return homeDirectory()
    },
    ...surroundings,
  }
  const http = nodeFetch()
  const warnings = new Warnings()
  return {
    name: 'node',
    setsHeaders: true,
    openSocket(request) {
      warnings.requestLeaves(request.url, new Headers(request.headers))
      return new NodeSocket(request)
    },
    async fetch(address, init) {
      warnings.requestLeaves(address, new Headers(init.headers))
      return http.fetch(address, init)
    },
    onWarning(listener) {
      warnings.listener = listener
    },
    close: http.close,
    hold() {
      const timer = setInterval(() => {}, 2 ** 31 - 1)
      return () => clearInterval(timer)
    },
    defaultUrl: () => defaultUrl(around),
    /** The same, with its source. */
    defaultAddress: () => defaultAddress(around),
    readCredentials: async (server) => readCredentials(around, server, (path) => warnings.tokenRead(path)),
    freshToken,
    findProvider: (who, request) => findProvider(who, request, http.fetch),
    readHeaders,
    networkError,
    answerError,
  }
}
