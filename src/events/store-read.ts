import { type Ids, minPageSize, type Page, timeOf } from './page.ts'
import { firstWindow, leastOverlap, newerWindow, nextWindow, type PageWindow } from './page-window.ts'
import { ReadProgress, storeNotReadable } from './read-progress.ts'
import type { Store } from './store.ts'
import type { StoreCursor } from './store-cursor.ts'

/** How often one read goes back at most: the order of the store may change while it is read. */
const maxStepsBack = 40

/**
 * One read of the store, from the cursor to the end, in the order that the server supports.
 *
 * Both orders go back to a page that begins with rows that the cursor covers, then forward, page by page, each of which
 * must overlap the page before. Ascending, the read begins near the cursor; it goes back in steps that double (`#isPlace`),
 * finds the place by binary search (`#searchForward`), and asks for the next page while one is delivered (`#prefetch`).
 * Descending, it begins at the newest row.
 */
export class StoreRead<Item> {
  /** How many rows were not read before. */
  found = 0
  /** How many rows the store has, by its last answer. */
  total = 0
  readonly #store: Store<Item>
  readonly #cursor: StoreCursor<Item>
  readonly #signal: AbortSignal
  readonly #progress: ReadProgress
  /** Rows on a page. It shrinks with that of the store, and grows only between reads. */
  #pageSize: number
  /** The page that is read, then the one that is read next. */
  #window: PageWindow
  /** The ids of the page before, oldest first, while the read goes forward; undefined while it looks for a covered row. */
  previous: Ids | undefined
  /** How often it went back, less half for each page that followed on: where each second page does not, it grows. */
  #stepsBack = 0
  /** Ascending: how far the next step back goes, in rows. */
  #stepRows: number
  /** Ascending: the offset of the nearest page that does not begin with a covered row, while one is looked for. */
  #uncovered = 0
  /** Ascending: the next page, which was asked for while this one is delivered. */
  #ahead: Promise<Page<Item>> | undefined
  /** Descending: the ids of the page before, on the way back. */
  #newer: Ids | undefined

  constructor(store: Store<Item>, cursor: StoreCursor<Item>, signal: AbortSignal) {
    this.#store = store
    this.#cursor = cursor
    this.#signal = signal
    this.#progress = new ReadProgress(store, signal)
    this.#pageSize = this.#stepRows = store.pageSize
    this.#window = [0, this.#pageSize]
  }

  /** To be called when it has ended, in whatever way: it no longer slows down other reads. */
  end(): void {
    this.#progress.end()
  }

  /** The unread rows, oldest first, a page at a time. */
  async *rows(): AsyncGenerator<readonly Item[], void> {
    const isRead = this.#store.ascends && (yield* this.#ascending())
    if (isRead) return
    this.#store.ascends = false
    // Else each page on the way back would be behind the last one that was read, and without progress.
    this.#progress.edge = -Infinity
    this.#startAgain()
    yield* this.#descending()
  }

  /** Searches back from the newest page for a row. Deletions move older rows past the place of the search: then it goes back for them. */
  async search(newest: Page<Item>, matches: (row: Item) => boolean): Promise<Item | undefined> {
    let page = newest
    for (;;) {
      const row = page.items.find(matches)
      if (row !== undefined) return row
      const end = await this.#searchedUntil(page)
      if (end === undefined) return undefined
      await this.#progress.page(page.items.length > 0, -this.#lastAt(page), end, page.total)
      this.#window = nextWindow(end, this.#pageSize)
      page = await this.#receive(this.#ask('desc'))
    }
  }

  /** The offset up to which the search has come; undefined at its end. */
  async #searchedUntil(page: Page<Item>): Promise<number | undefined> {
    const end = this.#offset + page.count
    const newer = this.#offset > 0 ? this.#newer : undefined
    const ids = this.#ids(page.items)
    const isPastGap = newer?.some((id) => ids.includes(id)) === false
    if (isPastGap && this.#stepsBack < maxStepsBack) {
      this.#stepBack()
      return Math.max(1, end - 2 * this.#pageSize)
    }
    if (page.short) return undefined
    if (!this.#repeats(newer, page)) {
      this.#newer = ids
      return end
    }
    if (!(await this.#progress.canRepeat())) return undefined
    // As many rows as a page has may have been stored in between: then the first time it goes on to the next page.
    return this.#progress.repeats > 1 ? end - page.count : end
  }

  /** Returns false if the server does not keep to the order, or gives the same page again: its first page may have more. */
  async *#ascending(): AsyncGenerator<readonly Item[], boolean> {
    const cursor = this.#cursor
    this.#window = firstWindow(cursor.end, this.#pageSize)
    let maxEnd: number | undefined
    for (;;) {
      const page = await this.#receive(this.#ahead ?? this.#ask('asc'))
      this.#ahead = undefined
      const offset = this.#offset
      const isRepeated = this.#repeats(this.previous, page)
      const isWrong = isRepeated || this.#descends(page)
      // Two pages show that it keeps to no ascending order, since one may be wrong.
      if (isWrong && !(await this.#progress.canRepeat(isRepeated))) return false
      // Rows that were stored below may have moved those of the page before to this one: then the first time it goes on.
      if (isWrong && !(isRepeated && this.#progress.repeats < 2)) continue
      maxEnd ??= this.#trustedTotal()
      if (!(await this.#isPlace(page.items, offset))) continue
      const end = offset + page.count
      await this.#prefetch(page, end, !isRepeated)
      const unread = this.#take(page.items)
      yield unread
      // Large rows are not held until the next page has come.
      unread.length = page.items.length = 0
      // Rows that come late while this reads lie near the end that it found at first: the next read begins there.
      cursor.end = Math.min(end, maxEnd)
      if (page.short) return true
    }
  }

  /** A total below what was read before is not trusted. */
  #trustedTotal(): number {
    return this.total < this.#cursor.end ? Infinity : this.total
  }

  /** Whether the read goes forward with this page. If it begins with no covered row, goes back, twice as far each time. */
  async #isPlace(rows: readonly Item[], offset: number): Promise<boolean> {
    if (offset === 0 || this.#follows(rows)) return this.#searchForward(offset)
    this.#stepBack()
    await this.#progress.page(false, 0, offset, this.total)
    this.#uncovered = offset
    this.#window = [Math.floor(Math.max(0, offset - this.#stepRows) / this.#pageSize), this.#pageSize]
    this.#stepRows *= 2
    return false
  }

  /**
   * The page begins with a covered row. If it went far back for it, finds the last such page by binary search. Returns
   * false if that one is read instead.
   */
  async #searchForward(offset: number): Promise<boolean> {
    const size = this.#pageSize
    const uncovered = this.#uncovered
    this.#uncovered = 0
    if (uncovered - offset > 3 * size) {
      let low = Math.floor(offset / size)
      let high = Math.ceil(uncovered / size)
      while (high - low > 1) {
        const middle = (low + high) >> 1
        this.#window = [middle, size]
        const { items } = await this.#receive(this.#ask('asc'))
        const isCovered = this.#cursor.coversRow(items[0])
        if (isCovered) low = middle
        else high = middle
      }
      this.#window = [low - 1, size]
      if (this.#offset > offset) return false
    }
    this.#stepRows = size
    return true
  }

  /** Finds the next page, and asks for it while this one is delivered. An error waits until the reader comes for it. */
  async #prefetch(page: Page<Item>, end: number, isNew: boolean): Promise<void> {
    if (page.short) return
    await this.#progress.page(isNew, this.#lastAt(page), end, page.total)
    this.#window = nextWindow(end, this.#pageSize)
    // Two pages of large rows at once would take too much memory.
    if (this.#pageSize < minPageSize) return
    this.#ahead = this.#ask('asc')
    this.#ahead.catch(() => {})
  }

  async *#descending(): AsyncGenerator<readonly Item[], void> {
    for (;;) {
      const page = await this.#receive(this.#ask('desc'))
      // Its rows are large, and no page before overlaps it.
      if (page.cut && !this.previous) {
        this.#startAgain()
        continue
      }
      const offset = this.#offset
      const rows = page.items.toReversed()
      const isSame = this.#repeats(this.#newer, page)
      const isWrong = isSame && this.#hasMore(page)
      if (isWrong && (await this.#readsAgain())) continue
      if (isWrong) this.#cursor.lost(storeNotReadable('gives the same page for each number'))
      if (!page.short && !isSame && !this.#follows(rows)) {
        await this.#goBack(page)
        continue
      }
      this.#newer = undefined
      yield this.#take(rows)
      this.#cursor.end = page.total
      if (offset === 0) break
      this.#window = newerWindow(offset, this.#pageSize)
    }
  }

  /** A descending page repeats the one before it: whether another page is read. */
  async #readsAgain(): Promise<boolean> {
    const canRepeat = await this.#progress.canRepeat()
    // As many rows as a page has may have been stored in between: then the first time it goes on to the next page.
    if (canRepeat && this.#progress.repeats === 1) this.#window[0]++
    return canRepeat
  }

  /**
   * Whether the server has more rows than this page, which repeats the one before it. Past its end it may return its last page
   * again: the one with the oldest rows, which is full and ends where this one begins.
   */
  #hasMore(page: Page<Item>): boolean {
    const { edge, repeats } = this.#progress
    return repeats > 0 || -this.#lastAt(page) < edge || page.total !== this.#offset
  }

  /** Rows may lie before this page. */
  async #goBack(page: Page<Item>): Promise<void> {
    const { items, count, total } = page
    const previous = this.previous
    if (previous) this.#stepBack()
    const offset = this.#offset
    await this.#progress.page(!previous && items.length > 0, -this.#lastAt(page), offset + count, total || Infinity)
    this.#newer = previous ? undefined : this.#ids(items)
    // Rows that are stored meanwhile only move the wanted page further back.
    const sameRows = Math.floor((offset + this.#window[1] - 1) / this.#pageSize)
    this.#window = [previous ? sameRows : sameRows + 1, this.#pageSize]
  }

  /** In descending order, from the newest page. */
  #startAgain(): void {
    this.#window = [0, this.#pageSize]
    this.previous = this.#newer = undefined
    this.#stepsBack = 0
  }

  /** How many rows lie before the page, in the order of the read. */
  get #offset(): number {
    return this.#window[0] * this.#window[1]
  }

  #ask(order: 'asc' | 'desc'): Promise<Page<Item>> {
    return this.#store.page(...this.#window, order, this.#signal)
  }

  async #receive(asked: Promise<Page<Item>>): Promise<Page<Item>> {
    const page = await asked
    await this.#progress.turn()
    this.#pageSize = Math.min(this.#pageSize, this.#store.pageSize)
    this.total = page.total
    return page
  }

  /**
   * Whether no unread row lies before these, oldest first: they begin within the page before, or, where there is none, with
   * as many covered rows as the overlap has.
   */
  #follows(rows: readonly Item[]): boolean {
    const previous = this.previous
    const ids = this.#ids(rows)
    if (previous) return ids.includes(previous.at(-1)) || previous.includes(ids[0])
    return [rows[0], rows[Math.floor(this.#pageSize * leastOverlap) - 1]].every((row) => this.#cursor.coversRow(row))
  }

  /** Rows may lie before those just read: it looks for a covered row again. */
  #stepBack(): void {
    if (this.#stepsBack > maxStepsBack) throw storeNotReadable('changes its ids or order')
    // The number of the first page may have been found out while the server returned wrong pages.
    if (this.#stepsBack++ % 16 === 2) this.#store.recount()
    this.previous = undefined
  }

  /** These rows, oldest first, follow on. Returns those that were not read before. */
  #take(rows: readonly Item[]): Item[] {
    if (this.previous) this.#stepsBack = Math.max(0, this.#stepsBack - 0.5)
    const ids = this.#ids(rows)
    this.previous = ids
    const cursor = this.#cursor
    // Before, not after: rows that are delivered now may yet be given up (`forget`), and must not count as old.
    cursor.prune()
    const after = ids.indexOf(cursor.after)
    for (const row of rows.slice(0, after + 1)) cursor.skipRow(row)
    if (after >= 0) cursor.after = undefined
    const unread = rows.filter((row) => cursor.rememberRow(row))
    this.found += unread.length
    return unread
  }

  /** Whether a page that is not the last one has only rows of the page before it. */
  #repeats(before: Ids | undefined, { items, short }: Page<Item>): boolean {
    return !short && items.length > 0 && this.#ids(items).every((id) => before?.includes(id))
  }

  #ids(rows: readonly Item[]): Ids {
    return rows.map(this.#store.stream.id)
  }

  /** Whether a page that was asked for in ascending order is not, or cannot be placed for want of a total. */
  #descends({ items, total, count }: Page<Item>): boolean {
    return items.length > 0 && (total < count || this.#timeOf(items[0]) > this.#timeOf(items.at(-1)))
  }

  /** When the last row of the page was stored, in ms; 0 if it has no time. */
  #lastAt({ items }: Page<Item>): number {
    return this.#timeOf(items.at(-1)) || 0
  }

  /** When the row was stored, in ms; NaN if it has no time. */
  #timeOf(row: Item | undefined): number {
    return timeOf(this.#store.stream, row)
  }
}
