import {
  Argument,
  Command as Commander,
  type CommanderError,
  type Help,
  Option,
  type ParseOptionsResult,
} from 'commander'
import { nearest } from '../base/nearest.ts'
import { type Command, type CommandGroup, type Given, isGroup, type Note } from './command.ts'
import { ProgramHelp } from './help.ts'
import { OptionValues, usageError } from './option-values.ts'

/** How many commands an error names that have an unknown option. */
const mostOwners = 3

/** Commander's command, with the rules, help and errors of this program. */
export class ProgramCommand extends Commander {
  /** The part of the help after the options. */
  notes: readonly Note[] = []
  /** The texts of a command that has others below it. */
  group: Pick<CommandGroup, 'missing' | 'unknown'> | undefined
  /** Of the program: makes one with all commands, where this one has only the command that was given. */
  whole: () => ProgramCommand = () => this

  /** Whether the help is asked for by `-h`, which only names the options of the connection. */
  #isBrief = false

  override createCommand(name?: string): ProgramCommand {
    return new ProgramCommand(name)
  }

  override createHelp(): Help {
    return new ProgramHelp((command) => (command instanceof ProgramCommand ? command.notes : []), this.#isBrief)
  }

  /** Whether it does something itself, beside the commands below it. */
  get takesOptions(): boolean {
    return this.group === undefined
  }

  /** The names below the program's, such as `wait event`; '' for the program itself. */
  get path(): string {
    const { parent } = this
    return parent instanceof ProgramCommand ? `${parent.path} ${this.name()}`.trim() : ''
  }

  /**
   * Also refuses `--page -1` and `--url --verbose`, where commander would take the second one as the value: more likely the value
   * was forgotten.
   */
  override parseOptions(argv: string[]): ParseOptionsResult {
    const end = argv.indexOf('--')
    const given = end < 0 ? argv : argv.slice(0, end)
    this.#isBrief = given.includes('-h')
    for (const [at, flag] of given.entries()) {
      const next = given[at + 1]
      if (next === undefined || !/^-./.test(next)) continue
      const option = this.options.find(({ long, short }) => long === flag || short === flag)
      if (option?.required)
        this.error(`error: option '${flag}' argument is ambiguous; write ${option.long}=${next} if that is its value`)
    }
    const { operands, unknown } = super.parseOptions(argv)
    const [first] = operands
    const isMisspelt = this.group && first !== undefined && this.commands.every((command) => command.name() !== first)
    // Commander would print the help of the group at `misspelt --help`, as if it were right.
    return { operands, unknown: isMisspelt ? [] : unknown }
  }

  /** What is wrong, in the words of this program. */
  messageOf({ code, message }: CommanderError): string {
    const [text = '', suggestion] = message.replace(/^error: /, '').split(/\n\(Did you mean (.*)\?\)$/)
    const ending = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
    const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}${ending}`
    if (code === 'commander.excessArguments') return this.#excess()
    if (!this.group) return code === 'commander.unknownOption' ? (this.#ownedElsewhere(text) ?? whole) : whole
    if (code === 'commander.help') return this.group.missing
    if (code === 'commander.unknownCommand') {
      const [given = ''] = this.args
      return `${this.group.unknown(given)}${ending || this.#instead(given)}`
    }
    if (code !== 'commander.unknownOption') return whole
    // An option before the command that it belongs to.
    return this.parent ? this.group.missing : (this.#misplaced(text) ?? whole)
  }

  /** What there is in place of a command that there is not. */
  #instead(given: string): string {
    if (this.options.some(({ long }) => long === `--${given}`)) return `; did you mean --${given}?`
    return `; there are ${this.commands.map((command) => command.name()).join(', ')}`
  }

  #excess(): string {
    const excess = this.args[this.registeredArguments.length] ?? this.args[0] ?? ''
    const names = this.commands.map((one) => one.name())
    const [near] = names.length > 0 ? nearest(excess, names) : []
    return `Unexpected argument '${excess}'${near === undefined ? '' : `; did you mean ${near}?`}`
  }

  /** The option that this message calls unknown is one of a command below; undefined if none has it. */
  #misplaced(message: string): string | undefined {
    const [, flag] = /'(-[^'=]*)/.exec(message) ?? []
    const owner = this.#allBelow().find(({ options }) =>
      options.some(({ long, short }) => long === flag || short === flag),
    )
    return owner && `The option ${flag} comes after the command, as in \`${this.name()} ${owner.path} ${flag}\``
  }

  /** The option that this message calls unknown is one of other commands; undefined if none has it. */
  #ownedElsewhere(message: string): string | undefined {
    const [, flag] = /'(-[^'=]*)/.exec(message) ?? []
    const whole = this.#program.whole()
    const owners = whole.#allBelow().filter(({ options }) => options.some(({ long }) => long === flag))
    const paths = owners.map(({ path }) => path)
    // Its own option, which takes no value and was given one.
    if (paths.length === 0 || paths.includes(this.path)) return undefined
    const named = paths.slice(0, mostOwners).map((path) => `\`${path}\``)
    const others = paths.length > mostOwners ? ' and others' : ''
    return `Unknown option '${flag}' of ${this.path}; it is one of ${named.join(', ')}${others}`
  }

  get #program(): ProgramCommand {
    return this.parent instanceof ProgramCommand ? this.parent.#program : this
  }

  #allBelow(): readonly ProgramCommand[] {
    const below = this.commands.filter((command) => command instanceof ProgramCommand)
    return below.flatMap((command) => [command, ...command.#allBelow()])
  }
}

/** The part of the help before the options. That of a group may include those of the commands below it. */
const descriptionOf = (command: Command | CommandGroup): string =>
  isGroup(command) && command.describesEach
    ? [command.description, ...command.commands.map(({ name, description }) => `${name}: ${description}`)].join('\n\n')
    : command.description

/** What a program does with its commands. */
export interface CommandHooks {
  /** Called with the path of the command whose command line is wrong, before the error is thrown. */
  onRefused(path: string): void
  /** Called with the command that was chosen and what was given to it. Resolves when it is done. */
  run(command: Command, given: Given, path: string): Promise<void>
}

/** Choices are for completion alone: the command itself checks its operands. */
const operandOf = (name: string, choices: readonly string[] = []): Argument =>
  choices.length === 0 ? new Argument(name) : new Argument(name).choices(choices).argParser((value) => value)

/** Fills commander's table with a command, and with those below it. */
export function declareCommand(target: ProgramCommand, command: Command | CommandGroup, hooks: CommandHooks): void {
  target
    .summary(command.summary)
    .description(descriptionOf(command))
    .usage(command.usage ?? '[options]')
    .addHelpOption(
      new Option('-h, --help', 'print this help; -h only names the options of the connection').helpGroup('Options:'),
    )
    .helpCommand(false)
    .allowExcessArguments(false)
    .exitOverride((error) => {
      // Zero: help or the version was printed.
      if (error.exitCode === 0) throw error
      hooks.onRefused(target.path)
      throw usageError(target.messageOf(error), error)
    })
  target.notes = command.notes ?? []
  if (isGroup(command)) {
    target.group = command
    for (const below of command.commands) declareCommand(target.command(below.name), below, hooks)
    return
  }
  for (const option of command.options()) target.addOption(option)
  if (command.operands !== undefined) target.addArgument(operandOf(command.operands, command.operandChoices))
  target.action(() => {
    const { parent } = target
    // An option before the command would belong to the command above it, and be ignored.
    if (parent instanceof ProgramCommand && parent.takesOptions && Object.keys(parent.opts()).length > 0) {
      hooks.onRefused(target.path)
      throw usageError(`The options of ${target.path} come after it`)
    }
    return hooks.run(command, { options: new OptionValues(target.opts()), operands: target.args }, target.path)
  })
  if (command.below === undefined) return
  target.enablePositionalOptions()
  for (const below of command.below) declareCommand(target.command(below.name), below, hooks)
}
