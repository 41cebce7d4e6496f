import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type NewEvent, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { linesOf, type Running, run, start, startIn } from './in-process.ts'

/** `events` that says on stderr what happens, so that a test knows when it is live. */
const follow = async (fake: FakeMeshery, ...args: string[]): Promise<Running> => {
  const program = start(['events', '--verbose', '--url', fake.url, ...args])
  await program.until(() => /live over|polling:/.test(program.stderr()))
  return program
}

const esc = '\u001b'

describe.concurrent('pretty output', () => {
  test('is one event a line: time, severity, category/action, description', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake, '--count', '1')
    const { createdAt } = fake.events.add({
      severity: 'error',
      category: 'pattern',
      action: 'deploy',
      description: 'It broke',
    })
    const { code, stdout } = await program.finished
    expect(code).toBe(0)
    const time = new Date(createdAt).toISOString()
    expect(stdout).toMatch(new RegExp(`^${time}  error +pattern/deploy +It broke\n$`))
  })

  test('keeps what a server sends on its line and away from the terminal', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake, '--count', '1')
    fake.events.add({ description: `one\ntwo${esc}[31m\u0007\u202ethree\r\n` })
    const { stdout } = await program.finished
    expect(stdout).toMatch(/ one two(\\u0007)?\\u202ethree\n$/)
    expect(linesOf(stdout)).toHaveLength(1)
  })

  test('has no colours in a pipe', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake, '--count', '2')
    fake.events.add({ severity: 'critical' })
    fake.events.add({ severity: 'error' })
    const { stdout, stderr } = await program.finished
    expect(stdout + stderr).not.toContain(esc)
  })

  const terminal = { columns: 80, rows: 24 }

  test.each([
    ['colours severities in a terminal', {}, true],
    ['has no colours where NO_COLOR is set', { NO_COLOR: '1' }, false],
  ])('%s', async (_, env, coloured) => {
    const seed: NewEvent[] = [{ severity: 'critical', description: 'coloured?' }]
    await using fake = await startFakeMeshery({ release: 'v0.8', seed })
    const args = ['events', '--since', '1h', '--count', '1', '--url', fake.url]
    await using program = startIn(args, { env: { TERM: 'xterm-256color', ...env }, terminal })
    const { stdout } = await program.finished
    expect(stdout).toContain('coloured?')
    expect(stdout.includes(`${esc}[31m`)).toBe(coloured)
  })

  test('is separate from what happens in a terminal, without --verbose', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const args = ['events', '--count', '1', '--url', fake.url]
    await using program = startIn(args, { env: { TERM: 'dumb' }, terminal })
    await program.until(() => program.stdout().includes('meshery-live: live over websocket'))
    fake.events.add()
    expect(await program.finished).toMatchObject({ code: 0 })
  })
})

test.each(sampled(['-o', '--output'], 1, '-o'))(
  '%s json is a row of JSON objects, each the whole event',
  async (option) => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    await using program = await follow(fake, option, 'json', '--count', '3')
    const added = [{ description: 'one\ntwo' }, { metadata: { error: { Code: '1' } } }, { severity: 'new one' }]
    const stored = added.map((event) => fake.events.add(event))
    const { stdout } = await program.finished
    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual(stored)
  },
)

describe.concurrent('filters', () => {
  const wanted = '0b8de6a8-5c43-4c0f-8a55-0a52f9f2f3a1'
  test.each(
    sampled<[string, string, NewEvent]>(
      [
        ['--severity', 'error,critical', { severity: 'critical' }],
        ['--category', 'pattern', { category: 'pattern' }],
        ['--action', 'deploy, undeploy', { action: 'undeploy' }],
        ['--status', 'read', { status: 'read' }],
        ['--acted-upon', wanted, { actedUpon: wanted }],
      ],
      2,
      'filters',
    ),
  )('%s %s lets pass what it names', async (option, value, event) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake, '--count', '1', option, value)
    fake.events.add({ description: 'not this one' })
    fake.events.add({ ...event, description: 'this one' })
    expect((await program.finished).stdout).toMatch(/ this one\n$/)
  })

  test('can be repeated instead of separated by commas', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake, '--count', '2', '--severity', 'error', '--severity', 'alert')
    for (const severity of ['error', 'warning', 'alert']) fake.events.add({ severity, description: severity })
    expect((await program.finished).stdout).toMatch(/ error\n.* alert\n$/)
  })
})

describe.concurrent('--since', () => {
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
  const id = '7c1b1f0e-3c43-4f7b-9a39-9d3f3c1ad0c4'
  const seed = [
    { createdAt: ago(30), description: 'old' },
    { id, createdAt: ago(5), description: 'recent' },
    { description: 'newest' },
  ]

  test.each(
    sampled(
      [
        ['a span', '10m', ['recent', 'newest', 'live']],
        ['a time', ago(10), ['recent', 'newest', 'live']],
        ['an id', id, ['newest', 'live']],
      ],
      1,
      '--since',
    ),
  )('takes %s, and goes on live', async (_, since, expected) => {
    await using fake = await startFakeMeshery({ release: 'current', seed })
    await using program = await follow(fake, '--since', since, '--count', `${expected.length}`)
    fake.events.add({ description: 'live' })
    const { stdout } = await program.finished
    expect(linesOf(stdout).map((line) => line.split(' ').at(-1))).toEqual(expected)
  })
})

describe.concurrent('--transport', () => {
  test.each(
    sampled(
      [
        ['v0.8', 'websocket', 'live over websocket'],
        ['current', 'sse', 'live over sse'],
        ['current', 'websocket,sse', 'live over sse'],
        ['v0.8', 'polling', 'polling: '],
      ] as const,
      2,
      '--transport',
    ),
  )('on %s: %s', async (release, transport, said) => {
    await using fake = await startFakeMeshery({ release })
    await using program = await follow(fake, '--transport', transport)
    expect(program.stderr()).toContain(`meshery-live: ${said}`)
    expect(fake.stats.dials.every((dial) => transport.includes(dial.transport))).toBe(true)
  })
})

describe.concurrent('the server and who we are', () => {
  const auth = { provider: 'Meshery', token: 'a-good-token' }

  test.each(
    sampled(
      [
        ['options', (url: string) => ['--url', url, '--token', auth.token, '--provider', auth.provider], () => ({})],
        [
          'the environment',
          () => [],
          (url: string) => ({ MESHERY_URL: url, MESHERY_TOKEN: auth.token, MESHERY_PROVIDER: auth.provider }),
        ],
      ],
      1,
      'identity',
    ),
  )('come from %s', async (_, args, env) => {
    await using fake = await startFakeMeshery({ release: 'current', auth, seed: [{ description: 'mine' }] })
    const { code, stdout } = await run(['events', '--since', '1h', '--count', '1', ...args(fake.url)], env(fake.url))
    expect(code).toBe(0)
    expect(stdout).toContain('mine')
  })
})

describe.concurrent('stderr', () => {
  test('stays empty where it is no terminal, also when the connection is cut', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = start(['events', '--url', fake.url, '--count', '1'])
    await program.until(() => fake.stats.operations === 1)
    fake.faults.cut()
    await program.until(() => fake.stats.dials.length === 2 && fake.stats.operations === 1)
    fake.events.add()
    expect(await program.finished).toMatchObject({ code: 0, stderr: '' })
  })

  test('reports waiting and the gap with --verbose', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = await follow(fake)
    await fake.stop()
    fake.events.add({ description: 'meanwhile' })
    await program.until(() => /waiting: .*ECONNREFUSED.* \(CONNECTION_REFUSED\); next try in \d/.test(program.stderr()))
    await fake.start()
    await program.until(() => /gap of \d+\.\d s closed: \d+ events? recovered from the store/.test(program.stderr()))
    expect(program.stdout()).toContain('meanwhile')
  })

  test('says that events may be missing, whether a terminal or not', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.answer('store', 500)
    await using program = start(['events', '--url', fake.url])
    await program.until(() => /gap since .* events may be missing.*SERVER_ERROR/.test(program.stderr()))
  })

  test('does not say live before the server has acknowledged', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.delayAck(Number.POSITIVE_INFINITY)
    await using program = start(['events', '--verbose', '--url', fake.url, '--transport', 'websocket'])
    await program.until(() => fake.stats.received.length > 0 && /connecting over websocket/.test(program.stderr()))
    program.signal('SIGTERM')
    expect((await program.finished).stderr).not.toContain('live over')
  })
})
