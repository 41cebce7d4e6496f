import { MesheryError } from '../base/errors.ts'
import { readDescending } from './descending-read.ts'
import { type Page, smallestPage } from './page.ts'
import { firstWindow, nextWindow } from './page-window.ts'
import { descends, follows, mostStepsBack, type ReadPass, stalls, takeNewRows, timeOf } from './read-pass.ts'
import { ReadProgress, RowCount, storeNotReadable } from './read-progress.ts'
import type { Store } from './store.ts'
import { StoreCursor } from './store-cursor.ts'

/** Where a log is taken up: at its present end, at a moment, so long before now by the server's clock, or after a row. */
export type Beginning<Item> =
  | { readonly from: 'now' }
  | { readonly from: 'time'; readonly at: number }
  | { readonly from: 'ago'; readonly milliseconds: number }
  | ({ readonly from: 'row' } & Wanted<Item>)

/** Of each position, how many rows there were and were read. */
const censuses = new WeakMap<object, RowCount>()
/** So many rows before the end are read once more when some are missing. */
const lookAgain = 1_000

/** A row to begin after. With its id and its time it need not be searched. */
interface Wanted<Item> {
  /** What it is called in an error. */
  readonly label: string
  readonly id: string | null
  readonly at: string | null
  matches(row: Item): boolean
}

/** A position at the beginning. Reads the newest page: its ids and its total, never a clock of ours. */
export async function locateCursor<Item>(
  store: Store<Item>,
  beginning: Beginning<Item>,
  signal: AbortSignal,
): Promise<StoreCursor<Item>> {
  const newest = await store.newest(signal)
  let position = new StoreCursor(store.stream)
  switch (beginning.from) {
    case 'now':
      for (const row of newest.items) position.skipRow(row)
      if (!newest.short) position.setOldestRemembered()
      break
    case 'time':
      position = new StoreCursor(store.stream, beginning.at)
      break
    case 'ago':
      position = new StoreCursor(store.stream, (newest.date ?? Date.now()) - beginning.milliseconds)
      break
    case 'row': {
      let { id, at } = beginning
      if (id === null || at === null) {
        const row = await find(store, newest, beginning, signal)
        // Deleted, or never stored, its moment still tells where to begin.
        if (!row && at === null)
          throw new MesheryError('SINCE_UNKNOWN', `${beginning.label}, after which to begin, is not in the store`, {
            phase: 'store',
          })
        id = row ? store.stream.id(row) : null
        at = row ? store.stream.at(row) : at
      }
      position = new StoreCursor(store.stream, Date.parse(at ?? ''))
      position.after = id ?? undefined
    }
  }
  position.end = newest.total
  if (beginning.from === 'now') censuses.set(position, new RowCount(newest.total))
  return position
}

/** Searches back from the newest page. Rows deleted meanwhile draw older ones nearer, past it: then it goes back for them. */
async function find<Item>(
  store: Store<Item>,
  newest: Page<Item>,
  wanted: Wanted<Item>,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const { id } = store.stream
  let page = newest
  let previous = newest
  let [number, size] = [0, store.pageSize]
  const progress = new ReadProgress(signal)
  for (let stepsBack = 0; ; ) {
    const row = page.items.find((item) => wanted.matches(item))
    if (row !== undefined) return row
    const known = new Set(previous.items.map(id))
    let end = number * size + page.count
    if (number > 0 && !page.items.some((item) => known.has(id(item))) && stepsBack++ < mostStepsBack) {
      end = Math.max(1, end - 2 * store.pageSize)
    } else if (page.short || stalls(store, number > 0 ? previous.items : [], page)) return undefined
    else previous = page
    await progress.page(page.items.length > 0, -timeOf(store, page.items.at(-1)), end, page.total)
    ;[number, size] = nextWindow(end, store.pageSize)
    page = await store.page(number, size, 'desc', signal)
  }
}

/**
 * Reads what the position has not had yet, oldest first, a page at a time, and moves the position along.
 *
 * Each page must begin with a row that the position covers, else something may lie before it and an earlier page is
 * read first. Rows that were delivered as pushed are among them, and known by `laid`. This makes it safe against rows that appear and disappear while it reads: totals are only a hint where
 * to look. It ends at a short page.
 */
export async function* readNewRows<Item>(
  store: Store<Item>,
  position: StoreCursor<Item>,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], void> {
  const census = censuses.get(position) ?? new RowCount(0)
  censuses.set(position, census)
  store.grow()
  for (let again = false; ; again = true) {
    const pass: ReadPass<Item> = { store, position, signal, progress: new ReadProgress(signal), found: 0, total: 0 }
    if (!store.ascends || !(yield* ascend(pass))) yield* readDescending(pass)
    census.count(pass.found)
    // Under way, a total and the rows beside it may be of two moments.
    const missing = pass.found > 0 ? 0 : census.missing(pass.total)
    if (missing === 0) return
    if (!again) position.end = Math.max(0, position.end - lookAgain)
    else {
      census.writeOff(missing)
      store.lost(
        storeNotReadable(`has ${missing} more rows that no read finds: they lie far before its end`, { missing }),
      )
      return
    }
  }
}

async function* ascend<Item>(pass: ReadPass<Item>): AsyncGenerator<readonly Item[], boolean> {
  const { store, position, signal, progress } = pass
  let { pageSize } = store
  let [number, size] = firstWindow(position.end, pageSize)
  let back = pageSize
  let previous: readonly Item[] | undefined
  let stepsBack = 0
  let uncovered: number | undefined
  let ahead: Promise<Page<Item>> | undefined
  let settled: number | undefined
  for (;;) {
    const page = await (ahead ?? store.page(number, size, 'asc', signal))
    ahead = undefined
    if (signal.aborted) throw new MesheryError('CLOSED', 'The read was given up', { phase: 'store' })
    ;({ pageSize } = store)
    // A server that gives the same page again may have more on its first one.
    if (descends(store, page) || stalls(store, previous, page)) {
      store.ascends = false
      return false
    }
    // A total below what was read before tells nothing.
    settled ??= page.total < position.end ? Infinity : page.total
    pass.total = page.total
    const offset = number * size
    if (offset > 0 && !follows(store, position, previous, page.items)) {
      if (stepsBack++ > mostStepsBack) throw storeNotReadable('changes its ids or its order with every answer')
      await progress.page(false, 0, offset, page.total)
      uncovered = offset
      previous = undefined
      ;[number, size] = [Math.floor(Math.max(0, offset - back) / pageSize), pageSize]
      back *= 2
      continue
    }
    if (uncovered !== undefined && uncovered - offset > 3 * pageSize) {
      // The search went back in doubling steps: halve the way to the first page that is not covered.
      const place = await lastCovered(store, position, offset, uncovered, signal)
      uncovered = undefined
      if (place[0] * place[1] > offset) {
        ;[number, size] = place
        continue
      }
    }
    uncovered = undefined
    back = pageSize
    if (previous) stepsBack = Math.max(0, stepsBack - 1)
    previous = page.items
    const end = offset + page.count
    if (!page.short) {
      await progress.page(page.items.length > 0, timeOf(store, page.items.at(-1)), end, page.total)
      // Asked for while this one is being delivered. An error waits until the reader comes for it.
      ;[number, size] = nextWindow(end, pageSize)
      // Two pages of large rows at once would take too much memory.
      if (pageSize >= smallestPage) {
        ahead = store.page(number, size, 'asc', signal)
        ahead.catch(() => {})
      }
    }
    yield takeNewRows(pass, page.items)
    // What comes late while this reads lies near the end that it found at first: from there on the next one looks.
    position.end = Math.min(end, settled)
    if (page.short) return true
  }
}

/** The page before the last one that begins with a covered row, between an offset where one does and one where none does. */
async function lastCovered<Item>(
  store: Store<Item>,
  position: StoreCursor<Item>,
  covered: number,
  uncovered: number,
  signal: AbortSignal,
): Promise<[number: number, size: number]> {
  const { pageSize } = store
  let low = Math.floor(covered / pageSize)
  let high = Math.ceil(uncovered / pageSize)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const { items } = await store.page(middle, pageSize, 'asc', signal)
    if (items[0] !== undefined && position.coversRow(items[0])) low = middle
    else high = middle
  }
  return [low - 1, pageSize]
}
