import { readEvents, removeEvents } from './change-events.ts'
import type { Command } from './command.ts'
import { connectionOptions, endOptions, outputOptions, readFollowOptions } from './connection-options.ts'
import { noticeListener } from './diagnostics.ts'
import { filterHeading, filterOptions, readFilters } from './event-filters.ts'
import { eventPrinter } from './event-text.ts'
import { follow, showAll } from './follow.ts'
import { connectionNotes } from './help.ts'
import { listEvents } from './list-events.ts'
import { underHeading } from './option-values.ts'
import { jsonLine } from './text.ts'

/** Follows Meshery's events, one a line. */
export const events: Command = {
  name: 'events',
  summary: 'follow the events of a Meshery Server; list, mark and delete stored ones',
  description:
    'Follows the events of a Meshery Server, each once and in the order of its store, on every release and through drops. Prints each event as a line on stdout, with the details, cause and remedy of an error indented below it. Everything else goes to stderr, and only if that is a terminal; errors, and that events may be missing, are always printed.',
  usage: `[options]
       meshery-live events list|read|remove [options]`,
  notes: connectionNotes,
  below: [listEvents, readEvents, removeEvents],
  options: () => [
    ...underHeading(filterHeading, filterOptions()),
    ...endOptions('event'),
    ...outputOptions('pretty (default); wide: with the id of each event; json: one JSON object a line'),
    ...connectionOptions(),
  ],
  run({ options: values }, context) {
    const options = readFollowOptions(values)
    const filters = readFilters(values)
    const { stdout } = context
    const pretty = eventPrinter(stdout, options.output === 'wide')
    return follow(
      {
        options,
        onNotice: noticeListener({ context, verbose: options.verbose, about: 'events' }),
        open: (meshery, subscribeOptions) => meshery.subscribeEvents(filters, subscribeOptions),
        work: ({ subscription, ended }) =>
          showAll(subscription, options.count, (event) =>
            stdout.writeLine(options.output === 'json' ? jsonLine(event) : pretty(event), ended),
          ),
      },
      context,
    )
  },
}
