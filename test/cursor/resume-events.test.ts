import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventCursor, type EventPosition, fileCursor, resumeEvents } from '../../src/cursor/index.ts'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshery-live-cursor-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (): string => join(folder, 'position.json')

/** One life of a bot: it handles events until it has `count`, and then dies while it handles the next, or after the last. */
const live = async (fake: FakeMeshery, cursor: EventCursor, count: number): Promise<string[]> => {
  await using meshery = createMeshery({ url: fake.url, provider: 'None' })
  const handled: string[] = []
  for await (const { description } of resumeEvents(meshery, cursor)) {
    handled.push(description ?? '')
    if (handled.length === count) break
  }
  return handled
}

const memory = (): EventCursor & { readonly saved: EventPosition[] } => {
  const saved: EventPosition[] = []
  return {
    saved,
    load: () => saved.at(-1),
    save: (position) => {
      saved.push(position)
    },
  }
}

describe('resumeEvents', () => {
  it('goes on after the last event that was handled to its end, and misses none', async () => {
    await using fake = await startFakeMeshery()
    const cursor = fileCursor(file())
    await cursor.save({ startedAt: new Date(Date.now() - 60_000).toISOString() })
    const beginMs = Date.now() - 30_000
    const add = (index: number): void => {
      fake.events.add({ description: `${index}`, createdAt: new Date(beginMs + index).toISOString() })
    }
    for (let index = 0; index < 5; index++) add(index)
    expect(await live(fake, cursor, 3)).toEqual(['0', '1', '2'])
    for (let index = 5; index < 8; index++) add(index)
    // The third was left by `break`, so it may not have been handled.
    expect(await live(fake, cursor, 6)).toEqual(['2', '3', '4', '5', '6', '7'])
  })

  it('gives an event again whose handling threw', async () => {
    await using fake = await startFakeMeshery()
    const cursor = memory()
    cursor.save({ startedAt: new Date(Date.now() - 60_000).toISOString() })
    fake.events.add({ description: 'hard' })
    const fail = async (): Promise<void> => {
      await using meshery = createMeshery({ url: fake.url, provider: 'None' })
      for await (const _ of resumeEvents(meshery, cursor)) throw new Error('not handled')
    }
    await expect(fail()).rejects.toThrow('not handled')
    expect(await live(fake, cursor, 1)).toEqual(['hard'])
  })

  it('misses nothing that is stored between its first start and its next, though it ended before any event', async () => {
    await using fake = await startFakeMeshery()
    const cursor = memory()
    {
      await using meshery = createMeshery({ url: fake.url, provider: 'None' })
      const events = resumeEvents(meshery, cursor)
      const first = events.next()
      await expect.poll(() => cursor.saved.length).toBe(1)
      await meshery.close()
      await first
    }
    fake.events.add({ description: 'meanwhile' })
    expect(await live(fake, cursor, 1)).toEqual(['meanwhile'])
  })

  it('begins at `since` only at the first start', async () => {
    await using fake = await startFakeMeshery()
    fake.events.add({ description: 'old', createdAt: new Date(Date.now() - 120_000).toISOString() })
    const cursor = memory()
    await using meshery = createMeshery({ url: fake.url, provider: 'None' })
    for await (const { description } of resumeEvents(meshery, cursor, { filter: { since: '5m' } })) {
      expect(description).toBe('old')
      break
    }
    const [position] = cursor.saved
    const startedAt = position && 'startedAt' in position ? Date.parse(position.startedAt) : Number.NaN
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300_000)
  })

  it('refuses what `load` gives and is no position', async () => {
    await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
    const cursor = { load: () => JSON.parse('{ "id": 7 }'), save: () => {} }
    await expect(resumeEvents(meshery, cursor).next()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

describe('fileCursor', () => {
  it('rejects with what to do, and with the error of the system as its cause, where the folder is missing', async () => {
    const path = join(folder, 'none', 'position.json')
    await expect(fileCursor(path).save({ startedAt: '2026-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: `The file ${path} cannot be written: its folder does not exist`,
      remedy: expect.stringMatching(/^Make the folder/),
      cause: { code: 'ENOENT' },
    })
  })

  it('has no position where there is no file', async () => expect(await fileCursor(file()).load()).toBe(undefined))

  it('loads what was saved, and leaves no other file', async () => {
    const position = { id: '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c', createdAt: '2026-01-01T00:00:00Z' }
    await fileCursor(file()).save({ startedAt: '2026-01-01T00:00:00Z' })
    await fileCursor(file()).save(position)
    expect(await fileCursor(file()).load()).toEqual(position)
    expect(await readdir(folder)).toEqual(['position.json'])
    expect(await readFile(file(), 'utf8')).toMatch(/\n$/)
  })

  it('saves one position after another, however many saves are begun at once', async () => {
    const cursor = fileCursor(file())
    const ids = ['a', 'b', 'c', 'd']
    await Promise.all(ids.map((id) => cursor.save({ id, createdAt: null })))
    expect(await cursor.load()).toEqual({ id: 'd', createdAt: null })
    expect(await readdir(folder)).toEqual(['position.json'])
  })

  it('tries a save again after one that failed', async () => {
    const path = join(folder, 'later', 'position.json')
    const cursor = fileCursor(path)
    await expect(cursor.save({ id: 'a', createdAt: null })).rejects.toMatchObject({ cause: { code: 'ENOENT' } })
    await mkdir(join(folder, 'later'))
    await cursor.save({ id: 'b', createdAt: null })
    expect(await cursor.load()).toEqual({ id: 'b', createdAt: null })
  })

  const day = '2026-01-02T00:00:00.000Z'
  const earlier = { id: null, createdAt: null, sent: [] }
  const sent = [{ id: 'push-1', createdAt: null, sentAt: 1 }]
  it.each<[object, EventPosition]>([
    [{ ...earlier, begin: { startedAt: Date.parse(day) + 1_000, ago: 1_000 } }, { startedAt: day }],
    [{ ...earlier, begin: { since: day } }, { startedAt: day }],
    [
      { ...earlier, begin: { since: '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c' } },
      { id: '6c2f4d2e-5a0d-4a7e-9f57-0f1f3c1a2b3c', createdAt: null },
    ],
    [
      { ...earlier, begin: { after: { id: 'a', createdAt: day } } },
      { id: 'a', createdAt: day },
    ],
    [{ ...earlier, from: day, sent }, { startedAt: day }],
  ])('loads %j, which a relay once wrote, and keeps what it sent', async (content, position) => {
    await writeFile(file(), JSON.stringify(content))
    const { id: _, createdAt: __, ...kept } = { id: null, createdAt: null, ...content }
    expect(await fileCursor(file()).load()).toEqual({ ...kept, ...position })
  })

  it.each([
    '',
    'text',
    'null',
    '{"id":null,"createdAt":null,"sent":[]}',
    '{}',
    '{"id":1,"createdAt":null}',
    '{"startedAt":"soon"}',
  ])('refuses a file that holds %j, and names it', async (content) => {
    await writeFile(file(), content)
    await expect(fileCursor(file()).load()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(file()),
    })
  })
})
