import { sleep } from '../base/abort.ts'
import { asRetryable } from '../base/as-retryable.ts'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import { postQuery } from '../http/graphql-endpoint.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { StateRequests } from '../streams/state-declaration.ts'
import { errorsOf, graphqlFailure } from '../transports/graphql-failure.ts'

/** The time between two pages of one walk, in milliseconds. */
const pageGapMs = 1_000
/**
 * Whether the release does not support it. A POST without a token may get 404 for a login, and 405 from a path that accepts
 * no POST any more.
 */
const isUnsupported = ({ code, details }: MesheryError): boolean =>
  code === 'NOT_MESHERY' || code === 'UNSUPPORTED' || details['status'] === 404 || details['status'] === 405

/** Makes the requests of states, each in the form that the server's release supports. One for a client: what one state finds out, the others use. */
export class RestFallback {
  readonly #http: HttpClient
  readonly #timeout: number
  /** By name, the number of the alternative that worked. */
  readonly #supported = new Map<string, number>()
  readonly #zeroBased = new Set<string>()

  constructor(http: HttpClient, timeout: number) {
    this.#http = http
    this.#timeout = timeout
  }

  /** Requests that end when the signal aborts. */
  until(signal: AbortSignal): StateRequests {
    const reading = { phase: 'poll', timeout: this.#timeout, signal } as const
    return {
      get: async (path) => (await this.#http.json(path, reading)).body,
      query: async (query, variables) => this.#data(await postQuery(this.#http, { query, variables }, reading)),
      zeroBased: this.#zeroBased,
      firstSupported: (name, alternatives) => this.#firstSupported(name, alternatives),
      waitForSlot: () => sleep(pageGapMs, signal),
    }
  }

  #data(answer: unknown): unknown {
    const { data, errors } = isRecord(answer) ? answer : {}
    const failures = errorsOf(errors, this.#http.credentials.secrets)
    if (failures) throw graphqlFailure(failures, 'poll')
    if (isRecord(data)) return data
    throw new MesheryError('NOT_MESHERY', 'The answer to a GraphQL query has no data', { phase: 'poll' })
  }

  async #firstSupported<T>(name: string, alternatives: readonly (() => Promise<T | undefined>)[]): Promise<T> {
    const known = this.#supported.get(name)
    let refusal: MesheryError | undefined
    for (let step = 0; step < alternatives.length; step++) {
      const number = ((known ?? 0) + step) % alternatives.length
      try {
        const result = await alternatives[number]?.()
        if (result === undefined) continue
        this.#supported.set(name, number)
        return result
      } catch (error) {
        if (!(error instanceof MesheryError && isUnsupported(error))) throw error
        // An error of the schema says more than a missing path.
        if (!refusal || error.code === 'UNSUPPORTED') refusal = error
      }
    }
    refusal ??= new MesheryError('UNSUPPORTED', `This Meshery has no ${name}`, { phase: 'poll' })
    if (known === undefined) throw refusal
    // It was supported before: a router answers while the server restarts.
    throw asRetryable(refusal, true)
  }
}
