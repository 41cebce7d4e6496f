import type { Option } from 'commander'
import type { Note } from '../../src/cli/command.ts'
import { connectionHeading, ProgramHelp } from '../../src/cli/help.ts'
import { ProgramCommand } from '../../src/cli/program-command.ts'

/** The file in the package. */
export const manPage = 'man/meshery-live.1'

/** A text as roff prints it: none of its characters is a request or an escape. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    // What is copied into a shell must be a straight quote.
    .replaceAll("'", '\\(aq')
    .replace(/^(?=\.)/gm, '\\&')

const paragraphs = (text: string): string =>
  text
    .split(/\n+/)
    .filter((one) => one !== '')
    .map((one) => `.PP\n${roff(one)}`)
    .join('\n')

const item = (term: string, text: string): string => `.TP\n.B ${roff(term)}\n${roff(text)}`

const helper = new ProgramHelp(() => [])
const optionItem = (option: Option): string => item(helper.optionTerm(option), helper.optionDescription(option))

const noteText = (note: Note): string =>
  typeof note === 'string'
    ? paragraphs(note)
    : [`.PP\n${roff(note.heading)}`, ...note.items.map(([term, text]) => item(term, text))].join('\n')

const isOfConnection = ({ helpGroupHeading }: Option): boolean => helpGroupHeading === `${connectionHeading}:`

/** The command, and all below it. */
const commandsOf = (command: ProgramCommand): readonly ProgramCommand[] => [
  command,
  ...command.commands.flatMap((below) => (below instanceof ProgramCommand ? commandsOf(below) : [])),
]

function commandText(command: ProgramCommand, common: readonly Note[]): string {
  const own = command.options.filter((option) => !isOfConnection(option))
  const connects = own.length < command.options.length
  return [
    `.SS ${roff(`meshery-live ${command.path}`)}`,
    paragraphs(command.description()),
    ...own.map(optionItem),
    ...(connects ? ['.PP\nTakes the options of the connection, too.'] : []),
    ...command.notes.filter((note) => !common.includes(note)).map(noteText),
  ].join('\n')
}

/**
 * The manual page of the whole program, from commander's table.
 * @param common Notes that most commands have: they are printed once.
 */
export function manPageOf(program: ProgramCommand, common: readonly Note[]): string {
  const [, ...all] = commandsOf(program)
  const connection = all.flatMap(({ options }) => options.filter(isOfConnection))
  const once = [...new Map(connection.map((option) => [option.long, option])).values()]
  return `${[
    '.\\" Made from the declarations of the commands by scripts/man.mjs.',
    '.TH MESHERY\\-LIVE 1 "" "meshery\\-live" "User Commands"',
    // No word is divided.
    '.nh\n.ad l',
    '.SH NAME\nmeshery\\-live \\- follow Meshery live: events and states of a Meshery Server',
    `.SH SYNOPSIS\n.B meshery\\-live\n${roff(program.usage())}`,
    `.SH COMMANDS\n${all.map((command) => commandText(command, common)).join('\n')}`,
    `.SH "OPTIONS OF THE CONNECTION"\n${once.map(optionItem).join('\n')}`,
    `.SH "EXIT STATUS"\n${common.map(noteText).join('\n')}`,
    '.SH "SEE ALSO"\n.BR mesheryctl (1)',
  ].join('\n')}\n`
}
