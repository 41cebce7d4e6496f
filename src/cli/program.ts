import { readFileSync } from 'node:fs'
import { CommanderError, type OutputConfiguration } from 'commander'
import type { Command, CommandGroup } from './command.ts'
import { completionCommand } from './completion.ts'
import type { CommandContext } from './context.ts'
import { dashboard } from './dashboard.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { events } from './events.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { fakeServer } from './fake-server.ts'
import { exitCodesNote, helpWidth } from './help.ts'
import { readChoice } from './option-values.ts'
import { colorChoices } from './output.ts'
import { type CommandHooks, declareCommand, ProgramCommand } from './program-command.ts'
import { relay } from './relay.ts'
import { stateCommand } from './state-command.ts'
import { configuration, contexts, controllers, designs, models, profiles, resources, results } from './state-views.ts'
import { wait } from './wait.ts'

/** Every command, in the order of the help. */
export const commands: readonly (Command | CommandGroup)[] = [
  events,
  stateCommand(controllers),
  stateCommand(profiles),
  stateCommand(results),
  stateCommand(configuration),
  stateCommand(designs),
  stateCommand(resources),
  stateCommand(contexts),
  stateCommand(models),
  wait,
  dashboard,
  relay,
  doctor,
  fakeServer,
  demo,
  completionCommand(() => commandTable()),
]

const program: CommandGroup = {
  name: 'meshery-live',
  summary: '',
  description: '',
  usage: '<command> [options]',
  commands,
  notes: [exitCodesNote],
  missing: 'A command is missing',
  unknown: (name) => `There is no command ${JSON.stringify(name)}`,
}

/** The version in package.json, which lies two folders above this file. */
const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

/** Those that these arguments can be about: the one that they begin with, or all. */
const commandsFor = ([first]: readonly string[]): CommandGroup['commands'] => {
  const named = commands.filter(({ name }) => name === first)
  return named.length > 0 ? named : commands
}

/**
 * Commander's table of commands with their options. Runs none of them unless the hooks do.
 *
 * @param argv What will be parsed. The table is of the command that it names alone, which starts the program sooner. Default: all
 * commands.
 */
export function commandTable(
  hooks: CommandHooks = { onRefused() {}, async run() {} },
  output: OutputConfiguration = {},
  argv: readonly string[] = [],
): ProgramCommand {
  const table = new ProgramCommand(program.name)
  table.whole = () => commandTable()
  // Commands below inherit it.
  table.configureOutput(output)
  // An option of the program comes before the command; the same name after a command is the command's own.
  table.enablePositionalOptions().version(version(), '--version', 'print the version')
  declareCommand(table, { ...program, commands: commandsFor(argv) }, hooks)
  return table
}

/** How the program ended. */
export interface Outcome {
  readonly code: number
  /** What it failed with; undefined if it did not. */
  readonly error?: unknown
  /** The command that was chosen, such as `wait event`; '' when none was. */
  readonly path: string
}

/** Runs the command that the arguments name. Reports no error: that is up to the caller. */
export async function runProgram(argv: readonly string[], context: CommandContext): Promise<Outcome> {
  let code: number = exitCodes.done
  let path = ''
  // Help or the version: commander would write them without waiting for a slow reader.
  let printed = ''
  const hooks: CommandHooks = {
    onRefused(refused) {
      path = refused
    },
    async run(command, given, chosen) {
      path = chosen
      const colors = readChoice('color', given.options.text('color') ?? 'auto', colorChoices)
      for (const output of [context.stdout, context.stderr]) output.setColors(colors)
      code = await command.run(given, context)
    },
  }
  const output: OutputConfiguration = {
    writeOut(text) {
      printed += text
    },
    writeErr() {},
    getOutHelpWidth: () => helpWidth(context.stdout.lineWidth),
    getOutHasColors: () => context.stdout.hasColors,
  }
  const given = normalizedArguments(argv)
  const table = commandTable(hooks, output, given)
  try {
    await table.parseAsync(given, { from: 'user' })
    return { code, path }
  } catch (error) {
    if (!(error instanceof CommanderError)) return { code: exitCodeOf(error), error, path }
    await context.stdout.write(printed, context.signal)
    return { code: exitCodes.done, path }
  }
}

const waitForServer = '--wait-for-server'

/**
 * The arguments as commander takes them. `help COMMAND` is `COMMAND --help`, and `--wait-for-server` may come before the
 * command. Its value may be left out, so that what follows is its value only if it begins with a digit.
 */
function normalizedArguments(argv: readonly string[]): string[] {
  const [first, ...rest] = withSpans(argv)
  if (first === undefined) return []
  if (first.startsWith(`${waitForServer}=`) && rest[0] !== undefined) return normalizedArguments([...rest, first])
  if (first === 'help') return [...rest, '--help']
  return [first, ...rest]
}

/** Joins `--wait-for-server` to its value, which is '' when it was left out. */
function withSpans(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const [argument = '', next = ''] = argv.slice(at, at + 2)
    const takesNext = argument === waitForServer && /^\d/.test(next)
    joined.push(argument === waitForServer ? `${argument}=${takesNext ? next : ''}` : argument)
    if (takesNext) at++
  }
  return joined
}
