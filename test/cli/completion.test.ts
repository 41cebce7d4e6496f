import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/program.ts'
import { sampled } from '../sample.ts'
import { linesOf, run } from './in-process.ts'

const scriptFor = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await run(['completion', shell])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** Runs a program of a shell. The scripts start no other program. */
const runShell = (shell: string, program: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(shell, [...args, '-c', program], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

/** CI installs every shell: there a missing one is a failure. */
const isMissing = (shell: string): boolean => {
  const missing = process.env['CI'] !== 'true' && spawnSync(shell, ['--version']).status !== 0
  if (missing) console.warn(`Skipped the completion for ${shell}: it is not here. With CI=true that is a failure.`)
  return missing
}

/** The last word is completed. */
const completions: readonly (readonly [line: string, expected: readonly string[]])[] = [
  ['meshery-live ev', ['events']],
  ['meshery-live fake', ['fake-server']],
  ['meshery-live --v', ['--version']],
  ['meshery-live events --sev', ['--severity']],
  ['meshery-live events --severity err', ['error']],
  ['meshery-live events --severity error,cri', ['error,critical']],
  ['meshery-live events --url http', []],
  ['meshery-live events --min-severity war', ['warning']],
  ['meshery-live events --time rel', ['relative']],
  ['meshery-live events --color al', ['always']],
  ['meshery-live events --fields createdAt,desc', ['createdAt,description']],
  ['meshery-live events -o te', ['template']],
  ['meshery-live events --hi', ['--highlight']],
  ['meshery-live events --ta', ['--tail']],
  ['meshery-live events --fr', ['--from']],
  ['meshery-live events --str', ['--stream']],
  ['meshery-live designs --pa', ['--page', '--page-size']],
  ['meshery-live events -o js', ['json', 'jsonl']],
  ['meshery-live events --wait', ['--wait-for-server']],
  ['meshery-live controllers --sev', []],
  ['meshery-live events li', ['list']],
  ['meshery-live events list --lim', ['--limit']],
  ['meshery-live events list --sin', []],
  ['meshery-live events remove --y', ['--yes']],
  ['meshery-live events read --status un', ['unread']],
  ['meshery-live wait ser', ['server']],
  ['meshery-live wait --url', []],
  ['meshery-live wait event --fail', ['--fail-on']],
  ['meshery-live wait server --tok', []],
  ['meshery-live models --type rel', ['relationships']],
  ['meshery-live completion z', ['zsh']],
]

/** In `npm test` a sample of them: each starts a shell. */
const completedIn = (shell: string) => sampled(completions, 3, shell)

describe('bash', () => {
  const complete = async (words: readonly string[]): Promise<string[]> => {
    const program = `${await scriptFor('bash')}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_meshery_live
printf '%s\\n' "\${COMPREPLY[@]}"`
    return linesOf(runShell('bash', program, '--norc'))
  }

  test.each(completedIn('bash'))('completes %s', async (line, expected) => {
    expect(await complete(line.split(' '))).toEqual(expected)
  })

  // Bash splits at the equals sign.
  test.each([
    [
      ['meshery-live', 'events', '--output', '=', 'js'],
      ['json', 'jsonl'],
    ],
    [
      ['meshery-live', 'events', '--output', '='],
      ['pretty', 'wide', 'json', 'jsonl', 'yaml', 'template'],
    ],
  ])('completes the value after an equals sign: %j', async (words, expected) => {
    expect(await complete(words)).toEqual(expected)
  })
})

describe.skipIf(isMissing('fish'))('fish', { tags: ['fish'] }, () => {
  test.each(completedIn('fish'))('completes %s', async (line, expected) => {
    const program = `${await scriptFor('fish')}\ncomplete -C '${line}'`
    const words = linesOf(runShell('fish', program, '--no-config')).map((found) => found.split('\t')[0])
    expect(words).toEqual(expected)
  })
})

describe('zsh', () => {
  test.skipIf(isMissing('zsh'))('reads the script', { tags: ['zsh'] }, async () => {
    runShell('zsh', await scriptFor('zsh'), '-f', '-n')
  })

  test('completes every command, and the values of options', async () => {
    const script = await scriptFor('zsh')
    for (const { name, summary } of commands) expect(script).toContain(`'${name}:${summary}'`)
    expect(script).toContain("'*--type=[components (default) or relationships]:value:(components relationships)'")
    expect(script).toContain('{_sequence compadd - websocket sse polling}')
    expect(script).toContain(' name\\ asc ')
  })
})

test.each([
  [[], 'The shell is missing: bash, zsh, fish'],
  [['tcsh'], 'There is no completion for "tcsh"'],
  [['bash', 'zsh'], "Unexpected argument 'zsh'"],
])('completion %j is refused', async (args, said) => {
  const { code, stdout, stderr } = await run(['completion', ...args])
  expect(stderr).toContain(said)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
