import type { SentIdentity } from '../base/credentials-refused.ts'
import type { ErrorPhase, MesheryError } from '../base/errors.ts'
import type { HttpAnswer, SentRequest } from '../base/http-errors.ts'
import type { LogMethods } from '../base/logger.ts'
import type { RetryAfterHolds } from '../base/retry-after-holds.ts'
import type { SourcedIdentity } from '../credentials/identity.ts'
import type { Redactor } from '../credentials/redactor.ts'
import type { NodeOptions } from './network-options.ts'
import type { CertificateNotice, TlsConnection, TlsReporter } from './tls-connection.ts'

/** The type of a method, whose parameter may also be more special, as those of a browser's WebSocket are. */
type SocketListener<Event> = { call(event: Event): void }['call']

/** The part of the WebSocket interface that `ws` and browsers share, as far as it is used here. */
export interface RawSocket {
  readonly readyState: number
  readonly protocol: string
  /** What is under way before the upgrade, where the platform shows it. */
  readonly pending?: 'dns' | 'tcp' | 'proxy' | 'tls' | undefined
  /** When the frame arrived that is handed on, by `now`, where the platform knows it. */
  readonly receivedAt?: number | undefined
  /** How many bytes wait to be sent. */
  readonly bufferedAmount?: number | undefined
  send(text: string): void
  close(code?: number, reason?: string): void
  /** Ends the connection without a handshake, where the platform can. */
  terminate?(): void
  onopen: { call(event?: unknown): void }['call'] | null
  onmessage: SocketListener<{ readonly data: unknown }> | null
  onclose: SocketListener<{ readonly code: number; readonly reason: string }> | null
  onerror: SocketListener<unknown> | null
  /** A ping came while more than `mostUnsent` waits, where the platform answers pings by this package. */
  onunread?: (() => void) | null | undefined
}

/** How many bytes may wait to be sent, before the server counts as one that does not read. */
export const mostUnsent: number = 2 ** 20

export interface SocketRequest {
  /** ws: or wss: */
  readonly url: string
  readonly protocol: string
  /** For the upgrade request. Browsers cannot set any, and are given none. */
  readonly headers: Readonly<Record<string, string>>
  /** The largest frame that is accepted, in bytes. */
  readonly maxPayload: number
  /** Hears the HTTP answer that came in place of an upgrade, where the platform shows it. Called before `onerror`. */
  onAnswer(answer: HttpAnswer): void
  /** Called with the status and the headers of a successful upgrade, where the platform shows them. */
  onUpgrade?(status: number, headers: Headers): void
}

/** The part of a `Response` that is used. */
export interface HttpResponse extends Pick<Response, 'ok' | 'status' | 'headers'> {
  readonly body: ReadableStream<Uint8Array> | null
  /** Reads the body in place of `body`, where that goes without a web stream. */
  reader?(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>
  /**
   * Decodes the body piece by piece in place of a `TextDecoder`, where that takes less memory. It may hold back what has no line
   * end, up to the limit.
   */
  decoder?(limitBytes?: number): PieceDecoder
}

/** The part of a `TextDecoder` that is used. */
export interface PieceDecoder {
  decode(piece?: Uint8Array, options?: { readonly stream: true }): string
}

/** The user and the password in an address, still URL-encoded. */
export type GatewayUser = Pick<URL, 'username' | 'password'>

/** What a request for the identity is made with. */
export interface ProviderRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** How long it may take, in milliseconds. */
  readonly timeout: number
  /** The largest list that is read, in bytes. */
  readonly limit: number
  /** Which requests must wait. */
  readonly holds: RetryAfterHolds
}

/** Whose work diagnostics show. */
export interface DiagnosedClient {
  /** The address of its server. */
  readonly base: string
  readonly credentials: { readonly secrets: Pick<Redactor, 'text'> }
  /** What it counts, as far as the platform adds to it. */
  readonly counters: { receivedBytes: number }
}

/** The state of a connection, as far as it is shown. */
export interface SeenConnection {
  readonly kind: string
  readonly attempt: number
  readonly error: MesheryError | null
  /** In `waiting`: when it is dialled next, in milliseconds of `now`. */
  readonly nextDialAt: number
  /** Whether something arrived on it. */
  readonly received: boolean
}

/**
 * Milliseconds between the moment at which an event was stored and its delivery, by the clocks of server and client: a difference between
 * the two is in it.
 */
export interface Lag {
  /** Of the last event. */
  readonly last: number
  /** Of the last 256 events, half had at most this. */
  readonly p50: number
  /** Of the last 256 events, 99 of 100 had at most this. */
  readonly p99: number
}

/** A channel of `node:diagnostics_channel`, as far as it is used. */
export interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

/** What has a channel of its own. */
export type Topic = 'notice' | 'connection' | 'event' | 'request'

/** Receives what a client does. */
export interface Diagnostics {
  /** A subscription has a notice. Throws what the logger threw before. */
  notice(subscription: string, notice: object): void
  connection(transport: string, state: SeenConnection): void
  /** An event came. @param at When it was stored, as the server writes it. */
  event(id: string | null, at: string | null, origin: 'push' | 'row'): void
  /** Null before the first event whose moment is known. */
  readonly lagMs: Lag | null
}

/** Where the package runs: what differs between Node and browsers, and nothing else. */
export interface Platform {
  readonly name: 'node' | 'browser' | 'worker'
  /** Whether cookies and headers can be set on requests. In browsers the page's own cookies go along by themselves. */
  readonly setsHeaders: boolean
  openSocket(request: SocketRequest): RawSocket
  /**
   * Publishes what the client does, and logs connections, requests and events at the level `debug`. Not in browsers, which have tools of
   * their own for that.
   */
  readonly diagnose?: (client: DiagnosedClient, logger: LogMethods | undefined) => Diagnostics
  /**
   * Takes the options that only Node has, before anything else is asked of the platform. Elsewhere they are not allowed.
   * @throws MesheryError INVALID_OPTION
   */
  readonly configure?: (options: NodeOptions) => void
  /**
   * Checks what can be known of a GraphQL document before it is sent. Only in Node: elsewhere the server answers. What is no text yet is not checked.
   * @throws MesheryError INVALID_OPTION for what is no subscription.
   */
  readonly checkDocument?: (text: unknown) => void
  /** What the request with this signal waits for, as long as it is not sent. Only in Node. */
  readonly connecting?: (signal: AbortSignal) => RawSocket['pending']
  /** Passes the notices of one subscription on to the listener, with what is known of TLS and the certificate. Only in Node. */
  readonly withTls?: <Notice extends { readonly kind: string }>(
    listener: (notice: Notice | (Notice & { readonly tls: TlsConnection }) | CertificateNotice) => void,
  ) => TlsReporter<Notice>
  /** Takes the function that receives warnings about the token, each once. Not in browsers, where the cookies are the page's. */
  readonly onWarning?: (listener: (text: string) => void) => void
  /** GET, or POST of a text; never follows a redirect. In browsers the page's cookies go along. */
  fetch(url: string, init: RequestInit): Promise<HttpResponse>
  /** Ends the connections that `fetch` left open. */
  close(): void
  /** Keeps the process alive until the returned function is called, and as long as another one of them is not; nothing else does. */
  hold(): () => void
  /**
   * The address of Meshery by default: in Node that of `context`, else MESHERY_URL, else mesheryctl's current context, else localhost:9081; in a
   * browser the origin of the page.
   * @throws MesheryError INVALID_OPTION when mesheryctl's configuration is there and cannot be read.
   */
  defaultUrl(): string
  /**
   * The default identity for that server; read again at each call. Undefined where there is no source for it.
   * Rejects with CREDENTIALS_UNREADABLE when a source is there and cannot be read.
   */
  readCredentials(server: URL): Promise<SourcedIdentity | undefined>
  /** The token that an answer of this address set as a cookie. Not in browsers, which do not show cookies. */
  readonly freshToken?: (headers: Headers, url: string) => string | undefined
  /**
   * Finds the provider when none is given, in the list of the server, which needs no login: the Local one without a token,
   * the only remote one with it. Null when there is none to find, undefined when the list cannot be read at the moment.
   * Not in browsers, where the cookies are the page's.
   *
   * Rejects with CREDENTIALS_UNREADABLE when several can be meant, with the error of the network when nothing of the
   * server can be reached, and with RATE_LIMITED while a 429 of the server holds every request.
   */
  readonly findProvider?: (who: SentIdentity, request: ProviderRequest) => Promise<string | null | undefined>
  /**
   * A token in place of one that has expired or soon will, from GET /api/token. Undefined when none is needed, or the server
   * has none at the moment. Only in Node.
   *
   * Rejects with CREDENTIALS_REFUSED for a token that has expired and that the server refuses.
   */
  readonly renewToken?: (token: string, who: SentIdentity, request: ProviderRequest) => Promise<string | undefined>
  /**
   * The user's headers as they are sent, with names in lower case. The user of a gateway is sent as Basic credentials, where
   * no `authorization` is given.
   * @throws MesheryError INVALID_OPTION for what cannot be sent; in browsers for any, since a WebSocket takes none.
   */
  readHeaders(given: Readonly<Record<string, unknown>>, user?: GatewayUser): Record<string, string>
  /** The error for what a socket or `fetch` threw. `address` is shown: it has no query. */
  networkError(error: unknown, phase: ErrorPhase, address: string): MesheryError
  /** The error of an unexpected HTTP response. */
  answerError(answer: HttpAnswer, asked: SentRequest): MesheryError
}
