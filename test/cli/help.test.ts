import { describe, expect, test } from 'vitest'
import type { Command, CommandGroup, Note } from '../../src/cli/command.ts'
import { isGroup } from '../../src/cli/command.ts'
import { commands, commandTable } from '../../src/cli/program.ts'
import { linesOf, run, startIn } from './in-process.ts'

describe('a misspelt word', () => {
  test.each([
    [['evnts'], 'There is no command "evnts"; did you mean events?'],
    [['evnts', '--help'], 'There is no command "evnts"; did you mean events?'],
    [['help', 'evnts'], 'There is no command "evnts"; did you mean events?'],
    [['wait', 'evnt'], 'There is nothing like "evnt" to wait for; did you mean event?'],
    [['events', '--sevrity', 'error'], "Unknown option '--sevrity'; did you mean --severity?"],
    [['wait', 'event', '--fail-om', 'x'], "Unknown option '--fail-om'; did you mean --fail-on?"],
    [['events', '--once=1'], "Unknown option '--once=1'; did you mean --once?"],
  ])('%j gets a suggestion', async (args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect(linesOf(stderr)[0]).toBe(`meshery-live: ${said} (INVALID_OPTION)`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('that resembles nothing gets the list of what there is', async () => {
    expect((await run(['xyz'])).stderr).toMatch(/There is no command "xyz"; there are events, controllers, .*, wait, /)
    expect((await run(['wait', 'pod'])).stderr).toContain('there are server, controller, event')
  })
})

test.each([
  [['--url', 'http://localhost:9081', 'events'], '--url', 'events'],
  [['--url=http://localhost:9081', 'events'], '--url', 'events'],
  [['-v', 'contexts'], '-v', 'events'],
  [['--profile', 'search', 'results'], '--profile', 'results'],
  [['--fail-on', 'severity=error', 'wait', 'event'], '--fail-on', 'wait event'],
])('an option before the command is an error that says where it belongs: %j', async (args, option, command) => {
  const { code, stderr } = await run(args)
  expect(linesOf(stderr)[0]).toBe(
    `meshery-live: The option ${option} comes after the command, as in \`meshery-live ${command} ${option}\` (INVALID_OPTION)`,
  )
  expect(code).toBe(2)
})

test.each([
  [['wait', 'event', '--fail-om', 'x'], 'wait event'],
  [['wait', 'controller'], 'wait controller'],
  [['wait', 'pod'], 'wait'],
  [['events', '--count', '0'], 'events'],
])('wrong usage points to the help of the command that it is of: %j', async (args, command) => {
  expect(linesOf((await run(args)).stderr)[1]).toBe(`  See \`meshery-live ${command} --help\`.`)
})

describe('an option whose value was forgotten', () => {
  test.each([
    [['events', '--count', '--once'], '--count'],
    [['events', '-o', '--once'], '-o'],
    [['contexts', '--page', '-1'], '--page'],
    [['wait', 'event', '--url', '--verbose'], '--url'],
  ])('does not take the next option as its value: %j', async (args, flag) => {
    const { code, stderr } = await run(args)
    expect(stderr).toContain(`Option '${flag}' argument is ambiguous`)
    expect(code).toBe(2)
  })

  test('takes a value that begins with a dash after an equals sign', async () => {
    const { stderr } = await run(['contexts', '--page=-1', '--url', 'http://127.0.0.1:1'])
    expect(stderr).toContain('--page was given "-1"')
  })
})

describe('help', () => {
  test('is wrapped to a narrow terminal', async () => {
    for (const command of ['events', 'wait', 'contexts', 'fake-server']) {
      await using program = startIn([command, '--help'], { terminal: { columns: 70, rows: 24 } })
      const { code, stdout } = await program.finished
      // A usage line is one command, which can be copied.
      const lines = stdout.split('\r\n').filter((line) => !/^(Usage:| {7})meshery-live| meshery-live wait /.test(line))
      expect(lines.filter((line) => line.length > 70)).toEqual([])
      expect(code).toBe(0)
    }
  })

  test('of wait lists the options of all that can be waited for, those of each one by itself', async () => {
    expect((await run(['wait', '--help'])).stdout).toMatch(/--connection LIST.*--severity LIST.*--fail-on FIELDS/s)
    expect((await run(['wait', 'server', '--help'])).stdout).not.toMatch(/--connection|--severity|--token/)
    expect((await run(['help', 'wait', 'event'])).stdout).toMatch(/^Usage: meshery-live wait event .*--fail-on/s)
  })

  test('wins over an error in the same line', async () => {
    const { code, stdout } = await run(['events', '--count', '0', '--help'])
    expect(stdout).toMatch(/^Usage: meshery-live events/)
    expect(code).toBe(0)
  })
})

describe('-h', () => {
  test.each([['events'], ['controllers'], ['wait', 'event'], ['wait']])(
    'of %s only names the options of the connection',
    async (...path) => {
      const [brief, whole] = [(await run([...path, '-h'])).stdout, (await run([...path, '--help'])).stdout]
      expect(brief).toMatch(/^Connection: --url, --context, [^.]*\s--wait-for-server\. --help describes them\.$/m)
      expect(brief).not.toContain('  --url URL')
      expect(whole).toContain('  --url URL')
      expect(linesOf(brief).length).toBeLessThan(linesOf(whole).length)
    },
  )

  test('of a command without a connection is its help', async () => {
    expect((await run(['fake-server', '-h'])).stdout).toBe((await run(['fake-server', '--help'])).stdout)
  })
})

describe('the examples', () => {
  const notesOf = (command: Command | CommandGroup): readonly Note[] => [
    ...(command.notes ?? []),
    ...(isGroup(command) ? command.commands : (command.below ?? [])).flatMap(notesOf),
  ]
  const lines = commands
    .flatMap(notesOf)
    .flatMap((note) => (typeof note !== 'string' && note.heading === 'Examples:' ? note.items : []))
    .map(([line]) => line)

  test('are there for what follows and waits', () => {
    for (const name of [
      'events',
      'controllers',
      'designs',
      'results',
      'wait event',
      'wait server',
      'doctor',
      'fake-server',
    ])
      expect(lines.some((line) => line.startsWith(`meshery-live ${name} `))).toBe(true)
  })

  test.each([...new Set(lines)])('%s is a command line of the program', async (line) => {
    const words = Array.from(line.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, word = '']) => quoted ?? word)
    const chosen: string[] = []
    const table = commandTable({
      onRefused: (path) => void chosen.push(`refused: ${path}`),
      run: async (_, __, path) => void chosen.push(path),
    })
    await table.parseAsync(words.slice(1), { from: 'user' })
    expect(chosen).toEqual([expect.stringContaining(words[1] ?? '')])
  })
})
