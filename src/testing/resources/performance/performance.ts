import { MesheryError } from '../../../base/errors.ts'
import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { type RouteAnswer, refuse } from '../../network/http-reply.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { goTime } from '../../wire/go.ts'
import { isRecord } from '../../wire/json.ts'
import type { FakeResource, Route, RouteRequest } from '../fake-resource.ts'
import { includes, listingPage, parseWindow, rowsInWindow, sortRows, type Window } from '../listing.ts'
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
 * Over WebSocket only the end of a run is told, by one channel for `subscribePerfProfiles` and one for `subscribePerfResults`,
 * which all clients of the server share: each run reaches one subscriber of either. With the Local provider the GraphQL
 * of v1.0 and later refuses everything here; with a remote one it loses most fields.
 */
export interface FakePerf {
  /** Adds a profile, made now by the fake's clock. No live channel tells it. */
  addProfile(profile?: NewProfile): StoredProfile
  /**
   * Changes a profile, and its `updated_at` unless that is given. No live channel tells it.
   * @throws MesheryError INVALID_OPTION when there is no such profile.
   */
  updateProfile(id: string, changes: NewProfile): StoredProfile
  /** Deletes profiles. Their results stay in the list of all results. */
  removeProfile(...ids: string[]): void
  /**
   * A run of the profile ends: its result is stored at once, the profile's `last_run` and `total_results` change, then one
   * subscriber to profiles and one to results hear of it. Resolves when they have: never, while somebody has subscribed
   * and nobody listens any more. A channel that nobody has ever listened to blocks nothing.
   * @throws MesheryError INVALID_OPTION when there is no such profile.
   */
  finishRun(profileID: string, result?: NewResult): Promise<StoredResult>
  /** Lets the blocked runs go and forgets that anybody has subscribed, as `stop` and `become` do. */
  unblock(): void
  /** How many ended runs wait for a subscriber. */
  readonly blocked: number
  /** In the order of their making. */
  readonly profiles: readonly StoredProfile[]
  /** Those of all profiles, in the order of their making. */
  readonly results: readonly StoredResult[]
}

type Selector = Readonly<Record<string, unknown>>

const selectorOf = (args: Selector): Selector => (isRecord(args['selector']) ? args['selector'] : {})

/** What a listing is asked for, as REST spells it. */
const askedBy = ({ query }: RouteRequest): Selector => ({
  ...Object.fromEntries(query),
  pageSize: query.get('pagesize'),
})

const badNumber = 'strconv.ParseUint: invalid syntax'

/** Answers for performance. */
export class Performance implements FakePerf, FakeResource {
  readonly #environment: FakeEnvironment
  readonly #profiles = new Map<string, StoredProfile>()
  readonly #results: StoredResult[] = []
  readonly #profileEnds = new SharedChannel()
  readonly #resultEnds = new SharedChannel()
  /** Those of the process that the channels belong to. */
  readonly sources: Readonly<Record<string, FieldSource>>
  readonly routes: readonly Route[]

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
    const profiles = (selector: Selector): object | undefined => this.#profilePage(selector)
    const results = (selector: Selector, profileID: unknown): object | undefined =>
      this.#resultPage(selector, ({ performance_profile }) => performance_profile === profileID)
    this.sources = {
      subscribePerfProfiles: this.#told(this.#profileEnds, (args) =>
        this.#queried('profiles', profiles(selectorOf(args))),
      ),
      subscribePerfResults: this.#told(this.#resultEnds, (args) => this.#resultsOf(args, results)),
      getPerformanceProfiles: asked((args) => this.#queried('profiles', profiles(selectorOf(args)))),
      fetchResults: asked((args) => this.#resultsOf(args, results)),
      fetchAllResults: asked((args) => this.#queried('results', this.#resultPage(selectorOf(args)))),
    }
    const all = (ask: RouteRequest): RouteAnswer => this.#answer(this.#resultPage(askedBy(ask)))
    const oneProfile = (ask: RouteRequest): RouteAnswer => this.#answer(results(askedBy(ask), ask.groups[0]))
    const listing = (ask: RouteRequest): RouteAnswer => this.#answer(profiles(askedBy(ask)))
    const camel: NonNullable<Route['on']> = ({ snake }) => !snake
    this.routes = [
      { path: '/api/user/performance/profiles', answer: listing },
      { path: '/api/performance/profiles', on: camel, answer: listing },
      { path: '/api/user/performance/profiles/results', answer: all },
      { path: '/api/performance/results', on: camel, answer: all },
      { path: '/api/perf/profile/result', on: ({ snake }) => snake, answer: all },
      { path: /\/api\/user\/performance\/profiles\/([^/]+)\/results/, answer: oneProfile },
      { path: /\/api\/performance\/profiles\/([^/]+)\/results/, on: camel, answer: oneProfile },
    ]
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
    this.#profileEnds.unmake()
    this.#resultEnds.unmake()
  }

  ended(): void {
    this.unblock()
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

  /** As in REST; undefined for a page that is no number. */
  #profilePage(selector: Selector): object | undefined {
    const found = this.profiles.filter(({ name }) => includes(name, selector['search']))
    const columns = ['updated_at', 'created_at', 'name', 'last_run'] as const
    const rows = sortRows(found, selector['order'], columns, this.#environment.releaseProfile)
    return this.#page('profiles', rows, selector, (profile) => profileItem(profile, this.#environment))
  }

  /** As in REST; undefined for a page that is no number. The Local provider looks at nothing but page and size. */
  #resultPage(selector: Selector, of: (result: StoredResult) => boolean = () => true): object | undefined {
    const { releaseProfile, identityProvider } = this.#environment
    const found = this.#results.filter(of)
    const rows = identityProvider.isRemote ? chosen(found, selector, releaseProfile) : found
    return this.#page('results', rows, selector, (result) => resultItem(result, releaseProfile))
  }

  #page<Row>(
    name: 'profiles' | 'results',
    rows: readonly Row[],
    selector: Selector,
    item: (row: Row) => object,
  ): object | undefined {
    const window: Window | undefined = parseWindow(selector['page'], selector['pageSize'])
    return (
      window &&
      listingPage(name, rowsInWindow(rows, window).map(item), rows.length, window, this.#environment.releaseProfile)
    )
  }

  #answer(json: object | undefined): RouteAnswer {
    return json ? { json } : refuse(this.#environment.releaseProfile, 500, badNumber)
  }

  /** What a GraphQL resolver makes of a page. The newer ones want a token, which the Local provider has not. */
  #queried(name: 'profiles' | 'results', page: object | undefined): object | Error {
    const { releaseProfile, identityProvider } = this.#environment
    if (!releaseProfile.snake && !identityProvider.isRemote) return new Error('invalid request')
    return page ? decodedPage(name, page) : new Error(badNumber)
  }

  #resultsOf(args: Selector, page: (selector: Selector, profileID: unknown) => object | undefined): object | Error {
    if (args['profileID'] === '') return new Error('invalid request')
    return this.#queried('results', page(selectorOf(args), args['profileID']))
  }

  /** A subscription: it says nothing until a run ends, and nothing then either if what it wants cannot be had. */
  #told(channel: SharedChannel, value: (args: Selector) => object | Error): FieldSource {
    return (args, sink) => {
      return channel.listen(() => {
        const page = value(args)
        // Meshery writes an error to its log, where no client sees it.
        if (!(page instanceof Error)) sink.next(page)
      })
    }
  }
}

/** A query. */
const asked =
  (value: (args: Selector) => object | Error): FieldSource =>
  (args, sink) => {
    const page = value(args)
    if (page instanceof Error) sink.fail(page)
    else sink.next(page)
    return () => {}
  }

function chosen(
  rows: readonly StoredResult[],
  selector: Selector,
  releaseProfile: ReleaseProfile,
): readonly StoredResult[] {
  const [from, to] = [String(selector['from'] ?? ''), String(selector['to'] ?? '')]
  const found = rows.filter(({ name, test_start_time }) => {
    const day = test_start_time.slice(0, 10)
    return includes(name, selector['search']) && (from === '' || day >= from) && (to === '' || day <= to)
  })
  return sortRows(found, selector['order'], ['updated_at', 'created_at', 'name', 'test_start_time'], releaseProfile)
}
