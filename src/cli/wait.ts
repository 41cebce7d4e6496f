import { parseArgs } from 'node:util'
import { until } from '../index.ts'
import { ClusterNames, listClusters } from './cluster-names.ts'
import type { Command } from './command.ts'
import { connectionConfig, readConnectionOptions, withSpans } from './connection-options.ts'
import { holds, readWish } from './controller-conditions.ts'
import { say } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { follow } from './follow.ts'
import { waitHelp } from './help.ts'
import { readArguments, readList, usageError } from './option-values.ts'
import { writeLine } from './output.ts'
import { controllers } from './state-views.ts'
import { drawingOf, headOf, lineOf, type Table, widthsOf } from './table.ts'
import { jsonLine } from './text.ts'
import { waitForEvent } from './wait-event.ts'
import { waitForServer } from './wait-server.ts'
import { listening, waiting } from './wait-until.ts'

/** Waits until something is so. */
export const wait: Command = {
  summary: 'wait for the server, for a status of controllers, or for an event: for scripts and CI',
  help: waitHelp,
  async run([what = '', ...given], signal) {
    if (what === '--help' || what === '-h' || given.includes('--help') || given.includes('-h')) {
      await writeLine(waitHelp, signal)
      return exitCodes.done
    }
    if (what === 'server') return waitForServer(given, signal)
    if (what === 'controller') return waitForControllers(given, signal)
    if (what === 'event') return waitForEvent(given, signal)
    if (what === '' || what.startsWith('-'))
      throw usageError('What to wait for must come first: server, controller or event')
    throw usageError(`There is nothing like ${JSON.stringify(what)} to wait for; there are server, controller, event`)
  },
}

type List = Parameters<typeof controllers.rows>[0]

function waitForControllers(given: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(() =>
    parseArgs({
      args: withSpans(given),
      allowPositionals: true,
      options: { ...connectionConfig, connection: { type: 'string', multiple: true } },
    }),
  )
  if (positionals.length === 0) throw usageError('What to wait for is missing, such as MESHSYNC=CONNECTED')
  const wishes = positionals.map(readWish)
  const connections = readList(values.connection)
  const options = readConnectionOptions(values)
  const { hear, sayWhy } = listening(options, 'state')
  const mine = (list: List): List =>
    list.filter(({ controller }) => wishes.some((wish) => wish.controller === controller))
  return follow<List>(
    {
      options,
      hear,
      keepsTime: true,
      open: (meshery, subscribeOptions) => controllers.open(meshery, values, subscribeOptions),
      work({ meshery, subscription, ended, left }) {
        const names = new ClusterNames(() => listClusters(meshery, ended))
        // A connection may be given by its name.
        async function* named(): AsyncGenerator<List> {
          for await (const list of subscription) {
            await names.learn(list.map(({ connectionID }) => connectionID))
            yield list
          }
        }
        const shown = (list: List, stream: NodeJS.WritableStream): string =>
          options.output === 'json'
            ? jsonLine(list)
            : tableText({ columns: controllers.titles, rows: controllers.rows(list, names.of) }, stream)
        return waiting({
          found: () =>
            until(named(), (list) => holds(wishes, list, connections, names.means), { timeout: left, signal: ended }),
          async write(list) {
            await writeLine(shown(mine(list), process.stdout), ended)
            return exitCodes.done
          },
          async late(last) {
            say(`${positionals.join(' ')} did not hold within ${values.timeout}`, 'red')
            sayWhy()
            if (last === undefined) say('the server reported no controller')
            else process.stderr.write(`${shown(last, process.stderr)}\n`)
          },
        })
      },
    },
    signal,
  )
}

function tableText(table: Table, stream: NodeJS.WritableStream): string {
  const drawing = drawingOf(widthsOf(table), Number.POSITIVE_INFINITY, stream)
  const rows = table.rows.map(({ cells }) => lineOf(cells, drawing))
  return [headOf(table, drawing), ...(rows.length === 0 ? ['(none)'] : rows)].join('\n')
}
