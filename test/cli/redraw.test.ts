import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { linesOf, type Running, startIn } from './in-process.ts'
import { Screen } from './terminal.ts'

const esc = '\u001b'
/** What a table of so many lines is taken away by. */
const erased = (lines: number): string => `\r${`${esc}[A${esc}[2K`.repeat(lines)}`
const one = '11111111-1111-4111-8111-111111111111'

const cluster = async (): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release: 'v0.8' })
  fake.contexts.add({ connection_id: one, name: 'dev' })
  fake.controllers.set(one, 'BROKER', { status: 'DEPLOYED', version: 'v2' })
  fake.controllers.set(one, 'MESHSYNC', { status: 'RUNNING', version: 'v3' })
  return fake
}

/** The program in a terminal of that size. What it says on stderr goes elsewhere, unless it is asked for. */
const inTerminal = (
  fake: FakeMeshery,
  args: string,
  { columns = 80, rows = 24, env = {}, notices = false } = {},
): Running =>
  startIn([...args.split(' '), '--url', fake.url], {
    env: { TERM: 'xterm-256color', ...env },
    terminal: { columns, rows },
    inTerminal: notices ? 'both' : 'stdout',
  })

const screenOf = (program: Running, columns: number): Screen => new Screen(columns).write(program.stdout())

const table = (...rows: string[]): string[] => ['CLUSTER  CONTROLLER  STATUS     VERSION  CONNECTION', ...rows]

describe.concurrent('in a terminal', () => {
  test('the table is redrawn in its place', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers --count 3')
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    await program.until(() => program.stdout().includes('DEPLOYING'))
    fake.controllers.set(one, 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    const { code } = await program.finished
    const screen = screenOf(program, 80)
    expect(screen.lines).toEqual(
      table(
        `dev      BROKER      DEPLOYED   v2       ${one}`,
        `dev      MESHSYNC    DEPLOYING  v3       ${one}`,
        `dev      OPERATOR    DEPLOYED   v1       ${one}`,
      ),
    )
    // Three lines each time.
    expect(screen.erased).toBe(6)
    expect(code).toBe(0)
  })

  test('lines are cut to its width, and what has no room is counted, columns too', async () => {
    await using fake = await cluster()
    fake.controllers.set(one, 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    await using program = inTerminal(fake, 'controllers --count 2', { columns: 37, rows: 5 })
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'BROKER', { status: 'DEPLOYING', version: 'v2' })
    await program.finished
    expect(screenOf(program, 37).lines).toEqual([
      'CLUSTER  CONTROLLER  STA…  +2 columns',
      'dev      BROKER      DEPLOYING',
      'dev      MESHSYNC    RUNNING',
      '1 more have no room here; -o wide sh…',
    ])
  })

  test('-o wide shows every column, whole, and what has room below', async () => {
    await using fake = await cluster()
    fake.controllers.set(one, 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    await using program = inTerminal(fake, 'controllers -o wide', { columns: 45, rows: 8 })
    await program.until(() => program.stdout().includes('RUNNING'))
    await program.until(() => screenOf(program, 45).lines.at(-1) === '1 more have no room here')
    const { lines } = screenOf(program, 45)
    // Each line takes two of the terminal's.
    expect(lines).toHaveLength(7)
    expect(lines.slice(2, 6).join('')).toBe(
      `dev      BROKER      DEPLOYED  v2       ${one}dev      MESHSYNC    RUNNING   v3       ${one}`,
    )
  })

  test('two hundred rows stay within the screen, and leave nothing behind', { tags: ['full'] }, async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { kubernetes_server_id: id } = fake.contexts.add()
    const set = (at: number, count: number): void => fake.resources.set(id, 'default', `Kind${1000 + at}`, count)
    for (let at = 0; at < 200; at++) set(at, 1)
    await using program = inTerminal(fake, 'resources --namespace default --count 4', { rows: 24 })
    await program.until(() => program.stdout().includes('Kind1000'))
    for (const count of [20, 300, 4000]) {
      set(0, count)
      await program.until(() => program.stdout().includes(`Kind1000${esc}[22m  ${esc}[1m${count}`))
    }
    expect(await program.finished).toMatchObject({ code: 0 })
    const { lines } = screenOf(program, 80)
    expect(lines).toHaveLength(23)
    expect(lines[1]).toContain('Kind1000  4000')
    expect(lines.at(-1)).toBe('179 more have no room here')
    // That would make the terminal keep every table among what was scrolled away.
    expect(program.stdout()).not.toContain(`${esc}[J`)
  })

  test('a long name leaves room for the columns beside it', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.contexts.add({ name: 'long-'.repeat(40), version: 'v1.31.4', server: 'https://10.0.0.1:6443' })
    await using program = inTerminal(fake, 'contexts --count 1')
    await using whole = inTerminal(fake, 'contexts')
    await whole.until(() => whole.stdout().includes('6443'))
    expect(screenOf(whole, 80).lines[1]).toMatch(/^(long-){7}long… {2}v1\.31\.4 {2}https:\/\/10\.0\.0\.1:6443$/)
    expect((await program.finished).stdout).toContain('long-'.repeat(40))
  })

  test('notices are above it', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers', { columns: 100, notices: true })
    await program.until(() => program.stdout().includes('RUNNING'))
    await fake.stop()
    await program.until(() => program.stdout().includes('CONNECTION_REFUSED'))
    await fake.start()
    await program.until(() => program.stdout().includes('up to date again'))
    // The table is drawn anew below the notice.
    await program.until(() => screenOf(program, 100).lines.at(-3)?.startsWith('CLUSTER') === true)
    const { lines } = screenOf(program, 100)
    expect(lines.filter((line) => line.startsWith('CLUSTER'))).toHaveLength(1)
    expect(lines.slice(-3)[0]).toMatch(/^CLUSTER/)
    expect(lines.slice(0, -3).join('\n')).toMatch(/live over websocket.*waiting.*up to date again/s)
  })

  test('it follows the size of the terminal', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers')
    await program.until(() => program.stdout().includes('RUNNING'))
    program.resize({ columns: 20, rows: 24 })
    // Two lines of 77 letters take four each by then, and that of the titles three.
    await program.until(() => program.stdout().includes(erased(3 + 4 + 4)))
    const since = (): string => program.stdout().split(erased(3 + 4 + 4))[1] ?? ''
    await program.until(() => since().includes('MESHSYNC'))
    expect(new Screen(20).write(since()).lines[1]).toBe('dev      BROKER')
  })

  test('what changed is bold', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers --count 2')
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    const { stdout } = await program.finished
    expect(stdout).toContain(`${esc}[1mMESHSYNC${esc}[22m`)
    expect(stdout).not.toContain(`${esc}[1mBROKER`)
  })

  test('nothing has colours where NO_COLOR is set, but is redrawn', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers --count 2', { env: { NO_COLOR: '1' } })
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    const { stdout } = await program.finished
    expect(stdout).not.toMatch(new RegExp(`${esc}\\[[\\d;]*m`))
    expect(stdout).toContain(erased(3))
  })

  test('a table without rows says so', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = inTerminal(fake, 'contexts')
    await program.until(() => screenOf(program, 80).lines[1] === '(none)')
  })

  test('a page says that there is more', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    for (const name of ['a', 'b', 'c']) fake.contexts.add({ name })
    await using program = inTerminal(fake, 'contexts --page-size 2')
    await program.until(() => program.stdout().includes('2 of 3; --page shows others, --all shows all'))
  })

  test.each(
    sampled(
      [
        ['contexts --once --page-size 2', '2 of 3; --page shows others, --all shows all'],
        ['controllers --once', '(none)'],
      ],
      1,
      '--once',
    ),
  )('--once says it, too: %s', async (args, said) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    for (const name of ['a', 'b', 'c']) fake.contexts.add({ name })
    await using program = inTerminal(fake, args, { columns: 200 })
    await program.finished
    expect(screenOf(program, 200).lines.at(-1)).toBe(said)
  })

  test('what is said of a table goes beside what is piped', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = startIn(['contexts', '--once', '--url', fake.url], {
      terminal: { columns: 80, rows: 24 },
      inTerminal: 'stderr',
    })
    const { stdout } = await program.finished
    expect(linesOf(stdout)).toHaveLength(1)
    expect(new Screen(80).write(program.stderr()).lines.at(-1)).toBe('meshery-live: (none)')
  })

  test('the first line says which server, which release, and where the address came from', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = inTerminal(fake, 'contexts --once', { columns: 100, notices: true })
    await program.finished
    expect(screenOf(program, 100).lines[0]).toBe(`meshery-live: Meshery v0.8.120 at ${fake.url} (from --url)`)
  })

  test('a server that is not there is said once, and nothing of a next try', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await fake.stop()
    await using program = inTerminal(fake, 'contexts', { columns: 200, notices: true })
    await program.finished
    const { lines } = screenOf(program, 200)
    expect(lines.filter((line) => line.includes('CONNECTION_REFUSED'))).toHaveLength(1)
    expect(lines.join('\n')).not.toContain('next try')
  })

  test.each(
    sampled(
      [
        ['a terminal that cannot move its cursor', 'controllers --count 2', { TERM: 'dumb' }],
        ['JSON', 'controllers --count 2 -o json', {}],
      ],
      1,
      'not redrawn',
    ),
  )('nothing is redrawn for %s', async (_, args, env) => {
    await using fake = await cluster()
    await using program = inTerminal(fake, args, { env })
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    const { stdout } = await program.finished
    expect(stdout).not.toMatch(new RegExp(`${esc}\\[\\d*[AJK]`))
  })

  test('--once is whole, whatever the width', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers --once', { columns: 30 })
    expect((await program.finished).stdout).toContain(one)
  })
})
