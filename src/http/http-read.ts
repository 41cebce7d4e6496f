import type { ErrorPhase } from '../base/errors.ts'

/** What an HTTP read is for. */
export interface HttpRead {
  /** Where an error belongs. */
  readonly phase: ErrorPhase
  readonly signal?: AbortSignal | undefined
  /** JSON to POST in place of a GET. */
  readonly post?: string | undefined
  /** The largest answer that is read as JSON, in bytes. Default and maximum: `limits.messageBytes`. */
  readonly limit?: number | undefined
}
