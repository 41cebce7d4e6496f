import { leastOverlap, type PageWindow } from './page-window.ts'
import { ReadProgress, storeNotReadable } from './read-progress.ts'
import type { Page, Store } from './store.ts'
import type { StoreCursor } from './store-cursor.ts'

/** How often one read goes back at most: the order of the store may change while it is read. */
export const maxStepsBack = 40

/** One way through the store, in either order: what both orders share. */
export class ReadPass<Item> {
  readonly store: Store<Item>
  readonly cursor: StoreCursor<Item>
  readonly signal: AbortSignal
  readonly progress: ReadProgress
  /** How many rows were not read before. */
  found = 0
  /** How many rows the store has, by its last answer. */
  total = 0
  /** The rows of the page before, oldest first, while the read goes forward; undefined while it looks for a covered row. */
  previous: readonly Item[] | undefined
  #stepsBack = 0

  constructor(store: Store<Item>, cursor: StoreCursor<Item>, signal: AbortSignal) {
    this.store = store
    this.cursor = cursor
    this.signal = signal
    this.progress = new ReadProgress(signal)
  }

  ask([number, size]: PageWindow, order: 'asc' | 'desc'): Promise<Page<Item>> {
    return this.store.page(number, size, order, this.signal)
  }

  /** Waits for a page, which may have been asked for before. */
  async page(window: PageWindow, order: 'asc' | 'desc', asked?: Promise<Page<Item>>): Promise<Page<Item>> {
    const page = await (asked ?? this.ask(window, order))
    this.progress.checkSignal()
    this.total = page.total
    return page
  }

  /**
   * Whether no unread row lies before these, oldest first: they begin within the page before, or, where there is none, with
   * as many covered rows as the overlap has.
   */
  follows(rows: readonly Item[]): boolean {
    const { id } = this.store.stream
    const first = rows[0]
    const { previous } = this
    if (previous) {
      const last = previous.at(-1)
      if (last !== undefined && rows.some((row) => id(row) === id(last))) return true
      return first !== undefined && previous.some((row) => id(row) === id(first))
    }
    return [first, rows[Math.floor(this.store.pageSize * leastOverlap) - 1]].every(
      (row) => row !== undefined && this.cursor.coversRow(row),
    )
  }

  /** Rows may lie before those just read: it looks for a covered row again. */
  stepBack(): void {
    if (this.#stepsBack > maxStepsBack) throw storeNotReadable('changes its ids or its order with every answer')
    this.#stepsBack++
    this.previous = undefined
  }

  /** These rows, oldest first, follow on. Returns those that were not read before. */
  take(rows: readonly Item[]): readonly Item[] {
    if (this.previous) this.#stepsBack = Math.max(0, this.#stepsBack - 1)
    this.previous = rows
    const { cursor } = this
    // Before, not after: rows that are delivered now may yet be given up (`forget`), and must not count as old.
    cursor.prune()
    const after = rows.findIndex((row) => cursor.isAfter(row))
    if (after >= 0) {
      for (const row of rows.slice(0, after + 1)) cursor.skipRow(row)
      cursor.after = undefined
    }
    const unread = rows.filter((row) => cursor.rememberRow(row))
    this.found += unread.length
    return unread
  }
}

/** Whether a page that is not the last one has only rows of the page before it. */
export function repeats<Item>(
  { stream: { id } }: Store<Item>,
  before: readonly Item[] | undefined,
  { items, short }: Page<Item>,
): boolean {
  if (short || !before?.length || items.length === 0) return false
  const known = new Set(before.map(id))
  return items.every((row) => known.has(id(row)))
}

/** When the row was stored, in ms; 0 if it has no time. */
export const timeOf = <Item>({ stream }: Store<Item>, row: Item | undefined): number =>
  Date.parse((row && stream.at(row)) ?? '') || 0
