import { parseArgs } from 'node:util'
import { type MesheryEvent, until } from '../index.ts'
import { connectionConfig, readConnectionOptions, withSpans } from './connection-options.ts'
import { say } from './diagnostics.ts'
import { filterConfig, passes, readConditions, readExpression, readFilters } from './event-filters.ts'
import { stdoutPrinter } from './event-text.ts'
import { exitCodes } from './exit-codes.ts'
import { follow } from './follow.ts'
import { readArguments } from './option-values.ts'
import { writeLine } from './output.ts'
import { jsonLine } from './text.ts'
import { listening, waiting } from './wait-until.ts'

/** Waits for the event that the filters choose, or for one that `--fail-on` names, whichever comes first. */
export function waitForEvent(given: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(() =>
    parseArgs({
      args: withSpans(given),
      options: { ...connectionConfig, ...filterConfig, 'fail-on': { type: 'string', multiple: true } },
    }),
  )
  const { since } = readFilters(values)
  const wanted = readConditions(values)
  const failures = (values['fail-on'] ?? []).map((one) => readExpression('fail-on', one))
  const fails = (event: MesheryEvent): boolean => failures.some((conditions) => passes(conditions, event))
  const options = readConnectionOptions(values)
  const { hear, sayWhy } = listening(options, 'events')
  const pretty = stdoutPrinter(options.output === 'wide')
  return follow<MesheryEvent>(
    {
      options,
      hear,
      keepsTime: true,
      open: (meshery, subscribeOptions) =>
        meshery.subscribeEvents({ since, where: (event) => passes(wanted, event) || fails(event) }, subscribeOptions),
      work: ({ subscription, ended, left }) =>
        waiting({
          found: () => until(subscription, () => true, { timeout: left, signal: ended }),
          async write(event) {
            await writeLine(options.output === 'json' ? jsonLine(event) : pretty(event), ended)
            return fails(event) ? exitCodes.failed : exitCodes.done
          },
          async late() {
            say(`no such event came within ${values.timeout}`, 'red')
            sayWhy()
          },
        }),
    },
    signal,
  )
}
