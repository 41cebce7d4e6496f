import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { describe, expect, onTestFinished } from 'vitest'
import { createMeshery, type MesheryEvent } from '../../src/index.ts'
import { nats as natsSource } from '../../src/nats/index.ts'
import { natsSink, type RelayEvent } from '../../src/relay/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { start } from '../cli/program.ts'
import { follow } from '../client/watching.ts'
import { someClaims } from '../sample.ts'
import { Dice } from '../soak/dice.ts'
import { eventually } from '../waiting.ts'
import { atRandomMoments, idsInCursor, startKilledRelay } from './kills.ts'
import { hasNoNats, startNatsServer } from './nats-server.ts'

const longMs = 240_000
const never = new AbortController().signal

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-nats-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

interface Message {
  readonly subject: string
  readonly id: string | undefined
  readonly event: MesheryEvent
}

/** Everything that the stream has, in its order. */
async function messagesIn(url: string, stream = 'MESHERY'): Promise<Message[]> {
  const connection = await connect({ servers: url.replace('nats://', '') })
  try {
    const manager = await jetstreamManager(connection)
    const { state } = await manager.streams.info(stream)
    if (state.messages === 0) return []
    const consumer = await jetstream(connection).consumers.get(stream)
    const messages: Message[] = []
    for await (const message of await consumer.fetch({ max_messages: state.messages, expires: 5_000 })) {
      messages.push({ subject: message.subject, id: message.headers?.get('Nats-Msg-Id'), event: message.json() })
    }
    return messages
  } finally {
    await connection.close()
  }
}

async function withManager<T>(url: string, work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url.replace('nats://', '') })
  try {
    return await work(await jetstreamManager(connection))
  } finally {
    await connection.close()
  }
}

const idsIn = async (url: string): Promise<(string | undefined)[]> => (await messagesIn(url)).map(({ id }) => id)

/** Adds an event, and waits until the cursor of each relay has it. */
async function addAndAwait(fake: FakeMeshery, cursors: readonly string[]): Promise<string> {
  const { id } = fake.events.add({ description: 'the last one' })
  for (const cursor of cursors) await eventually(() => expect(idsInCursor(cursor)).toContain(id))
  return id
}

const item = (id: string, more: Partial<MesheryEvent> = {}): RelayEvent => ({
  id,
  source: 'http://localhost:9081',
  event: {
    id,
    userID: null,
    actedUpon: null,
    operationID: null,
    systemID: null,
    severity: 'error',
    action: 'deploy',
    status: null,
    category: 'pattern',
    description: null,
    metadata: null,
    createdAt: null,
    updatedAt: null,
    deletedAt: null,
    ...more,
  },
})

describe.skipIf(hasNoNats())('the NATS sink', { tags: ['nats'] }, () => {
  someClaims(1, 'the NATS sink', (test) => {
    test('makes the stream and publishes under the category and the action, with the id as `Nats-Msg-Id`', async () => {
      await using nats = await startNatsServer()
      const sink = natsSink({ servers: nats.url })
      await sink.send(item('a'), never)
      await sink.send(item('b', { category: 'a.b *', action: null }), never)
      await sink.close?.()
      expect(await messagesIn(nats.url)).toMatchObject([
        { subject: 'meshery.events.pattern.deploy', id: 'a', event: { id: 'a', severity: 'error' } },
        { subject: 'meshery.events.a_b__.none', id: 'b' },
      ])
    })

    test('leaves one event where two sinks send it', async () => {
      await using nats = await startNatsServer()
      for (const sink of [natsSink({ servers: nats.url }), natsSink({ servers: nats.url })]) {
        await sink.send(item('a'), never)
        await sink.close?.()
      }
      expect(await idsIn(nats.url)).toEqual(['a'])
    })

    test('drops a double also after the server was killed', async () => {
      await using nats = await startNatsServer()
      const sink = natsSink({ servers: nats.url })
      await sink.send(item('a'), never)
      await nats.restart()
      await eventually(() => sink.send(item('a'), never))
      await sink.send(item('b'), never)
      await sink.close?.()
      expect(await idsIn(nats.url)).toEqual(['a', 'b'])
    })

    test('refuses an event that the server does not take, without a retry', async () => {
      await using nats = await startNatsServer()
      const sink = natsSink({ servers: nats.url })
      const large = item('a', { description: 'x'.repeat(2_000_000) })
      await expect(sink.send(large, never)).rejects.toMatchObject({ code: 'TOO_LARGE', retryable: false })
      await sink.close?.()
    })

    test('rejects where no server listens, and where it refuses the login', async () => {
      await using nats = await startNatsServer('--user', 'meshery', '--pass', 'right')
      const address = nats.url.replace('nats://', '')
      const refused = natsSink({ servers: `nats://meshery:wrong@${address}` })
      await expect(refused.send(item('a'), never)).rejects.toThrow(/^(?!.*wrong)/)
      await expect(refused.send(item('a'), never)).rejects.toMatchObject({
        code: 'CREDENTIALS_REFUSED',
        retryable: false,
      })
      const accepted = natsSink({ servers: `nats://meshery:right@${address}` })
      await accepted.send(item('a'), never)
      await accepted.close?.()
      const closed = natsSink({ servers: 'nats://127.0.0.1:1' })
      await expect(closed.send(item('a'), never)).rejects.toThrow()
    })

    test('two relays that are killed at random, to a server that is killed at random, leave each event once in the stream, in order, and a subscription gets each once', {
      timeout: longMs,
      tags: ['full'],
    }, async () => {
      const seed = Number(process.env['RELAY_SEED'] ?? Math.floor(Math.random() * 1e6))
      console.log(`RELAY_SEED=${seed}`)
      const dice = new Dice(seed)
      await using nats = await startNatsServer()
      await using fake = await startFakeMeshery()
      const folder = temporaryFolder()
      const args = (name: string): string[] => [
        ...['--url', fake.url, '--to', nats.url],
        ...['--cursor', join(folder, `${name}.json`)],
      ]
      await using a = startKilledRelay(args('a'))
      await using b = startKilledRelay(args('b'))
      await Promise.all([a.live(), b.live()])
      await using client = createMeshery({ url: fake.url, provider: 'None' })
      const followed = follow(client, { source: natsSource({ servers: nats.url }) })
      const added: string[] = []
      const add = (): void => void added.push(fake.events.add({ description: `event ${added.length}` }).id)
      const random = (): number => dice.next()
      await Promise.all([
        atRandomMoments(300, { mostMs: 100, random }, add),
        atRandomMoments(6, { mostMs: 4_500, random }, () => dice.pick([a, b]).restart()),
        atRandomMoments(4, { mostMs: 6_500, random }, () => nats.restart()),
      ])
      await eventually(
        async () => expect((await idsIn(nats.url)).length).toBeGreaterThanOrEqual(added.length),
        longMs / 2,
      )
      // Both have sent everything: a double would be there by now.
      const last = await addAndAwait(fake, [join(folder, 'a.json'), join(folder, 'b.json')])
      expect(await idsIn(nats.url)).toEqual([...added, last])
      await eventually(() => expect(followed.events.map((event) => event.id)).toEqual([...added, last]))
      expect(followed.notices.filter((notice) => notice.kind === 'gap' && !notice.complete)).toEqual([])
      console.log(`${added.length} events, ${a.kills + b.kills} kills of relays, 4 of the server: 0 lost, 0 doubled`)
    })

    test('refuses an event whose subject the stream does not take, without a retry', async () => {
      await using nats = await startNatsServer()
      await withManager(nats.url, async (manager) => {
        await manager.streams.add({ name: 'PARTLY', subjects: ['meshery.events.*.deploy'] })
        await manager.streams.add({ name: 'OTHER', subjects: ['meshery.events.*.delete'] })
      })
      const sink = natsSink({ servers: nats.url, stream: 'PARTLY' })
      for (const action of ['create', 'delete'])
        await expect(sink.send(item('a', { action }), never)).rejects.toMatchObject({
          code: 'SERVER_ERROR',
          retryable: false,
          message: expect.stringContaining(`the stream PARTLY does not take meshery.events.pattern.${action}`),
        })
      await sink.send(item('b'), never)
      await sink.close?.()
      expect(await messagesIn(nats.url, 'PARTLY')).toMatchObject([{ id: 'b' }])
    })

    test('makes a stream again that was deleted', async () => {
      await using nats = await startNatsServer()
      const sink = natsSink({ servers: nats.url })
      await sink.send(item('a'), never)
      await withManager(nats.url, (manager) => manager.streams.delete('MESHERY'))
      await expect(sink.send(item('b'), never)).rejects.toThrow()
      await sink.send(item('b'), never)
      await sink.close?.()
      expect(await idsIn(nats.url)).toEqual(['b'])
    })

    test('ends the relay where another stream takes its subject', async () => {
      await using nats = await startNatsServer()
      await withManager(nats.url, (manager) => manager.streams.add({ name: 'OTHER', subjects: ['meshery.>'] }))
      const sink = natsSink({ servers: nats.url })
      await expect(sink.send(item('a'), never)).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('another stream than MESHERY takes meshery.events.>'),
      })
      await sink.close?.()
    })

    test('rejects as a refused login where the user may not publish', async () => {
      const config = join(temporaryFolder(), 'nats.conf')
      const user = { user: 'meshery', password: 'right', permissions: { publish: { deny: ['meshery.>'] } } }
      writeFileSync(config, JSON.stringify({ authorization: { users: [user] } }))
      await using nats = await startNatsServer('-c', config)
      const sink = natsSink({ servers: nats.url.replace('//', '//meshery:right@'), timeoutMs: 10_000 })
      await expect(sink.send(item('a'), never)).rejects.toMatchObject({ code: 'CREDENTIALS_REFUSED' })
      await sink.close?.()
    })

    test('the command ends with 3 where the server refuses its login, and keeps the event for a restart', {
      tags: ['full'],
    }, async () => {
      await using nats = await startNatsServer('--user', 'meshery', '--pass', 'right')
      await using fake = await startFakeMeshery()
      const { id } = fake.events.add()
      const folder = temporaryFolder()
      const args = ['relay', '--url', fake.url, '--to', 'env:TO', '--since', '1h', '--cursor', join(folder, 'c.json')]
      const to = (pass: string): string => nats.url.replace('//', `//meshery:${pass}@`)
      await using refused = start(args, { TO: to('wrong') })
      const { code, stderr } = await refused.finished
      expect(stderr).toContain('CREDENTIALS_REFUSED')
      expect(stderr).not.toContain('wrong')
      expect(code).toBe(3)
      await using accepted = start([...args, '--verbose'], { TO: to('right') })
      await accepted.until(() => accepted.stderr().includes(`sent ${id}`))
      expect(readdirSync(folder)).not.toContain('c.json.dead-letters.ndjson')
    })

    test('the command publishes, and ends at a signal', async () => {
      await using nats = await startNatsServer()
      await using fake = await startFakeMeshery()
      const args = ['relay', '--url', fake.url, '--to', nats.url, '--stream', 'OTHER', '--subject', 'live']
      await using program = start([...args, '--cursor', join(temporaryFolder(), 'c.json'), '--verbose'])
      await program.until(() => program.stderr().includes('live over'))
      const { id } = fake.events.add({ category: 'pattern', action: 'deploy' })
      await program.until(() => program.stderr().includes(`sent ${id}`))
      program.child.kill('SIGTERM')
      expect((await program.finished).code).toBe(143)
      expect(await messagesIn(nats.url, 'OTHER')).toMatchObject([{ subject: 'live.pattern.deploy', id }])
    })
  })
})
