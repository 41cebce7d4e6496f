import { isRecord } from '../../../base/checks.ts'
import { MesheryError } from '../../../base/errors.ts'
import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { goTime } from '../../wire/go.ts'
import type { FakeResource, Route, RouteRequest } from '../fake-resource.ts'
import { badNumber, includes, listingPage, parseWindow, rowsInWindow, sortRows } from '../listing.ts'
import {
  buildProfile,
  buildResult,
  type NewProfile,
  type NewResult,
  type StoredProfile,
  type StoredResult,
} from './performance-rows.ts'
import { decodedPage, profileItem, resultItem } from './performance-wire.ts'
import { SharedChannel } from './shared-channel.ts'

/**
 * Performance profiles and the results of their runs.
 *
 * A WebSocket reports only the end of a run, by one channel for `subscribePerfProfiles` and one for `subscribePerfResults`,
 * which all clients of the server share: each run reaches one subscriber of either. With the Local provider the GraphQL
 * of v1.0 and later refuses everything here; with a remote one it loses most fields.
 */
export interface FakePerf {
  /** Adds a profile, created now by the fake's clock. No live channel reports it. */
  addProfile(profile?: NewProfile): StoredProfile
  /**
   * Changes a profile, and its `updated_at` unless that is given. No live channel reports it.
   * @throws MesheryError INVALID_OPTION when there is no such profile.
   */
  updateProfile(id: string, changes: NewProfile): StoredProfile
  /** Deletes profiles. Their results stay in the list of all results. */
  removeProfile(...ids: string[]): void
  /**
   * Ends a run of the profile: stores its result at once, updates the profile's `last_run` and `total_results`, then notifies
   * one subscriber to profiles and one to results. Resolves when both are notified. That is never if there was a subscriber once
   * and there is none now. A channel that never had a subscriber blocks nothing.
   * @throws MesheryError INVALID_OPTION when there is no such profile.
   */
  finishRun(profileID: string, result?: NewResult): Promise<StoredResult>
  /** Lets the blocked runs continue and forgets all earlier subscribers, as `stop` and `become` do. */
  unblock(): void
  /** How many ended runs wait for a subscriber. */
  readonly blocked: number
  /** In the order in which they were added. */
  readonly profiles: readonly StoredProfile[]
  /** Those of all profiles, in the order in which they were added. */
  readonly results: readonly StoredResult[]
}

type Args = Readonly<Record<string, unknown>>

/** What a request asks of a list, from the query of a URL or the selector of GraphQL. */
type ListQuery = Readonly<Record<string, unknown>>

/** A page as REST has it. Undefined if the page or its size is no number. */
type Page = object | undefined

const selectorOf = (args: Args): ListQuery => (isRecord(args['selector']) ? args['selector'] : {})

const listQueryOf = ({ query }: RouteRequest): ListQuery => ({
  ...Object.fromEntries(query),
  pageSize: query.get('pagesize'),
})

/** Stores the `FakePerf` and serves it. */
export class Performance implements FakePerf, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #profiles = new Map<string, StoredProfile>()
  readonly #results: StoredResult[] = []
  readonly #profileEnds = new SharedChannel()
  readonly #resultEnds = new SharedChannel()
  readonly sources: Readonly<Record<string, FieldSource>>
  readonly routes: readonly Route[]

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    const profiles = (args: Args): object | Error => this.#resolved('profiles', this.#profilePage(selectorOf(args)))
    const allResults = (args: Args): object | Error => this.#resolved('results', this.#resultPage(selectorOf(args)))
    const results = (args: Args): object | Error => this.#resolvedResultsOf(args)
    this.sources = {
      subscribePerfProfiles: subscription(this.#profileEnds, profiles),
      subscribePerfResults: subscription(this.#resultEnds, results),
      getPerformanceProfiles: query(profiles),
      fetchResults: query(results),
      fetchAllResults: query(allResults),
    }
    this.routes = this.#routes()
  }

  get profiles(): readonly StoredProfile[] {
    return [...this.#profiles.values()]
  }

  get results(): readonly StoredResult[] {
    return [...this.#results]
  }

  get blocked(): number {
    return this.#profileEnds.waiting + this.#resultEnds.waiting
  }

  addProfile(given: NewProfile = {}): StoredProfile {
    const profile = buildProfile(given, this.#now(), this.#user())
    this.#profiles.set(profile.id, profile)
    return profile
  }

  updateProfile(id: string, changes: NewProfile): StoredProfile {
    const profile = { ...this.#profile(id), updated_at: this.#now(), ...changes, id }
    this.#profiles.set(id, profile)
    return profile
  }

  removeProfile(...ids: string[]): void {
    for (const id of ids) this.#profiles.delete(id)
  }

  async finishRun(profileID: string, given: NewResult = {}): Promise<StoredResult> {
    const profile = this.#profile(profileID)
    const result = buildResult(given, profile, this.#now(), this.#user())
    this.#results.push(result)
    this.updateProfile(profileID, { last_run: result.created_at, total_results: profile.total_results + 1 })
    await this.#profileEnds.send()
    await this.#resultEnds.send()
    return result
  }

  unblock(): void {
    this.#profileEnds.discard()
    this.#resultEnds.discard()
  }

  ended(): void {
    this.unblock()
  }

  #routes(): readonly Route[] {
    const profiles = (request: RouteRequest): RouteAnswer => this.#answer(this.#profilePage(listQueryOf(request)))
    const all = (request: RouteRequest): RouteAnswer => this.#answer(this.#resultPage(listQueryOf(request)))
    const results = (request: RouteRequest): RouteAnswer =>
      this.#answer(this.#resultPage(listQueryOf(request), request.groups[0]))
    const camelCase = (releaseProfile: ReleaseProfile): boolean => !releaseProfile.snakeCase
    return [
      { path: '/api/user/performance/profiles', answer: profiles },
      { path: '/api/performance/profiles', on: camelCase, answer: profiles },
      { path: '/api/user/performance/profiles/results', answer: all },
      { path: '/api/performance/results', on: camelCase, answer: all },
      { path: '/api/perf/profile/result', on: ({ snakeCase }) => snakeCase, answer: all },
      { path: /\/api\/user\/performance\/profiles\/([^/]+)\/results/, answer: results },
      { path: /\/api\/performance\/profiles\/([^/]+)\/results/, on: camelCase, answer: results },
    ]
  }

  #now(): string {
    return goTime(this.#environment.clock())
  }

  #user(): string | null {
    return this.#environment.identityProvider.user(this.#environment.releaseProfile)
  }

  #profile(id: string): StoredProfile {
    const profile = this.#profiles.get(id)
    if (profile) return profile
    throw new MesheryError('INVALID_OPTION', `There is no performance profile ${id}.`, { phase: 'options' })
  }

  #profilePage(list: ListQuery): Page {
    const found = this.profiles.filter(({ name }) => includes(name, list['search']))
    const columns = ['updated_at', 'created_at', 'name', 'last_run'] as const
    const rows = sortRows(found, list['order'], columns, this.#environment.releaseProfile)
    return this.#page('profiles', rows, list, (profile) => profileItem(profile, this.#environment))
  }

  /** The results of a profile, or of all. The Local provider ignores everything but page and size. */
  #resultPage(list: ListQuery, profileID?: unknown): Page {
    const { releaseProfile, identityProvider } = this.#environment
    const found = this.#results.filter(
      (result) => (profileID ?? result.performance_profile) === result.performance_profile,
    )
    const rows = identityProvider.isRemote ? matchingResults(found, list, releaseProfile) : found
    return this.#page('results', rows, list, (result) => resultItem(result, releaseProfile))
  }

  #page<Row>(name: 'profiles' | 'results', rows: readonly Row[], list: ListQuery, itemOf: (row: Row) => object): Page {
    const window = parseWindow(list['page'], list['pageSize'])
    if (!window) return undefined
    const items = rowsInWindow(rows, window).map(itemOf)
    return listingPage({ name, items, total: rows.length, window }, this.#environment.releaseProfile)
  }

  #answer(page: Page): RouteAnswer {
    return page ? { json: page } : refuse(this.#environment.releaseProfile, 500, badNumber)
  }

  /** The page that a GraphQL resolver makes of one of REST. Resolvers since v1.0 need a token, which the Local provider lacks. */
  #resolved(name: 'profiles' | 'results', page: Page): object | Error {
    const { releaseProfile, identityProvider } = this.#environment
    if (!releaseProfile.snakeCase && !identityProvider.isRemote) return new Error('invalid request')
    return page ? decodedPage(name, page) : new Error(badNumber)
  }

  #resolvedResultsOf(args: Args): object | Error {
    const { profileID } = args
    if (profileID === '') return new Error('invalid request')
    return this.#resolved('results', this.#resultPage(selectorOf(args), profileID))
  }
}

type Resolve = (args: Args) => object | Error

/** A subscription, which sends nothing until a run ends. */
const subscription =
  (channel: SharedChannel, resolve: Resolve): FieldSource =>
  (args, sink) =>
    channel.listen(() => {
      const page = resolve(args)
      // Meshery writes an error only to its log.
      if (!(page instanceof Error)) sink.next(page)
    })

const query =
  (resolve: Resolve): FieldSource =>
  (args, sink) => {
    const page = resolve(args)
    if (page instanceof Error) sink.fail(page)
    else sink.next(page)
    return () => {}
  }

function matchingResults(
  rows: readonly StoredResult[],
  list: ListQuery,
  releaseProfile: ReleaseProfile,
): readonly StoredResult[] {
  const [from, to] = [String(list['from'] ?? ''), String(list['to'] ?? '')]
  const found = rows.filter(({ name, test_start_time }) => {
    const day = test_start_time.slice(0, 10)
    return includes(name, list['search']) && (from === '' || day >= from) && (to === '' || day <= to)
  })
  return sortRows(found, list['order'], ['updated_at', 'created_at', 'name', 'test_start_time'], releaseProfile)
}
