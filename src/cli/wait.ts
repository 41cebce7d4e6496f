import { parseArgs } from 'node:util'
import { MesheryError, type MesheryEvent, until } from '../index.ts'
import { readArguments, readList, usageError } from './arguments.ts'
import type { Command } from './command.ts'
import { noticeListener, say, sayError } from './diagnostics.ts'
import { filterConfig, readFilters } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { type Following, follow } from './follow.ts'
import { type ConnectionOptions, connectionConfig, readConnectionOptions } from './follow-options.ts'
import { waitHelp } from './help.ts'
import { writeLine } from './output.ts'
import { controllers } from './states.ts'
import { headOf, lineOf, type Table, widthsOf } from './table.ts'
import { prettyEvent } from './text.ts'
import { holds, readWish } from './wait-controllers.ts'

/** Waits until something is so. */
export const wait: Command = {
  summary: 'wait until controllers are so, or an event comes: for scripts and CI',
  help: waitHelp,
  async run([what = '', ...given], signal) {
    if (what === '--help' || what === '-h' || given.includes('--help') || given.includes('-h')) {
      await writeLine(waitHelp, signal)
      return exitCodes.done
    }
    if (what === 'controller') return waitForControllers(given, signal)
    if (what === 'event') return waitForEvent(given, signal)
    throw usageError(`There is nothing like ${JSON.stringify(what)} to wait for; there are controller, event`)
  },
}

function waitForControllers(given: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals } = readArguments(() =>
    parseArgs({
      args: [...given],
      allowPositionals: true,
      options: { ...connectionConfig, connection: { type: 'string', multiple: true } },
    }),
  )
  if (positionals.length === 0) throw usageError('What to wait for is missing, such as MESHSYNC=CONNECTED')
  const wishes = positionals.map(readWish)
  const connections = readList(values.connection)
  const options = readConnectionOptions(values)
  const shared = listening(options, 'state')
  type List = Parameters<typeof controllers.rows>[0]
  const show = (list: List, stream: NodeJS.WritableStream): string =>
    options.output === 'json' ? JSON.stringify(list) : tableText(list, stream)
  const mine = (list: List): List =>
    list.filter(({ controller }) => wishes.some((wish) => wish.controller === controller))
  return follow<List>(
    {
      ...shared,
      open: (meshery, subscribeOptions) => controllers.open(meshery, values, subscribeOptions),
      work: (subscription, ended) =>
        waiting({
          found: () =>
            until(subscription, (list) => holds(wishes, list, connections), {
              timeout: options.timeout,
              signal: ended,
            }),
          write: (list) => writeLine(show(mine(list), process.stdout), ended),
          late: (last) => {
            say(`${positionals.join(' ')} did not hold within ${values.timeout}`, 'red')
            shared.sayWhy()
            if (last === undefined) say('nothing was heard of any controller')
            else process.stderr.write(`${show(last, process.stderr)}\n`)
          },
        }),
    },
    signal,
  )
}

function waitForEvent(given: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(() =>
    parseArgs({ args: [...given], options: { ...connectionConfig, ...filterConfig } }),
  )
  const filters = readFilters(values)
  const options = readConnectionOptions(values)
  const shared = listening(options, 'events')
  return follow<MesheryEvent>(
    {
      ...shared,
      open: (meshery, subscribeOptions) => meshery.subscribeEvents(filters, subscribeOptions),
      work: (subscription, ended) =>
        waiting({
          found: () => until(subscription, () => true, { timeout: options.timeout, signal: ended }),
          write: (event) =>
            writeLine(options.output === 'json' ? JSON.stringify(event) : prettyEvent(event, process.stdout), ended),
          late: () => {
            say(`no such event came within ${values.timeout}`, 'red')
            shared.sayWhy()
          },
        }),
    },
    signal,
  )
}

/** What both have in common: the time is kept by what waits, which knows the last state. */
function listening(
  options: ConnectionOptions,
  about: 'events' | 'state',
): Pick<Following<unknown>, 'options' | 'hear'> & { sayWhy(): void } {
  const say = noticeListener(options.verbose, about)
  let reason: MesheryError | null = null
  return {
    options: { ...options, timeout: undefined },
    hear(notice) {
      say(notice)
      // What ends the waiting closes the subscription, which is no reason.
      if (notice.kind === 'status' && notice.state !== 'closed') reason = notice.reason
    },
    /** Says why it was not live at the end, if it was not. */
    sayWhy() {
      if (reason) sayError(reason, options.verbose)
    },
  }
}

async function waiting<T>(wait: {
  found(): Promise<T>
  write(value: T): Promise<void>
  late(last: T | undefined): void
}): Promise<number> {
  try {
    await wait.write(await wait.found())
    return exitCodes.done
  } catch (error) {
    // Its own time, not one that the connection has run into.
    if (!(error instanceof MesheryError && error.code === 'TIMED_OUT' && 'last' in error.details)) throw error
    // `until` puts a value of the subscription there, or undefined.
    wait.late(error.details['last'] as T | undefined)
    return exitCodes.timeout
  }
}

function tableText(list: Parameters<typeof controllers.rows>[0], stream: NodeJS.WritableStream): string {
  const table: Table = { columns: controllers.titles, rows: controllers.rows(list) }
  const drawing = { widths: widthsOf(table), room: Number.POSITIVE_INFINITY, stream }
  const rows = table.rows.map(({ cells }) => lineOf(cells, drawing))
  return [headOf(table, drawing), ...(rows.length === 0 ? ['(none)'] : rows)].join('\n')
}
