import { describe, expect, expectTypeOf, test } from 'vitest'
import type { ChangeOf } from '../../src/client/difference.ts'
import { changesBetween } from '../../src/client/difference.ts'
import type {
  ApplicationResult,
  ClusterResource,
  ClusterResources,
  ConfigurationPage,
  FilterResult,
  K8sContext,
  K8sContextsPage,
  MesheryControllersStatusListItem,
  MesheryEvent,
  MesheryResult,
  MeshModelSummary,
  PatternResult,
  PerfPageProfiles,
  PerfPageResult,
  PerfProfile,
} from '../../src/index.ts'

const controller = (connectionID: string, name: string, status: string): MesheryControllersStatusListItem => ({
  connectionID,
  controller: name,
  status,
  version: null,
})
const pod = (count: number, cluster = 'c1', namespace = 'default'): ClusterResource => ({
  kubernetes_server_id: cluster,
  namespace,
  kind: 'Pod',
  count,
})
const briefly = (before: unknown, after: unknown): string[] =>
  changesBetween(before, after).map(({ kind, list, key }) => `${kind} ${list} ${key}`)

describe('the key of an item', () => {
  test.each<[string, unknown, string]>([
    ['controllers', [controller('a', 'BROKER', 'DEPLOYED')], 'added controllers a BROKER'],
    ['contexts', { contexts: [{ id: 'x', name: 'kind' }], total_count: 1 }, 'added contexts x'],
    ['resources', { resources: [pod(3)] }, 'added resources c1 default Pod'],
    ['resources of no namespace', { resources: [pod(3, 'c1', '')] }, 'added resources c1  Pod'],
    ['profiles', { page: 0, profiles: [{ id: 'p' }] }, 'added profiles p'],
    ['results', { results: [{ meshery_id: 'r', id: 'not this' }] }, 'added results r'],
    ['designs', { patterns: { total_count: 1, patterns: [{ id: 'd' }] }, filters: null }, 'added patterns d'],
    ['filters', { patterns: null, filters: { filters: [{ id: 'f' }] } }, 'added filters f'],
    ['applications', { applications: { applications: [{ id: 'a' }] } }, 'added applications a'],
    ['components', { components: [{ name: 'istio', count: 2 }], relationships: null }, 'added components istio'],
    ['relationships', { relationships: [{ name: 'edge', count: 2 }] }, 'added relationships edge'],
    ['an item without an id, by all its fields', { contexts: [{ id: null }] }, 'added contexts {"id":null}'],
  ])('%s', (_, value, expected) => {
    expect(briefly(undefined, value)).toEqual([expected])
    expect(briefly(value, value)).toEqual([])
    expect(changesBetween(undefined, value)[0]).toHaveProperty('before', null)
  })

  test('the same kind in another cluster or namespace has another key', () => {
    const before = { resources: [pod(1), pod(1, 'c2'), pod(1, 'c1', 'other')] }
    const after = { resources: [pod(1), pod(2, 'c2'), pod(3, 'c1', 'other')] }
    expect(briefly(before, after)).toEqual(['updated resources c2 default Pod', 'updated resources c1 other Pod'])
  })
})

describe('the difference of two values', () => {
  test('contains the item before and after', () => {
    const [before, after] = [controller('a', 'MESHSYNC', 'DEPLOYED'), controller('a', 'MESHSYNC', 'CONNECTED')]
    const found = changesBetween([before, controller('b', 'BROKER', 'X')], [after, controller('c', 'BROKER', 'Y')])
    expect(found).toEqual([
      {
        kind: 'removed',
        list: 'controllers',
        key: 'b BROKER',
        value: null,
        before: controller('b', 'BROKER', 'X'),
      },
      { kind: 'updated', list: 'controllers', key: 'a MESHSYNC', value: after, before },
      { kind: 'added', list: 'controllers', key: 'c BROKER', value: controller('c', 'BROKER', 'Y'), before: null },
    ])
  })

  test('comes list by list, removed items first, the others in the order of the list', () => {
    const before = { patterns: { patterns: [{ id: '1' }, { id: '2' }] }, filters: { filters: [{ id: '3' }] } }
    const after = { patterns: { patterns: [{ id: '4' }, { id: '1', name: 'new' }] }, filters: { filters: [] } }
    expect(briefly(before, after)).toEqual([
      'removed patterns 2',
      'added patterns 4',
      'updated patterns 1',
      'removed filters 3',
    ])
  })

  test('is empty where an item only moved, or only the page differs', () => {
    const before = { total_count: 2, contexts: [{ id: '1' }, { id: '2' }] }
    expect(briefly(before, { total_count: 5, contexts: [{ id: '2' }, { id: '1' }] })).toEqual([])
  })

  test('is the whole part where the server has no source for it any more', () => {
    expect(briefly({ filters: { filters: [{ id: '1' }] } }, { filters: null })).toEqual(['removed filters 1'])
  })

  test('is empty for a value without lists', () => {
    expect(briefly(undefined, { id: 'an event', metadata: { name: [] } })).toEqual([])
    expect(briefly('text', 5)).toEqual([])
  })
})

describe('types', () => {
  type Value<T> = ChangeOf<T>['value']

  test('are inferred for every kind of state', () => {
    expectTypeOf<
      Value<readonly MesheryControllersStatusListItem[]>
    >().toEqualTypeOf<MesheryControllersStatusListItem | null>()
    expectTypeOf<Value<K8sContextsPage>>().toEqualTypeOf<K8sContext | null>()
    expectTypeOf<ChangeOf<K8sContextsPage>['list']>().toEqualTypeOf<'contexts'>()
    expectTypeOf<Value<ClusterResources>>().toEqualTypeOf<ClusterResource | null>()
  })

  test('distinguish the lists of a state', () => {
    expectTypeOf<Value<ConfigurationPage>>().toEqualTypeOf<PatternResult | FilterResult | ApplicationResult | null>()
    type OfFilters = Extract<ChangeOf<ConfigurationPage>, { list: 'filters' }>
    expectTypeOf<OfFilters['before']>().toEqualTypeOf<FilterResult | null>()
    expectTypeOf<Value<PerfPageProfiles>>().toEqualTypeOf<PerfProfile | null>()
    expectTypeOf<Value<PerfPageResult>>().toEqualTypeOf<MesheryResult | null>()
    expectTypeOf<ChangeOf<MeshModelSummary>['list']>().toEqualTypeOf<'components' | 'relationships'>()
  })

  test('are empty for any other value', () => {
    expectTypeOf<ChangeOf<MesheryEvent>>().toBeNever()
  })

  test('narrow the item by `kind`', () => {
    type Added = Extract<ChangeOf<K8sContextsPage>, { kind: 'added' }>
    expectTypeOf<Added['value']>().toEqualTypeOf<K8sContext>()
    expectTypeOf<Added['before']>().toEqualTypeOf<null>()
    expectTypeOf<Extract<ChangeOf<K8sContextsPage>, { kind: 'removed' }>['before']>().toEqualTypeOf<K8sContext>()
  })
})
