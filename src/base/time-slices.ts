import { release } from './abort.ts'
import { now } from './clock.ts'
import { Queue } from './queue.ts'
import { Timer } from './timer.ts'

/** How long work of one kind may hold up the event loop, in milliseconds. Three kinds may follow one another: 20 ms are the limit in all. */
export const sliceMs = 5

/** Node has it, browsers do not: there a timer of 0 ms takes a millisecond. */
declare const setImmediate: ((run: () => void) => unknown) | undefined

/** Resolves in a later turn of the event loop, so that timers and sockets have theirs in between. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else release(setTimeout(resolve, 0))
  })

/** Works on items in their order: at once while this slice of time lasts, else in later turns of the event loop. */
export class TimeSlices<Item> {
  readonly #work: (item: Item) => void
  readonly #left: Queue<Item>
  readonly #timer = new Timer()
  /** When the work of this turn should end. */
  #until = 0

  /** @param bytes How much may be left for later, by `sizeOf`; past that the oldest is worked on at once. */
  constructor(work: (item: Item) => void, bytes: number, sizeOf: (item: Item) => number) {
    this.#work = work
    this.#left = new Queue<Item>(Infinity, bytes, sizeOf)
  }

  add(item: Item): void {
    if (!this.#timer.isRunning) this.#begin()
    if (this.#left.size === 0 && now() < this.#until) {
      this.#work(item)
      return
    }
    while (this.#left.full) this.#next()
    this.#left.push(item)
  }

  close(): void {
    this.#timer.stop()
    this.#left.cut()
  }

  #begin(): void {
    this.#until = now() + sliceMs
    this.#timer.start(0, () => {
      if (this.#left.size > 0) this.#begin()
      while (this.#left.size > 0 && now() < this.#until) this.#next()
    })
  }

  #next(): void {
    const item = this.#left.shift()
    if (item !== undefined) this.#work(item)
  }
}
