import type { Meshery, MesheryError, Notice, SubscribeOptions, Subscription } from '../index.ts'
import { ClusterNames, listClusters, unknownError } from './cluster-names.ts'
import type { Command } from './command.ts'
import { noticeListener } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { follow, showAll, type Work } from './follow.ts'
import { stateHelp } from './help.ts'
import { writeLine } from './output.ts'
import { readStateOptions, type StateOption, type StateOptions, type StateValues } from './state-options.ts'
import type { Row } from './table.ts'
import { type TableWriter, tableWriter } from './table-writer.ts'
import { jsonLine } from './text.ts'

/** What a command that follows a state differs in from the others. */
export interface StateView<Value> {
  readonly name: string
  readonly summary: string
  /** What `--help` says of it besides its options. */
  readonly about: string
  /** The options that it takes, besides those that all have. */
  readonly takes: readonly StateOption[]
  /** The columns that `--order` may name. */
  readonly columns?: readonly string[]
  readonly titles: readonly string[]
  /** @param nameOf The name of a cluster by one of its ids; `-` when it is not known. */
  rows(value: Value, nameOf: (id: string) => string): readonly Row[]
  /** The ids of clusters in it, whose names are shown. */
  clusters?(value: Value): readonly string[]
  /** How many there are in all, where only a page of them is shown. */
  total?(value: Value): number | null
  /** The error for something requested that does not exist, where the value alone does not show it. */
  missing?(value: Value, values: StateValues, meshery: Meshery, signal: AbortSignal): Promise<MesheryError | undefined>
  /** @throws MesheryError INVALID_OPTION */
  open(meshery: Meshery, values: StateValues, options: SubscribeOptions): Subscription<Value>
}

/** The command that shows a state, and shows it again whenever something in it changed. */
export function stateCommand<Value>(view: StateView<Value>): Command {
  const help = stateHelp(view)
  return {
    summary: view.summary,
    help,
    async run(given, signal) {
      const options = readStateOptions(view.takes, given)
      if (!options) {
        await writeLine(help, signal)
        return exitCodes.done
      }
      const { output, count, verbose, values } = options
      const writer = tableWriter({ once: output === 'json' || count === 1, wide: output === 'wide' })
      const tell = noticeListener(verbose, 'state', (write) => writer.aside(write))
      const unknown = new Unknown(count === 1)
      try {
        return await follow(
          {
            options,
            hear: (notice) => unknown.hear(notice) || tell(notice),
            open: (meshery, subscribeOptions) => view.open(meshery, values, subscribeOptions),
            work: (work) => Promise.race([show(view, options, work, { writer, unknown }), unknown.refusal(work)]),
          },
          signal,
        )
      } finally {
        writer.close()
      }
    },
  }
}

/** Collects ids that the server does not know. With `--once` they are an error: the command does not wait for them. */
class Unknown {
  readonly #fatal: boolean
  readonly #told: Promise<readonly string[]>
  #tell: (ids: readonly string[]) => void = () => {}
  #refusal: Promise<never> | undefined
  found = false

  constructor(fatal: boolean) {
    this.#fatal = fatal
    this.#told = new Promise((resolve) => {
      this.#tell = resolve
    })
  }

  /** Returns true if the notice needs no line of its own. */
  hear(notice: Notice): boolean {
    if (!this.#fatal || notice.kind !== 'unknown') return false
    this.found = true
    this.#tell(notice.ids)
    return true
  }

  /** Rejects once there are any. */
  refusal(work: Work<unknown>): Promise<never> {
    this.#refusal ??= this.#refuse(work)
    return this.#refusal
  }

  async #refuse({ meshery, ended }: Work<unknown>): Promise<never> {
    const ids = await this.#told
    const clusters = await listClusters(meshery, ended)
    throw unknownError(
      ids,
      clusters.map(({ id, connection_id, name }) => ({ id: connection_id ?? id, name })),
    )
  }
}

async function show<Value>(
  view: StateView<Value>,
  { output, count, values }: StateOptions,
  work: Work<Value>,
  { writer, unknown }: { readonly writer: TableWriter; readonly unknown: Unknown },
): Promise<number> {
  const { meshery, subscription, ended } = work
  const names = new ClusterNames(() => listClusters(meshery, ended))
  const code = await showAll(subscription, count, async (value) => {
    if (unknown.found) return
    const missing = count === 1 ? await view.missing?.(value, values, meshery, ended) : undefined
    if (missing) throw missing
    if (output === 'json') return writeLine(jsonLine(value), ended)
    await names.learn(view.clusters?.(value) ?? [])
    const rows = view.rows(value, names.of)
    await writer.show({ columns: view.titles, rows, foot: footOf(rows.length, view.total?.(value)) }, ended)
  })
  return unknown.found ? unknown.refusal(work) : code
}

const footOf = (shown: number, total: number | null | undefined): string | undefined =>
  (total ?? 0) > shown ? `${shown} of ${total}; --page shows others, --all shows all` : undefined
