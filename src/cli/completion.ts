import type { Command as Commander } from 'commander'
import type { Command } from './command.ts'
import { completionScript, shells } from './completion-scripts.ts'
import { exitCodes } from './exit-codes.ts'
import { usageError } from './option-values.ts'

/** Prints a completion script. @param table Makes the whole program, whose commands and options are completed. */
export const completionCommand = (table: () => Commander): Command => ({
  name: 'completion',
  summary: 'print a completion script for bash, zsh or fish',
  description: 'Prints a script that completes commands, options and their values.',
  operands: '[shell]',
  operandChoices: shells,
  usage: shells.join('|'),
  notes: [
    {
      heading: 'How to load it:',
      items: [
        ['bash', 'source <(meshery-live completion bash)'],
        ['zsh', 'source <(meshery-live completion zsh), after compinit'],
        ['fish', 'meshery-live completion fish | source'],
      ],
    },
  ],
  options: () => [],
  async run({ operands: [given] }, { stdout, signal }) {
    const shell = shells.find((one) => one === given)
    if (given === undefined) throw usageError(`The shell is missing: ${shells.join(', ')}`)
    if (shell === undefined)
      throw usageError(`There is no completion for ${JSON.stringify(given)}, only for ${shells.join(', ')}`)
    await stdout.writeLine(completionScript(shell, table()), signal)
    return exitCodes.done
  },
})
