import type { StoredEvent } from './stored-event.ts'

/** One page of rows, and how many rows there are in all. */
export interface Listing {
  readonly rows: readonly StoredEvent[]
  readonly total: number
}

/** What a listing can ask for. */
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

/** The table of events. Rows are kept by `createdAt`, and rows of one moment in the order of their insertion. */
export class EventStore {
  #rows: StoredEvent[] = []
  readonly #times = new Map<string, number>()
  readonly #insertions = new Map<string, number>()
  readonly #system = new Set<string>()
  #inserted = 0

  get rows(): readonly StoredEvent[] {
    return this.#rows
  }

  /** Whether the row belongs to the server itself rather than to a user. */
  isSystem(event: StoredEvent): boolean {
    return this.#system.has(event.id)
  }

  insert(event: StoredEvent, system: boolean): void {
    const at = Date.parse(event.createdAt)
    this.#times.set(event.id, at)
    this.#insertions.set(event.id, this.#inserted++)
    if (system) this.#system.add(event.id)
    let place = this.#rows.length
    for (let below = this.#rows[place - 1]; below && this.#time(below) > at; below = this.#rows[place - 1]) place--
    if (place === this.#rows.length) this.#rows.push(event)
    else this.#rows.splice(place, 0, event)
  }

  remove(ids: readonly string[]): void {
    const gone = new Set(ids)
    this.#rows = this.#rows.filter((event) => !gone.has(event.id))
    for (const id of ids) {
      this.#times.delete(id)
      this.#insertions.delete(id)
      this.#system.delete(id)
    }
  }

  clear(): void {
    this.remove(this.#rows.map((event) => event.id))
  }

  list({ sort, order, offset, limit, matches }: ListingQuery): Listing {
    const found = matches ? this.#rows.filter(matches) : this.#rows
    const rows = this.#ordered(found, sort, order)
    return { rows: rows.slice(offset, limit === undefined ? undefined : offset + limit), total: rows.length }
  }

  #time(event: StoredEvent): number {
    return this.#times.get(event.id) ?? 0
  }

  #ordered(rows: readonly StoredEvent[], sort: ListingQuery['sort'], order: 'asc' | 'desc'): readonly StoredEvent[] {
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
