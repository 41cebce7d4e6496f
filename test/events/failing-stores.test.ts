import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { isFull } from '../sample.ts'
import { dawn } from './scripted-store.ts'
import { begin, type OpenSubscriber, open, type Stream, turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** So many subscriptions that each change of timers takes its time: all of them have one. */
const many = isFull ? 60 : 30

const past = { buffer: 1_000, beginning: { from: 'time', at: dawn - 1 } } as const

/** A stream whose store fails, so many subscriptions to it that begin in the past, and when the requests of these came. */
async function failing(count: number): Promise<{
  readonly source: Stream
  readonly readers: readonly OpenSubscriber[]
  readonly asked: readonly number[]
}> {
  const source = await begin(30)
  const asked: number[] = []
  source.server.before = () => {
    asked.push(performance.now())
    throw new MesheryError('SERVER_ERROR', 'as scripted', { phase: 'store' })
  }
  const readers = await Promise.all(Array.from({ length: count }, () => open(source, past)))
  return { source, readers, asked }
}

describe('a store that fails', () => {
  it('is asked ten times a second at most, however many subscriptions read by themselves', async () => {
    const { readers, asked } = await failing(many)
    await turn(isFull ? 20_000 : 8_000)
    const later = asked.slice(many)
    expect(later.length).toBeGreaterThan(isFull ? 150 : 50)
    expect(later.filter((time, index) => time - (later[index - 1] ?? 0) < 99)).toEqual([])
    for (const { subscriber } of readers) subscriber.close()
  })

  it('is asked by one alone as soon as it would be without others', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const { readers, asked } = await failing(1)
    await turn(2_000)
    vi.restoreAllMocks()
    expect(asked.map((time) => Math.round(time - (asked[0] ?? 0)))).toEqual([0, 500, 1_000, 1_500, 2_000])
    for (const { subscriber } of readers) subscriber.close()
  })

  it('is read by all that wait within a turn once it works, and by one that joins then', async () => {
    const { source, readers } = await failing(many)
    // With so many, most wait for their turn then.
    await turn(isFull ? 10_000 : 1_500)
    let isWorking = false
    source.server.before = () => {
      isWorking = true
    }
    while (!isWorking) await turn(10)
    const newcomer = await open(source, past)
    await turn(110)
    await newcomer.take(100)
    expect(newcomer.delivered).toEqual(source.server.rows)
    for (const reader of readers) await reader.take(100)
    // The others wait for their own next try.
    expect(readers.filter(({ delivered }) => delivered.length === 30).length).toBeGreaterThan(many / 2)
    await turn(60_000)
    for (const reader of readers) {
      await reader.take(100)
      expect(reader.delivered).toEqual(source.server.rows)
    }
  })

  it('is not asked by a subscription that was closed while it waited, which leaves no timer behind (law 7)', async () => {
    const { readers, asked } = await failing(many)
    await turn(3_000)
    for (const { subscriber } of readers) subscriber.close()
    const { length } = asked
    await turn(60_000)
    expect(asked).toHaveLength(length)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is asked by the stream without a wait, since pushes wait for its reads', async () => {
    const { source, asked } = await failing(many)
    await turn(3_000)
    const { length } = asked
    await expect(source.read()).rejects.toMatchObject({ code: 'SERVER_ERROR' })
    expect(asked).toHaveLength(length + 1)
  })
})
