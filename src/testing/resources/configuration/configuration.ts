import type { FieldSource, OperationSink } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import type { FakeResource, Route } from '../fake-resource.ts'
import { badNumber } from '../listing.ts'
import {
  buildApplication,
  buildFilter,
  buildPattern,
  type NewApplication,
  type NewFilter,
  type NewPattern,
  type StoredApplication,
  type StoredFilter,
  type StoredPattern,
} from './content-rows.ts'
import { type ContentDescription, ContentTable } from './content-table.ts'
import { applicationItem, filterItem, graphqlFilter, graphqlItem, patternItem } from './content-wire.ts'

/**
 * Designs (patterns), filters and applications. Live channels report every change:
 * - v0.6 sends applications, patterns and filters each in its own message, at first and after a change of that kind;
 * - v0.7 does the same with patterns and filters;
 * - v0.8, v1.0 and v1.0.52 send only patterns, and nothing of filters and applications.
 *
 * REST has the lists of patterns and filters on every release, that of applications on v0.6 and v0.7.
 */
export interface FakeConfiguration {
  /** Adds a design, created now by the fake's clock. */
  addPattern(pattern?: NewPattern): StoredPattern
  /**
   * Changes a design, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such design.
   */
  updatePattern(id: string, changes: NewPattern): StoredPattern
  /** Deletes designs, as one change. */
  removePattern(...ids: string[]): void
  /** Adds a filter, created now by the fake's clock. */
  addFilter(filter?: NewFilter): StoredFilter
  /**
   * Changes a filter, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such filter.
   */
  updateFilter(id: string, changes: NewFilter): StoredFilter
  /** Deletes filters, as one change. */
  removeFilter(...ids: string[]): void
  /** Adds an application, created now by the fake's clock. */
  addApplication(application?: NewApplication): StoredApplication
  /**
   * Changes an application, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such application.
   */
  updateApplication(id: string, changes: NewApplication): StoredApplication
  /** Deletes applications, as one change. */
  removeApplication(...ids: string[]): void
  /** In the order in which they were added, as the others. */
  readonly patterns: readonly StoredPattern[]
  readonly filters: readonly StoredFilter[]
  readonly applications: readonly StoredApplication[]
}

type Kind = 'applications' | 'patterns' | 'filters'
type Arguments = Readonly<Record<string, unknown>>

const selectorNames: Readonly<Record<Kind, string>> = {
  applications: 'applicationSelector',
  patterns: 'patternSelector',
  filters: 'filterSelector',
}

/** The kinds that a subscription sends, in the order of its first messages. */
function pushedKinds({ release, snakeCase }: ReleaseProfile): readonly Kind[] {
  if (release === 'v0.6') return ['applications', 'patterns', 'filters']
  return snakeCase && release !== 'v0.8' ? ['patterns', 'filters'] : ['patterns']
}

const isV06 = ({ release }: ReleaseProfile): boolean => release === 'v0.6'

const patterns: ContentDescription<StoredPattern> = {
  name: 'patterns',
  one: 'design',
  build: buildPattern,
  item: patternItem,
  graphql: graphqlItem,
  defaultVisibilities: (releaseProfile) => (isV06(releaseProfile) ? ['private'] : []),
  sizeKeys: (releaseProfile) => [isV06(releaseProfile) ? 'page_size' : 'pagesize'],
}

const filters: ContentDescription<StoredFilter> = {
  name: 'filters',
  one: 'filter',
  build: buildFilter,
  item: filterItem,
  graphql: graphqlFilter,
  defaultVisibilities: () => [],
  // It is not known which of them v0.6 reads.
  sizeKeys: (releaseProfile) => (isV06(releaseProfile) ? ['pagesize', 'page_size'] : ['pagesize']),
}

const applications: ContentDescription<StoredApplication> = {
  name: 'applications',
  one: 'application',
  build: buildApplication,
  item: applicationItem,
  graphql: graphqlItem,
  defaultVisibilities: () => [],
  sizeKeys: (releaseProfile) => [isV06(releaseProfile) ? 'page_size' : 'pagesize'],
}

/** Stores the `FakeConfiguration` and serves it. */
export class Configuration implements FakeConfiguration, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #patterns: ContentTable<StoredPattern>
  readonly #filters: ContentTable<StoredFilter>
  readonly #applications: ContentTable<StoredApplication>
  readonly sources: Readonly<Record<string, FieldSource>>
  readonly routes: readonly Route[]

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    this.#patterns = new ContentTable(environment, patterns)
    this.#filters = new ContentTable(environment, filters)
    this.#applications = new ContentTable(environment, applications)
    this.sources = {
      subscribeConfiguration: (args, sink) => this.#subscribe(args, sink),
      fetchPatterns: (args, sink) => {
        const page = this.#patterns.graphqlPage(args['selector'])
        if (page) sink.next(page)
        else sink.fail(new Error(badNumber))
        return () => {}
      },
    }
    this.routes = [
      { path: '/api/pattern', answer: ({ query }) => this.#patterns.answer(query) },
      { path: '/api/filter', answer: ({ query }) => this.#filters.answer(query) },
      {
        path: '/api/application',
        on: (releaseProfile) => releaseProfile.applications,
        answer: ({ query }) => this.#applications.answer(query),
      },
    ]
  }

  get patterns(): readonly StoredPattern[] {
    return this.#patterns.rows
  }

  get filters(): readonly StoredFilter[] {
    return this.#filters.rows
  }

  get applications(): readonly StoredApplication[] {
    return this.#applications.rows
  }

  addPattern(given: NewPattern = {}): StoredPattern {
    return this.#patterns.add(given)
  }

  updatePattern(id: string, changes: NewPattern): StoredPattern {
    return this.#patterns.update(id, changes)
  }

  removePattern(...ids: string[]): void {
    this.#patterns.remove(ids)
  }

  addFilter(given: NewFilter = {}): StoredFilter {
    return this.#filters.add(given)
  }

  updateFilter(id: string, changes: NewFilter): StoredFilter {
    return this.#filters.update(id, changes)
  }

  removeFilter(...ids: string[]): void {
    this.#filters.remove(ids)
  }

  addApplication(given: NewApplication = {}): StoredApplication {
    return this.#applications.add(given)
  }

  updateApplication(id: string, changes: NewApplication): StoredApplication {
    return this.#applications.update(id, changes)
  }

  removeApplication(...ids: string[]): void {
    this.#applications.remove(ids)
  }

  /** Sends a message for each kind at first, and later one for the kind that changed. Meshery only logs a wrong selector. */
  #subscribe(args: Arguments, sink: OperationSink): () => void {
    const kinds = pushedKinds(this.#environment.releaseProfile)
    const tables = { patterns: this.#patterns, filters: this.#filters, applications: this.#applications }
    const send = (kind: Kind): void => {
      const page = tables[kind].graphqlPage(args[selectorNames[kind]])
      if (page) sink.next({ [kind]: page })
    }
    for (const kind of kinds) send(kind)
    const stops = kinds.map((kind) => tables[kind].changed.listen(() => send(kind)))
    return () => {
      for (const stop of stops) stop()
    }
  }
}
