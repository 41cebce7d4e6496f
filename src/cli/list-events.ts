import type { EventActions } from '../actions/index.ts'
import type { MesheryEvent } from '../index.ts'
import type { Command, Given } from './command.ts'
import { outputOptions, readConnectionOptions, requestOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report, reportsProgress } from './diagnostics.ts'
import { eventFields, readStoredFilters, storedFilterOptions } from './event-filters.ts'
import { eventPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { connectionNotes } from './help.ts'
import { allOption, readCount, underHeading, usageError, valueOption } from './option-values.ts'
import { readTimeText, timeOptions } from './time-text.ts'
import { withActions } from './with-actions.ts'

const defaultLimit = 25

/** Prints stored events and ends. */
export const listEvents: Command = {
  name: 'list',
  summary: 'print stored events, the newest first',
  description:
    'Prints the stored events that match all of the filters, the newest first, and ends. On a terminal, stderr names how many there are.',
  notes: connectionNotes,
  options: () => [
    ...storedFilterOptions(),
    ...underHeading('How many', [
      valueOption('--limit <N>', `the newest N events that match; default ${defaultLimit}`),
      allOption('print all events that match'),
    ]),
    ...outputOptions('pretty (default); wide: with the id of each event; json: one JSON object a line', eventFields),
    ...timeOptions(),
    ...requestOptions(),
  ],
  run,
}

async function run({ options: values }: Given, context: CommandContext): Promise<number> {
  const options = readConnectionOptions(values, eventFields)
  const filters = readStoredFilters(values)
  const limit = readLimit(values.text('limit'), values.flag('all'))
  const { stdout, stderr, signal } = context
  const pretty = eventPrinter(stdout, options.output === 'wide', { time: readTimeText(values, context) })
  return withActions(options, context, async (actions) => {
    let printed = 0
    for await (const event of newest(actions, filters, limit, signal)) {
      await stdout.writeLine(options.format?.one(event) ?? pretty(event), signal)
      printed++
    }
    if (printed === limit && reportsProgress(context, options.verbose)) {
      const { totalCount } = await actions.listEvents({ ...filters, pageSize: 1 }, { signal })
      if (totalCount !== null && totalCount > limit)
        report(stderr, `${limit} of ${totalCount} events; --limit N or --all prints more`)
    }
    return exitCodes.done
  })
}

/** At most `limit` events. */
async function* newest(
  actions: EventActions,
  filters: ReturnType<typeof readStoredFilters>,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<MesheryEvent, void, undefined> {
  let left = limit
  for await (const event of actions.listAllEvents(filters, { signal })) {
    yield event
    left--
    if (left === 0) return
  }
}

function readLimit(limit: string | undefined, all: boolean): number {
  if (all && limit !== undefined) throw usageError('--all was given beside --limit')
  if (all) return Number.POSITIVE_INFINITY
  return limit === undefined ? defaultLimit : readCount('limit', limit, 1, Number.MAX_SAFE_INTEGER)
}
