import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { perfProfiles } from '../../src/streams/perf-profiles.ts'
import { perfResults } from '../../src/streams/perf-results.ts'
import { runsOf } from '../sample.ts'
import { scriptedAsk } from './following.ts'

const profile = {
  id: 'c0ffee00-0000-4000-8000-000000000001',
  name: 'nightly',
  user_id: 'c0ffee00-0000-4000-8000-000000000002',
  concurrent_request: 4,
  qps: 100,
  duration: '30s',
  endpoints: ['http://a', 'http://b'],
  load_generators: ['fortio'],
  service_mesh: 'istio',
  request_headers: '{"a":"b"}',
  request_cookies: '{"c":"d"}',
  request_body: 'body',
  content_type: 'application/json',
  metadata: { ssl: true },
  total_results: 7,
  last_run: '2026-01-02T03:04:05Z',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
}

const result = {
  meshery_id: 'c0ffee00-0000-4000-8000-000000000003',
  name: 'run',
  mesh: 'istio',
  performance_profile: profile.id,
  test_id: 'c0ffee00-0000-4000-8000-000000000004',
  user_id: profile.user_id,
  runner_results: { ActualQPS: 99.5 },
  server_metrics: '{"data":[1]}',
  server_board_config: 'as it came',
  test_start_time: '2026-01-02T03:04:05Z',
  created_at: '2026-01-02T03:04:06Z',
  updated_at: '2026-01-02T03:04:07Z',
}

const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
const inCamel = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value]))

const readProfiles = async (body: unknown) =>
  (
    await perfProfiles.read(
      perfProfiles.arguments({}),
      [],
      scriptedAsk(() => body),
      undefined,
    )
  ).value
const readResults = async (body: unknown) =>
  (
    await perfResults.read(
      perfResults.arguments({ profileID: 'p' }),
      [],
      scriptedAsk(() => body),
      undefined,
    )
  ).value

/** The error that is thrown, if any. */
const thrown = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work()
    return undefined
  } catch (error) {
    return error
  }
}
const onlyMesheryErrors = async (work: () => Promise<unknown>): Promise<void> => {
  const error = await thrown(work)
  if (error !== undefined) expect(error).toBeInstanceOf(MesheryError)
}

describe('performance profiles', () => {
  const page = { page: 0, page_size: 25, total_count: 1, profiles: [profile] }

  it('are the same from both variants of the field names', async () => {
    expect(await readProfiles({ page: 0, page_size: 25, total_count: 1, profiles: [profile] })).toEqual(page)
    const { user_id: owner, ...row } = profile
    for (const user of [{ owner }, { userId: owner }])
      expect(
        await readProfiles({ page: 0, pageSize: 25, totalCount: 1, profiles: [{ ...inCamel(row), ...user }] }),
      ).toEqual(page)
  })

  it('have zeros where Go leaves them out, and null where the value is unknown', async () => {
    const { profiles } = await readProfiles({
      totalCount: 1,
      profiles: [{ id: 'a', lastRun: '0001-01-01T00:00:00Z', owner: '00000000-0000-0000-0000-000000000000' }],
    })
    expect(profiles).toEqual([
      {
        ...Object.fromEntries(Object.keys(profile).map((key) => [key, null])),
        id: 'a',
        concurrent_request: 0,
        qps: 0,
        total_results: 0,
        endpoints: [],
        load_generators: [],
      },
    ])
  })

  it('have no total where the server sends 0 beside rows', async () => {
    expect(await readProfiles({ total_count: 0, profiles: [profile] })).toMatchObject({ total_count: null })
    expect(await readProfiles({ total_count: 0, profiles: null })).toMatchObject({ total_count: 0, profiles: [] })
  })

  it('are read to an end where every page is the same', async () => {
    const profiles = Array.from({ length: 100 }, (_, id) => ({ id: `${id}` }))
    let pages = 0
    const ask = scriptedAsk(() => {
      if (++pages > 5) throw new Error('There is no end')
      return { total_count: 5_000, profiles }
    })
    const { value } = await perfProfiles.read(perfProfiles.arguments({ all: true }), [], ask, undefined)
    expect(value).toMatchObject({ page: null, total_count: 100 })
  })

  it("accept any rows, and reject any other answer only as not Meshery's", async () => {
    const key = fc.constantFrom(...Object.keys(profile), ...Object.keys(inCamel(profile)))
    const rows = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())))
    await fc.assert(
      fc.asyncProperty(rows, fc.jsonValue(), fc.jsonValue(), async (profiles, total_count, body) => {
        const value = await readProfiles({ total_count, profiles })
        for (const one of value.profiles) expect(Object.keys(one)).toEqual(Object.keys(profile))
        await onlyMesheryErrors(() => readProfiles(body))
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('performance results', () => {
  const page = { page: 0, page_size: 25, total_count: 1, results: [result] }

  it('are the same from both variants of the field names, whatever the key of the user', async () => {
    expect(await readResults({ ...page })).toEqual(page)
    const { user_id: user, ...row } = result
    for (const key of ['UserID', 'userId', 'owner', 'user_id'])
      expect(await readResults({ totalCount: 1, results: [{ ...inCamel(row), [key]: user }] })).toEqual(page)
  })

  it('have the text of metrics and boards, which REST sends as any JSON', async () => {
    const rows = [
      { serverMetrics: { data: [1] }, serverBoardConfig: 'as it came' },
      { server_metrics: [null], server_board_config: false },
      { server_metrics: null, server_board_config: '' },
    ]
    const { results } = await readResults({ totalCount: 3, results: rows })
    expect(results.map((one) => [one.server_metrics, one.server_board_config])).toEqual([
      ['{"data":[1]}', 'as it came'],
      ['[null]', 'false'],
      [null, null],
    ])
  })

  it("accept any rows, and reject any other answer only as not Meshery's", async () => {
    const key = fc.constantFrom(...Object.keys(result), ...Object.keys(inCamel(result)), 'UserID', 'owner')
    const rows = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())))
    await fc.assert(
      fc.asyncProperty(rows, fc.jsonValue(), fc.jsonValue(), async (results, total_count, body) => {
        const value = await readResults({ total_count, results })
        for (const one of value.results) expect(Object.keys(one)).toEqual(Object.keys(result))
        await onlyMesheryErrors(() => readResults(body))
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('arguments', () => {
  it.each([undefined, {}, { profileID: '' }, { profileID: ['p'] }, { profileID: 1 }])(
    'results refuse %j: a profile needs an id or a name',
    (given) => {
      expect(() => perfResults.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )

  it('profiles may be ordered by their last run, results may not', () => {
    expect(perfProfiles.arguments({ order: 'last_run asc' })).toMatchObject({ order: 'last_run asc' })
    expect(() => perfResults.arguments({ profileID: 'p', order: 'last_run asc' })).toThrow(MesheryError)
    expect(() => perfProfiles.arguments({ profileID: 'p' })).toThrow(MesheryError)
  })

  it('are texts on the wire, with every argument that old servers need', () => {
    const selector = { page: '2', pageSize: '5', search: '', order: 'updated_at desc' }
    const given = { page: 2, pageSize: 5 }
    expect(perfProfiles.variables(perfProfiles.arguments(given), [])).toEqual({ selector })
    expect(perfResults.variables(perfResults.arguments({ ...given, profileID: 'p' }), ['p'])).toEqual({
      selector,
      profileID: 'p',
    })
  })
})
