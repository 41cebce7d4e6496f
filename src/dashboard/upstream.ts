import { type ErrorCode, hasCode, type MesheryError } from '../base/errors.ts'
import { type HttpClient, pathOf } from '../http/http-client.ts'
import { beginning } from '../platform/body.ts'
import type { HttpResponse } from '../platform/platform.ts'
import type { Timeouts } from '../transports/contract.ts'
import { longestFirst, secretsSent } from './secret-mask.ts'

/** A request to Meshery. */
export interface UpstreamRequest {
  readonly method: 'GET' | 'POST'
  /** With its query. */
  readonly path: string
  readonly accept: 'application/json' | 'text/event-stream'
  /** JSON to send. */
  readonly body?: string | undefined
}

/** Receives how each request to Meshery ended: its path without the query, and its error; undefined if it was answered. */
export type ProblemListener = (path: string, error: MesheryError | undefined) => void

/** What happened and what to do about it, in the words of the program that serves the dashboard. */
export type DescribeError = (error: MesheryError) => Pick<MesheryError, 'message' | 'remedy'>

/** The client of a page shows so many characters of an answer that is an error. */
const shownCharacters = 200

/** How the dashboard reports errors; each has a default. */
export interface ErrorReporting {
  /** Default: nothing is reported. */
  readonly onProblem?: ProblemListener | undefined
  /** Default: the message and the remedy of the error, which name options of `createMeshery`. */
  readonly describeError?: DescribeError | undefined
}

/** How old what is known of the identity may be for an ordinary request, in milliseconds. A stream always asks anew. */
const identityAgeMs = 10_000

/** What is attempted. */
export interface Attempt {
  /** Without its query. */
  readonly path: string
  /** How old what is known of the identity may be, in milliseconds. */
  readonly maxAgeMs: number
  readonly signal: AbortSignal
}

/** What is no problem: the page has gone, or this release has no such transport and the page takes another one. */
const ordinary: ReadonlySet<ErrorCode> = new Set(['CLOSED', 'TRANSPORT_UNAVAILABLE'])

/** Meshery, asked with the identity of the command: the same credentials, proxies and certificates as those of a client. */
export class Upstream {
  readonly http: HttpClient
  readonly timeouts: Timeouts
  readonly #onProblem: ProblemListener
  readonly #describeError: DescribeError
  #identifiedAt = Number.NEGATIVE_INFINITY
  /** The version of the credentials that `#secrets` is of. */
  #secretsVersion = -1
  #secrets: readonly string[] = []
  #newestSecrets: readonly string[] = []

  constructor(http: HttpClient, timeouts: Timeouts, { onProblem, describeError }: ErrorReporting) {
    this.http = http
    this.timeouts = timeouts
    this.#onProblem = onProblem ?? (() => {})
    this.#describeError = describeError ?? ((error) => error)
  }

  /** The text of an error on the page: the remedy as a whole, and as much of the message as is shown. */
  describe(error: MesheryError): string {
    const { message, remedy } = this.#describeError(error)
    const what = this.#named(message)
    const room = shownCharacters - remedy.length - 2
    return what.length <= room ? `${what}. ${remedy}` : `${what.slice(0, Math.max(room, 80))}… ${remedy}`
  }

  /** The message with the name of Meshery in place of its address, which the page shows anyway. */
  #named(message: string): string {
    const { base, url } = this.http
    const address = [base, url.origin].find((one) => message.startsWith(one))
    return address === undefined ? message : `Meshery${message.slice(address.length).replace(/^\/[^\s:]*/, '')}`
  }

  /** What no answer may show: also what was sent before the identity changed last. */
  get secrets(): readonly string[] {
    const { credentials, options } = this.http
    if (credentials.version !== this.#secretsVersion) {
      this.#secretsVersion = credentials.version
      const newest = secretsSent(credentials, options.headers)
      this.#secrets = longestFirst([...newest, ...this.#newestSecrets])
      this.#newestSecrets = newest
    }
    return this.#secrets
  }

  /**
   * Sends a request, and once more with a fresh identity if it is refused. Resolves with the answer, whatever its status, except a redirect and
   * refused credentials.
   * @throws MesheryError for those, and when there is no answer. No secret is in it.
   */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<HttpResponse> {
    const maxAgeMs = request.accept === 'text/event-stream' ? 0 : identityAgeMs
    return this.attempt({ path: pathOf(request.path), maxAgeMs, signal }, () => this.#sendOnce(request, signal))
  }

  /**
   * Finds out the identity, unless it is known well enough, and runs `dial`; once more with a fresh identity if that is refused. Reports
   * how it ended.
   * @throws MesheryError
   */
  async attempt<T>({ path, maxAgeMs, signal }: Attempt, dial: () => Promise<T>): Promise<T> {
    try {
      await this.#identify(maxAgeMs, signal)
      const result = await this.#dialTwice(signal, dial)
      this.#onProblem(path, undefined)
      return result
    } catch (thrown) {
      const error = this.http.networkError(thrown, 'poll', signal)
      if (!ordinary.has(error.code)) this.#onProblem(path, error)
      throw error
    }
  }

  async #identify(maxAgeMs: number, signal: AbortSignal): Promise<void> {
    const { credentials } = this.http
    if (credentials.isKnown && Date.now() - this.#identifiedAt < maxAgeMs) return
    await credentials.load(this.timeouts.connect, signal)
    this.#identifiedAt = Date.now()
  }

  async #dialTwice<T>(signal: AbortSignal, dial: () => Promise<T>): Promise<T> {
    const { credentials } = this.http
    try {
      return await dial()
    } catch (error) {
      const isRefused = hasCode(error, 'CREDENTIALS_REFUSED')
      if (!isRefused || !credentials.canChange || signal.aborted) throw error
      if (!(await credentials.refresh(this.timeouts.connect, signal))) throw error
      return dial()
    }
  }

  async #sendOnce({ method, path, accept, body }: UpstreamRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { http } = this
    const address = http.urlOf(path)
    const sent = http.credentials.version
    // None of the headers of the page: they are of this machine, and its cookies are not Meshery's.
    const headers = http.headers({ accept, ...(body !== undefined && { 'content-type': 'application/json' }) })
    const response = await http.platform.fetch(address, {
      method,
      headers,
      ...(body !== undefined && { body }),
      redirect: 'manual',
      signal,
    })
    http.credentials.absorb(http.platform.freshToken?.(response.headers, address), sent)
    if (!isRefusal(response)) return response
    const answer = { status: response.status, headers: response.headers, body: await beginning(response.body) }
    throw http.answerError(answer, sent, { url: address, phase: 'poll', accept, method })
  }
}

/** Whether an answer is about who asks, and not about what was asked for. A 403 may be about either, and says so itself. */
const isRefusal = ({ status, headers }: HttpResponse): boolean =>
  status === 401 || status === 407 || (status >= 300 && status < 400) || headers.has('content-encoding')
