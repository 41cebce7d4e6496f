import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { certificates } from '../network/parts.ts'
import { type Behaviour, startReceiver } from '../relay/receiver.ts'
import { sampled } from '../sample.ts'
import { linesOf, type Running, run, start } from './in-process.ts'

const temporaryFolders: string[] = []
afterAll(() => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true })
})
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-cli-relay-'))
  temporaryFolders.push(folder)
  return folder
}

const relay = (fake: FakeMeshery, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running =>
  start(['relay', '--url', fake.url, '--since', '1h', ...args], env)

describe.concurrent('relay', () => {
  test('posts the events with headers and a signature whose secrets come from the environment', async () => {
    await using fake = await startFakeMeshery()
    await using receiver = await startReceiver()
    const { id } = fake.events.add()
    const cursor = join(temporaryFolder(), 'cursor.json')
    const args = ['--to', 'env:HOOK', '--header', 'Authorization: env:AUTH', '--header', 'X-Team: a, b']
    await using program = relay(fake, [...args, '--secret-env', 'KEY', '--cursor', cursor], {
      HOOK: receiver.url,
      AUTH: 'Bearer t',
      KEY: 'k',
    })
    await program.until(() => receiver.accepted.length === 1)
    expect(receiver.accepted).toEqual([id])
    expect(receiver.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer t',
      'x-team': 'a, b',
      'webhook-signature': expect.stringMatching(/^v1,/),
    })
    program.signal('SIGTERM')
    expect((await program.finished).code).toBe(143)
    expect(JSON.parse(readFileSync(cursor, 'utf8'))).toMatchObject({ id })
  })

  test('writes the events into a file, with a category that was asked for', async () => {
    await using fake = await startFakeMeshery()
    fake.events.add({ category: 'connection' })
    const { id } = fake.events.add({ category: 'pattern' })
    const folder = temporaryFolder()
    const path = join(folder, 'events.ndjson')
    const args = ['--to', `file:${path}`, '--cursor', join(folder, 'c.json'), '--category', 'pattern', '--verbose']
    await using program = relay(fake, args)
    await program.until(() => program.stderr().includes(`sent ${id}`))
    expect(linesOf(readFileSync(path, 'utf8')).map((line) => JSON.parse(line).id)).toEqual([id])
  })

  test('reports what the receiver refuses, and keeps it beside the cursor', async () => {
    await using fake = await startFakeMeshery()
    await using receiver = await startReceiver(() => 'refuse')
    const { id } = fake.events.add()
    const cursor = join(temporaryFolder(), 'cursor.json')
    await using program = relay(fake, ['--to', receiver.url, '--cursor', cursor])
    const letters = `${cursor}.dead-letters.ndjson`
    await program.until(() => program.stderr().includes(`refused, kept in ${letters}: event ${id}`))
    expect(JSON.parse(readFileSync(letters, 'utf8'))).toMatchObject({ id, attempts: 1 })
  })

  test('is refused with 2 while another relay uses the cursor file, which goes on', async () => {
    await using fake = await startFakeMeshery()
    await using receiver = await startReceiver()
    const cursor = join(temporaryFolder(), 'cursor.json')
    const args = ['--to', receiver.url, '--cursor', cursor, '--verbose']
    await using first = relay(fake, args)
    await first.until(() => first.stdout().includes('Relays the events'))
    const second = await run(['relay', '--url', fake.url, ...args])
    expect(second.stderr).toMatch(/The file \S+cursor\.json is in use by process \d+ on .* \(INVALID_OPTION\)/)
    expect(second.code).toBe(2)
    const { id } = fake.events.add()
    await first.until(() => first.stderr().includes(`sent ${id}`))
    expect(receiver.accepted).toEqual([id])
    first.signal('SIGTERM')
    await first.finished
    expect(existsSync(`${cursor}.lock`)).toBe(false)
  })

  test('sends dead letters again with --resend, without a server, and keeps what is refused', async () => {
    await using fake = await startFakeMeshery()
    let answer: Behaviour = 'refuse'
    await using receiver = await startReceiver(() => answer)
    const ids = [fake.events.add().id, fake.events.add().id]
    const cursor = join(temporaryFolder(), 'cursor.json')
    const letters = `${cursor}.dead-letters.ndjson`
    {
      await using program = relay(fake, ['--to', receiver.url, '--cursor', cursor])
      await program.until(() => program.stderr().includes(`refused, kept in ${letters}: event ${ids[1]}`))
      program.signal('SIGTERM')
      await program.finished
    }
    await fake.stop()
    const resend = ['relay', '--to', receiver.url, '--resend', letters]
    const refused = await run(resend)
    expect(refused.stdout).toBe(`Sent 0 events of ${letters} to ${receiver.url}. 2 are kept.\n`)
    expect(refused.code).toBe(1)
    answer = 'accept'
    const accepted = await run(resend)
    expect(accepted.stdout).toBe(`Sent 2 events of ${letters} to ${receiver.url}. 0 are kept.\n`)
    expect(accepted.code).toBe(0)
    expect(receiver.accepted).toEqual(ids)
    expect(readFileSync(letters, 'utf8')).toBe('')
  })

  test('reports a receiver that fails', async () => {
    await using fake = await startFakeMeshery()
    await using receiver = await startReceiver(() => 'fail')
    const { id } = fake.events.add()
    await using program = relay(fake, ['--to', receiver.url, '--cursor', join(temporaryFolder(), 'c.json')])
    await program.until(() =>
      program.stderr().includes(`attempt 1 for event ${id}: ${receiver.url} answered with status 500`),
    )
  })

  test('reports once, after retries, that the receiver accepts events again', async () => {
    await using fake = await startFakeMeshery()
    let requests = 0
    await using receiver = await startReceiver(() => (requests++ === 0 ? 'fail' : 'accept'))
    fake.events.add()
    const args = ['--to', receiver.url, '--cursor', join(temporaryFolder(), 'c.json'), '--verbose']
    await using program = relay(fake, args)
    await program.until(() => program.stderr().includes('sent '))
    const { id } = fake.events.add()
    await program.until(() => program.stderr().includes(`sent ${id}`))
    expect(program.stderr()).toMatch(/attempt 1 for event \S+: \S+ answered with status 500\. Check the receiver\./)
    expect(program.stderr().split('the receiver accepts events again')).toHaveLength(2)
  })

  test('trusts the certificate authorities of --ca-file also at the receiver, and names the option', async () => {
    await using fake = await startFakeMeshery()
    const { id } = fake.events.add()
    const folder = temporaryFolder()
    const { caFile, certFile, keyFile } = certificates(folder)
    const received: unknown[] = []
    const secure = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    const server = createServer(secure, (request, response) => {
      received.push(request.headers['webhook-id'])
      response.writeHead(204).end()
    })
    using _ = { [Symbol.dispose]: () => void server.close() }
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const to = `https://localhost:${typeof address === 'object' ? address?.port : undefined}`
    const args = ['--to', to, '--cursor', join(folder, 'c.json')]
    {
      await using stranger = relay(fake, args)
      await stranger.until(() => /attempt 1 .*give it in --ca-file/.test(stranger.stderr()))
      stranger.signal('SIGTERM')
      await stranger.finished
    }
    await using program = relay(fake, [...args, '--ca-file', caFile])
    await program.until(() => received.length > 0)
    expect(received).toEqual([id])
    server.closeAllConnections()
  })

  test.each(
    sampled(
      [
        ['--to', (missing: string) => ({ to: `file:${missing}` })],
        ['--dead-letters', (missing: string) => ({ 'dead-letters': missing })],
        ['--cursor', (missing: string) => ({ cursor: missing })],
      ],
      1,
      'folders',
    ),
  )('ends with 2, and asks no server, where the folder of %s does not exist', async (_, filesIn) => {
    await using fake = await startFakeMeshery()
    const folder = temporaryFolder()
    const files = { to: `file:${folder}/a.ndjson`, cursor: `${folder}/c.json`, ...filesIn(join(folder, 'none', 'b')) }
    const args = Object.entries(files).flatMap(([name, value]) => [`--${name}`, value])
    const { code, stdout, stderr } = await run(['relay', '--url', fake.url, '--wait-for-server', ...args])
    expect(stderr).toMatch(
      /The file .*none\/b\S* cannot be written: its folder does not exist \(INVALID_OPTION\)\n {2}Make the/,
    )
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(fake.stats.requests).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  test.skipIf(!existsSync('/dev/full'))('reports a full disk, and retries', async () => {
    await using fake = await startFakeMeshery()
    const { id } = fake.events.add()
    await using program = relay(fake, ['--to', 'file:/dev/full', '--cursor', join(temporaryFolder(), 'c.json')])
    await program.until(() => /attempt 2 for event \S+: ENOSPC/.test(program.stderr()))
    expect(program.stderr()).toContain(`attempt 1 for event ${id}: ENOSPC`)
  })

  test.each(
    sampled(
      [
        [[], '--to is missing'],
        [['--to', 'http://a'], '--cursor is missing'],
        [['--to', 'http://a', '--resend', 'f', '--since', '1h'], '--since has no effect with --resend'],
        [['--to', 'http://a', '--resend', '/none/f'], '/none'],
        [['--to', 'ftp://hush'], '--to takes an address'],
        [['--to', 'env:NONE', '--cursor', 'c'], 'names the variable NONE, which is not set'],
        [['--to', 'http://a', '--secret-env', 'NONE', '--cursor', 'c'], 'names the variable NONE, which is not set'],
        [['--to', 'http://a', '--header', 'hush', '--cursor', 'c'], "--header takes 'NAME: VALUE'"],
        [['--to', 'http://a', '--keep', '3', '--cursor', 'c'], '--keep is for another kind of --to'],
        [['--to', 'file:a', '--format', 'slack', '--cursor', 'c'], '--format was given "slack"'],
        [['--to', 'file:', '--cursor', 'c'], '--to was given no path'],
        [['--to', 'https://', '--cursor', 'c'], '--to was given no such address'],
        [['--to', 'nats:/localhost', '--cursor', 'c'], '--to takes addresses of NATS such as nats://localhost:4222'],
        [['--to', 'nats://', '--cursor', 'c'], '--to takes addresses of NATS such as nats://localhost:4222'],
        [['--to', 'nats://a', '--stream', 'a.b', '--cursor', 'c'], '--stream was given'],
        [['--to', 'nats://a', '--nats-creds', '/none', '--cursor', 'c'], 'where there is no file'],
        [['--to', 'http://a', '--attempts', '0', '--cursor', 'c'], '--attempts was given "0"'],
      ],
      5,
      'refused options',
    ),
  )('refuses %j', async (args, message) => {
    const { code, stderr } = await run(['relay', ...args])
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('hush')
    expect(code).toBe(2)
  })
})

test('a relay in a pipe reports that Meshery is away, and that it is back', { tags: ['full'] }, async () => {
  await using fake = await startFakeMeshery()
  const folder = temporaryFolder()
  await using program = relay(fake, ['--to', `file:${join(folder, 'events')}`, '--cursor', join(folder, 'c.json')])
  await program.until(() => program.stdout().includes('Relays the events'))
  await fake.stop()
  await program.until(() => /waiting: .*CONNECTION_.* \(away for \d+\.\d s\)/.test(program.stderr()))
  await fake.start()
  await program.until(() => /live over .* \(back after \d+\.\d s\)/.test(program.stderr()))
})
