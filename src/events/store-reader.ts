import { MesheryError } from '../base/errors.ts'
import { readAscending } from './ascending-read.ts'
import { readDescending } from './descending-read.ts'
import { nextWindow, type PageWindow } from './page-window.ts'
import { maxStepsBack, ReadPass, repeats, timeOf } from './read-pass.ts'
import { ReadProgress, RowCount, storeNotReadable } from './read-progress.ts'
import type { Page, Store } from './store.ts'
import { StoreCursor } from './store-cursor.ts'

/** Where to begin: at the present end, at a moment (ms), so long before now by the server's clock, or after a row. */
export type Beginning<Item> =
  | { readonly from: 'now' }
  | { readonly from: 'time'; readonly at: number }
  | { readonly from: 'ago'; readonly durationMs: number }
  | ({ readonly from: 'row' } & Wanted<Item>)

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
 * A cursor at the beginning. Reads the newest page: its ids and its total, never a clock of ours.
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
  switch (beginning.from) {
    case 'now':
      return cursorAtEnd(store, newest)
    case 'time':
      return new StoreCursor(store.stream, beginning.at)
    case 'ago':
      return new StoreCursor(store.stream, (newest.date ?? Date.now()) - beginning.durationMs)
    case 'row':
      return cursorAfter(store, newest, beginning, signal)
  }
}

function cursorAtEnd<Item>({ stream }: Store<Item>, newest: Page<Item>): StoreCursor<Item> {
  const cursor = new StoreCursor(stream)
  for (const row of newest.items) cursor.skipRow(row)
  if (!newest.short) cursor.setOldestRemembered()
  cursor.rowCount = new RowCount(newest.total)
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
    const row = await find(store, newest, wanted, signal)
    // If it was deleted or never stored, its time still says where to begin.
    if (!row && at === null)
      throw new MesheryError('SINCE_UNKNOWN', `${wanted.label} is not in the store`, { phase: 'store' })
    id = row ? stream.id(row) : null
    at = row ? stream.at(row) : at
  }
  const cursor = new StoreCursor(stream, Date.parse(at ?? ''))
  cursor.after = id ?? undefined
  return cursor
}

/** Searches back from the newest page. Deletions move older rows past the place of the search: then it goes back for them. */
async function find<Item>(
  store: Store<Item>,
  newest: Page<Item>,
  wanted: Wanted<Item>,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const { id } = store.stream
  const progress = new ReadProgress(signal)
  let page = newest
  let previous = newest
  let window: PageWindow = [0, store.pageSize]
  for (let stepsBack = 0; ; ) {
    const row = page.items.find((item) => wanted.matches(item))
    if (row !== undefined) return row
    const [number, size] = window
    const known = new Set(previous.items.map(id))
    let end = number * size + page.count
    if (number > 0 && !page.items.some((item) => known.has(id(item))) && stepsBack < maxStepsBack) {
      stepsBack++
      end = Math.max(1, end - 2 * store.pageSize)
    } else if (page.short || repeats(store, number > 0 ? previous.items : [], page)) return undefined
    else previous = page
    await progress.page(page.items.length > 0, -timeOf(store, page.items.at(-1)), end, page.total)
    window = nextWindow(end, store.pageSize)
    page = await store.page(...window, 'desc', signal)
  }
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
  const { rowCount } = cursor
  for (let isSecond = false; ; isSecond = true) {
    const pass = new ReadPass(store, cursor, signal)
    const isRead = store.ascends && (yield* readAscending(pass))
    if (!isRead) {
      pass.previous = undefined
      yield* readDescending(pass)
    }
    rowCount.count(pass.found)
    // While rows come, a total and the rows beside it may be of two moments.
    const missing = pass.found > 0 ? 0 : rowCount.missing(pass.total)
    if (missing === 0) return
    if (isSecond) {
      rowCount.writeOff(missing)
      store.lost(
        storeNotReadable(`has ${missing} more rows that no read finds: they lie far before its end`, { missing }),
      )
      return
    }
    cursor.end = Math.max(0, cursor.end - reread)
  }
}
