import { describe, expect, it } from 'vitest'
import { RawSubscriber } from '../../src/connection/raw-subscriber.ts'
import type { ConnectionListener } from '../../src/connection/reconnecting-connection.ts'

/** A feed of a document, the member that it joins as, and how many frames its notices say are lost. */
const startFeed = (buffer: number, bufferBytes: number) => {
  let member: ConnectionListener | undefined
  const dropped: number[] = []
  const feed = new RawSubscriber<unknown>(
    { graphql: { query: 'subscription { a }' } },
    { buffer, bufferBytes, notice: (notice) => notice.kind === 'overflow' && dropped.push(notice.dropped) },
    (_, joined) => {
      member = joined
      return () => {}
    },
  )
  const push = (data: unknown, textLength = Infinity): void => member?.frame({ data, textLength })
  return { feed, dropped, push, end: () => member?.end() }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

describe('the frames of a document whose reader is slow', () => {
  it('are delivered, or counted by notices that add up to what is lost', async () => {
    const { feed, dropped, push, end } = startFeed(3, 1_000_000)
    for (let n = 1; n <= 10; n++) push(n)
    expect(dropped).toEqual([1])
    await feed.queue.next()
    push(11)
    expect(dropped).toEqual([1, 6])
    for (let n = 12; n <= 20; n++) push(n)
    end()
    expect([sum(dropped), feed.queue.size]).toEqual([16, 3])
  })

  it('count when it is closed, too', () => {
    const { feed, dropped, push } = startFeed(1, 1_000_000)
    for (let n = 1; n <= 5; n++) push(n)
    feed.close()
    expect(sum(dropped)).toBe(4)
  })

  it('wait in as many bytes as `limits.bufferBytes` says, and one frame more', () => {
    const { feed, dropped, push, end } = startFeed(1_000, 1_000_000)
    for (let n = 0; n < 100; n++) push({ text: 'x'.repeat(100_000) })
    end()
    expect(feed.queue.size).toBeLessThan(12)
    expect(feed.queue.size + sum(dropped)).toBe(100)
  })

  it('are counted by the length of their text where it is short, and by what they hold where it is long', () => {
    const short = startFeed(1_000, 100_000)
    for (let n = 0; n < 100; n++) short.push({}, 1_000)
    expect(short.feed.queue.size).toBe(25)
    const long = startFeed(1_000, 100_000)
    for (let n = 0; n < 100; n++) long.push(Array(300).fill(0), 5_000)
    expect(long.feed.queue.size).toBe(11)
  })
})
