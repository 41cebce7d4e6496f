import type { Meshery, Notice, Subscription } from '../surface.ts'

/** How something is followed, and what its items add up to. */
export interface FollowSource<Item, Content> {
  /** Before the first item. Always the same object, so that the first views are equal. */
  readonly empty: Content
  /** Whether the content counts as loaded by the first item, or once the starting point is known. */
  readonly loadedBy: 'item' | 'ready'
  /** Starts it; after a retry, from where `position` is. */
  open(meshery: Meshery, position: Position<Item>, onNotice: (notice: Notice) => void): Subscription<Item>
  /** The content with more items, at least one. A new object if it differs. */
  add(content: Content, items: readonly Item[]): Content
  /** How many of the latest items the content can have. Default: all. */
  readonly limit?: number
}

/** How far a subscription has come. */
export interface Position<Item> {
  readonly last: Item | undefined
  /** Milliseconds since it was first followed; undefined at the first start. */
  readonly elapsedMs: number | undefined
}

/** What a hook wants to know. */
export interface FollowListener<Item> {
  /** The view is another one. At most once a frame. */
  changed(): void
  /** At once, for each item. */
  received?(item: Item): void
  /** At once, for each notice. */
  notified?(notice: Notice): void
}
