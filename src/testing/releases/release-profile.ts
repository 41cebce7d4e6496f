/** The releases that the fake can be, one for each line of Meshery. */
export const releases = ['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52', 'current'] as const

/**
 * A release of Meshery, with regard to its live data.
 * - `v0.6`: GraphQL over WebSocket; the store is `/api/v2/events`, its pages count from 1; keys are in snake_case.
 * - `v0.7`: a server of February 2024. As v0.6, but contexts have connections, controllers are reported for every context by its own
 *   id, whatever the client asks for, and a POST of the subscription is the only way to read resources.
 * - `v0.8`: GraphQL over WebSocket; the store is `/api/system/events` from here on, pages count from 0.
 * - `v1.0`: GraphQL over WebSocket with `owner` for `userID`; REST in camelCase; pushed events have no usable id.
 * - `v1.0.52`: WebSocket for everything but events, which come over SSE.
 * - `current`: no GraphQL subscriptions; SSE and REST.
 */
export type Release = (typeof releases)[number]

/** How a release differs from others on the wire. */
export interface ReleaseProfile {
  readonly release: Release
  /** The `build` of GET /api/system/version. */
  readonly build: string
  /** The file of `schema/` that its GraphQL follows. */
  readonly schema: 'v0.6' | 'v0.7' | 'v0.8' | 'v1.0'
  readonly websocket: boolean
  /** Whether its schema has `subscribeEvents`. */
  readonly eventsOverWebSocket: boolean
  readonly sse: boolean
  readonly storePath: string
  readonly firstPage: 0 | 1
  /** Whether the store reports the number of its page. Otherwise it reports 0, with the Local provider or before v1.0. */
  readonly echoesPage: boolean
  /** Whether REST uses snake_case; camelCase otherwise. */
  readonly snakeCase: boolean
  /** The key of the user in REST and SSE. */
  readonly userKey: 'user_id' | 'userId' | 'owner'
  /** The order of a listing whose request names no valid order. */
  readonly defaultOrder: 'asc' | 'desc'
  /**
   * Whether the producer of an event stores and pushes one object, so that a push has the id and the times of its row. Otherwise it
   * stores a copy, and a push has neither.
   */
  readonly pushesId: boolean
  readonly localProvider: 'None' | 'Local'
  /** The user of the Local provider; null stands for the nil UUID. */
  readonly localUser: string | null
  /** Whether refusals of a token have different answers (401, 503), as since v1.0. Earlier all of them are redirects. */
  readonly distinguishesRefusals: boolean
  /** Whether the list can be filtered by what was acted upon; otherwise it ignores that. */
  readonly filtersActedUpon: boolean
  /** Whether the change of a status is answered with the changed events; otherwise with nothing. */
  readonly answersWrites: boolean
  /** The method that sets the level from which the server logs; undefined: the release has no such level. */
  readonly logLevelMethod: 'POST' | 'PUT' | undefined
  /** Whether REST has applications. */
  readonly applications: boolean
  /** Whether REST has a summary of the resources of clusters. */
  readonly hasResourceSummary: boolean
  /** Whether the release has the probes `/healthz/live` and `/healthz/ready`. */
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
  snakeCase: true,
  userKey: 'user_id',
  defaultOrder: 'desc',
  pushesId: true,
  localProvider: 'None',
  localUser: null,
  distinguishesRefusals: false,
  filtersActedUpon: false,
  answersWrites: true,
  logLevelMethod: undefined,
  applications: true,
  hasResourceSummary: false,
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
  filtersActedUpon: true,
  logLevelMethod: 'POST',
  applications: false,
  hasResourceSummary: true,
  healthz: true,
}
const v10: ReleaseProfile = {
  ...v08,
  release: 'v1.0',
  build: 'v1.0.36',
  schema: 'v1.0',
  snakeCase: false,
  userKey: 'userId',
  pushesId: false,
  localProvider: 'Local',
  distinguishesRefusals: true,
  answersWrites: false,
  logLevelMethod: 'PUT',
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
