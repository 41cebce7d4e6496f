import type { StoredEvent } from './stored-event.ts'

/** One page of rows, and how many rows there are in all. */
export interface Listing {
  readonly rows: readonly StoredEvent[]
  readonly total: number
}

/** What a request can ask of a listing. */
export interface ListingQuery {
  /** Undefined: in the order of insertion. */
  readonly sort: 'created_at' | 'updated_at' | undefined
  readonly order: 'asc' | 'desc'
  /** Rows to skip. */
  readonly offset: number
  /** Undefined: all of them. */
  readonly limit: number | undefined
  matches?(event: StoredEvent): boolean
}

/** The table of events, in the order of `createdAt`; rows of one moment in the order of their insertion. */
export class EventStore {
  #rows: StoredEvent[] = []
  readonly #times = new Map<string, number>()
  readonly #insertions = new Map<string, number>()
  #inserted = 0
  #counts: ReadonlyMap<string, ReadonlyMap<string, number>> | undefined
  /** The whole table in the order of the last request, so that reading all pages sorts once. */
  #ordered: { sort: ListingQuery['sort']; order: ListingQuery['order']; rows: readonly StoredEvent[] } | undefined

  get rows(): readonly StoredEvent[] {
    return this.#rows
  }

  /** Inserts a row at its place. It replaces a row with the same id, as Meshery's `Save` does. */
  insert(event: StoredEvent): void {
    if (this.#times.has(event.id)) this.remove([event.id])
    this.#clearCaches()
    const at = Date.parse(event.createdAt)
    this.#times.set(event.id, at)
    this.#insertions.set(event.id, this.#inserted++)
    let place = this.#rows.length
    for (let below = this.#rows[place - 1]; below && this.#time(below) > at; below = this.#rows[place - 1]) place--
    if (place === this.#rows.length) this.#rows.push(event)
    else this.#rows.splice(place, 0, event)
  }

  /** Sets the status of a row, which keeps its place. */
  setStatus(id: string, status: string): void {
    this.#clearCaches()
    this.#rows = this.#rows.map((event) => (event.id === id ? { ...event, status } : event))
  }

  remove(ids: readonly string[]): void {
    const removed = new Set(ids)
    this.#clearCaches()
    this.#rows = this.#rows.filter((event) => !removed.has(event.id))
    for (const id of ids) {
      this.#times.delete(id)
      this.#insertions.delete(id)
    }
  }

  clear(): void {
    this.remove(this.#rows.map((event) => event.id))
  }

  list({ sort, order, offset, limit, matches }: ListingQuery): Listing {
    const rows = this.#inOrder(sort, order, matches)
    return { rows: rows.slice(offset, limit === undefined ? undefined : offset + limit), total: rows.length }
  }

  /** The number of rows with a status, by severity. */
  countBySeverity(status: string): readonly { readonly severity: string; readonly count: number }[] {
    return [...this.#counted()].flatMap(([severity, byStatus]) => {
      const count = byStatus.get(status)
      return count === undefined ? [] : [{ severity, count }]
    })
  }

  readCount(): number {
    return this.countBySeverity('read').reduce((sum, { count }) => sum + count, 0)
  }

  /** By severity, then by status. Counted once until a row changes, because every page reports it. */
  #counted(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    if (this.#counts) return this.#counts
    const counts = new Map<string, Map<string, number>>()
    for (const { severity, status } of this.#rows) {
      const byStatus = counts.get(severity) ?? new Map<string, number>()
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
      counts.set(severity, byStatus)
    }
    this.#counts = counts
    return counts
  }

  #clearCaches(): void {
    this.#ordered = undefined
    this.#counts = undefined
  }

  #time(event: StoredEvent): number {
    return this.#times.get(event.id) ?? 0
  }

  #inOrder(
    sort: ListingQuery['sort'],
    order: ListingQuery['order'],
    matches: ListingQuery['matches'],
  ): readonly StoredEvent[] {
    if (matches) return this.#sort(this.#rows.filter(matches), sort, order)
    const known = this.#ordered
    if (known && known.sort === sort && known.order === order) return known.rows
    const rows = this.#sort(this.#rows, sort, order)
    this.#ordered = { sort, order, rows }
    return rows
  }

  #sort(rows: readonly StoredEvent[], sort: ListingQuery['sort'], order: 'asc' | 'desc'): readonly StoredEvent[] {
    const sign = order === 'asc' ? 1 : -1
    const insertion = (event: StoredEvent): number => this.#insertions.get(event.id) ?? 0
    if (sort === 'created_at') {
      // Sorting is stable, so that rows of one moment keep their order in both directions, as in SQLite.
      return order === 'asc' ? rows : rows.toSorted((a, b) => this.#time(b) - this.#time(a))
    }
    if (sort === 'updated_at') {
      return rows.toSorted((a, b) => sign * (Date.parse(a.updatedAt) - Date.parse(b.updatedAt)))
    }
    return rows.toSorted((a, b) => insertion(a) - insertion(b))
  }
}
