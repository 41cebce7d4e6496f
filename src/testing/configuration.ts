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
} from './configuration-rows.ts'
import { badNumber, type Label, Shelf } from './configuration-shelf.ts'
import { applicationItem, filterItem, graphqlFilter, graphqlItem, patternItem } from './configuration-wire.ts'
import type { Part, Route, Surroundings } from './part.ts'
import type { Manners } from './release.ts'
import type { OperationSink, Source } from './resolvers.ts'

/**
 * Designs (patterns), filters and applications. Live channels hear of every change:
 * - v0.6 sends applications, patterns and filters each in a message of its own, at first and after a change of that kind;
 * - v0.7 does the same with patterns and filters;
 * - v0.8, v1.0 and v1.0.52 send patterns alone, and of filters and applications nothing.
 *
 * REST has the lists of patterns and filters on every release, that of applications on v0.6 and v0.7.
 */
export interface FakeConfiguration {
  /** Adds a design, made now by the fake's clock. */
  addPattern(pattern?: NewPattern): StoredPattern
  /**
   * Changes a design, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such design.
   */
  updatePattern(id: string, changes: NewPattern): StoredPattern
  removePattern(...ids: string[]): void
  /** Adds a filter, made now by the fake's clock. */
  addFilter(filter?: NewFilter): StoredFilter
  /**
   * Changes a filter, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such filter.
   */
  updateFilter(id: string, changes: NewFilter): StoredFilter
  removeFilter(...ids: string[]): void
  /** Adds an application, made now by the fake's clock. */
  addApplication(application?: NewApplication): StoredApplication
  /**
   * Changes an application, and its `updated_at` unless that is given.
   * @throws MesheryError INVALID_OPTION when there is no such application.
   */
  updateApplication(id: string, changes: NewApplication): StoredApplication
  removeApplication(...ids: string[]): void
  /** In the order of their making, as the others. */
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

/** What a subscription tells, in the order of its first messages. */
function told({ release, snake }: Manners): readonly Kind[] {
  if (release === 'v0.6') return ['applications', 'patterns', 'filters']
  return snake && release !== 'v0.8' ? ['patterns', 'filters'] : ['patterns']
}

const early = ({ release }: Manners): boolean => release === 'v0.6'

const patterns: Label<StoredPattern> = {
  name: 'patterns',
  one: 'design',
  build: buildPattern,
  item: patternItem,
  graphql: graphqlItem,
  unsaid: (manners) => (early(manners) ? ['private'] : []),
  sizeKeys: (manners) => [early(manners) ? 'page_size' : 'pagesize'],
}

const filters: Label<StoredFilter> = {
  name: 'filters',
  one: 'filter',
  build: buildFilter,
  item: filterItem,
  graphql: graphqlFilter,
  unsaid: () => [],
  // Which of them v0.6 reads is not known.
  sizeKeys: (manners) => (early(manners) ? ['pagesize', 'page_size'] : ['pagesize']),
}

const applications: Label<StoredApplication> = {
  name: 'applications',
  one: 'application',
  build: buildApplication,
  item: applicationItem,
  graphql: graphqlItem,
  unsaid: () => [],
  sizeKeys: (manners) => [early(manners) ? 'page_size' : 'pagesize'],
}

/** Answers for configuration. */
export class Configuration implements FakeConfiguration, Part {
  readonly #around: Surroundings
  readonly #listeners = new Set<(kind: Kind) => void>()
  readonly #patterns: Shelf<StoredPattern>
  readonly #filters: Shelf<StoredFilter>
  readonly #applications: Shelf<StoredApplication>
  readonly sources: Readonly<Record<string, Source>>
  readonly routes: readonly Route[]

  constructor(around: Surroundings) {
    this.#around = around
    this.#patterns = new Shelf(around, patterns, () => this.#changed('patterns'))
    this.#filters = new Shelf(around, filters, () => this.#changed('filters'))
    this.#applications = new Shelf(around, applications, () => this.#changed('applications'))
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
        on: (manners) => manners.applications,
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

  #changed(kind: Kind): void {
    for (const listener of this.#listeners) listener(kind)
  }

  /** A message for each kind at first, and one for the kind that changed later. What is wrong is only logged. */
  #subscribe(args: Arguments, sink: OperationSink): () => void {
    const kinds = told(this.#around.manners)
    const shelves = { patterns: this.#patterns, filters: this.#filters, applications: this.#applications }
    const tell = (kind: Kind): void => {
      if (!kinds.includes(kind)) return
      const page = shelves[kind].graphqlPage(args[selectorNames[kind]])
      if (page) sink.next({ [kind]: page })
    }
    for (const kind of kinds) tell(kind)
    this.#listeners.add(tell)
    return () => this.#listeners.delete(tell)
  }
}
