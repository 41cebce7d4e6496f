import { randomUUID } from 'node:crypto'

/** A performance profile under its canonical names, whatever the release calls its fields on the wire. */
export interface StoredProfile {
  /** A UUID v4 unless given. */
  readonly id: string
  readonly name: string
  /** Null for a user whose id is the nil UUID. Only a remote provider reports it. */
  readonly user_id: string | null
  readonly concurrent_request: number
  /** Requests a second; 0 for as many as possible. REST leaves out every zero and every empty text. */
  readonly qps: number
  /** As Go writes a duration: `30s`. */
  readonly duration: string
  readonly endpoints: readonly string[]
  readonly load_generators: readonly string[]
  readonly service_mesh: string | null
  readonly request_headers: string | null
  readonly request_cookies: string | null
  readonly request_body: string | null
  readonly content_type: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** The id of a schedule, only in REST. */
  readonly schedule: string | null
  readonly total_results: number
  /** RFC 3339, as the others. Null before the first run. */
  readonly last_run: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** A profile to add, or the changes to one. Left out, a field gets a default value or stays as it is. */
export type NewProfile = Partial<StoredProfile>

/** The result of a run under its canonical names. */
export interface StoredResult {
  /** A UUID v4 unless given. */
  readonly meshery_id: string
  readonly name: string
  readonly mesh: string | null
  /** The id of its profile. */
  readonly performance_profile: string
  readonly test_id: string | null
  readonly runner_results: Readonly<Record<string, unknown>> | null
  /** Any JSON. GraphQL sends it as text. */
  readonly server_metrics: unknown
  /** Any JSON. GraphQL sends it as text. */
  readonly server_board_config: unknown
  readonly test_start_time: string
  /** Null for a user whose id is the nil UUID. */
  readonly user_id: string | null
  readonly created_at: string
  readonly updated_at: string
}

/** A result to add. Fields that are left out get default values. */
export type NewResult = Omit<Partial<StoredResult>, 'performance_profile'>

/** A profile that a user created at the time `now`. */
export function buildProfile(given: NewProfile, now: string, user: string | null): StoredProfile {
  return {
    id: randomUUID(),
    name: 'Profile',
    user_id: user,
    concurrent_request: 1,
    qps: 10,
    duration: '30s',
    endpoints: ['http://localhost:8080'],
    load_generators: ['fortio'],
    service_mesh: null,
    request_headers: null,
    request_cookies: null,
    request_body: null,
    content_type: null,
    metadata: null,
    schedule: null,
    total_results: 0,
    last_run: null,
    created_at: given.created_at ?? now,
    updated_at: given.created_at ?? now,
    ...given,
  }
}

/** A result of a profile that a user created at the time `now`. */
export function buildResult(
  given: NewResult,
  { id, name, qps }: StoredProfile,
  now: string,
  user: string | null,
): StoredResult {
  return {
    meshery_id: randomUUID(),
    name,
    mesh: null,
    test_id: null,
    runner_results: { RunType: 'HTTP', ActualQPS: qps },
    server_metrics: null,
    server_board_config: null,
    test_start_time: given.created_at ?? now,
    user_id: user,
    created_at: given.created_at ?? now,
    updated_at: given.created_at ?? now,
    ...given,
    performance_profile: id,
  }
}
