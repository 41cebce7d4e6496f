import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import type { RouteAnswer } from '../../network/http-reply.ts'
import { isRecord } from '../../wire/json.ts'
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
 * The registry of models, components and relationships. It is open to all, as long as the server enforces no provider.
 *
 * The summary over GraphQL comes at once and after every change. Components: the name of the model, and how many different
 * versions it has. Relationships: the kind, and how many different subtypes it has. The order
 * differs from one answer to the next, as that of a Go map does.
 */
export interface FakeRegistry {
  /** Adds a model that no component or relationship names; those that they name are there by themselves. */
  addModel(model?: NewModel): StoredModel
  /** Deletes models that were added by `addModel`. */
  removeModel(...ids: string[]): void
  addComponent(component?: NewComponent): StoredComponent
  removeComponent(...ids: string[]): void
  addRelationship(relationship?: NewRelationship): StoredRelationship
  removeRelationship(...ids: string[]): void
  /** Adds many rows as one change, as a server does that reads its models at its start. */
  fill(rows: {
    readonly components?: readonly NewComponent[]
    readonly relationships?: readonly NewRelationship[]
  }): void
  /** Each version of a model once: those added first, then those that components and relationships name. */
  readonly models: readonly StoredModel[]
  /** In the order of their making, as relationships. */
  readonly components: readonly StoredComponent[]
  readonly relationships: readonly StoredRelationship[]
}

/** Answers for the registry. */
export class Registry implements FakeRegistry, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #listeners = new Set<() => void>()
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
        const tell = (): void => sink.next(this.#summary(args))
        tell()
        this.#listeners.add(tell)
        return () => this.#listeners.delete(tell)
      },
    }
    const answers: Readonly<Record<string, (ask: RouteRequest) => RouteAnswer>> = {
      models: (ask) => this.#listModels(ask),
      components: (ask) => this.#listComponents(ask),
      relationships: (ask) => this.#listRelationships(ask),
    }
    this.routes = Object.entries(answers).flatMap(([name, answer]): readonly Route[] => [
      { path: `/api/meshmodels/${name}`, open: true, answer },
      { path: `/api/registry/${name}`, on: ({ release }) => release === 'current', open: true, answer },
    ])
  }

  get models(): readonly StoredModel[] {
    const models = new Map<string, StoredModel>()
    const note = (model: StoredModel): void => {
      const key = `${model.name} ${model.version}`
      if (!models.has(key)) models.set(key, model)
    }
    for (const model of this.#models.values()) note(model)
    for (const { id, model: name, version, packageVersion } of [...this.components, ...this.relationships]) {
      note({ id, name, version, packageVersion, displayName: name })
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
    this.#changed()
  }

  #add<Row extends { readonly id: string }>(rows: Map<string, Row>, row: Row): Row {
    rows.set(row.id, row)
    this.#changed()
    return row
  }

  #remove(rows: Map<string, unknown>, ids: readonly string[]): void {
    for (const id of ids) rows.delete(id)
    this.#changed()
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
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

  #listModels(ask: RouteRequest): RouteAnswer {
    const { releaseProfile } = this.#environment
    const found = this.models.filter(({ name, displayName, version }) => wanted(ask, version, name, displayName))
    const part = (name: 'components' | 'relationships', rows: (model: StoredModel) => readonly object[]) =>
      ask.query.get(name) === 'true' ? (model: StoredModel): object => ({ [name]: rows(model) }) : () => ({})
    const components = part('components', (model) =>
      this.components.filter((row) => isOf(row, model)).map((row) => componentItem(row, releaseProfile)),
    )
    const relationships = part('relationships', (model) =>
      this.relationships.filter((row) => isOf(row, model)).map((row) => relationshipItem(row, releaseProfile)),
    )
    return this.#list('models', ask, found, (row) => ({
      ...modelItem(row, releaseProfile),
      ...components(row),
      ...relationships(row),
    }))
  }

  #listComponents(ask: RouteRequest): RouteAnswer {
    const found = this.components.filter(({ kind, displayName, version }) => wanted(ask, version, kind, displayName))
    return this.#list('components', ask, found, (row) => componentItem(row, this.#environment.releaseProfile))
  }

  #listRelationships(ask: RouteRequest): RouteAnswer {
    const found = this.relationships.filter(({ kind, subType, version }) => wanted(ask, version, kind, subType))
    return this.#list('relationships', ask, found, (row) => relationshipItem(row, this.#environment.releaseProfile))
  }

  /** A page in the order of making. What is no number counts as left out. */
  #list<Row>(name: string, { query }: RouteRequest, rows: readonly Row[], item: (row: Row) => object): RouteAnswer {
    const { firstPage: first, snake } = this.#environment.releaseProfile
    const all = query.get('pagesize') === 'all'
    const size = all ? rows.length : parseWindow('', query.get('pagesize'), 25)?.size || 25
    const page = Math.max(parseWindow(query.get('page'), '')?.page ?? 0, first)
    const items = (all ? rows : rowsInWindow(rows, { page: page - first, size })).map(item)
    const old = { page, page_size: size, total_count: rows.length }
    return { json: { ...old, ...(snake ? {} : { pageSize: size, totalCount: rows.length }), [name]: items } }
  }
}

const isOf = (row: StoredComponent | StoredRelationship, { name, version }: StoredModel): boolean =>
  row.model === name && row.version === version

/** Whether a row is of the version that is asked for, and one of its texts has what is searched for. */
const wanted = ({ query }: RouteRequest, version: string, ...texts: string[]): boolean =>
  (query.get('version') || version) === version && texts.some((text) => includes(text, query.get('search')))
