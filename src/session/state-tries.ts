import type { Credentials } from '../credentials/credentials.ts'
import type { Asking } from './asking.ts'
import { Attempts, type AttemptsOptions } from './attempts.ts'
import { examineRefusal } from './outage.ts'
import type { AttemptPolicy } from './policy.ts'
import type { RouteContext } from './route.ts'

/** What all states of a client have in common. */
export interface StateContext extends RouteContext {
  readonly asking: Asking
  readonly credentials: Credentials
  readonly policy: AttemptPolicy
  /** How long the user's `credentials` may take, in milliseconds. */
  readonly patience: number
}

/** Tries a read of a state until it works, or until there is no hope. */
export const triesOf = (
  { policy, credentials, patience, version }: StateContext,
  options: Pick<AttemptsOptions, 'onState' | 'asks' | 'worked'>,
): Attempts =>
  new Attempts({
    policy,
    credentials,
    patience,
    ...options,
    examine: (error, _, signal) => examineRefusal({ version }, error, signal),
  })

/** Whether the next try may come at once: none is under way, and the server did not say when it wants to be asked again. */
export const mayHurry = (tries: Attempts | undefined): boolean =>
  tries?.state.kind !== 'connecting' && tries?.state.error?.details['retryAfter'] === undefined
