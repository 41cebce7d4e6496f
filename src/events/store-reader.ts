import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import type { Page } from './page.ts'
import { storeNotReadable } from './read-progress.ts'
import type { Store } from './store.ts'
import { StoreCursor } from './store-cursor.ts'
import { StoreRead } from './store-read.ts'

/** Where to begin: at the present end, at a moment (ms), so long before now by the server's clock, or after a row. */
export type Beginning<Item> =
  | { readonly from: 'now' }
  | { readonly from: 'time'; readonly at: number }
  | { readonly from: 'ago'; readonly durationMs: number }
  | ({ readonly from: 'row' } & Wanted<Item>)

/** So many milliseconds before this call. */
export const ago = (ms: number): Beginning<never> => {
  const calledAt = now()
  return {
    from: 'ago',
    // Read when the answer has come, by whose clock it counts.
    get durationMs() {
      return ms + now() - calledAt
    },
  }
}

/** How many rows before the end are read once more when some are missing. */
const reread = 1_000

/** A row to begin after. With its id and its time it need not be searched. */
interface Wanted<Item> {
  /** What it is called in an error. */
  readonly label: string
  readonly id: string | null
  readonly at: string | null
  matches(row: Item): boolean
}

/**
 * A cursor at the beginning. Reads the newest page: its ids and its total, never the clock of this machine.
 * @throws MesheryError SINCE_UNKNOWN when the row to begin after is not in the store, and its time is not known.
 */
export async function locateCursor<Item>(
  store: Store<Item>,
  beginning: Beginning<Item>,
  signal: AbortSignal,
): Promise<StoreCursor<Item>> {
  const newest = await store.newest(signal)
  const cursor = await locate(store, newest, beginning, signal)
  cursor.end = newest.total
  return cursor
}

async function locate<Item>(
  store: Store<Item>,
  newest: Page<Item>,
  beginning: Beginning<Item>,
  signal: AbortSignal,
): Promise<StoreCursor<Item>> {
  if (beginning.from === 'now') return cursorAtEnd(store, newest)
  if (beginning.from === 'row') return cursorAfter(store, newest, beginning, signal)
  const atMs = beginning.from === 'time' ? beginning.at : (newest.date ?? Date.now()) - beginning.durationMs
  return new StoreCursor(store.stream, atMs)
}

function cursorAtEnd<Item>({ stream }: Store<Item>, newest: Page<Item>): StoreCursor<Item> {
  const cursor = new StoreCursor(stream)
  for (const row of newest.items.toReversed()) cursor.skipRow(row)
  cursor.rowsRead = 0
  if (!newest.short) cursor.setOldestRemembered()
  cursor.rowsBefore = newest.total || (newest.count > 0 ? undefined : 0)
  return cursor
}

async function cursorAfter<Item>(
  store: Store<Item>,
  newest: Page<Item>,
  wanted: Wanted<Item>,
  signal: AbortSignal,
): Promise<StoreCursor<Item>> {
  const { stream } = store
  let { id, at } = wanted
  if (id === null || at === null) {
    const read = new StoreRead(store, new StoreCursor(stream), signal)
    const row = await read.search(newest, wanted.matches).finally(() => read.end())
    // If it was deleted or never stored, its time still says where to begin.
    if (!row && at === null)
      throw new MesheryError('SINCE_UNKNOWN', `${wanted.label}, after which to begin, is not in the store`, {
        phase: 'store',
      })
    id = row ? stream.id(row) : null
    at = row ? stream.at(row) : at
  }
  const cursor = new StoreCursor(stream, Date.parse(at ?? ''))
  cursor.after = id ?? undefined
  return cursor
}

/**
 * Reads the rows that the cursor has not had, oldest first, a page at a time, and moves the cursor.
 *
 * Each page must begin with a row that the cursor covers; else an unread row may lie before it, and an earlier page is read
 * first. So rows may appear and disappear while it reads: totals are only a hint where to look. It ends at a short page.
 */
export async function* readNewRows<Item>(
  store: Store<Item>,
  cursor: StoreCursor<Item>,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], void> {
  store.grow()
  for (const isSecond of [false, true]) {
    const read = new StoreRead(store, cursor, signal)
    try {
      yield* read.rows()
    } catch (error) {
      if (read.found === 0) store.reconsider()
      throw error
    } finally {
      read.end()
    }
    // While rows come, a total and the rows beside it may be of two moments.
    const missing = read.found > 0 ? 0 : cursor.missing(read)
    if (missing === 0) return
    if (isSecond) {
      cursor.rowsRead += missing
      cursor.lost(storeNotReadable(`has ${missing} more rows, far before its end`, { missing }))
    } else cursor.end = Math.max(0, cursor.end - reread)
  }
}
