import type { LogStream } from '../streams/log-stream.ts'
import type { Feed } from './feed.ts'
import type { Position } from './position.ts'

/** Hands a page that the source has read to its feeds; says how much of it was new. */
export function handOut<Item>(page: readonly Item[], position: Position<Item>, feeds: readonly Feed<Item>[]): number {
  const { laid } = position
  // What was delivered as pushed is new to those alone who were not given it; any other row is to all.
  const isNewTo = (feed: Feed<Item>, row: Item): boolean => {
    const pushed = laid.get(row)
    return pushed === undefined || feed.passedBy.has(pushed)
  }
  for (const [index, item] of page.entries())
    for (const feed of feeds)
      if (isNewTo(feed, item))
        feed.offer(item, null, position, () => page.slice(index).filter((row) => isNewTo(feed, row)))
  return page.length - laid.size
}

/** The rows of one read that the server should have pushed, and that were not delivered as pushed. */
export class FoundRows<Item> {
  readonly #stream: LogStream<Item>
  readonly #position: Position<Item>
  count = 0
  /** When the last of them was stored. */
  newest = ''

  constructor(stream: LogStream<Item>, position: Position<Item>) {
    this.#stream = stream
    this.#position = position
  }

  add(page: readonly Item[]): void {
    for (const item of page) {
      if (this.#position.laid.has(item) || !this.#stream.isPushed(item)) continue
      this.count++
      this.newest = this.#stream.at(item) ?? this.newest
    }
  }
}
