import { randomBytes, randomUUID } from 'node:crypto'
import { isRecord } from '../../../base/checks.ts'
import { MesheryError } from '../../../base/errors.ts'
import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import { goTime, nilUUID } from '../../wire/go.ts'
import { ChangeSignal } from '../change-signal.ts'
import type { FakeResource, Route } from '../fake-resource.ts'
import { includes, listingPage, parseWindow, rowsInWindow, sortRows, type Window } from '../listing.ts'
import { connectionRoutes } from './connection-routes.ts'
import { graphqlContext, hasID, type NewContext, restContext, type StoredContext } from './stored-context.ts'

/**
 * The Kubernetes contexts of the fake. Every change makes `subscribeK8sContext` send a full page.
 *
 * ```ts
 * const { connection_id } = fake.contexts.add({ name: 'kind' })
 * fake.controllers.set(connection_id, 'OPERATOR', { status: 'DEPLOYED', version: 'v0.8.1' })
 * fake.contexts.update(connection_id, { version: 'v1.32.0' })
 * ```
 */
export interface FakeContexts {
  /** Adds one and returns it. */
  add(context?: NewContext): StoredContext
  /**
   * Changes the one that has this as one of its three ids. `updated_at` becomes now unless given.
   *
   * @throws MesheryError INVALID_OPTION when there is none.
   */
  update(id: string, changes: NewContext): StoredContext
  /** Removes those that have one of these as one of their three ids. */
  remove(...ids: string[]): void
  /** Replaces all of them by these, as one change. */
  set(contexts: readonly NewContext[]): readonly StoredContext[]
  /** All, in the order in which they were added. */
  readonly rows: readonly StoredContext[]
}

const columns = ['created_at', 'updated_at', 'name'] as const
const path = '/api/system/kubernetes/contexts'

/** What a request can ask of a list of contexts. All of it is text on the wire. */
interface Selector {
  readonly page: unknown
  readonly size: unknown
  readonly search: unknown
  readonly order: unknown
}

/** Stores the `FakeContexts` and serves them. */
export class Contexts implements FakeContexts, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #changed = new ChangeSignal()
  readonly #instance = randomUUID()
  #rows: readonly StoredContext[] = []
  readonly sources: Readonly<Record<string, FieldSource>> = {
    subscribeK8sContext: ({ selector }, sink) => {
      const { page, pageSize: size, search, order } = isRecord(selector) ? selector : {}
      // Releases before v1.0 dereference both without a check.
      if (
        this.#environment.releaseProfile.snakeCase &&
        [search, order].some((text) => text === undefined || text === null)
      ) {
        sink.fail(new Error('internal system error'))
        return () => {}
      }
      const send = (): void => {
        const listed = this.#list({ page, size, search, order })
        // Meshery only logs a page or size that is no number.
        if (listed) sink.next({ total_count: listed.total, contexts: listed.rows.map(graphqlContext) })
      }
      send()
      return this.#changed.listen(send)
    },
  }
  readonly routes: readonly Route[]

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    this.routes = [
      { path, answer: ({ query }) => this.#answer(query) },
      {
        path: /\/api\/system\/kubernetes\/contexts\/([^/]+)/,
        on: ({ websocket }) => !websocket,
        answer: ({ groups }) => this.#answerOne(groups[0] ?? ''),
      },
      ...connectionRoutes(environment, () => this.#rows),
    ]
  }

  get rows(): readonly StoredContext[] {
    return this.#rows
  }

  /** The ids of those that a URL names by `contexts`, once or several times, or by `all`. */
  named(url: URL): readonly string[] {
    const named = url.searchParams.getAll('contexts')
    return this.#rows.map(({ id }) => id).filter((id) => named.includes('all') || named.includes(id))
  }

  add(context: NewContext = {}): StoredContext {
    const added = this.#build(context)
    this.#replaceRows([...this.#rows, added])
    return added
  }

  update(id: string, changes: NewContext): StoredContext {
    const before = this.#rows.find((row) => hasID(row, id))
    if (!before) throw new MesheryError('INVALID_OPTION', `The fake has no context ${id}.`, { phase: 'options' })
    const after = { ...before, updated_at: goTime(this.#environment.clock()), ...changes }
    this.#replaceRows(this.#rows.map((row) => (row === before ? after : row)))
    return after
  }

  remove(...ids: string[]): void {
    this.#replaceRows(this.#rows.filter((row) => !ids.some((id) => hasID(row, id))))
  }

  set(contexts: readonly NewContext[]): readonly StoredContext[] {
    this.#replaceRows(contexts.map((context) => this.#build(context)))
    return this.#rows
  }

  #replaceRows(rows: readonly StoredContext[]): void {
    this.#rows = rows
    this.#changed.send()
  }

  #build(given: NewContext): StoredContext {
    const { clock, identityProvider, releaseProfile } = this.#environment
    const now = goTime(clock())
    const user = identityProvider.user(releaseProfile) ?? nilUUID
    return {
      id: randomBytes(16).toString('hex'),
      connection_id: randomUUID(),
      kubernetes_server_id: randomUUID(),
      name: `cluster-${this.#rows.length + 1}`,
      server: 'https://10.0.0.1:6443',
      owner: user,
      created_by: user,
      meshery_instance_id: this.#instance,
      deployment_type: 'out_of_cluster',
      version: 'v1.31.2',
      created_at: now,
      updated_at: given.created_at ?? now,
      reachable: true,
      ...given,
    }
  }

  #list({
    page,
    size,
    search,
    order,
  }: Selector): (Window & { rows: readonly StoredContext[]; total: number }) | undefined {
    const window = parseWindow(page, size)
    if (!window) return undefined
    const found = this.#rows.filter(({ name }) => includes(name, search))
    const ordered = sortRows(found, order, columns, this.#environment.releaseProfile)
    return { ...window, rows: rowsInWindow(ordered, window), total: found.length }
  }

  #answer(query: URLSearchParams): RouteAnswer {
    const { releaseProfile } = this.#environment
    const [page, size, search, order] = ['page', 'pagesize', 'search', 'order'].map((key) => query.get(key))
    const listed = this.#list({ page, size, search, order })
    if (!listed) return refuse(releaseProfile, 500, 'page and pagesize must be whole numbers')
    const items = listed.rows.map((row) => restContext(row, releaseProfile))
    return { json: listingPage({ name: 'contexts', items, total: listed.total, window: listed }, releaseProfile) }
  }

  #answerOne(connection: string): RouteAnswer {
    const { releaseProfile } = this.#environment
    const row = this.#rows.find(({ connection_id }) => connection_id === connection)
    return row
      ? { json: restContext(row, releaseProfile) }
      : refuse(releaseProfile, 404, `no context of connection ${connection}`)
  }
}
