import { randomUUID } from 'node:crypto'

/** The fields of the rows of all three lists, under their canonical names. */
export interface StoredContent {
  /** A UUID v4 unless given. */
  readonly id: string
  readonly name: string
  /** Null for a user whose id is the nil UUID. */
  readonly user_id: string | null
  readonly location: {
    readonly branch: string
    readonly host: string
    readonly path: string
    readonly type: string
  }
  /** `private`, `public` or `published`. */
  readonly visibility: string
  /** RFC 3339, as the other. */
  readonly created_at: string
  readonly updated_at: string
}

/** A text column of the database that may be empty. */
export interface NullString {
  readonly String: string
  readonly Valid: boolean
}

/** A design. */
export interface StoredPattern extends StoredContent {
  readonly pattern_file: string
  readonly catalog_data: Readonly<Record<string, unknown>> | null
  /** v0.6 has none. */
  readonly type: NullString
  /** Only in GraphQL. */
  readonly canSupport: boolean
  /** Only in GraphQL. */
  readonly errmsg: string | null
}

/** A WASM filter. */
export interface StoredFilter extends StoredContent {
  /** Unencoded; base64 on the wire. */
  readonly filter_file: string
  readonly filter_resource: string
  readonly catalog_data: Readonly<Record<string, unknown>> | null
}

/** An application, which only v0.6 and v0.7 have. */
export interface StoredApplication extends StoredContent {
  readonly application_file: string
  readonly type: NullString
}

/** A design to add, or the changes to one. Left out, a field gets a default value or stays as it is. */
export type NewPattern = Partial<StoredPattern>
/** A filter to add, or the changes to one. Left out, a field gets a default value or stays as it is. */
export type NewFilter = Partial<StoredFilter>
/** An application to add, or the changes to one. Left out, a field gets a default value or stays as it is. */
export type NewApplication = Partial<StoredApplication>

const content = (given: Partial<StoredContent>, now: string, user: string | null): Omit<StoredContent, 'name'> => ({
  id: randomUUID(),
  user_id: user,
  location: { branch: '', host: '', path: '', type: 'local' },
  visibility: 'private',
  created_at: given.created_at ?? now,
  updated_at: given.created_at ?? now,
})

/** A design that a user created at the time `now`. */
export const buildPattern = (given: NewPattern, now: string, user: string | null): StoredPattern => ({
  ...content(given, now, user),
  name: 'Design',
  pattern_file: 'name: Design\nservices: {}\n',
  catalog_data: null,
  type: { String: '', Valid: false },
  canSupport: true,
  errmsg: null,
  ...given,
})

/** A filter that a user created at the time `now`. */
export const buildFilter = (given: NewFilter, now: string, user: string | null): StoredFilter => ({
  ...content(given, now, user),
  name: 'Filter',
  filter_file: '\0asm',
  filter_resource: '',
  catalog_data: null,
  ...given,
})

/** An application that a user created at the time `now`. */
export const buildApplication = (given: NewApplication, now: string, user: string | null): StoredApplication => ({
  ...content(given, now, user),
  name: 'Application',
  application_file: 'kind: Deployment\n',
  type: { String: 'Kubernetes Manifest', Valid: true },
  ...given,
})
