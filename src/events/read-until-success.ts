import type { MesheryError } from '../base/errors.ts'
import { errorOf, RetryLoop } from '../connection/retry-loop.ts'
import type { SubscriberOptions, SubscriberSource } from './subscriber-options.ts'

/** Reads for one subscriber until it succeeds, and reports once that it does not. Resolves with an error that no retry can fix. */
export function readUntilSuccess<Item>(
  { retryOptions }: SubscriberSource<Item>,
  { notice }: SubscriberOptions<Item>,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<MesheryError | undefined> {
  let isReported = false
  const loop = new RetryLoop({
    ...retryOptions,
    onState: ({ error: reason }) => {
      // Before the credentials and the starting point are known, nothing is missed.
      if (!reason || isReported || reason.phase === 'credentials' || reason.code === 'SINCE_UNKNOWN') return
      isReported = true
      const at = new Date()
      notice({ kind: 'gap', since: at, until: at, recovered: 0, complete: false, reason })
    },
  })
  return loop.run((signal) => errorOf(() => work(signal)), closing)
}
