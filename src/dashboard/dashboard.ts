import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type MesheryOptions, readOptions } from '../client/options.ts'
import { Credentials } from '../credentials/credentials.ts'
import { HttpClient } from '../http/http-client.ts'
import type { nodePlatform } from '../platform/node.ts'
import { dataHeaders, pageHeaders, refuse, refuseUpgrade } from './answer.ts'
import { ProxiedRequest } from './api-proxy.ts'
import { apiRequestKind, isApiPath } from './api-routes.ts'
import { type Refusal, refusalOf } from './guard.ts'
import { type PageFiles, readPage } from './page-files.ts'
import { isOtherUser, ownUser, userOfPeer } from './peer-user.ts'
import { maskedText } from './secret-mask.ts'
import { Session } from './session.ts'
import { SocketProxy } from './socket-proxy.ts'
import { Summary } from './summary.ts'
import { type ErrorReporting, Upstream } from './upstream.ts'

/** What a dashboard is made of. */
export interface DashboardOptions extends ErrorReporting {
  /** How Meshery is reached: as those of `createMeshery`. */
  readonly connection: MesheryOptions
  readonly platform: ReturnType<typeof nodePlatform>
  /** The folder of the page: `index.html`, and `assets`. */
  readonly pageFolder: string
}

/** A page, and a proxy to Meshery for it, on 127.0.0.1. */
export interface Dashboard extends AsyncDisposable {
  /** The address of Meshery. */
  readonly serverUrl: string
  /** The port on 127.0.0.1; 0 before `start`. */
  readonly port: number
  /**
   * Checks that Meshery answers, and begins to listen.
   * @param port 0: any free one.
   * @param signal Aborts the check.
   * @throws MesheryError why Meshery does not answer, or refuses the credentials; the error of the system when the port is taken, or the page is
   * not there.
   */
  start(port: number, signal: AbortSignal): Promise<void>
  /** Makes an address that lets one browser in, once. The one before it no longer works. */
  createAddress(): string
  /** Ends every connection and stops listening. */
  close(): Promise<void>
}

/** Only this machine reaches it. */
const host = '127.0.0.1'

/** Bounds of the HTTP server: a browser opens six connections, and one for each WebSocket. */
const limits = {
  maxHeaderSize: 16_384,
  /** In milliseconds. */
  headersTimeout: 10_000,
  /** In milliseconds, for the whole request. */
  requestTimeout: 30_000,
  connections: 128,
} as const

/**
 * Makes a dashboard. It sends nothing before `start`.
 * @throws MesheryError INVALID_OPTION
 */
export function createDashboard({ connection, platform, pageFolder, ...reporting }: DashboardOptions): Dashboard {
  const options = readOptions(connection, platform)
  const http = new HttpClient(platform, new Credentials(options.credentials), options)
  platform.onWarning?.((text) => options.logger.warn?.({ url: http.base }, `meshery-live: ${text}`))
  const upstream = new Upstream(http, options.timeouts, reporting)
  const address = connection.url === undefined ? platform.defaultAddress() : undefined
  const summary = new Summary(upstream, connection.context ?? address?.context ?? null)
  return new DashboardServer({ upstream, summary, pageFolder })
}

interface DashboardParts {
  readonly upstream: Upstream
  readonly summary: Summary
  readonly pageFolder: string
}

const notFound: Refusal = { status: 404, text: 'There is no such file.' }
const notPassedOn: Refusal = { status: 403, text: 'The dashboard does not pass this request on to Meshery.' }
const wrongMethod: Refusal = { status: 405, text: 'Only GET is answered here.' }
const noCookie: Refusal = {
  status: 403,
  text: 'Open the address that `meshery-live dashboard` printed: it works once, and Enter in its terminal prints another one.',
}

/** The path as it is passed on: `URL` would resolve `%2e%2e` in it, and decide by another path than Meshery answers. */
const targetOf = ({
  url = '/',
}: IncomingMessage): { readonly pathname: string; readonly searchParams: URLSearchParams } => {
  const [pathname = '', ...query] = url.split('?')
  return { pathname, searchParams: new URLSearchParams(query.join('?')) }
}

/** Answers a request. */
type Answer = (response: ServerResponse) => void

/** The HTTP server: decides who may ask, and who answers. */
class DashboardServer implements Dashboard {
  readonly #parts: DashboardParts
  readonly #server: Server
  readonly #sockets: SocketProxy
  readonly #closing = new AbortController()
  /** Connections of which HTTP knows no more. */
  readonly #upgraded = new Set<Duplex>()
  #page: PageFiles = new Map()
  #session = new Session(0)
  port = 0

  constructor(parts: DashboardParts) {
    this.#parts = parts
    this.#sockets = new SocketProxy(parts.upstream)
    this.#server = createServer(limits, (request, response) => this.#answer(request, response))
    this.#server.maxConnections = limits.connections
    this.#server.on('connection', (socket) => this.#refuseOtherUsers(socket))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
  }

  get serverUrl(): string {
    return this.#parts.upstream.http.base
  }

  async start(port: number, signal: AbortSignal): Promise<void> {
    const { pageFolder, summary, upstream } = this.#parts
    this.#page = readPage(pageFolder)
    // The requests of the check keep no process alive.
    const letProcessEnd = upstream.http.platform.hold()
    try {
      await summary.check(signal)
      await this.#listen(port)
    } finally {
      letProcessEnd()
    }
  }

  async #listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const address = this.#server.address()
    this.port = typeof address === 'object' && address !== null ? address.port : port
    this.#session = new Session(this.port)
  }

  createAddress(): string {
    return `http://${host}:${this.port}/?secret=${this.#session.createSecret()}`
  }

  async close(): Promise<void> {
    this.#closing.abort()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
    this.#parts.upstream.http.platform.close()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Cuts connections of other users of this machine, where the system shows whose they are. */
  #refuseOtherUsers(socket: Socket): void {
    const { localPort, remotePort } = socket
    if (localPort === undefined || remotePort === undefined) return
    if (isOtherUser(userOfPeer({ localPort, remotePort }), ownUser())) socket.destroy()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const answer = this.#answerFor(request)
    if (typeof answer === 'function') answer(response)
    else refuse(response, answer)
  }

  /** What answers a request, or why it is refused. */
  #answerFor(request: IncomingMessage): Answer | Refusal {
    const refusal = refusalOf(request, this.port)
    if (refusal) return refusal
    const { method = '', headers } = request
    const { pathname, searchParams } = targetOf(request)
    const secret = pathname === '/' && method === 'GET' ? searchParams.get('secret') : null
    if (secret !== null) return this.#admission(secret, searchParams, headers.cookie)
    if (!this.#session.admits(headers.cookie)) return noCookie
    if (isApiPath(pathname)) return this.#proxyFor(request, pathname)
    if (method !== 'GET' && method !== 'HEAD') return wrongMethod
    if (pathname === '/dashboard.json') return (response) => void this.#describe(response)
    const file = this.#page.get(pathname)
    if (!file) return notFound
    const shown = method === 'HEAD' ? undefined : file.content
    return (response) => {
      response.writeHead(200, { ...pageHeaders(request), 'content-type': file.contentType }).end(shown)
    }
  }

  /** Exchanges the secret for the cookie. A browser that has the cookie needs no secret. */
  #admission(secret: string, given: URLSearchParams, cookieHeader: string | undefined): Answer | Refusal {
    const cookie = this.#session.exchange(secret)
    if (cookie === undefined && !this.#session.admits(cookieHeader)) return noCookie
    // The rest of the address is the page's, such as its filters.
    const kept = new URLSearchParams(given)
    kept.delete('secret')
    const location = kept.size === 0 ? '/' : `/?${kept}`
    return (response) => {
      response.writeHead(303, { ...dataHeaders, location, ...(cookie && { 'set-cookie': cookie }) }).end()
    }
  }

  #proxyFor(request: IncomingMessage, pathname: string): Answer | Refusal {
    const kind = apiRequestKind(request.method ?? '', pathname, false)
    if (kind === undefined || kind === 'socket') return notPassedOn
    return (response) =>
      void new ProxiedRequest({ request, response }, kind, this.#parts.upstream).run(this.#closing.signal)
  }

  async #describe(response: ServerResponse): Promise<void> {
    const { summary, upstream } = this.#parts
    const content = JSON.stringify(await summary.describe(this.#closing.signal))
    response
      .writeHead(200, { ...dataHeaders, 'content-type': 'application/json' })
      .end(maskedText(content, upstream.secrets))
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
    // Its close reports what there is to know.
    socket.on('error', () => {})
    const refusal = refusalOf(request, this.port) ?? this.#refusalOfUpgrade(request)
    if (refusal) refuseUpgrade(socket, refusal)
    else void this.#sockets.open({ request, socket, head }, this.#closing.signal)
  }

  #refusalOfUpgrade(request: IncomingMessage): Refusal | undefined {
    const { method = '', headers } = request
    if (!this.#session.admits(headers.cookie)) return noCookie
    const { pathname } = targetOf(request)
    const isWebSocket = headers.upgrade?.toLowerCase() === 'websocket'
    return isWebSocket && apiRequestKind(method, pathname, true) === 'socket' ? undefined : notPassedOn
  }
}
