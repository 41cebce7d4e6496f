import { MesheryError } from '../base/errors.ts'
import { goOn, leastOverlap, lookAt, nearer } from './page-places.ts'
import { Position } from './position.ts'
import type { Page, Store } from './store.ts'

/** A store whose order changes under the reader is not searched for ever. */
const mostStepsBack = 40

/** Where a log is taken up: at its present end, at a moment, so long before now by the server's clock, or after a row. */
export type Beginning<Item> =
  | { readonly from: 'now' }
  | { readonly from: 'time'; readonly at: number }
  | { readonly from: 'ago'; readonly milliseconds: number }
  | ({ readonly from: 'row' } & Wanted<Item>)

/** A row to begin after. With its id and its time it need not be searched. */
interface Wanted<Item> {
  /** What it is called in an error. */
  readonly label: string
  readonly id: string | null
  readonly at: string | null
  matches(row: Item): boolean
}

/** A position at the beginning. Reads the newest page: its ids and its total, never a clock of ours. */
export async function locate<Item>(
  store: Store<Item>,
  beginning: Beginning<Item>,
  signal: AbortSignal,
): Promise<Position<Item>> {
  const newest = await store.newest(signal)
  let position = new Position(store.stream)
  switch (beginning.from) {
    case 'now':
      for (const row of newest.items) position.skip(row)
      if (!newest.short) position.drawFloor()
      break
    case 'time':
      position = new Position(store.stream, beginning.at)
      break
    case 'ago':
      position = new Position(store.stream, (newest.date ?? Date.now()) - beginning.milliseconds)
      break
    case 'row': {
      let { id, at } = beginning
      if (id === null || at === null) {
        const row = await find(store, newest, beginning, signal)
        // Deleted, or never stored, its moment still tells where to begin.
        if (!row && at === null)
          throw new MesheryError('SINCE_UNKNOWN', `${beginning.label} is not in the store`, { phase: 'store' })
        id = row ? store.stream.id(row) : null
        at = row ? store.stream.at(row) : at
      }
      position = new Position(store.stream, Date.parse(at ?? ''))
      position.after = id ?? undefined
    }
  }
  position.end = newest.total
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
  for (let stepsBack = 0; ; ) {
    const row = page.items.find((item) => wanted.matches(item))
    if (row !== undefined) return row
    const known = new Set(previous.items.map(id))
    let end = number * size + page.count
    if (number > 0 && !page.items.some((item) => known.has(id(item))) && stepsBack++ < mostStepsBack) {
      end = Math.max(1, end - 2 * store.pageSize)
    } else if (page.short) return undefined
    else previous = page
    ;[number, size] = goOn(end, store.pageSize)
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
export async function* read<Item>(
  store: Store<Item>,
  position: Position<Item>,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], void> {
  if (store.ascends && (yield* ascend(store, position, signal))) return
  yield* descend(store, position, signal)
}

async function* ascend<Item>(
  store: Store<Item>,
  position: Position<Item>,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], boolean> {
  let [number, size] = lookAt(position.end, store.pageSize)
  const { pageSize } = store
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
    if (descends(store, page)) {
      store.ascends = false
      return false
    }
    // A total below what was read before tells nothing.
    settled ??= page.total < position.end ? Infinity : page.total
    const offset = number * size
    if (offset > 0 && !follows(store, position, previous, page.items) && stepsBack++ < mostStepsBack) {
      uncovered = offset
      previous = undefined
      ;[number, size] = [Math.floor(Math.max(0, offset - back) / pageSize), pageSize]
      back *= 2
      continue
    }
    if (uncovered !== undefined && uncovered - offset > 3 * pageSize) {
      // The search went back in doubling steps: halve the way to the first page that is not covered.
      number = await lastCovered(store, position, offset, uncovered, signal)
      uncovered = undefined
      if (number * pageSize > offset) {
        size = pageSize
        continue
      }
    }
    uncovered = undefined
    back = pageSize
    previous = page.items
    if (!page.short) {
      // Asked for while this one is being delivered. An error waits until the reader comes for it.
      ;[number, size] = goOn(offset + page.count, pageSize)
      ahead = store.page(number, size, 'asc', signal)
      ahead.catch(() => {})
    }
    yield take(position, page.items)
    // What comes late while this reads lies near the end that it found at first: from there on the next one looks.
    position.end = Math.min(offset + page.count, settled)
    if (!ahead) return true
  }
}

/** The page before the last one that begins with a covered row, between an offset where one does and one where none does. */
async function lastCovered<Item>(
  store: Store<Item>,
  position: Position<Item>,
  covered: number,
  uncovered: number,
  signal: AbortSignal,
): Promise<number> {
  const { pageSize } = store
  let low = Math.floor(covered / pageSize)
  let high = Math.ceil(uncovered / pageSize)
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const { items } = await store.page(middle, pageSize, 'asc', signal)
    if (items[0] !== undefined && position.covers(items[0])) low = middle
    else high = middle
  }
  return low - 1
}

/** For servers that know no ascending order: back to a covered row, then forward again, a page in memory at a time. */
async function* descend<Item>(
  store: Store<Item>,
  position: Position<Item>,
  signal: AbortSignal,
): AsyncGenerator<readonly Item[], void> {
  const { pageSize } = store
  let [number, size] = [0, pageSize]
  let stepsBack = 0
  let previous: readonly Item[] | undefined
  for (;;) {
    const page = await store.page(number, size, 'desc', signal)
    const rows = page.items.toReversed()
    if (!page.short && !follows(store, position, previous, rows) && (!previous || stepsBack++ < mostStepsBack)) {
      // What is new meanwhile only moves it further back.
      ;[number, size] = [Math.floor(((number + 1) * size - 1) / pageSize) + (previous ? 0 : 1), pageSize]
      previous = undefined
      continue
    }
    previous = rows
    yield take(position, rows)
    position.end = page.total
    if (number === 0) return
    ;[number, size] = nearer(number * size, pageSize)
  }
}

/**
 * Whether nothing lies before these rows, oldest first, that should be read: they begin within the previous page, or,
 * the first ones, with as many covered rows as the overlap has.
 */
function follows<Item>(
  { stream: { id }, pageSize }: Store<Item>,
  position: Position<Item>,
  previous: readonly Item[] | undefined,
  rows: readonly Item[],
): boolean {
  const first = rows[0]
  if (previous) return first !== undefined && previous.some((row) => id(row) === id(first))
  return [first, rows[Math.floor(pageSize * leastOverlap) - 1]].every(
    (row) => row !== undefined && position.covers(row),
  )
}

/** Whether a page that was asked for in ascending order is not, or cannot be placed for want of a total. */
function descends<Item>(store: Store<Item>, page: Page<Item>): boolean {
  const [first, last] = [page.items[0], page.items.at(-1)]
  if (first === undefined || last === undefined) return false
  const { at } = store.stream
  return page.total < page.count || Date.parse(at(first) ?? '') > Date.parse(at(last) ?? '')
}

function take<Item>(position: Position<Item>, rows: readonly Item[]): readonly Item[] {
  // Before, not after: what is handed out now may yet be given back (`forget`), and must not lie below the floor.
  position.prune()
  const after = position.after === undefined ? -1 : rows.findIndex((row) => position.isAfter(row))
  if (after >= 0) {
    for (const row of rows.slice(0, after + 1)) position.skip(row)
    position.after = undefined
  }
  return rows.filter((row) => position.fresh(row) || position.laid.has(row))
}
