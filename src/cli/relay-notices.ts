import { MesheryError } from '../index.ts'
import type { RelayNotice } from '../relay/relay-notice.ts'
import type { CommandContext } from './context.ts'
import { report, reportsProgress } from './diagnostics.ts'
import { remedyOf } from './remedies.ts'
import { oneLine } from './text.ts'

const withRemedy = (error: Error): string =>
  error instanceof MesheryError ? `${oneLine(error.message)}. ${oneLine(remedyOf(error))}` : error.message

/**
 * Reports dead letters and a cursor that cannot be saved always, since a service's log is read later; and retries, of which
 * one event has many: the first, the second, the fourth and so on.
 */
export function relayNoticeListener(context: CommandContext, verbose: boolean): (notice: RelayNotice) => void {
  const { stderr } = context
  let isRetrying = false
  return (notice) => {
    switch (notice.kind) {
      case 'sent':
        if (isRetrying) report(stderr, 'the receiver accepts events again', 'green')
        isRetrying = false
        if (verbose) report(stderr, `sent ${notice.id}`, 'dim')
        return
      case 'parked':
        report(stderr, `refused, kept in ${notice.deadLetters}: event ${notice.id}: ${notice.error.message}`, 'red')
        return
      case 'cursor-not-saved':
        report(stderr, `the cursor cannot be saved: ${notice.error.message}`, 'red')
        return
      case 'retry':
        isRetrying = true
        if (Number.isInteger(Math.log2(notice.attempts)) || reportsProgress(context, verbose))
          report(stderr, `attempt ${notice.attempts} for event ${notice.id}: ${withRemedy(notice.error)}`, 'yellow')
        return
    }
  }
}
