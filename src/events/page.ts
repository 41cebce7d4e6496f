// A page of the store, and how large one may be.

import type { EventDeclaration } from '../streams/event-declaration.ts'

/** Rows on a page. Newer servers may refuse to return more than this. */
export const pageSize = 100
/** If a server returns fewer rows than this on a page, several of its pages are put together: small pages cannot overlap. */
export const minPageSize = 20
/** Pages with fewer rows than this cannot overlap, however large the rows are. */
export const minLargeRows = 4
/** Larger pages are read in pieces of this size, in bytes of JSON: where rows are large, a piece has fewer of them. */
export const pageBytes: number = 2 ** 21
/** A larger total is a mistake of the server. */
export const maxTotal = 1e9

/** A page of the store. */
export interface Page<Item> {
  /** In the order in which the server returned them. Taken out once they are delivered. */
  readonly items: Item[]
  /** How many rows the page has, unreadable ones included. */
  readonly count: number
  /** How many rows there are in all; 0 when the server does not say, or its number cannot be right. */
  readonly total: number
  /** Whether the page is the last: it holds fewer rows than asked for, and not because they are large. */
  readonly short: boolean
  /** Whether it ends early because its rows are large. */
  readonly cut: boolean
  /** The server's clock, in ms; null when it does not say. */
  readonly date: number | null
}

/** The ids of rows: what is remembered of a page, whose rows may be large. */
export type Ids = readonly (string | null | undefined)[]

/** An answer of the server. Unreadable rows are undefined. */
export interface Answer<Item> {
  readonly rows: readonly (Item | undefined)[]
  readonly total: number
  readonly date: number | null
  /** How large it is, as JSON. */
  readonly bytes: number
  readonly cut?: boolean
  /** True if its rows do not fit together, or if it has fewer than asked for while others are said to follow. */
  readonly isDoubtful?: boolean | undefined
}

/** When the row was stored, in ms; NaN if it has no time. */
export const timeOf = <Item>(stream: EventDeclaration<Item>, row: Item | undefined): number =>
  Date.parse((row && stream.at(row)) ?? '')

/** Whether the rows ascend or descend. */
export function isOrdered<Item>(stream: EventDeclaration<Item>, rows: readonly (Item | undefined)[]): boolean {
  const times = rows.map((row) => timeOf(stream, row))
  return [1, -1].some((sign) => !times.some((time, index) => sign * time < sign * (times[index - 1] ?? time)))
}
