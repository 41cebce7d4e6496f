import { type MesheryEvent, until } from '../index.ts'
import type { Command, Given } from './command.ts'
import { connectionOptions, outputOptions, readConnectionOptions, timeoutOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report } from './diagnostics.ts'
import {
  eventFields,
  filterHeading,
  filterOptions,
  matches,
  patternNote,
  readConditions,
  readExpression,
  readFilters,
} from './event-filters.ts'
import { eventPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { follow } from './follow.ts'
import { connectionNotes } from './help.ts'
import { listOption, underHeading } from './option-values.ts'
import { readTimeText, timeOptions } from './time-text.ts'
import { waitListener, waitUntil } from './wait-until.ts'

/** Waits for the event that the filters choose, or for one that `--fail-on` names, whichever comes first. */
export const waitForEvent: Command = {
  name: 'event',
  summary: 'wait for an event',
  description: 'Waits for the first event that matches all of the filters, or --fail-on.',
  notes: [
    {
      heading: 'Examples:',
      items: [
        ['meshery-live wait event --category pattern --timeout 5m', 'an event about a design'],
        ['meshery-live wait event --grep deployed --fail-on severity=error', 'by its text, or the first error'],
      ],
    },
    patternNote,
    ...connectionNotes,
  ],
  options: () => [
    ...underHeading(filterHeading, [
      ...filterOptions(),
      listOption(
        '--fail-on <FIELDS>',
        `end with ${exitCodes.failed} at an event that matches FIELD=LIST, or several of them separated by spaces, as in 'severity=error,critical category=pattern' (all must match). FIELD is severity, category, action, status or acted-upon. You can repeat the option. An event that matches both counts as a failure`,
      ),
    ]),
    ...timeoutOptions(),
    ...outputOptions('pretty (default), wide or json', eventFields),
    ...timeOptions(),
    ...connectionOptions(),
  ],
  run: waitForEvents,
}

function waitForEvents({ options: values }: Given, context: CommandContext): Promise<number> {
  const { since, where = () => true } = readFilters(values)
  const wanted = readConditions((field) => values.texts(field))
  const failures = (values.texts('fail-on') ?? []).map((one) => readExpression('fail-on', one))
  const isFailure = (event: MesheryEvent): boolean => failures.some((conditions) => matches(conditions, event))
  const options = readConnectionOptions(values, eventFields)
  const { stdout, stderr } = context
  const { onNotice, reportReason } = waitListener(context, options.verbose, 'events')
  const pretty = eventPrinter(stdout, options.output === 'wide', { time: readTimeText(values, context) })
  return follow<MesheryEvent>(
    {
      options,
      onNotice,
      keepsTime: true,
      open: (meshery, subscribeOptions) =>
        meshery.subscribeEvents(
          { since, where: (event) => isFailure(event) || (matches(wanted, event) && where(event)) },
          subscribeOptions,
        ),
      work: ({ subscription, ended, leftMs }) =>
        waitUntil({
          found: () => until(subscription, () => true, { timeout: leftMs, signal: ended }),
          async write(event) {
            await stdout.writeLine(options.format?.one(event) ?? pretty(event), ended)
            return isFailure(event) ? exitCodes.failed : exitCodes.done
          },
          onTimeout() {
            report(stderr, `no such event came within ${options.timeout}`, 'red')
            reportReason()
          },
        }),
    },
    context,
  )
}
