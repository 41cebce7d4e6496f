import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GapNotice, Notice } from '../../src/connection/notice.ts'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { runsOf } from '../sample.ts'
import { momentOf, never, type Row, type ScriptedStore, stream } from './scripted-store.ts'
import { begin, type OpenSubscriber, open, type Stream, turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The store lacks its newest rows, as a replica that lags behind. Returns what brings them back. */
function lag(server: ScriptedStore, count: number): () => void {
  const hidden = server.rows.splice(Math.max(0, server.rows.length - count))
  return () => {
    server.rows.push(...hidden.splice(0))
    server.rows.sort((a, b) => momentOf(a) - momentOf(b))
  }
}

const gapsOf = (notices: readonly Notice[]): GapNotice[] => notices.flatMap((one) => (one.kind === 'gap' ? [one] : []))
const completeOf = (notices: readonly Notice[]): boolean[] => gapsOf(notices).map(({ complete }) => complete)
/** How many rows the notices count as missing. */
const missingIn = (notices: readonly Notice[]): number =>
  notices.reduce((sum, one) => sum + (one.kind === 'overflow' ? one.dropped : 0), 0)
const namesOf = (rows: readonly Row[]): string[] => rows.map(({ name }) => name)

/** A fast subscription and a slow one of the same stream. */
async function both(rows: number, buffer = 10) {
  const source = await begin(rows)
  const fast = await open(source, { buffer: 100_000 })
  const slow = await open(source, { buffer })
  const read = async (): Promise<void> => {
    // A page that cannot be right is asked for again after a while.
    let isEnded = false
    const reading = source.read().finally(() => (isEnded = true))
    while (!isEnded) await turn(100)
    await reading
    fast.subscriber.readEnded(source.cursor)
    slow.subscriber.readEnded(source.cursor)
  }
  return { source, server: source.server, fast, slow, read }
}

/** The slow reader takes what it gets for so long. */
async function takeFor(seconds: number, { take }: OpenSubscriber): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await take(5_000)
    await turn(1_000)
  }
}

describe('a slow reader beside a store', () => {
  it('that lags while it catches up gets each row once', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    server.append(10)
    await read()
    const show = lag(server, 20)
    await takeFor(2, slow)
    expect(completeOf(slow.notices)).toEqual([])
    show()
    await takeFor(5, slow)
    expect(slow.delivered).toEqual(server.rows.slice(50))
    expect(completeOf(slow.notices)).toEqual([true])
  })

  it('that lags while rows of the stream are held gets each row once', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    const show = lag(server, 15)
    await takeFor(1, slow)
    show()
    server.append(5)
    await read()
    await takeFor(5, slow)
    expect(slow.delivered.toSorted((a, b) => momentOf(a) - momentOf(b))).toEqual(server.rows.slice(50))
  })

  it('gets rows that are stored far below the end while it is behind', async () => {
    const { server, slow, read } = await both(500)
    server.append(400)
    await read()
    await takeFor(3, slow)
    server.append(60)
    await read()
    const late = Array.from({ length: 5 }, () => server.insertLate(200))
    await read()
    await takeFor(5, slow)
    expect(namesOf(slow.delivered)).toEqual(expect.arrayContaining(namesOf(late)))
    expect(slow.delivered).toHaveLength(465)
    expect(completeOf(slow.notices)).toEqual([true, true])
  })

  it('without rows for a moment gets each row once, also one that begins in the past', async () => {
    const source = await begin(500)
    const show = lag(source.server, 500)
    const since = await open(source, { beginning: { from: 'time', at: 0 }, buffer: 1_000 })
    await takeFor(2, since)
    show()
    await takeFor(5, since)
    expect(since.delivered).toEqual(source.server.rows)
  })

  it('that no longer has rows reports how many it missed, and asks no further', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    const [removed] = [server.remove(3, 7)]
    await takeFor(30, slow)
    expect(slow.delivered).toHaveLength(30 - removed.length)
    expect(completeOf(slow.notices)).toEqual([false])
    expect(missingIn(slow.notices)).toBe(removed.length)
    const { length } = server.requests
    expect(length).toBeLessThan(100)
    await turn(600_000)
    expect(server.requests).toHaveLength(length)
    const added = server.append(3)
    await read()
    await takeFor(1, slow)
    expect(slow.delivered.slice(-3)).toEqual(added)
  })

  it('that no longer has rows, and then lags for 3 s, gives up only those that were missing for 20 s', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    const removed = server.remove(3, 7)
    await takeFor(19, slow)
    server.append(30)
    await read()
    const show = lag(server, 30)
    await takeFor(3, slow)
    show()
    await takeFor(40, slow)
    expect(slow.delivered).toEqual(server.rows.slice(50))
    expect(missingIn(slow.notices)).toBe(removed.length)
  })

  it('delivers what comes meanwhile within 2 s', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    server.remove(3, 7)
    await takeFor(5, slow)
    const [added] = server.append(1)
    await read()
    await turn(2_000)
    await slow.take(10)
    expect(slow.delivered.at(-1)).toEqual(added)
  })

  it('reads no more after it is closed, and leaves no timer behind (law 7)', async () => {
    const { server, slow, read } = await both(50)
    server.append(30)
    await read()
    server.remove(3, 7)
    await takeFor(3, slow)
    slow.subscriber.close()
    await turn(0)
    const { length } = server.requests
    expect(vi.getTimerCount()).toBe(0)
    await turn(60_000)
    expect(server.requests).toHaveLength(length)
  })

  it('reports no loss however often it falls behind', async () => {
    const { server, slow, read } = await both(500)
    for (let burst = 0; burst < 6; burst++) {
      server.append(60)
      await read()
      await takeFor(2, slow)
      server.append(3)
      await read()
      await takeFor(1, slow)
    }
    expect(slow.delivered).toEqual(server.rows.slice(500))
    expect(completeOf(slow.notices)).toEqual([true, true, true, true, true, true])
  })

  it('reports alone what only its own reading misses (law 6)', async () => {
    const { server, slow, fast, read } = await both(3_000)
    server.append(30)
    await read()
    for (let count = 0; count < 5; count++) server.insertLate(2_000)
    await takeFor(5, slow)
    expect(gapsOf(slow.notices).map(({ reason }) => reason?.details)).toEqual([{ missing: 5 }, undefined])
    expect(fast.notices).toEqual([])
  })

  it('has each row that another subscription gets delivered once or counted as missing (law 1)', async () => {
    const count = fc.integer({ min: 1, max: 60 })
    const step = fc.record({
      do: fc.constantFrom('append', 'append', 'late', 'remove', 'lag', 'show', 'take', 'read', 'read', 'wait'),
      count,
    })
    const play = async (script: readonly { do: string; count: number }[], buffer: number): Promise<void> => {
      const { server, fast, slow, read } = await both(30, buffer)
      let show = (): void => {}
      const steps = new Map<string, (count: number) => unknown>([
        ['append', (count) => server.append(count)],
        ['late', (count) => server.rows.length > 0 && server.insertLate(count)],
        ['remove', (count) => server.remove(count, 2)],
        [
          'lag',
          (count) => {
            show()
            show = lag(server, count)
          },
        ],
        ['show', () => show()],
        ['take', (count) => slow.take(count)],
        ['read', read],
        ['wait', (count) => turn(count * 20)],
      ])
      for (const { do: what, count } of script) await steps.get(what)?.(count)
      show()
      for (let round = 0; round < 3; round++) {
        await read()
        await takeFor(25, slow)
      }
      await fast.take(100_000)
      const names = namesOf(slow.delivered)
      expect(new Set(names).size).toBe(names.length)
      const known = new Set(names)
      const lost = namesOf(fast.delivered).filter((name) => !known.has(name))
      expect(missingIn(slow.notices)).toBeGreaterThanOrEqual(lost.length)
      if (lost.length > 0) expect(completeOf(slow.notices)).toContain(false)
      for (const { subscriber } of [fast, slow]) subscriber.close()
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), play), {
      numRuns: runsOf(200),
    })
  })
})

describe('a store that answers from two replicas', () => {
  /** The stream of such a store reads 30 times, each second time from the one that lags. Returns what it counts as missing. */
  async function alternate(change: (server: ScriptedStore, time: number) => void): Promise<number[]> {
    const { server, cursor, read } = await begin(500)
    const lost: number[] = []
    cursor.lost = ({ details }) => void lost.push(Number(details['missing']))
    for (let time = 0; time < 30; time++) {
      change(server, time)
      const show = lag(server, time % 2 ? 3 : 0)
      await read()
      show()
      if (time % 3 === 0) server.append(1)
    }
    return lost
  }

  it('is not taken for one from which rows were deleted: no loss is reported', async () => {
    expect(await alternate(() => {})).toEqual([])
  })

  it('has rows that are stored far before its end counted, also after deletions', async () => {
    const lost = await alternate((server, time) => {
      if (time === 6) server.remove(300, 40)
      if (time === 16) for (let count = 0; count < 5; count++) server.insertLate(400)
    })
    // A part of them may be noticed by the replica that lags.
    expect(lost.reduce((sum, count) => sum + count, 0)).toBe(5)
  })
})

describe('a store that cannot be read at first', () => {
  it('brings no event again that was delivered as pushed, before or while its first read is under way', async () => {
    const begun = await begin(0)
    const ledger = new EventLedger(stream)
    const live = await open({ ...begun, ledger })
    const delivery = new EventDelivery(ledger, begun.subscribers, { settle: 0, bufferBytes: 2 ** 26 })
    const emit = (): void => {
      for (const row of begun.server.append(1)) delivery.push({ ...row, id: null, at: null })
    }
    emit()
    const cursor = await locateCursor(begun.store, { from: 'time', at: 0 }, never)
    emit()
    ledger.anchor(cursor)
    emit()
    for await (const page of readNewRows(begun.store, cursor, never)) delivery.rows(page)
    await live.take(10)
    expect(namesOf(live.delivered)).toEqual(namesOf(begun.server.rows))
    delivery.close()
  })
})

describe('a subscription that reads by itself', () => {
  /** A subscription that has read this row before the stream did. */
  async function ahead(): Promise<{ source: Stream; since: OpenSubscriber; late: Row }> {
    const source = await begin(300)
    source.server.append(200)
    await source.read()
    const late = source.server.insertLate(150)
    const since = await open(source, { beginning: { from: 'time', at: 0 }, buffer: 1_000 })
    await takeFor(3, since)
    return { source, since, late }
  }

  it('gets no row twice that the stream finds later, when it goes back', async () => {
    const { source, since, late } = await ahead()
    expect(since.delivered).toContain(late)
    source.server.append(2)
    await since.read()
    await since.read()
    await takeFor(2, since)
    expect(since.delivered).toHaveLength(503)
    expect(new Set(since.delivered).size).toBe(503)
  })
})

it('rows that the store no longer has are counted once, also if the reader falls behind again at once', async () => {
  const source = await begin(50)
  const slow = await open(source, { buffer: 10 })
  const readAndTake = async (seconds: number): Promise<void> => {
    await source.read()
    slow.subscriber.readEnded(source.cursor)
    for (let second = 0; second < seconds; second++) {
      await slow.take(1_000)
      await turn(1_000)
    }
  }
  source.server.append(30)
  await source.read()
  slow.subscriber.readEnded(source.cursor)
  // The slow reader has not read them.
  source.server.rows.splice(70, 5)
  for (let second = 0; second < 40; second++) {
    await slow.take(1_000)
    await turn(1_000)
  }
  expect(missingIn(slow.notices)).toBe(5)
  source.server.append(30)
  await readAndTake(60)
  expect(missingIn(slow.notices)).toBe(5)
  expect(completeOf(slow.notices)).toEqual([false, true])
})
