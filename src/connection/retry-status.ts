import { dateOf } from '../base/clock.ts'
import type { TransportName } from '../transports/contract.ts'
import { type Status, statusOf } from './notice.ts'
import type { RetryState } from './retry-policy.ts'

/** The status that a step of a retry loop brings; undefined for a step that changes none, such as the dial after a wait. */
export function statusOfRetry(
  { kind, attempt, error: reason, nextDialAt }: RetryState,
  transport: TransportName | null,
): Status | undefined {
  if (kind === 'waiting' || kind === 'refused')
    return { state: 'waiting', transport, attempt, reason, nextRetryAt: dateOf(nextDialAt) }
  return kind === 'connecting' && !reason ? statusOf('connecting', { transport, attempt }) : undefined
}
