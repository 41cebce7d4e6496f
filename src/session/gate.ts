import { release } from '../base/abort.ts'
import type { LogStream } from '../streams/stream.ts'
import { twins } from './position.ts'

/** How many rows, already delivered, are kept for frames that come after them. */
const rememberedRows = 200
/** How many frames may wait; past that the oldest is delivered as it was pushed. */
const mostWaiting = 5_000

interface Waiting<Item> {
  readonly item: Item
  readonly due: number
}

/**
 * Where a pushed frame waits for its stored twin.
 *
 * The row is what is delivered: it has the true id and the true time. A frame whose row does not come in time is
 * delivered as it was pushed, so that a store that is slow, refuses or never got the event delays a frame but never
 * loses it.
 */
export class Gate<Item> {
  readonly #stream: LogStream<Item>
  readonly #settle: number
  readonly #deliver: (item: Item) => void
  #waiting: Waiting<Item>[] = []
  /** The rows delivered last, and whether a frame has told of them. */
  #rows: { readonly item: Item; announced: boolean }[] = []
  #timer: unknown
  /** While the store cannot be read there is nothing to wait for. */
  #open = false

  constructor(stream: LogStream<Item>, settle: number, deliver: (item: Item) => void) {
    this.#stream = stream
    this.#settle = settle
    this.#deliver = deliver
  }

  /** Takes in a pushed frame. */
  frame(item: Item): void {
    const row = this.#rows.find((entry) => !entry.announced && twins(this.#stream, item, entry.item))
    if (row) {
      row.announced = true
      return
    }
    if (this.#open || this.#settle === 0) {
      this.#deliver(item)
      return
    }
    this.#waiting.push({ item, due: Date.now() + this.#settle })
    if (this.#waiting.length > mostWaiting) this.#flush(this.#waiting[0]?.due ?? 0)
    this.#arm()
  }

  /** A row is about to be delivered: the frame that waits for it has found its twin. */
  row(item: Item): void {
    const index = this.#waiting.findIndex((entry) => twins(this.#stream, entry.item, item))
    if (index >= 0) this.#waiting.splice(index, 1)
    this.#rows.push({ item, announced: index >= 0 })
    if (this.#rows.length > rememberedRows) this.#rows.shift()
  }

  /** Lets frames through at once, those that wait first, until the store can be read. */
  storeIs(state: 'readable' | 'unreadable'): void {
    this.#open = state === 'unreadable'
    if (this.#open) this.#flush(Number.POSITIVE_INFINITY)
  }

  close(): void {
    clearTimeout(this.#timer as undefined)
    this.#waiting = []
  }

  #flush(until: number): void {
    while (this.#waiting[0] && this.#waiting[0].due <= until) {
      const { item } = this.#waiting.shift() ?? {}
      // Pushed twice: a second event like it would have a second row.
      if (item !== undefined && !this.#rows.some((row) => twins(this.#stream, item, row.item))) this.#deliver(item)
    }
  }

  #arm(): void {
    const [first] = this.#waiting
    if (this.#timer !== undefined || !first) return
    const due = (): void => {
      this.#timer = undefined
      this.#flush(Date.now())
      this.#arm()
    }
    this.#timer = release(setTimeout(due, Math.max(0, first.due - Date.now())))
  }
}
