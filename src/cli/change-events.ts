import { Option } from 'commander'
import type { ActionOptions, EventActions, EventChanges } from '../actions/index.ts'
import { isUUID } from '../base/checks.ts'
import { changedError, MesheryError } from '../base/errors.ts'
import type { Command } from './command.ts'
import { confirms } from './confirm.ts'
import { type ConnectionOptions, outputOptions, readConnectionOptions, requestOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report } from './diagnostics.ts'
import { readStoredFilters, storedFilterOptions } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { connectionNotes } from './help.ts'
import { allOption, type OptionValues, underHeading, usageError } from './option-values.ts'
import { withActions } from './with-actions.ts'

/** What is printed about a change, for `--fields` and `--template`: `unchanged` and `unknown` only after an error. */
const fields = ['done', 'missing', 'unchanged', 'unknown'] as const

/** Which events are changed: those of the ids, or those that match the filters. */
type Chosen = { readonly ids: readonly string[] } | { readonly filters: ReturnType<typeof readStoredFilters> }

/** What is done to the events that were chosen. */
interface Change {
  readonly done: string
  run(actions: EventActions, ids: readonly string[], options: ActionOptions): Promise<EventChanges>
}

const operands = '[ids...]'
const usage = (name: string): string => `ID... [options]
       meshery-live events ${name} FILTERS [options]`
const chosenOptions = (): readonly Option[] => [
  ...storedFilterOptions(),
  ...underHeading('Without ids and filters', [allOption('every stored event')]),
]

/** Marks stored events as read, or as unread. */
export const readEvents: Command = {
  name: 'read',
  summary: 'mark stored events as read, or as unread',
  description:
    'Marks the events with these ids as read, or those that match all of the filters. `events list -o wide` prints ids. Can be repeated: an event that is marked already stays so.',
  operands,
  usage: usage('read'),
  notes: connectionNotes,
  options: () => [
    ...chosenOptions(),
    ...underHeading('What to do', [new Option('--unread', 'mark them as unread')]),
    ...outputOptions('pretty (default) or wide: how many were changed; json: their ids', fields),
    ...requestOptions(),
  ],
  async run({ options: values, operands: ids }, context) {
    const isUnread = values.flag('unread')
    const change: Change = {
      done: isUnread ? 'marked as unread' : 'marked as read',
      run: (actions, chosen, options) =>
        isUnread ? actions.markUnread(chosen, options) : actions.markRead(chosen, options),
    }
    const chosen = readChosen(ids, values)
    return changeEvents({ chosen, change, options: readConnectionOptions(values, fields) }, context)
  },
}

/** Deletes stored events. */
export const removeEvents: Command = {
  name: 'remove',
  summary: 'delete stored events for good',
  description:
    'Deletes the events with these ids, or those that match all of the filters, for good. On a terminal it asks first; anywhere else it needs --yes. `events list` with the same filters prints what would be deleted.',
  operands,
  usage: usage('remove'),
  notes: connectionNotes,
  options: () => [
    ...chosenOptions(),
    ...underHeading('What to do', [new Option('-y, --yes', 'delete without asking')]),
    ...outputOptions('pretty (default) or wide: how many were deleted; json: their ids', fields),
    ...requestOptions(),
  ],
  async run({ options: values, operands: ids }, context) {
    const chosen = readChosen(ids, values)
    const asks = !values.flag('yes')
    if (asks && context.stdin?.isTTY !== true)
      throw usageError('events remove needs --yes where stdin is no terminal: there it cannot ask')
    const change: Change = { done: 'deleted', run: (actions, one, options) => actions.remove(one, options) }
    return changeEvents({ chosen, change, options: readConnectionOptions(values, fields), asks }, context)
  },
}

/** @throws MesheryError INVALID_OPTION, also when nothing was chosen. */
function readChosen(ids: readonly string[], values: OptionValues): Chosen {
  const filters = readStoredFilters(values)
  const hasFilters = Object.values(filters).some((value) => value !== undefined)
  const ways = [ids.length > 0, hasFilters, values.flag('all')].filter((isGiven) => isGiven)
  if (ways.length === 0) throw usageError('Which events? Give ids, filters, or --all')
  if (ways.length > 1) throw usageError('Give ids, filters or --all, and not several of them')
  const wrong = ids.find((id) => !isUUID(id))
  if (wrong !== undefined)
    throw usageError(
      `${JSON.stringify(wrong)} is no id of an event: ids are UUIDs, which \`events list -o wide\` prints`,
    )
  return ids.length > 0 ? { ids } : { filters }
}

/** One command that changes events. */
interface Task {
  readonly chosen: Chosen
  readonly change: Change
  readonly options: ConnectionOptions
  /** Whether the user must agree first. */
  readonly asks?: boolean
}

function changeEvents({ chosen, change, options, asks = false }: Task, context: CommandContext): Promise<number> {
  return withActions(options, context, async (actions) => {
    const { stderr, signal } = context
    const ids = 'ids' in chosen ? chosen.ids : await idsOf(actions, chosen.filters, signal)
    if (asks && ids.length > 0) {
      const question = `Delete ${count(ids.length)} of ${actions.url} for good?`
      if (!(await confirms(question, context))) {
        report(stderr, 'Nothing was deleted', 'yellow')
        return exitCodes.failure
      }
    }
    const { done, missing } = await attempt(() => change.run(actions, ids, { signal }), options, context)
    await print({ done, missing }, change, options, context)
    if (missing.length === 0) return exitCodes.done
    report(stderr, `the server does not know ${count(missing.length)}: ${missing.slice(0, 5).join(', ')}`, 'red')
    return exitCodes.failure
  })
}

/** The ids are taken before anything is changed: what is stored later is left alone. */
async function idsOf(
  actions: EventActions,
  filters: ReturnType<typeof readStoredFilters>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const { id } of actions.listAllEvents(filters, { signal })) if (id !== null) ids.push(id)
  return ids
}

/** What was done before an error is printed, too. */
async function attempt(
  run: () => Promise<EventChanges>,
  { format }: ConnectionOptions,
  { stdout, signal }: CommandContext,
): Promise<EventChanges> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
    const { done, missing, unchanged, unknown } = error.details
    if (format !== undefined) await stdout.writeLine(format.one({ done, missing, unchanged, unknown }), signal)
    if (!Array.isArray(unknown) || unknown.length === 0) throw error
    throw changedError(error, { remedy: 'Run the same command again: nothing is done twice by that.' })
  }
}

async function print(
  changes: EventChanges,
  { done }: Change,
  { format }: ConnectionOptions,
  { stdout, signal }: CommandContext,
): Promise<void> {
  const line = format?.one(changes) ?? `${count(changes.done.length)} ${done}`
  await stdout.writeLine(line, signal)
}

const count = (number: number): string => `${number} event${number === 1 ? '' : 's'}`
