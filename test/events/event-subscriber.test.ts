import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { Notice } from '../../src/connection/notice.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { isFull, runsOf } from '../sample.ts'
import { type Row, ScriptedStore, stream } from './scripted-store.ts'
import { begin, open, turn } from './scripted-stream.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** How many events the notices count as lost. */
const droppedIn = (notices: readonly Notice[]): number =>
  notices.reduce((sum, one) => sum + (one.kind === 'overflow' ? one.dropped : 0), 0)

describe('a subscriber that begins now', () => {
  it('is ready with the stream, and delivers what the stream brings', async () => {
    const { server, subscriber, delivered, read, take } = await open(50)
    await subscriber.ready.promise
    const added = server.append(5)
    await read()
    await take(10)
    expect(delivered).toEqual(added)
  })

  it('delivers what it accepts', async () => {
    const { server, delivered, read, take } = await open(0, { accepts: ({ name }) => name === 'row 2' })
    server.append(3)
    await read()
    await take(10)
    expect(delivered.map(({ name }) => name)).toEqual(['row 2'])
  })

  it('fails alone when its filter throws (law 6)', async () => {
    const bad = new Error('as scripted')
    const { server, subscriber, read } = await open(0, {
      accepts: () => {
        throw bad
      },
    })
    server.append(1)
    await read()
    await expect(subscriber.queue.next()).rejects.toMatchObject({ code: 'CALLBACK_FAILED', cause: bad })
    await expect(subscriber.ended.promise).rejects.toMatchObject({ code: 'CALLBACK_FAILED' })
  })

  it('gets the row of an event whose push its filter rejects, and whose row it accepts', async () => {
    const { server, delivered, push, read, take } = await open(0, { accepts: ({ id }) => id !== null })
    push({ id: null, at: null, name: 'row 1' })
    const rows = server.append(2)
    await read()
    await take(10)
    expect(delivered).toEqual(rows)
  })

  it('does not call its filter after it is closed', async () => {
    let calls = 0
    const { server, subscriber, read } = await open(0, {
      accepts: () => {
        calls++
        subscriber.close()
        return true
      },
    })
    server.append(5)
    await read()
    expect(calls).toBe(1)
  })
})

describe('a slow reader', () => {
  it('gets events from the store after an overflow: nothing lost, nothing twice, in order, memory bounded', async () => {
    const { server, subscriber, notices, kinds, delivered, read, take } = await open(50)
    const added = server.append(500)
    await read()
    expect(subscriber.queue.size).toBe(10)
    expect(notices).toEqual([{ kind: 'overflow', queued: 10, dropped: 0 }])
    while (delivered.length < added.length) {
      expect(subscriber.queue.size).toBeGreaterThan(0)
      expect(subscriber.queue.size).toBeLessThanOrEqual(10)
      await take(3)
    }
    expect(delivered).toEqual(added)
    await turn(1_000)
    expect(kinds()).toEqual(['overflow', 'gap'])
    expect(notices[1]).toMatchObject({ complete: true, recovered: 490, reason: null })
  })

  it('is live again afterwards', async () => {
    const { server, delivered, read, take } = await open(0)
    const added = server.append(100)
    await read()
    await take(200)
    added.push(...server.append(3))
    await read()
    await take(10)
    expect(delivered).toEqual(added)
  })

  it('gets the row of an event that was pushed before it joined; earlier subscribers do not', async () => {
    const source = await begin(0)
    const early = await open(source)
    const [first, second, third] = source.server.append(3)
    if (!first || !second || !third) throw new Error('as scripted')
    early.push({ ...second, id: null, at: null })
    const late = await open(source)
    await source.read()
    await early.take(10)
    await late.take(10)
    expect(early.delivered.map(({ name }) => name)).toEqual([second, first, third].map(({ name }) => name))
    expect(late.delivered).toEqual([first, second, third])
  })

  it('gets the row of an event that was pushed before it joined, though it fell behind before the row was stored', async () => {
    const source = await begin(0)
    const early = await open(source)
    early.push({ id: null, at: null, name: 'row 21' })
    const late = await open(source)
    const rows = source.server.append(20)
    await late.read()
    await turn(1)
    rows.push(...source.server.append(1))
    for (let round = 0; round < 5; round++) {
      await late.take(100)
      await late.read()
    }
    expect(late.delivered).toEqual(rows)
  })

  it('gets the rows of pushes that it had no room to keep, however late they come', async () => {
    const { server, delivered, read, push, take } = await open(0)
    const rows = server.append(50)
    await read()
    await take(3)
    // It keeps ten of them.
    for (let number = 51; number <= 70; number++) push({ id: null, at: null, name: `row ${number}` })
    await take(500)
    await read()
    await take(500)
    expect(delivered).toHaveLength(60)
    server.append(20)
    for (let round = 0; round < 3; round++) {
      await read()
      await take(500)
    }
    const names = [...rows.map(({ name }) => name), ...Array.from({ length: 20 }, (_, index) => `row ${index + 51}`)]
    expect(delivered.map(({ name }) => name)).toEqual(names)
  })

  it('gets what comes while it catches up, pushed or read, once', async () => {
    const { server, delivered, read, push, take } = await open(0)
    const expected = server.append(50)
    await read()
    await take(7)
    const onlyPushed: Row = { id: null, at: null, name: 'only pushed' }
    push(onlyPushed)
    expected.push(...server.append(20))
    await read()
    await take(500)
    await read()
    await take(500)
    expect(delivered.filter((row) => row.id !== null)).toEqual(expected)
    expect(delivered.filter((row) => row.id === null)).toEqual([onlyPushed])
  })

  it('gets the row of a push that comes while the row waits for room in a page of its own reading', async () => {
    const { server, delivered, read, push, take } = await open(0, { buffer: 2 })
    server.append(3)
    await read()
    const later = server.append(3)
    await take(1)
    for (const row of later) push({ ...row, id: null, at: null })
    await take(500)
    await turn(1_000)
    await read()
    await take(500)
    expect(delivered).toEqual(server.rows)
  })

  it('gets the pushes that it kept once its own reading has come to the end of the store, before it reads on', async () => {
    const { server, delivered, read, push, take } = await open(0, { buffer: 2 })
    server.append(3)
    await read()
    const onlyPushed: Row = { id: null, at: null, name: 'only pushed' }
    push(onlyPushed)
    server.after = () => {
      server.before = () => new Promise(() => {})
    }
    await take(500)
    await turn(1_000)
    await take(500)
    expect(delivered).toEqual([...server.rows, onlyPushed])
  })

  it('delivers or counts each push, also one that comes while rows that were held wait for room', async () => {
    const step = fc.constantFrom('push', 'take', 'take', 'turn')
    const play = async (script: readonly string[], buffer: number): Promise<void> => {
      const { server, subscriber, delivered, notices, read, push, take } = await open(0, { buffer })
      server.append(2 * buffer)
      await read()
      // Each answer of the store is followed by a row, which the stream reads at once.
      server.after = () => {
        for (const row of server.append(1)) subscriber.row(row, () => [row])
      }
      let pushed = 0
      const steps = new Map<string, () => unknown>([
        ['push', () => push({ id: null, at: null, name: `only pushed ${pushed++}` })],
        ['take', () => take(1)],
        ['turn', () => turn(1)],
      ])
      for (const what of script) await steps.get(what)?.()
      server.after = () => {}
      for (let round = 0; round < 4; round++) {
        await take(500)
        await turn(1_000)
        await read()
      }
      const dropped = droppedIn(notices)
      expect(new Set(delivered).size + dropped).toBe(server.rows.length + pushed)
      subscriber.close()
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), play), {
      numRuns: runsOf(300),
    })
  })

  it('counts exactly the events that it had no room for and that the store does not have', async () => {
    const { notices, delivered, push, read, take, server } = await open(0)
    for (let number = 1; number <= 50; number++) push({ id: null, at: null, name: `only pushed ${number}` })
    server.append(5)
    await read()
    await take(500)
    await turn(10)
    await take(500)
    // Ten in the queue, ten kept.
    expect(delivered.filter(({ id }) => id === null)).toHaveLength(20)
    expect(delivered.filter(({ id }) => id !== null)).toHaveLength(5)
    const tail = notices.map((one) => (one.kind === 'overflow' ? one.dropped : one.kind === 'gap' && one.complete))
    expect(tail).toEqual([0, 30, false])
  })

  it('keeps no more bytes than the limit, and counts the events that are lost by it', async () => {
    const { subscriber, notices, delivered, push, take } = await open(0, { buffer: 1_000, bufferBytes: 200_000 })
    for (let number = 1; number <= 50; number++) push({ id: null, at: null, name: `${number} `.padEnd(10_000, 'x') })
    expect(subscriber.queue.size).toBeLessThanOrEqual(11)
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
      const { subscriber, notices, delivered, server, push, read, take } = await open(10, {
        buffer,
        bufferBytes,
      })
      let made = 0
      const store = (count: number): readonly Row[] => {
        made += count
        return server.append(count)
      }
      const pushOnly = (count: number): void => {
        for (let number = 0; number < count; number++) push({ id: null, at: null, name: `only pushed ${++made}` })
      }
      const pushAndStore = (count: number): void => {
        for (const row of store(count)) push({ ...row, id: null, at: null })
      }
      const steps = new Map<string, (count: number) => unknown>([
        ['store', store],
        ['push and store', pushAndStore],
        ['push', pushOnly],
        ['take', take],
        ['read', read],
      ])
      for (const { do: what, count } of script) await steps.get(what)?.(count)
      for (let time = 0; time < 6; time++) {
        await read()
        await take(5_000)
        await turn(1_000)
      }
      const dropped = droppedIn(notices)
      expect(new Set(delivered.map(({ name }) => name)).size).toBe(delivered.length)
      expect(delivered.length + dropped).toBe(made)
      const complete = notices.every((one) => one.kind !== 'gap' || one.complete)
      expect(complete).toBe(dropped === 0)
      subscriber.close()
    }
    const bytes = fc.constantFrom(2_000, 2 ** 25)
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), bytes, play), {
      numRuns: runsOf(200),
    })
  })

  it('counts exactly the pushes that it had no room for, also beyond the number that it remembers (law 4)', async () => {
    const { notices, delivered, push, take } = await open(0)
    for (let number = 1; number <= 21_000; number++) push({ id: `${number}`, at: null, name: 'only pushed' })
    await take(500)
    await turn(10)
    await take(500)
    expect([delivered.length, droppedIn(notices)]).toEqual([20, 20_980])
  })

  it('counts what it drops where there is no store', async () => {
    const source = await begin(0)
    const ledger = new EventLedger(stream)
    const { subscriber, notices, take, delivered } = await open({ ...source, ledger })
    const offer = (from: number, to: number): void => {
      for (let number = from; number <= to; number++) {
        const item: Row = { id: null, at: null, name: `${number}` }
        ledger.push(item)
        const pending = ledger.oldestPending()
        if (pending) subscriber.push(item, ledger.due(pending))
      }
    }
    offer(1, 50)
    await take(500)
    offer(51, 55)
    await take(500)
    expect(delivered).toHaveLength(15)
    expect(notices.map((one) => one.kind === 'overflow' && one.dropped)).toEqual([1, 39])
  })

  it('sends no request to the store while its queue is full', async () => {
    const { server, read, take } = await open(0)
    server.append(1_000)
    await read()
    const { length } = server.requests
    await turn(600_000)
    expect(server.requests.length).toBe(length)
    await take(20)
    expect(server.requests.length).toBeLessThanOrEqual(length + 2)
  })

  it('continues when the store fails while it catches up, and reports it', async () => {
    const { server, notices, delivered, read, take } = await open(0)
    const added = server.append(400)
    await read()
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

  it('is tried as often as the policy says after each page that it reads: a failure between pages is a new one', async () => {
    const rows = isFull ? 2_000 : 800
    const source = await begin(rows)
    let requests = 0
    source.server.before = () => {
      if (++requests % 16 === 0) throw new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
    }
    const { delivered, take } = await open(source, {
      beginning: { from: 'time', at: 0 },
      buffer: 100,
      attempts: 1,
    })
    for (let round = 0; round < 0.06 * rows; round++) {
      await take(100)
      await turn(1_000)
    }
    expect(delivered).toHaveLength(rows)
  })

  const failing = new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
  const completeOf = (notices: readonly Notice[]): boolean[] =>
    notices.flatMap((one) => (one.kind === 'gap' ? [one.complete] : []))

  it('reports no gap while its starting point is not known: nothing is missed before', async () => {
    const source = await begin(30)
    let left = 3
    source.server.before = () => {
      if (left-- > 0) throw failing
    }
    const { notices, delivered, take } = await open(source, { beginning: { from: 'time', at: 0 }, buffer: 100 })
    await turn(60_000)
    await take(100)
    expect(left).toBeLessThan(0)
    expect(delivered).toHaveLength(30)
    expect(completeOf(notices)).toEqual([])
  })

  it('closes the gap that it reported while it read the past', async () => {
    const source = await begin(30)
    let requests = 0
    source.server.before = () => {
      requests++
      if (requests === 2 || requests === 3) throw failing
    }
    const { notices, delivered, take } = await open(source, { beginning: { from: 'time', at: 0 }, buffer: 100 })
    await turn(60_000)
    await take(100)
    expect(requests).toBeGreaterThan(3)
    expect(delivered).toHaveLength(30)
    expect(completeOf(notices)).toEqual([false, true])
  })

  it('gets every row once, whatever comes when and how fast it reads; so does a subscriber that joins late', async () => {
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
      const { server, push } = source
      const old = new Set(server.rows.map(({ name }) => name))
      const joined: { readonly at: Awaited<ReturnType<typeof open>>; readonly before: ReadonlySet<string> }[] = []
      const join = async (): Promise<void> => {
        const before = new Set(server.rows.map(({ name }) => name))
        joined.push({ at: await open(source, { buffer }), before })
      }
      const read = async (): Promise<void> => {
        await source.read()
        for (const { at } of joined) at.subscriber.readEnded(source.cursor)
      }
      /** What was pushed and is not stored yet. */
      let announced: string[] = []
      const storeAnnounced = (): void => {
        for (const name of announced)
          for (const row of server.append(1)) server.rows[server.rows.length - 1] = { ...row, name }
        announced = []
      }
      let announcedCount = 0
      const announce = (count: number): void => {
        for (let index = 0; index < count; index++) {
          const name = `announced ${announcedCount++}`
          announced.push(name)
          push({ id: null, at: null, name })
        }
      }
      const takeAll = async (count: number): Promise<void> => {
        for (const { at } of joined) await at.take(count)
      }
      // Pushed before the store is read: its row comes later, and is skipped.
      const pushStored = (): void => {
        for (const row of server.append(1)) push({ ...row, id: null, at: null })
      }
      const steps = new Map<string, (count: number) => unknown>([
        ['append', (count) => server.append(count)],
        ['take', takeAll],
        ['read', read],
        ['push', pushStored],
        ['announce', announce],
        ['store', storeAnnounced],
        ['join', () => (joined.length < 3 ? join() : undefined)],
      ])
      await join()
      for (const { do: what, count } of script) {
        await steps.get(what)?.(count)
        for (const { at } of joined) expect(at.subscriber.queue.size).toBeLessThanOrEqual(buffer)
      }
      storeAnnounced()
      for (let time = 0; time < 6; time++) {
        await read()
        await takeAll(5_000)
        await turn(1_000)
      }
      for (const { at, before } of joined) {
        const wanted = server.rows.map(({ name }) => name).filter((name) => !before.has(name))
        const names = at.delivered.map(({ name }) => name)
        expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
        expect(wanted.filter((name) => !names.includes(name))).toEqual([])
        // What was stored just before it joined and not yet read by the stream may come, too; nothing older.
        expect(names.filter((name) => old.has(name))).toEqual([])
        at.subscriber.close()
      }
    }
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), play), {
      numRuns: runsOf(300),
    })
  })
})

describe('a subscriber that begins earlier', () => {
  it('delivers older events, then new ones, without a gap in between', async () => {
    const server = new ScriptedStore()
    server.append(250)
    const {
      subscriber,
      delivered,
      read,
      take,
      server: own,
    } = await open(250, {
      beginning: { from: 'row', label: 'row 100', id: null, at: null, matches: ({ name }) => name === 'row 100' },
    })
    await subscriber.ready.promise
    await turn()
    own.append(7)
    await read()
    for (let time = 0; time < 10; time++) {
      await take(50)
      await read()
    }
    expect(delivered).toEqual(own.rows.slice(100))
  })

  it.each([
    ['', true],
    [', nor that of the stream', false],
  ])(
    'gets each event once that is pushed before its starting point is known%s, and stored too',
    async (_, isAnchored) => {
      const begun = await begin(0)
      const ledger = isAnchored ? begun.ledger : new EventLedger(stream)
      const source = { ...begun, ledger }
      let answer = (): void => {}
      source.server.before = () => new Promise((resolve) => (answer = resolve))
      const { server, subscriber, delivered, take } = await open(source, {
        beginning: { from: 'time', at: 0 },
        buffer: 1_000,
      })
      const rows = server.append(600)
      for (const { name } of rows) {
        const item: Row = { id: null, at: null, name }
        ledger.push(item)
        const pending = ledger.oldestPending()
        if (pending) subscriber.push(item, ledger.due(pending))
      }
      server.before = () => {}
      answer()
      await subscriber.ready.promise
      for (let round = 0; round < 5; round++) {
        await turn(1_000)
        await take(1_000)
      }
      expect(delivered.map(({ name }) => name).toSorted()).toEqual(rows.map(({ name }) => name).toSorted())
    },
  )

  it('fails when the row is not there', async () => {
    const { subscriber, kinds } = await open(30, {
      beginning: { from: 'row', label: 'it', id: null, at: null, matches: () => false },
    })
    await expect(subscriber.ready.promise).rejects.toMatchObject({ code: 'SINCE_UNKNOWN' })
    await expect(subscriber.queue.next()).rejects.toMatchObject({ code: 'SINCE_UNKNOWN' })
    expect(kinds()).not.toContain('gap')
  })
})

describe('a subscriber that is closed', () => {
  it('delivers nothing more, and leaves neither a request nor a timer behind (law 7)', async () => {
    const { server, subscriber, read } = await open(0)
    server.append(500)
    await read()
    subscriber.close()
    await turn(60_000)
    const { length } = server.requests
    server.append(5)
    await read()
    expect(await subscriber.queue.next()).toEqual({ done: true, value: undefined })
    expect(server.requests.length).toBe(length + 1)
    expect(vi.getTimerCount()).toBe(0)
    await subscriber.ended.promise
  })

  it('rejects `ready` where it was not ready yet', async () => {
    const { subscriber } = await open(0, { beginning: { from: 'time', at: 0 } })
    subscriber.close()
    await expect(subscriber.ready.promise).rejects.toMatchObject({ code: 'CLOSED' })
  })
})
