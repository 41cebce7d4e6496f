import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { sizeOf } from '../base/size.ts'
import { sliceMs } from '../base/time-slices.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/** How many items, delivered as they were pushed, are kept to know them when they are pushed again. */
const remembered = 200
/** A frame waits for a read that is under way for this many times `settle` at most. */
const mostSettles = 5
/** How many frames are delivered in one turn of the event loop: as many as a page has rows. */
const mostPerTurn = 100

export interface PendingPushesOptions<Item> {
  /** How long a frame waits for its row at least, in milliseconds. */
  readonly settle: number
  /** How much may wait; past that the oldest is delivered as it was pushed. */
  readonly bytes: number
  deliver(item: Item): void
  /** Whether the readers can take one more at once. */
  hasRoom(): boolean
}

interface Waiting<Item> extends Marks {
  readonly item: Item
  readonly since: number
  readonly bytes: number
}

/**
 * Where a pushed frame waits for its stored twin.
 *
 * The row is what is delivered: it has the true id and the true time. A frame whose row does not come in time is
 * delivered as it was pushed, so that a store that is slow, refuses or never got the event delays a frame but never
 * loses it. In time means: `settle` has passed, and a read that began after the frame has ended.
 */
export class PendingPushes<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #options: PendingPushesOptions<Item>
  readonly #waiting = new TraitIndex<Waiting<Item>>()
  /** The waiting ones in their order, the oldest at `#head`. Some of them do not wait any more. */
  #order: (Waiting<Item> | undefined)[] = []
  #head = 0
  #bytes = 0
  /** What was delivered as it was pushed. */
  readonly #delivered = new TraitIndex<Marks>()
  #timer: unknown
  /** While the store cannot be read there is nothing to wait for. */
  #open = false
  /** When the last read that came to its end began: rows of frames from before have had their chance. */
  #readFrom = -Infinity
  #reading = 0

  constructor(stream: EventDeclaration<Item>, options: PendingPushesOptions<Item>) {
    this.#stream = stream
    this.#options = options
  }

  /**
   * Takes in a pushed frame whose row has not come yet. One that is like another before it is that one, pushed twice: if
   * it tells of another event, that has a row of its own.
   */
  frame(item: Item): void {
    const { settle, bytes: most, hasRoom } = this.#options
    const marks = marksOf(this.#stream, item)
    if (this.#waiting.ofPush(marks) ?? this.#delivered.ofPush(marks)) return
    if ((this.#open || settle === 0) && this.#waiting.size === 0 && hasRoom()) {
      this.#deliver(item, marks)
      return
    }
    const entry = { ...marks, item, since: now(), bytes: sizeOf(item) }
    this.#waiting.add(entry)
    this.#order.push(entry)
    this.#bytes += entry.bytes
    while (this.#bytes > most && this.#waiting.size > 1) this.#deliverOldest()
    this.#arm()
  }

  /** A row is about to be delivered: the frame that waits for it has found its twin. */
  row(item: Item): void {
    if (this.#waiting.size === 0) return
    const entry = this.#waiting.ofRow(marksOf(this.#stream, item))
    if (entry) this.#remove(entry)
  }

  /** Runs a read. Frames that were there before it wait until it is over. */
  async during<Result>(signal: AbortSignal, read: () => Promise<Result>): Promise<Result> {
    const begun = now()
    this.#reading++
    try {
      const result = await read()
      if (!signal.aborted) this.#readFrom = begun
      return result
    } finally {
      this.#reading--
      this.#disarm()
      this.#arm()
    }
  }

  /** Lets frames through at once, those that wait first, until the store can be read. */
  storeIs(state: 'readable' | 'unreadable'): void {
    this.#open = state === 'unreadable'
    if (this.#open) this.#flush()
  }

  close(): void {
    this.#disarm()
    this.#order = []
    this.#head = 0
  }

  #deliver(item: Item, marks: Marks): void {
    this.#delivered.add(marks)
    this.#delivered.trim(remembered)
    this.#options.deliver(item)
  }

  #remove(entry: Waiting<Item>): void {
    this.#waiting.delete(entry)
    this.#bytes -= entry.bytes
  }

  /** The one that waits longest. */
  #oldest(): Waiting<Item> | undefined {
    for (;;) {
      const entry = this.#order[this.#head]
      if (entry === undefined || this.#waiting.has(entry)) return entry
      this.#order[this.#head++] = undefined
      if (this.#head * 2 < this.#order.length || this.#head < mostPerTurn) continue
      this.#order = this.#order.slice(this.#head)
      this.#head = 0
    }
  }

  #deliverOldest(): void {
    const entry = this.#oldest()
    if (!entry) return
    this.#remove(entry)
    const { id, traits, shape } = entry
    this.#deliver(entry.item, { id, traits, shape })
  }

  /** How long it has to wait yet, in milliseconds; Infinity until a read is over. */
  #wait({ since }: Waiting<Item>): number {
    const { settle } = this.#options
    if (this.#open || settle === 0) return 0
    const waited = now() - since
    const awaitsRead = this.#reading > 0 && since >= this.#readFrom
    return Math.max(0, (awaitsRead ? mostSettles * settle : settle) - waited)
  }

  /** Delivers those whose time has come, a part of them in this turn if they are many or the readers have no room. */
  #flush(): void {
    const until = now() + sliceMs
    for (let count = 0; count < mostPerTurn && now() < until; count++) {
      const oldest = this.#oldest()
      if (!oldest || this.#wait(oldest) > 0) break
      if (count > 0 && !this.#options.hasRoom()) break
      this.#deliverOldest()
    }
    this.#disarm()
    this.#arm()
  }

  #arm(): void {
    const oldest = this.#oldest()
    if (this.#timer !== undefined || !oldest) return
    this.#timer = release(setTimeout(() => this.#flush(), this.#wait(oldest)))
  }

  #disarm(): void {
    clearTimeout(this.#timer as undefined)
    this.#timer = undefined
  }
}
