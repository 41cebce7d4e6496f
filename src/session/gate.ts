import { release } from '../base/abort.ts'
import type { LogStream } from '../streams/log-stream.ts'
import { twins } from './position.ts'

/** How many items, delivered as they were pushed, are kept to know them when they are pushed again. */
const remembered = 200
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
  readonly #pass: (item: Item) => void
  #waiting: Waiting<Item>[] = []
  /** What was delivered as it was pushed, the newest last. */
  #delivered: Item[] = []
  #timer: unknown
  /** While the store cannot be read there is nothing to wait for. */
  #open = false

  constructor(stream: LogStream<Item>, settle: number, deliver: (item: Item) => void) {
    this.#stream = stream
    this.#settle = settle
    this.#pass = deliver
  }

  /**
   * Takes in a pushed frame whose row has not come yet. One that is like another before it is that one, pushed twice: if
   * it tells of another event, that has a row of its own.
   */
  frame(item: Item): void {
    const same = (other: Item): boolean => twins(this.#stream, item, other)
    if (this.#waiting.some((entry) => same(entry.item)) || this.#delivered.some(same)) return
    if (this.#open || this.#settle === 0) {
      this.#deliver(item)
      return
    }
    this.#waiting.push({ item, due: performance.now() + this.#settle })
    if (this.#waiting.length > mostWaiting) this.#deliverOldest()
    this.#arm()
  }

  /** A row is about to be delivered: the frame that waits for it has found its twin. */
  row(item: Item): void {
    const index = this.#waiting.findIndex((entry) => twins(this.#stream, entry.item, item))
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  /** Lets frames through at once, those that wait first, until the store can be read. */
  storeIs(state: 'readable' | 'unreadable'): void {
    this.#open = state === 'unreadable'
    if (this.#open) this.#flush(Infinity)
  }

  close(): void {
    clearTimeout(this.#timer as undefined)
    this.#waiting = []
  }

  #deliver(item: Item): void {
    this.#delivered.push(item)
    if (this.#delivered.length > remembered) this.#delivered.shift()
    this.#pass(item)
  }

  #flush(until: number): void {
    while (this.#waiting[0] && this.#waiting[0].due <= until) this.#deliverOldest()
  }

  #deliverOldest(): void {
    const entry = this.#waiting.shift()
    if (entry) this.#deliver(entry.item)
  }

  #arm(): void {
    const [first] = this.#waiting
    if (this.#timer !== undefined || !first) return
    const due = (): void => {
      this.#timer = undefined
      this.#flush(performance.now())
      this.#arm()
    }
    this.#timer = release(setTimeout(due, Math.max(0, first.due - performance.now())))
  }
}
