/**
 * How the wait between two tries grows: every wait of this package that grows, does so here. The users keep their own
 * figures: `retry-policy.ts`, `transport-blocks.ts`, `token-renewal.ts` and `polling.ts`.
 */
export interface Backoff {
  readonly firstMs: number
  readonly longestMs: number
  /** Default 2. */
  readonly factor?: number
}

/** The wait in milliseconds after `steps` waits, which may be a fraction. */
export const backoffMs = ({ firstMs, longestMs, factor = 2 }: Backoff, steps: number): number =>
  Math.min(longestMs, firstMs * factor ** steps)

/** The wait in milliseconds that follows another one; the first wait if there was none. */
export const nextBackoffMs = ({ firstMs, longestMs, factor = 2 }: Backoff, previousMs: number | undefined): number =>
  previousMs === undefined ? firstMs : Math.min(longestMs, previousMs * factor)
