import { expect } from 'vitest'
import { createMeshery, type MesheryOptions, type MesheryResult, type PerfProfile } from '../../src/index.ts'
import { type FakeMeshery, type Release, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { claimsFor } from '../sample.ts'
import { following, isLive, subscribes } from './following.ts'

const userID = 'c0ffee00-0000-4000-8000-000000000001'
const auth = { provider: 'Meshery', token: 'a-token-of-some-length', userID }
const asUser: MesheryOptions = { provider: auth.provider, token: auth.token }
const start = (release: Release): Promise<FakeMeshery> => startFakeMeshery({ release, auth })

const overWebSocket = releases.filter((release) => release !== 'current')

type Stored = FakeMeshery['perf']['profiles'][number]
type StoredResult = FakeMeshery['perf']['results'][number]
const canonical = ({ schedule: _, ...profile }: Stored): PerfProfile => profile
const canonicalResult = ({ server_metrics, server_board_config, ...result }: StoredResult): MesheryResult => ({
  ...result,
  server_metrics: server_metrics === null ? null : JSON.stringify(server_metrics),
  server_board_config: server_board_config === null ? null : JSON.stringify(server_board_config),
})

claimsFor(
  'on %s',
  releases.map((release) => [release] as const),
  (it, [release]) => {
    it('profiles are polled, without any subscription, while load tests run', async () => {
      await using fake = await start(release)
      const { id } = fake.perf.addProfile({ name: 'nightly', metadata: { ssl: true }, service_mesh: 'istio' })
      await using watching = following(fake.url, (meshery) => meshery.subscribePerfProfiles(), asUser)
      const page = (): object => ({
        page: 0,
        page_size: 25,
        total_count: fake.perf.profiles.length,
        profiles: fake.perf.profiles.map(canonical),
      })
      await watching.newest((value) => expect(value).toEqual(page()))
      expect(watching.subscription.status).toMatchObject({ state: 'polling', transport: 'polling' })
      await fake.perf.finishRun(id)
      await watching.newest((value) => expect(value).toEqual(page()))
      // No live channel contains this one.
      fake.perf.updateProfile(id, { name: 'weekly' })
      await watching.newest((value) => expect(value).toEqual(page()))
      await watching.subscription.close()
      await fake.perf.finishRun(id)
      expect(fake.perf.blocked).toBe(0)
      expect([fake.stats.dials, subscribes(fake)]).toEqual([[], 0])
    })

    it('results of one profile are polled, without any subscription', async () => {
      await using fake = await start(release)
      const [{ id }, other] = [fake.perf.addProfile(), fake.perf.addProfile()]
      await fake.perf.finishRun(id, { server_metrics: { data: [1, 'two'] }, server_board_config: [null] })
      await fake.perf.finishRun(other.id)
      await using watching = following(fake.url, (meshery) => meshery.subscribePerfResults({ profileID: id }), asUser)
      const page = (): object => {
        const results = fake.perf.results.filter(({ performance_profile }) => performance_profile === id)
        return { page: null, page_size: null, total_count: results.length, results: results.map(canonicalResult) }
      }
      const alike = (value: { readonly results: readonly MesheryResult[] }): void => {
        const results = value.results.toSorted((a, b) => `${a.created_at}`.localeCompare(`${b.created_at}`))
        expect({ ...value, page: null, page_size: null, results }).toEqual(page())
      }
      await watching.newest(alike)
      expect(watching.values[0]?.results[0]).toMatchObject({ server_metrics: '{"data":[1,"two"]}', user_id: userID })
      await fake.perf.finishRun(id, { created_at: '2099-01-01T00:00:00Z' })
      await watching.newest(alike)
      expect([fake.stats.dials, subscribes(fake)]).toEqual([[], 0])
    })

    it('an empty profile is refused before anything is sent', async () => {
      await using fake = await start(release)
      await using meshery = createMeshery({ url: fake.url, ...asUser })
      expect(() => meshery.subscribePerfResults({ profileID: '' })).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION', details: { option: 'profileID' } }),
      )
      expect([fake.stats.requests, fake.stats.dials]).toEqual([[], []])
    })

    it('results are found by the name of their profile; an id needs no list of profiles', async () => {
      await using fake = await start(release)
      const [{ id }] = [fake.perf.addProfile({ name: 'nightly: a/b?' }), fake.perf.addProfile({ name: 'nightly' })]
      const { meshery_id } = await fake.perf.finishRun(id)
      const results = async (profileID: string): Promise<void> => {
        await using watching = following(fake.url, (meshery) => meshery.subscribePerfResults({ profileID }), asUser)
        await watching.newest((value) => expect(value.results.map((one) => one.meshery_id)).toEqual([meshery_id]))
      }
      await results(id)
      expect(fake.stats.requests.filter(({ path }) => /profiles$/.test(path))).toEqual([])
      await results('nightly: a/b?')
    })

    it('a name that no profile or several profiles have is an error that lists the profiles', async () => {
      await using fake = await start(release)
      await using meshery = createMeshery({ url: fake.url, ...asUser })
      const failure = async (profileID: string): Promise<unknown> =>
        meshery.subscribePerfResults({ profileID }).closed.catch((error: unknown) => error)
      const unknownProfile = (message: string) =>
        expect.objectContaining({ code: 'INVALID_OPTION', details: { option: 'profileID' }, message })
      expect(await failure('weekly')).toEqual(unknownProfile('No performance profile is called `weekly`; known: none'))
      const [a, b] = [fake.perf.addProfile({ name: 'nightly' }), fake.perf.addProfile({ name: 'nightly' })]
      expect(await failure('weekly')).toEqual(
        unknownProfile('No performance profile is called `weekly`; known: nightly, nightly'),
      )
      expect(await failure('nightly')).toEqual(
        unknownProfile(`Several performance profiles are called \`nightly\`: ${a.id}, ${b.id}`),
      )
    })

    it('all profiles are read from all pages', async () => {
      await using fake = await start(release)
      const made = Array.from({ length: 130 }, (_, index) => fake.perf.addProfile({ name: `profile ${index}` }))
      await using watching = following(fake.url, (meshery) => meshery.subscribePerfProfiles({ all: true }), asUser)
      await watching.newest((value) => {
        expect(value).toMatchObject({ page: null, page_size: null, total_count: made.length })
        expect(value.profiles.map(({ id }) => id).toSorted()).toEqual(made.map(({ id }) => id).toSorted())
      })
    })
  },
)

claimsFor(
  'on %s, over the WebSocket that was asked for',
  overWebSocket.map((release) => [release] as const),
  (it, [release]) => {
    const options: MesheryOptions = { ...asUser, transports: ['websocket'] }

    it('the end of a run is pushed, with every field that GraphQL would lose', async () => {
      await using fake = await start(release)
      const { id } = fake.perf.addProfile()
      await using profiles = following(fake.url, (meshery) => meshery.subscribePerfProfiles(), options)
      await using results = following(fake.url, (meshery) => meshery.subscribePerfResults({ profileID: id }), options)
      await Promise.all([isLive(profiles), isLive(results)])
      await profiles.newest((value) => expect(value.profiles).toHaveLength(1))
      await results.newest((value) => expect(value.results).toEqual([]))
      await fake.perf.finishRun(id)
      await profiles.newest((value) => expect(value.profiles).toEqual(fake.perf.profiles.map(canonical)))
      await results.newest((value) => expect(value.results).toEqual(fake.perf.results.map(canonicalResult)))
      // Pages of v1.0 that are pushed contain no results.
      expect(profiles.values.map(({ total_count }) => total_count)).toEqual([1, 1])
      expect(results.values.map(({ total_count }) => total_count)).toEqual([0, 1])
      expect(subscribes(fake)).toBe(2)
    })

    it('an empty push neither reaches the user nor ends the stream', async () => {
      await using fake = await start(release)
      fake.perf.addProfile()
      let push: (value: unknown) => void = () => {}
      fake.graphql('subscribePerfProfiles', async function* (_, signal) {
        while (!signal.aborted)
          yield await new Promise((resolve) => {
            push = resolve
            signal.addEventListener('abort', () => resolve({ total_count: 0 }))
          })
      })
      await using watching = following(fake.url, (meshery) => meshery.subscribePerfProfiles(), options)
      await isLive(watching)
      await watching.newest((value) => expect(value.total_count).toBe(1))
      fake.perf.addProfile()
      push({ total_count: 0 })
      await watching.newest((value) => expect(value.total_count).toBe(2))
      expect(watching.values.map(({ total_count }) => total_count)).toEqual([1, 2])
    })
  },
)
