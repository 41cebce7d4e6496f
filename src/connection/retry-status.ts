import { dateOf } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'
import { type Status, statusOf } from './notice.ts'
import type { RetryState } from './retry-policy.ts'

/**
 * The status that a step of a retry loop brings; undefined for a step that changes none, such as the dial after a wait.
 * @param fallback Why no better transport is tried.
 */
export function statusOfRetry(
  { kind, attempt, error: reason, nextDialAt }: RetryState,
  transport: TransportName | null,
  fallback: MesheryError | null = null,
): Status | undefined {
  if (kind === 'waiting' || kind === 'refused')
    return { state: 'waiting', transport, attempt, reason, nextRetryAt: dateOf(nextDialAt) }
  return kind === 'connecting' && !reason ? statusOf(kind, { transport, attempt, reason: fallback }) : undefined
}

/** The status of a transport that has opened. Polling is not live, and `fallback` says why. */
export const statusOfOpen = (transport: TransportName, fallback: MesheryError | null): Status =>
  transport === 'polling' ? statusOf(transport, { transport, reason: fallback }) : statusOf('live', { transport })

/** Whether a live channel, or a try of one, was not refused: if reads alone are refused, the credentials are good. */
export const hasChannel = ({ transport, reason }: Status): boolean =>
  transport !== null && transport !== 'polling' && reason?.code !== 'CREDENTIALS_REFUSED'
