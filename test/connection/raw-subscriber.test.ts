import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { ConnectionListener } from '../../src/connection/connection-listener.ts'
import type { Notice } from '../../src/connection/notice.ts'
import { RawSubscriber } from '../../src/connection/raw-subscriber.ts'
import { idle, type RetryState } from '../../src/connection/retry-policy.ts'

/** The subscriber of a document, its listener, and how many frames its notices count as lost. */
const startSubscriber = (buffer: number, bufferBytes: number) => {
  let listener: ConnectionListener | undefined
  const dropped: number[] = []
  const subscriber = new RawSubscriber<unknown>(
    { graphql: { query: 'subscription { a }' } },
    { buffer, bufferBytes, notice: (notice) => notice.kind === 'overflow' && dropped.push(notice.dropped) },
    (_, joined) => {
      listener = joined
      return { state: undefined, leave: () => {} }
    },
  )
  const push = (data: unknown, textLength = Infinity): void => listener?.frame({ data, textLength })
  return { subscriber, dropped, push, end: () => listener?.end() }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

describe('the frames of a document whose reader is slow', () => {
  it('are delivered, or counted by notices that add up to what is lost', async () => {
    const { subscriber, dropped, push, end } = startSubscriber(3, 1_000_000)
    for (let n = 1; n <= 10; n++) push(n)
    expect(dropped).toEqual([1])
    await subscriber.queue.next()
    push(11)
    expect(dropped).toEqual([1, 6])
    for (let n = 12; n <= 20; n++) push(n)
    end()
    expect([sum(dropped), subscriber.queue.size]).toEqual([16, 3])
  })

  it('count when it is closed, too', () => {
    const { subscriber, dropped, push } = startSubscriber(1, 1_000_000)
    for (let n = 1; n <= 5; n++) push(n)
    subscriber.close()
    expect(sum(dropped)).toBe(4)
  })

  it('wait in as many bytes as `limits.bufferBytes` says, and one frame more', () => {
    const { subscriber, dropped, push, end } = startSubscriber(1_000, 1_000_000)
    for (let n = 0; n < 100; n++) push({ text: 'x'.repeat(100_000) })
    end()
    expect(subscriber.queue.size).toBeLessThan(12)
    expect(subscriber.queue.size + sum(dropped)).toBe(100)
  })

  it('are counted by the length of their text where it is short, and by what they hold where it is long', () => {
    const short = startSubscriber(1_000, 100_000)
    for (let n = 0; n < 100; n++) short.push({}, 1_000)
    expect(short.subscriber.queue.size).toBe(25)
    const long = startSubscriber(1_000, 100_000)
    for (let n = 0; n < 100; n++) long.push(Array(300).fill(0), 5_000)
    expect(long.subscriber.queue.size).toBe(11)
  })
})

describe('the gap of a document', () => {
  const error = new MesheryError('CONNECTION_LOST', 'It broke', { phase: 'stream' })
  const failed: RetryState = { ...idle, kind: 'waiting', attempt: 1, error }

  it('is not reported for tries before the first connection, and is for those after it', () => {
    let listener: ConnectionListener | undefined
    const gaps: Notice[] = []
    const notice = (one: Notice): void => void (one.kind === 'gap' && gaps.push(one))
    const operation = { graphql: { query: 'subscription { a }' } }
    new RawSubscriber(operation, { buffer: 1, bufferBytes: 1, notice }, (_, joined) => {
      listener = joined
      return { state: undefined, leave: () => {} }
    })
    listener?.state(failed)
    listener?.open()
    expect(gaps).toEqual([])
    listener?.state(failed)
    listener?.open()
    expect(gaps).toMatchObject([{ complete: false, reason: { code: 'CONNECTION_LOST' } }])
  })
})
