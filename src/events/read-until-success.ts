import type { MesheryError } from '../base/errors.ts'
import { errorOf, RetryLoop } from '../connection/retry-loop.ts'
import type { SubscriberOptions, SubscriberSource } from './subscriber-options.ts'

/** Reads for one feed until it works, and reports once that it does not; resolves with an error that no retry can fix. */
export function readUntilSuccess<Item>(
  { attempts }: SubscriberSource<Item>,
  { notice }: SubscriberOptions<Item>,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<MesheryError | undefined> {
  let told = false
  const loop = new RetryLoop({
    ...attempts,
    onState: ({ error: reason }) => {
      // Before it is known who we are, or where to begin, nothing is read, and nothing is missed.
      if (!reason || told || reason.phase === 'credentials' || reason.code === 'SINCE_UNKNOWN') return
      told = true
      const at = new Date()
      notice({ kind: 'gap', since: at, until: at, recovered: 0, complete: false, reason })
    },
  })
  return loop.run((signal) => errorOf(() => work(signal)), closing)
}
