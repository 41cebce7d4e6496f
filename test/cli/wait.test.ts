import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { linesOf, type Running, run, start } from './program.ts'

/** Two clusters, whose MeshSync runs. */
const clusters = async (release: FakeMeshery['release']): Promise<{ fake: FakeMeshery; ids: readonly string[] }> => {
  const fake = await startFakeMeshery({ release })
  const ids = [fake.contexts.add(), fake.contexts.add()].map(({ connection_id }) => connection_id)
  for (const id of ids) {
    fake.controllers.set(id, 'BROKER', { status: 'DEPLOYED' })
    fake.controllers.set(id, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
  }
  return { fake, ids }
}

const waitFor = (fake: FakeMeshery, ...args: string[]): Running =>
  start(['wait', ...args, '--verbose', '--url', fake.url])

const isLive = (program: Running): Promise<void> => program.until(() => /live over|polling:/.test(program.stderr()))

describe('wait controller', () => {
  test.each(['v0.8', 'current'] as const)('ends with 0 once it is so everywhere, on %s', async (release) => {
    const { fake, ids } = await clusters(release)
    await using _ = fake
    await using program = waitFor(fake, 'controller', 'MESHSYNC=CONNECTED', '--timeout', '30s')
    await isLive(program)
    const [first = '', second = ''] = ids
    fake.controllers.set(first, 'MESHSYNC', { status: 'CONNECTED', version: 'v0.8.5' })
    fake.controllers.set(first, 'BROKER', { status: 'CONNECTED' })
    fake.controllers.set(second, 'MESHSYNC', { status: 'CONNECTED', version: 'v0.8.5' })
    const { code, stdout } = await program.finished
    expect(code).toBe(0)
    const rows = linesOf(stdout).slice(1)
    expect(rows).toHaveLength(2)
    for (const row of rows) expect(row).toMatch(/^MESHSYNC +CONNECTED +v0.8.5 /)
  })

  test('ends at once when it is so already, of all that it names', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    const args = ['wait', 'controller', 'meshsync=running', 'BROKER=DEPLOYED,CONNECTED', '--url', fake.url]
    const { code, stdout, stderr } = await run([...args, '-o', 'json'])
    expect(JSON.parse(stdout)).toHaveLength(4)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('looks at the connections that it is given alone', async () => {
    const { fake, ids } = await clusters('v0.8')
    await using _ = fake
    const [first = '', second = ''] = ids
    fake.controllers.set(second, 'MESHSYNC', { status: 'UNDEPLOYED' })
    const args = ['wait', 'controller', 'MESHSYNC=RUNNING', '--url', fake.url, '--timeout', '2s']
    expect(await run([...args, '--connection', first])).toMatchObject({ code: 0 })
    expect(await run([...args, '--connection', `${first},${second}`])).toMatchObject({ code: 124 })
  })

  test('ends with 124 in time, with the last state on stderr', async () => {
    const { fake, ids } = await clusters('v0.8')
    await using _ = fake
    const args = ['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url, '--timeout', '1500ms']
    const { code, stdout, stderr } = await run(args)
    expect({ code, stdout }).toEqual({ code: 124, stdout: '' })
    expect(stderr).toMatch(/^meshery-live: MESHSYNC=CONNECTED did not hold within 1500ms\n/)
    for (const id of ids) expect(stderr).toMatch(new RegExp(`MESHSYNC +RUNNING +v0.8.5 +${id}`))
    await expect.poll(() => fake.stats.openSockets, { timeout: 5_000 }).toBe(0)
  })

  test('says it as JSON when asked to', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    const args = ['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url, '--timeout', '1500ms', '-o', 'json']
    const { stderr } = await run(args)
    expect(JSON.parse(linesOf(stderr).at(-1) ?? '')).toHaveLength(4)
  })

  test('does not hold of no controller at all', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { code } = await run(['wait', 'controller', 'MESHSYNC=UNKNOWN', '--url', fake.url, '--timeout', '1500ms'])
    expect(code).toBe(124)
  })

  test('says why nothing was heard', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    fake.faults.answer('everything', 503)
    const args = ['wait', 'controller', 'MESHSYNC=RUNNING', '--url', fake.url, '--timeout', '1500ms']
    const { code, stderr } = await run(args)
    expect(stderr).toMatch(/did not hold.*\(SERVER_ERROR\).*nothing was heard of any controller/s)
    expect(code).toBe(124)
  })
})

describe('wait event', () => {
  test('ends with 0 at the first event that passes the filters', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const filters = ['--severity', 'error,critical', '--category', 'pattern']
    await using program = waitFor(fake, 'event', ...filters, '--timeout', '30s')
    await isLive(program)
    fake.events.add({ severity: 'error', category: 'filter', description: 'not this one' })
    fake.events.add({ severity: 'warning', category: 'pattern', description: 'nor this one' })
    fake.events.add({ severity: 'critical', category: 'pattern', description: 'this one' })
    fake.events.add({ severity: 'critical', category: 'pattern', description: 'one too many' })
    const { code, stdout } = await program.finished
    expect(stdout).toMatch(/^\S+ {2}critical .* this one\n$/)
    expect(code).toBe(0)
  })

  test('takes one that was there before, by --since, and prints it as JSON', async () => {
    await using fake = await startFakeMeshery({ seed: [{ severity: 'error', description: 'before' }] })
    const args = ['wait', 'event', '--severity', 'error', '--since', '1h', '-o', 'json', '--url', fake.url]
    const { code, stdout } = await run(args)
    expect(JSON.parse(stdout)).toMatchObject({ description: 'before' })
    expect(code).toBe(0)
  })

  test('ends with 124 in time', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { code, stdout, stderr } = await run(['wait', 'event', '--timeout', '1s', '--url', fake.url])
    expect(stderr).toBe('meshery-live: no such event came within 1s\n')
    expect({ code, stdout }).toEqual({ code: 124, stdout: '' })
  })
})

describe('any wait', () => {
  test('ends with 3 when the credentials are refused', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'good' } })
    const args = ['--url', fake.url, '--token', 'bad', '--provider', 'Meshery', '--timeout', '30s']
    for (const what of [['event'], ['controller', 'MESHSYNC=RUNNING']])
      expect(await run(['wait', ...what, ...args])).toMatchObject({ code: 3 })
  })

  test('ends with 4 when nothing listens there', async () => {
    const fake = await startFakeMeshery()
    await fake.close()
    expect(await run(['wait', 'event', '--url', fake.url, '--timeout', '30s'])).toMatchObject({ code: 4 })
    expect(await run(['wait', 'controller', 'BROKER=RUNNING', '--url', fake.url])).toMatchObject({ code: 4 })
  })

  test('ends with the code of the signal, and without a word', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    await using program = start(['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url])
    await program.until(() => fake.stats.operations === 1)
    program.child.kill('SIGTERM')
    expect(await program.finished).toEqual({ code: 143, stdout: '', stderr: '' })
  })
})
