import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { bash, type Running } from './program.ts'
import { Screen } from './terminal.ts'

// A terminal is made by util-linux's `script`.
const noTerminal = spawnSync('script', ['--version']).status !== 0
const esc = '\u001b'
const one = '11111111-1111-4111-8111-111111111111'

const cluster = async (): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release: 'v0.8' })
  fake.contexts.add({ connection_id: one })
  fake.controllers.set(one, 'BROKER', { status: 'DEPLOYED', version: 'v2' })
  fake.controllers.set(one, 'MESHSYNC', { status: 'RUNNING', version: 'v3' })
  return fake
}

/** The program in a terminal of that size. What it says on stderr goes elsewhere, unless it is asked for. */
const inTerminal = (
  fake: FakeMeshery,
  args: string,
  { columns = 80, rows = 24, env = {}, notices = false, first = ':' } = {},
): Running => {
  const command = `$meshery_live ${args} --url ${fake.url}${notices ? '' : ' 2>/dev/null'}`
  return bash(`script -qec "stty cols ${columns} rows ${rows}; ${first}; ${command}" /dev/null`, {
    TERM: 'xterm-256color',
    ...env,
  })
}

const screenOf = (program: Running, columns: number): Screen => new Screen(columns).write(program.stdout())

const table = (...rows: string[]): string[] => ['CONTROLLER  STATUS     VERSION  CONNECTION', ...rows]

describe.skipIf(noTerminal)('in a terminal', () => {
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
        `BROKER      DEPLOYED   v2       ${one}`,
        `MESHSYNC    DEPLOYING  v3       ${one}`,
        `OPERATOR    DEPLOYED   v1       ${one}`,
      ),
    )
    expect(screen.erased).toBe(2)
    expect(code).toBe(0)
  })

  test('lines are cut to its width, and what has no room below is counted', async () => {
    await using fake = await cluster()
    fake.controllers.set(one, 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    await using program = inTerminal(fake, 'controllers --count 2', { columns: 36, rows: 5 })
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'BROKER', { status: 'DEPLOYING', version: 'v2' })
    await program.finished
    expect(screenOf(program, 36).lines).toEqual([
      'CONTROLLER  STATUS     VERSION  CON…',
      'BROKER      DEPLOYING  v2       111…',
      'MESHSYNC    RUNNING    v3       111…',
      '1 more have no room here',
    ])
  })

  test('notices stand above it', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers', { columns: 100, notices: true })
    await program.until(() => program.stdout().includes('RUNNING'))
    await fake.stop()
    await program.until(() => program.stdout().includes('CONNECTION_REFUSED'))
    await fake.start()
    await program.until(() => program.stdout().includes('up to date again'))
    const { lines } = screenOf(program, 100)
    expect(lines.filter((line) => line.startsWith('CONTROLLER'))).toHaveLength(1)
    expect(lines.slice(-3)[0]).toMatch(/^CONTROLLER/)
    expect(lines.slice(0, -3).join('\n')).toMatch(/live over websocket.*waiting.*up to date again/s)
  })

  test('it follows the size of the terminal', async () => {
    await using fake = await cluster()
    const name = join(tmpdir(), `tty-of-${fake.port}`)
    await using program = inTerminal(fake, 'controllers', { first: `tty > ${name}` })
    await program.until(() => program.stdout().includes('RUNNING'))
    await using resized = bash(`stty -F $(cat ${name}) cols 20; rm ${name}`)
    expect(await resized.finished).toMatchObject({ code: 0 })
    // Two lines of 68 letters take four each by then, and that of the titles three.
    await program.until(() => program.stdout().includes(`${esc}[${3 + 4 + 4}A${esc}[J`))
    const since = (): string => program.stdout().split(`${esc}[J`)[1] ?? ''
    await program.until(() => since().includes('MESHSYNC'))
    expect(new Screen(20).write(since()).lines[1]).toBe('BROKER      DEPLOYED')
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
    expect(stdout).toContain(`${esc}[3A${esc}[J`)
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

  test.each([
    ['a terminal that cannot move its cursor', 'controllers --count 2', { TERM: 'dumb' }],
    ['JSON', 'controllers --count 2 -o json', {}],
  ])('nothing is redrawn for %s', async (_, args, env) => {
    await using fake = await cluster()
    await using program = inTerminal(fake, args, { env })
    await program.until(() => program.stdout().includes('RUNNING'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    const { stdout } = await program.finished
    expect(stdout).not.toMatch(new RegExp(`${esc}\\[\\d*[AJ]`))
  })

  test('--once is whole, whatever the width', async () => {
    await using fake = await cluster()
    await using program = inTerminal(fake, 'controllers --once', { columns: 30 })
    expect((await program.finished).stdout).toContain(one)
  })
})
