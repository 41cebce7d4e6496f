import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import WebSocket from 'ws'
import { answerError } from '../base/answer-errors.ts'
import { MesheryError } from '../base/errors.ts'
import type { HttpAnswer } from '../base/http-errors.ts'
import { sliceMs } from '../base/time-slices.ts'
import { freshToken } from '../credentials/cookie.ts'
import type { SourcedIdentity } from '../credentials/identity.ts'
import { bodyWait, mostOfBody } from './body.ts'
import { failureOf } from './certificate.ts'
import { channels } from './channels.ts'
import { watchConnecting } from './connecting.ts'
import { asksForIdentity, decoded } from './content-encoding.ts'
import { ClientDiagnostics } from './diagnostics.ts'
import { checkDocument } from './document-check.ts'
import {
  type Address,
  checkContext,
  defaultAddress,
  defaultUrl,
  type Environment,
  readCredentials,
} from './environment.ts'
import { ExpiringToken } from './expiring-token.ts'
import { homeDirectory, isOpenToOthers } from './files.ts'
import { readHeaders } from './headers.ts'
import { headersOf, nodeFetch } from './node-fetch.ts'
import { NodeNetwork } from './node-network.ts'
import {
  type DiagnosedClient,
  type HttpResponse,
  mostUnsent,
  type Platform,
  type RawSocket,
  type SocketRequest,
} from './platform.ts'
import { ProcessHold } from './process-hold.ts'
import { findProvider } from './providers.ts'
import { nodeNetworkError } from './tls-alerts.ts'
import { Warnings } from './warnings.ts'
import { WriteWatch } from './write-watch.ts'

/** Reads the beginning of an answer; `done` is called once, also when the rest never comes. */
const readAnswer = (response: IncomingMessage, done: (answer: HttpAnswer) => void): void => {
  const headers = headersOf(response)
  let body = ''
  let finished = false
  const finish = (): void => {
    if (finished) return
    finished = true
    clearTimeout(timer)
    text.destroy()
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
  // A body that is cut short must not hide the status.
  text.on('error', finish)
  text.on('close', finish)
}

/** How many frames are handed on at most before readers take in what they have. */
const atOnce = 16

/** Runs what is given to its `then` after readers took in what they have. It costs less than `queueMicrotask`. */
const soon = Promise.resolve()

/** The error of a server that does not read. */
const unreadError = (limitMs: number): MesheryError =>
  new MesheryError(
    'CONNECTION_SILENT',
    `The server does not read: what was sent to it waited for ${limitMs} ms (timeouts.write)`,
    { phase: 'stream', details: { timeout: limitMs } },
  )

/** A socket of `ws`. Text arrives as a string, binary frames as bytes. An error without a listener is no exception. */
class NodeSocket implements RawSocket {
  onopen: RawSocket['onopen'] = null
  onmessage: RawSocket['onmessage'] = null
  onclose: RawSocket['onclose'] = null
  onerror: RawSocket['onerror'] = null
  onunread: RawSocket['onunread'] = null
  pending: RawSocket['pending']
  /** Read from the clock once for all frames that are handed on together. */
  receivedAt = 0
  readonly #socket: WebSocket
  readonly #writes: WriteWatch
  /** The payload of the newest ping that is not answered yet. */
  #ping: Buffer | undefined
  /** Frames that came in one piece. They are handed on a few at a time, and in between readers take in what they have. */
  #frames: unknown[] = []
  /** How many of them are handed on already. */
  #done = 0
  /** When the turn of the event loop began in which frames are handed on; undefined between two such turns. */
  #turnBegan: number | undefined

  /** @param counters The client counts the characters of each text: here is added how many bytes more it has. */
  constructor(request: SocketRequest, network: NodeNetwork, counters: { receivedBytes: number } | undefined) {
    const { url, protocol, headers, maxPayload, onAnswer } = request
    const { options, proxy } = network.forSocket(new URL(url))
    // `ws` offers compression by default, and with it a frame costs twelve times as much.
    const finishRequest = (upgrade: ClientRequest): void => {
      watchConnecting({ request: upgrade, url: new URL(url), way: proxy ? 'tunnel' : 'direct' }, (phase) => {
        this.pending = phase
      })
      upgrade.end()
    }
    const sent = { ...headers, ...asksForIdentity }
    const socket = new WebSocket(url, protocol, {
      ...options,
      headers: sent,
      maxPayload,
      perMessageDeflate: false,
      autoPong: false,
      finishRequest,
    })
    this.#socket = socket
    this.#writes = new WriteWatch(network.writeTimeoutMs, () => this.onerror?.(unreadError(network.writeTimeoutMs)))
    // `ws`'s own onmessage makes an event object with accessors for each frame; this does not.
    socket.on('message', (data, isBinary) => {
      const frame = isBinary ? data : data.toString()
      if (counters && typeof frame === 'string' && Buffer.isBuffer(data))
        counters.receivedBytes += data.length - frame.length
      if (this.#frames.push(frame) === 1) soon.then(this.#handOn)
    })
    socket.on('ping', (data) => {
      if (!this.#ping) setImmediate(() => this.#pong())
      this.#ping = data
    })
    // What keeps the process alive is `hold`, not a socket.
    socket.on('upgrade', (response) => {
      response.socket.unref()
      request.onUpgrade?.(response.statusCode ?? 0, headersOf(response))
      network.observe(response.socket, 'websocket', new URL(url))
    })
    socket.on('open', () => this.onopen?.())
    // A certificate is looked at before its error is reported, and the close comes after the error.
    let reported: Promise<void> | undefined
    socket.on('close', (code, reason) => {
      this.#writes.stop()
      this.#handOnSome(Infinity)
      const report = (): void => this.onclose?.({ code, reason: reason.toString() })
      if (reported) void reported.then(report)
      else report()
    })
    socket.on('error', (error) => {
      this.#handOnSome(Infinity)
      if (failureOf(error) === undefined) return this.onerror?.(error)
      const secure = new URL(url.replace(/^ws/, 'http'))
      reported = network.explain(error, secure).then((explained) => this.onerror?.(explained))
    })
    socket.on('unexpected-response', (_request, response) =>
      readAnswer(response, (answer) => {
        // Given up meanwhile: then `ws` has reported it already.
        if (socket.readyState !== WebSocket.CONNECTING) return
        onAnswer(answer)
        socket.terminate()
      }),
    )
  }

  /** Answers the newest ping of this turn alone, as RFC 6455 allows, and none while much waits to be sent. */
  #pong(): void {
    const ping = this.#ping
    this.#ping = undefined
    if (this.#socket.readyState !== WebSocket.OPEN) return
    if (this.#socket.bufferedAmount > mostUnsent) this.onunread?.()
    else this.#socket.pong(ping, undefined, this.#writes.begin())
  }

  readonly #handOn = (): void => {
    this.receivedAt = performance.now()
    if (this.#turnBegan === undefined) {
      this.#turnBegan = this.receivedAt
      setImmediate(this.#nextTurn)
    }
    if (this.receivedAt - this.#turnBegan > sliceMs) {
      this.#socket.pause()
      return
    }
    this.#handOnSome(Math.min(1 + (this.#frames.length >> 4), atOnce))
    if (this.#frames.length > 0) soon.then(this.#handOn)
  }

  readonly #nextTurn = (): void => {
    this.#turnBegan = undefined
    // A socket that closes while it is paused stays paused, and its last frames are handed on already.
    if (!this.#socket.isPaused || this.#socket.readyState === WebSocket.CLOSED) return
    this.#socket.resume()
    this.#handOn()
  }

  /** Hands on the oldest frames, as many as there are of so many. */
  #handOnSome(count: number): void {
    for (const end = this.#done + count; this.#done < end && this.#done < this.#frames.length; ) {
      const data = this.#frames[this.#done++]
      this.onmessage?.({ data })
    }
    if (this.#done < this.#frames.length) return
    this.#frames = []
    this.#done = 0
  }

  get readyState(): number {
    return this.#socket.readyState
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount
  }

  get protocol(): string {
    return this.#socket.protocol
  }

  send(text: string): void {
    this.#socket.send(text, this.#writes.begin())
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
export const nodePlatform = (
  surroundings: Partial<Environment> = {},
): Platform & { defaultAddress(): Address; readonly network: NodeNetwork } => {
  let { context } = surroundings
  const around: Environment = {
    get env() {
      return surroundings.env ?? process.env
    },
    // The home is looked up only where something in it is wanted.
    get home() {
      return 'home' in surroundings ? surroundings.home : homeDirectory()
    },
    get context() {
      return context
    },
  }
  const network = new NodeNetwork(() => around.env)
  const http = nodeFetch(network)
  const warnings = new Warnings()
  const held = new ProcessHold()
  let diagnostics: ClientDiagnostics | undefined
  let counters: DiagnosedClient['counters'] | undefined
  const send: Platform['fetch'] = async (address, init) => {
    warnings.requestLeaves(address, new Headers(init.headers).get('cookie'))
    const request = (): Promise<HttpResponse> => http.fetch(address, init)
    return diagnostics ? diagnostics.request(init.method ?? 'GET', address, request) : request()
  }
  const expiring = new ExpiringToken(send)
  let lastRead: SourcedIdentity | undefined
  return {
    name: 'node',
    setsHeaders: true,
    diagnose(client, logger) {
      counters = client.counters
      diagnostics = new ClientDiagnostics(client, logger, channels)
      return diagnostics
    },
    openSocket(request) {
      warnings.requestLeaves(request.url, request.headers['cookie'])
      return new NodeSocket(request, network, counters)
    },
    fetch: send,
    network,
    checkDocument,
    configure({ context: chosen, ...options }) {
      context = chosen === undefined ? surroundings.context : chosen
      checkContext(around)
      network.configure(options)
    },
    onWarning(listener) {
      warnings.listener = listener
    },
    close: http.close,
    hold: () => held.hold(),
    defaultUrl: () => defaultUrl(around),
    /** The same, with its source. */
    defaultAddress: () => defaultAddress(around),
    async readCredentials(server) {
      try {
        lastRead = readCredentials(around, server, {
          tokenRead(path) {
            if (isOpenToOthers(path)) warnings.othersMayRead(path)
          },
          tokenWithheld: (chosen, other) => warnings.tokenWithheld(chosen, other),
        })
      } catch (error) {
        // mesheryctl may be writing its file, or have logged out: what was read before counts until the server refuses it.
        if (lastRead === undefined) throw error
      }
      return lastRead
    },
    freshToken,
    findProvider: (who, request) => findProvider(who, request, send),
    renewToken: (token, who, request) => expiring.renew(token, who, request),
    readHeaders,
    networkError: nodeNetworkError,
    answerError,
    connecting: http.connecting,
    withTls: (listener) => network.tls.reportTo(listener),
  }
}
