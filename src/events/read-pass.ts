import type { Page } from './page.ts'
import { leastOverlap } from './page-window.ts'
import type { ReadProgress } from './read-progress.ts'
import type { Store } from './store.ts'
import type { StoreCursor } from './store-cursor.ts'

/** A store whose order changes under the reader is not searched for ever. */
export const mostStepsBack = 40

/** One way through the store. */
export interface ReadPass<Item> {
  readonly store: Store<Item>
  readonly position: StoreCursor<Item>
  readonly signal: AbortSignal
  readonly progress: ReadProgress
  /** Rows not seen before. */
  found: number
  total: number
}

/** Whether a page that is not the last one has nothing that the one before it has not. */
export function stalls<Item>(
  { stream: { id } }: Store<Item>,
  before: readonly Item[] | undefined,
  { items, short }: Page<Item>,
): boolean {
  if (short || !before?.length || items.length === 0) return false
  const known = new Set(before.map(id))
  return items.every((row) => known.has(id(row)))
}

export const timeOf = <Item>({ stream }: Store<Item>, row: Item | undefined): number =>
  Date.parse((row && stream.at(row)) ?? '') || 0

/**
 * Whether nothing lies before these rows, oldest first, that should be read: they begin within the previous page, or,
 * the first ones, with as many covered rows as the overlap has.
 */
export function follows<Item>(
  { stream: { id }, pageSize }: Store<Item>,
  position: StoreCursor<Item>,
  previous: readonly Item[] | undefined,
  rows: readonly Item[],
): boolean {
  const first = rows[0]
  if (previous) {
    const last = previous.at(-1)
    if (last !== undefined && rows.some((row) => id(row) === id(last))) return true
    return first !== undefined && previous.some((row) => id(row) === id(first))
  }
  return [first, rows[Math.floor(pageSize * leastOverlap) - 1]].every(
    (row) => row !== undefined && position.coversRow(row),
  )
}

/** Whether a page that was asked for in ascending order is not, or cannot be placed for want of a total. */
export function descends<Item>(store: Store<Item>, page: Page<Item>): boolean {
  const [first, last] = [page.items[0], page.items.at(-1)]
  if (first === undefined || last === undefined) return false
  const { at } = store.stream
  return page.total < page.count || Date.parse(at(first) ?? '') > Date.parse(at(last) ?? '')
}

export function takeNewRows<Item>(pass: ReadPass<Item>, rows: readonly Item[]): readonly Item[] {
  const { position } = pass
  // Before, not after: what is handed out now may yet be given back (`forget`), and must not lie below the floor.
  position.prune()
  const after = position.after === undefined ? -1 : rows.findIndex((row) => position.isAfter(row))
  if (after >= 0) {
    for (const row of rows.slice(0, after + 1)) position.skipRow(row)
    position.after = undefined
  }
  const fresh = rows.filter((row) => position.rememberRow(row) || position.alreadyDelivered.has(row))
  pass.found += fresh.length
  return fresh
}
