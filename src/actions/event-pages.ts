import type { MesheryEvent } from '../streams/events.ts'

/** After so many pages without a new row, a server that knows no total repeats its last page. */
const mostOldPages = 3

/** The way through all pages of a list that changes meanwhile, newest first: which page is next, and which rows are new. */
export class EventPages {
  /** The page to read next, counted from 0. */
  page = 0
  isOver = false
  readonly #pageSize: number
  readonly #seen = new Set<string>()
  #total = 0
  #oldPages = 0

  constructor(pageSize: number) {
    this.#pageSize = pageSize
  }

  /**
   * Takes the rows of `page`, and returns those that are new. Added rows move others onto later pages, where they are
   * skipped. Deleted ones, and those that match no more, move others onto earlier pages, which are read again.
   * @param total How many rows there are on all pages; 0: unknown.
   */
  take(rows: readonly MesheryEvent[], total: number): readonly MesheryEvent[] {
    const fresh = rows.filter(({ id }) => id !== null && !this.#seen.has(id))
    for (const { id } of fresh) if (id !== null) this.#seen.add(id)
    const gone = total > 0 ? Math.max(0, this.#total - total) : 0
    this.#total = total
    this.#oldPages = fresh.length > 0 || gone > 0 ? 0 : this.#oldPages + 1
    const isRepeated = this.#oldPages >= mostOldPages && (this.page + 1) * this.#pageSize >= total
    this.isOver = gone === 0 && (rows.length === 0 || isRepeated)
    this.page = gone === 0 ? this.page + 1 : Math.max(0, this.page - Math.ceil(gone / this.#pageSize))
    return fresh
  }
}
