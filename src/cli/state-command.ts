import type { Meshery, SubscribeOptions, Subscription } from '../index.ts'
import type { Command } from './command.ts'
import { noticeListener } from './diagnostics.ts'
import { exitCodes } from './exit-codes.ts'
import { follow, showAll } from './follow.ts'
import { stateHelp } from './help.ts'
import { writeLine } from './output.ts'
import { readStateOptions, type StateOption, type StateValues } from './state-options.ts'
import type { Row } from './table.ts'
import { tableWriter } from './table-writer.ts'

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
  rows(value: Value): readonly Row[]
  /** How many there are in all, where only a page of them is shown. */
  total?(value: Value): number | null
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
      const writer = tableWriter(output === 'json' || count === 1)
      try {
        return await follow(
          {
            options,
            hear: noticeListener(verbose, 'state', (write) => writer.aside(write)),
            open: (meshery, subscribeOptions) => view.open(meshery, values, subscribeOptions),
            work: (subscription, ended) =>
              showAll(subscription, count, (value) =>
                output === 'json'
                  ? writeLine(JSON.stringify(value), ended)
                  : writer.show({ columns: view.titles, rows: view.rows(value), foot: footOf(view, value) }, ended),
              ),
          },
          signal,
        )
      } finally {
        writer.close()
      }
    },
  }
}

const footOf = <Value>(view: StateView<Value>, value: Value): string | undefined => {
  const [shown, total] = [view.rows(value).length, view.total?.(value) ?? 0]
  return total > shown ? `${shown} of ${total}; --page shows others, --all shows all` : undefined
}
