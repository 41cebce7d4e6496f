import { type Command as Commander, Help, type Option } from 'commander'
import type { Note } from './command.ts'
import { exitCodeTexts } from './exit-codes.ts'

/** The widest that a line of the help gets, in columns. */
const widestLine = 116
/** A text beside its term is wrapped only if it has this many columns. */
const leastColumns = 20

/** Texts come above longer terms, such as command lines, which are not wrapped. */
const widestTerm = 32

/** The columns that the help may take. */
export const helpWidth = (lineWidth: number): number => Math.min(lineWidth, widestLine)

export const exitCodesNote: Note = {
  heading: 'Exit codes:',
  items: exitCodeTexts.map(([codes, meaning]) => [codes.join(', '), meaning.replaceAll('`', '')]),
}

/** For every command that connects to a server. */
export const connectionNotes: readonly Note[] = [
  'On a terminal, and with --verbose, the first line on stderr names the server, its release, and the source of the address. Colours are left out where the output is no terminal or NO_COLOR is set, unless --color says otherwise.',
  exitCodesNote,
]

/** The help in this project's format: option values in capitals, notes after the options. */
export class ProgramHelp extends Help {
  override minWidthToWrap: number = leastColumns
  readonly #notesOf: (command: Commander) => readonly Note[]

  readonly #isBrief: boolean

  /**
   * @param notesOf The part of a command's help after its options.
   * @param isBrief Whether the options of the connection are only named.
   */
  constructor(notesOf: (command: Commander) => readonly Note[], isBrief = false) {
    super()
    this.#notesOf = notesOf
    this.#isBrief = isBrief
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
    const options = isGroup ? [...unitedOptions(command), ...own] : own
    return this.#isBrief ? options.filter((option) => !isOfConnection(option)) : options
  }

  override formatHelp(command: Commander, helper: Help): string {
    const folded = this.#isBrief ? connectionNote(command) : []
    const notes = [...folded, ...this.#notesOf(command)].map((note) => this.#noteText(note))
    return [super.formatHelp(command, helper).trimEnd(), ...notes].join('\n\n').concat('\n')
  }

  #noteText(note: Note): string {
    if (typeof note === 'string') return this.boxWrap(note, this.helpWidth ?? widestLine)
    const termWidth = Math.max(...note.items.map(([term]) => term.length))
    const isBelow = termWidth > widestTerm
    const items = note.items.map(([term, text]) =>
      isBelow ? `  # ${text}\n  ${term}` : this.formatItem(term, termWidth, text, this),
    )
    return [note.heading, ...items].join('\n')
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

/** The heading of the options that say how to reach the server. */
export const connectionHeading = 'Connection'

const isOfConnection = ({ helpGroupHeading }: Option): boolean => helpGroupHeading === `${connectionHeading}:`

/** Names the options of the connection in one paragraph. */
function connectionNote(command: Commander): readonly Note[] {
  const flags = new ProgramHelp(() => [])
    .visibleOptions(command)
    .filter(isOfConnection)
    .map(({ long }) => long)
  return flags.length === 0 ? [] : [`${connectionHeading}: ${flags.join(', ')}. --help describes them.`]
}
