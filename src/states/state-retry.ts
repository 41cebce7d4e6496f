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

/** Tries a read of a state until it works, or until there is no hope. */
export const retryLoopOf = (
  { policy, credentials, credentialsTimeoutMs: patience, version }: StateContext,
  options: Pick<RetryLoopOptions, 'onState' | 'asks' | 'worked'>,
): RetryLoop =>
  new RetryLoop({
    policy,
    credentials,
    credentialsTimeoutMs: patience,
    ...options,
    examine: (error, _, signal) => examineRefusal({ version }, error, signal),
  })

/** Whether the next try may come at once: none is under way, and the server did not say when it wants to be asked again. */
export const mayHurry = (tries: RetryLoop | undefined): boolean =>
  tries?.state.kind !== 'connecting' && tries?.state.error?.details['retryAfter'] === undefined
