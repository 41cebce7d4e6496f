// Sinks and dead letters that can never work end a relay, and leave nothing behind.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createMeshery, MesheryError } from '../../src/index.ts'
import { fileCursor, fileDeadLetters, fileSink, type RelayOptions, relay, type Sink } from '../../src/relay/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { eventually } from '../waiting.ts'

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-never-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

const accepting: Sink = { name: 'accepting', send: async () => {} }

test.each<[string, (missing: string) => Pick<RelayOptions, 'to' | 'deadLetters'>]>([
  ['a file', (missing) => ({ to: fileSink({ path: missing }) })],
  ['dead letters', (missing) => ({ to: accepting, deadLetters: fileDeadLetters(missing) })],
])(
  'a relay ends at its start where the folder of %s does not exist, and its subscription with it',
  async (_, settings) => {
    const folder = temporaryFolder()
    const missing = join(folder, 'none', 'file.ndjson')
    await using fake = await startFakeMeshery()
    await using meshery = createMeshery({ url: fake.url, provider: 'None' })
    const cursor = fileCursor(join(folder, 'cursor.json'))
    await expect(relay(meshery, { ...settings(missing), cursor })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: `The file ${missing} cannot be written: its folder does not exist`,
      remedy: expect.stringContaining('Make the folder'),
    })
    await eventually(() => expect([fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0]))
  },
)

test.each(['CREDENTIALS_REFUSED', 'INVALID_OPTION'] as const)(
  'a relay ends where a sink rejects with %s: the event is not parked, and is sent after a restart',
  async (code) => {
    const folder = temporaryFolder()
    const letters = join(folder, 'letters.ndjson')
    await using fake = await startFakeMeshery()
    const { id } = fake.events.add()
    const refusal = new MesheryError(code, 'refused', { phase: 'ack', retryable: false })
    const sent: string[] = []
    const refusing: Sink = { name: 'refusing', send: () => Promise.reject(refusal) }
    const willing: Sink = { name: 'willing', send: async (event) => void sent.push(event.id) }
    const stop = new AbortController()
    const start = async (to: Sink): Promise<void> => {
      await using meshery = createMeshery({ url: fake.url, provider: 'None' })
      const cursor = fileCursor(join(folder, 'cursor.json'))
      const { signal } = stop
      await relay(meshery, { to, cursor, signal, deadLetters: fileDeadLetters(letters), events: { since: '1h' } })
    }
    await expect(start(refusing)).rejects.toBe(refusal)
    expect(existsSync(letters)).toBe(false)
    const second = start(willing)
    await eventually(() => expect(sent).toEqual([id]))
    stop.abort()
    await second
  },
)
