import { wantNames } from '../base/checks.ts'
import { PerfProfilesChangedDocument } from '../generated/v0.8.ts'
import {
  graphqlSelector,
  type Page,
  readSelector,
  type Selector,
  selectorNames,
  type WantedPage,
} from './page-selector.ts'
import type { StateDeclaration } from './state-declaration.ts'
import { type Listing, readPage } from './walk-pages.ts'
import { fieldsOf, number, record, text, time, uuid, type Wire } from './wire.ts'

/** How a load test is run. Go leaves zeros and empty texts out of REST: numbers are then 0 here, texts null. */
export interface PerfProfile {
  /** A UUID. */
  readonly id: string | null
  /** What the profile is called. */
  readonly name: string | null
  /** Whose it is. Null with the Local provider, which does not say. */
  readonly user_id: string | null
  /** Requests at the same time. */
  readonly concurrent_request: number
  /** Requests a second; 0 for as many as possible. */
  readonly qps: number
  /** How long a run takes, as Go writes a duration: `30s`. */
  readonly duration: string | null
  /** The addresses that are put under load. */
  readonly endpoints: readonly string[]
  /** Such as `fortio`. */
  readonly load_generators: readonly string[]
  /** The service mesh that is tested, such as `istio`; null for none. */
  readonly service_mesh: string | null
  /** JSON text: the headers of each request. They may hold secrets of the user who made the profile; so may cookies and body. */
  readonly request_headers: string | null
  /** JSON text: the cookies of each request. */
  readonly request_cookies: string | null
  /** The body of each request. */
  readonly request_body: string | null
  /** The content type of the body. */
  readonly content_type: string | null
  /** What Meshery stores beside, as it is. */
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** How often it was run. */
  readonly total_results: number
  /** When a run last ended: RFC 3339 text. Null before the first one. */
  readonly last_run: string | null
  /** RFC 3339 text. */
  readonly created_at: string | null
  /** RFC 3339 text. */
  readonly updated_at: string | null
}

/** A page of the performance profiles. */
export interface PerfPageProfiles extends Page {
  /** The profiles on this page, in the order asked for. */
  readonly profiles: readonly PerfProfile[]
}

const columns = ['updated_at', 'created_at', 'name', 'last_run'] as const

/** Which performance profiles. */
export type PerfProfilesArguments = Selector<(typeof columns)[number]>

/** A number; Go leaves out a 0. */
const count = (wire: Wire, ...spellings: string[]): number => number(wire, ...spellings) ?? 0

export const profileList: Listing<PerfProfile> = {
  paths: ['/api/user/performance/profiles', '/api/performance/profiles'],
  key: 'profiles',
  id: ({ id }) => id,
  item: /* @__PURE__ */ fieldsOf({
    id: text,
    name: text,
    user_id: (wire) => uuid(wire, 'owner', 'userId', 'user_id'),
    concurrent_request: count,
    qps: count,
    duration: text,
    endpoints: texts,
    load_generators: texts,
    service_mesh: text,
    request_headers: text,
    request_cookies: text,
    request_body: text,
    content_type: text,
    metadata: record,
    total_results: count,
    last_run: time,
    created_at: time,
    updated_at: time,
  }),
}

/** The texts of the first of the lists that is there. */
function texts(wire: Wire, ...keys: string[]): readonly string[] {
  const list = keys.map((key) => wire[key]).find(Array.isArray)
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
}

/**
 * The performance profiles of the user. Polled: a server reports the end of a run to only one of its subscribers, and one
 * that no longer listens blocks the next run. A push is only a signal: over GraphQL v1.0 loses most of its fields.
 */
export const perfProfiles: StateDeclaration<WantedPage, PerfPageProfiles> = {
  kind: 'state',
  name: 'subscribePerfProfiles',
  documents: [PerfProfilesChangedDocument],
  polls: true,
  readEveryMs: { polling: 1_000, live: 60_000 },
  since: 'v0.6',
  arguments: (given = {}) => readSelector(wantNames('arguments', given, selectorNames), columns),
  variables: (wanted) => ({ selector: graphqlSelector(wanted) }),
  async read(wanted, _, ask) {
    const { items: profiles, ...page } = await readPage(ask, profileList, wanted)
    return { value: { ...page, profiles } }
  },
}
