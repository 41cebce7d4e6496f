import type { EventsArguments } from '../index.ts'
import { readEvents, removeEvents } from './change-events.ts'
import type { Command } from './command.ts'
import { connectionOptions, endOptions, outputOptions, readFollowOptions } from './connection-options.ts'
import { commandLogger, noticeListener } from './diagnostics.ts'
import { eventFields, filterHeading, filterOptions, patternNote, readFilters } from './event-filters.ts'
import { noServer, readSource, sourceOptions } from './event-source.ts'
import { mostLookedThrough, mostTail, type TailBeginning, tailBeginning } from './event-tail.ts'
import { eventPrinter } from './event-text.ts'
import { follow, showAll } from './follow.ts'
import { connectionNotes } from './help.ts'
import { listEvents } from './list-events.ts'
import { listOption, type OptionValues, readCount, underHeading, usageError, valueOption } from './option-values.ts'
import { TextPatterns } from './text-patterns.ts'
import { readTimeText, timeOptions } from './time-text.ts'

/** Follows Meshery's events, one a line. */
export const events: Command = {
  name: 'events',
  summary: 'follow the events of a Meshery Server; list, mark and delete stored ones',
  description:
    'Follows the events of a Meshery Server, each once and in the order of its store, on every release and through drops. Prints each event as a line on stdout, with the details, cause and remedy of an error indented below it. Everything else goes to stderr, and only if that is a terminal; errors, a wait for the server, and that events may be missing, are always printed.',
  usage: `[options]
       meshery-live events list|read|remove [options]`,
  notes: [
    {
      heading: 'Examples:',
      items: [
        ['meshery-live events --tail 20 --min-severity warning', 'the last 20 that matter, then what follows'],
        ["meshery-live events --grep 'bookinfo|istio' --exclude heartbeat", 'by their texts'],
        ['meshery-live events -o json --fields createdAt,description', 'for jq'],
        ["meshery-live events --template '{severity} {metadata.error.Code}'", 'a line of your own'],
        ['meshery-live events --from nats://localhost:4222 --since 1h', 'what a relay wrote to NATS'],
      ],
    },
    patternNote,
    ...connectionNotes,
  ],
  below: [listEvents, readEvents, removeEvents],
  options: () => [
    ...underHeading(filterHeading, [
      ...filterOptions(),
      valueOption(
        '--tail <N>',
        `begin with the newest N stored events that match, of the newest ${mostLookedThrough}; not beside --since`,
      ),
    ]),
    ...sourceOptions(),
    ...endOptions('event'),
    ...outputOptions('pretty (default); wide: with the id of each event; json: one JSON object a line', eventFields),
    ...underHeading('Output', [
      listOption(
        '--highlight <REGEX>',
        'show what matches in reverse video, where colours can be shown; so is what --grep matches',
      ),
    ]),
    ...timeOptions(),
    ...connectionOptions(),
  ],
  run({ options: values }, context) {
    const given = readFollowOptions(values, eventFields)
    const chosen = readSource(values, context.env)
    const options = chosen ? { ...given, connection: noServer } : given
    const filters = { ...readFilters(values), source: chosen?.source }
    const tail = readTail(values)
    const { stdout } = context
    const pretty = eventPrinter(stdout, options.output === 'wide', {
      time: readTimeText(values, context),
      highlight: readHighlight(values),
    })
    let beginning: TailBeginning | undefined
    return follow(
      {
        options,
        elsewhere: chosen?.name,
        onNotice: noticeListener({ context, verbose: options.verbose, about: chosen ? 'stream' : 'events' }),
        async prepare(signal) {
          if (tail === 0) return
          const actions = context.createEventActions({
            ...options.connection,
            logger: commandLogger({ context, verbose: options.verbose }),
          })
          try {
            beginning = await tailBeginning(actions, tail, filters, signal)
          } finally {
            await actions.close()
          }
        },
        open: (meshery, subscribeOptions) =>
          meshery.subscribeEvents(beginning ? withBeginning(filters, beginning) : filters, subscribeOptions),
        work: ({ subscription, ended }) =>
          showAll(subscription, options.count, (event) =>
            stdout.writeLine(options.format?.one(event) ?? pretty(event), ended),
          ),
      },
      context,
    )
  },
}

/** How many stored events to begin with. */
function readTail(values: OptionValues): number {
  const given = values.text('tail')
  if (given === undefined) return 0
  if (values.text('since') !== undefined) throw usageError('--tail was given beside --since')
  return readCount('tail', given, 0, mostTail)
}

/** @throws MesheryError INVALID_OPTION */
function readHighlight(values: OptionValues): TextPatterns | undefined {
  const given = [...(values.texts('grep') ?? []), ...(values.texts('highlight') ?? [])]
  return given.length === 0 ? undefined : new TextPatterns('highlight', given)
}

const withBeginning = (
  { where = () => true, ...filters }: EventsArguments,
  { since, skipped }: TailBeginning,
): EventsArguments => ({
  ...filters,
  since,
  where: (event) => where(event) && (event.id === null || !skipped.has(event.id)),
})
