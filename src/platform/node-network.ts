import { type AgentOptions, Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import { connect as connectTcp, isIP, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { MesheryError } from '../base/errors.ts'
import { codeOf } from '../base/thrown.ts'
import { lookAtCertificate, sentenceOf } from './certificate.ts'
import { hostOf, portOf } from './host.ts'
import { checkNetworkOptions } from './network-checks.ts'
import type { NetworkOptions, TlsOptions } from './network-options.ts'
import { type HttpProxy, proxyFor, reasonForDirect } from './proxy-rules.ts'
import { type OpeningTunnel, openTunnel, proxyAuthorization } from './proxy-tunnel.ts'
import { TlsObserver } from './tls-observer.ts'
import { trustedRoots } from './trusted-roots.ts'

/** The time limits in milliseconds where no option says them. */
const defaultTimeouts: NetworkOptions['timeouts'] = { connect: 10_000, write: 10_000 }

/** What `http.request` and `https.request` take for a URL. */
export interface Route {
  readonly options: RequestOptions
  /** The proxy on the way; undefined for a direct connection. */
  readonly proxy: HttpProxy | undefined
}

/** What a TLS connection takes in addition to its host and port. */
export type SecureOptions = Pick<ConnectionOptions, 'secureContext' | 'servername' | 'rejectUnauthorized'>

/** As Node calls it: with an error, the connection does not count. */
type Done = (error: Error | null, connection: Duplex) => void

/**
 * How Node reaches the server: its proxy, its certificate authorities, its client certificate. The same for WebSocket, SSE
 * and every other request.
 */
export class NodeNetwork {
  /** What is known of the TLS of its connections. */
  readonly tls: TlsObserver = new TlsObserver()
  readonly #env: () => Readonly<Record<string, string | undefined>>
  readonly #agents = new Map<string, HttpAgent>()
  /** Tunnels that are being opened. */
  readonly #opening = new Set<OpeningTunnel>()
  #options: NetworkOptions = { timeouts: defaultTimeouts }
  #secure: { readonly secureContext?: SecureContext } | undefined

  constructor(env: () => Readonly<Record<string, string | undefined>>) {
    this.#env = env
  }

  /**
   * To be called before the first request.
   * @throws MesheryError INVALID_OPTION
   */
  configure(options: NetworkOptions): void {
    this.#options = checkNetworkOptions(options)
  }

  /** How long what is sent over a WebSocket may wait, in milliseconds. */
  get writeTimeoutMs(): number {
    return this.#options.timeouts.write
  }

  /** To be called when a connection to the server answers. */
  observe(socket: unknown, channel: 'websocket' | 'http', url: URL): void {
    if (/^(https|wss):$/.test(url.protocol)) this.tls.observe(socket, channel, this.servername(url) ?? hostOf(url))
  }

  /** For a request by HTTP: connections are kept open and used again. */
  forRequest(url: URL): Route {
    const proxy = this.proxyFor(url)
    const isSecure = url.protocol === 'https:'
    if (isSecure) {
      const options = {
        ...this.secureOptions(),
        agent: this.#agent(`tls ${proxy?.url}`, () => this.#secureAgent(proxy)),
      }
      return { proxy, options }
    }
    const agent = this.#agent('plain', () => new HttpAgent({ keepAlive: true }))
    if (!proxy) return { proxy, options: { agent } }
    if (proxy.url.protocol === 'https:')
      throw new MesheryError('INVALID_OPTION', `${proxy.source} names a proxy over https, for a server over http`, {
        phase: 'options',
        remedy: 'Use an http:// address of the proxy, or an https:// address of Meshery.',
      })
    // A proxy takes the whole address in place of the path.
    const options: RequestOptions = {
      agent,
      // Over the host of the address, which counts as `hostname`.
      hostname: hostOf(proxy.url),
      port: portOf(proxy.url),
      path: url.href,
      headers: { host: url.host, ...proxyAuthorization(proxy) },
    }
    return { proxy, options }
  }

  /** For a WebSocket: one connection of its own, through a tunnel where there is a proxy. */
  forSocket(url: URL): Route {
    const proxy = this.proxyFor(url)
    const isSecure = url.protocol === 'wss:'
    const secure = isSecure ? this.secureOptions() : {}
    if (!proxy) return { proxy, options: secure }
    const createConnection: RequestOptions['createConnection'] = (options, done) => {
      connectThrough(() => this.#tunnel(proxy, options, isSecure), done)
      return undefined
    }
    return { proxy, options: { ...secure, createConnection } }
  }

  /**
   * The error with the certificate that was refused, where it is about one.
   * @returns The same error, or one whose message and `certificate` name it.
   */
  async explain(error: Error, url: URL): Promise<Error> {
    const certificate = await lookAtCertificate(error, this.servername(url), () => this.open(url))
    if (!certificate) return error
    const code: unknown = Reflect.get(error, 'code')
    return Object.assign(new Error(`${error.message}: ${sentenceOf(certificate)}`), { code, certificate })
  }

  /** Ends every connection that is kept open or being opened. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    for (const tunnel of this.#opening) tunnel.cancel()
  }

  #agent(key: string, make: () => HttpAgent): HttpAgent {
    const agent = this.#agents.get(key) ?? make()
    this.#agents.set(key, agent)
    return agent
  }

  #secureAgent(proxy: HttpProxy | undefined): HttpAgent {
    if (!proxy) return new HttpsAgent({ keepAlive: true })
    return new TunnelAgent({ keepAlive: true }, (options) => this.#tunnel(proxy, options, true))
  }

  /** A connection to the host and port of the request, with TLS where that is wanted. */
  async #tunnel(proxy: HttpProxy, options: RequestOptions, isSecure: boolean): Promise<Duplex> {
    const host = String(options.host ?? options.hostname ?? '')
    const tunnel = openTunnel(proxy, {
      host,
      port: Number(options.port ?? (isSecure ? 443 : 80)),
      timeoutMs: this.#options.timeouts.connect,
      ca: proxy.url.protocol === 'https:' ? this.#roots() : undefined,
    })
    this.#opening.add(tunnel)
    try {
      const socket = await tunnel.socket
      if (!isSecure) return socket
      const servername = options.servername ?? (isIP(host) === 0 ? host : '')
      // Without `servername`, which an address cannot be, Node checks the certificate against `host`.
      return connectTls({ ...this.secureOptions(), socket, host, servername })
    } finally {
      this.#opening.delete(tunnel)
    }
  }

  /** The proxy for the address; undefined for a direct connection. */
  proxyFor(url: URL): HttpProxy | undefined {
    return proxyFor(url, this.#options.proxy, this.#env())
  }

  /** Why there is no proxy for the address, for people. */
  reasonForDirect(url: URL): string {
    return reasonForDirect(url, this.#options.proxy, this.#env())
  }

  /** A connection to the server without TLS, through its proxy if there is one. */
  open(url: URL): Promise<Duplex> {
    const proxy = this.proxyFor(url)
    const [host, port] = [hostOf(url), portOf(url)]
    if (proxy) return this.#tunnel(proxy, { host, port }, false)
    return new Promise((resolve, reject) => {
      const socket = connectTcp({ host, port })
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    })
  }

  /** The name that the certificate must be for; undefined for an address. */
  servername(url: URL): string | undefined {
    const { servername } = this.#options.tls ?? {}
    return servername ?? (isIP(hostOf(url)) === 0 ? hostOf(url) : undefined)
  }

  #roots(): string[] | undefined {
    return trustedRoots(this.#options.tls?.ca, this.#env())
  }

  /** The options of TLS. The context is made once, since reading all certificate authorities takes some milliseconds. */
  secureOptions(): SecureOptions {
    const { servername, rejectUnauthorized, cert, key, passphrase, minVersion }: TlsOptions = this.#options.tls ?? {}
    if (!this.#secure) {
      const ca = this.#roots()
      const own = { ca, cert: pemOf(cert), key: pemOf(key), passphrase, minVersion }
      const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
      this.#secure = Object.keys(given).length > 0 ? { secureContext: contextOf(given) } : {}
    }
    return {
      ...this.#secure,
      ...(servername !== undefined && { servername }),
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
    }
  }
}

/** @throws MesheryError INVALID_OPTION for what is no certificate or key, or a wrong passphrase. */
function contextOf(given: object): SecureContext {
  try {
    return createSecureContext(given)
  } catch (cause) {
    // Without the cause's own text: it may quote the key.
    const reason = codeOf(cause) || 'not PEM'
    throw new MesheryError('INVALID_OPTION', `\`tls\` cannot be used: ${reason}`, {
      phase: 'tls',
      remedy: 'Give `ca`, `cert` and `key` as PEM text, and the `passphrase` of the key.',
      details: { option: 'tls' },
    })
  }
}

const pemOf = (pem: string | Uint8Array | undefined): string | undefined =>
  pem === undefined || typeof pem === 'string' ? pem : Buffer.from(pem).toString()

/** Reports the result in Node's way. */
function connectThrough(open: () => Promise<Duplex>, done: Done): void {
  open().then(
    (connection) => done(null, connection),
    (error: Error) => done(error, new Socket()),
  )
}

/** Keeps connections through tunnels open, as the agents of Node keep direct ones. */
class TunnelAgent extends HttpsAgent {
  readonly #open: (options: RequestOptions) => Promise<Duplex>

  constructor(options: AgentOptions, open: (options: RequestOptions) => Promise<Duplex>) {
    super(options)
    this.#open = open
  }

  override createConnection(options: RequestOptions, done: Done = () => {}): undefined {
    connectThrough(() => this.#open(options), done)
  }
}
