import { examineRefusal } from '../connection/provider-outage.ts'
import { RetryLoop, type RetryLoopOptions } from '../connection/retry-loop.ts'
import type { RetryPolicy } from '../connection/retry-policy.ts'
import type { SelectorContext } from '../connection/transport-selector.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { RestFallback } from './rest-fallback.ts'

/** What all states of a client have in common. */
export interface StateContext extends SelectorContext {
  readonly rest: RestFallback
  readonly credentials: Credentials
  readonly policy: RetryPolicy
  /** How long the user's `credentials` may take, in milliseconds. */
  readonly credentialsTimeoutMs: number
}

/** The loop that repeats a read of a state until it succeeds, or fails with an error that a retry cannot fix. */
export const retryLoopOf = (
  { policy, credentials, credentialsTimeoutMs, version }: StateContext,
  options: Pick<RetryLoopOptions, 'onState' | 'asks' | 'worked'>,
): RetryLoop =>
  new RetryLoop({
    policy,
    credentials,
    credentialsTimeoutMs,
    ...options,
    examine: (error, _, signal) => examineRefusal({ version }, error, signal),
  })

/** Whether the next try may begin at once: none is under way, and the server sent no `Retry-After`. */
export const mayRetryNow = (retries: RetryLoop | undefined): boolean =>
  retries?.state.kind !== 'connecting' && retries?.state.error?.details['retryAfter'] === undefined
