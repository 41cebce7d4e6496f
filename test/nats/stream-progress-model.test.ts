import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamMessage } from '../../src/nats/stream-message.ts'
import type { StreamContent } from '../../src/nats/stream-position.ts'
import { StreamProgress } from '../../src/nats/stream-progress.ts'
import { runsOf } from '../sample.ts'
import { eventOf, uuidOf } from './events.ts'

/** A stream as a server keeps it. */
class StreamModel {
  readonly #messages = new Map<number, StreamMessage>()
  #published = 0
  #lastTime: bigint | undefined
  lastSeq = 0

  publish(): void {
    const seq = ++this.lastSeq
    const number = ++this.#published
    const event = eventOf({ id: uuidOf(number), description: `${number}` })
    const data = new TextEncoder().encode(JSON.stringify(event))
    const time = BigInt(number)
    this.#messages.set(seq, { subject: 'meshery.events.a.b', id: event.id, data, seq, time, pending: 1 })
    this.#lastTime = time
  }

  /** Loses its newest messages, behind this share of the sequence: the numbers are given again. */
  lose(share: number): void {
    this.lastSeq = Math.floor(share * this.lastSeq)
    for (const seq of [...this.#messages.keys()]) if (seq > this.lastSeq) this.#messages.delete(seq)
    this.#lastTime = this.#messages.get(this.lastSeq)?.time
  }

  get events(): readonly string[] {
    return [...this.#messages.values()].map(({ id }) => id ?? '')
  }

  /** Removes the message at this share of the sequence. */
  remove(share: number): void {
    this.#messages.delete(Math.ceil(share * this.lastSeq))
  }

  /** Removes every message up to this share of the sequence. */
  purge(share: number): void {
    for (const seq of [...this.#messages.keys()]) if (seq <= share * this.lastSeq) this.#messages.delete(seq)
  }

  from(seq: number): StreamMessage | undefined {
    for (let at = seq; at <= this.lastSeq; at++) if (this.#messages.has(at)) return this.#messages.get(at)
    return undefined
  }

  get content(): StreamContent {
    const firstSeq = this.from(1)?.seq ?? this.lastSeq + 1
    return {
      created: 'monday',
      firstSeq,
      lastSeq: this.lastSeq,
      lastTime: this.#lastTime,
      firstTimeMs: 0,
      nowMs: 0,
    }
  }
}

const share = fc.double({ min: 0, max: 1, noNaN: true })
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'publish' } as const) },
  { weight: 5, arbitrary: fc.constant({ kind: 'read' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), share }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge' as const), share }) },
)

test('every message that was published after the beginning is delivered once and in order, or counted as lost', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.array(operation, { maxLength: 60 }), (before, operations) => {
      const stream = new StreamModel()
      for (let left = before; left > 0; left--) stream.publish()
      let lost = 0
      const delivered: number[] = []
      const progress = new StreamProgress({
        beginning: { from: 'now' },
        subject: 'meshery.events',
        lost: (count = Number.NaN) => {
          lost += count
        },
      })
      const connect = (): number => {
        const start = progress.begin(stream.content)
        return 'next' in start ? start.next : Number.NaN
      }
      let at = connect()
      const read = (): boolean => {
        const message = stream.from(at)
        if (!message) return false
        at = message.seq + 1
        const step = progress.take(message)
        if (step !== 'restart' && step.event) delivered.push(Number(step.event.description))
        return true
      }
      const act = {
        publish: () => stream.publish(),
        read,
        reconnect: () => {
          at = connect()
        },
        remove: (place: number) => stream.remove(place),
        purge: (place: number) => stream.purge(place),
      }
      for (const one of operations) act[one.kind]('share' in one ? one.share : 0)
      stream.publish()
      while (read());
      const published = Array.from({ length: stream.lastSeq - before }, (_, index) => before + 1 + index)
      expect(delivered).toEqual(published.filter((seq) => delivered.includes(seq)))
      expect(delivered.length + lost).toBe(published.length)
    }),
  )
})

/** Without what removes the message that was read last: another one in its place could not be recognized. */
const losing = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'publish' } as const) },
  { weight: 5, arbitrary: fc.constant({ kind: 'read' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' } as const) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), share }) },
)

type Losing = typeof losing extends fc.Arbitrary<infer Operation> ? Operation : never

/** Plays the operations on a stream with so many messages; nothing of before and nothing twice is delivered, and what is lost is reported. */
function expectReports(before: number, operations: readonly Losing[]): void {
  const stream = new StreamModel()
  for (let left = before; left > 0; left--) stream.publish()
  let isReported = false
  const delivered: string[] = []
  const progress = new StreamProgress({
    beginning: { from: 'now' },
    subject: 'meshery.events',
    lost: () => {
      isReported = true
    },
  })
  const past = new Set(stream.events)
  const published = new Set<string>()
  const publish = (): void => {
    stream.publish()
    published.add(stream.events.at(-1) ?? '')
  }
  let at: number | undefined
  /** What the subscription has a chance to know of. */
  const known = new Set<string>()
  const connect = (): number => {
    for (const id of stream.events) known.add(id)
    const start = progress.begin(stream.content)
    return 'next' in start ? start.next : Number.NaN
  }
  const read = (): boolean => {
    at ??= connect()
    const message = stream.from(at)
    if (!message) return false
    at = message.seq + 1
    const step = progress.take(message)
    if (step === 'restart') at = undefined
    else if (step.event) delivered.push(step.event.id ?? '')
    return true
  }
  const disconnect = (): void => {
    at = undefined
  }
  at = connect()
  const act = {
    publish,
    read,
    reconnect: disconnect,
    // A server that loses something has been down.
    lose(place: number) {
      stream.lose(place)
      disconnect()
    },
  }
  for (const one of operations) act[one.kind]('share' in one ? one.share : 0)
  while (read());
  publish()
  while (read());
  expect(new Set(delivered).size).toBe(delivered.length)
  expect(delivered.filter((id) => past.has(id))).toEqual([])
  // What the stream still has is delivered.
  expect(stream.events.filter((id) => published.has(id) && !delivered.includes(id))).toEqual([])
  if (!isReported) expect([...published].filter((id) => known.has(id) && !delivered.includes(id))).toEqual([])
}

test('where the stream loses its newest messages, nothing of before and nothing twice is delivered, and what is lost is reported', () => {
  fc.assert(fc.property(fc.nat(5), fc.array(losing, { maxLength: 60 }), expectReports), { numRuns: runsOf(2_000) })
})

test('a loss of what came between two breaks is reported, though some of what came before them is unread', () => {
  const [publish, read, reconnect] = [{ kind: 'publish' }, { kind: 'read' }, { kind: 'reconnect' }] as const
  const lose = { kind: 'lose', share: 0.67 } as const
  expectReports(0, [publish, reconnect, publish, read, reconnect, publish, read, lose])
})
