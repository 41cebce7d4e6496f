import type { FakeEnvironment } from '../../network/environment.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { goJSON, nilUUID } from '../../wire/go.ts'
import { withReleaseKeys } from '../listing.ts'
import type { StoredProfile, StoredResult } from './performance-rows.ts'

type Wire = Readonly<Record<string, unknown>>

/** A profile as REST spells it. Its owner comes from a remote provider alone. */
export function profileItem(
  { user_id, ...row }: StoredProfile,
  { releaseProfile, identityProvider }: FakeEnvironment,
): object {
  const owner = identityProvider.isRemote ? { [releaseProfile.snake ? 'user_id' : 'owner']: user_id ?? nilUUID } : {}
  return { ...withoutZeros(withReleaseKeys(row, releaseProfile)), ...owner }
}

/** A result as REST spells it. The key of its user is Go's own name in early v1.0, which has no tag for it. */
export function resultItem({ user_id, ...row }: StoredResult, releaseProfile: ReleaseProfile): object {
  const key = releaseProfile.snake ? 'user_id' : releaseProfile.release === 'v1.0' ? 'UserID' : 'owner'
  return { ...withoutZeros(withReleaseKeys(row, releaseProfile)), [key]: user_id ?? nilUUID }
}

/** Go's `omitempty`. */
const withoutZeros = (row: Wire): object =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => !isZero(value)))

const isZero = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0)

/** What the tags of a Go struct are, and what its fields are when a body has nothing for them. */
type Shape = Readonly<Record<string, 0 | '' | null>>

const pageShape: Shape = { page: 0, page_size: 0, total_count: 0 }

const profileShape: Shape = {
  id: '',
  user_id: '',
  owner: '',
  concurrent_request: 0,
  duration: '',
  name: null,
  qps: null,
  endpoints: null,
  load_generators: null,
  service_mesh: null,
  request_headers: null,
  request_cookies: null,
  request_body: null,
  content_type: null,
  metadata: null,
  total_results: null,
  last_run: null,
  created_at: null,
  updated_at: null,
}

const resultShape: Shape = {
  meshery_id: null,
  name: null,
  mesh: null,
  performance_profile: null,
  test_id: null,
  runner_results: null,
  server_metrics: null,
  server_board_config: null,
  test_start_time: null,
  user_id: null,
  owner: null,
  created_at: null,
  updated_at: null,
}

/**
 * A page as the GraphQL resolvers make it of a REST body: they read it into structs whose tags are in snake_case, so of a
 * body in camelCase only keys of one word arrive.
 */
export function decodedPage(name: 'profiles' | 'results', body: object): object {
  const wire: Wire = { ...body }
  const items: readonly object[] = Array.isArray(wire[name]) ? wire[name] : []
  const shape = name === 'profiles' ? profileShape : resultShape
  return { ...decoded(wire, pageShape), [name]: items.map((item) => texts(decoded({ ...item }, shape))) }
}

/** Go reads a key whatever its case. */
const decoded = (body: Wire, shape: Shape): Wire => {
  const byKey = new Map(Object.entries(body).map(([key, value]) => [key.toLowerCase(), value]))
  return Object.fromEntries(Object.entries(shape).map(([tag, zero]) => [tag, byKey.get(tag) ?? zero]))
}

const texts = (item: Wire): Wire => {
  const text = (key: string): Wire => {
    const value = item[key] ?? null
    return key in item ? { [key]: value === null || typeof value === 'string' ? value : goJSON(value) } : {}
  }
  return { ...item, ...text('server_metrics'), ...text('server_board_config') }
}
