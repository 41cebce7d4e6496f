#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { MesheryError } from '../index.ts'
import type { Command } from './command.ts'
import { withSpans } from './connection-options.ts'
import { demo } from './demo.ts'
import { sayError } from './diagnostics.ts'
import { events } from './events.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { fakeServer } from './fake-server.ts'
import { mainHelp } from './help.ts'
import { usageError, usageRemedy } from './option-values.ts'
import { writeLine } from './output.ts'
import { hasCommonRemedy } from './remedies.ts'
import { stateCommand } from './state-command.ts'
import { configuration, contexts, controllers, models, profiles, resources, results } from './state-views.ts'
import { wait } from './wait.ts'

const commands: Readonly<Record<string, Command>> = {
  events,
  controllers: stateCommand(controllers),
  profiles: stateCommand(profiles),
  results: stateCommand(results),
  configuration: stateCommand(configuration),
  resources: stateCommand(resources),
  contexts: stateCommand(contexts),
  models: stateCommand(models),
  wait,
  'fake-server': fakeServer,
  demo,
}

/** The version in package.json, which lies two folders above this file. */
const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}

const commandOf = (name = ''): Command | undefined => (Object.hasOwn(commands, name) ? commands[name] : undefined)

const dispatch = async (args: readonly string[], signal: AbortSignal): Promise<number> => {
  const [name, ...rest] = withSpans(args)
  // The one option that is also accepted before the command.
  if (name && /^--wait-for-server(=|$)/.test(name) && rest[0] !== undefined) return dispatch([...rest, name], signal)
  if (name === 'help' && rest[0] !== undefined) return dispatch([rest[0], '--help'], signal)
  if (name === 'help' || name === '--help' || name === '-h') {
    await writeLine(mainHelp(commands), signal)
    return exitCodes.done
  }
  if (name === '--version') {
    await writeLine(version(), signal)
    return exitCodes.done
  }
  if (name === undefined) throw usageError('A command is missing')
  const command = commandOf(name)
  if (!command)
    throw usageError(`There is no command ${JSON.stringify(name)}; there are ${Object.keys(commands).join(', ')}`)
  return command.run(rest, signal)
}

const stop = new AbortController()
/** Set by whatever ends the program from outside; wins over what the command says. */
let verdict: number | undefined
const end = (code: number): void => {
  verdict ??= code
  process.exitCode = verdict
  stop.abort()
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of the output has closed it, as `| head` does.
  if (error.code === 'EPIPE') return end(exitCodes.done)
  sayError(error)
  end(exitCodes.failure)
})
// What cannot be said on stderr cannot be said at all; the work goes on.
process.stderr.on('error', () => {})

for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(name, () => {
    // Only the second one does not wait until the output is drained.
    if (verdict === undefined) end(code)
    else process.exit(code)
  })
}

const given = process.argv.slice(2)
try {
  const code = await dispatch(given, stop.signal)
  process.exitCode = verdict ?? code
} catch (error) {
  process.exitCode = verdict ?? exitCodeOf(error)
  const isUsage = error instanceof MesheryError && error.code === 'INVALID_OPTION' && hasCommonRemedy(error)
  const remedy = isUsage ? usageRemedy(commandOf(given[0]) ? `${given[0]}` : '') : undefined
  if (verdict === undefined) sayError(error, false, remedy)
}
