import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type NewEvent, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { linesOf, run, startIn } from './in-process.ts'

const esc = '\u001b'
const seed: readonly NewEvent[] = [
  { severity: 'emergency', description: 'one' },
  { severity: 'success', category: 'pattern', action: 'deploy', description: 'two deployed' },
  { severity: 'debug', description: 'three heartbeat' },
  { severity: 'new one', description: 'four' },
  { severity: 'warning', metadata: { error: { ProbableCause: ['The disk is full.'] } }, description: 'five' },
  { severity: 'informational', description: 'SIX' },
]
const seeded = (): Promise<FakeMeshery> => startFakeMeshery({ seed: [...seed] })

/** The stored events that these options choose, by the first word of their description. */
const chosen = async (fake: FakeMeshery, count: number, ...args: string[]): Promise<string[]> => {
  const line = ['events', '--since', '1h', '--count', `${count}`, '--template', '{description}', ...args]
  const { stdout, stderr } = await run([...line, '--url', fake.url])
  expect(stderr).toBe('')
  return linesOf(stdout).map((text) => text.split(' ')[0] ?? '')
}

describe.concurrent('events are chosen', () => {
  test.each(
    sampled<[string[], string[]]>(
      [
        [
          ['--min-severity', 'warning'],
          ['one', 'four', 'five'],
        ],
        [
          ['--min-severity', 'Informational'],
          ['one', 'two', 'four', 'five', 'SIX'],
        ],
        [
          ['--min-severity', 'success'],
          ['one', 'two', 'four', 'five', 'SIX'],
        ],
        [
          ['--min-severity', 'EMERGENCY'],
          ['one', 'four'],
        ],
        [
          ['--severity', 'WARNING,Debug'],
          ['three', 'five'],
        ],
        [
          ['--grep', '^t'],
          ['two', 'three'],
        ],
        [
          ['--grep', '^one$', '--grep', '(?i)six'],
          ['one', 'SIX'],
        ],
        [['--grep', 'pattern/deploy'], ['two']],
        [['--grep', 'disk is (full|broken)'], ['five']],
        [
          ['--exclude', 'heartbeat', '--exclude', '^(one|five)$'],
          ['two', 'four', 'SIX'],
        ],
        [['--grep', '^t', '--exclude', 'heart'], ['two']],
      ],
      3,
      'choice',
    ),
  )('by %j', async (args, expected) => {
    await using fake = await seeded()
    expect(await chosen(fake, expected.length, ...args)).toEqual(expected)
  })

  test('by the same options in wait event', async () => {
    await using fake = await seeded()
    const line = ['wait', 'event', '--since', '1h', '--template', '{description}', '--url', fake.url]
    expect((await run([...line, '--grep', 'full'])).stdout).toBe('five\n')
    expect((await run([...line, '--min-severity', 'error', '--exclude', '^one$'])).stdout).toBe('four\n')
  })

  test('and a pattern that takes too long ends the command with its own error', { tags: ['full'] }, async () => {
    await using fake = await startFakeMeshery({ seed: [{ description: `${'a'.repeat(60)}b` }] })
    const { code, stderr } = await run(['events', '--since', '1h', '--grep', '(a+)+$', '--url', fake.url])
    expect(linesOf(stderr)).toEqual([
      'meshery-live: --grep was given "(a+)+$", which took more than 1000 ms for one event (INVALID_OPTION)',
      '  Avoid a repetition inside a repetition, such as (a+)+.',
    ])
    expect(code).toBe(2)
  })
})

describe.concurrent('--tail', () => {
  const tail = (fake: FakeMeshery, ...args: string[]) =>
    startIn(['events', '--template', '{description}', '--verbose', '--url', fake.url, ...args], {})

  test.each(
    sampled<[string, string[], string[]]>(
      [
        ['the newest events', ['--tail', '2'], ['five', 'SIX']],
        ['those that match', ['--tail', '2', '--min-severity', 'warning'], ['four', 'five']],
        ['those of a category', ['--tail', '5', '--category', 'pattern'], ['two deployed']],
        [
          'all of them when there are no more',
          ['--tail', '100', '--severity', 'emergency,debug'],
          ['one', 'three heartbeat'],
        ],
        ['none when none matches', ['--tail', '3', '--severity', 'critical', '--severity', 'alert'], []],
        ['none for 0', ['--tail', '0'], []],
      ],
      2,
      '--tail and live',
    ),
  )('begins with %s, and goes on live', async (_, args, expected) => {
    await using fake = await seeded()
    await using program = tail(fake, ...args, '--count', `${expected.length + 1}`)
    await program.until(() => /live over|polling:/.test(program.stderr()))
    fake.events.add({ severity: 'alert', category: 'pattern', description: 'other' })
    fake.events.add({ severity: 'debug', description: 'other' })
    const { stdout } = await program.finished
    expect(linesOf(stdout)).toEqual([...expected, 'other'])
  })

  test.each(sampled(releases, 1, '--tail'))('on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, seed: [...seed] })
    const { stdout } = await run([
      'events',
      '--tail',
      '3',
      '--count',
      '3',
      '--template',
      '{description}',
      '--url',
      fake.url,
    ])
    expect(linesOf(stdout)).toEqual(['four', 'five', 'SIX'])
  })

  test('begins an empty store with its first event', async () => {
    await using fake = await startFakeMeshery()
    await using program = tail(fake, '--tail', '5', '--once')
    await program.until(() => /live over|polling:/.test(program.stderr()))
    fake.events.add({ description: 'first' })
    expect((await program.finished).stdout).toBe('first\n')
  })

  test('ends with the code of the error when the store cannot be read', async () => {
    await using fake = await seeded()
    const { code, stderr } = await run(['events', '--tail', '5', '--url', 'http://127.0.0.1:1'])
    expect(stderr).toMatch(/CONNECTION_REFUSED[\s\S]*The address came from --url/)
    expect(code).toBe(4)
    fake.faults.answer('store', 'silence')
    expect(await run(['events', '--tail', '5', '--timeout', '300ms', '--url', fake.url])).toMatchObject({ code: 124 })
  })
})

describe.concurrent('on a terminal', () => {
  const terminal = { columns: 120, rows: 24 }
  const env = { TERM: 'xterm-256color', TZ: 'Asia/Kolkata' }
  const printed = async (...args: string[]): Promise<string> => {
    const [createdAt, metadata] = [
      new Date(Date.now() - 90_000).toISOString(),
      { error: { ProbableCause: ['a cause'] } },
    ]
    await using fake = await startFakeMeshery({ seed: [{ createdAt, metadata, description: 'It broke down' }] })
    const line = ['events', '--since', '1h', '--once', '--url', fake.url, ...args]
    await using program = startIn(line, { env, terminal, inTerminal: 'stdout' })
    return (await program.finished).stdout
  }

  test('times are local, or as --time says', async () => {
    const localTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30/
    expect(await printed()).toMatch(localTime)
    expect(await printed('--time', 'UTC')).toMatch(/\d\d:\d\d\.\d{3}Z/)
    expect(await printed('--time', 'relative')).toMatch(/1m ago/)
    expect(await printed('--time', 'short', '--color', 'never')).toMatch(/^\d\d-\d\d \d\d:\d\d:\d\d {2}/)
  })

  test('what matches is in reverse video', async () => {
    const [on, off] = [`${esc}[7m`, `${esc}[27m`]
    expect(await printed('--highlight', 'br.ke', '--highlight', 'cause')).toContain(`It ${on}broke${off} down`)
    expect(await printed('--highlight', 'a cause')).toContain(`${on}a cause${off}`)
    expect(await printed('--grep', '(?i)it')).toContain(`${on}It${off} broke`)
    expect(await printed('--grep', 'It', '--color', 'never')).toContain('It broke down')
  })

  test('--color never leaves colours out', async () => {
    expect(await printed()).toContain(esc)
    expect(await printed('--color', 'never')).not.toContain(esc)
  })
})

test('in a pipe times are UTC, and --color always colours, NO_COLOR or not', async () => {
  await using fake = await seeded()
  const line = ['events', '--since', '1h', '--once', '--url', fake.url]
  const env = { TZ: 'Asia/Kolkata', NO_COLOR: '1' }
  expect((await run(line, env)).stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z {2}emergency/)
  expect((await run([...line, '--color', 'always'], env)).stdout).toContain(`${esc}[31memergency`)
})
