import type { ReleaseProfile } from '../../releases/release-profile.ts'
import type { StoredComponent, StoredModel, StoredRelationship } from './registry-rows.ts'

/** A model under its names in REST. Releases whose pages count from 1 have only one version. */
export function modelItem({ packageVersion, ...row }: StoredModel, { firstPage }: ReleaseProfile): object {
  return firstPage === 1 ? row : { ...row, model: { version: packageVersion } }
}

/** A component under its names in REST, with its model inside. */
export function componentItem(
  { id, kind, displayName, ...of }: StoredComponent,
  releaseProfile: ReleaseProfile,
): object {
  const model = modelOf(of, releaseProfile)
  return releaseProfile.firstPage === 1
    ? { id, kind, displayName, apiVersion: 'v1', model }
    : { id, displayName, component: { kind, version: 'v1' }, model }
}

/** A relationship under its names in REST, with its model inside. */
export const relationshipItem = (
  { id, kind, subType, ...of }: StoredRelationship,
  releaseProfile: ReleaseProfile,
): object => ({
  id,
  kind,
  subType,
  model: modelOf(of, releaseProfile),
})

const modelOf = (
  { model: name, version, packageVersion }: Pick<StoredComponent, 'model' | 'version' | 'packageVersion'>,
  { firstPage }: ReleaseProfile,
): object => (firstPage === 1 ? { name, version } : { name, version, model: { version: packageVersion } })

interface Count {
  readonly name: string
  readonly count: number
}

/** The number of different values of each name. */
export function countDistinct<Row>(
  rows: readonly Row[],
  name: (row: Row) => string,
  value: (row: Row) => string,
): readonly Count[] {
  const values = new Map<string, Set<string>>()
  for (const row of rows) values.set(name(row), (values.get(name(row)) ?? new Set()).add(value(row)))
  return [...values].map(([key, { size }]) => ({ name: key, count: size }))
}
