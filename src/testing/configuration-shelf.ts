import { MesheryError } from '../base/errors.ts'
import type { StoredContent } from './configuration-rows.ts'
import { goTime } from './go.ts'
import { includes, inOrder, pageOf, rowsOf, type Window, windowOf } from './listing.ts'
import { type Answer, refuse, type Surroundings } from './part.ts'
import type { Manners } from './release.ts'
import { fromJSON, isRecord } from './reply.ts'

/** What tells one of the three lists from the others. */
export interface Label<Row extends StoredContent> {
  /** The key of the rows in an answer. */
  readonly name: 'patterns' | 'filters' | 'applications'
  /** What one row is called in an error. */
  readonly one: string
  /** A row that is made now, by a user. */
  build(given: Partial<Row>, now: string, user: string | null): Row
  /** A row as REST spells it. */
  item(row: Row, manners: Manners): object
  /** A row as GraphQL spells it. */
  graphql(row: Row): object
  /** The visibilities that are meant when none is named; empty for all. */
  unsaid(manners: Manners): readonly unknown[]
  /** The names of the page size in a REST query, the first that is given counting. */
  sizeKeys(manners: Manners): readonly string[]
}

/** Which rows are wanted, in what order: the values of a REST query or of a GraphQL selector. */
interface Wish {
  readonly search: unknown
  readonly order: unknown
  /** `YYYY-MM-DD HH:MM:SS` in UTC. */
  readonly updated_after: unknown
  readonly visibility: readonly unknown[]
}

/** What a page that is no number is answered with. */
export const badNumber = 'strconv.ParseUint: invalid syntax'

/** One of the three lists. */
export class Shelf<Row extends StoredContent> {
  readonly #around: Surroundings
  readonly #label: Label<Row>
  readonly #changed: () => void
  readonly #rows = new Map<string, Row>()

  /** `changed` is called after each change. */
  constructor(around: Surroundings, label: Label<Row>, changed: () => void) {
    this.#around = around
    this.#label = label
    this.#changed = changed
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()]
  }

  add(given: Partial<Row>): Row {
    return this.#put(this.#label.build(given, this.#now(), this.#around.gatekeeper.user(this.#around.manners)))
  }

  /** @throws MesheryError INVALID_OPTION when there is no such row. */
  update(id: string, changes: Partial<Row>): Row {
    const row = this.#rows.get(id)
    if (row) return this.#put({ ...row, updated_at: this.#now(), ...changes, id })
    throw new MesheryError('INVALID_OPTION', `There is no ${this.#label.one} ${id}.`, { phase: 'options' })
  }

  /** One change, however many rows. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.#rows.delete(id)
    this.#changed()
  }

  /** Answers a REST read. */
  answer(query: URLSearchParams): Answer {
    const { manners } = this.#around
    const { name, item, sizeKeys } = this.#label
    const sizeKey = sizeKeys(manners).find((key) => query.has(key)) ?? ''
    const window = windowOf(query.get('page'), query.get(sizeKey))
    if (!window) return refuse(manners, 500, badNumber)
    const visibility = fromJSON(query.get('visibility') || '[]')
    if (!Array.isArray(visibility)) return refuse(manners, manners.snake ? 500 : 400, 'visibility is no JSON array')
    const { search, order, updated_after } = Object.fromEntries(query)
    const rows = this.#list({ search, order, updated_after, visibility })
    const items = rowsOf(rows, window).map((row) => item(row, manners))
    return { json: pageOf(name, items, rows.length, window, manners) }
  }

  /** The page that a GraphQL selector means. Undefined for a page that is no number. */
  graphqlPage(given: unknown): object | undefined {
    const { page, pageSize, search, order, updated_after, visibility }: Readonly<Record<string, unknown>> = isRecord(
      given,
    )
      ? given
      : {}
    const window: Window | undefined = windowOf(page, pageSize)
    if (!window) return undefined
    const rows = this.#list({ search, order, updated_after, visibility: Array.isArray(visibility) ? visibility : [] })
    const items = rowsOf(rows, window).map((row) => this.#label.graphql(row))
    return { page: window.page, page_size: window.size, total_count: rows.length, [this.#label.name]: items }
  }

  #put(row: Row): Row {
    this.#rows.set(row.id, row)
    this.#changed()
    return row
  }

  #now(): string {
    return goTime(this.#around.clock())
  }

  #list({ search, order, updated_after, visibility }: Wish): readonly Row[] {
    const { manners } = this.#around
    const after = updated_after ? Date.parse(`${String(updated_after).replace(' ', 'T')}Z`) : Number.NEGATIVE_INFINITY
    const visible = visibility.length > 0 ? visibility : this.#label.unsaid(manners)
    const found = this.rows.filter(
      (row) =>
        includes(row.name, search) &&
        Date.parse(row.updated_at) > after &&
        (visible.length === 0 || visible.includes(row.visibility)),
    )
    return inOrder<StoredContent & Row>(found, order, ['updated_at', 'created_at', 'name'], manners)
  }
}
