import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamMessage } from '../../src/nats/stream-message.ts'
import type { StreamContent } from '../../src/nats/stream-position.ts'
import { StreamProgress } from '../../src/nats/stream-progress.ts'
import { eventOf, uuidOf } from './events.ts'

/** A stream as a server keeps it. */
class StreamModel {
  readonly #messages = new Map<number, StreamMessage>()
  lastSeq = 0

  publish(): void {
    const seq = ++this.lastSeq
    const event = eventOf({ id: uuidOf(seq), description: `${seq}` })
    const data = new TextEncoder().encode(JSON.stringify(event))
    this.#messages.set(seq, { subject: 'meshery.events.a.b', id: event.id, data, seq, time: BigInt(seq), pending: 1 })
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
      lastTime: BigInt(this.lastSeq),
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
