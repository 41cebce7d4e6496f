import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EventCursor, type EventPosition, fileCursor, resumeEvents } from '../../src/cursor/index.ts'
import {
  firstPosition,
  handledBefore,
  maxRemembered,
  nextPosition,
  type ResumePosition,
  resumePoint,
  savedPosition,
} from '../../src/cursor/resume-position.ts'
import { createMeshery, type MesheryEvent, type Notice } from '../../src/index.ts'
import { type FakeMeshery, type NewEvent, startFakeMeshery } from '../../src/testing/index.ts'

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

/** A life of a bot in which it handles an event from its push, whose row comes later. */
const handledAsPushed = async (fake: FakeMeshery, cursor: EventCursor): Promise<NewEvent> => {
  await using meshery = createMeshery({ url: fake.url, provider: 'None', settle: 0 })
  let pushed: NewEvent = {}
  const onNotice = (notice: Notice): void => {
    if (notice.kind === 'status' && notice.state === 'live')
      pushed = fake.events.add({ description: 'late' }, { store: false })
  }
  for await (const { id, description } of resumeEvents(meshery, cursor, { onNotice })) {
    expect({ id, description }).toEqual({ id: null, description: 'late' })
    // The iterator saves the position, and ends.
    await meshery.close()
  }
  return pushed
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

  it('goes on from its first start, not before it, after its first minute was not over', async () => {
    await using fake = await startFakeMeshery()
    fake.events.add({ description: 'before', createdAt: new Date(Date.now() - 30_000).toISOString() })
    const cursor = memory()
    await using meshery = createMeshery({ url: fake.url, provider: 'None' })
    const onNotice = (notice: Notice): void => {
      if (notice.kind !== 'status' || notice.state !== 'live') return
      for (const description of ['a', 'b']) fake.events.add({ description })
    }
    for await (const { description } of resumeEvents(meshery, cursor, { onNotice })) if (description === 'b') break
    expect(await live(fake, cursor, 1)).toEqual(['b'])
  })

  it('refuses what `load` gives and is no position', async () => {
    await using meshery = createMeshery({ url: 'http://127.0.0.1:1', provider: 'None' })
    const cursor = { load: () => JSON.parse('{ "id": 7 }'), save: () => {} }
    await expect(resumeEvents(meshery, cursor).next()).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

const hourMs = 3_600_000
const at = (ms: number): string => new Date(ms).toISOString()

describe('resumeEvents, whatever the times of events are', () => {
  it.each([hourMs, 2_000])('delivers what is stored after an event with a time %d ms ahead', async (aheadMs) => {
    await using fake = await startFakeMeshery()
    const cursor = memory()
    cursor.save({ startedAt: at(Date.now() - 60_000) })
    fake.events.add({ description: 'first', createdAt: at(Date.now() - 20_000) })
    fake.events.add({ description: 'ahead', createdAt: at(Date.now() + aheadMs) })
    fake.events.add({ description: 'last', createdAt: at(Date.now() + aheadMs + 1) })
    expect(await live(fake, cursor, 3)).toEqual(['first', 'ahead', 'last'])
    const away = Array.from({ length: 20 }, (_, index) => `away ${index}`)
    for (const description of away) fake.events.add({ description })
    expect(await live(fake, cursor, 21)).toEqual([...away, 'last'])
  })

  it('delivers a row that is stored late, while the program is away, and nothing twice', async () => {
    await using fake = await startFakeMeshery()
    const cursor = fileCursor(file())
    await cursor.save({ startedAt: at(Date.now() - 60_000) })
    const now = Date.now()
    for (const [index, description] of ['a', 'quick', 'unhandled'].entries())
      fake.events.add({ description, createdAt: at(now - 10_000 + index) })
    expect(await live(fake, cursor, 3)).toEqual(['a', 'quick', 'unhandled'])
    fake.events.add({ description: 'late', createdAt: at(now - 10_080) })
    fake.events.add({ description: 'new' })
    expect(await live(fake, cursor, 3)).toEqual(['late', 'unhandled', 'new'])
    fake.events.add({ description: 'newer' })
    // Left by `break`, so it comes again.
    expect(await live(fake, cursor, 2)).toEqual(['new', 'newer'])
  })

  it('gives the row of an event that it has handled as pushed not again after a restart, and any other row like it', async () => {
    await using fake = await startFakeMeshery()
    const cursor = fileCursor(file())
    const pushed = await handledAsPushed(fake, cursor)
    fake.events.add(pushed, { push: false })
    fake.events.add({ ...pushed, id: randomUUID() }, { push: false })
    fake.events.add({ description: 'new' })
    expect(await live(fake, cursor, 2)).toEqual(['late', 'new'])
    fake.events.add({ description: 'newer' })
    expect(await live(fake, cursor, 2)).toEqual(['new', 'newer'])
  })

  it('begins before now and reports it where the clock was ahead at the first start', async () => {
    await using fake = await startFakeMeshery()
    const cursor = memory()
    cursor.save({ startedAt: at(Date.now() + hourMs) })
    fake.events.add({ description: 'away', createdAt: at(Date.now() - 1_000) })
    await using meshery = createMeshery({ url: fake.url, provider: 'None' })
    const notices: Notice[] = []
    const onNotice = (notice: Notice): void => void notices.push(notice)
    for await (const { description } of resumeEvents(meshery, cursor, { onNotice })) {
      expect(description).toBe('away')
      break
    }
    expect(notices).toContainEqual(
      expect.objectContaining({
        kind: 'gap',
        complete: false,
        reason: expect.objectContaining({ code: 'SINCE_UNKNOWN' }),
      }),
    )
  })

  it('begins before an event whose time lies ahead of the clock, where it alone was saved, and reports it', async () => {
    await using fake = await startFakeMeshery()
    const { id } = fake.events.add({ description: 'ahead', createdAt: at(Date.now() + hourMs) })
    const cursor = memory()
    cursor.save({ id, createdAt: at(Date.now() + hourMs) })
    fake.events.add({ description: 'away' })
    await using meshery = createMeshery({ url: fake.url, provider: 'None' })
    const notices: Notice[] = []
    const onNotice = (notice: Notice): void => void notices.push(notice)
    for await (const { description } of resumeEvents(meshery, cursor, { onNotice })) {
      expect(description).toBe('away')
      break
    }
    expect(notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: false }))
  })
})

const event: MesheryEvent = {
  id: null,
  userID: null,
  actedUpon: 'd1',
  operationID: 'o1',
  systemID: null,
  severity: 'error',
  action: 'deploy',
  status: 'unread',
  category: 'pattern',
  description: 'It failed',
  metadata: null,
  createdAt: null,
  updatedAt: null,
  deletedAt: null,
}

describe('the position to resume at', () => {
  const now = Date.parse('2026-01-02T04:00:00Z')
  const start = firstPosition(undefined, now)
  const handledAfter = (
    position: ResumePosition,
    id: string,
    createdAtMs: number,
    handledAtMs: number,
  ): ResumePosition =>
    nextPosition(position, { id, event: { ...event, id, createdAt: at(createdAtMs) } }, handledAtMs, maxRemembered.bot)
  const isHandled = ({ sent }: ResumePosition, id: string): boolean => sent.some((one) => one.id === id)

  it('keeps an event that the overlap reads again, however long ago it was handled', () => {
    const yesterday = handledAfter(start, 'old', now + 1_000, now + 1_000)
    const late = handledAfter(yesterday, 'late', now + 900, now + 24 * hourMs)
    expect(isHandled(late, 'old')).toBe(true)
    expect(resumePoint(late, now + 24 * hourMs)).toEqual({ since: `${24 * hourMs + 2_000}ms` })
  })

  it('keeps what the overlap reads again also after an event without a time', () => {
    const yesterday = handledAfter(start, 'old', now, now)
    const late = nextPosition(yesterday, { id: 'push', event }, now + 24 * hourMs, maxRemembered.bot)
    expect(isHandled(late, 'old')).toBe(true)
    expect(resumePoint(late, now + 24 * hourMs)).toEqual({ since: `${24 * hourMs + 2_000}ms` })
  })

  it('has the row of what was handled as pushed once, if it was made no later', () => {
    const position = nextPosition(start, { id: 'push', event }, now, maxRemembered.bot)
    const isHandledBefore = handledBefore(savedPosition(JSON.parse(JSON.stringify(position))))
    const row = { ...event, createdAt: at(now - 3_000) }
    expect(isHandledBefore({ ...row, id: 'a', operationID: 'o2' })).toBe(false)
    expect(isHandledBefore({ ...row, id: 'b', createdAt: at(now + hourMs) })).toBe(false)
    expect(isHandledBefore({ ...row, id: 'c' })).toBe(true)
    expect(isHandledBefore({ ...row, id: 'd' })).toBe(false)
  })

  it('is a minute before the last event also where the clock of this machine is ahead', () => {
    const first = handledAfter(start, 'a', now - hourMs, now)
    const second = handledAfter(first, 'b', now, now + hourMs)
    expect(resumePoint(second, now + hourMs)).toEqual({ since: new Date(now - 60_000) })
  })

  it('is that of the handled events where the clock was ahead at the first start, and is right now', () => {
    const position = handledAfter(firstPosition(undefined, now + hourMs), 'a', now + 5_000, now + 5_000)
    expect(resumePoint(position, now + 10_000)).toEqual({ since: new Date(now - 55_000) })
    expect(resumePoint(position, now + 2 * hourMs)).toEqual({ since: new Date(now - 55_000) })
  })

  it('is the first start where the handled events are younger, though the overlap reaches further back', () => {
    const position = handledAfter(start, 'a', now + 3_000, now + 3_000)
    expect(resumePoint(position, now + 5_000)).toEqual({ since: '7000ms' })
    const withHistory = handledAfter(firstPosition('1h', now), 'a', now - hourMs + 1_000, now + 1_000)
    expect(resumePoint(withHistory, now + 5_000)).toEqual({ since: `${hourMs + 7_000}ms` })
  })

  it('remembers at most 500 events of a bot', () => {
    let position = start
    for (let count = 0; count < 600; count++) position = handledAfter(position, `e${count}`, now + count, now + count)
    expect(position.sent).toHaveLength(500)
    expect(isHandled(position, 'e100')).toBe(true)
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

  it('removes what a process left that ended while it saved, and nothing else', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    await fileCursor(file()).save({ startedAt: '2026-01-01T00:00:00Z' })
    const others = [`position.json.${process.ppid}.tmp`, 'other.json.1.tmp', 'position.json.tmp']
    for (const name of [`position.json.${child.pid}.tmp`, ...others]) await writeFile(join(folder, name), '')
    await fileCursor(file()).load()
    expect((await readdir(folder)).sort()).toEqual(['position.json', ...others].sort())
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
