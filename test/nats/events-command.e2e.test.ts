// `meshery-live events --from` as a process, with a real NATS server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { linesOf, type Running, run, start } from '../cli/program.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { sampled, someClaims } from '../sample.ts'
import { startStreamWorld } from './stream-world.ts'

const jsonOf = (stdout: string): unknown[] => linesOf(stdout).map((line) => JSON.parse(line))

const minutesAgo = (count: number): string => new Date(Date.now() - count * 60_000).toISOString()

describe.skipIf(hasNoNats())('events --from', { tags: ['nats'] }, () => {
  someClaims(1, 'events --from', (test) => {
    test('prints the events of the stream as Meshery has them, by the filters, from --since on', async () => {
      await using world = await startStreamWorld()
      await world.publish(1, { createdAt: minutesAgo(30), severity: 'error' })
      const [first] = await world.publish(1, { severity: 'error' })
      await world.publish(1)
      const [second] = await world.publish(1, { severity: 'critical', metadata: { a: 1 } })
      const filters = ['--min-severity', 'error', '--since', '10m', '--count', '2']
      const { code, stdout, stderr } = await run(['events', '--from', world.server.url, ...filters, '-o', 'json'])
      expect(jsonOf(stdout)).toEqual([first, second])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const pretty = await run(['events', '--from', world.server.url, '--grep', '^4$', '--since', '10m', '--once'])
      expect(pretty).toMatchObject({ code: 0, stdout: expect.stringMatching(/critical +pattern\/deploy +4$/m) })
    })

    test('follows what comes, through a restart of the server, and ends at a signal', { tags: ['full'] }, async () => {
      await using world = await startStreamWorld()
      await world.publish(1)
      await using program = start(['events', '--from', world.server.url, '--verbose', '--template', '{description}'])
      await program.until(() => program.stderr().includes('live\n'))
      await world.publish(1)
      await program.until(() => program.stdout() === '2\n')
      await world.server.restart()
      await world.publish(2)
      await program.until(() => program.stdout() === '2\n3\n4\n')
      await program.until(() => /gap of .* closed: \d events? recovered from the stream/.test(program.stderr()))
      expect(program.stderr()).toContain(`Events from the stream MESHERY of ${world.server.url}\n`)
      program.child.kill('SIGTERM')
      expect((await program.finished).code).toBe(143)
    })

    test('reads another stream, with a login that it does not show', { tags: ['full'] }, async () => {
      await using world = await startStreamWorld({
        args: ['--user', 'meshery', '--pass', 'right'],
        login: 'meshery:right@',
        stream: 'OTHER',
        subject: 'live',
      })
      await world.publish(1)
      const address = world.server.url.replace('//', '//meshery:right@')
      const args = ['events', '--from', 'env:FROM', '--stream', 'OTHER', '--subject', 'live', '--since', '1h', '--once']
      const right = await run([...args, '--verbose'], { FROM: address })
      expect(right).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 1$/m) })
      const wrong = await run([...args, '--verbose'], { FROM: address.replace('right', 'wrong') })
      expect(wrong).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('CREDENTIALS_REFUSED') })
      expect(wrong.stderr).toContain('Check the user and the password in --from, or --nats-creds.')
      expect(right.stderr + wrong.stderr).not.toMatch(/right|wrong/)
    })

    test('ends with 4 where no server listens, and with 1 where there is no such stream', async () => {
      await using world = await startStreamWorld()
      const [closed, missing] = await Promise.all([
        run(['events', '--from', 'nats://127.0.0.1:1']),
        run(['events', '--from', world.server.url, '--stream', 'NONE']),
      ])
      expect(closed).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('CONNECTION_REFUSED') })
      expect(closed.stderr).toContain('Check --from, the NATS server')
      expect(closed.stderr).not.toContain('The address came from')
      expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('there is no stream NONE') })
      expect(missing.stderr).toContain('or check --stream')
    })

    test('waits for the server and for the stream with --wait-for-server, and ends with 124 at --timeout', {
      tags: ['full'],
    }, async () => {
      await using world = await startStreamWorld()
      await using proxy = await world.proxy(() => {})
      proxy.refuse(true)
      await using program = start(['events', '--from', proxy.url, '--wait-for-server', '--verbose', '--once'])
      const reported = (text: string): Promise<void> => program.until(() => program.stderr().includes(text))
      await reported('waiting: ')
      proxy.refuse(false)
      await reported('there is no stream MESHERY')
      await world.publish(1)
      expect(await program.finished).toMatchObject({ code: 0, stdout: expect.stringMatching(/ 1$/m) })
      const late = await run(['events', '--from', world.server.url, '--timeout', '300ms'])
      expect(late).toEqual({ code: 124, stdout: '', stderr: '' })
    })

    test('reports what the stream does not have any more', { tags: ['full'] }, async () => {
      await using world = await startStreamWorld()
      await world.publish(3)
      await world.manage((manager) => manager.streams.purge('MESHERY', { keep: 1 }))
      const { code, stdout, stderr } = await run(['events', '--from', world.server.url, '--since', '10m', '--once'])
      expect(stdout).toMatch(/ 3$/m)
      expect(stderr).toMatch(/gap since .*events may be missing .*MESHERY removed messages before they were read/)
      expect(code).toBe(0)
    })
  })
})

/** The program as it is where the optional packages are not installed. */
const withoutPackages = (args: readonly string[]): Running => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name.startsWith('@nats-io/')) throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' })
    return next(name, context)
  }`
  const url = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(url(hooks))})`
  return start(args, { NODE_OPTIONS: `--import=${url(register)}` })
}

test.each(
  sampled<[string, string[]]>(
    [
      ['events', ['--from', 'nats://127.0.0.1:1']],
      ['events', ['--from', 'nats://127.0.0.1:1', '--wait-for-server']],
      ['relay', ['--to', 'nats://127.0.0.1:1', '--url', 'http://127.0.0.1:1']],
    ],
    1,
  ),
)('%s %j names the packages to install where they are missing, and ends with 2', async (command, args) => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-packages-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const more = command === 'relay' ? ['--cursor', join(folder, 'cursor.json')] : []
  await using program = withoutPackages([command, ...args, ...more])
  const { code, stdout, stderr } = await program.finished
  expect(stderr).toContain('The packages for NATS cannot be loaded (INVALID_OPTION)')
  expect(stderr).toContain('npm install @nats-io/transport-node @nats-io/jetstream')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})
