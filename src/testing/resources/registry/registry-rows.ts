import { randomUUID } from 'node:crypto'

/** A model, in one of its versions. */
export interface StoredModel {
  /** A UUID v4 unless given. */
  readonly id: string
  readonly name: string
  /** The version of its definition, such as `v1.0.0`. The summary counts these. */
  readonly version: string
  /** The version of what it describes, such as the release of a Helm chart. */
  readonly packageVersion: string
  readonly displayName: string
}

interface OfModel {
  /** A UUID v4 unless given. */
  readonly id: string
  /** The name of its model. */
  readonly model: string
  /** The version of its model's definition. */
  readonly version: string
  readonly packageVersion: string
  readonly kind: string
}

/** A component of a model. */
export interface StoredComponent extends OfModel {
  readonly displayName: string
}

/** A relationship that a model declares. */
export interface StoredRelationship extends OfModel {
  readonly subType: string
}

/** A model to add. Fields that are left out get default values. */
export type NewModel = Partial<StoredModel>
/** A component to add. Fields that are left out get default values. */
export type NewComponent = Partial<StoredComponent>
/** A relationship to add. Fields that are left out get default values. */
export type NewRelationship = Partial<StoredRelationship>

export const buildModel = (given: NewModel): StoredModel => ({
  id: randomUUID(),
  name: 'kubernetes',
  version: 'v1.0.0',
  packageVersion: 'v1.30.0',
  displayName: given.name ?? 'kubernetes',
  ...given,
})

export const buildComponent = (given: NewComponent): StoredComponent => ({
  id: randomUUID(),
  model: 'kubernetes',
  version: 'v1.0.0',
  packageVersion: 'v1.30.0',
  kind: 'Pod',
  displayName: given.kind ?? 'Pod',
  ...given,
})

export const buildRelationship = (given: NewRelationship): StoredRelationship => ({
  id: randomUUID(),
  model: 'kubernetes',
  version: 'v1.0.0',
  packageVersion: 'v1.30.0',
  kind: 'edge',
  subType: 'network',
  ...given,
})
