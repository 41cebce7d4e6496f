import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { connectionConfig, countConfig, readFollowOptions, withSpans } from './connection-options.ts'
import { noticeListener } from './diagnostics.ts'
import { filterConfig, readFilters } from './event-filters.ts'
import { stdoutPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { follow, showAll } from './follow.ts'
import { eventsHelp } from './help.ts'
import { readArguments } from './option-values.ts'
import { writeLine } from './output.ts'
import { jsonLine } from './text.ts'

/** Follows Meshery's events, one a line. */
export const events: Command = {
  summary: 'follow the events of a Meshery Server',
  help: eventsHelp,
  async run(given, signal) {
    const { values } = readArguments(() =>
      parseArgs({ args: withSpans(given), options: { ...connectionConfig, ...countConfig, ...filterConfig } }),
    )
    if (values.help) {
      await writeLine(eventsHelp, signal)
      return exitCodes.done
    }
    const options = readFollowOptions(values)
    const filters = readFilters(values)
    const pretty = stdoutPrinter(options.output === 'wide')
    return follow(
      {
        options,
        hear: noticeListener(options.verbose, 'events'),
        open: (meshery, subscribeOptions) => meshery.subscribeEvents(filters, subscribeOptions),
        work: ({ subscription, ended }) =>
          showAll(subscription, options.count, (event) =>
            writeLine(options.output === 'json' ? jsonLine(event) : pretty(event), ended),
          ),
      },
      signal,
    )
  },
}
