import { sleep } from '../base/abort.ts'
import { asRetryable } from '../base/as-retryable.ts'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { StateRequests } from '../streams/state-declaration.ts'
import { errorsOf, graphqlFailure } from '../transports/graphql-failure.ts'

/** Milliseconds between two pages of one walk. */
const pageGap = 1_000
/**
 * Whether its release does not have it. To a POST without a token 404 may also mean a login, and 405 is what a path says that
 * takes no POST any more.
 */
const isNotThere = ({ code, details }: MesheryError): boolean =>
  code === 'NOT_MESHERY' || code === 'UNSUPPORTED' || details['status'] === 404 || details['status'] === 405

/** Makes the requests of states. One for a client: what a server knows, it knows for all of them. */
export class RestFallback {
  readonly #server: HttpClient
  readonly #timeout: number
  readonly #ways = new Map<string, number>()
  readonly #zeroBased = new Set<string>()

  constructor(server: HttpClient, timeout: number) {
    this.#server = server
    this.#timeout = timeout
  }

  /** Requests that end when the signal aborts. */
  until(signal: AbortSignal): StateRequests {
    const reading = { phase: 'poll', timeout: this.#timeout, signal } as const
    return {
      get: async (path) => (await this.#server.json(path, reading)).body,
      query: async (document, variables) => this.#data(await this.#server.graphql(document, variables, reading)),
      zeroBased: this.#zeroBased,
      firstSupported: (name, ways) => this.#first(name, ways),
      waitForSlot: () => sleep(pageGap, signal),
    }
  }

  #data(answer: unknown): unknown {
    const { data, errors } = isRecord(answer) ? answer : {}
    const told = errorsOf(errors, this.#server.credentials.secrets)
    if (told) throw graphqlFailure(told, 'poll')
    if (isRecord(data)) return data
    throw new MesheryError('NOT_MESHERY', 'The answer to a GraphQL query has no data', { phase: 'poll' })
  }

  async #first<T>(name: string, ways: readonly (() => Promise<T | undefined>)[]): Promise<T> {
    const known = this.#ways.get(name)
    let refusal: MesheryError | undefined
    for (let step = 0; step < ways.length; step++) {
      const number = ((known ?? 0) + step) % ways.length
      try {
        const result = await ways[number]?.()
        if (result === undefined) continue
        this.#ways.set(name, number)
        return result
      } catch (error) {
        if (!(error instanceof MesheryError && isNotThere(error))) throw error
        // What a schema lacks says more than a path that is not there.
        if (!refusal || error.code === 'UNSUPPORTED') refusal = error
      }
    }
    refusal ??= new MesheryError('UNSUPPORTED', `This Meshery has no ${name}`, { phase: 'poll' })
    if (known === undefined) throw refusal
    // It was there before: a router answers for a server that restarts.
    throw asRetryable(refusal)
  }
}
