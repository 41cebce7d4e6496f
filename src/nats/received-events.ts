import { type Marks, marksOf, TraitIndex } from '../events/trait-index.ts'
import { events, type MesheryEvent } from '../streams/events.ts'

/** How many ids are remembered. A stream drops doubles itself, for as long as its window for doubles is. */
const mostIds = 10_000
/** How many events without a row are remembered, and for how long, in milliseconds. */
const mostPushes = 200
const pushesForMs = 600_000

interface ReceivedPush extends Marks {
  readonly receivedMs: number
}

/** An event of a stream. */
export interface ReceivedEvent {
  /** What the stream drops doubles by. */
  readonly id: string | null
  /** When it was stored in the stream, in milliseconds since 1970. */
  readonly storedMs: number
  readonly event: MesheryEvent
}

/**
 * Which events were received, so that none is delivered twice: one that was stored twice in the stream, and one that a relay
 * sent as it was pushed while another relay sent its row. What is not remembered any more is delivered: a double is better than a loss.
 */
export class ReceivedEvents {
  readonly #ids = new Set<string>()
  readonly #pushes = new TraitIndex<ReceivedPush>()

  /** Remembers the event. Returns false if it was received before. */
  add({ id, storedMs, event }: ReceivedEvent): boolean {
    if (id !== null) {
      if (this.#ids.has(id)) return false
      this.#remember(id)
    }
    // As a rule no event is without a row.
    if (event.id !== null) return this.#pushes.size === 0 || !this.#takePush(marksOf(events, event), storedMs)
    this.#pushes.add({ ...marksOf(events, event), receivedMs: storedMs })
    this.#pushes.trim(mostPushes)
    return true
  }

  #remember(id: string): void {
    this.#ids.add(id)
    if (this.#ids.size <= mostIds) return
    const [oldest] = this.#ids
    if (oldest !== undefined) this.#ids.delete(oldest)
  }

  /** Whether the event of this row was received as it was pushed. */
  #takePush(row: Marks, storedMs: number): boolean {
    const push = this.#pushes.ofRow(row)
    this.#pushes.delete(push)
    return push !== undefined && storedMs - push.receivedMs <= pushesForMs
  }
}
