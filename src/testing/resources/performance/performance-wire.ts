import type { FakeEnvironment } from '../../network/environment.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { goJSON, nilUUID } from '../../wire/go.ts'
import { withReleaseKeys } from '../listing.ts'
import type { StoredProfile, StoredResult } from './performance-rows.ts'

type Wire = Readonly<Record<string, unknown>>

/** A profile under its names in REST. Only a remote provider reports its owner. */
export function profileItem(
  { user_id, ...row }: StoredProfile,
  { releaseProfile, identityProvider }: FakeEnvironment,
): object {
  const owner = identityProvider.isRemote
    ? { [releaseProfile.snakeCase ? 'user_id' : 'owner']: user_id ?? nilUUID }
    : {}
  return { ...withoutZeros(withReleaseKeys(row, releaseProfile)), ...owner }
}

/** A result under its names in REST. */
export function resultItem({ user_id, ...row }: StoredResult, releaseProfile: ReleaseProfile): object {
  return { ...withoutZeros(withReleaseKeys(row, releaseProfile)), [resultUserKey(releaseProfile)]: user_id ?? nilUUID }
}

function resultUserKey({ snakeCase, release }: ReleaseProfile): string {
  if (snakeCase) return 'user_id'
  // Early v1.0 has no tag for it, so the key is Go's name.
  return release === 'v1.0' ? 'UserID' : 'owner'
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

/** The tags of a Go struct, and the values of its fields when a body has none for them. */
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
 * A page as the GraphQL resolvers make it of a REST body. They read it into structs with tags in snake_case, so of a
 * body in camelCase only the keys of one word remain.
 */
export function decodedPage(name: 'profiles' | 'results', body: object): object {
  const wire: Wire = { ...body }
  const items: readonly object[] = Array.isArray(wire[name]) ? wire[name] : []
  const shape = name === 'profiles' ? profileShape : resultShape
  return { ...decoded(wire, pageShape), [name]: items.map((item) => texts(decoded({ ...item }, shape))) }
}

/** Go ignores the case of keys. */
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
