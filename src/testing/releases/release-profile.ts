/** The releases that the fake can be, each standing for a line of Meshery. */
export const releases = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52', 'current'] as const

/**
 * A release of Meshery, as far as its live data goes.
 * - `v0.6`: GraphQL over WebSocket; the store is `/api/v2/events`, its pages count from 1, keys in snake_case.
 * - `v0.7`: a server of February 2024. As v0.6, but that contexts have connections, controllers are told of every context by its own
 *   id, whatever is asked for, and resources can be read by POSTing their subscription alone.
 * - `v0.8`: GraphQL over WebSocket; the store is `/api/system/events` from here on, pages count from 0.
 * - `v1.0`: GraphQL over WebSocket with `owner` for `userID`; REST in camelCase; pushed events carry no usable id.
 * - `v1.0.52`: WebSocket for everything but events, which come over SSE.
 * - `current`: no GraphQL subscriptions; SSE and REST.
 */
export type Release = (typeof releases)[number]

/** What tells one release from another on the wire. */
export interface ReleaseProfile {
  readonly release: Release
  /** What GET /api/system/version calls `build`. */
  readonly build: string
  /** The file of `schema/` that its GraphQL follows. */
  readonly schema: 'v0.6' | 'v0.7' | 'v0.8' | 'v1.0'
  readonly websocket: boolean
  /** Whether its schema has `subscribeEvents`. */
  readonly eventsOverWebSocket: boolean
  readonly sse: boolean
  readonly storePath: string
  readonly firstPage: 0 | 1
  /** Whether the store says which page it gives; 0 otherwise, with the Local provider or before v1.0. */
  readonly echoesPage: boolean
  readonly snake: boolean
  /** The key of the user in REST and SSE. */
  readonly userKey: 'user_id' | 'userId' | 'owner'
  /** The order of a listing that asks for none, or for nonsense. */
  readonly defaultOrder: 'asc' | 'desc'
  /**
   * Whether the producer of an event stores and pushes one object, which then carries the id and the times of its row. Otherwise it
   * stores a copy, and what it pushes has neither.
   */
  readonly pushesId: boolean
  readonly localProvider: 'None' | 'Local'
  /** The user of the Local provider; null stands for the nil UUID. */
  readonly localUser: string | null
  /** Whether refusals of a token are told apart as since v1.0 (401, 503); before, all of them are redirects. */
  readonly tellsRefusals: boolean
  readonly applications: boolean
  /** Whether REST has a summary of the resources of clusters. */
  readonly summarizes: boolean
  /** Whether `/healthz` is there. */
  readonly healthz: boolean
}

const v06: ReleaseProfile = {
  release: 'v0.6',
  build: 'v0.6.162',
  schema: 'v0.6',
  websocket: true,
  eventsOverWebSocket: true,
  sse: false,
  storePath: '/api/v2/events',
  firstPage: 1,
  echoesPage: false,
  snake: true,
  userKey: 'user_id',
  defaultOrder: 'desc',
  pushesId: true,
  localProvider: 'None',
  localUser: null,
  tellsRefusals: false,
  applications: true,
  summarizes: false,
  healthz: false,
}
const v07: ReleaseProfile = {
  ...v06,
  release: 'v0.7',
  build: 'v0.7.22',
  schema: 'v0.7',
  echoesPage: true,
  defaultOrder: 'asc',
}
const v08: ReleaseProfile = {
  ...v06,
  release: 'v0.8',
  build: 'v0.8.120',
  schema: 'v0.8',
  defaultOrder: 'asc',
  storePath: '/api/system/events',
  firstPage: 0,
  applications: false,
  summarizes: true,
  healthz: true,
}
const v10: ReleaseProfile = {
  ...v08,
  release: 'v1.0',
  build: 'v1.0.36',
  schema: 'v1.0',
  snake: false,
  userKey: 'userId',
  pushesId: false,
  localProvider: 'Local',
  tellsRefusals: true,
}
const v1052: ReleaseProfile = {
  ...v10,
  release: 'v1.0.52',
  build: 'v1.0.52',
  eventsOverWebSocket: false,
  sse: true,
  userKey: 'owner',
}
const current: ReleaseProfile = {
  ...v1052,
  release: 'current',
  build: 'v1.0.67',
  websocket: false,
  // UUIDv5 of the DNS namespace and `meshery-local-provider-user`, since v1.0.55.
  localUser: 'a449604d-3f10-58f4-95ff-a9385c2fad6a',
}

export const releaseProfiles: Readonly<Record<Release, ReleaseProfile>> = {
  'v0.6': v06,
  'v0.7': v07,
  'v0.8': v08,
  'v1.0': v10,
  'v1.0.52': v1052,
  current,
}
