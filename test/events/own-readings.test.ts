import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { locateCursor } from '../../src/events/store-reader.ts'
import { runsOf } from '../sample.ts'
import { dawn, never, type Row, stream } from './scripted-store.ts'
import { begin, type OpenSubscriber, open, type Stream, turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const settle = 2_000
const past = { buffer: 1_000, beginning: { from: 'time', at: dawn - 1 } } as const

interface Pushing {
  readonly source: Stream
  readonly delivery: EventDelivery<Row>
  /** Stores an event and pushes it. */
  add(): Row
  /** One read of the stream. */
  read(): Promise<void>
}

/** A stream whose pushes wait for their rows. */
async function pushing(rows: number): Promise<Pushing> {
  const source = await begin(rows)
  const delivery = new EventDelivery(source.ledger, source.subscribers, { settle, bufferBytes: 2 ** 26 })
  const add = (): Row => {
    const [row] = source.server.append(1)
    if (!row) throw new Error('as scripted')
    delivery.push({ ...row, id: null, at: null })
    return row
  }
  const read = async (): Promise<void> => {
    await source.read()
    for (const subscriber of source.subscribers) subscriber.readEnded(source.cursor)
  }
  return { source, delivery, add, read }
}

const names = (rows: readonly Row[]): string[] => rows.map(({ name }) => name)

async function takeAll(...readers: readonly OpenSubscriber[]): Promise<void> {
  for (const reader of readers) await reader.take(10_000)
}

describe('a push whose row another subscription has read by itself', () => {
  it('comes when it is due, though the stream does not read; the other subscription has the row only', async () => {
    const { source, delivery, add, read } = await pushing(30)
    const prompt = await open(source, { buffer: 1_000 })
    const row = add()
    const beginner = await open(source, past)
    await turn(10)
    await takeAll(prompt, beginner)
    expect(names(beginner.delivered)).toEqual(names(source.server.rows))
    expect(prompt.delivered).toEqual([])
    await turn(settle)
    await takeAll(prompt, beginner)
    expect(names(prompt.delivered)).toEqual([row.name])
    const later = [add(), add()]
    await read()
    await takeAll(prompt, beginner)
    expect(names(prompt.delivered)).toEqual(names([row, ...later]))
    expect(beginner.delivered).toEqual(source.server.rows)
    delivery.close()
  })

  it('comes when it is due, though the other subscription waits for room', async () => {
    const { source, delivery, add, read } = await pushing(30)
    const prompt = await open(source, { buffer: 1_000 })
    const rows = [add(), add()]
    const slow = await open(source, { ...past, buffer: 3 })
    await turn(settle)
    await takeAll(prompt)
    expect(names(prompt.delivered)).toEqual(names(rows))
    await takeAll(slow)
    await turn(1_000)
    await read()
    await takeAll(prompt, slow)
    expect(names(prompt.delivered)).toEqual(names(rows))
    expect(slow.delivered).toEqual(source.server.rows)
    delivery.close()
  })

  it('comes as its row if the stream reads it first, to all', async () => {
    const { source, delivery, add, read } = await pushing(30)
    const prompt = await open(source, { buffer: 1_000 })
    const row = add()
    const beginner = await open(source, past)
    await turn(10)
    await read()
    await turn(settle)
    await takeAll(prompt, beginner)
    expect(prompt.delivered).toEqual([row])
    expect(beginner.delivered).toEqual(source.server.rows)
    delivery.close()
  })
})

describe('a reading that ends before the stream has its starting point', () => {
  it.each([5, 250])('misses none of %d rows that are stored in between', async (count) => {
    const ledger = new EventLedger(stream)
    const source = { ...(await begin(30)), ledger }
    const beginner = await open(source, past)
    await turn(10)
    await takeAll(beginner)
    expect(beginner.delivered).toEqual(source.server.rows)
    source.server.append(count)
    ledger.anchor(await locateCursor(source.store, { from: 'now' }, never))
    beginner.subscriber.anchored()
    await turn(10)
    await takeAll(beginner)
    expect(beginner.delivered).toEqual(source.server.rows)
    expect(beginner.kinds()).not.toContain('gap')
  })
})

it('each subscription gets each event once, and a prompt one within `settle` of its push, whichever of them reads its row first', async () => {
  const step = fc.constantFrom('add', 'add', 'take', 'read', 'join', 'turn', 'settle', 'lag')
  const play = async (script: readonly string[], buffer: number): Promise<void> => {
    const { source, delivery, add, read } = await pushing(20)
    const prompt = await open(source, { buffer: 1_000 })
    const own: OpenSubscriber[] = []
    const pushed: { readonly name: string; readonly at: number }[] = []
    const steps: Readonly<Record<string, () => unknown>> = {
      add: () => pushed.push({ name: add().name, at: Date.now() }),
      take: async () => {
        for (const one of own) await one.take(3)
      },
      read,
      join: async () => {
        if (own.length < 8) own.push(await open(source, { ...past, buffer }))
      },
      turn: () => turn(10),
      settle: () => turn(settle + 20),
      lag: () => {
        source.server.before = () => new Promise((resolve) => setTimeout(resolve, 300))
        setTimeout(() => (source.server.before = () => {}), 1_000)
      },
    }
    const isLate = ({ at }: { readonly at: number }): boolean => Date.now() - at >= settle + 20
    for (const what of script) {
      // The stream's read waits for the server, whose clock is that of the test.
      await Promise.all([steps[what]?.(), turn(what === 'read' ? 2_000 : 0)])
      await takeAll(prompt)
      const got = new Set(names(prompt.delivered))
      expect(pushed.filter((one) => isLate(one) && !got.has(one.name))).toEqual([])
    }
    await turn(settle)
    for (let round = 0; round < 6; round++) {
      await Promise.all([read(), turn(1_000)])
      await takeAll(prompt, ...own)
      await turn(1_000)
    }
    expect(names(prompt.delivered).toSorted()).toEqual(pushed.map(({ name }) => name).toSorted())
    for (const { delivered, subscriber } of own) {
      expect(names(delivered).toSorted()).toEqual(names(source.server.rows).toSorted())
      subscriber.close()
    }
    delivery.close()
  }
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 2, max: 40 }), play), {
    numRuns: runsOf(200),
  })
})
