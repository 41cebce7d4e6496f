/** Where a value came from: field names, and which fields can be trusted, differ. */
export type ItemSource = 'websocket' | 'sse' | 'store'

/** A stream in which every item counts. Its source of truth is a store that is read page by page. */
export interface EventDeclaration<Item> {
  readonly kind: 'log'
  /** The method of the client and the field of Meshery's schema. */
  readonly name: string
  /** The documents to try, newest variant last. They all yield `Item`'s wire form under `name`. */
  readonly documents: readonly string[]
  /** The path of the SSE stream. */
  readonly sse: string
  /** The paths of the store, in the order in which they are tried: a later one is for older releases. */
  readonly store: readonly string[]
  /** Rows of one page of the store's answer, and the total it claims; undefined when this is not such an answer. */
  page(body: unknown): { readonly rows: readonly unknown[]; readonly total: number } | undefined
  /** The canonical item; undefined when the value cannot be one. Unknown fields are dropped, unknown values kept. */
  item(wire: unknown, origin: ItemSource): Item | undefined
  /** The id in the store; null for a pushed item without one. */
  id(item: Item): string | null
  /** The moment by which the store is ordered. */
  at(item: Item): string | null
  /** What a pushed item shares with its stored row, the most distinctive field first. Null matches anything. */
  traits(item: Item): readonly (string | null)[]
  /** False for an item that the server stores and never pushes. */
  isPushed(item: Item): boolean
  /** Which releases have this stream, for the error when a server has not. */
  readonly since: string
}
