import type { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Findings, RetryLoopOptions } from './retry-loop.ts'

/** What a refusal is examined with. */
export interface RefusalContext {
  /** Its reads show whether the same credentials read live data before. */
  readonly server?: HttpClient
  /** Asks the server for its release; null if it does not say. */
  version(signal: AbortSignal): Promise<string | null>
}

/** Whether the current credentials read live data before. */
const wereAdmitted = ({ reads }: HttpClient): boolean => reads.admittedAt !== -Infinity

/**
 * What else is known of refused credentials. Releases before v1.0 answer an outage of their remote provider with the
 * redirect of a refused token. Some of them answer without their release while they cannot reach the internet.
 */
export async function examineRefusal(
  { server, version }: RefusalContext,
  { code, retryable, details }: MesheryError,
  signal: AbortSignal,
): Promise<Findings> {
  if (retryable || code !== 'CREDENTIALS_REFUSED') return {}
  const admitted = server && wereAdmitted(server)
  if (details['status'] !== 302) return { admitted }
  const release = await version(signal)
  return { admitted, doubtful: release === null || release.startsWith('v0.') }
}

/** How an event stream retries reads of its store. Credentials that never read it are refused. */
export const storeRetryOptions = (
  context: RefusalContext & { readonly server: HttpClient } & Pick<RetryLoopOptions, 'policy' | 'credentials'>,
): Omit<RetryLoopOptions, 'onState'> => ({
  ...context,
  examine: (error, _, signal) => (wereAdmitted(context.server) ? examineRefusal(context, error, signal) : undefined),
})
