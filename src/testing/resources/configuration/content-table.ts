import { isRecord } from '../../../base/checks.ts'
import { MesheryError } from '../../../base/errors.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { goTime } from '../../wire/go.ts'
import { parseJSON } from '../../wire/json.ts'
import { ChangeSignal } from '../change-signal.ts'
import { badNumber, includes, listingPage, parseWindow, rowsInWindow, sortRows } from '../listing.ts'
import type { StoredContent } from './content-rows.ts'

/** How one of the three lists differs from the others. */
export interface ContentDescription<Row extends StoredContent> {
  /** The key of the rows in an answer. */
  readonly name: 'patterns' | 'filters' | 'applications'
  /** The name of one row in an error. */
  readonly one: string
  /** Creates a row of a user at the time `now`. */
  build(given: Partial<Row>, now: string, user: string | null): Row
  /** A row under its names in REST. */
  item(row: Row, releaseProfile: ReleaseProfile): object
  /** A row under its names in GraphQL. */
  graphql(row: Row): object
  /** The visibilities that a request without any means. Empty: all. */
  defaultVisibilities(releaseProfile: ReleaseProfile): readonly unknown[]
  /** The names of the page size in a REST query. The first one in the query counts. */
  sizeKeys(releaseProfile: ReleaseProfile): readonly string[]
}

/** Which rows a request asks for, and in what order: the values of a REST query or of a GraphQL selector. */
interface ContentQuery {
  readonly search: unknown
  readonly order: unknown
  /** `YYYY-MM-DD HH:MM:SS` in UTC. */
  readonly updated_after: unknown
  readonly visibility: readonly unknown[]
}

/** One of the three lists. */
export class ContentTable<Row extends StoredContent> {
  readonly #environment: FakeEnvironment
  readonly #description: ContentDescription<Row>
  readonly #rows = new Map<string, Row>()
  readonly changed: ChangeSignal = new ChangeSignal()

  constructor(environment: FakeEnvironment, description: ContentDescription<Row>) {
    this.#environment = environment
    this.#description = description
  }

  get rows(): readonly Row[] {
    return [...this.#rows.values()]
  }

  add(given: Partial<Row>): Row {
    const { identityProvider, releaseProfile } = this.#environment
    return this.#put(this.#description.build(given, this.#now(), identityProvider.user(releaseProfile)))
  }

  /** @throws MesheryError INVALID_OPTION when there is no such row. */
  update(id: string, changes: Partial<Row>): Row {
    const row = this.#rows.get(id)
    if (row) return this.#put({ ...row, updated_at: this.#now(), ...changes, id })
    throw new MesheryError('INVALID_OPTION', `There is no ${this.#description.one} ${id}.`, { phase: 'options' })
  }

  /** Removes rows, as one change. */
  remove(ids: readonly string[]): void {
    for (const id of ids) this.#rows.delete(id)
    this.changed.send()
  }

  /** Answers a REST read. */
  answer(query: URLSearchParams): RouteAnswer {
    const { releaseProfile } = this.#environment
    const { name, item, sizeKeys } = this.#description
    const sizeKey = sizeKeys(releaseProfile).find((key) => query.has(key)) ?? ''
    const window = parseWindow(query.get('page'), query.get(sizeKey))
    if (!window) return refuse(releaseProfile, 500, badNumber)
    const visibility = parseJSON(query.get('visibility') || '[]')
    if (!Array.isArray(visibility))
      return refuse(releaseProfile, releaseProfile.snakeCase ? 500 : 400, 'visibility is no JSON array')
    const { search, order, updated_after } = Object.fromEntries(query)
    const rows = this.#list({ search, order, updated_after, visibility })
    const items = rowsInWindow(rows, window).map((row) => item(row, releaseProfile))
    return { json: listingPage({ name, items, total: rows.length, window }, releaseProfile) }
  }

  /** The page that a GraphQL selector asks for. Undefined if the page or its size is no number. */
  graphqlPage(given: unknown): object | undefined {
    const selector = isRecord(given) ? given : {}
    const window = parseWindow(selector['page'], selector['pageSize'])
    if (!window) return undefined
    const { search, order, updated_after, visibility } = selector
    const rows = this.#list({ search, order, updated_after, visibility: Array.isArray(visibility) ? visibility : [] })
    const items = rowsInWindow(rows, window).map((row) => this.#description.graphql(row))
    return { page: window.page, page_size: window.size, total_count: rows.length, [this.#description.name]: items }
  }

  #put(row: Row): Row {
    this.#rows.set(row.id, row)
    this.changed.send()
    return row
  }

  #now(): string {
    return goTime(this.#environment.clock())
  }

  #list({ search, order, updated_after, visibility }: ContentQuery): readonly Row[] {
    const { releaseProfile } = this.#environment
    const after = updated_after ? Date.parse(`${String(updated_after).replace(' ', 'T')}Z`) : Number.NEGATIVE_INFINITY
    const visible = visibility.length > 0 ? visibility : this.#description.defaultVisibilities(releaseProfile)
    const found = this.rows.filter(
      (row) =>
        includes(row.name, search) &&
        Date.parse(row.updated_at) > after &&
        (visible.length === 0 || visible.includes(row.visibility)),
    )
    return sortRows<StoredContent & Row>(found, order, ['updated_at', 'created_at', 'name'], releaseProfile)
  }
}
