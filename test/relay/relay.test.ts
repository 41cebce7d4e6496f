import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { deferred } from '../../src/base/abort.ts'
import { resumeEvents } from '../../src/cursor/index.ts'
import { createMeshery, MesheryError, type MesheryOptions } from '../../src/index.ts'
import {
  type DeadLetter,
  type DeadLetters,
  fileCursor,
  type RelayEvent,
  type RelayNotice,
  type RelayOptions,
  relay,
  type Sink,
} from '../../src/relay/index.ts'
import { type FakeMeshery, type StoredEvent, startFakeMeshery } from '../../src/testing/index.ts'
import { someClaims } from '../sample.ts'
import { eventually } from '../waiting.ts'

const temporaryFolders: string[] = []
afterAll(() => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true })
})
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-relay-'))
  temporaryFolders.push(folder)
  return folder
}

/** A sink that fails as scripted, then accepts. */
class ScriptedSink implements Sink {
  readonly name = 'scripted'
  readonly accepted: RelayEvent[] = []
  closed = 0
  readonly #script: Error[]

  constructor(...script: Error[]) {
    this.#script = script
  }

  async send(event: RelayEvent): Promise<void> {
    const error = this.#script.shift()
    if (error) throw error
    this.accepted.push(event)
  }

  async close(): Promise<void> {
    this.closed++
  }

  get texts(): (string | null)[] {
    return this.accepted.map(({ event }) => event.description)
  }
}

const refusal = (): MesheryError => new MesheryError('SERVER_ERROR', 'refused', { phase: 'stream', retryable: false })
/** A failure that is retried at once. */
const hiccup = (): Error => new Error('a hiccup')

interface Running extends AsyncDisposable {
  readonly notices: RelayNotice[]
  readonly ended: Promise<void>
}

/** Starts a relay; disposing it ends it and waits. */
const startRelay = (
  fake: FakeMeshery,
  options: Omit<RelayOptions, 'signal' | 'onNotice'>,
  client: MesheryOptions = {},
): Running => {
  const stop = new AbortController()
  const notices: RelayNotice[] = []
  const meshery = createMeshery({ url: fake.url, provider: 'None', ...client })
  const ended = relay(meshery, { ...options, signal: stop.signal, onNotice: (notice) => void notices.push(notice) })
  ended.catch(() => {})
  return {
    notices,
    ended,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended.catch(() => {})
      await meshery.close()
    },
  }
}

const isLive = ({ notices }: Running): Promise<void> =>
  eventually(() => expect(notices).toContainEqual(expect.objectContaining({ kind: 'status', state: 'live' })))

describe.concurrent('a relay', () => {
  someClaims(10, 'relay', (it) => {
    it('sends each event once and in order, with the id of its row, and closes the sink at its end', async () => {
      await using fake = await startFakeMeshery()
      const sink = new ScriptedSink()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const rows: string[] = []
      {
        await using running = startRelay(fake, { to: sink, cursor })
        await isLive(running)
        for (const description of ['a', 'b', 'c']) rows.push(fake.events.add({ description }).id)
        await eventually(() => expect(sink.texts).toEqual(['a', 'b', 'c']))
      }
      expect(sink.accepted.map(({ id }) => id)).toEqual(rows)
      expect(sink.accepted[0]?.source).toBe(fake.url)
      expect(sink.closed).toBe(1)
    })

    it('resumes after a restart without a loss and without a double', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'before', createdAt: new Date(Date.now() - 30_000).toISOString() })
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const sinks = [new ScriptedSink(), new ScriptedSink(), new ScriptedSink()]
      for (const [round, sink] of sinks.entries()) {
        await using running = startRelay(fake, { to: sink, cursor })
        await isLive(running)
        const live = fake.events.add({ description: `live ${round}` })
        await eventually(() => expect(sink.accepted.at(-1)?.id).toBe(live.id))
        await running[Symbol.asyncDispose]()
        fake.events.add({ description: `while it is stopped ${round}` })
      }
      const texts = sinks.flatMap((sink) => sink.texts)
      expect(texts).toEqual(['live 0', 'while it is stopped 0', 'live 1', 'while it is stopped 1', 'live 2'])
    })

    it('sends what Meshery stores from its first start on, though it cannot be reached then', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const sink = new ScriptedSink()
      await fake.stop()
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(async () => expect(await cursor.load()).toBeDefined())
      fake.events.add({ description: 'meanwhile' })
      await fake.start()
      await eventually(() => expect(sink.texts).toEqual(['meanwhile']))
    })

    it('sends a row that Meshery stores late, before rows that were sent, while the relay is stopped', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const first = new ScriptedSink()
      {
        await using running = startRelay(fake, { to: first, cursor, events: { since: '1h' } })
        await isLive(running)
        fake.events.add({ description: 'sent' })
        await eventually(() => expect(first.texts).toEqual(['sent']))
      }
      fake.events.add({ description: 'late', createdAt: new Date(Date.now() - 20_000).toISOString() })
      const second = new ScriptedSink()
      await using _ = startRelay(fake, { to: second, cursor })
      await eventually(() => expect(second.texts).toEqual(['late']))
    })

    it('sends the row of an event that it has sent as pushed not again after a restart', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const first = new ScriptedSink()
      let pushed: StoredEvent
      {
        await using running = startRelay(fake, { to: first, cursor }, { settle: 0 })
        await isLive(running)
        pushed = fake.events.add({ description: 'late' }, { store: false })
        await eventually(() => expect(first.accepted[0]?.id).toMatch(/^push-/))
      }
      fake.events.add(pushed, { push: false })
      fake.events.add({ description: 'new' })
      const second = new ScriptedSink()
      await using _ = startRelay(fake, { to: second, cursor })
      await eventually(() => expect(second.texts).toContain('new'))
      expect(second.texts).toEqual(['new'])
    })

    it('that was stopped before its first event begins where it was started first', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      {
        await using running = startRelay(fake, { to: new ScriptedSink(), cursor })
        await isLive(running)
      }
      fake.events.add({ description: 'while it is stopped' })
      const sink = new ScriptedSink()
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(() => expect(sink.texts).toEqual(['while it is stopped']))
    })

    it('goes on after the event that another program saved', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const meshery = createMeshery({ url: fake.url, provider: 'None' })
      fake.events.add({ description: 'a' })
      fake.events.add({ description: 'b' })
      for await (const event of meshery.subscribeEvents({ since: '1h' })) {
        if (event.id !== null) await cursor.save({ ...event, id: event.id })
        break
      }
      await meshery.close()
      const sink = new ScriptedSink()
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(() => expect(sink.texts).toEqual(['b']))
    })

    it('goes on where a bot would that was never given an event', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      fake.events.add({ description: 'before', createdAt: new Date(Date.now() - 60_000).toISOString() })
      await cursor.save({ startedAt: new Date(Date.now() - 30_000).toISOString() })
      fake.events.add({ description: 'after' })
      const sink = new ScriptedSink()
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(() => expect(sink.texts).toEqual(['after']))
    })

    it('leaves a cursor after whose last event a bot goes on', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      {
        const sink = new ScriptedSink()
        fake.events.add({ description: 'a' })
        await using _ = startRelay(fake, { to: sink, cursor, events: { since: '1h' } })
        await eventually(() => expect(sink.texts).toEqual(['a']))
      }
      fake.events.add({ description: 'b' })
      await using meshery = createMeshery({ url: fake.url, provider: 'None' })
      for await (const { description } of resumeEvents(meshery, cursor)) {
        expect(description).toBe('b')
        break
      }
    })

    it('refuses what `load` gives and is no position', async () => {
      await using fake = await startFakeMeshery()
      const cursor = { load: () => JSON.parse('{ "id": 7 }'), save: () => {} }
      await using running = startRelay(fake, { to: new ScriptedSink(), cursor })
      await expect(running.ended).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    })

    it('retries what can succeed, and the events after it wait', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      fake.events.add({ description: 'b' })
      const sink = new ScriptedSink(hiccup(), hiccup())
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      await using running = startRelay(fake, { to: sink, cursor, events: { since: '1h' } })
      await eventually(() => expect(sink.texts).toEqual(['a', 'b']))
      const retries = running.notices.filter((notice) => notice.kind === 'retry')
      expect(retries.map(({ attempts, event }) => [attempts, event.description])).toEqual([
        [1, 'a'],
        [2, 'a'],
      ])
    })

    const collecting = (): DeadLetters & { readonly letters: DeadLetter[] } => {
      const letters: DeadLetter[] = []
      return { name: 'letters', letters, park: async (letter) => void letters.push(letter) }
    }

    it('parks what the sink refuses, reports it, and goes on', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      fake.events.add({ description: 'b' })
      const sink = new ScriptedSink(refusal())
      const deadLetters = collecting()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      await using running = startRelay(fake, { to: sink, cursor, deadLetters, events: { since: '1h' } })
      await eventually(() => expect(sink.texts).toEqual(['b']))
      expect(deadLetters.letters).toMatchObject([
        { attempts: 1, event: { description: 'a' }, error: { message: 'refused' } },
      ])
      expect(running.notices).toContainEqual(expect.objectContaining({ kind: 'parked', deadLetters: 'letters' }))
    })

    it('parks an event after the given attempts', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      const sink = new ScriptedSink(hiccup(), hiccup())
      const deadLetters = collecting()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      await using _ = startRelay(fake, { to: sink, cursor, deadLetters, attempts: 2, events: { since: '1h' } })
      await eventually(() => expect(deadLetters.letters).toMatchObject([{ attempts: 2 }]))
    })

    it('ends with the error of a refusal that it cannot park, and sends the event again after a restart', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const sink = new ScriptedSink(refusal())
      await using first = startRelay(fake, { to: sink, cursor, events: { since: '1h' } })
      await expect(first.ended).rejects.toThrow('refused')
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(() => expect(sink.texts).toEqual(['a']))
    })

    it('ends where the dead letters cannot be stored: the cursor does not move past the event', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const sink = new ScriptedSink(refusal())
      const deadLetters: DeadLetters = {
        name: 'full',
        async park() {
          throw new Error('no space left')
        },
      }
      await using first = startRelay(fake, { to: sink, cursor, deadLetters, events: { since: '1h' } })
      await expect(first.ended).rejects.toThrow('no space left')
      await using _ = startRelay(fake, { to: sink, cursor })
      await eventually(() => expect(sink.texts).toEqual(['a']))
    })

    it('reports a cursor that cannot be saved, goes on, and saves it with the next event', async () => {
      await using fake = await startFakeMeshery()
      const path = join(temporaryFolder(), 'cursor.json')
      const file = fileCursor(path)
      let failures = 0
      const cursor = {
        load: file.load,
        async save(position: Parameters<typeof file.save>[0]) {
          if ('id' in position && failures++ < 1) throw new Error('no space left')
          await file.save(position)
        },
      }
      const sink = new ScriptedSink()
      await using running = startRelay(fake, { to: sink, cursor })
      await isLive(running)
      fake.events.add({ description: 'a' })
      await eventually(() =>
        expect(running.notices).toContainEqual(expect.objectContaining({ kind: 'cursor-not-saved' })),
      )
      const { id } = fake.events.add({ description: 'b' })
      await eventually(() => expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ id }))
      expect(sink.texts).toEqual(['a', 'b'])
    })

    it('lets the sink finish the event that it is sending when the relay ends', async () => {
      await using fake = await startFakeMeshery()
      fake.events.add({ description: 'a' })
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      const [begun, finish] = [deferred<void>(), deferred<void>()]
      const slow: Sink = {
        name: 'slow',
        async send(_, signal) {
          begun.resolve()
          await finish.promise
          signal.throwIfAborted()
        },
      }
      await using running = startRelay(fake, { to: slow, cursor, events: { since: '1h' } })
      await begun.promise
      const disposed = running[Symbol.asyncDispose]()
      finish.resolve()
      await disposed
      expect(await cursor.load()).toMatchObject({ sent: [{ createdAt: expect.any(String) }] })
    })

    it('refuses a beginning before it saves anything', async () => {
      await using fake = await startFakeMeshery()
      const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
      await using running = startRelay(fake, { to: new ScriptedSink(), cursor, events: { since: 'yesterday' } })
      await expect(running.ended).rejects.toMatchObject({ code: 'INVALID_OPTION' })
      expect(await cursor.load()).toBe(undefined)
    })
  })
})

describe.concurrent('the cursor in a file', () => {
  test('is undefined without a file, and afterwards what was saved last', async () => {
    const cursor = fileCursor(join(temporaryFolder(), 'cursor.json'))
    expect(await cursor.load()).toBe(undefined)
    const saves = ['a', 'b', 'c'].map((id) => cursor.save({ id, createdAt: null }))
    await Promise.all(saves)
    expect(await cursor.load()).toEqual({ id: 'c', createdAt: null })
  })

  test.each(['', '{"id":"a', '[]', '{"id":7}', '{"id":null,"createdAt":null,"sent":[]}'])(
    'refuses a file with %j in it',
    async (text) => {
      const path = join(temporaryFolder(), 'cursor.json')
      writeFileSync(path, text)
      await expect(fileCursor(path).load()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
    },
  )

  test('rejects a save into a folder that does not exist, and the next one is tried', async () => {
    const cursor = fileCursor(join(temporaryFolder(), 'none', 'cursor.json'))
    await expect(cursor.save({ startedAt: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      cause: { code: 'ENOENT' },
    })
    await expect(cursor.save({ startedAt: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      cause: { code: 'ENOENT' },
    })
  })
})
