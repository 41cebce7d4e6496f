import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ReadScheduler } from '../../src/base/read-scheduler.ts'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { readNewRows } from '../../src/events/store-reader.ts'
import { runsOf } from '../sample.ts'
import { dawn, never, type Row, textOf } from './scripted-store.ts'
import { begin, type OpenSubscriber, open, turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Six of such pushes may wait for their rows, and two rows for the reader. */
const bufferBytes = 200_000
const metadata = 'p'.repeat(10_000)

const rowOf = (number: number): Row & { readonly metadata: string } => ({
  id: `id ${number}`,
  at: textOf(dawn + number),
  name: `event ${number}`,
  metadata,
})

/** Waits for one of the delays after the other, again and again. */
const pauses = (delays: readonly number[]): (() => Promise<void>) => {
  let next = 0
  return async () => {
    const ms = delays[next++ % delays.length] ?? 0
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

/** The names of all that it reads, with a wait after each event. */
const follow = ({ subscriber }: OpenSubscriber, wait: () => Promise<void>): string[] => {
  const names: string[] = []
  const readOn = async (): Promise<void> => {
    const result = await subscriber.queue.next()
    if (result.done) return
    names.push(result.value.name)
    await wait()
    await readOn()
  }
  void readOn()
  return names
}

const delaysUpTo = (max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 12 })

const scripts = fc.record({
  count: fc.integer({ min: 1, max: 40 }),
  apartMs: fc.integer({ min: 1, max: 60 }),
  /** How large a row is as JSON: several, two or one of them make a page. */
  bytes: fc.constantFrom(100, 400_000, 1_000_000, 2_500_000),
  hasIds: fc.boolean(),
  /** How much later than its push a row may be stored. */
  lagMs: fc.constantFrom(0, 0, 50, 500),
  answers: delaysUpTo(120),
  pushes: delaysUpTo(80),
  takes: delaysUpTo(120),
})

it('delivers or counts each large event once, however slow the answers and the reader are (law 1)', async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async ({ count, apartMs, bytes, hasIds, lagMs, answers, pushes, takes }) => {
      const source = await begin(0)
      const { server, store, cursor, ledger, subscribers } = source
      Object.assign(server.behavior, { bytesOf: () => bytes })
      server.before = pauses(answers)
      const delivery = new EventDelivery(ledger, subscribers, { settle: 300, bufferBytes })
      const reads = new ReadScheduler(() =>
        delivery.during(never, async () => {
          for await (const page of readNewRows(store, cursor, never)) delivery.rows(page)
          for (const one of subscribers) one.readEnded(cursor)
        }),
      )
      const slow = await open(source, { bufferBytes })
      const prompt = await open(source, { bufferBytes })
      const readers = [
        { ...slow, names: follow(slow, pauses(takes)) },
        { ...prompt, names: follow(prompt, pauses([0])) },
      ]
      const waitToPush = pauses(pushes)
      const push = async (row: Row): Promise<void> => {
        await waitToPush()
        delivery.push(row)
        reads.request()
      }
      for (let number = 0; number < count; number++) {
        const row = rowOf(number)
        setTimeout(() => server.rows.push(row), lagMs)
        void push(hasIds ? row : { ...row, id: null, at: null })
        await turn(apartMs)
      }
      await turn(30_000)
      // As the stream does once a minute: the row of a push that another subscriber's own reading has found comes by it.
      reads.request()
      await turn(30_000)
      delivery.close()
      reads.close()
      for (const { subscriber, notices, names } of readers) {
        subscriber.close()
        const counted = notices.reduce((sum, one) => sum + (one.kind === 'overflow' ? one.dropped : 0), 0)
        const once = new Set(names)
        expect(names).toHaveLength(once.size)
        expect(once.size + counted).toBeGreaterThanOrEqual(count)
        // What is counted when a read does not find it may yet be stored.
        if (lagMs === 0) expect(once.size + counted).toBe(count)
      }
    }),
    { numRuns: runsOf(300) },
  )
})
