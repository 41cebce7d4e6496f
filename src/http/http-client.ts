import { type Counters, newCounters } from '../base/counts.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { HttpAnswer, SentRequest } from '../base/http-errors.ts'
import { parseJSON } from '../base/json.ts'
import type { LogMethods } from '../base/logger.ts'
import { RetryAfterHolds } from '../base/retry-after-holds.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { joinCookies } from '../credentials/cookie-header.ts'
import type { Credentials } from '../credentials/credentials.ts'
import { secretsOf, textsIn } from '../credentials/secrets.ts'
import { beginning, wholeText } from '../platform/body.ts'
import type { Diagnostics, HttpResponse, Platform } from '../platform/platform.ts'
import type { ConnectionParams } from './connection-params.ts'
import type { HttpRead } from './http-read.ts'
import { ReadHistory } from './read-history.ts'

export interface HttpClientOptions {
  /** http: or https:, with the path under which a front end serves Meshery. */
  readonly url: URL
  /** Sent with every request, where the platform can. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly connectionParams?: ConnectionParams | undefined
  /** The largest WebSocket frame that is accepted, in bytes. Default: `limits.messageBytes`. */
  readonly maxPayload?: number
  /** `messageBytes`: the largest message or response that is read, after decoding, in bytes. Default 32 MiB. */
  readonly limits?: { readonly messageBytes: number }
  /** `connect`: how long finding out the identity may take, in milliseconds. Default 10 000. */
  readonly timeouts?: { readonly connect: number }
  /** Shared with what asks the server without this client. Default: its own. */
  readonly holds?: RetryAfterHolds
  /** Receives what the client does, at the level `debug`. Default none. */
  readonly logger?: LogMethods
}

/** The HTTP client for one Meshery Server, with the user's credentials. Every request and every error from it passes here. */
export class HttpClient {
  readonly url: URL
  /** The address that paths are added to: the origin, and the path under which a front end serves Meshery. */
  readonly base: string
  readonly platform: Platform
  readonly credentials: Credentials
  readonly reads: ReadHistory
  readonly counters: Counters = newCounters()
  readonly diagnostics: Diagnostics | undefined
  /** The largest message that is read, in bytes. */
  readonly messageBytes: number
  readonly options: HttpClientOptions
  /** Which requests must wait. */
  readonly holds: RetryAfterHolds

  constructor(platform: Platform, credentials: Credentials, options: HttpClientOptions) {
    this.url = options.url
    this.base = options.url.href.replace(/\/+$/, '')
    this.platform = platform
    this.credentials = credentials
    this.reads = new ReadHistory(credentials)
    this.options = options
    this.holds = options.holds ?? new RetryAfterHolds()
    this.messageBytes = options.maxPayload ?? options.limits?.messageBytes ?? 2 ** 25
    this.diagnostics = platform.diagnose?.(this, options.logger)
    credentials.secrets.public = options.url.origin
    credentials.secrets.learn('headers', Object.values(options.headers).flatMap(secretsOf))
    this.learnParams(options.connectionParams)
  }

  /**
   * A 2xx answer of the wanted content type; its body is the caller's. Redirects are not followed. For a POST also the 422 of GraphQL.
   * @throws MesheryError for every other answer, and when there is none; no secret is in it.
   */
  async get(
    path: string,
    reading: HttpRead & { readonly accept: 'application/json' | 'text/event-stream' },
  ): Promise<HttpResponse> {
    const { accept, phase, signal, post } = reading
    this.holds.throwIfHeld(pathOf(path), phase, accept === 'text/event-stream')
    if (!this.credentials.isKnown) await this.#identify(signal)
    const url = this.urlOf(path)
    const sent = this.credentials.version
    const headers = this.headers({ accept, ...(post !== undefined && { 'content-type': 'application/json' }) })
    const request = post === undefined ? {} : { method: 'POST', body: post }
    let response: HttpResponse
    try {
      response = await this.platform.fetch(url, { ...request, headers, redirect: 'manual', signal: signal ?? null })
      if (signal?.aborted) {
        // It came although it was aborted: what the body does now no longer matters.
        response.body?.cancel().catch(() => {})
        throw signal.reason
      }
    } catch (error) {
      throw this.networkError(error, phase, signal)
    }
    this.credentials.absorb(this.platform.freshToken?.(response.headers, url), sent)
    const type = (response.headers.get('content-type') ?? '').toLowerCase()
    // Go names JSON `text/plain` where a handler sets no type, so only a page is refused.
    const wanted = accept === 'text/event-stream' ? type.startsWith(accept) : !type.includes('html')
    if ((response.ok || (post !== undefined && response.status === 422)) && wanted) return response
    const answer = { status: response.status, headers: response.headers, body: await beginning(response.body) }
    throw this.answerError(answer, sent, { url, phase, accept, ...(post !== undefined && { method: 'POST' }) })
  }

  /**
   * Reads JSON. `date` is the server's clock in milliseconds, null when the response has no `Date`. `length` is that of
   * the response, in characters.
   * @param reading `timeout` is for everything from the dial to the last byte, in milliseconds.
   * @throws MesheryError as `get` does; TIMED_OUT; TOO_LARGE; SERVER_ERROR when what calls itself JSON, or begins like it, is none.
   */
  async json(
    path: string,
    { phase, timeout, signal, post, limit = Infinity }: HttpRead & { readonly timeout: number },
  ): Promise<{ readonly body: unknown; readonly date: number | null; readonly length: number }> {
    const address = this.urlOf(pathOf(path))
    const late = (limited: AbortSignal): MesheryError => {
      const message = `${address} was not read within ${timeout} ms (\`timeouts.request\`)`
      return new MesheryError('TIMED_OUT', message, {
        phase: this.platform.connecting?.(limited) ?? phase,
        details: { timeout },
      })
    }
    if (!this.credentials.isKnown) await this.#identify(signal)
    try {
      return await withTimeout(timeout, late, signal, async (ending) => {
        const sent = this.credentials.version
        const response = await this.get(path, { accept: 'application/json', phase, signal: ending, post })
        const text = await wholeText(response, {
          address,
          phase,
          limit: Math.min(limit, this.messageBytes),
          signal: ending,
          counters: this.counters,
        })
        const date = Date.parse(response.headers.get('date') ?? '') || null
        const body = this.#parse(text, response, phase)
        // A token that came with the answer is as good as the one that it replaces.
        const fresh = this.platform.freshToken?.(response.headers, this.urlOf(path))
        this.reads.answered(phase, fresh ? this.credentials.version : sent)
        return { body, date, length: text.length }
      })
    } catch (error) {
      throw this.networkError(error, phase, signal)
    }
  }

  /** Remembers the secrets in the payload of a `connection_init`. */
  learnParams(params: unknown): void {
    this.credentials.secrets.learn('connectionParams', textsIn(params).flatMap(secretsOf))
  }

  /** Every request waits for the identity. Each dial asks for it again by itself. */
  #identify(signal: AbortSignal | undefined): Promise<void> {
    return this.credentials.load(this.options.timeouts?.connect, signal)
  }

  /** The address of a path, with the path under which a front end serves Meshery. */
  urlOf(path: string): string {
    return this.base + (path.startsWith('/') ? path : `/${path}`)
  }

  /** The headers of a request, with cookies: what the platform can set. */
  headers(extra: Readonly<Record<string, string>>): Record<string, string> {
    if (!this.platform.setsHeaders) return extra
    const cookie = joinCookies(this.credentials.cookies(), this.options.headers['cookie'])
    return { ...this.options.headers, ...extra, ...(cookie !== undefined && { cookie }) }
  }

  #parse(text: string, { status, headers }: HttpResponse, phase: ErrorPhase): unknown {
    try {
      return parseJSON(text)
    } catch {
      // Without the cause: it quotes the answer, which may hold anything.
      const json = /json/i.test(headers.get('content-type') ?? '') || /^\s*[[{]/.test(text)
      const message = `${this.url.origin} answers ${status} with what is not JSON`
      throw new MesheryError(json ? 'SERVER_ERROR' : 'NOT_MESHERY', message, { phase, details: { status } })
    }
  }

  /** The error of an unexpected answer. `sent`: the version of the credentials that the request was sent with. */
  answerError(
    { status, headers, body }: HttpAnswer,
    sent: number,
    asked: Omit<SentRequest, 'token' | 'origins'>,
  ): MesheryError {
    // Redacted before it is shortened, since half a token would pass unseen.
    const answer = { status, headers, body: this.credentials.secrets.text(body) }
    const { sentIdentity } = this.credentials
    const error = this.platform.answerError(answer, { ...asked, token: sentIdentity.hasToken, identity: sentIdentity })
    if (error.code === 'CREDENTIALS_REFUSED') {
      this.credentials.refuse(sent)
      this.reads.refused(asked.phase, sent)
    }
    const safe = this.credentials.secrets.error(error)
    this.holds.remember(safe, pathOf(String(asked.url).slice(this.base.length)))
    return safe
  }

  /** The error for what a request or a socket threw. */
  networkError(thrown: unknown, phase: ErrorPhase, signal?: AbortSignal): MesheryError {
    const cause: unknown = signal?.aborted ? signal.reason : thrown
    const error =
      signal?.aborted && !(cause instanceof MesheryError)
        ? new MesheryError('CLOSED', 'The request was aborted', { phase, remedy: 'Nothing.', cause })
        : this.platform.networkError(cause, phase, this.url.origin)
    return this.credentials.secrets.error(error)
  }
}

/** Without its query. */
export const pathOf = (path: string): string => (path.startsWith('/') ? path : `/${path}`).replace(/[?#].*/s, '')
