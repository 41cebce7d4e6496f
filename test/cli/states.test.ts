import { describe, expect, test } from 'vitest'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { sampled } from '../sample.ts'
import { eventually, withEnoughTime } from '../waiting.ts'
import { linesOf, type Running, run, start, startIn } from './in-process.ts'

const one = '11111111-1111-4111-8111-111111111111'
const other = '22222222-2222-4222-8222-222222222222'
const cluster = '33333333-3333-4333-8333-333333333333'
const context = '0123456789abcdef0123456789abcdef'
const created_at = '2026-03-01T10:20:30Z'

/** A fake that has a thing or two of everything. */
const furnished = async (release: FakeMeshery['release'] = 'current'): Promise<FakeMeshery> => {
  const fake = await startFakeMeshery({ release })
  fake.contexts.add({
    id: context,
    connection_id: one,
    kubernetes_server_id: cluster,
    name: 'kind',
    version: 'v1.31.2',
    server: 'https://10.0.0.1:6443',
  })
  fake.controllers.set(one, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
  fake.controllers.set(one, 'BROKER', { status: 'DEPLOYED', version: 'v2.10.5' })
  fake.controllers.set(one, 'MESHSYNC', { status: 'RUNNING', version: 'v0.8.5' })
  fake.resources.set(cluster, 'default', 'Pod', 12)
  fake.resources.set(cluster, 'default', 'Service', 3)
  fake.perf.addProfile({ id: one, name: 'load', endpoints: ['http://a'], qps: 50, created_at })
  await fake.perf.finishRun(one, { meshery_id: other, created_at, runner_results: { ActualQPS: 49.7123 } })
  fake.configuration.addPattern({ id: one, name: 'bookinfo', created_at })
  fake.configuration.addFilter({ id: other, name: 'limit', created_at })
  fake.registry.fill({ components: [{ model: 'istio', version: 'v1.0.0' }], relationships: [{ kind: 'edge' }] })
  return fake
}

/** The words of each line, which are separated by two blanks at least. */
const cellsOf = (stdout: string): string[][] => linesOf(stdout).map((line) => line.split(/ {2,}/))

const controllers = (fake: FakeMeshery, ...args: string[]): Running =>
  start(['controllers', '--url', fake.url, ...args])

describe.concurrent('--once prints what there is as a table', () => {
  test.each(
    sampled<[string, string[][]]>(
      [
        [
          'controllers',
          [
            ['CLUSTER', 'CONTROLLER', 'STATUS', 'VERSION', 'CONNECTION'],
            ['kind', 'BROKER', 'DEPLOYED', 'v2.10.5', one],
            ['kind', 'MESHSYNC', 'RUNNING', 'v0.8.5', one],
            ['kind', 'OPERATOR', 'DEPLOYED', 'v0.8.1', one],
          ],
        ],
        [
          'contexts',
          [
            ['NAME', 'VERSION', 'SERVER', 'ID', 'CONNECTION', 'CLUSTER ID'],
            ['kind', 'v1.31.2', 'https://10.0.0.1:6443', context, one, cluster],
          ],
        ],
        [
          'resources --namespace default',
          [
            ['CLUSTER', 'KIND', 'COUNT', 'NAMESPACE', 'CLUSTER ID'],
            ['kind', 'Pod', '12', 'default', cluster],
            ['kind', 'Service', '3', 'default', cluster],
          ],
        ],
        [
          `results --profile ${one}`,
          [
            ['NAME', 'STARTED', 'QPS', 'MESH', 'ID'],
            ['load', '2026-03-01T10:20:30Z', '49.71', '-', other],
          ],
        ],
        [
          'configuration',
          [
            ['NAME', 'KIND', 'VISIBILITY', 'UPDATED', 'ID'],
            ['bookinfo', 'design', 'private', '2026-03-01T10:20:30Z', one],
            ['limit', 'filter', 'private', '2026-03-01T10:20:30Z', other],
          ],
        ],
        [
          'models',
          [
            ['NAME', 'COUNT'],
            ['istio', '1'],
          ],
        ],
        [
          'models --type relationships',
          [
            ['NAME', 'COUNT'],
            ['edge', '1'],
          ],
        ],
      ],
      2,
      'tables',
    ),
  )('%s', async (command, expected) => {
    await using fake = await furnished()
    const { code, stdout, stderr } = await run([...command.split(' '), '--once', '--url', fake.url])
    expect(cellsOf(stdout)).toEqual(expected)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('profiles', async () => {
    await using fake = await furnished()
    const { stdout } = await run(['profiles', '--once', '--url', fake.url])
    expect(cellsOf(stdout)).toEqual([
      ['NAME', 'ENDPOINTS', 'QPS', 'CONCURRENT', 'DURATION', 'RESULTS', 'LAST RUN', 'ID'],
      ['load', 'http://a', '50', '1', '30s', '1', expect.stringMatching(/^\d{4}-.*Z$/), one],
    ])
  })

  test.each(sampled(releases, 1, 'states of the command line'))('on %s', async (release) => {
    await using fake = await furnished(release)
    const commands = ['controllers', 'contexts', 'resources --namespace default', 'profiles', 'configuration', 'models']
    const found = await Promise.all(
      [...commands, `results --profile ${one}`].map((command) =>
        run([...command.split(' '), '--once', '--timeout', '100s', '--url', fake.url]),
      ),
    )
    for (const { code, stdout, stderr } of found) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(linesOf(stdout).length).toBeGreaterThan(1)
    }
  })
})

describe.concurrent('-o json', () => {
  test('is one value a line, whole', async () => {
    await using fake = await furnished()
    await using program = controllers(fake, '-o', 'json', '--count', '2')
    await program.until(() => program.stdout().includes('\n'))
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v0.8.5' })
    const { code, stdout } = await program.finished
    expect(code).toBe(0)
    const statuses = linesOf(stdout).map((line) =>
      JSON.parse(line).map(({ controller, status }: Record<string, string>) => `${controller} ${status}`),
    )
    expect(statuses).toEqual([
      ['BROKER DEPLOYED', 'MESHSYNC RUNNING', 'OPERATOR DEPLOYED'],
      ['BROKER DEPLOYED', 'MESHSYNC DEPLOYING', 'OPERATOR DEPLOYED'],
    ])
  })

  test('has the canonical spelling, and not the secrets of old releases', async () => {
    await using fake = await furnished('v0.8')
    const { stdout } = await run(['contexts', '--once', '-o', 'json', '--url', fake.url])
    expect(JSON.parse(stdout)).toMatchObject({
      page_size: 25,
      total_count: 1,
      contexts: [{ connection_id: one, kubernetes_server_id: cluster }],
    })
    expect(stdout).not.toContain('secret')
  })
})

describe.concurrent('in a pipe', () => {
  test('each row begins with the time, and whether it was added, updated or removed', async () => {
    await using fake = await furnished()
    await using program = controllers(fake)
    await program.until(() => linesOf(program.stdout()).length === 4)
    fake.controllers.set(one, 'MESHSYNC', { status: 'DEPLOYING', version: 'v0.8.5' })
    await program.until(() => linesOf(program.stdout()).length === 5)
    fake.controllers.remove(one, 'BROKER')
    await program.until(() => linesOf(program.stdout()).length === 6)
    fake.controllers.set(one, 'BROKER', { status: 'UNDEPLOYED', version: 'v2.10.5' })
    await program.until(() => linesOf(program.stdout()).length === 7)
    program.signal('SIGINT')
    const { code, stdout, stderr } = await program.finished
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(cellsOf(stdout)).toEqual([
      ['TIME', 'CLUSTER', 'CONTROLLER', 'STATUS', 'VERSION', 'CONNECTION'],
      [time, '+', 'kind', 'BROKER', 'DEPLOYED', 'v2.10.5', one],
      [time, '+', 'kind', 'MESHSYNC', 'RUNNING', 'v0.8.5', one],
      [time, '+', 'kind', 'OPERATOR', 'DEPLOYED', 'v0.8.1', one],
      [time, '~', 'kind', 'MESHSYNC', 'DEPLOYING', 'v0.8.5', one],
      [time, '-', 'kind', 'BROKER', 'DEPLOYED', 'v2.10.5', one],
      [time, '+', 'kind', 'BROKER', 'UNDEPLOYED', 'v2.10.5', one],
    ])
    expect(stdout).not.toContain('\u001b')
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
  })

  test('nothing follows where no row says anything else', async () => {
    await using fake = await furnished('v0.8')
    await using program = start(['contexts', '--url', fake.url, '--count', '2'])
    await program.until(() => linesOf(program.stdout()).length === 2)
    fake.contexts.update(context, { deployment_type: 'in_cluster' })
    const { code, stdout } = await program.finished
    expect(code).toBe(0)
    expect(linesOf(stdout)).toHaveLength(2)
  })
})

describe.concurrent('what to show', () => {
  const named = async (): Promise<FakeMeshery> => {
    const fake = await startFakeMeshery({ release: 'v0.8' })
    for (const name of ['one', 'two', 'three', 'four']) fake.contexts.add({ name })
    return fake
  }
  const names = (stdout: string): string[] => JSON.parse(stdout).contexts.map(({ name }: { name: string }) => name)

  test.each(
    sampled(
      [
        [
          ['--order', 'name asc'],
          ['four', 'one', 'three', 'two'],
        ],
        [
          ['--order', 'name desc', '--page-size', '2'],
          ['two', 'three'],
        ],
        [
          ['--order', 'name desc', '--page-size', '2', '--page', '1'],
          ['one', 'four'],
        ],
        [
          ['--order', 'name asc', '--search', 'o'],
          ['four', 'one', 'two'],
        ],
        [
          ['--order', 'name asc', '--all'],
          ['four', 'one', 'three', 'two'],
        ],
      ],
      2,
      'contexts',
    ),
  )('contexts %j', async (args, expected) => {
    await using fake = await named()
    const { stdout } = await run(['contexts', '--once', '-o', 'json', '--url', fake.url, ...args])
    expect(names(stdout)).toEqual(expected)
  })

  test('controllers --connection', async () => {
    await using fake = await furnished()
    fake.contexts.add({ connection_id: other })
    fake.controllers.set(other, 'OPERATOR', { status: 'UNDEPLOYED' })
    const { stdout } = await run(['controllers', '--once', '--url', fake.url, '--connection', other])
    expect(cellsOf(stdout).slice(1)).toEqual([[expect.any(String), 'OPERATOR', 'UNDEPLOYED', '-', other]])
  })

  test.each(sampled([context, one, cluster], 1, 'ids of a cluster'))('resources --cluster %s', async (id) => {
    await using fake = await furnished()
    const away = fake.contexts.add()
    fake.resources.set(away.kubernetes_server_id, 'default', 'Pod', 99)
    const args = ['resources', '--namespace', 'default', '--cluster', id, '--once', '--url', fake.url]
    expect(cellsOf((await run(args)).stdout)).toHaveLength(3)
  })

  test("resources --namespace '' is for what belongs to none", async () => {
    await using fake = await furnished()
    fake.resources.set(cluster, '', 'Node', 3)
    const { stdout } = await run(['resources', '--namespace', '', '--once', '--url', fake.url])
    expect(cellsOf(stdout)).toContainEqual(['kind', 'Node', '3', '-', cluster])
  })
})

describe.concurrent('--once, of what the server does not know, is an error that says what there is', () => {
  test.each(
    sampled(
      [
        [`controllers --connection ${other}`, other, `kind (${one})`],
        [`controllers --connection ${one},${other}`, other, `kind (${one})`],
        [`resources --namespace default --cluster ${other}`, other, `kind (${one})`],
        [`results --profile ${other}`, other, `load (${one})`],
      ],
      2,
      'unknown',
    ),
  )('%s', async (command, unknown, known) => {
    for (const release of sampled(['v0.8', 'current'] as const, 1, command)) {
      await using fake = await furnished(release)
      const { code, stdout, stderr } = await run([
        ...command.split(' '),
        '--once',
        '--timeout',
        '100s',
        '--url',
        fake.url,
      ])
      expect(stderr).toContain(`The server does not know "${unknown}"; it knows ${known} (INVALID_OPTION)`)
      expect(linesOf(stderr)).toHaveLength(2)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    }
  })

  test('also where the list comes too late to show names', async () => {
    await using fake = await furnished('v0.8')
    const args = ['controllers', '--connection', other, '--once', '--url', fake.url]
    await using program = startIn(args, { lookupTimeoutMs: 1 })
    const { code, stderr } = await program.finished
    expect(stderr).toContain(`The server does not know "${other}"; it knows kind (${one}) (INVALID_OPTION)`)
    expect(code).toBe(2)
  })

  test('but a profile without results is a table without rows', async () => {
    await using fake = await furnished()
    fake.perf.addProfile({ id: other, name: 'never run' })
    const { code, stdout } = await run(['results', '--profile', other, '--once', '--url', fake.url])
    expect(linesOf(stdout)).toHaveLength(1)
    expect(code).toBe(0)
  })
})

test('a cluster whose name cannot be read is shown by its id', async () => {
  await using fake = await furnished('v0.8')
  fake.contexts.update(context, { name: '' })
  const { stdout } = await run(['controllers', '--once', '--url', fake.url])
  expect(cellsOf(stdout)[1]).toEqual(['-', 'BROKER', 'DEPLOYED', 'v2.10.5', one])
})

describe.concurrent('stderr', () => {
  test.each(sampled(['controllers', 'resources --namespace default'], 1, 'nothing to follow'))(
    'says of %s that there is nothing to follow where there is no cluster, whatever the transport',
    async (command) => {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      const args = [...command.split(' '), '--verbose', '--transport', 'websocket', '--url', fake.url]
      await using program = start(args)
      await program.until(() => program.stderr().includes('nothing to follow yet'))
      expect(program.stderr()).toMatch(/the server knows no such cluster; it looks again every 10 s/)
      expect(program.stderr()).not.toMatch(/polling/)
    },
  )

  test('names ids that the server does not know, whether a terminal or not', async () => {
    await using fake = await furnished()
    await using program = controllers(fake, '--connection', `${one},${other}`)
    await program.until(() => program.stderr().includes(`the server does not know ${other};`))
  })

  test('reports a gap with --verbose, in words of a state', async () => {
    await using fake = await furnished('v0.8')
    await using program = controllers(fake, '--verbose')
    await program.until(() => /live over websocket/.test(program.stderr()) && program.stdout() !== '')
    await fake.stop()
    await program.until(() => program.stderr().includes('CONNECTION_REFUSED'))
    await fake.start()
    await program.until(() => /gap of \d+\.\d s closed: what is shown is up to date again/.test(program.stderr()))
  })
})

test('--timeout ends with 124, after what there was', async () => {
  await using fake = await furnished()
  await withEnoughTime(async (time) => {
    const { code, stdout } = await run(['controllers', '--url', fake.url, '--timeout', time])
    expect(linesOf(stdout)).toHaveLength(4)
    expect(code).toBe(124)
  }, 1)
  await eventually(() => expect(fake.stats.openStreams).toBe(0))
})

test('refused credentials end it with 3', async () => {
  await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'good' } })
  const { code, stderr } = await run(['contexts', '--url', fake.url, '--token', 'bad', '--provider', 'Meshery'])
  expect(stderr).toContain('(CREDENTIALS_REFUSED)')
  expect(code).toBe(3)
})
