import type { Credentials } from '../credentials/credentials.ts'
import { Attempts, type AttemptsOptions } from './attempts.ts'
import type { AttemptPolicy } from './policy.ts'

/** What the tries of a read need to know. */
export interface TriesContext {
  readonly policy: AttemptPolicy
  readonly credentials: Credentials
  /** How long the user's `credentials` may take, in milliseconds. */
  readonly patience: number
  /** Asks the server for its release; null when it does not say. */
  version(signal: AbortSignal): Promise<string | null>
}

/** Tries a read of a state until it works, or until there is no hope. */
export const triesOf = (
  { policy, credentials, patience, version }: TriesContext,
  options: Pick<AttemptsOptions, 'onState' | 'asks' | 'worked'>,
): Attempts =>
  new Attempts({
    policy,
    credentials,
    patience,
    ...options,
    // Releases before v1.0 send to the login during an outage of their provider, too.
    examine: async ({ code, details }, _, signal) =>
      code === 'CREDENTIALS_REFUSED' && details['status'] === 302
        ? { doubtful: (await version(signal))?.startsWith('v0.') ?? false }
        : {},
  })

/** Whether it waits for its next try. */
export const isWaiting = (tries: Attempts | undefined): boolean =>
  tries?.state.kind === 'waiting' || tries?.state.kind === 'refused'
