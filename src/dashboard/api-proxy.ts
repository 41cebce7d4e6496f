import type { IncomingMessage, ServerResponse } from 'node:http'
import { onAbort } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import { Timer } from '../base/timer.ts'
import { watchTokenExpiry } from '../connection/token-renewal.ts'
import type { HttpResponse } from '../platform/platform.ts'
import { dataHeaders, refusalOfError, refuse } from './answer.ts'
import type { ApiRequestKind } from './api-routes.ts'
import { onlyQueries, readOnlyRequest } from './graphql-operations.ts'
import type { Refusal } from './guard.ts'
import { SecretMask } from './secret-mask.ts'
import type { Upstream } from './upstream.ts'

/** One request of the page and its answer. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** The largest body of a request, in bytes. */
const mostOfBody = 2 ** 20

/** The types of answers, without what else Meshery writes into the header. */
const answerTypes: ReadonlyMap<string, string> = new Map([
  ['application/json', 'application/json'],
  ['text/event-stream', 'text/event-stream'],
  ['text/plain', 'text/plain; charset=utf-8'],
  ['text/html', 'text/html; charset=utf-8'],
])

/** A browser runs and shows nothing of any other type. */
const answerType = (given: string): string =>
  answerTypes.get(given.replace(/;.*/s, '').trim().toLowerCase()) ?? 'application/octet-stream'

/** The headers that the client reads, where they are what they should be. */
const passedHeaders = {
  date: /^\w{3}, [\w :]{1,24} GMT$/,
  'retry-after': /^(\d{1,9}|\w{3}, [\w :]{1,24} GMT)$/,
} as const

/**
 * Passes one request of the page on to Meshery, and the answer back, piece by piece. It ends when either side does, when the
 * dashboard closes, and when Meshery is silent for too long.
 */
export class ProxiedRequest {
  readonly #exchange: Exchange
  readonly #kind: Exclude<ApiRequestKind, 'socket'>
  readonly #upstream: Upstream
  readonly #abort = new AbortController()
  /** Aborts when the answer has ended, however it did. */
  readonly #over = new AbortController()
  readonly #silence = new Timer()

  constructor(exchange: Exchange, kind: Exclude<ApiRequestKind, 'socket'>, upstream: Upstream) {
    this.#exchange = exchange
    this.#kind = kind
    this.#upstream = upstream
  }

  /** Resolves when the answer has ended. Never rejects. @param closing Aborts when the dashboard closes. */
  async run(closing: AbortSignal): Promise<void> {
    const { response } = this.#exchange
    response.once('close', () => {
      if (!response.writableFinished)
        this.#abort.abort(new MesheryError('CLOSED', 'The page has gone', { phase: 'poll' }))
    })
    const forget = onAbort(closing, () => response.destroy())
    try {
      await this.#answer()
    } catch (error) {
      this.#fail(error)
    } finally {
      forget()
      this.#silence.stop()
      this.#over.abort()
    }
  }

  async #answer(): Promise<void> {
    const { request, response } = this.#exchange
    const body = this.#kind === 'query' ? await readQuery(request) : undefined
    if (typeof body === 'object') {
      refuse(response, body)
      return
    }
    const isStream = this.#kind === 'stream'
    const { connect, request: requestMs, idleSSE } = this.#upstream.timeouts
    this.#failAfter(isStream ? connect : requestMs)
    const answer = await this.#upstream.send(
      {
        method: this.#kind === 'query' ? 'POST' : 'GET',
        path: request.url ?? '',
        accept: isStream ? 'text/event-stream' : 'application/json',
        body,
      },
      this.#abort.signal,
    )
    this.#begin(answer)
    if (isStream) this.#endWithToken()
    await this.#passBody(answer, isStream ? idleSSE : requestMs)
  }

  #begin({ status, headers }: HttpResponse): void {
    const { response } = this.#exchange
    const type = headers.get('content-type')
    const passed = Object.entries(passedHeaders).flatMap(([name, pattern]) => {
      const value = headers.get(name) ?? ''
      return pattern.test(value) ? [[name, value] as const] : []
    })
    // The clock of the answer is that of Meshery, by which the client counts.
    response.sendDate = false
    response.writeHead(status, {
      ...dataHeaders,
      ...Object.fromEntries(passed),
      ...(type !== null && { 'content-type': answerType(type) }),
    })
    // A client follows a stream from its headers on.
    response.flushHeaders()
  }

  async #passBody(answer: HttpResponse, silenceMs: number): Promise<void> {
    const { response } = this.#exchange
    const { signal } = this.#abort
    const mask = new SecretMask(this.#upstream.secrets)
    const reader = answer.reader?.() ?? answer.body?.getReader()
    try {
      for (;;) {
        this.#failAfter(silenceMs)
        const { value } = (await reader?.read()) ?? {}
        signal.throwIfAborted()
        if (!value) break
        // The page may take its time; Meshery waits meanwhile.
        this.#silence.stop()
        const piece = mask.take(value)
        if (piece.length > 0 && !response.write(piece)) await drained(response, signal)
      }
      response.end(mask.rest())
    } finally {
      // Not awaited: it may never settle, and what fails after the end no longer matters.
      reader?.cancel().catch(() => {})
    }
  }

  /** A stream goes on with the token that it began with. With a new token the page has to open another one. */
  #endWithToken(): void {
    const { http } = this.#upstream
    void watchTokenExpiry(http.credentials, () => this.#exchange.response.destroy(), this.#over.signal)
  }

  #failAfter(silenceMs: number): void {
    this.#silence.start(silenceMs, () => {
      const message = `${this.#upstream.http.base} was silent for ${silenceMs} ms`
      this.#abort.abort(new MesheryError('TIMED_OUT', message, { phase: 'poll' }))
    })
  }

  #fail(thrown: unknown): void {
    const { response } = this.#exchange
    const error = this.#upstream.http.networkError(thrown, 'poll', this.#abort.signal)
    // A body that is cut short must not look like a whole one.
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    const { retryAfter } = error.details
    const wait = typeof retryAfter === 'number' ? { 'retry-after': `${Math.ceil(retryAfter / 1_000)}` } : {}
    refuse(response, refusalOfError(error, this.#upstream.describe(error)), wait)
  }
}

/** The body of a GraphQL request, if it is one that only reads; else why it is not passed on. */
async function readQuery(request: IncomingMessage): Promise<string | Refusal> {
  // A form of another page can send neither this type nor a request for leave to send it.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return { status: 415, text: 'A GraphQL query is sent as application/json.' }
  const pieces: Buffer[] = []
  let size = 0
  // The answer needs the connection, also where the body is not read to its end.
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = piece
    size += bytes.length
    if (size > mostOfBody) return { status: 413, text: `A GraphQL query has at most ${mostOfBody} bytes.` }
    pieces.push(bytes)
  }
  const query = readOnlyRequest(jsonOf(Buffer.concat(pieces).toString()))
  return query ? JSON.stringify(query) : { status: 403, text: onlyQueries }
}

/** Undefined for what is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller refuses it, as it refuses any other value without a query.
    return undefined
  }
}

/** Resolves when the page has taken in what was written, or the signal aborts. */
const drained = (response: ServerResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      forget()
      resolve()
    }
    response.on('drain', done)
    const forget = onAbort(signal, done)
    if (signal.aborted) done()
  })
