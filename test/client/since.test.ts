import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { EventsArguments, Meshery, MesheryEvent } from '../../src/index.ts'
import { createMeshery } from '../../src/index.ts'
import { type NewEvent, type Release, releases, type StoredEvent, startFakeMeshery } from '../../src/testing/index.ts'
import { isFull, sampled } from '../sample.ts'
import { descriptions, follow, gotAll, gotInOrder, hasty, isLive, until, watch } from './watching.ts'

/** The given number of events, a second apart, the newest a second old. */
const history = (count: number, now = Date.now()): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({
    description: `old ${index}`,
    createdAt: new Date(now - (count - index) * 1_000).toISOString(),
  }))

/** The row that is followed by this many rows. */
const rowBefore = (rows: readonly StoredEvent[], count: number): StoredEvent => {
  const row = rows.at(-count - 1)
  if (!row) throw new Error('There are not so many rows')
  return row
}

/** The forms of `since` that mean "after the row before the last ten". */
const ways: readonly (readonly [string, (row: StoredEvent) => EventsArguments['since']])[] = [
  ['a Date', (row) => new Date(Date.parse(row.createdAt) + 1)],
  ['an ISO time', (row) => new Date(Date.parse(row.createdAt) + 1).toISOString()],
  ['an ISO time of another zone', (row) => shifted(row)],
  ['an event', (row) => row],
  ['the id and time of an event', ({ id, createdAt }) => ({ id, createdAt })],
  ['an id', ({ id }) => id],
  ['an id in capitals', ({ id }) => id.toUpperCase()],
]

const shifted = ({ createdAt }: StoredEvent): string =>
  new Date(Date.parse(createdAt) + 1 + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')

/** How much history there is. */
const [minutes, pages, turns] = isFull ? [10, 12, 60] : [2, 4, 15]

describe.concurrent('`since` begins earlier', () => {
  describe.each(sampled(releases, 1, 'since'))('on %s', (release) => {
    it.each(sampled(ways, 2, 'ways'))('at %s: history first, then live', async (_, since) => {
      await using fake = await startFakeMeshery({ release, seed: history(250) })
      const row = rowBefore(fake.events.rows, 10)
      await using watching = watch(fake.url, { arguments: { since: since(row) } })
      await watching.subscription.ready
      await isLive(watching)
      fake.events.add()
      await gotInOrder(watching, fake.events.rows.slice(-11))
    })

    it('a time span ago, by the clock of the server', async () => {
      // The fake's Date header is that of this machine, so its rows show how far it reads.
      await using fake = await startFakeMeshery({ release, seed: history(minutes * 60 + 400) })
      const began = performance.now()
      await using watching = watch(fake.url, { arguments: { since: `${minutes}m` } })
      await isLive(watching)
      const liveAfterS = (performance.now() - began) / 1_000
      fake.events.add()
      await until(() => expect(descriptions(watching.events)).toContain('Event 1'))
      const rows = fake.events.rows.slice(-watching.events.length)
      expect(descriptions(watching.events)).toEqual(descriptions(rows))
      // The span counts from the call. How late the answer came is not known exactly: a little more is read.
      expect(watching.events.length).toBeGreaterThan(minutes * 60 - 15)
      expect(watching.events.length).toBeLessThanOrEqual(minutes * 60 + 1 + Math.ceil(liveAfterS))
    })

    it('before everything: the whole store, through a small buffer and a slow reader', async () => {
      const all = pages * 101
      await using fake = await startFakeMeshery({ release, seed: history(pages * 100) })
      await using meshery = createMeshery({ ...hasty, url: fake.url })
      const got: MesheryEvent[] = []
      for await (const event of meshery.subscribeEvents({ since: new Date(0) }, { buffer: 10 })) {
        got.push(event)
        if (got.length % 100 === 0) fake.events.add()
        if (got.length % 50 === 0) await sleep(1)
        if (got.length === all) break
      }
      expect(descriptions(got)).toEqual(descriptions(fake.events.rows.slice(0, all)))
      expect(got.map(({ id }) => id)).toEqual(fake.events.rows.slice(0, all).map(({ id }) => id))
    })

    it('has no seam under load', async () => {
      await using fake = await startFakeMeshery({ release, seed: history(300) })
      const row = rowBefore(fake.events.rows, 200)
      const count = 200 + turns * 5
      const addMany = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn++) {
          for (let one = 0; one < 5; one++) fake.events.add()
          await sleep(25)
        }
      }
      const load = addMany()
      await using watching = watch(fake.url, { arguments: { since: row } })
      await using other = watch(fake.url, { arguments: { since: row.id } })
      await load
      await until(() => expect(watching.events.length).toBeGreaterThanOrEqual(count))
      await gotAll(watching, fake.events.rows.slice(-count))
      await gotAll(other, fake.events.rows.slice(-count))
    })

    it('at an id that is not in the store: SINCE_UNKNOWN, only for this subscription', async () => {
      await using fake = await startFakeMeshery({ release, seed: history(250) })
      await using meshery = createMeshery({ ...hasty, url: fake.url })
      const sound = follow(meshery)
      await isLive(sound)
      const lost = follow(meshery, { since: '00000000-aaaa-4bbb-8ccc-00000000dddd' })
      const error = await lost.failure
      expect(error).toMatchObject({ code: 'SINCE_UNKNOWN', phase: 'store', retryable: false })
      expect(error.message).toBe(
        'The event 00000000-aaaa-4bbb-8ccc-00000000dddd, after which to begin, is not in the store',
      )
      expect(error.remedy).toMatch(/a time or the whole event/)
      await expect(lost.subscription.ready).rejects.toBe(error)
      await gotInOrder(sound, [fake.events.add()])
      expect(sound.subscription.status.state).toBe('live')
    })

    it.each(sampled(['ignoreAscending', 'zeroTotal'] as const, 1, 'stores'))('of a store with %s', async (fault) => {
      await using fake = await startFakeMeshery({ release, seed: history(450) })
      fake.faults[fault]()
      await using byId = watch(fake.url, { arguments: { since: rowBefore(fake.events.rows, 320).id } })
      await using byTime = watch(fake.url, {
        arguments: { since: new Date(rowBefore(fake.events.rows, 319).createdAt) },
      })
      await isLive(byId)
      await isLive(byTime)
      fake.events.add()
      const expected = fake.events.rows.slice(-321)
      await gotAll(byId, expected)
      await gotAll(byTime, expected)
    })
  })
})

describe.concurrent('a program resumes after the last event that it handled', () => {
  const pushing: readonly Release[] = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'current']

  /** Takes so many events, and returns the last one as a program would have stored it. */
  const handle = async (meshery: Meshery, since: EventsArguments['since'], count: number): Promise<MesheryEvent[]> => {
    const got: MesheryEvent[] = []
    for await (const event of meshery.subscribeEvents({ since })) {
      got.push(event)
      if (got.length === count) break
    }
    return JSON.parse(JSON.stringify(got))
  }

  it.each(sampled(pushing, 1, 'restarts'))('through JSON and any number of restarts, on %s', async (release) => {
    await using fake = await startFakeMeshery({ release, seed: history(130) })
    let since: EventsArguments['since'] = new Date(0)
    const all: MesheryEvent[] = []
    for (const count of [1, 7, 99, 3, 20]) {
      await using meshery = createMeshery({ ...hasty, url: fake.url })
      all.push(...(await handle(meshery, since, count)))
      since = all.at(-1)
    }
    expect(descriptions(all)).toEqual(descriptions(fake.events.rows))
  })

  it('although several rows have the same time', async () => {
    const createdAt = new Date(Date.now() - 60_000).toISOString()
    const seed = Array.from({ length: 9 }, (_, index) => ({ description: `tie ${index}`, createdAt }))
    await using fake = await startFakeMeshery({ release: 'current', seed })
    await using watching = watch(fake.url, { arguments: { since: fake.events.rows[3] } })
    await gotInOrder(watching, fake.events.rows.slice(4))
  })

  it('although it was delivered as pushed, without an id: by its traits', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0', seed: history(150) })
    await using first = watch(fake.url, { options: { settle: 0 } })
    await isLive(first)
    fake.events.add({ description: 'handled' })
    await until(() => expect(first.events).toHaveLength(1))
    const handled: MesheryEvent | undefined = first.events[0]
    expect(handled).toMatchObject({ id: null, createdAt: null, description: 'handled' })
    await first.meshery.close()
    fake.events.add({ description: 'missed' })
    await using second = watch(fake.url, { arguments: { since: JSON.parse(JSON.stringify(handled)) } })
    await gotInOrder(second, fake.events.rows.slice(-1))
    expect(descriptions(second.events)).toEqual(['missed'])
  })

  it('although its row was deleted, if its time is known', async () => {
    await using fake = await startFakeMeshery({ release: 'current', seed: history(150) })
    const row = rowBefore(fake.events.rows, 10)
    fake.events.remove(row.id)
    await using watching = watch(fake.url, { arguments: { since: row } })
    await gotInOrder(watching, fake.events.rows.slice(-10))
  })

  it('while the store is unreadable at first', async () => {
    await using fake = await startFakeMeshery({ release: 'current', seed: history(150) })
    fake.faults.answer('store', 500)
    await using watching = watch(fake.url, { arguments: { since: rowBefore(fake.events.rows, 10) } })
    await until(() =>
      expect(watching.notices).toContainEqual(expect.objectContaining({ kind: 'gap', complete: false })),
    )
    fake.faults.answer('store', undefined)
    await gotInOrder(watching, fake.events.rows.slice(-10))
  })
})
