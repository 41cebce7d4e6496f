import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { Notice } from '../../src/connection/notice.ts'
import { deliverPage } from '../../src/events/deliver-page.ts'
import { EventSubscriber } from '../../src/events/event-subscriber.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import type { SubscriberOptions } from '../../src/events/subscriber-options.ts'
import { never, type Row, ScriptedStore, storeOn } from './scripted-store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const turn = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

async function begin(rows: number) {
  const server = new ScriptedStore()
  server.append(rows)
  const store = storeOn(server)
  return { server, store, position: await locateCursor(store, { from: 'now' }, never), pushed: 0 }
}

type Source = Awaited<ReturnType<typeof begin>>

/** One read of the source, for two feeds of it. */
async function bothRead({ store, position }: Source, ...feeds: EventSubscriber<Row>[]): Promise<void> {
  for await (const page of readNewRows(store, position, never)) deliverPage(page, position, feeds)
}

/** A feed of a source that reads when the test says so, as the log does. */
async function open(rows: number | Source, options: Partial<SubscriberOptions<Row>> = {}) {
  const source = typeof rows === 'number' ? await begin(rows) : rows
  const { server, store, position } = source
  const notices: Notice[] = []
  const seen: Row[] = []
  const feed = new EventSubscriber<Row>(
    {
      store,
      seen: (row) => seen.push(row),
      attempts: { policy: { attempts: Infinity }, credentials: server.credentials },
    },
    {
      buffer: 10,
      bufferBytes: 2 ** 25,
      beginning: { from: 'now' },
      accepts: () => true,
      notice: (one) => notices.push(one),
      ...options,
    },
    source.pushed,
  )
  feed.anchored()
  const delivered: Row[] = []
  /** One read of the source. */
  const sourceReads = async (): Promise<void> => {
    const startedAt = performance.now()
    for await (const page of readNewRows(store, position, never)) deliverPage(page, position, [feed])
    feed.readFrom(startedAt)
  }
  /** The source delivers what was pushed and has no row. */
  const sourcePushes = (row: Row): void => {
    if (position.wasDelivered(row)) return
    const number = position.pushed
    position.rememberPush(row)
    feed.offer(row, number, position)
  }
  /** Takes so many items, as far as there are any. */
  const take = async (count: number): Promise<void> => {
    for (let time = 0; time < count && feed.queue.size > 0; time++) {
      const result = await feed.queue.next()
      if (!result.done) delivered.push(result.value)
      await turn()
    }
  }
  const kinds = (): string[] => notices.map(({ kind }) => kind)
  return { server, feed, notices, kinds, seen, delivered, sourceReads, sourcePushes, take }
}

describe('a feed that begins now', () => {
  it('is ready with the source, and delivers what the source brings', async () => {
    const { server, feed, delivered, sourceReads, take } = await open(50)
    await feed.ready.promise
    const added = server.append(5)
    await sourceReads()
    await take(10)
    expect(delivered).toEqual(added)
  })

  it('delivers what it accepts', async () => {
    const { server, delivered, sourceReads, take } = await open(0, { accepts: ({ name }) => name === 'row 2' })
    server.append(3)
    await sourceReads()
    await take(10)
    expect(delivered.map(({ name }) => name)).toEqual(['row 2'])
  })

  it('fails alone when its filter throws (law 6)', async () => {
    const bad = new Error('as scripted')
    const { server, feed, sourceReads } = await open(0, {
      accepts: () => {
        throw bad
      },
    })
    server.append(1)
    await sourceReads()
    await expect(feed.queue.next()).rejects.toMatchObject({ code: 'CALLBACK_FAILED', cause: bad })
    await expect(feed.ended.promise).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
  })

  it('does not call its filter after it is closed', async () => {
    let calls = 0
    const { server, feed, sourceReads } = await open(0, {
      accepts: () => {
        calls++
        feed.close()
        return true
      },
    })
    server.append(5)
    await sourceReads()
    expect(calls).toBe(1)
  })
})

describe('a slow reader', () => {
  it('is fed from the store after an overflow: nothing lost, nothing twice, in order, memory bounded', async () => {
    const { server, feed, notices, kinds, delivered, sourceReads, take } = await open(50)
    const added = server.append(500)
    await sourceReads()
    expect(feed.queue.size).toBe(10)
    expect(notices).toEqual([{ kind: 'overflow', queued: 10, dropped: 0 }])
    while (delivered.length < added.length) {
      expect(feed.queue.size).toBeGreaterThan(0)
      expect(feed.queue.size).toBeLessThanOrEqual(10)
      await take(3)
    }
    expect(delivered).toEqual(added)
    await turn(1_000)
    expect(kinds()).toEqual(['overflow', 'gap'])
    expect(notices[1]).toMatchObject({ complete: true, recovered: 490, reason: null })
  })

  it('is live again afterwards', async () => {
    const { server, delivered, sourceReads, take } = await open(0)
    const added = server.append(100)
    await sourceReads()
    await take(200)
    added.push(...server.append(3))
    await sourceReads()
    await take(10)
    expect(delivered).toEqual(added)
  })

  it('gets a row in its place whose event was pushed before it came, as those do not who were there', async () => {
    const source = await begin(0)
    const early = await open(source)
    const [first, second, third] = source.server.append(3)
    if (!first || !second || !third) throw new Error('as scripted')
    early.sourcePushes({ ...second, id: null, at: null })
    const late = await open({ ...source, pushed: 1 })
    await bothRead(source, early.feed, late.feed)
    await early.take(10)
    await late.take(10)
    expect(early.delivered.map(({ name }) => name)).toEqual([second, first, third].map(({ name }) => name))
    expect(late.delivered).toEqual([first, second, third])
  })

  it('gets a row whose event was pushed before it came, though it fell behind before the row was stored', async () => {
    const source = await begin(0)
    const early = await open(source)
    early.sourcePushes({ id: null, at: null, name: 'row 21' })
    const late = await open({ ...source, pushed: 1 })
    const rows = source.server.append(20)
    await late.sourceReads()
    await turn(1)
    rows.push(...source.server.append(1))
    for (let round = 0; round < 5; round++) {
      await late.take(100)
      await late.sourceReads()
    }
    expect(late.delivered).toEqual(rows)
  })

  it('gets the rows of what was pushed while it had no room to keep it, however late they come', async () => {
    const { server, delivered, sourceReads, sourcePushes, take } = await open(0)
    const rows = server.append(50)
    await sourceReads()
    await take(3)
    // It keeps ten of them.
    for (let number = 51; number <= 70; number++) sourcePushes({ id: null, at: null, name: `row ${number}` })
    await take(500)
    await sourceReads()
    await take(500)
    expect(delivered).toHaveLength(60)
    server.append(20)
    for (let round = 0; round < 3; round++) {
      await sourceReads()
      await take(500)
    }
    const names = [...rows.map(({ name }) => name), ...Array.from({ length: 20 }, (_, index) => `row ${index + 51}`)]
    expect(delivered.map(({ name }) => name)).toEqual(names)
  })

  it('gets what comes while it catches up, pushed or read, once', async () => {
    const { server, delivered, sourceReads, sourcePushes, take } = await open(0)
    const expected = server.append(50)
    await sourceReads()
    await take(7)
    const ghost: Row = { id: null, at: null, name: 'only pushed' }
    sourcePushes(ghost)
    expected.push(...server.append(20))
    await sourceReads()
    await take(500)
    await sourceReads()
    await take(500)
    expect(delivered.filter((row) => row.id !== null)).toEqual(expected)
    expect(delivered.filter((row) => row.id === null)).toEqual([ghost])
  })

  it('reports exactly what it had no room for and the store does not have', async () => {
    const { notices, delivered, sourcePushes, sourceReads, take, server } = await open(0)
    for (let number = 1; number <= 50; number++) sourcePushes({ id: null, at: null, name: `only pushed ${number}` })
    server.append(5)
    await sourceReads()
    await take(500)
    await turn(10)
    await take(500)
    // Ten in the queue, ten kept.
    expect(delivered.filter(({ id }) => id === null)).toHaveLength(20)
    expect(delivered.filter(({ id }) => id !== null)).toHaveLength(5)
    const tail = notices.map((one) => (one.kind === 'overflow' ? one.dropped : one.kind === 'gap' && one.complete))
    expect(tail).toEqual([0, 30, false])
  })

  it('keeps no more bytes than it may, and counts what that costs', async () => {
    const { feed, notices, delivered, sourcePushes, take } = await open(0, { buffer: 1_000, bufferBytes: 200_000 })
    for (let number = 1; number <= 50; number++)
      sourcePushes({ id: null, at: null, name: `${number} `.padEnd(10_000, 'x') })
    expect(feed.queue.size).toBeLessThanOrEqual(11)
    for (let round = 0; round < 5; round++) {
      await take(500)
      await turn(10)
    }
    const dropped = notices.reduce((sum, one) => sum + (one.kind === 'overflow' ? one.dropped : 0), 0)
    expect(dropped).toBeGreaterThan(25)
    expect(delivered.length + dropped).toBe(50)
  })

  it('has each pushed or stored event delivered or counted as lost, whatever the pace (law 1)', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('store' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('push and store' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('read' as const), count: fc.constant(1) }),
    )
    const play = async (
      script: readonly { do: string; count: number }[],
      buffer: number,
      bufferBytes: number,
    ): Promise<void> => {
      const { feed, notices, delivered, server, sourcePushes, sourceReads, take } = await open(10, {
        buffer,
        bufferBytes,
      })
      let made = 0
      for (const { do: what, count } of script) {
        if (what === 'store' || what === 'push and store')
          for (const row of server.append(count)) {
            made++
            if (what !== 'store') sourcePushes({ ...row, id: null, at: null })
          }
        if (what === 'push')
          for (let number = 0; number < count; number++)
            sourcePushes({ id: null, at: null, name: `only pushed ${++made}` })
        if (what === 'take') await take(count)
        if (what === 'read') await sourceReads()
      }
      for (let time = 0; time < 6; time++) {
        await sourceReads()
        await take(5_000)
        await turn(1_000)
      }
      const dropped = notices.reduce((sum, one) => sum + (one.kind === 'overflow' ? one.dropped : 0), 0)
      expect(new Set(delivered.map(({ name }) => name)).size).toBe(delivered.length)
      expect(delivered.length + dropped).toBe(made)
      const complete = notices.every((one) => one.kind !== 'gap' || one.complete)
      expect(complete).toBe(dropped === 0)
      feed.close()
    }
    const bytes = fc.constantFrom(2_000, 2 ** 25)
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), bytes, play), {
      numRuns: 200,
    })
  })

  it('counts what it drops where there is no store', async () => {
    const { feed, notices, take, delivered } = await open(0)
    const offer = (from: number, to: number): void => {
      for (let number = from; number <= to; number++)
        feed.offer({ id: null, at: null, name: `${number}` }, number, undefined)
    }
    offer(1, 50)
    await take(500)
    offer(51, 55)
    await take(500)
    expect(delivered).toHaveLength(15)
    expect(notices.map((one) => one.kind === 'overflow' && one.dropped)).toEqual([1, 39])
  })

  it('asks the store for nothing while its queue is full', async () => {
    const { server, sourceReads, take } = await open(0)
    server.append(1_000)
    await sourceReads()
    const { length } = server.requests
    await turn(600_000)
    expect(server.requests.length).toBe(length)
    await take(20)
    expect(server.requests.length).toBeLessThanOrEqual(length + 2)
  })

  it('goes on when the store fails while it catches up, and is told of it', async () => {
    const { server, notices, delivered, sourceReads, take } = await open(0)
    const added = server.append(400)
    await sourceReads()
    let left = 2
    server.before = () => {
      if (left-- > 0) throw new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
    }
    for (let time = 0; time < 200 && delivered.length < added.length; time++) {
      await take(10)
      await turn(2_500)
    }
    expect(delivered).toEqual(added)
    expect(notices.map((notice) => notice.kind === 'gap' && notice.complete)).toEqual([false, false, true])
  })

  it('gets, whatever the pace and whatever comes how and when, every row once; so does who joins late', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ do: fc.constant('push' as const), count: fc.constant(1) }),
      fc.record({ do: fc.constant('announce' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ do: fc.constant('store' as const), count: fc.constant(1) }),
      fc.record({ do: fc.constant('take' as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ do: fc.constant('read' as const), count: fc.constant(1) }),
      fc.record({ do: fc.constant('join' as const), count: fc.constant(1) }),
    )
    const play = async (script: readonly { do: string; count: number }[], buffer: number): Promise<void> => {
      const source = await begin(30)
      const { server, store, position } = source
      const old = new Set(server.rows.map(({ name }) => name))
      const feeds: { readonly at: Awaited<ReturnType<typeof open>>; readonly before: ReadonlySet<string> }[] = []
      const join = async (): Promise<void> => {
        const before = new Set(server.rows.map(({ name }) => name))
        feeds.push({ at: await open({ ...source, pushed: position.pushed }, { buffer }), before })
      }
      const push = (row: Row): void => {
        if (position.wasDelivered(row)) return
        const number = position.pushed
        position.rememberPush(row)
        for (const { at } of feeds) at.feed.offer(row, number, position)
      }
      const reads = async (): Promise<void> => {
        const startedAt = performance.now()
        const all = feeds.map(({ at }) => at.feed)
        for await (const page of readNewRows(store, position, never)) deliverPage(page, position, all)
        for (const feed of all) feed.readFrom(startedAt)
      }
      /** What was pushed and is not stored yet. */
      let announced: string[] = []
      const storeAnnounced = (): void => {
        for (const name of announced)
          for (const row of server.append(1)) server.rows[server.rows.length - 1] = { ...row, name }
        announced = []
      }
      await join()
      for (const [number, { do: what, count }] of script.entries()) {
        if (what === 'append') server.append(count)
        if (what === 'take') for (const { at } of feeds) await at.take(count)
        if (what === 'read') await reads()
        // Pushed before the store is read: its row comes later, and is skipped.
        if (what === 'push') for (const row of server.append(1)) push({ ...row, id: null, at: null })
        if (what === 'announce')
          for (let index = 0; index < count; index++) {
            announced.push(`announced ${number}.${index}`)
            push({ id: null, at: null, name: `announced ${number}.${index}` })
          }
        if (what === 'store') storeAnnounced()
        if (what === 'join' && feeds.length < 3) await join()
        for (const { at } of feeds) expect(at.feed.queue.size).toBeLessThanOrEqual(buffer)
      }
      storeAnnounced()
      for (let time = 0; time < 6; time++) {
        await reads()
        for (const { at } of feeds) await at.take(5_000)
        await turn(1_000)
      }
      for (const { at, before } of feeds) {
        const wanted = server.rows.map(({ name }) => name).filter((name) => !before.has(name))
        const names = at.delivered.map(({ name }) => name)
        expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
        expect(wanted.filter((name) => !names.includes(name))).toEqual([])
        // What was stored just before it joined and not yet read by the source may come, too; nothing older.
        expect(names.filter((name) => old.has(name))).toEqual([])
        at.feed.close()
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), play), {
      numRuns: 300,
    })
  })
})

describe('a feed that begins earlier', () => {
  it('delivers what was, then what comes, without a seam', async () => {
    const server = new ScriptedStore()
    server.append(250)
    const {
      feed,
      delivered,
      sourceReads,
      take,
      server: own,
    } = await open(250, {
      beginning: { from: 'row', label: 'row 100', id: null, at: null, matches: ({ name }) => name === 'row 100' },
    })
    await feed.ready.promise
    await turn()
    own.append(7)
    await sourceReads()
    for (let time = 0; time < 10; time++) {
      await take(50)
      await sourceReads()
    }
    expect(delivered).toEqual(own.rows.slice(100))
  })

  it('fails when the row is not there', async () => {
    const { feed, kinds } = await open(30, {
      beginning: { from: 'row', label: 'it', id: null, at: null, matches: () => false },
    })
    await expect(feed.ready.promise).rejects.toMatchObject({ code: 'SINCE_UNKNOWN' })
    await expect(feed.queue.next()).rejects.toMatchObject({ code: 'SINCE_UNKNOWN' })
    expect(kinds()).not.toContain('gap')
  })
})

describe('a feed that is closed', () => {
  it('delivers nothing more, and leaves neither a request nor a timer behind (law 7)', async () => {
    const { server, feed, sourceReads } = await open(0)
    server.append(500)
    await sourceReads()
    feed.close()
    await turn(60_000)
    const { length } = server.requests
    server.append(5)
    await sourceReads()
    expect(await feed.queue.next()).toEqual({ done: true, value: undefined })
    expect(server.requests.length).toBe(length + 1)
    expect(vi.getTimerCount()).toBe(0)
    await feed.ended.promise
  })

  it('rejects `ready` where it was not ready yet', async () => {
    const { feed } = await open(0, { beginning: { from: 'time', at: 0 } })
    feed.close()
    await expect(feed.ready.promise).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
