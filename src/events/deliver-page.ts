import type { EventDeclaration } from '../streams/event-declaration.ts'
import type { EventSubscriber } from './event-subscriber.ts'
import type { StoreCursor } from './store-cursor.ts'

/** Hands a page that the source has read to its feeds; says how much of it was new. */
export function deliverPage<Item>(
  page: readonly Item[],
  position: StoreCursor<Item>,
  feeds: readonly EventSubscriber<Item>[],
): number {
  const { alreadyDelivered: laid } = position
  // What was delivered as pushed is new to those alone who were not given it; any other row is to all.
  const isNewTo = (feed: EventSubscriber<Item>, row: Item): boolean => {
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
export class UnpushedRows<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #position: StoreCursor<Item>
  count = 0
  /** When the last of them was stored. */
  newest = ''

  constructor(stream: EventDeclaration<Item>, position: StoreCursor<Item>) {
    this.#stream = stream
    this.#position = position
  }

  add(page: readonly Item[]): void {
    for (const item of page) {
      if (this.#position.alreadyDelivered.has(item) || !this.#stream.isPushed(item)) continue
      this.count++
      this.newest = this.#stream.at(item) ?? this.newest
    }
  }
}
