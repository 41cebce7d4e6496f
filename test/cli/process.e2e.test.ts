import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled, someClaims } from '../sample.ts'
import { eventually } from '../waiting.ts'
import { bash, hasNoTerminal, type Running, start } from './program.ts'
import { Screen } from './terminal.ts'

describe.concurrent('signals', () => {
  test.each(
    sampled<['SIGHUP' | 'SIGINT' | 'SIGTERM', number]>(
      [
        ['SIGHUP', 129],
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ],
      1,
      'signals',
    ),
  )('%s completes the subscription and ends the process by itself, which a shell shows as %d', async (signal, code) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using program = start(['events', '--url', fake.url])
    await program.until(() => fake.stats.operations === 1)
    program.child.kill(signal)
    expect(await program.finished).toEqual({ code, stdout: '', stderr: '' })
    expect(program.child.signalCode).toBe(signal)
    await eventually(() => expect(fake.stats.openSockets).toBe(0))
    expect(fake.stats.received.at(-1)).toMatchObject({ type: 'complete' })
  })

  /** The program with more to say than a pipe holds, to a reader that does not read, after its first signal. */
  const stalled = async (fake: FakeMeshery): Promise<Running> => {
    const program = start(['events', '--url', fake.url, '-o', 'json'])
    await program.until(() => fake.stats.operations === 1)
    program.child.stdout?.pause()
    for (let count = 0; count < 100; count++) fake.events.add({ description: 'x'.repeat(10_000) })
    await program.until(() => fake.stats.requests.filter(({ path }) => path === '/api/system/events').length > 4)
    program.child.kill('SIGINT')
    await eventually(() => expect(fake.stats.openSockets).toBe(0))
    expect(program.child.exitCode).toBe(null)
    return program
  }

  someClaims(1, 'stalled', (it) => {
    it('the first one lets the output drain', async () => {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      await using program = await stalled(fake)
      program.child.stdout?.resume()
      const { code, stdout } = await program.finished
      expect(code).toBe(130)
      expect(stdout.length).toBeGreaterThan(65_536)
      for (const line of stdout.trimEnd().split('\n'))
        expect(JSON.parse(line)).toMatchObject({ severity: 'informational' })
    })

    it('the second one ends it at once', async () => {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      await using program = await stalled(fake)
      const exit = new Promise((resolve) => program.child.once('exit', (_, signal) => resolve(signal)))
      program.child.kill('SIGTERM')
      expect(await exit).toBe('SIGTERM')
      program.child.stdout?.resume()
    })
  })
})

test.concurrent('the first process of a container, which its own signal does not end, exits with the code of the signal', {
  tags: ['full'],
}, async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  // Without the effect of its own signal, as the kernel does it there.
  const program = start(['events', '--url', fake.url], {
    NODE_OPTIONS: '--import=data:text/javascript,process.kill=()=>true',
  })
  await using _ = program
  await program.until(() => fake.stats.operations === 1)
  program.child.kill('SIGTERM')
  expect(await program.finished).toEqual({ code: 143, stdout: '', stderr: '' })
  expect(program.child.signalCode).toBe(null)
})

test.concurrent('a dropped pipe ends it quietly with 0', async () => {
  await using fake = await startFakeMeshery({ release: 'v0.8' })
  await using program = bash(`$meshery_live events --url ${fake.url} | head -n 1; echo "ended with \${PIPESTATUS[0]}"`)
  await program.until(() => fake.stats.operations === 1)
  fake.events.add({ description: 'first' })
  // Only the next write finds the pipe closed.
  const more = setInterval(() => fake.events.add(), 100)
  const { stdout, stderr } = await program.finished.finally(() => clearInterval(more))
  expect(stdout).toMatch(/first\nended with 0\n$/)
  expect(stderr).toBe('')
})

const skip = hasNoTerminal()

someClaims(1, 'terminal', (it) => {
  it('in a terminal the table is redrawn in its place, also when the terminal is resized', {
    tags: ['terminal'],
    concurrent: true,
    skip,
  }, async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { connection_id: id } = fake.contexts.add({ name: 'dev' })
    fake.controllers.set(id, 'MESHSYNC', { status: 'RUNNING', version: 'v3' })
    const folder = mkdtempSync(join(tmpdir(), 'meshery-live-tty-'))
    using _ = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
    const command = `stty cols 80 rows 24; tty > ${folder}/tty; $meshery_live controllers --url ${fake.url} 2>/dev/null`
    await using program = bash(`script -qec "${command}" /dev/null`, { TERM: 'xterm-256color' })
    const linesAfter = (columns: number, from = 0): readonly string[] =>
      new Screen(columns).write(program.stdout().slice(from)).lines
    await program.until(() => linesAfter(80).length === 2)
    fake.controllers.set(id, 'MESHSYNC', { status: 'DEPLOYING', version: 'v3' })
    await program.until(() => linesAfter(80)[1] === `dev      MESHSYNC    DEPLOYING  v3       ${id}`)
    expect(linesAfter(80)).toHaveLength(2)
    const drawn = program.stdout().length
    await using resized = bash(`stty -F $(cat ${folder}/tty) cols 20`)
    expect(await resized.finished).toMatchObject({ code: 0 })
    await program.until(() => linesAfter(20, drawn)[1] === 'dev      MESHSYNC')
  })

  it('in a terminal `events remove` asks, deletes after a `y`, and ends', {
    tags: ['terminal'],
    concurrent: true,
    skip,
  }, async () => {
    await using fake = await startFakeMeshery({ seed: [{}, {}] })
    const command = `$meshery_live events remove --all --url ${fake.url}`
    await using program = bash(`printf 'y\\n' | script -qec "${command}" /dev/null`, { TERM: 'xterm-256color' })
    const { code, stdout } = await program.finished
    expect(stdout).toContain(`Delete 2 events of ${fake.url} for good? [y/N]`)
    expect(stdout).toContain('2 events deleted')
    expect(code).toBe(0)
    expect(fake.events.rows).toEqual([])
  })
})
