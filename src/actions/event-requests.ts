// The requests to the store of events: finds out under which path a release has it, and sends reads and changes.
import { sleep } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { changedError, hasCode, MesheryError } from '../base/errors.ts'
import { parseJSON } from '../base/json.ts'
import { withTimeout } from '../base/with-timeout.ts'
import { type HttpClient, pathOf } from '../http/http-client.ts'
import { beginning, wholeText } from '../platform/body.ts'
import type { HttpResponse } from '../platform/platform.ts'
import { events } from '../streams/events.ts'
import { errorTextOf } from './answers.ts'
import { repetitionDelayMs, statusOf } from './write-outcome.ts'

/** A request that changes something. */
export interface WriteRequest {
  readonly method: 'PUT' | 'POST' | 'DELETE'
  /** Below the path of the events, such as `status/bulk`. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: object
}

export interface RequestContext {
  readonly http: HttpClient
  /** `request`: how long one request may take, in milliseconds. */
  readonly timeouts: { readonly connect: number; readonly request: number }
}

const phase = 'action'

/** Where a release has everything of events but their list. */
const rootOf = (storePath: string): string => storePath.replace('/v2/', '/')

export class EventRequests {
  readonly #context: RequestContext
  #storePath: string | undefined

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** The path of the list; undefined until it was found. */
  get storePath(): string | undefined {
    return this.#storePath
  }

  /**
   * Reads a page of the list.
   * @throws MesheryError UNSUPPORTED on a release without events.
   */
  async list(query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    const known = this.#storePath
    const paths = known === undefined ? events.store : [known, ...events.store.filter((path) => path !== known)]
    let missing: MesheryError | undefined
    for (const path of paths) {
      try {
        const body = await this.#get(`${path}?${new URLSearchParams(query)}`, signal)
        if (!events.page(body)) throw this.#notMeshery(path)
        this.#storePath = path
        return body
      } catch (error) {
        // Another release has it under another path.
        if (!hasCode(error, 'NOT_MESHERY')) throw error
        missing ??= error
      }
    }
    throw await this.#missingStore(missing ?? this.#notMeshery(''), signal)
  }

  /**
   * Reads what is below the path of the events, such as `types`.
   * @throws MesheryError UNSUPPORTED where this release has no such path.
   */
  async read(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#below(signal, async (root) => {
      try {
        return await this.#get(`${root}/${path}`, signal)
      } catch (error) {
        throw error instanceof MesheryError ? this.#explained(error, `GET ${root}/${path}`) : error
      }
    })
  }

  /**
   * Sends a change, and again where `repetitionDelayMs` allows it. Resolves with the JSON of the answer; undefined when it is empty.
   * @throws MesheryError UNSUPPORTED where this release has no such path.
   */
  async write(request: WriteRequest, signal: AbortSignal): Promise<unknown> {
    return this.#below(signal, (root) => this.#repeat({ ...request, path: `${root}/${request.path}` }, signal))
  }

  async #repeat(request: WriteRequest, signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#withFreshIdentity(signal, () => this.#send(request, signal))
      } catch (thrown) {
        if (!(thrown instanceof MesheryError)) throw thrown
        const error = this.#explained(thrown, `${request.method} ${request.path}`)
        const delayMs = signal.aborted ? undefined : repetitionDelayMs(request.method, error, tries)
        if (delayMs === undefined) throw error
        await sleep(delayMs, signal)
      }
    }
  }

  /** Before any change, the list is read once: it shows the path, and that the credentials are accepted. */
  async #root(signal: AbortSignal): Promise<string> {
    if (this.#storePath === undefined) await this.list({ page: '0', pagesize: '1', pageSize: '1' }, signal)
    return rootOf(this.#storePath ?? '')
  }

  /** Sends below the path of the events. A path that is gone may be that of an earlier release: it is looked for again. */
  async #below<T>(signal: AbortSignal, send: (root: string) => Promise<T>): Promise<T> {
    const wasKnown = this.#storePath !== undefined
    const root = await this.#root(signal)
    try {
      return await send(root)
    } catch (error) {
      if (!wasKnown || !(error instanceof MesheryError) || statusOf(error) !== 404) throw error
      this.#storePath = undefined
      const found = await this.#root(signal)
      if (found === root) throw error
      return send(found)
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const { http, timeouts } = this.#context
    const options = { phase, timeout: timeouts.request, signal } as const
    return this.#withFreshIdentity(signal, async () => (await http.json(path, options)).body)
  }

  /** A refused request did nothing, whatever its method: it is sent once more if the credentials have changed. */
  async #withFreshIdentity<T>(signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    const { credentials } = this.#context.http
    try {
      return await send()
    } catch (error) {
      const isRefused = hasCode(error, 'CREDENTIALS_REFUSED')
      if (!isRefused || statusOf(error) === 403 || !credentials.canChange) throw error
      if (!(await credentials.refresh(this.#context.timeouts.connect, signal))) throw error
      return send()
    }
  }

  /** Sends a change once. */
  async #send({ method, path, body }: WriteRequest, signal: AbortSignal): Promise<unknown> {
    const { http, timeouts } = this.#context
    const address = http.urlOf(path)
    const late = (limited: AbortSignal): MesheryError => {
      const message = `${address} did not answer within ${timeouts.request} ms (\`timeouts.request\`)`
      return new MesheryError('TIMED_OUT', message, {
        phase: http.platform.connecting?.(limited) ?? phase,
        details: { timeout: timeouts.request },
      })
    }
    http.holds.throwIfHeld(pathOf(path), phase, false)
    const json = body === undefined ? undefined : JSON.stringify(body)
    try {
      return await withTimeout(timeouts.request, late, signal, async (ending) => {
        const sent = http.credentials.version
        const headers = http.headers({
          accept: 'application/json',
          ...(json && { 'content-type': 'application/json' }),
        })
        const init = {
          method,
          headers,
          ...(json !== undefined && { body: json }),
          redirect: 'manual',
          signal: ending,
        } as const
        const response = await http.platform.fetch(address, init)
        http.credentials.absorb(http.platform.freshToken?.(response.headers, address), sent)
        if (!isAccepted(response)) {
          const answer = { status: response.status, headers: response.headers, body: await beginning(response.body) }
          throw http.answerError(answer, sent, { url: address, phase, accept: 'application/json', method })
        }
        const text = await wholeText(response, { address, phase, limit: http.messageBytes, signal: ending })
        return this.#readAnswer(text, address, response.status)
      })
    } catch (error) {
      throw http.networkError(error, phase, signal)
    }
  }

  /** @throws MesheryError SERVER_ERROR when the answer is the text of an error. */
  #readAnswer(text: string, address: string, status: number): unknown {
    if (text.trim() === '') return undefined
    const body = jsonOf(text)
    const problem = errorTextOf(body)
    if (problem === undefined) return body
    const { secrets } = this.#context.http.credentials
    const shown = secrets
      .text(problem)
      .slice(0, 200)
      .replace(/[\s\p{C}]+/gu, ' ')
      .trim()
    const message = `${address} answers ${status} with an error: ${shown}`
    throw new MesheryError('SERVER_ERROR', message, { phase, retryable: false, details: { status } })
  }

  /** The store was found: what is missing now is this path, or this method. A page in its place is that of Meshery's UI. */
  #explained(error: MesheryError, request: string): MesheryError {
    if (error.code !== 'NOT_MESHERY' && statusOf(error) !== 405) return error
    return changedError(error, {
      code: 'UNSUPPORTED',
      message: `This Meshery has no ${request}: ${error.message}`,
      retryable: false,
      remedy:
        'Use a release that has it: v0.6.15x (September 2023) or later for events, v0.8 or later for the log level.',
    })
  }

  /** A server that reports its release is a Meshery: then it is older than events. */
  async #missingStore(refusal: MesheryError, signal: AbortSignal): Promise<MesheryError> {
    const version = await this.#get('/api/system/version', signal).catch((error: unknown) => {
      if (error instanceof MesheryError) return undefined
      throw error
    })
    if (!isRecord(version) || typeof version['build'] !== 'string') return refusal
    return new MesheryError('UNSUPPORTED', `This Meshery has no store of events: ${refusal.message}`, {
      phase,
      remedy: `Use Meshery ${events.since} or later.`,
      cause: refusal,
      details: refusal.details,
    })
  }

  #notMeshery(path: string): MesheryError {
    const address = this.#context.http.urlOf(path)
    return new MesheryError('NOT_MESHERY', `The answer of ${address} is not a page of events`, { phase })
  }
}

const isAccepted = ({ ok, headers }: HttpResponse): boolean =>
  ok && !(headers.get('content-type') ?? '').toLowerCase().includes('html')

/** What is no JSON stays a text. */
function jsonOf(text: string): unknown {
  try {
    return parseJSON(text)
  } catch {
    return text
  }
}
