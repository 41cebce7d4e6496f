import type { MesheryError } from '../base/errors.ts'
import { Attempts, outcome } from './attempts.ts'
import type { FeedOptions, FeedSource } from './feed-options.ts'

/** Reads for one feed until it works, and reports once that it does not; resolves with an error that no retry can fix. */
export function persist<Item>(
  { attempts }: FeedSource<Item>,
  { notice }: FeedOptions<Item>,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<MesheryError | undefined> {
  let told = false
  const loop = new Attempts({
    ...attempts,
    onState: ({ error: reason }) => {
      // Before it is known who we are, or where to begin, nothing is read, and nothing is missed.
      if (!reason || told || reason.phase === 'credentials' || reason.code === 'SINCE_UNKNOWN') return
      told = true
      const at = new Date()
      notice({ kind: 'gap', since: at, until: at, recovered: 0, complete: false, reason })
    },
  })
  return loop.run((signal) => outcome(() => work(signal)), closing)
}
