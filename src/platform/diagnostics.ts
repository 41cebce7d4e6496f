import { channel } from 'node:diagnostics_channel'
import { dateOf, now } from '../base/clock.ts'
import type { LogDetails } from '../base/logger.ts'
import type { Diagnostics, DiagnosticsContext, Outcome, SeenConnection } from './platform.ts'

/** The channels of `node:diagnostics_channel`, for every client of the process. */
const channels = {
  notice: channel('meshery-live:notice'),
  connection: channel('meshery-live:connection'),
  event: channel('meshery-live:event'),
  request: channel('meshery-live:request'),
}

/** What one client publishes on the channels, and logs besides its notices. Computes nothing where neither a channel nor the logger wants it. */
export class NodeDiagnostics implements Diagnostics {
  readonly #context: DiagnosticsContext
  /** What the logger threw. */
  #thrown: { readonly cause: unknown } | undefined

  constructor(context: DiagnosticsContext) {
    this.#context = context
  }

  notice(subscription: string, notice: LogDetails): void {
    const { url } = this.#context
    if (channels.notice.hasSubscribers) channels.notice.publish({ url, subscription, ...notice })
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
    this.#show('event', () => ({ id: id && this.#context.secrets.text(id), origin, lagMs }))
  }

  request(method: string, path: string): (outcome: Outcome) => void {
    const startedAt = now()
    return ({ status = null, reason = null }) =>
      this.#show('request', () => ({
        method,
        path: this.#context.secrets.text(path),
        status,
        reason,
        durationMs: now() - startedAt,
      }))
  }

  #show(topic: keyof typeof channels, detailsOf: () => LogDetails): void {
    const { url, logger } = this.#context
    if (!logger.debug && !channels[topic].hasSubscribers) return
    const details = { url, ...detailsOf() }
    channels[topic].publish(details)
    try {
      logger.debug?.(details, `meshery-live: ${topic}`)
    } catch (cause) {
      // Not the fault of the request or connection that it was to log: the next notice reports it.
      this.#thrown = { cause }
    }
  }
}
