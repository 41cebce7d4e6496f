import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'
import type { MeshModelSummary } from '../../src/index.ts'
import { meshModelSummary } from '../../src/streams/meshmodel-summary.ts'
import type { StateReading } from '../../src/streams/state-declaration.ts'
import { notMeshery } from '../../src/streams/wire.ts'
import { type FakeMeshery, releases, startFakeMeshery } from '../../src/testing/index.ts'
import { claimsFor, runsOf } from '../sample.ts'
import { askOn, everyWay, following, isLive, scriptedAsk, subscribes } from './following.ts'

type Type = 'components' | 'relationships'

/** 250 components of 10 models: each of 1 to 3 versions, and of packages that do not count. */
const components = Array.from({ length: 250 }, (_, index) => ({
  model: `model ${index % 10}`,
  version: `v1.${index % 3}.0`,
  packageVersion: `v${index}.0.0`,
  kind: `Kind${index}`,
}))
const relationships = [
  { kind: 'hierarchical', subType: 'parent', model: 'kubernetes', version: 'v1.0.0' },
  { kind: 'edge', subType: 'network', model: 'kubernetes', version: 'v1.0.0' },
  { kind: 'edge', subType: 'network', model: 'kubernetes', version: 'v2.0.0' },
  { kind: 'edge', subType: 'mount', model: 'istio', version: 'v1.0.0' },
]

const summaryOf = (type: Type, counts: readonly (readonly [name: string, count: number])[]): MeshModelSummary => ({
  components: [],
  relationships: [],
  [type]: counts.map(([name, count]) => ({ name, count })),
})
const ofComponents = summaryOf(
  'components',
  Array.from({ length: 10 }, (_, index) => [`model ${index}`, 3]),
)
const ofRelationships = summaryOf('relationships', [
  ['edge', 2],
  ['hierarchical', 1],
])

const failing = async function* (): AsyncGenerator<unknown> {
  yield* []
  throw new Error('the registry is locked')
}

const listed = (fake: FakeMeshery): string[] =>
  fake.stats.requests
    .filter(({ path, status }) => /^\/api\/(registry|meshmodels)\//.test(path) && status === 200)
    .map(({ query }) => query)
const queried = (fake: FakeMeshery): number =>
  fake.stats.requests.filter(({ method, path }) => method === 'POST' && path.includes('graphql')).length

claimsFor('on %s over %s', everyWay, (it, [release, transport]) => {
  it.each(['components', 'relationships'] as const)(
    '%s are sorted, and the same counts give no new value',
    async (type) => {
      await using fake = await startFakeMeshery({ release })
      fake.registry.fill({ components, relationships })
      await using watching = following(fake.url, (meshery) => meshery.subscribeMeshModelSummary({ type }), {
        transports: [transport],
      })
      const expected = type === 'components' ? ofComponents : ofRelationships
      await watching.newest((value) => expect(value).toEqual(expected))
      expect(listed(fake)).toEqual([])
      if (transport === 'polling') {
        expect(queried(fake)).toBe(1)
        return
      }
      await isLive(watching)
      // The same counts in another order, again and again.
      for (let again = 0; again < 5; again++) fake.registry.addComponent({ model: 'model 1', version: 'v1.1.0' })
      const more = { kind: 'zone', subType: 'x', model: 'zone', version: 'v1.0.0' }
      fake.registry.fill({ components: [more], relationships: [more] })
      await watching.newest((value) => expect(value[type].at(-1)).toEqual({ name: 'zone', count: 1 }))
      expect(watching.values).toHaveLength(2)
      expect([subscribes(fake), queried(fake)]).toEqual([1, 0])
    },
  )
})

claimsFor(
  'counted from the registry of %s',
  releases.map((release) => [release] as const),
  (it, [release]) => {
    const failingFake = async (): Promise<FakeMeshery> => {
      const fake = await startFakeMeshery({ release })
      fake.graphql('getMeshModelSummary', failing)
      fake.registry.fill({ components, relationships })
      return fake
    }
    const reader = (fake: FakeMeshery, type: Type) => {
      const { ask, turns } = askOn(fake)
      let before: StateReading<MeshModelSummary> | undefined
      const read = async (): Promise<MeshModelSummary> => {
        before = await meshModelSummary.read({ type }, [], ask, before)
        return before.value
      }
      return { read, turns }
    }

    it('components are the same as from the query, every page read once', async () => {
      await using fake = await failingFake()
      const { read, turns } = reader(fake, 'components')
      expect(await read()).toEqual(ofComponents)
      const pages = ['v0.6', 'v0.7'].includes(release) ? [0, 1, 2, 3] : [0, 1, 2]
      expect(listed(fake)).toEqual(pages.map((page) => `page=${page}&pagesize=100&pageSize=100`))
      expect(turns()).toBe(pages.length - 1)
    })

    it('relationships are the same as from the query', async () => {
      await using fake = await failingFake()
      expect(await reader(fake, 'relationships').read()).toEqual(ofRelationships)
    })

    it('it is not read again while its total is the same', async () => {
      await using fake = await failingFake()
      const { read, turns } = reader(fake, 'components')
      const first = await read()
      const walked = turns()
      fake.stats.reset()
      for (let again = 0; again < 3; again++) expect(await read()).toBe(first)
      expect(listed(fake)).toEqual(Array.from({ length: 3 }, () => 'page=0&pagesize=1&pageSize=1'))
      expect(turns()).toBe(walked)
      fake.registry.addComponent({ model: 'a model', version: 'v9' })
      expect((await read()).components.slice(0, 2)).toEqual([
        { name: 'a model', count: 1 },
        { name: 'model 0', count: 3 },
      ])
      expect(listed(fake).length).toBeGreaterThan(5)
    })

    it('a subscription gets it too', async () => {
      await using fake = await failingFake()
      await using watching = following(
        fake.url,
        (meshery) => meshery.subscribeMeshModelSummary({ type: 'relationships' }),
        { transports: ['polling'] },
      )
      await watching.newest((value) => expect(value).toEqual(ofRelationships))
    })
  },
)

describe('the registry', () => {
  const row = (id: number): object => ({
    id: `${id}`,
    kind: 'edge',
    subType: `${id}`,
    model: { name: 'm', version: `${id}` },
  })
  /** A registry of so many rows, which counts pages from 0 and gives at most `most` rows on one. */
  const registry = (rows: number, most: number, totalFields: object = {}) => {
    const pages: number[] = []
    const all = Array.from({ length: rows }, (_, id) => row(id))
    const ask = scriptedAsk((path) => {
      if (!path.startsWith('/api/meshmodels/')) throw notMeshery(path)
      const query = new URLSearchParams(path.replace(/.*\?/, ''))
      const [page, size] = [Number(query.get('page')), Math.min(most, Number(query.get('pagesize')))]
      pages.push(page)
      return { relationships: all.slice(page * size, (page + 1) * size), ...totalFields }
    })
    return { pages, read: () => meshModelSummary.read({ type: 'relationships' }, [], ask, undefined) }
  }

  it.each([{}, { total_count: 0 }, { totalCount: 260 }])(
    'is read to its end, whatever total it sends: %j',
    async (totalFields) => {
      const { read } = registry(260, 25, totalFields)
      expect((await read()).value).toEqual(summaryOf('relationships', [['edge', 260]]))
    },
  )

  it('stops when it sends the same page again and again', async () => {
    const pages: string[] = []
    const ask = scriptedAsk((path) => {
      pages.push(path)
      return { relationships: Array.from({ length: 100 }, (_, id) => row(id)), total_count: 10_000 }
    })
    await meshModelSummary.read({ type: 'relationships' }, [], ask, undefined)
    expect(pages).toHaveLength(3)
  })

  it('may be empty', async () => {
    const { read } = registry(0, 25, { totalCount: 0 })
    expect((await read()).value).toEqual(summaryOf('relationships', []))
  })
})

describe('the query', () => {
  const counted = summaryOf('components', [['m', 1]])
  const rest = () => ({ components: [{ id: 'a', model: { name: 'm', version: 'v1' } }], total_count: 1 })

  it.each([
    ['is unknown', () => Promise.reject(new MesheryError('UNSUPPORTED', 'no', { phase: 'subscribe' }))],
    ['fails', () => Promise.reject(new MesheryError('GRAPHQL_ERROR', 'no', { phase: 'subscribe' }))],
    ['answers null', () => Promise.resolve({ getMeshModelSummary: { components: null, relationships: null } })],
  ])('%s: then the registry is counted', async (_, query) => {
    const reading = await meshModelSummary.read({ type: 'components' }, [], scriptedAsk(rest, query), undefined)
    expect(reading.value).toEqual(counted)
  })

  it('is not replaced by counting when the server cannot answer now', async () => {
    const failure = new MesheryError('SERVER_ERROR', 'no', { phase: 'poll' })
    const ask = scriptedAsk(rest, () => Promise.reject(failure))
    await expect(meshModelSummary.read({ type: 'components' }, [], ask, undefined)).rejects.toBe(failure)
  })
})

describe('an answer of any content', () => {
  it('any JSON is a value or none, and every error is a MesheryError', async () => {
    const entry = fc.dictionary(
      fc.constantFrom('name', 'count', 'model', 'version', 'kind', 'subType', 'id'),
      fc.jsonValue(),
    )
    const list = fc.oneof(fc.jsonValue(), fc.array(entry))
    const wire = fc.oneof(
      fc.jsonValue(),
      fc.record({ components: list, relationships: list, total_count: fc.jsonValue() }),
    )
    await fc.assert(
      fc.asyncProperty(wire, fc.constantFrom<Type>('components', 'relationships'), async (body, type) => {
        const how = { isComplete: true, wanted: { type }, ids: [] }
        const pushed = meshModelSummary.merge?.(body, undefined, how)
        for (const { name, count } of pushed?.[type] ?? [])
          expect([typeof name, typeof count]).toEqual(['string', 'number'])
        try {
          await meshModelSummary.read(
            { type },
            [],
            scriptedAsk(() => body),
            undefined,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(MesheryError)
        }
      }),
      { numRuns: runsOf(100) },
    )
  })

  it.each([undefined, {}, { type: 'models' }, { type: 'components', page: 1 }])(
    '%j is refused as arguments',
    (given) => {
      expect(() => meshModelSummary.arguments(given)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )

  it('it is read at most every ten minutes', () => {
    expect(meshModelSummary.readEveryMs).toEqual({ polling: 600_000, live: 600_000 })
  })
})
