import { sleep } from '../base/abort.ts'
import { backoffMs } from '../base/backoff.ts'
import { MesheryError } from '../base/errors.ts'
import { isError } from '../base/thrown.ts'
import type { RelayNotice } from './relay-notice.ts'
import type { DeadLetters, RelayEvent, Sink } from './sink.ts'

/** How a sink is retried: without an end, unless `attempts` is given. */
const retry = { firstMs: 500, longestMs: 60_000 }

/** How events are delivered. */
export interface Delivery {
  readonly sink: Sink
  readonly deadLetters: DeadLetters | undefined
  /** How often an event is sent before it is parked. */
  readonly attempts: number
  readonly notify: (notice: RelayNotice) => void
  /** Aborts when the relay is to end: then it retries nothing. */
  readonly signal: AbortSignal
  /** Aborts when what is being sent may not take longer. */
  readonly sending: AbortSignal
}

/**
 * Delivers an event: sends it until the sink accepts it, or parks it. Returns false if the relay ended before that.
 * @throws the error of the sink when it refuses the event and there are no dead letters, or when no event would be accepted; that
 * of the dead letters.
 */
export async function deliver(item: RelayEvent, delivery: Delivery): Promise<boolean> {
  const { notify, signal } = delivery
  for (let attempts = 1; ; attempts++) {
    const error = await failureOf(item, delivery)
    if (error === undefined) {
      notify({ kind: 'sent', ...item })
      return true
    }
    if (signal.aborted) return false
    if (isHopeless(error)) throw error
    if (!isRetryable(error) || attempts >= delivery.attempts) {
      await park(item, { error, attempts }, delivery)
      return true
    }
    const delayMs = retryDelayMs(error, attempts, Math.random())
    notify({ kind: 'retry', ...item, attempts, error, nextRetryAt: new Date(Date.now() + delayMs) })
    await sleep(delayMs, signal)
    if (signal.aborted) return false
  }
}

async function failureOf(item: RelayEvent, { sink, sending }: Delivery): Promise<Error | undefined> {
  try {
    await sink.send(item, sending)
    return undefined
  } catch (error) {
    return isError(error) ? error : new Error(String(error))
  }
}

async function park(
  item: RelayEvent,
  { error, attempts }: { readonly error: Error; readonly attempts: number },
  { deadLetters, notify }: Delivery,
): Promise<void> {
  if (!deadLetters) throw error
  await deadLetters.park({ ...item, error, attempts, parkedAt: new Date() })
  notify({ kind: 'parked', ...item, error, attempts, deadLetters: deadLetters.name })
}

/** No event would be accepted, so none is parked. */
const isHopeless = (error: Error): boolean => error instanceof MesheryError && endingCodes.has(error.code)

const endingCodes: ReadonlySet<string> = new Set(['CREDENTIALS_REFUSED', 'INVALID_OPTION'])

const isRetryable = (error: Error): boolean => !(error instanceof MesheryError) || error.retryable

/**
 * The wait before the next attempt in milliseconds: at least what the receiver asked for.
 * @param random From 0 to 1: two relays must not retry in step.
 */
export function retryDelayMs(error: Error, attempts: number, random: number): number {
  const asked = error instanceof MesheryError ? error.details['retryAfter'] : undefined
  const backoff = backoffMs(retry, attempts - 1) * (0.5 + random / 2)
  return Math.max(typeof asked === 'number' ? asked : 0, backoff)
}
