import { parseArgs } from 'node:util'
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { noticeListener } from './diagnostics.ts'
import { filterConfig, readFilters } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { follow, showAll } from './follow.ts'
import { connectionConfig, countConfig, readFollowOptions } from './follow-options.ts'
import { eventsHelp } from './help.ts'
import { writeLine } from './output.ts'
import { prettyEvent } from './text.ts'

/** Follows Meshery's events, one a line. */
export const events: Command = {
  summary: 'follow the events of a Meshery Server',
  help: eventsHelp,
  async run(given, signal) {
    const { values } = readArguments(() =>
      parseArgs({ args: [...given], options: { ...connectionConfig, ...countConfig, ...filterConfig } }),
    )
    if (values.help) {
      await writeLine(eventsHelp, signal)
      return exitCodes.done
    }
    const options = readFollowOptions(values)
    const filters = readFilters(values)
    return follow(
      {
        options,
        hear: noticeListener(options.verbose, 'events'),
        open: (meshery, subscribeOptions) => meshery.subscribeEvents(filters, subscribeOptions),
        work: (subscription, ended) =>
          showAll(subscription, options.count, (event) =>
            writeLine(options.output === 'json' ? JSON.stringify(event) : prettyEvent(event, process.stdout), ended),
          ),
      },
      signal,
    )
  },
}
