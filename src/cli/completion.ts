import type { Command as Commander } from 'commander'
import type { Command } from './command.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './option-values.ts'

export const completionCommand = (table: () => Commander): Command => ({
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  description: 'Prints a script that completes commands, options and their values in a shell.',
  operands: '[shell]',
  usage: 'bash|zsh|fish',
  options: () => [],
  async run({ operands: [shell] }, { stdout, signal }) {
    if (shell === undefined) throw usageError('The shell is missing: bash, zsh or fish')
    await stdout.writeLine(table().name(), signal)
    return exitCodes.done
  },
})
