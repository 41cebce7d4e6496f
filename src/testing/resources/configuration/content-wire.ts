import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import { withReleaseKeys } from '../listing.ts'
import type { StoredApplication, StoredContent, StoredFilter, StoredPattern } from './content-rows.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A design under its names in REST. `current` uses `userId` for its owner again, and joins the user. */
export function patternItem(
  { user_id, canSupport, errmsg, type, ...row }: StoredPattern,
  releaseProfile: ReleaseProfile,
): object {
  const { release, snakeCase, userKey } = releaseProfile
  const user = user_id ?? nilUUID
  const known = { ...row, ...(release === 'v0.6' ? {} : { type }) }
  if (snakeCase) return { ...known, user_id: user }
  const counters = { viewCount: 0, shareCount: 0, downloadCount: 0, cloneCount: 0, deploymentCount: 0 }
  const owner =
    release === 'current'
      ? { userId: user, user: { id: user, firstName: 'Meshery', lastName: 'Meshery' } }
      : { [userKey]: user }
  return { ...withReleaseKeys(known, releaseProfile), sourceContent: base64(row.pattern_file), ...counters, ...owner }
}

/** A filter under its names in REST. Its file is a slice of bytes, which Go writes as base64. `catalogData` is its name in every release. */
export function filterItem({ user_id, catalog_data, ...row }: StoredFilter, releaseProfile: ReleaseProfile): object {
  const item = withReleaseKeys({ ...row, filter_file: base64(row.filter_file) }, releaseProfile)
  return { ...item, catalogData: catalog_data, [releaseProfile.userKey]: user_id ?? nilUUID }
}

/** An application under its names in REST. */
export const applicationItem = ({ user_id, ...row }: StoredApplication): object => ({
  ...row,
  user_id: user_id ?? nilUUID,
})

/** A row as the resolvers return it: with `owner` in the newer schema. */
export const graphqlItem = (row: StoredContent): object => {
  const user = row.user_id ?? nilUUID
  return { ...row, user_id: user, owner: user }
}

/** The resolver passes the bytes of REST on, so the file is base64 here too. */
export const graphqlFilter = (row: StoredFilter): object => ({
  ...graphqlItem(row),
  filter_file: base64(row.filter_file),
})
