import { changedError } from '../base/errors.ts'
import { type Meshery, MesheryError, type Notice, type SubscribeOptions, type Subscription } from '../index.ts'
import { ClusterNames, listClusters, namesTimeoutMs, unknownError } from './cluster-names.ts'
import type { Command } from './command.ts'
import {
  connectionOptions,
  endOptions,
  type FollowOptions,
  outputOptions,
  readFollowOptions,
} from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { noticeListener } from './diagnostics.ts'
import { follow, showAll, type Work } from './follow.ts'
import { connectionNotes } from './help.ts'
import { underHeading } from './option-values.ts'
import { type StateName, stateFields } from './state-fields.ts'
import { readStateValues, type StateOption, type StateValues, stateOptions } from './state-options.ts'
import { type Row, rowText } from './table.ts'
import { type TableWriter, tableWriter } from './table-writer.ts'
import { readTimeText, type TimeText, timeOptions, timeTextBy } from './time-text.ts'

/** What a command that follows a state differs in from the others. */
export interface StateView<Value> {
  readonly name: StateName
  readonly summary: string
  /** The part of its help before the options. */
  readonly about: string
  /** The options that it takes, besides those that all have. */
  readonly takes: readonly StateOption[]
  /** The columns that `--order` may name. */
  readonly columns?: readonly string[]
  readonly titles: readonly string[]
  /**
   * @param nameOf The name of a cluster by one of its ids; `-` when it is not known.
   * @param time How times are shown.
   */
  rows(value: Value, nameOf: (id: string) => string, time: TimeText): readonly Row[]
  /** What formats for programs print. Default: the value. */
  printed?(value: Value): unknown
  /** The ids of clusters in it, whose names are shown. */
  clusters?(value: Value): readonly string[]
  /** How many there are in all, where only a page of them is shown. */
  total?(value: Value): number | null
  /** The error for something requested that does not exist, where the value alone does not show it. */
  missing?(value: Value, values: StateValues, meshery: Meshery, signal: AbortSignal): Promise<MesheryError | undefined>
  /** Resolves once the server knows the name that the error is about; undefined where the error is about something else. */
  becomesKnown?(
    error: MesheryError,
    values: StateValues,
    meshery: Meshery,
    options: { readonly signal: AbortSignal; readonly onNotice: (notice: Notice) => void },
  ): Promise<unknown> | undefined
  /** @throws MesheryError INVALID_OPTION */
  open(meshery: Meshery, values: StateValues, options: SubscribeOptions): Subscription<Value>
}

const howItIsPrinted =
  'Prints the state at once, and again after each change: in a terminal as a table that is redrawn in place, in a pipe as one row for each change, with the time and + (added), ~ (updated) or - (removed). If the terminal is too narrow for the redrawn table, the title line ends with the number of hidden columns. If the server does not know an id or a name, the command looks for it again at intervals; with --once it fails and lists the known ones. Everything else goes to stderr, and only if that is a terminal; errors, a wait for the server, unknown ids, and that the state may be out of date, are always printed.'

/** The command that shows a state, and shows it again whenever something in it changed. */
export const stateCommand = <Value>(view: StateView<Value>): Command => ({
  name: view.name,
  summary: view.summary,
  description: `${view.about}\n${howItIsPrinted}`,
  notes: [
    {
      heading: 'Examples:',
      items: examplesOf(view),
    },
    ...connectionNotes,
  ],
  options: () => [
    ...underHeading('What to show', stateOptions(view.takes, view.columns)),
    ...endOptions('value'),
    ...outputOptions(
      'pretty (default); wide: every column, whole, in a terminal of any width; json: one value a line',
      stateFields[view.name],
    ),
    ...timeOptions(),
    ...connectionOptions(),
  ],
  run: ({ options: values }, context) =>
    showState(
      view,
      {
        options: readFollowOptions(values, stateFields[view.name]),
        values: readStateValues(values),
        time: readTimeText(values, context),
      },
      context,
    ),
})

/** Command lines with what each is for. */
function examplesOf({
  name,
  takes,
  titles,
}: Pick<StateView<unknown>, 'name' | 'takes' | 'titles'>): readonly (readonly [line: string, text: string])[] {
  const required = requiredOptions.filter(([option]) => takes.includes(option)).map(([, text]) => text)
  const line = ['meshery-live', name, ...required].join(' ')
  const field = ['NAME', 'KIND', 'STATUS'].find((title) => titles.includes(title)) ?? ''
  return [
    [line, 'follow it'],
    [`${line} --once -o yaml`, 'once, for people and programs'],
    [`${line} --once --template '{${field.toLowerCase()}}'`, 'one line for each item'],
  ]
}

const requiredOptions: readonly (readonly [StateOption, string])[] = [
  ['profile', '--profile load'],
  ['namespace', '--namespace default'],
]

async function showState<Value>(
  view: StateView<Value>,
  given: Pick<Showing<Value>, 'options' | 'values' | 'time'>,
  context: CommandContext,
): Promise<number> {
  const { options, values, time } = given
  const { output, format, count, verbose } = options
  const writer = tableWriter(context, {
    once: format !== undefined || count === 1,
    wide: output === 'wide',
    time,
  })
  const aside = (write: () => void): void => writer.aside(write)
  const print = noticeListener({ context, verbose, about: 'state', aside })
  const unknown = new UnknownIds(count === 1)
  const onNotice = (notice: Notice): void => {
    if (!unknown.takes(notice)) print(notice)
  }
  const show: Showing<Value> = { ...given, view, writer, unknown, onNotice, context }
  try {
    return await follow(
      {
        options,
        aside,
        onNotice,
        open: (meshery, subscribeOptions) => view.open(meshery, values, subscribeOptions),
        work: (work) => Promise.race([showOnceKnown(show, work), unknown.refusal(work)]),
      },
      context,
    )
  } catch (error) {
    throw view.takes.includes('cluster') ? namingCluster(error) : error
  } finally {
    writer.close()
  }
}

/** `--context` named clusters before it named a context of mesheryctl: the error for an unknown one names `--cluster` too. */
const namingCluster = (error: unknown): unknown => {
  if (!(error instanceof MesheryError) || error.details['option'] !== 'context') return error
  const remedy = '--context chooses a context of mesheryctl. To choose clusters, use --cluster.'
  return changedError(error, { remedy: `${remedy} ${error.remedy}` })
}

/** Collects ids that the server does not know. With `--once` they are an error: the command does not wait for them. */
class UnknownIds {
  readonly #fatal: boolean
  readonly #reported: Promise<readonly string[]>
  #report: (ids: readonly string[]) => void = () => {}
  #refusal: Promise<never> | undefined
  found = false

  constructor(fatal: boolean) {
    this.#fatal = fatal
    this.#reported = new Promise((resolve) => {
      this.#report = resolve
    })
  }

  /** Returns true if the notice needs no line of its own. */
  takes(notice: Notice): boolean {
    if (!this.#fatal || notice.kind !== 'unknown') return false
    this.found = true
    this.#report(notice.ids)
    return true
  }

  /** Rejects once there are any. */
  refusal(work: Work<unknown>): Promise<never> {
    this.#refusal ??= this.#refuse(work)
    return this.#refusal
  }

  async #refuse({ meshery, ended }: Work<unknown>): Promise<never> {
    const ids = await this.#reported
    const clusters = await listClusters(meshery, { signal: ended })
    throw unknownError(
      ids,
      clusters.map(({ id, connection_id, name }) => ({ id: connection_id ?? id, name })),
    )
  }
}

/** What shows the values of a state. */
interface Showing<Value> {
  readonly view: StateView<Value>
  readonly options: FollowOptions
  readonly values: StateValues
  readonly time: TimeText
  readonly writer: TableWriter
  readonly unknown: UnknownIds
  readonly onNotice: (notice: Notice) => void
  readonly context: CommandContext
}

/** Shows the values. If the server does not know a name, waits until it does, unless only the first value is wanted. */
async function showOnceKnown<Value>(showing: Showing<Value>, work: Work<Value>): Promise<number> {
  const { view, values, options, onNotice } = showing
  const { meshery, ended } = work
  try {
    return await showValues(showing, work)
  } catch (error) {
    if (!(error instanceof MesheryError) || options.count === 1) throw error
    const known = view.becomesKnown?.(error, values, meshery, { signal: ended, onNotice })
    if (known === undefined) throw error
    await known
    return showOnceKnown(showing, { ...work, subscription: view.open(meshery, values, { onNotice }) })
  }
}

async function showValues<Value>(showing: Showing<Value>, work: Work<Value>): Promise<number> {
  const { view, values, time, writer, unknown, context } = showing
  const { format, count } = showing.options
  const { meshery, subscription, ended } = work
  const timeout = context.lookupTimeoutMs ?? namesTimeoutMs
  const names = new ClusterNames(() => listClusters(meshery, { signal: ended, timeout }))
  const code = await showAll(subscription, count, async (value) => {
    if (unknown.found) return
    const missing = count === 1 ? await view.missing?.(value, values, meshery, ended) : undefined
    if (missing) throw missing
    if (format) return writeList(format.list(view.printed?.(value) ?? value), context, ended)
    await names.learn(view.clusters?.(value) ?? [])
    const plain = view.rows(value, names.of, utc)
    const rows = view.rows(value, names.of, time).map((row, at) => withContent(row, plain[at]))
    await writer.show({ columns: view.titles, rows, foot: footOf(rows.length, view.total?.(value)) }, ended)
  })
  return unknown.found ? unknown.refusal(work) : code
}

/** A row has changed when its content did, not when a time in it has become longer ago. */
const withContent = (row: Row, plain: Row = row): Row => ({ ...row, content: rowText(plain) })

const utc = timeTextBy('utc', { now: Date.now })

/** Without any item a template prints nothing. */
const writeList = async (text: string, { stdout }: CommandContext, signal: AbortSignal): Promise<void> => {
  if (text !== '') await stdout.writeLine(text, signal)
}

const footOf = (shown: number, total: number | null | undefined): string | undefined =>
  (total ?? 0) > shown ? `${shown} of ${total}; --page shows others, --all shows all` : undefined
