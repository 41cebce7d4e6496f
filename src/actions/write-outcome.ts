// Decides what an error says of a change, and whether the change is sent again. Pure functions.
import { backoffMs } from '../base/backoff.ts'
import type { ErrorCode, ErrorPhase, MesheryError } from '../base/errors.ts'

/** What became of the events of a request that failed. */
export type Outcome = 'unchanged' | 'unknown'

/** Before these are over, nothing of a request has left. */
const earlyPhases: ReadonlySet<ErrorPhase> = new Set<ErrorPhase>([
  'options',
  'credentials',
  'dns',
  'tcp',
  'proxy',
  'tls',
])
/** The errors of a connection that was never made, and of a path that the server does not have. */
const unreached: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'HOST_UNKNOWN',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'TLS_REFUSED',
  'PROXY_REFUSED',
  'UNSUPPORTED',
])

export const statusOf = ({ details }: MesheryError): number =>
  typeof details['status'] === 'number' ? details['status'] : 0

/**
 * Unchanged: the request did not arrive, or the server refused it (3xx and 4xx). Unknown: the answer was lost, the server failed
 * on the way (5xx), or it reports an error with status 200.
 */
export function outcomeOf(error: MesheryError): Outcome {
  const status = statusOf(error)
  const isRefused = status >= 300 && status < 500
  return isRefused || earlyPhases.has(error.phase) || unreached.has(error.code) ? 'unchanged' : 'unknown'
}

/** How often a change is sent at most. */
const maxTries = 3
/** A server that wants a longer wait gets its error reported, in milliseconds. */
const longestWaitMs = 30_000
const backoff = { firstMs: 250, longestMs: 2_000 }

/** The methods whose repetition changes nothing more. */
const repeatable: ReadonlySet<string> = new Set(['PUT', 'DELETE'])
/** The errors that a repetition can fix. A 500 is reported at once: the database failed, and may fail again. */
const isPassing = (error: MesheryError): boolean =>
  error.retryable && error.code !== 'TIMED_OUT' && statusOf(error) !== 500

/**
 * After how many milliseconds a change is sent again; undefined: it is not. To set a status or to delete twice is the same as
 * once; a POST is never sent again.
 * @param tries How often it was sent.
 */
export function repetitionDelayMs(method: string, error: MesheryError, tries: number): number | undefined {
  if (!repeatable.has(method) || tries >= maxTries || !isPassing(error)) return undefined
  const { retryAfter } = error.details
  const delayMs = typeof retryAfter === 'number' ? retryAfter : backoffMs(backoff, tries - 1)
  return delayMs <= longestWaitMs ? delayMs : undefined
}
