import { sleep } from '../base/abort.ts'
import { isRecord } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { Server } from '../platform/server.ts'
import type { Ask } from '../streams/state-stream.ts'
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
export class Asking {
  readonly #server: Server
  readonly #timeout: number
  readonly #ways = new Map<string, number>()
  readonly #zeroBased = new Set<string>()

  constructor(server: Server, timeout: number) {
    this.#server = server
    this.#timeout = timeout
  }

  /** Requests that end when the signal aborts. */
  until(signal: AbortSignal): Ask {
    const reading = { phase: 'poll', timeout: this.#timeout, signal } as const
    return {
      get: async (path) => (await this.#server.json(path, reading)).body,
      query: async (document, variables) => this.#data(await this.#server.graphql(document, variables, reading)),
      zeroBased: this.#zeroBased,
      first: (name, ways) => this.#first(name, ways),
      turn: () => sleep(pageGap, signal),
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
    throw mendable(refusal)
  }
}

/** The error of what worked before: somebody may mend it, so it is worth another try. Refused credentials are not. */
export function mendable(error: unknown): unknown {
  if (!(error instanceof MesheryError) || error.code === 'CREDENTIALS_REFUSED') return error
  const { code, message, phase, details, remedy, cause } = error
  return new MesheryError(code, message, { phase, details, remedy, cause, retryable: true })
}
