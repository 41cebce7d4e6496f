// A page of the store, and how large one may be.

/** Rows on a page. Newer servers may refuse to give more than this. */
export const pageSize = 100

/** Several pages of a server that gives fewer rows than this make one of ours: small ones cannot overlap. */
export const smallestPage = 20
/** A page is read on in pieces of this size, in bytes of JSON: where rows are large, it has fewer of them. */
export const pageBytes: number = 2 ** 22
/** Pages of fewer rows than this, however large they are, cannot overlap. */
export const fewestRows = 4
/** So many rows are no total but a mistake. */
export const mostRows = 1e9

export interface Page<Item> {
  /** In the order in which the server gave them. */
  readonly items: readonly Item[]
  /** How many rows the page has, those that cannot be read included. */
  readonly count: number
  /** How many rows there are in all, or 0 when the server does not say, or says what cannot be. */
  readonly total: number
  /** Whether the page is the last: it holds fewer rows than there should be. */
  readonly short: boolean
  /** Whether it ends early, since its rows are large. */
  readonly cut: boolean
  /** The server's clock, in ms; null when it does not say. */
  readonly date: number | null
}

/** What the server gave: its rows, undefined for one that cannot be read. */
export interface Answer<Item> {
  readonly rows: readonly (Item | undefined)[]
  readonly total: number
  readonly date: number | null
  /** How large it is, as JSON. */
  readonly bytes: number
  readonly cut?: boolean
}
