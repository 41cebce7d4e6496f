import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import { configuration } from '../../src/streams/configuration.ts'
import { notMeshery } from '../../src/streams/wire.ts'
import { runsOf } from '../sample.ts'
import { scriptedAsk } from './following.ts'

const location = { branch: 'main', host: 'https://h', path: 'a/b.yaml', type: 'github' }
const common = {
  id: 'c0ffee00-0000-4000-8000-000000000001',
  name: 'one',
  user_id: 'c0ffee00-0000-4000-8000-000000000002',
  location,
  visibility: 'public',
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-02T00:00:00Z',
}
const pattern = { ...common, pattern_file: 'name: one\n', catalog_data: { a: 1 }, type: 'Helm Chart' }
const filter = { ...common, filter_file: 'AGFzbQ==', filter_resource: 'r', catalog_data: null }
const application = { ...common, application_file: 'kind: Pod\n', type: 'Kubernetes Manifest' }
const camel = (key: string): string => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
const inCamel = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [camel(key), value]))

/** A server with these answers by path, and null for paths that it does not have. */
const read = async (given: unknown, bodies: Readonly<Record<string, unknown>>) => {
  const paths: string[] = []
  const ask = scriptedAsk((full) => {
    const path = full.replace(/\?.*/, '')
    paths.push(path)
    if (!(path in bodies)) throw notMeshery(path)
    return bodies[path]
  })
  const { value } = await configuration.read(configuration.arguments(given), [], ask, undefined)
  return { value, paths }
}

const page = { page: 0, page_size: 25, total_count: 1 }
const everything = {
  applications: { ...page, applications: [application] },
  patterns: { ...page, patterns: [pattern] },
  filters: { ...page, filters: [filter] },
}
const nullString = (text: string) => ({ String: text, Valid: true })

describe('configuration', () => {
  it('is the same from both variants of the field names', async () => {
    const old = {
      '/api/pattern': { total_count: 1, patterns: [{ ...pattern, type: nullString(pattern.type), canSupport: true }] },
      '/api/filter': { total_count: 1, filters: [filter] },
      '/api/application': {
        total_count: 1,
        applications: [{ ...application, type: nullString(application.type) }],
      },
    }
    expect((await read({}, old)).value).toEqual(everything)
    for (const key of ['userId', 'owner']) {
      const rowOf = ({ user_id, ...row }: typeof common, type?: string): object => ({
        ...inCamel(row),
        ...(type && { type: nullString(type) }),
        [key]: user_id,
        user: { id: 'joined' },
      })
      const { filter_file, ...rest } = filter
      const camels = {
        '/api/pattern': { totalCount: 1, patterns: [rowOf(pattern, pattern.type)] },
        '/api/filter': { totalCount: 1, filters: [{ ...rowOf(rest), filterFile: filter_file }] },
        '/api/application': { totalCount: 1, applications: [rowOf(application, application.type)] },
      }
      expect((await read({}, camels)).value).toEqual(everything)
    }
  })

  it('has no type where the column is empty', async () => {
    const patterns = [{ type: { String: 'x', Valid: false } }, { type: { String: '', Valid: true } }, { type: 'x' }, {}]
    const { value } = await read({ patterns: {} }, { '/api/pattern': { total_count: 4, patterns } })
    expect(value.patterns?.patterns.map(({ type }) => type)).toEqual([null, null, 'x', null])
  })

  it('reads no part that was not requested', async () => {
    const bodies = { '/api/pattern': { patterns: [] }, '/api/filter': { filters: [] } }
    expect(await read({ filters: {} }, bodies)).toMatchObject({
      value: { applications: null, patterns: null, filters: { filters: [] } },
      paths: ['/api/filter'],
    })
    expect((await read({ patterns: {} }, bodies)).paths).toEqual(['/api/pattern'])
  })

  it("accepts any rows, and rejects any other answer only as not Meshery's", async () => {
    const keys = [...Object.keys({ ...pattern, ...filter, ...application }), 'owner', 'userId']
    const key = fc.constantFrom(...keys, ...keys.map(camel))
    const rows = fc.array(fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue())))
    await fc.assert(
      fc.asyncProperty(rows, fc.jsonValue(), fc.jsonValue(), async (items, total_count, body) => {
        const lists = { patterns: items, filters: items, applications: items, total_count }
        const { value } = await read({}, { '/api/pattern': lists, '/api/filter': lists, '/api/application': lists })
        for (const one of value.filters?.filters ?? [])
          expect(Object.keys(one).toSorted()).toEqual(Object.keys(filter).toSorted())
        try {
          await read({}, { '/api/pattern': body, '/api/filter': body })
        } catch (error) {
          expect(error).toBeInstanceOf(MesheryError)
        }
      }),
      { numRuns: runsOf(100) },
    )
  })
})

describe('applications', () => {
  afterEach(() => void vi.useRealTimers())

  it('are requested once a minute where the release has none, and appear once it has', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    let there = false
    let asked = 0
    const ask = scriptedAsk((path) => {
      if (!path.startsWith('/api/application')) return { patterns: [], filters: [] }
      asked++
      if (there) return { applications: [application] }
      throw notMeshery(path)
    })
    const wanted = configuration.arguments({})
    let before = await configuration.read(wanted, [], ask, undefined)
    const again = async (ms: number) => {
      vi.advanceTimersByTime(ms)
      before = await configuration.read(wanted, [], ask, before)
      return [before.value.applications?.applications.length ?? null, asked]
    }
    expect(before.value.applications).toBeNull()
    // Each time twice, since for a moment another server may have answered.
    expect(await again(30_000)).toEqual([null, 2])
    expect(await again(29_000)).toEqual([null, 2])
    expect(await again(2_000)).toEqual([null, 4])
    there = true
    expect(await again(59_000)).toEqual([null, 4])
    expect(await again(2_000)).toEqual([1, 5])
    expect(await again(1)).toEqual([1, 6])
  })

  it('are not null where no part of Meshery answers', async () => {
    await expect(read({ applications: {} }, {})).rejects.toMatchObject({ code: 'NOT_MESHERY' })
    const { value, paths } = await read({ applications: {} }, { '/api/pattern': { patterns: [] } })
    expect(value).toEqual({ applications: null, patterns: null, filters: null })
    expect(paths).toEqual(['/api/application', '/api/pattern', '/api/application'])
  })

  it('are not null because another server answered once in the place of Meshery', async () => {
    let strangers = 1
    const ask = scriptedAsk((path) => {
      if (!path.startsWith('/api/application')) return { patterns: [], filters: [] }
      if (strangers-- > 0) throw notMeshery(path)
      return { applications: [application] }
    })
    const { value } = await configuration.read(configuration.arguments({}), [], ask, undefined)
    expect(value.applications?.applications).toHaveLength(1)
  })

  it('are not null because a read of them failed', async () => {
    const failure = new MesheryError('SERVER_ERROR', 'no', { phase: 'poll' })
    const ask = scriptedAsk((path) => {
      if (path.startsWith('/api/application')) throw failure
      return { patterns: [], filters: [] }
    })
    await expect(configuration.read(configuration.arguments({}), [], ask, undefined)).rejects.toBe(failure)
  })
})

describe('arguments', () => {
  it('are all three parts by default', () => {
    expect(configuration.arguments(undefined)).toEqual(
      configuration.arguments({ patterns: {}, filters: {}, applications: {} }),
    )
    expect(configuration.arguments({ patterns: { page: 1 } })).toMatchObject({
      patterns: { page: 1, pageSize: 25 },
      filters: null,
      applications: null,
    })
  })

  it.each([{ designs: {} }, { patterns: 1 }, { filters: { size: 1 } }, { patterns: { order: 'id asc' } }, []])(
    'refuse %j',
    (given) => {
      expect(() => configuration.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )

  it('name the part in an error', () => {
    expect(() => configuration.arguments({ filters: { page: -1 } })).toThrow('`filters.page`')
  })

  it('are three selectors on the wire, the smallest for a part that is not requested', () => {
    expect(configuration.variables(configuration.arguments({ filters: { search: 'x' } }), [])).toEqual({
      filterSelector: { page: '0', pageSize: '25', search: 'x', order: 'updated_at desc' },
      patternSelector: { page: '0', pageSize: '1', search: '', order: '' },
      applicationSelector: { page: '0', pageSize: '1', search: '', order: '' },
    })
  })
})
