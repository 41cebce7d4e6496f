import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { reservePort } from '../reserve-port.ts'
import { sampled, someClaims } from '../sample.ts'
import { eventually, withEnoughTime } from '../waiting.ts'
import { type Finished, linesOf, type Running, run, start, startIn } from './in-process.ts'
import { tlsServer } from './tls-server.ts'

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

describe.concurrent('wait controller', () => {
  test.each(sampled(['v0.8', 'current'] as const, 1, 'wait controller'))(
    'ends with 0 once it is so everywhere, on %s',
    async (release) => {
      const { fake, ids } = await clusters(release)
      await using _ = fake
      await using program = waitFor(fake, 'controller', 'MESHSYNC=CONNECTED', '--timeout', '100s')
      await isLive(program)
      const [first = '', second = ''] = ids
      fake.controllers.set(first, 'MESHSYNC', { status: 'CONNECTED', version: 'v0.8.5' })
      fake.controllers.set(first, 'BROKER', { status: 'CONNECTED' })
      fake.controllers.set(second, 'MESHSYNC', { status: 'CONNECTED', version: 'v0.8.5' })
      const { code, stdout } = await program.finished
      expect(code).toBe(0)
      const rows = linesOf(stdout).slice(1)
      expect(rows).toHaveLength(2)
      for (const row of rows) expect(row).toMatch(/^\S+ +MESHSYNC +CONNECTED +v0.8.5 /)
    },
  )

  test('ends at once when it is so already, of all that it names', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    const args = ['wait', 'controller', 'meshsync=running', 'BROKER=DEPLOYED,CONNECTED', '--url', fake.url]
    const { code, stdout, stderr } = await run([...args, '-o', 'json'])
    expect(JSON.parse(stdout)).toHaveLength(4)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  test('looks at the connections that it is given alone', { tags: ['full'] }, async () => {
    const { fake, ids } = await clusters('v0.8')
    await using _ = fake
    const [first = '', second = ''] = ids
    fake.controllers.set(second, 'MESHSYNC', { status: 'UNDEPLOYED' })
    const args = ['wait', 'controller', 'MESHSYNC=RUNNING', '--url', fake.url]
    expect(await run([...args, '--connection', first])).toMatchObject({ code: 0 })
    const both = [...args, '--connection', `${first},${second}`, '--timeout', '2s']
    expect(await run(both)).toMatchObject({ code: 124 })
  })

  test('ends with 124 in time, with the last state on stderr', async () => {
    const { fake, ids } = await clusters('v0.8')
    await using _ = fake
    await withEnoughTime(async (time) => {
      const args = ['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url, '--timeout', time]
      const { code, stdout, stderr } = await run(args)
      expect({ code, stdout }).toEqual({ code: 124, stdout: '' })
      expect(stderr).toContain(`meshery-live: MESHSYNC=CONNECTED did not hold within ${time}\n`)
      for (const id of ids) expect(stderr).toMatch(new RegExp(`MESHSYNC +RUNNING +v0.8.5 +${id}`))
    })
    await eventually(() => expect(fake.stats.openSockets).toBe(0))
  })

  test('says it as JSON when asked to', { tags: ['full'] }, async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    await withEnoughTime(async (time) => {
      const args = ['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url, '--timeout', time, '-o', 'json']
      const { stderr } = await run(args)
      expect(JSON.parse(linesOf(stderr).at(-1) ?? '')).toHaveLength(4)
    })
  })

  test('learns what a name means, also where the list comes too late to show names', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    const { connection_id } = fake.contexts.add({ name: 'slow' })
    fake.controllers.set(connection_id, 'MESHSYNC', { status: 'RUNNING' })
    const args = ['wait', 'controller', 'MESHSYNC=RUNNING', '--connection', 'slow', '--url', fake.url]
    await using program = startIn([...args, '--timeout', '60s'], { lookupTimeoutMs: 1 })
    expect(await program.finished).toMatchObject({ code: 0 })
  })

  test('does not hold of no controller at all', { tags: ['full'] }, async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const { code } = await run(['wait', 'controller', 'MESHSYNC=UNKNOWN', '--url', fake.url, '--timeout', '2s'])
    expect(code).toBe(124)
  })

  test('shows why nothing arrived', { tags: ['full'] }, async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    fake.faults.answer('everything', 503)
    await withEnoughTime(async (time) => {
      const args = ['wait', 'controller', 'MESHSYNC=RUNNING', '--url', fake.url, '--timeout', time]
      const { code, stderr } = await run(args)
      expect(stderr).toMatch(/did not hold.*\(SERVER_ERROR\).*the server reported no controller/s)
      expect(code).toBe(124)
    })
  })
})

describe.concurrent('wait event', () => {
  test('ends with 0 at the first event that passes the filters', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    const filters = ['--severity', 'error,critical', '--category', 'pattern']
    await using program = waitFor(fake, 'event', ...filters, '--timeout', '100s')
    await isLive(program)
    fake.events.add({ severity: 'error', category: 'filter', description: 'not this one' })
    fake.events.add({ severity: 'warning', category: 'pattern', description: 'nor this one' })
    fake.events.add({ severity: 'critical', category: 'pattern', description: 'this one' })
    fake.events.add({ severity: 'critical', category: 'pattern', description: 'one too many' })
    const { code, stdout } = await program.finished
    expect(stdout).toMatch(/^\S+ {2}critical .* this one\n$/)
    expect(code).toBe(0)
  })

  describe('--fail-on', () => {
    const deployment = ['--category', 'pattern', '--action', 'deploy', '--severity', 'success']
    const gate = [...deployment, '--fail-on', 'severity=error,critical category=pattern', '--timeout', '100s']

    test('ends with 10 when the deployment fails, and prints how', async () => {
      await using fake = await startFakeMeshery({ release: 'current' })
      await using program = waitFor(fake, 'event', ...gate)
      await isLive(program)
      fake.events.add({ severity: 'error', category: 'connection', description: 'of something else' })
      fake.events.add({ severity: 'error', category: 'pattern', action: 'deploy', description: 'It failed' })
      fake.events.add({ severity: 'success', category: 'pattern', action: 'deploy', description: 'too late' })
      const { code, stdout } = await program.finished
      expect(stdout).toMatch(/^\S+ {2}error .* It failed\n$/)
      expect(code).toBe(10)
    })

    test('ends with 0 when it succeeds', async () => {
      await using fake = await startFakeMeshery({ release: 'v0.8' })
      await using program = waitFor(fake, 'event', ...gate)
      await isLive(program)
      fake.events.add({ severity: 'warning', category: 'pattern', action: 'deploy', description: 'not yet' })
      fake.events.add({ severity: 'success', category: 'pattern', action: 'deploy', description: 'It worked' })
      const { code, stdout } = await program.finished
      expect(stdout).toMatch(/ It worked\n$/)
      expect(code).toBe(0)
    })

    test('ends with 124 when neither comes', { tags: ['full'] }, async () => {
      const seed = [{ severity: 'error', category: 'connection' }]
      await using fake = await startFakeMeshery({ release: 'v0.8', seed })
      const args = ['wait', 'event', ...gate.slice(0, -1), '3s', '--since', '1h', '--url', fake.url]
      expect(await run(args)).toMatchObject({ code: 124, stdout: '' })
    })

    test('wins where both choose the event', async () => {
      await using fake = await startFakeMeshery({ seed: [{ severity: 'error' }] })
      const args = ['wait', 'event', '--since', '1h', '--fail-on', 'severity=error', '--url', fake.url]
      expect(await run(args)).toMatchObject({ code: 10 })
    })

    const id = '0b8de6a8-5c43-4c0f-8a55-0a52f9f2f3a1'
    test.each(
      sampled(
        [
          ['severity=error,critical', { severity: 'critical' }],
          ['category=pattern', { category: 'pattern' }],
          ['action=deploy,undeploy', { action: 'undeploy' }],
          ['status=read', { status: 'read' }],
          [`acted-upon=${id}`, { actedUpon: id }],
          ['severity=error  action=deploy', { severity: 'error', action: 'deploy' }],
        ],
        2,
        '--fail-on',
      ),
    )('%s is looked for in the fields of the event', async (expression, event) => {
      const plain = { severity: 'debug', category: 'other', action: 'view', status: 'unread' }
      const seed = [plain, { ...plain, action: 'deploy', severity: 'error', status: 'unread', ...event }]
      await using fake = await startFakeMeshery({ seed })
      const args = ['wait', 'event', '--since', '1h', '--category', 'none', '--url', fake.url, '--timeout', '100s']
      const both = ['--fail-on', 'severity=emergency', '--fail-on', expression]
      expect(await run([...args, ...both])).toMatchObject({ code: 10 })
    })
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
    const { code, stdout, stderr } = await run(['wait', 'event', '--timeout', '3s', '--url', fake.url])
    expect(stderr).toBe('meshery-live: no such event came within 3s\n')
    expect({ code, stdout }).toEqual({ code: 124, stdout: '' })
  })
})

describe.concurrent('wait server', () => {
  test('says when it is given an https address of a port without TLS', async () => {
    await using fake = await startFakeMeshery()
    const url = fake.url.replace('http:', 'https:')
    const { code, stderr } = await run(['wait', 'server', '--timeout', '60s', '--url', url])
    expect(code).toBe(1)
    expect(stderr).toContain('does not answer with TLS; give the http:// address')
  })

  test('ends with 0 once it answers, and says which release it is', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await fake.stop()
    await using program = start(['wait', 'server', '--timeout', '100s', '--verbose', '--url', fake.url])
    await program.until(() => /waiting for .* \(from --url\): .*ECONNREFUSED/.test(program.stderr()))
    await fake.start()
    const { code, stdout } = await program.finished
    expect({ code, stdout }).toEqual({ code: 0, stdout: `Meshery v0.8.120 answers at ${fake.url}\n` })
  })

  test('needs no login', async () => {
    await using fake = await startFakeMeshery({ release: 'current', auth: { provider: 'Meshery', token: 'good' } })
    const { code, stdout } = await run(['wait', 'server', '-o', 'json', '--url', fake.url])
    expect(JSON.parse(stdout)).toEqual({ url: fake.url, release: 'v1.0.67' })
    expect(code).toBe(0)
  })

  test('takes a server that cannot say its release for one that answers', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.answer('version', 500)
    expect(await run(['wait', 'server', '--url', fake.url])).toMatchObject({
      code: 0,
      stdout: `Meshery answers at ${fake.url}\n`,
    })
  })

  test.each(
    sampled(
      [
        ['a gateway without Meshery', (fake: FakeMeshery) => fake.faults.answer('everything', 503), 'answers 503'],
        ['a page', (fake: FakeMeshery) => fake.faults.answer('everything', 200, { body: '<html>' }), 'is not JSON'],
        ['silence', (fake: FakeMeshery) => fake.faults.freeze(), 'timeout'],
      ],
      1,
      'wait server',
    ),
  )('ends with 124 at %s', async (_, trouble, said) => {
    await using fake = await startFakeMeshery()
    trouble(fake)
    await withEnoughTime(async (time) => {
      const { code, stdout, stderr } = await run(['wait', 'server', '--timeout', time, '--url', fake.url])
      expect(stderr).toMatch(new RegExp(`no Meshery answered at .* \\(from --url\\) within ${time}: `))
      expect(stderr).toContain(said)
      expect({ code, stdout }).toEqual({ code: 124, stdout: '' })
    })
  })

  test('ends with the code of the signal', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.answer('everything', 503)
    await using program = start(['wait', 'server', '--verbose', '--url', fake.url])
    await program.until(() => program.stderr().includes('answers 503'))
    program.signal('SIGTERM')
    expect(await program.finished).toMatchObject({ code: 143, stdout: '' })
  })
})

describe.concurrent('a wait for the server ends at once where no start-up cures it', () => {
  const commands = [
    'wait server --timeout 60s',
    'events --wait-for-server',
    'events list --wait-for-server',
    'dashboard --no-open --wait-for-server',
  ]

  test.each(sampled(commands, 1, 'not trusted'))('a certificate that is not trusted: %s', async (command) => {
    await using server = await tlsServer()
    const { code, stdout, stderr } = await run([...command.split(' '), '--url', server.url])
    expect(stderr).toMatch(
      /self-signed certificate.*\(TLS_REFUSED\)\n {2}Trust the certificate authority of the server/s,
    )
    expect(stderr).toContain('--ca-file')
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  })

  test.each(sampled(commands, 1, 'another host'))('a certificate for another host: %s', async (command) => {
    await using server = await tlsServer()
    const folder = mkdtempSync(join(tmpdir(), 'meshery-live-'))
    const ca = join(folder, 'ca.pem')
    writeFileSync(ca, server.certificate)
    const { code, stdout, stderr } = await run([...command.split(' '), '--ca-file', ca, '--url', server.url])
    rmSync(folder, { recursive: true })
    expect(stderr).toMatch(/\(TLS_REFUSED\)\n {2}Use a host in --url that the certificate of the server names/)
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  })

  test.each(sampled(commands, 1, 'without TLS'))('an https address of a port without TLS: %s', async (command) => {
    await using fake = await startFakeMeshery()
    const url = fake.url.replace('http:', 'https:')
    const { code, stdout, stderr } = await run([...command.split(' '), '--url', url])
    expect(stderr).toMatch(new RegExp(`\\(WRONG_SCHEME\\)\n {2}Use ${fake.url}.*speaks no TLS`))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  })

  test('a file of certificates that does not exist', async () => {
    const args = [
      'wait',
      'server',
      '--timeout',
      '60s',
      '--ca-file',
      '/does/not/exist.pem',
      '--url',
      'https://127.0.0.1:1',
    ]
    expect(await run(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--ca-file') })
  })

  test.each(
    sampled(
      [
        ['a gateway without Meshery', 503, 'Look into the log of the server'],
        ['a page', 200, 'Check --url: it must be the address of a Meshery Server.'],
        ['a gateway with a login', 401, 'give an address that goes around it'],
      ],
      1,
      'remedies',
    ),
  )('and says what to do after the time: %s', async (_, status, remedy) => {
    await using fake = await startFakeMeshery()
    fake.faults.answer('everything', status, { body: '<html>' })
    await withEnoughTime(async (time) => {
      const { code, stderr } = await run(['wait', 'server', '--timeout', time, '--url', fake.url])
      expect(linesOf(stderr).at(-1)).toContain(remedy)
      expect(code).toBe(124)
    })
  })
})

describe.concurrent('--wait-for-server', () => {
  test.each(
    sampled(
      [
        ['events --count 1 --since 1h', '--wait-for-server'],
        ['controllers --once', '--wait-for-server=100s'],
        ['wait event --since 1h', '--wait-for-server'],
        ['wait controller MESHSYNC=RUNNING', '--wait-for-server'],
      ],
      1,
      'begin',
    ),
  )('lets %s begin before the server is there', async (command, option) => {
    for (const args of [
      [...command.split(' '), option],
      [option, ...command.split(' ')],
    ]) {
      const { fake } = await clusters('v0.8')
      await using _ = fake
      fake.events.add()
      await fake.stop()
      await using program = start([...args, '--verbose', '--url', fake.url])
      await program.until(() => /waiting for the server at .*ECONNREFUSED/.test(program.stderr()))
      await fake.start()
      expect(await program.finished).toMatchObject({ code: 0 })
    }
  })

  test('is waited for also where a gateway answers in its place', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    fake.faults.answer('everything', 404)
    await using program = start(['controllers', '--once', '--wait-for-server', '--verbose', '--url', fake.url])
    await program.until(() => /waiting for the server at .*answers 404/.test(program.stderr()))
    await fake.faults.calm()
    expect(await program.finished).toMatchObject({ code: 0 })
  })

  test.each(
    sampled(
      [
        ['events --wait-for-server'],
        ['controllers --wait-for-server=30s'],
        ['events list --wait-for-server'],
        ['dashboard --no-open --wait-for-server'],
        ['wait event --wait-for-server'],
        ['wait server'],
      ],
      2,
      'in a pipe',
    ),
  )('of %s is reported in a pipe, with the address and the reason', async (command) => {
    using gone = await reservePort()
    await using program = start([...command.split(' '), '--url', gone.url])
    await program.until(() => program.stderr().includes('ECONNREFUSED'))
    expect(linesOf(program.stderr())).toEqual([
      expect.stringMatching(
        new RegExp(`^meshery-live: waiting for the server at ${gone.url} \\(from --url\\): .*ECONNREFUSED`),
      ),
    ])
  })

  test.each(
    sampled(
      [
        ['events --since noon', '--since was given "noon"'],
        ['profiles --page x', '--page was given "x"'],
        ['designs --order x', '--order was given "x"'],
        ['results', '--profile is missing: the name or id of a performance profile'],
        ['resources', '--namespace is missing: the name of a namespace'],
        ['models --type x', '--type was given "x"'],
        ['wait event --since noon', '--since was given "noon"'],
      ],
      2,
      'errors',
    ),
  )('does not put off an error in the command line: %s', async (command, said) => {
    using gone = await reservePort()
    const { code, stdout, stderr } = await run([...command.split(' '), '--wait-for-server', '--url', gone.url])
    expect(linesOf(stderr)[0]).toMatch(new RegExp(`^meshery-live: ${said}`))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  describe.each(sampled(['contexts', 'wait event'], 1, '--wait-for-server'))('of %s', (command) => {
    /** Runs the command where no server listens. */
    const runWithoutServer = async (...args: readonly string[]): Promise<Finished> => {
      using gone = await reservePort()
      return run([...args, '--url', gone.url])
    }

    // Each waits for a second or more.
    someClaims(1, `--wait-for-server of ${command}`, (it) => {
      it('ends with 4 when its time is up', () =>
        withEnoughTime(async (time) => {
          const gone = await runWithoutServer(...command.split(' '), `--wait-for-server=${time}`, '--timeout', '100s')
          expect(gone).toMatchObject({ code: 4, stdout: '' })
          expect(gone.stderr).toMatch(/no Meshery answered at .* in time: .*ECONNREFUSED.*\(CONNECTION_REFUSED\)/s)
          expect(gone.stderr).toContain('or wait longer with --wait-for-server.')
        }, 1))

      it('before the command ends with 4 when its time is up', async () => {
        const gone = await runWithoutServer('--wait-for-server', '1s', ...command.split(' '), '--timeout', '100s')
        expect(gone).toMatchObject({ code: 4, stdout: '' })
      })

      it('ends with 124 when the time of --timeout is up', () =>
        withEnoughTime(async (time) => {
          const late = await runWithoutServer(...command.split(' '), '--wait-for-server', '--timeout', time)
          expect(late).toMatchObject({ code: 124, stdout: '' })
          expect(late.stderr).toMatch(/no Meshery answered at .* in time: .*ECONNREFUSED/)
        }))
    })
  })
})

describe.concurrent('any wait', () => {
  test('ends with 3 when the credentials are refused', async () => {
    await using fake = await startFakeMeshery({ auth: { provider: 'Meshery', token: 'good' } })
    const args = ['--url', fake.url, '--token', 'bad', '--provider', 'Meshery', '--timeout', '100s']
    for (const what of [['event'], ['controller', 'MESHSYNC=RUNNING']])
      expect(await run(['wait', ...what, ...args])).toMatchObject({ code: 3 })
  })

  test('ends with 4 when nothing listens there', async () => {
    using gone = await reservePort()
    expect(await run(['wait', 'event', '--url', gone.url, '--timeout', '100s'])).toMatchObject({ code: 4 })
    expect(await run(['wait', 'controller', 'BROKER=RUNNING', '--url', gone.url])).toMatchObject({ code: 4 })
  })

  test('ends with the code of the signal, and without a word', async () => {
    const { fake } = await clusters('v0.8')
    await using _ = fake
    await using program = start(['wait', 'controller', 'MESHSYNC=CONNECTED', '--url', fake.url])
    await program.until(() => fake.stats.operations === 1)
    program.signal('SIGTERM')
    expect(await program.finished).toEqual({ code: 143, stdout: '', stderr: '' })
  })
})
