import { until } from '../index.ts'
import { ClusterNames, listClusters, namesTimeoutMs } from './cluster-names.ts'
import type { Command, Given } from './command.ts'
import { connectionOptions, outputOptions, readConnectionOptions, timeoutOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { conditionsHold, readControllerCondition } from './controller-conditions.ts'
import { report } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { follow } from './follow.ts'
import { connectionNotes } from './help.ts'
import { listOption, readList, underHeading, usageError } from './option-values.ts'
import type { Output, Paint } from './output.ts'
import { stateFields } from './state-fields.ts'
import { readStateValues } from './state-options.ts'
import { controllers } from './state-views.ts'
import { drawingOf, headOf, lineOf, type Table, widthsOf } from './table.ts'
import { readTimeText } from './time-text.ts'
import { waitListener, waitUntil } from './wait-until.ts'

/** Waits until controllers have the statuses that are given. */
export const waitForController: Command = {
  name: 'controller',
  summary: 'wait until controllers have a status',
  description:
    'Waits until each CONTROLLER has its STATUS. CONTROLLER is OPERATOR, MESHSYNC or BROKER; STATUS is one or more of DEPLOYED, NOTDEPLOYED, DEPLOYING, UNDEPLOYED, ENABLED, RUNNING, CONNECTED, UNKNOWN, separated by commas. Servers report a running controller as DEPLOYED (v0.6), as ENABLED (v0.6, polled), as RUNNING, or as CONNECTED (current, while the broker is linked), so MESHSYNC=DEPLOYED,ENABLED,RUNNING,CONNECTED works on every release.',
  operands: '[conditions...]',
  usage: 'CONTROLLER=STATUS... [options]',
  notes: [
    {
      heading: 'Examples:',
      items: [['meshery-live wait controller MESHSYNC=CONNECTED --timeout 60s', 'in every cluster']],
    },
    ...connectionNotes,
  ],
  options: () => [
    ...underHeading('Which connections', [
      listOption(
        '--connection <LIST>',
        'names, or ids of connections (on v0.6 of contexts), each of which must have the controller in that status. Default: every connection that has the controller; there must be at least one',
      ),
    ]),
    ...timeoutOptions(),
    ...outputOptions('pretty (default), wide or json', stateFields.controllers),
    ...connectionOptions(),
  ],
  run: waitForControllers,
}

type List = Parameters<typeof controllers.rows>[0]

function waitForControllers({ options: values, operands }: Given, context: CommandContext): Promise<number> {
  if (operands.length === 0) throw usageError('What to wait for is missing, such as MESHSYNC=CONNECTED')
  const conditions = operands.map(readControllerCondition)
  const connections = readList(values.texts('connection'))
  const options = readConnectionOptions(values, stateFields.controllers)
  const { stdout, stderr } = context
  const time = readTimeText(values, context)
  const { onNotice, reportReason } = waitListener(context, options.verbose, 'state')
  const relevant = (list: List): List =>
    list.filter(({ controller }) => conditions.some((condition) => condition.controller === controller))
  return follow<List>(
    {
      options,
      onNotice,
      keepsTime: true,
      open: (meshery, subscribeOptions) => controllers.open(meshery, readStateValues(values), subscribeOptions),
      work({ meshery, subscription, ended, leftMs }) {
        // What is given by name is known by the list alone.
        const timeout = connections ? undefined : (context.lookupTimeoutMs ?? namesTimeoutMs)
        const names = new ClusterNames(() => listClusters(meshery, { signal: ended, timeout }))
        // A connection may be given by its name.
        async function* named(): AsyncGenerator<List> {
          for await (const list of subscription) {
            await names.learn(list.map(({ connectionID }) => connectionID))
            yield list
          }
        }
        const textOf = (list: List, { paint }: Output): string =>
          options.format?.list(list) ??
          tableText({ columns: controllers.titles, rows: controllers.rows(list, names.of, time) }, paint)
        const hold = (list: List): boolean => conditionsHold(conditions, list, connections, names.means)
        return waitUntil<List>({
          found: () => until(named(), hold, { timeout: leftMs, signal: ended }),
          async write(list) {
            await stdout.writeLine(textOf(relevant(list), stdout), ended)
            return exitCodes.done
          },
          onTimeout(last) {
            report(stderr, `${operands.join(' ')} did not hold within ${options.timeout}`, 'red')
            reportReason()
            if (last === undefined) report(stderr, 'the server reported no controller')
            else stderr.writeNow(`${textOf(last, stderr)}\n`)
          },
        })
      },
    },
    context,
  )
}

function tableText(table: Table, paint: Paint): string {
  const drawing = drawingOf(widthsOf(table), Number.POSITIVE_INFINITY, paint)
  const rows = table.rows.map(({ cells }) => lineOf(cells, drawing))
  return [headOf(table, drawing), ...(rows.length === 0 ? ['(none)'] : rows)].join('\n')
}
