// Reads the list of events, a page or all of them. Finds out whether pages are counted from 0 or from 1.
import { events, type MesheryEvent } from '../streams/events.ts'
import { type CheckedFilters, filterQuery, matches } from './arguments.ts'
import type { EventPage } from './event-actions.ts'
import { EventPages } from './event-pages.ts'
import type { EventRequests } from './event-requests.ts'

/** One page as the server gave it. */
interface Rows {
  readonly rows: readonly MesheryEvent[]
  /** How many rows match the filters in all; 0 where the server does not say. */
  readonly total: number
}

/** Which rows of the list. */
interface Window {
  /** Counted from 0. */
  readonly page: number
  readonly pageSize: number
}

/** How many rows show how pages are counted. */
const probeSize = 20
/** Rows of one request of `listAll`. */
const allPageSize = 100

export class EventList {
  readonly #requests: EventRequests
  /** The number of the first page, by the path of the list. */
  readonly #firstPages = new Map<string, 0 | 1>()

  constructor(requests: EventRequests) {
    this.#requests = requests
  }

  async page(window: Window, filters: CheckedFilters, signal: AbortSignal): Promise<EventPage> {
    const { page, pageSize } = window
    const { rows, total } = await this.#rows(window, filters, signal)
    const matching = rows.filter((event) => matches(event, filters))
    const isCounted = total > 0 || rows.length === 0
    return {
      events: matching,
      page,
      pageSize,
      // Rows that do not match: the server does not know a filter, and counts them.
      totalCount: isCounted && matching.length === rows.length ? total : null,
      hasMore: isCounted ? (page + 1) * pageSize < total : rows.length >= pageSize,
    }
  }

  /** The rows of one page after the other, from the newest back, each once. */
  async *all(
    filters: CheckedFilters,
    read: <T>(run: (signal: AbortSignal) => Promise<T>) => Promise<T>,
  ): AsyncGenerator<MesheryEvent, void, undefined> {
    const pages = new EventPages(allPageSize)
    while (!pages.isOver) {
      const window = { page: pages.page, pageSize: allPageSize }
      const { rows, total } = await read((signal) => this.#rows(window, filters, signal))
      for (const event of pages.take(rows, total)) if (matches(event, filters)) yield event
    }
  }

  async #rows({ page, pageSize }: Window, filters: CheckedFilters, signal: AbortSignal): Promise<Rows> {
    const first = page === 0 ? 0 : await this.#findFirstPage(signal)
    return this.#fetch({ page: page + first, pageSize }, { ...filterQuery(filters), order: 'desc' }, signal)
  }

  async #fetch(
    { page, pageSize }: Window,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Rows> {
    const size = String(pageSize)
    const window = { page: String(page), pagesize: size, pageSize: size, sort: 'created_at' }
    const answer = events.page(await this.#requests.list({ ...window, ...query }, signal)) ?? { rows: [], total: 0 }
    const rows = answer.rows.flatMap((row) => events.item(row, 'store') ?? [])
    return { rows, total: Math.max(0, answer.total) }
  }

  /** Releases of 2023 and early 2024 count from 1, and give page 1 for page 0. The oldest rows show it: they seldom move. */
  async #findFirstPage(signal: AbortSignal): Promise<0 | 1> {
    const { storePath = '' } = this.#requests
    const found = this.#firstPages.get(storePath)
    if (found !== undefined) return found
    const [zero, one] = await Promise.all(
      [0, 1].map((page) => this.#fetch({ page, pageSize: probeSize }, { order: 'asc' }, signal)),
    )
    const known = new Set(zero?.rows.map(({ id }) => id))
    const rows = one?.rows ?? []
    const isSame = rows.length > 0 && rows.every(({ id }) => known.has(id))
    // A short page may be the last one, given again: it proves nothing for longer.
    if (!isSame || rows.length === probeSize) this.#firstPages.set(this.#requests.storePath ?? '', isSame ? 1 : 0)
    return isSame ? 1 : 0
  }
}
