import { describe, expect, test } from 'vitest'
import type { Beginning } from '../../src/events/store-reader.ts'
import type { MesheryEvent } from '../../src/index.ts'
import type { StreamMessage } from '../../src/nats/stream-message.ts'
import type { StreamContent } from '../../src/nats/stream-position.ts'
import { StreamProgress } from '../../src/nats/stream-progress.ts'
import { eventOf, uuidOf } from './events.ts'

const startMs = Date.parse('2026-01-02T00:00:00Z')
const minuteMs = 60_000

/** Message number `seq` is stored, and its event made, `seq` minutes after the start. */
const message = (
  seq: number,
  more: Partial<StreamMessage> & { readonly event?: Partial<MesheryEvent> } = {},
): StreamMessage => {
  const timeMs = startMs + seq * minuteMs
  const event = eventOf({
    id: uuidOf(seq),
    description: `${seq}`,
    createdAt: new Date(timeMs).toISOString(),
    ...more.event,
  })
  return {
    subject: 'meshery.events.pattern.deploy',
    id: event.id,
    data: new TextEncoder().encode(JSON.stringify(event)),
    seq,
    time: BigInt(timeMs) * 1_000_000n,
    pending: 1,
    ...more,
  }
}

const content = (lastSeq: number, firstSeq = 1): StreamContent => ({
  created: 'monday',
  firstSeq,
  lastSeq,
  lastTime: BigInt(startMs + lastSeq * minuteMs) * 1_000_000n,
  firstTimeMs: startMs + firstSeq * minuteMs,
  nowMs: startMs + lastSeq * minuteMs,
})

const progressFrom = (beginning: Beginning<MesheryEvent>) => {
  const losses: (readonly [number | undefined, string])[] = []
  const progress = new StreamProgress({ beginning, subject: 'meshery.events', lost: (...loss) => losses.push(loss) })
  const take = (...messages: StreamMessage[]): (string | null)[] =>
    messages.flatMap((one) => {
      const step = progress.take(one)
      if (step === 'restart') return ['restart']
      return step.event ? [step.event.description] : []
    })
  return { progress, losses, take }
}

const row = (seq: number, at: string | null = null): Beginning<MesheryEvent> => ({
  from: 'row',
  label: 'The event',
  id: uuidOf(seq),
  at,
  matches: ({ id }) => id === uuidOf(seq),
})
const minute = (count: number): string => new Date(startMs + count * minuteMs).toISOString()

describe('a subscription that begins now', () => {
  test('reads from behind the last message', () => {
    const { progress, take } = progressFrom({ from: 'now' })
    expect(progress.begin(content(10))).toEqual({ next: 11 })
    expect(progress.isReady).toBe(true)
    expect(take(message(11), message(12))).toEqual(['11', '12'])
  })

  test('reads all of a stream that was not there when it began', () => {
    const { progress, take } = progressFrom({ from: 'now' })
    progress.missing()
    expect(progress.isReady).toBe(false)
    expect(progress.begin(content(2))).toEqual({ next: 1 })
    expect(take(message(1), message(2))).toEqual(['1', '2'])
  })

  test('goes on after a cut with the last message, and counts what was removed', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(10))
    take(message(11))
    expect(progress.begin(content(20))).toEqual({ next: 11 })
    expect(take(message(11), message(12))).toEqual(['12'])
    progress.begin(content(20, 16))
    expect(losses).toEqual([[3, 'removed']])
    expect(take(message(16), message(19))).toEqual(['16', '19'])
    expect(losses).toEqual([
      [3, 'removed'],
      [2, 'removed'],
    ])
  })

  test('reads all of a stream that was made anew, but what it has received', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(0))
    take(message(1), message(2))
    expect(progress.begin({ ...content(5), created: 'tuesday' })).toEqual({ next: 1 })
    expect(losses).toEqual([[undefined, 'replaced']])
    expect(
      take(message(1, { event: { id: uuidOf(2) } }), message(2, { event: { id: uuidOf(9), description: 'new' } })),
    ).toEqual(['new'])
  })

  test('reads from the first message where another message is in the place of the last one', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(0))
    take(message(1), message(2))
    progress.begin(content(5))
    expect(take(message(2, { time: 7n }))).toEqual(['restart'])
    expect(progress.begin(content(5))).toEqual({ next: 1 })
    expect(losses).toEqual([[undefined, 'replaced']])
  })

  test('gets nothing of before where the stream lost its newest messages, and all that is stored under their numbers', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(10))
    expect(progress.begin(content(7))).toEqual({ next: 1 })
    expect(losses).toEqual([[undefined, 'replaced']])
    const again = (seq: number): StreamMessage =>
      message(seq, { time: message(20 + seq).time, event: { id: uuidOf(20 + seq) } })
    expect(take(message(6), message(7), again(8), again(10), again(11))).toEqual(['8', '10', '11'])
    expect(losses).toEqual([
      [undefined, 'replaced'],
      [1, 'removed'],
    ])
  })

  test('recognizes a stream that lost its newest messages and has others since, though nothing was read', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(10))
    expect(progress.begin(content(30))).toEqual({ next: 10 })
    expect(take(message(10, { time: message(20).time }))).toEqual(['restart'])
    expect(progress.begin(content(30))).toEqual({ next: 1 })
    expect(losses).toEqual([[undefined, 'replaced']])
  })

  test('counts what was removed before anything of it came', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(10))
    progress.begin(content(15))
    expect(progress.caughtUp(content(15))).toBe(undefined)
    expect(losses).toEqual([[5, 'removed']])
    expect(take(message(16))).toEqual(['16'])
    expect(losses).toEqual([[5, 'removed']])
  })

  test('skips other subjects, and counts a message without an event', () => {
    const { progress, take, losses } = progressFrom({ from: 'now' })
    progress.begin(content(0))
    const data = (text: string): Uint8Array => new TextEncoder().encode(text)
    expect(take(message(1, { subject: 'orders.new', data: data('x') }))).toEqual([])
    expect(losses).toEqual([])
    for (const [index, text] of [
      'no JSON',
      '7',
      'null',
      '{}',
      '{"specversion":"1.0"}',
      '{"novel":{"deep":1}}',
    ].entries())
      expect(take(message(index + 2, { data: data(text) }))).toEqual([])
    expect(losses).toEqual(Array.from({ length: 6 }, () => [1, 'unreadable']))
    expect(take(message(8))).toEqual(['8'])
  })
})

describe('a subscription that begins at a time', () => {
  test('reads an hour earlier, and skips what is older', () => {
    const { progress, take } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    expect(progress.begin(content(10))).toEqual({ timeMs: startMs - 55 * minuteMs })
    expect(progress.isReady).toBe(true)
    const late = message(7, { event: { createdAt: minute(1) } })
    expect(take(message(4), message(5), message(6), late, message(8))).toEqual(['5', '6', '8'])
  })

  test('delivers an event that is stored late, after it began', () => {
    const { progress, take } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    expect(take(message(11, { event: { createdAt: minute(1) } }))).toEqual(['11'])
  })

  test('delivers all of a stream that was made anew after it began', () => {
    const { progress, take, losses } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    expect(take(message(10))).toEqual(['10'])
    expect(progress.begin({ ...content(2), created: 'tuesday' })).toEqual({ next: 1 })
    expect(losses).toEqual([[undefined, 'replaced']])
    expect(take(message(1, { event: { createdAt: minute(1) } }))).toEqual(['1'])
  })

  test('does not count a message without an event that was stored before', () => {
    const { progress, take, losses } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    const data = new TextEncoder().encode('no JSON')
    take(message(4, { data }), message(5))
    expect(losses).toEqual([])
    take(message(6, { data }))
    expect(losses).toEqual([[1, 'unreadable']])
  })

  test('reports what was removed before reading began, and counts what was removed after that', () => {
    const { progress, take, losses } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    progress.located(8, content(10, 8))
    expect(losses).toEqual([[undefined, 'removed']])
    take(message(10))
    expect(losses).toEqual([
      [undefined, 'removed'],
      [2, 'removed'],
    ])
  })

  test('counts nothing where only older messages were removed', () => {
    const { progress, take, losses } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    progress.located(1, content(10, 3))
    take(message(4), message(5))
    expect(progress.caughtUp(content(5))).toBe(undefined)
    expect(losses).toEqual([])
  })

  test('counts a span by the clock of the server', () => {
    const { progress, take } = progressFrom({ from: 'ago', durationMs: 2 * minuteMs })
    expect(progress.begin(content(10))).toEqual({ timeMs: startMs - 52 * minuteMs })
    expect(take(message(7), message(8))).toEqual(['8'])
  })

  test('takes the time of the message for an event without one', () => {
    const { progress, take } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10))
    expect(take(message(4, { event: { createdAt: null } }), message(6, { event: { createdAt: null } }))).toEqual(['6'])
  })

  test.each([
    [4, []],
    [5, [[undefined, 'removed']]],
  ])('reports that messages may be missing where the stream begins with minute %i', (firstSeq, expected) => {
    const { progress, losses } = progressFrom({ from: 'time', at: startMs + 5 * minuteMs })
    progress.begin(content(10, firstSeq))
    expect(losses).toEqual(expected)
  })
})

describe('what was removed before the beginning of a subscription', () => {
  test.each<[string, Beginning<MesheryEvent>]>([
    ['a time', { from: 'time', at: startMs + 8 * minuteMs }],
    ['an event', row(8)],
  ])('is not missing where it begins at %s', (_, beginning) => {
    const { progress, take, losses } = progressFrom(beginning)
    progress.begin(content(10))
    take(message(1), message(6), message(7), message(8))
    expect(losses).toEqual([])
    take(message(10))
    expect(losses).toEqual([[1, 'removed']])
  })
})

describe('a subscription that begins after an event', () => {
  test('delivers everything behind it, whatever its time', () => {
    const { progress, take } = progressFrom(row(5, minute(5)))
    expect(progress.begin(content(10))).toEqual({ timeMs: startMs - 55 * minuteMs })
    expect(progress.isReady).toBe(false)
    expect(take(message(4), message(5), message(6, { event: { createdAt: minute(1) } }), message(7))).toEqual([
      '6',
      '7',
    ])
    expect(progress.isReady).toBe(true)
  })

  test('looks for an id from the first message on', () => {
    const { progress, take } = progressFrom(row(5))
    expect(progress.begin(content(10, 3))).toEqual({ next: 3 })
    expect(take(message(3), message(4), message(5), message(6))).toEqual(['6'])
  })

  test.each(['the end of the stream', 'a later message'])(
    'begins at its time where %s shows that it is missing',
    (where) => {
      const { progress, take, losses } = progressFrom(row(99, minute(9)))
      progress.begin(content(10))
      expect(take(message(9), message(10))).toEqual([])
      if (where === 'a later message') expect(take(message(11))).toEqual(['restart'])
      else expect(progress.caughtUp(content(10))).toBe('restart')
      expect(progress.begin(content(11))).toEqual({ timeMs: startMs - 51 * minuteMs })
      expect(take(message(8), message(9), message(10), message(11))).toEqual(['9', '10', '11'])
      // What followed it may be missing as well.
      expect(losses).toEqual([[undefined, 'missing']])
    },
  )

  test('is refused where neither the event nor its time is known', () => {
    const { progress } = progressFrom(row(99))
    progress.begin(content(10))
    expect(() => progress.caughtUp(content(10))).toThrow(expect.objectContaining({ code: 'SINCE_UNKNOWN' }))
  })
})

describe('what was received', () => {
  const begun = () => {
    const one = progressFrom({ from: 'now' })
    one.progress.begin(content(0))
    return one
  }

  test('is delivered once, though it is twice in the stream', () => {
    const { take } = begun()
    expect(take(message(1), message(2, { event: { id: uuidOf(1) } }), message(3))).toEqual(['1', '3'])
  })

  test('is one event where one relay sent its push, and another one its row', () => {
    const { take } = begun()
    const pushed = message(1, { id: 'push-1', event: { id: 'push-1', description: 'same' } })
    expect(
      take(pushed, message(2, { event: { description: 'same' } }), message(3, { event: { description: 'same' } })),
    ).toEqual(['same', 'same'])
  })

  test('is two events where the row comes much later', () => {
    const { take } = begun()
    const pushed = message(1, { id: 'push-1', event: { id: 'push-1', description: 'same' } })
    expect(take(pushed, message(2), message(13, { event: { description: 'same' } }))).toHaveLength(3)
  })

  test('has no id where a relay made it', () => {
    const { progress } = begun()
    expect(progress.take(message(1, { event: { id: 'push-0123' } }))).toMatchObject({ event: { id: null } })
  })

  test('is the event in a CloudEvent', () => {
    const { progress } = begun()
    const event = eventOf({ id: uuidOf(1), description: 'in it' })
    const data = new TextEncoder().encode(JSON.stringify({ specversion: '1.0', id: uuidOf(1), data: event }))
    expect(progress.take(message(1, { data }))).toMatchObject({ event })
  })
})
