import { isUUID, refuse, shown, wantNames } from '../base/checks.ts'
import { PerfResultsChangedDocument } from '../generated/v0.8.ts'
import { badName, resolveNames } from './names.ts'
import {
  everything,
  graphqlSelector,
  type Page,
  readSelector,
  type Selector,
  selectorNames,
  type WantedPage,
} from './page-selector.ts'
import { profileList } from './perf-profiles.ts'
import type { StateDeclaration, StateRequests } from './state-declaration.ts'
import { type Listing, readPage } from './walk-pages.ts'
import { fieldsOf, record, text, time, uuid, type Wire } from './wire.ts'

/** What came of one run of a performance profile. */
export interface MesheryResult {
  /** The id of the result: a UUID. */
  readonly meshery_id: string | null
  /** What the run was called. */
  readonly name: string | null
  /** The service mesh that the run went through. */
  readonly mesh: string | null
  /** The id of the profile. */
  readonly performance_profile: string | null
  /** An id of the run, where its maker gave one. */
  readonly test_id: string | null
  /** Whose it is. */
  readonly user_id: string | null
  /** What the load generator reported, in its own spelling: `ActualQPS`, `DurationHistogram` and so on. */
  readonly runner_results: Readonly<Record<string, unknown>> | null
  /** JSON text: the metrics of the server during the run. */
  readonly server_metrics: string | null
  /** JSON text: the dashboard that the metrics belong to. */
  readonly server_board_config: string | null
  /** When the run began: RFC 3339 text. */
  readonly test_start_time: string | null
  /** When it was stored: RFC 3339 text. */
  readonly created_at: string | null
  /** When it was last stored: RFC 3339 text. */
  readonly updated_at: string | null
}

/** A page of the results of a performance profile. */
export interface PerfPageResult extends Page {
  /** The results on this page, in the order asked for. */
  readonly results: readonly MesheryResult[]
}

/** Which results. With the Local provider the server minds neither `search` nor `order`. */
export interface PerfResultsArguments extends Selector {
  /** The id or the name of the performance profile. */
  readonly profileID: string
}

interface Wanted extends WantedPage {
  readonly profileID: string
}

const item = /* @__PURE__ */ fieldsOf({
  meshery_id: uuid,
  name: text,
  mesh: text,
  performance_profile: uuid,
  test_id: text,
  // Early v1.0 has Go's own name of the field.
  user_id: (wire) => uuid(wire, 'UserID', 'userId', 'owner', 'user_id'),
  runner_results: record,
  server_metrics: json,
  server_board_config: json,
  test_start_time: time,
  created_at: time,
  updated_at: time,
})

/** REST has any JSON where GraphQL has text. */
function json(wire: Wire, ...keys: string[]): string | null {
  const value = keys.map((key) => wire[key]).find((one) => one !== undefined && one !== null && one !== '')
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const listingOf = (profileID: string): Listing<MesheryResult> => ({
  paths: ['/api/user/performance/profiles', '/api/performance/profiles'].map(
    (path) => `${path}/${encodeURIComponent(profileID)}/results`,
  ),
  key: 'results',
  id: ({ meshery_id }) => meshery_id,
  item,
})

const option = 'profileID'

/** The id of the profile. A name is looked up. */
async function idOf(profileID: string, ask: StateRequests): Promise<string> {
  if (isUUID(profileID)) return profileID
  const { items } = await readPage(ask, profileList, everything)
  const known = items.flatMap(({ id, name }) => (id === null ? [] : { to: id, ids: [id], name }))
  const [id] = resolveNames({ option, what: 'performance profiles' }, [profileID], known, (profile) => profile).found
  if (id !== undefined) return id
  const some = items.slice(0, 5).map(({ id, name }) => name ?? id)
  throw badName(option, `No performance profile is called \`${profileID}\`; known: ${some.join(', ') || 'none'}`)
}

/** The results of a performance profile. Polled, and read whatever is pushed, for the same reasons as the profiles. */
export const perfResults: StateDeclaration<Wanted, PerfPageResult> = {
  kind: 'state',
  name: 'subscribePerfResults',
  documents: [PerfResultsChangedDocument],
  polls: true,
  readEveryMs: { polling: 2_000, live: 60_000 },
  since: 'v0.6',
  arguments(given) {
    const { profileID, ...selector } = wantNames('arguments', given, ['profileID', ...selectorNames])
    // A server never answers an empty one.
    if (typeof profileID !== 'string' || profileID === '')
      return refuse('profileID', shown(profileID), 'the id or the name of a performance profile')
    return { ...readSelector(selector, ['created_at', 'updated_at', 'name']), profileID }
  },
  targets: async ({ profileID }, ask) => ({ ids: [[await idOf(profileID, ask)]], unknown: [] }),
  variables: ({ profileID: _, ...wanted }, [profileID]) => ({ selector: graphqlSelector(wanted), profileID }),
  async read({ profileID: _, ...wanted }, [profileID = ''], ask) {
    const { items: results, ...page } = await readPage(ask, listingOf(profileID), wanted)
    return { value: { ...page, results } }
  },
}
