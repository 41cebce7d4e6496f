import { type Command as Commander, Help, type Option } from 'commander'
import type { Note } from './command.ts'
import { exitCodeTexts } from './exit-codes.ts'

/** The widest that a line of the help gets, in columns. */
const widestLine = 116
/** A text beside its term is wrapped only if it has this many columns. */
const leastColumns = 20

/** The columns that the help may take. */
export const helpWidth = (lineWidth: number): number => Math.min(lineWidth, widestLine)

export const exitCodesNote: Note = {
  heading: 'Exit codes:',
  items: exitCodeTexts.map(([codes, meaning]) => [codes.join(', '), meaning.replaceAll('`', '')]),
}

/** For every command that connects to a server. */
export const connectionNotes: readonly Note[] = [
  'On a terminal, and with --verbose, the first line on stderr names the server, its release, and the source of the address. Colours are left out where the output is no terminal or NO_COLOR is set.',
  exitCodesNote,
]

/** The help in this project's format: option values in capitals, notes after the options. */
export class ProgramHelp extends Help {
  override minWidthToWrap: number = leastColumns
  readonly #notesOf: (command: Commander) => readonly Note[]

  /** @param notesOf The part of a command's help after its options. */
  constructor(notesOf: (command: Commander) => readonly Note[]) {
    super()
    this.#notesOf = notesOf
  }

  override optionTerm({ flags }: Option): string {
    return flags.replace(/<(.*)>/, '$1').replace(/ \[(.*)\]/, '[=$1]')
  }

  /** The descriptions name the choices where they matter. */
  override optionDescription({ description }: Option): string {
    return description
  }

  override subcommandTerm(command: Commander): string {
    return command.name()
  }

  /** The help of a command that has others below it lists the options of all of them. */
  override visibleOptions(command: Commander): Option[] {
    const own = super.visibleOptions(command)
    const isGroup = command.parent !== null && command.commands.length > 0 && command.options.length === 0
    return isGroup ? [...unitedOptions(command), ...own] : own
  }

  override formatHelp(command: Commander, helper: Help): string {
    const notes = this.#notesOf(command).map((note) => this.#noteText(note))
    return [super.formatHelp(command, helper).trimEnd(), ...notes].join('\n\n').concat('\n')
  }

  #noteText(note: Note): string {
    if (typeof note === 'string') return this.boxWrap(note, this.helpWidth ?? widestLine)
    const termWidth = Math.max(...note.items.map(([term]) => term.length))
    return [note.heading, ...note.items.map(([term, text]) => this.formatItem(term, termWidth, text, this))].join('\n')
  }
}

/** The options of all commands below this one, each once; headings of one command alone come first. */
function unitedOptions(group: Commander): Option[] {
  const all = group.commands.flatMap(({ options }) => options)
  const isOfOne = ({ helpGroupHeading }: Option): boolean =>
    group.commands.filter(({ options }) => options.some((one) => one.helpGroupHeading === helpGroupHeading)).length ===
    1
  const ordered = [...all.filter(isOfOne), ...all.filter((option) => !isOfOne(option))]
  return [...new Map(ordered.map((option) => [option.long, option])).values()]
}
