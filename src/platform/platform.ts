import type { SentIdentity } from '../base/credentials-refused.ts'
import type { ErrorPhase, MesheryError } from '../base/errors.ts'
import type { HttpAnswer, SentRequest } from '../base/http-errors.ts'
import type { RetryAfterHolds } from '../base/retry-after-holds.ts'
import type { SourcedIdentity } from '../credentials/identity.ts'
import type { NetworkOptions } from './network-options.ts'

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
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: unknown) => void) | null
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
}

/** The part of a `Response` that is used. */
export interface HttpResponse extends Pick<Response, 'ok' | 'status' | 'headers'> {
  readonly body: ReadableStream<Uint8Array> | null
  /** Reads the body in place of `body`, where that goes without a web stream. */
  reader?(): Pick<ReadableStreamDefaultReader<Uint8Array>, 'read' | 'cancel'>
}

/** What is needed to find the provider when none is given. */
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

/** Where the package runs: what differs between Node and browsers, and nothing else. */
export interface Platform {
  readonly name: 'node' | 'browser' | 'worker'
  /** Whether cookies and headers can be set on requests. In browsers the page's own cookies go along by themselves. */
  readonly setsHeaders: boolean
  openSocket(request: SocketRequest): RawSocket
  /** Takes the options of the network, before the first request. Only in Node: elsewhere they are not allowed. */
  readonly configure?: (options: NetworkOptions) => void
  /** Takes the function that receives warnings about the token, each once. Not in browsers, where the cookies are the page's. */
  readonly onWarning?: (listener: (text: string) => void) => void
  /** GET, or POST of a text; never follows a redirect. In browsers the page's cookies go along. */
  fetch(url: string, init: RequestInit): Promise<HttpResponse>
  /** Ends the connections that `fetch` left open. */
  close(): void
  /** Keeps the process alive until the returned function is called; nothing else does. */
  hold(): () => void
  /**
   * The address of Meshery by default: in Node MESHERY_URL, else mesheryctl's current context, else localhost:9081; in a
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
   * The user's headers as they are sent, with names in lower case.
   * @throws MesheryError INVALID_OPTION for what cannot be sent; in browsers for any, since a WebSocket takes none.
   */
  readHeaders(given: Readonly<Record<string, unknown>>): Record<string, string>
  /** The error for what a socket or `fetch` threw. `address` is shown: it has no query. */
  networkError(error: unknown, phase: ErrorPhase, address: string): MesheryError
  /** The error of an unexpected HTTP response. */
  answerError(answer: HttpAnswer, asked: SentRequest): MesheryError
}
