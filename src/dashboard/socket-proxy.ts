import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { onAbort } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { Timer } from '../base/timer.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { watchTokenExpiry } from '../connection/token-renewal.ts'
import { openSocket } from '../http/graphql-endpoint.ts'
import { mostUnsent, type RawSocket } from '../platform/platform.ts'
import { refusalOfError, refuseUpgrade } from './answer.ts'
import { graphqlPath } from './api-routes.ts'
import { onlyQueries, readOnlyRequest } from './graphql-operations.ts'
import type { Refusal } from './guard.ts'
import { maskedText } from './secret-mask.ts'
import type { Upstream } from './upstream.ts'

/** An upgrade that the page asks for. */
export interface UpgradeRequest {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What arrived behind the request. */
  readonly head: Buffer
}

const protocol = 'graphql-transport-ws'

/** The largest message of the page, in bytes. */
const mostOfMessage = 2 ** 20

/** Close codes that may be sent; the others only describe what happened. */
const canSend = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999)

const closeCodes = { renewed: 1012, invalid: 4400 } as const

/** Passes the WebSockets of the page on to Meshery. */
export class SocketProxy {
  readonly #upstream: Upstream
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: mostOfMessage,
    perMessageDeflate: false,
    handleProtocols: () => protocol,
  })

  constructor(upstream: Upstream) {
    this.#upstream = upstream
  }

  /**
   * Opens a socket to Meshery, and then that of the page; if Meshery refuses, the page gets an answer in place of a socket. Never rejects.
   * @param closing Aborts when the dashboard closes.
   */
  async open({ request, socket, head }: UpgradeRequest, closing: AbortSignal): Promise<void> {
    const gone = new AbortController()
    socket.once('close', () => gone.abort(new MesheryError('CLOSED', 'The page has gone', { phase: 'upgrade' })))
    socket.once(
      'close',
      onAbort(closing, () => socket.destroy()),
    )
    const relay = new SocketRelay(this.#upstream, gone.signal)
    const refusal = offersProtocol(request) ? await this.#dial(relay, gone.signal) : wrongProtocol
    if (!refusal && !socket.destroyed) {
      this.#server.handleUpgrade(request, socket, head, (page) => relay.join(page))
    }
    // Also where the request was none that a WebSocket begins with.
    if (!relay.isJoined) relay.end()
    if (refusal && !socket.destroyed) refuseUpgrade(socket, refusal)
  }

  /** Returns why there is no socket to Meshery; undefined when it is open. */
  async #dial(relay: SocketRelay, signal: AbortSignal): Promise<Refusal | undefined> {
    try {
      await this.#upstream.attempt({ path: graphqlPath, maxAgeMs: 0, signal }, () => relay.dial())
      return undefined
    } catch (error) {
      if (error instanceof MesheryError) return refusalOfError(error, this.#upstream.describe(error))
      throw error
    }
  }
}

const wrongProtocol: Refusal = { status: 400, text: `The protocol is ${protocol}.` }

const offersProtocol = ({ headers }: IncomingMessage): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === protocol)

/** Two sockets, and what passes between them. When one ends, so does the other. */
class SocketRelay {
  readonly #upstream: Upstream
  /** Aborts when the socket of the page is closed. */
  readonly #signal: AbortSignal
  readonly #closing = new Timer()
  #meshery: RawSocket | undefined
  #page: WebSocket | undefined
  /** What came before the socket of the page was open. */
  #early: unknown[] = []

  constructor(upstream: Upstream, signal: AbortSignal) {
    this.#upstream = upstream
    this.#signal = signal
  }

  /**
   * Opens the socket to Meshery, with the present identity.
   * @throws MesheryError
   */
  dial(): Promise<void> {
    // What a refused attempt left behind.
    this.end()
    const { timeouts, http } = this.#upstream
    const message = `${http.base} did not open a WebSocket within ${timeouts.connect} ms`
    const late = (): MesheryError => new MesheryError('TIMED_OUT', message, { phase: 'upgrade' })
    return withTimeout(timeouts.connect, late, this.#signal, () => this.#open())
  }

  /** Resolves when the socket is open; rejects when it is refused. */
  #open(): Promise<void> {
    const { http } = this.#upstream
    return new Promise((resolve, reject) => {
      const lost = (): void =>
        reject(new MesheryError('CONNECTION_LOST', `${http.base} closed the WebSocket`, { phase: 'upgrade' }))
      const meshery = openSocket(http, protocol, reject)
      this.#meshery = meshery
      meshery.onerror = reject
      meshery.onclose = lost
      meshery.onmessage = ({ data }) => this.#toPage(data)
      meshery.onopen = () => {
        if (meshery.protocol !== protocol) {
          lost()
          return
        }
        this.#follow(meshery)
        resolve()
      }
    })
  }

  /** Whether it has the socket of a page. */
  get isJoined(): boolean {
    return this.#page !== undefined
  }

  /** Begins to pass on what comes from the page. */
  join(page: WebSocket): void {
    this.#page = page
    page.on('message', (data, isBinary) => this.#toMeshery(data, isBinary))
    page.on('close', () => this.#closeMeshery())
    // What is wrong with the socket, its close reports.
    page.on('error', () => {})
    for (const data of this.#early) this.#toPage(data)
    this.#early = []
    if (!this.#meshery) page.terminate()
    // A socket goes on with the token that it began with. With a new token the page has to open another one.
    const renewed = (): void => page.close(closeCodes.renewed, 'The token was renewed')
    void watchTokenExpiry(this.#upstream.http.credentials, renewed, this.#signal)
  }

  /** Ends both sockets at once. */
  end(): void {
    this.#closing.stop()
    const meshery = this.#meshery
    this.#meshery = undefined
    if (meshery) {
      meshery.onopen = meshery.onmessage = meshery.onclose = null
      // A socket that is closed before it is open reports that as an error.
      meshery.onerror = () => {}
      meshery.terminate?.()
    }
    this.#page?.terminate()
  }

  #follow(meshery: RawSocket): void {
    meshery.onerror = () => this.end()
    meshery.onunread = () => this.end()
    meshery.onclose = ({ code, reason }) => {
      if (this.#page && canSend(code)) this.#page.close(code, maskedText(reason, this.#upstream.secrets))
      else this.end()
    }
  }

  #toPage(data: unknown): void {
    const page = this.#page
    if (!page) {
      this.#early.push(data)
      return
    }
    // A page that does not read reconnects later, and reads from the store what it missed.
    if (page.bufferedAmount > this.#upstream.http.messageBytes) this.end()
    else page.send(maskedText(String(data), this.#upstream.secrets))
  }

  #toMeshery(data: RawData, isBinary: boolean): void {
    const message = isBinary ? undefined : messageOf(data.toString())
    const passed = message && this.#passedMessage(message)
    if (!passed) {
      this.#page?.close(closeCodes.invalid, onlyQueries)
      return
    }
    const meshery = this.#meshery
    // Meshery does not read.
    if ((meshery?.bufferedAmount ?? 0) > mostUnsent) this.end()
    else meshery?.send(JSON.stringify(passed))
  }

  /** The message as Meshery gets it, with known fields alone; undefined for one that is not passed on. */
  #passedMessage({ type, id, payload }: Readonly<Record<string, unknown>>): object | undefined {
    switch (type) {
      // The identity is that of the command.
      case 'connection_init':
        return { type, payload: this.#upstream.http.credentials.params() }
      case 'subscribe': {
        const request = readOnlyRequest(payload)
        return request && { id, type, payload: request }
      }
      case 'complete':
        return { id, type }
      case 'ping':
      case 'pong':
        return { type, ...(payload !== undefined && { payload }) }
      default:
        return undefined
    }
  }

  #closeMeshery(): void {
    const meshery = this.#meshery
    if (!meshery) return
    meshery.onclose = () => this.end()
    this.#closing.start(this.#upstream.timeouts.close, () => this.end())
    meshery.close(1000)
  }
}

/** Undefined for what is no message of the protocol. */
function messageOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const message: unknown = JSON.parse(text)
    return isRecord(message) ? message : undefined
  } catch {
    // The page's socket is closed for it.
    return undefined
  }
}
