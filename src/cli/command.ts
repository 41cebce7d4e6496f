import type { Option } from 'commander'
import type { CommandContext } from './context.ts'
import type { OptionValues } from './option-values.ts'

/** What was given to a command. */
export interface Given {
  readonly options: OptionValues
  /** What was given besides options. */
  readonly operands: readonly string[]
}

/** A paragraph of the help, without line breaks; or a heading with a list below it. */
export type Note =
  | string
  | { readonly heading: string; readonly items: readonly (readonly [term: string, text: string])[] }

/** What every command declares. */
interface Declaration {
  readonly name: string
  /** For the list of commands: one line. */
  readonly summary: string
  /** The part of its help before the options: paragraphs, each without line breaks. */
  readonly description: string
  /** The part of its help after the options. */
  readonly notes?: readonly Note[]
}

/** A command that does something. */
export interface Command extends Declaration {
  /** Its operands, such as `[conditions...]`. Default: it has none. */
  readonly operands?: string
  /** What completion offers as an operand. */
  readonly operandChoices?: readonly string[]
  /** What follows the command's name in the usage line. Default: `[options]`. */
  readonly usage?: string
  /** Commands below it: one of their names in place of its operands chooses one. */
  readonly below?: readonly Command[]
  options(): readonly Option[]
  /**
   * Does the work and resolves with the exit code; ends early when the signal of the context aborts, with nothing left
   * behind.
   * @throws MesheryError, which ends the program with the code that belongs to it.
   */
  run(given: Given, context: CommandContext): Promise<number>
}

/** A command that only has others below it. */
export interface CommandGroup extends Declaration {
  readonly usage: string
  readonly commands: readonly (Command | CommandGroup)[]
  /** Whether its help describes each of them; otherwise it lists them with their summaries. */
  readonly describesEach?: boolean
  /** The error when none of them was given. */
  readonly missing: string
  /** The error when another one was given; a suggestion or their names follow it. */
  unknown(name: string): string
}

export const isGroup = (command: Command | CommandGroup): command is CommandGroup => 'commands' in command
