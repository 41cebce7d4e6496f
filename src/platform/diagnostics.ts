import { channel } from 'node:diagnostics_channel'
import { dateOf, now } from '../base/clock.ts'
import { unfold } from '../base/errors.ts'
import type { LogDetails, LogMethods } from '../base/logger.ts'
import type { DiagnosedClient, Diagnostics, SeenConnection } from './platform.ts'

/** The channels of `node:diagnostics_channel`, for every client of the process. */
const channels = {
  notice: channel('meshery-live:notice'),
  connection: channel('meshery-live:connection'),
  event: channel('meshery-live:event'),
  request: channel('meshery-live:request'),
}

/** The code of what a request failed with, such as ECONNREFUSED or ABORT_ERR. */
const codeOf = (error: unknown): string => {
  const cause = unfold(error).find((one) => typeof one === 'object' && one !== null && 'code' in one)
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'ERROR'
}

/** What one client publishes on the channels, and logs besides its notices. Computes nothing where neither a channel nor the logger wants it. */
export class NodeDiagnostics implements Diagnostics {
  readonly #client: DiagnosedClient
  readonly #logger: LogMethods
  /** What the logger threw. */
  #thrown: { readonly cause: unknown } | undefined

  constructor(client: DiagnosedClient, logger: LogMethods = {}) {
    this.#client = client
    this.#logger = logger
  }

  notice(subscription: string, notice: object): void {
    if (channels.notice.hasSubscribers) channels.notice.publish({ url: this.#client.base, subscription, ...notice })
    const thrown = this.#thrown
    this.#thrown = undefined
    if (thrown) throw thrown.cause
  }

  connection(transport: string, { kind, attempt, error, nextDialAt, received }: SeenConnection): void {
    // That something arrived is no other state.
    if (kind === 'live' && received) return
    const nextRetryAt = kind === 'waiting' ? dateOf(nextDialAt) : null
    this.#show('connection', () => ({ transport, state: kind, attempt, reason: error, nextRetryAt }))
  }

  event(id: string | null, origin: 'push' | 'row', lagMs: number | null): void {
    this.#show('event', () => ({ id: id && this.#redacted(id), origin, lagMs }))
  }

  /** Shows a request of the client once its headers are there, or it has failed. */
  async request<Response extends { readonly status: number }>(
    method: string,
    address: string,
    send: () => Promise<Response>,
  ): Promise<Response> {
    const startedAt = now()
    const path = (): string => this.#redacted(new URL(address).pathname)
    const show = (outcome: { readonly status: number | null; readonly code: string | null }): void =>
      this.#show('request', () => ({ method, path: path(), ...outcome, durationMs: now() - startedAt }))
    try {
      const response = await send()
      show({ status: response.status, code: null })
      return response
    } catch (error) {
      show({ status: null, code: this.#redacted(codeOf(error)) })
      throw error
    }
  }

  #redacted(text: string): string {
    return this.#client.credentials.secrets.text(text)
  }

  #show(topic: keyof typeof channels, detailsOf: () => LogDetails): void {
    if (!this.#logger.debug && !channels[topic].hasSubscribers) return
    const details = { url: this.#client.base, ...detailsOf() }
    channels[topic].publish(details)
    try {
      this.#logger.debug?.(details, `meshery-live: ${topic}`)
    } catch (cause) {
      // Not the fault of the request or connection that it was to log: the next notice reports it.
      this.#thrown = { cause }
    }
  }
}
