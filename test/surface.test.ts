import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type * as browser from '../src/browser.ts'
import type * as node from '../src/index.ts'
import type * as testing from '../src/testing/index.ts'

/** The types that a file exports again: `export type { … }`, and `type` before single names. */
function typesOf(file: string): string[] {
  const source = readFileSync(join(import.meta.dirname, '../src', file), 'utf8')
  const names: string[] = []
  for (const [, whole, list = ''] of source.matchAll(/export\s+(type\s+)?\{([^}]*)\}/g))
    for (const entry of list.split(',').map((one) => one.trim()))
      if (entry !== '' && (whole || entry.startsWith('type '))) names.push(entry.replace(/^type\s+/, ''))
  return names.sort()
}

const values = ['MesheryError', 'changes', 'createMeshery', 'severities', 'until']
const types = [
  'AnyDocument',
  'ApplicationPage',
  'ApplicationResult',
  'CertificateExpiresNotice',
  'CertificateFailure',
  'CertificateNotVerifiedNotice',
  'Change',
  'ChangeOf',
  'ClusterResource',
  'ClusterResources',
  'ClusterResourcesArguments',
  'ConfigurationArguments',
  'ConfigurationPage',
  'ConnectionMessage',
  'ControllersStatusArguments',
  'Counts',
  'Document',
  'DocumentString',
  'ErrorCode',
  'ErrorPhase',
  'EventMessage',
  'EventSourceContext',
  'EventSourceFunction',
  'EventStatus',
  'EventsArguments',
  'FilterPage',
  'FilterResult',
  'GapNotice',
  'Identity',
  'K8sContext',
  'K8sContextArguments',
  'K8sContextsPage',
  'KnownSeverity',
  'Lag',
  'LimitOptions',
  'Limits',
  'Location',
  'LogDetails',
  'LogFunction',
  'LogLevel',
  'LogMethods',
  'Logger',
  'MeshModelCount',
  'MeshModelSummary',
  'MeshModelSummaryArguments',
  'Meshery',
  'MesheryController',
  'MesheryControllerStatus',
  'MesheryControllersStatusListItem',
  'MesheryEvent',
  'MesheryOptions',
  'MesheryResult',
  'MissedPushesNotice',
  'Notice',
  'NoticeMessage',
  'OverflowNotice',
  'Page',
  'ParsedDocument',
  'PartialNotice',
  'PatternPageResult',
  'PatternResult',
  'PerfPageProfiles',
  'PerfPageResult',
  'PerfProfile',
  'PerfProfilesArguments',
  'PerfResultsArguments',
  'ProxyOption',
  'RequestMessage',
  'Selector',
  'ServerCertificate',
  'Severity',
  'Stats',
  'Status',
  'StatusNotice',
  'SubscribeOptions',
  'Subscription',
  'SubscriptionIterator',
  'SubscriptionStats',
  'TimeoutOptions',
  'TlsConnection',
  'TlsOptions',
  'TransportName',
  'UnknownNotice',
  'UntilOptions',
]

describe.each([
  ['meshery-live', 'index.ts', () => import('../src/index.ts')],
  ['meshery-live in browsers', 'browser.ts', () => import('../src/browser.ts')],
  ['meshery-live in workers', 'worker.ts', () => import('../src/worker.ts')],
] as const)('%s', (_, file, load) => {
  it('exports these values and no others', async () => {
    expect(Object.keys(await load()).sort()).toEqual(values)
  })

  it('exports the whole common surface, and adds no type', () => {
    const source = readFileSync(join(import.meta.dirname, '../src', file), 'utf8')
    expect(source.match(/export \* from .*/g)).toEqual(["export * from './surface.ts'"])
    expect(source.match(/^export (?!\*).*/gm)).toEqual([
      'export const createMeshery: (options?: MesheryOptions) => Meshery = (options) =>',
    ])
  })
})

describe('the common surface', () => {
  it('names these types and no others', () => {
    expect(typesOf('surface.ts')).toEqual(types)
  })

  it('has one type of `createMeshery` in both entries', () => {
    type Named<Entry> = Entry extends { createMeshery: infer Create } ? Create : never
    expectTypeOf<Named<typeof node>>().toEqualTypeOf<(options?: node.MesheryOptions) => node.Meshery>()
    expectTypeOf<Named<typeof browser>>().toEqualTypeOf<Named<typeof node>>()
  })

  it('distinguishes notices by `kind`', () => {
    expectTypeOf<node.Notice>().toEqualTypeOf<
      | node.StatusNotice
      | node.GapNotice
      | node.MissedPushesNotice
      | node.OverflowNotice
      | node.PartialNotice
      | node.UnknownNotice
      | node.CertificateExpiresNotice
      | node.CertificateNotVerifiedNotice
    >()
    expectTypeOf<node.Notice['kind']>().toEqualTypeOf<
      | 'status'
      | 'gap'
      | 'missed-pushes'
      | 'overflow'
      | 'partial'
      | 'unknown'
      | 'certificate-expires'
      | 'certificate-not-verified'
    >()
    expectTypeOf<Extract<node.Notice, { kind: 'gap' }>>().toEqualTypeOf<node.GapNotice>()
    expectTypeOf<node.StatusNotice>().toExtend<node.Status>()
  })

  it("infers the type of a document's data", () => {
    expectTypeOf<ReturnType<node.Meshery['subscribeEvents']>>().toEqualTypeOf<node.Subscription<node.MesheryEvent>>()
    expectTypeOf<node.Subscription<1>>().toExtend<AsyncIterable<1> & AsyncDisposable>()
    expectTypeOf<node.MesheryError>().toExtend<Error>()
    expectTypeOf<node.MesheryError['code']>().toEqualTypeOf<node.ErrorCode>()
    expectTypeOf<node.ErrorCode>().not.toEqualTypeOf<string>()
  })
})

describe('meshery-live/testing', () => {
  it('exports these values and no others', async () => {
    expect(Object.keys(await import('../src/testing/index.ts')).sort()).toEqual([
      'ResolverError',
      'frames',
      'releases',
      'startFakeMeshery',
    ])
  })

  it('names these types and no others', () => {
    expect(typesOf('testing/index.ts')).toEqual([
      'AnswerTarget',
      'Auth',
      'BrokenBody',
      'BrokenWrite',
      'ControllerName',
      'ControllerState',
      'ControllerStatus',
      'Dial',
      'FakeConfiguration',
      'FakeContexts',
      'FakeControllers',
      'FakeEvents',
      'FakeMeshery',
      'FakeMesheryOptions',
      'FakePerf',
      'FakeRegistry',
      'FakeResources',
      'Faults',
      'Frames',
      'Garbage',
      'HowAdded',
      'NewApplication',
      'NewComponent',
      'NewContext',
      'NewEvent',
      'NewFilter',
      'NewModel',
      'NewPattern',
      'NewProfile',
      'NewRelationship',
      'NewResult',
      'NullString',
      'Release',
      'Resolver',
      'SeenRequest',
      'Stats',
      'StoredApplication',
      'StoredComponent',
      'StoredContent',
      'StoredContext',
      'StoredController',
      'StoredEvent',
      'StoredFilter',
      'StoredModel',
      'StoredPattern',
      'StoredProfile',
      'StoredRelationship',
      'StoredResources',
      'StoredResult',
      'WrongAnswer',
      'WrongPage',
      'WrongStatus',
    ])
  })

  it('has known types', () => {
    expectTypeOf<testing.Release>().toEqualTypeOf<'v0.6' | 'v0.7' | 'v0.8' | 'v1.0' | 'v1.0.52' | 'current'>()
    expectTypeOf<testing.FakeMesheryOptions>().toHaveProperty('release')
    expectTypeOf<testing.FakeMeshery['events']>().toEqualTypeOf<testing.FakeEvents>()
    expectTypeOf<testing.FakeMeshery['faults']>().toEqualTypeOf<testing.Faults>()
    expectTypeOf<testing.FakeMeshery>().toExtend<AsyncDisposable>()
    expectTypeOf<testing.FakeEvents['add']>().toEqualTypeOf<
      (event?: testing.NewEvent, how?: testing.HowAdded) => testing.StoredEvent
    >()
    expectTypeOf<testing.AnswerTarget>().not.toBeAny()
    expectTypeOf<testing.Auth>().not.toBeAny()
    expectTypeOf<testing.Dial>().not.toBeAny()
    expectTypeOf<testing.Frames>().not.toBeAny()
    expectTypeOf<testing.Garbage>().not.toBeAny()
    expectTypeOf<testing.Resolver>().not.toBeAny()
    expectTypeOf<testing.SeenRequest>().not.toBeAny()
    expectTypeOf<testing.Stats>().not.toBeAny()
    expectTypeOf<testing.WrongAnswer>().not.toBeAny()
    expectTypeOf<testing.WrongStatus>().not.toBeAny()
  })
})
