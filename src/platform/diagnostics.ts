import { dateOf, now } from '../base/clock.ts'
import { unfold } from '../base/errors.ts'
import type { LogMethods } from '../base/logger.ts'
import { isError } from '../base/thrown.ts'
import type { ConnectionMessage, EventMessage, RequestMessage } from './messages.ts'
import type { Channel, DiagnosedClient, Diagnostics, Lag, SeenConnection, Topic } from './platform.ts'

/** How many lags are remembered. */
const mostLags = 256

type Channels = Readonly<Record<Topic, Channel>>

/** What is shown of each topic, without the address of the server. */
interface Shown {
  readonly connection: Omit<ConnectionMessage, 'url'>
  readonly event: Omit<EventMessage, 'url'>
  readonly request: Omit<RequestMessage, 'url'>
}

/**
 * What one client publishes on channels, and logs besides its notices. Computes nothing where neither a channel nor the logger
 * wants it. Every text of a server is redacted.
 */
export class ClientDiagnostics implements Diagnostics {
  readonly #client: DiagnosedClient
  readonly #logger: LogMethods
  readonly #channels: Channels | undefined
  /** The lags of the last events in milliseconds, the newest last. */
  readonly #lagsMs: number[] = []
  /** What the logger threw. */
  #thrown: { readonly cause: unknown } | undefined

  constructor(client: DiagnosedClient, logger: LogMethods = {}, channels?: Channels) {
    this.#client = client
    this.#logger = logger
    this.#channels = channels
  }

  get lagMs(): Lag | null {
    const sorted = this.#lagsMs.toSorted((a, b) => a - b)
    const share = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? 0
    const last = this.#lagsMs.at(-1)
    return last === undefined ? null : { last, p50: share(0.5), p99: share(0.99) }
  }

  notice(subscription: string, notice: object): void {
    const channel = this.#channels?.notice
    if (channel?.hasSubscribers) channel.publish({ url: this.#client.base, subscription, ...notice })
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

  event(id: string | null, at: string | null, origin: 'push' | 'row'): void {
    const sinceMs = Date.now() - Date.parse(at ?? '')
    const lagMs = Number.isNaN(sinceMs) ? null : sinceMs
    if (lagMs !== null && this.#lagsMs.push(lagMs) > mostLags) this.#lagsMs.shift()
    this.#show('event', () => ({ id: id && this.#redacted(id), origin, lagMs }))
  }

  /** Sends a request, and shows it once its headers are there or it has failed. */
  async request<Response extends { readonly status: number }>(
    method: string,
    address: string,
    send: () => Promise<Response>,
  ): Promise<Response> {
    const startedAt = now()
    const show = (status: number | null, error?: unknown): void =>
      this.#show('request', () => ({
        method,
        path: this.#redacted(new URL(address).pathname),
        status,
        code: status === null ? this.#redacted(codeOrName(error)) : null,
        durationMs: now() - startedAt,
      }))
    try {
      const response = await send()
      show(response.status)
      return response
    } catch (error) {
      show(null, error)
      throw error
    }
  }

  #redacted(text: string): string {
    return this.#client.credentials.secrets.text(text)
  }

  #show<Name extends keyof Shown>(topic: Name, detailsOf: () => Shown[Name]): void {
    const channel = this.#channels?.[topic]
    if (!this.#logger.debug && !channel?.hasSubscribers) return
    const details = { url: this.#client.base, ...detailsOf() }
    channel?.publish(details)
    try {
      this.#logger.debug?.(details, `meshery-live: ${topic}`)
    } catch (cause) {
      // Not the fault of the request, connection or event that it was to log: the next notice reports it.
      this.#thrown = { cause }
    }
  }
}

/** The code of what a request failed with, such as ECONNREFUSED; the name of an error without one. */
function codeOrName(error: unknown): string {
  for (const one of unfold(error)) {
    if (typeof one !== 'object' || one === null) continue
    if ('code' in one && typeof one.code === 'string') return one.code
  }
  return isError(error) ? error.name : 'Error'
}
