import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { dawn, type Row } from './scripted-store.ts'
import { begin, open, type Stream, turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const alike: Row = { id: null, at: null, name: 'alike' }
const past = { buffer: 1_000, beginning: { from: 'time', at: dawn - 1 } } as const

/** A stream of 500 rows, of which an old one looks like what is pushed later. */
async function withOldRow(): Promise<Stream> {
  const source = await begin(500)
  const [old] = source.server.rows.splice(5, 1)
  if (old) source.server.rows.splice(5, 0, { ...old, name: 'alike' })
  await source.read()
  return source
}

const alikeIn = (rows: readonly Row[]): (string | null)[] =>
  rows.filter(({ name }) => name === 'alike').map(({ id }) => (id === null ? 'pushed' : 'row'))

describe('an old row that looks like a present push, read by a subscription that begins in the past', () => {
  it('does not take the push, which has no row, from another subscription', async () => {
    const source = await withOldRow()
    const live = await open(source, { buffer: 1_000 })
    const delivery = new EventDelivery(source.ledger, source.subscribers, { settle: 2_000, bufferBytes: 2 ** 26 })
    delivery.push(alike)
    const beginner = await open(source, past)
    await turn(30_000)
    await live.take(1_000)
    await beginner.take(1_000)
    expect(alikeIn(live.delivered)).toEqual(['pushed'])
    delivery.close()
  })

  it('does not make another subscription get the event again as its row', async () => {
    const source = await withOldRow()
    const live = await open(source, { buffer: 1_000 })
    source.push(alike)
    await open(source, past)
    await turn(5_000)
    const [row] = source.server.append(1)
    source.server.rows.pop()
    if (row) source.server.rows.push({ ...row, name: 'alike' })
    await source.read()
    await live.take(1_000)
    expect(alikeIn(live.delivered)).toEqual(['pushed'])
  })

  it('is not lost for the subscription itself, which gets the push too', async () => {
    const source = await withOldRow()
    source.server.before = () => new Promise((resolve) => setTimeout(resolve, 500))
    const beginner = await open(source, past)
    await turn(10)
    source.push(alike)
    await turn(30_000)
    await beginner.take(1_000)
    expect(alikeIn(beginner.delivered).toSorted()).toEqual(['pushed', 'row'])
  })
})

it('an event that looks like an old row of its own reading is not lost for a subscription that has just caught up', async () => {
  const source = await withOldRow()
  const beginner = await open(source, past)
  await turn(5_000)
  source.push(alike)
  const [row] = source.server.append(1)
  source.server.rows.pop()
  if (row) source.server.rows.push({ ...row, name: 'alike' })
  await source.read()
  await beginner.take(1_000)
  expect(alikeIn(beginner.delivered)).toEqual(['row', 'row'])
})

it('a push that the filter of each of many subscriptions rejects takes no memory for each of them', async () => {
  const source = await begin(50)
  const open100 = Array.from({ length: 100 }, () => open(source, { accepts: () => false }))
  await Promise.all(open100)
  source.ledger.push({ ...alike, name: 'rejected' })
  const pending = source.ledger.oldestPending()
  if (!pending) throw new Error('It waits')
  const push = source.ledger.due(pending)
  for (const subscriber of source.subscribers) subscriber.push(alike, push)
  expect(push.missedBy.toString(2)).toHaveLength(100)
  expect([...source.subscribers].every(({ view }) => source.ledger.isNewTo(view, push))).toBe(true)
})
