import { isRecord } from '../../../base/checks.ts'
import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { RouteAnswer } from '../../network/http-reply.ts'
import { ChangeSignal } from '../change-signal.ts'
import type { FakeResource, Route, RouteRequest } from '../fake-resource.ts'
import { includes, parseWindow, rowsInWindow } from '../listing.ts'
import {
  buildComponent,
  buildModel,
  buildRelationship,
  type NewComponent,
  type NewModel,
  type NewRelationship,
  type StoredComponent,
  type StoredModel,
  type StoredRelationship,
} from './registry-rows.ts'
import { componentItem, countDistinct, modelItem, relationshipItem } from './registry-wire.ts'

/**
 * The registry of models, components and relationships. It needs no credentials, as in a server that enforces no provider.
 *
 * GraphQL sends the summary at once and after every change. Components: the name of the model, and the number of its different
 * versions. Relationships: the kind, and the number of its different subtypes. The order
 * differs from one answer to the next, as that of a Go map does.
 */
export interface FakeRegistry {
  /** Adds a model that no component or relationship names. Models that they name exist by themselves. */
  addModel(model?: NewModel): StoredModel
  /** Deletes models that were added by `addModel`. */
  removeModel(...ids: string[]): void
  /** Adds a component, and its model by its name and version. */
  addComponent(component?: NewComponent): StoredComponent
  /** Deletes components, as one change. */
  removeComponent(...ids: string[]): void
  /** Adds a relationship, and its model by its name and version. */
  addRelationship(relationship?: NewRelationship): StoredRelationship
  /** Deletes relationships, as one change. */
  removeRelationship(...ids: string[]): void
  /** Adds many rows as one change, as a server does that reads its models when it starts. */
  fill(rows: {
    readonly components?: readonly NewComponent[]
    readonly relationships?: readonly NewRelationship[]
  }): void
  /** Each version of a model once: first the added ones, then those that components and relationships name. */
  readonly models: readonly StoredModel[]
  /** In the order in which they were added, as relationships. */
  readonly components: readonly StoredComponent[]
  readonly relationships: readonly StoredRelationship[]
}

/** Stores the `FakeRegistry` and serves it. */
export class Registry implements FakeRegistry, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #changed = new ChangeSignal()
  readonly #models = new Map<string, StoredModel>()
  readonly #components = new Map<string, StoredComponent>()
  readonly #relationships = new Map<string, StoredRelationship>()
  #summaries = 0
  readonly sources: Readonly<Record<string, FieldSource>>
  readonly routes: readonly Route[]

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    this.sources = {
      getMeshModelSummary: (args, sink) => {
        sink.next(this.#summary(args))
        return () => {}
      },
      subscribeMeshModelSummary: (args, sink) => {
        const send = (): void => sink.next(this.#summary(args))
        send()
        return this.#changed.listen(send)
      },
    }
    const answers: Readonly<Record<string, (request: RouteRequest) => RouteAnswer>> = {
      models: (request) => this.#listModels(request),
      components: (request) => this.#listComponents(request),
      relationships: (request) => this.#listRelationships(request),
    }
    this.routes = Object.entries(answers).flatMap(([name, answer]): readonly Route[] => [
      { path: `/api/meshmodels/${name}`, open: true, answer },
      { path: `/api/registry/${name}`, on: ({ release }) => release === 'current', open: true, answer },
    ])
  }

  get models(): readonly StoredModel[] {
    const models = new Map<string, StoredModel>()
    const addOnce = (model: StoredModel): void => {
      const key = `${model.name} ${model.version}`
      if (!models.has(key)) models.set(key, model)
    }
    for (const model of this.#models.values()) addOnce(model)
    for (const { id, model: name, version, packageVersion } of [...this.components, ...this.relationships]) {
      addOnce({ id, name, version, packageVersion, displayName: name })
    }
    return [...models.values()]
  }

  get components(): readonly StoredComponent[] {
    return [...this.#components.values()]
  }

  get relationships(): readonly StoredRelationship[] {
    return [...this.#relationships.values()]
  }

  addModel(given: NewModel = {}): StoredModel {
    return this.#add(this.#models, buildModel(given))
  }

  removeModel(...ids: string[]): void {
    this.#remove(this.#models, ids)
  }

  addComponent(given: NewComponent = {}): StoredComponent {
    return this.#add(this.#components, buildComponent(given))
  }

  removeComponent(...ids: string[]): void {
    this.#remove(this.#components, ids)
  }

  addRelationship(given: NewRelationship = {}): StoredRelationship {
    return this.#add(this.#relationships, buildRelationship(given))
  }

  removeRelationship(...ids: string[]): void {
    this.#remove(this.#relationships, ids)
  }

  fill({ components = [], relationships = [] }: Parameters<FakeRegistry['fill']>[0]): void {
    for (const row of components.map(buildComponent)) this.#components.set(row.id, row)
    for (const row of relationships.map(buildRelationship)) this.#relationships.set(row.id, row)
    this.#changed.send()
  }

  #add<Row extends { readonly id: string }>(rows: Map<string, Row>, row: Row): Row {
    rows.set(row.id, row)
    this.#changed.send()
    return row
  }

  #remove(rows: Map<string, unknown>, ids: readonly string[]): void {
    for (const id of ids) rows.delete(id)
    this.#changed.send()
  }

  #summary({ selector }: Readonly<Record<string, unknown>>): object {
    const type = isRecord(selector) ? selector['type'] : undefined
    if (type !== 'components' && type !== 'relationships') return { components: null, relationships: null }
    const counts =
      type === 'components'
        ? countDistinct(
            this.components,
            ({ model }) => model,
            ({ version }) => version,
          )
        : countDistinct(
            this.relationships,
            ({ kind }) => kind,
            ({ subType }) => subType,
          )
    const list = this.#summaries++ % 2 === 0 ? counts : counts.toReversed()
    return { components: [], relationships: [], [type]: list }
  }

  #listModels(request: RouteRequest): RouteAnswer {
    const { releaseProfile } = this.#environment
    const found = this.models.filter(({ name, displayName, version }) => matches(request, version, name, displayName))
    const part = (name: 'components' | 'relationships', rows: (model: StoredModel) => readonly object[]) =>
      request.query.get(name) === 'true' ? (model: StoredModel): object => ({ [name]: rows(model) }) : () => ({})
    const components = part('components', (model) =>
      this.components.filter((row) => isOf(row, model)).map((row) => componentItem(row, releaseProfile)),
    )
    const relationships = part('relationships', (model) =>
      this.relationships.filter((row) => isOf(row, model)).map((row) => relationshipItem(row, releaseProfile)),
    )
    return this.#list('models', request, found, (row) => ({
      ...modelItem(row, releaseProfile),
      ...components(row),
      ...relationships(row),
    }))
  }

  #listComponents(request: RouteRequest): RouteAnswer {
    const found = this.components.filter(({ kind, displayName, version }) =>
      matches(request, version, kind, displayName),
    )
    return this.#list('components', request, found, (row) => componentItem(row, this.#environment.releaseProfile))
  }

  #listRelationships(request: RouteRequest): RouteAnswer {
    const found = this.relationships.filter(({ kind, subType, version }) => matches(request, version, kind, subType))
    return this.#list('relationships', request, found, (row) => relationshipItem(row, this.#environment.releaseProfile))
  }

  /** A page in the order in which the rows were added. A page or size that is no number counts as left out. */
  #list<Row>(name: string, { query }: RouteRequest, rows: readonly Row[], item: (row: Row) => object): RouteAnswer {
    const { firstPage: first, snakeCase } = this.#environment.releaseProfile
    const all = query.get('pagesize') === 'all'
    const size = all ? rows.length : parseWindow('', query.get('pagesize'), 25)?.size || 25
    const page = Math.max(parseWindow(query.get('page'), '')?.page ?? 0, first)
    const items = (all ? rows : rowsInWindow(rows, { page: page - first, size })).map(item)
    const snakeCaseKeys = { page, page_size: size, total_count: rows.length }
    return {
      json: { ...snakeCaseKeys, ...(snakeCase ? {} : { pageSize: size, totalCount: rows.length }), [name]: items },
    }
  }
}

const isOf = (row: StoredComponent | StoredRelationship, { name, version }: StoredModel): boolean =>
  row.model === name && row.version === version

/** Whether a row has the version that a request asks for, and one of its texts contains the searched text. */
const matches = ({ query }: RouteRequest, version: string, ...texts: string[]): boolean =>
  (query.get('version') || version) === version && texts.some((text) => includes(text, query.get('search')))
