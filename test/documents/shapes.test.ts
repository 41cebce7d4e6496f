import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  parse,
  type SelectionSetNode,
  validate,
} from 'graphql'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type * as v06 from '../../src/generated/v0.6.ts'
import type * as v08 from '../../src/generated/v0.8.ts'
import type * as v10 from '../../src/generated/v1.0.ts'
import { sampled } from '../sample.ts'

const root = join(import.meta.dirname, '../..')
const lines = ['v0.6', 'v0.7', 'v0.8', 'v1.0'] as const
type Line = (typeof lines)[number]

const schemas = new Map<Line, GraphQLSchema>(
  lines.map((line) => [line, buildSchema(readFileSync(join(root, `schema/${line}.graphql`), 'utf8'))]),
)
const schemaOf = (line: Line): GraphQLSchema => schemas.get(line) ?? buildSchema('')
const filesOf = (line: Line): string[] => readdirSync(join(root, 'src/operations', line)).sort()
const parsed = new Map<string, DocumentNode>()
const read = (line: Line, file: string): DocumentNode => {
  const path = join(root, 'src/operations', line, file)
  const document = parsed.get(path) ?? parse(readFileSync(path, 'utf8'))
  parsed.set(path, document)
  return document
}

interface Facts {
  readonly name: string
  /** The shape of the response, as paths of response keys. */
  readonly keys: readonly string[]
  /** The requested fields, without their aliases. */
  readonly fields: readonly string[]
  readonly variables: readonly string[]
}

function factsOf(document: DocumentNode): Facts {
  const keys: string[] = []
  const fields: string[] = []
  const walk = ({ selections }: SelectionSetNode, path: string): void => {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) throw new Error('A shipped document has a fragment')
      const key = `${path}${selection.alias?.value ?? selection.name.value}`
      fields.push(selection.name.value)
      if (selection.selectionSet) walk(selection.selectionSet, `${key}.`)
      else keys.push(key)
    }
  }
  const [operation, ...more] = document.definitions
  if (operation?.kind !== Kind.OPERATION_DEFINITION || more.length > 0)
    throw new Error('It does not have exactly one operation')
  walk(operation.selectionSet, '')
  const variables = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
  return { name: operation.name?.value ?? '', keys: keys.sort(), fields, variables: variables.sort() }
}

/** `perf-profiles-now.graphql` has the operation `PerfProfilesNow`. */
const nameFrom = (file: string): string =>
  file.replace('.graphql', '').replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())

const everyDocument = lines.flatMap((line) => filesOf(line).map((file) => [line, file] as const))

describe.each(sampled(everyDocument, 12, 'documents'))('%s/%s', (line, file) => {
  const document = read(line, file)
  const facts = factsOf(document)

  it('is valid on its line, and named as its file', () => {
    expect(validate(schemaOf(line), document)).toEqual([])
    expect(facts.name).toBe(nameFrom(file))
  })

  it('requests no secrets', () => {
    expect(facts.fields.filter((field) => ['auth', 'cluster'].includes(field))).toEqual([])
  })
})

describe.each(lines)('%s', (line) => {
  it('has a document for each subscription of its schema', () => {
    const fields = Object.keys(schemaOf(line).getSubscriptionType()?.getFields() ?? {})
    expect(fields).toHaveLength(8)
    // v0.7 has only those that differ from v0.8.
    const others = line === 'v0.7' ? filesOf('v0.8').filter((file) => isKnown(schemaOf(line), 'v0.8', file)) : []
    const documents = [...filesOf(line).map((file) => read(line, file)), ...others.map((file) => read('v0.8', file))]
    expect(documents.flatMap((document) => factsOf(document).fields)).toEqual(expect.arrayContaining(fields))
  })
})

/** What v0.6 cannot answer, and what only v0.6 can. */
const v06Lacks: Readonly<Record<string, readonly string[]>> = {
  'configuration.graphql': ['String', 'Valid'].map((key) => `subscribeConfiguration.patterns.patterns.type.${key}`),
  'controllers-status-now.graphql': ['operator.controller'],
  'k8s-context.graphql': ['subscribeK8sContext.contexts.connection_id'],
  'meshery-controllers-status.graphql': ['subscribeMesheryControllersStatus.version'],
  'patterns-now.graphql': ['String', 'Valid'].map((key) => `fetchPatterns.patterns.type.${key}`),
  'perf-profiles-now.graphql': ['getPerformanceProfiles.profiles.metadata'],
  'perf-profiles.graphql': ['subscribePerfProfiles.profiles.metadata'],
}
/** What the documents of v0.7 leave out: some of its servers do not send it. */
const v07Lacks: Readonly<Record<string, readonly string[]>> = {
  'configuration.graphql': ['String', 'Valid'].map((key) => `subscribeConfiguration.patterns.patterns.type.${key}`),
  'controllers-status-now.graphql': [
    'broker.connectionID',
    'meshsync.connectionID',
    'operator.connectionID',
    'operator.controller',
  ],
}
const ofApplications = (key: string): boolean => key.startsWith('subscribeConfiguration.applications.')

/** The documents that exist both on a line and on v0.8. */
const alsoIn = (line: Line): string[] => filesOf('v0.8').filter((file) => filesOf(line).includes(file))
const isKnown = (schema: GraphQLSchema, line: Line, file: string): boolean =>
  filesOf(line).includes(file) && validate(schema, read(line, file)).length === 0

describe('one shape', () => {
  it.each(alsoIn('v1.0'))('v1.0 answers %s as v0.8 does, with the same variables', (file) => {
    expect({ ...factsOf(read('v1.0', file)), fields: [] }).toEqual({ ...factsOf(read('v0.8', file)), fields: [] })
  })

  it.each(alsoIn('v0.6'))('v0.6 answers %s as v0.8 does, except for fields that it does not have', (file) => {
    const [old, canonical] = [factsOf(read('v0.6', file)), factsOf(read('v0.8', file))]
    const lacks = v06Lacks[file] ?? []
    expect(old.keys.filter((key) => !ofApplications(key))).toEqual(canonical.keys.filter((key) => !lacks.includes(key)))
    expect(canonical.keys).toEqual(expect.arrayContaining([...lacks]))
    expect(old.variables.filter((name) => name !== 'applicationSelector')).toEqual(canonical.variables)
  })

  it.each(alsoIn('v0.7'))('v0.7 answers %s as v0.8 does, except for fields that it does not have', (file) => {
    const [old, canonical] = [factsOf(read('v0.7', file)), factsOf(read('v0.8', file))]
    const lacks = v07Lacks[file] ?? []
    expect(old.keys).toEqual(canonical.keys.filter((key) => !lacks.includes(key)))
    expect(old.variables.filter((name) => name !== 'contextID')).toEqual(canonical.variables)
  })

  it('lacks on v0.6 only what its schema lacks', () => {
    const unknown = Object.keys(v06Lacks).filter((file) => !isKnown(schemaOf('v0.6'), 'v0.8', file))
    expect(unknown).toEqual(Object.keys(v06Lacks))
  })

  it.each(sampled(filesOf('v0.8'), 3, 'variants'))(
    '%s has its own variant on each line whose schema differs',
    (file) => {
      for (const line of lines)
        expect(isKnown(schemaOf(line), filesOf(line).includes(file) ? line : 'v0.8', file)).toBe(true)
    },
  )
})

/** A schema of v0.7 as it was in another month. */
const month = (...changes: readonly (readonly [string | RegExp, string])[]): GraphQLSchema => {
  let text = readFileSync(join(root, 'schema/v0.7.graphql'), 'utf8')
  for (const [was, becomes] of changes) {
    expect(text).toMatch(was)
    text = text.replace(was, becomes)
  }
  return buildSchema(text)
}
const designsWithoutType = [/(type PatternResult \{[^}]*?) {2}type: NullString\n/, '$1'] as const
const operatorOfItsOwn = [
  'getOperatorStatus(k8scontextID: String!): MesheryControllersStatusListItem',
  'getOperatorStatus(k8scontextID: String!): OperatorStatus',
] as const
const operatorStatus = [
  'type OperatorControllerStatus {',
  'type OperatorStatus { status: Status! version: String! contextID: String! }\ntype OperatorControllerStatus {',
] as const
const threeSelectors = ['subscribeConfiguration(', 'subscribeConfiguration(applicationSelector: PageFilter!, '] as const

describe('the months between v0.6 and v0.8', () => {
  const months: readonly (readonly [string, () => GraphQLSchema])[] = [
    ['early November 2023', () => month(threeSelectors, designsWithoutType, operatorOfItsOwn, operatorStatus)],
    ['late November 2023', () => month(designsWithoutType, operatorOfItsOwn, operatorStatus)],
    ['December 2023 to February 2024', () => month()],
    [
      'after 23 February 2024',
      () => month([/Status\(k8scontextIDs:/, 'Status(connectionIDs:'], [/contextId: String!/, 'connectionID: String!']),
    ],
  ]
  const followed = ['configuration-changed', 'controllers-status-now', 'meshery-controllers-status']
  const files = [...new Set([...filesOf('v0.8'), ...filesOf('v0.6')])].filter((file) => !file.includes('resources-now'))

  it.each(sampled(months, 1, 'months'))(
    '%s accept a document of each file from one of the lines',
    (_, schemaOfMonth) => {
      const schema = schemaOfMonth()
      const known = files.filter((file) => lines.some((line) => isKnown(schema, line, file)))
      expect(known).toEqual(files)
      expect(known).toEqual(expect.arrayContaining(followed.map((name) => `${name}.graphql`)))
    },
  )

  it('are not all accepted by the lines before and after', { tags: ['full'] }, () => {
    const lacking = (at: number) => {
      const schema = months[at]?.[1]() ?? buildSchema('')
      return files.filter((file) => !(['v0.6', 'v0.8'] as const).some((line) => isKnown(schema, line, file)))
    }
    expect(lacking(0)).toEqual(['controllers-status-now.graphql'])
    expect(lacking(1)).toEqual(['configuration.graphql', 'controllers-status-now.graphql'])
    expect(lacking(2)).toEqual(['controllers-status-now.graphql'])
  })
})

/** A server of v1.0 between the two steps of its renames: contexts in camel case, owners still under their old name. */
const between = buildSchema(
  readFileSync(join(root, 'schema/v1.0.graphql'), 'utf8').replace(/type (\w+) \{[^}]*\}/g, (type, name: string) =>
    name === 'K8sContext' ? type : type.replace(/\bowner:/g, name === 'Event' ? 'userID:' : 'user_id:'),
  ),
)

describe('between the two renames of v1.0', () => {
  it.each(sampled(filesOf('v0.8'), 3, 'renames'))('%s of v0.8 or of v1.0 is accepted', (file) => {
    expect(isKnown(between, 'v0.8', file) || isKnown(between, 'v1.0', file)).toBe(true)
  })

  it('takes contexts from one line and designs from the other', () => {
    const known = (file: string): boolean[] => [isKnown(between, 'v0.8', file), isKnown(between, 'v1.0', file)]
    expect(known('k8s-context.graphql')).toEqual([false, true])
    expect(known('patterns-now.graphql')).toEqual([true, false])
  })
})

type List<T> = NonNullable<T> extends ReadonlyArray<infer Item> ? NonNullable<Item> : never
/** The same fields, written out: intersections and `Omit` are other types than their result. */
type Plain<T> = { readonly [Key in keyof T]: T[Key] }
type Less<T, Key extends PropertyKey> = Plain<Omit<T, Key>>

describe('one type', () => {
  it('is the same for every response of v0.8 and v1.0', () => {
    expectTypeOf<v10.ClusterResourcesSubscription>().toEqualTypeOf<v08.ClusterResourcesSubscription>()
    expectTypeOf<v10.ConfigurationSubscription>().toEqualTypeOf<v08.ConfigurationSubscription>()
    expectTypeOf<v10.ControllersStatusNowQuery>().toEqualTypeOf<v08.ControllersStatusNowQuery>()
    expectTypeOf<v10.EventsSubscription>().toEqualTypeOf<v08.EventsSubscription>()
    expectTypeOf<v10.K8sContextSubscription>().toEqualTypeOf<v08.K8sContextSubscription>()
    expectTypeOf<v10.MeshModelSummaryNowQuery>().toEqualTypeOf<v08.MeshModelSummaryNowQuery>()
    expectTypeOf<v10.MeshModelSummarySubscription>().toEqualTypeOf<v08.MeshModelSummarySubscription>()
    expectTypeOf<v10.MesheryControllersStatusSubscription>().toEqualTypeOf<v08.MesheryControllersStatusSubscription>()
    expectTypeOf<v10.PatternsNowQuery>().toEqualTypeOf<v08.PatternsNowQuery>()
    expectTypeOf<v10.PerfProfilesNowQuery>().toEqualTypeOf<v08.PerfProfilesNowQuery>()
    expectTypeOf<v10.PerfProfilesSubscription>().toEqualTypeOf<v08.PerfProfilesSubscription>()
    expectTypeOf<v10.PerfResultsNowQuery>().toEqualTypeOf<v08.PerfResultsNowQuery>()
    expectTypeOf<v10.PerfResultsSubscription>().toEqualTypeOf<v08.PerfResultsSubscription>()
  })

  it('is the same for the responses of v0.6 that lack nothing', () => {
    expectTypeOf<v06.ClusterResourcesSubscription>().toEqualTypeOf<v08.ClusterResourcesSubscription>()
    expectTypeOf<v06.EventsSubscription>().toEqualTypeOf<v08.EventsSubscription>()
    expectTypeOf<v06.MeshModelSummaryNowQuery>().toEqualTypeOf<v08.MeshModelSummaryNowQuery>()
    expectTypeOf<v06.MeshModelSummarySubscription>().toEqualTypeOf<v08.MeshModelSummarySubscription>()
    expectTypeOf<v06.PerfResultsNowQuery>().toEqualTypeOf<v08.PerfResultsNowQuery>()
    expectTypeOf<v06.PerfResultsSubscription>().toEqualTypeOf<v08.PerfResultsSubscription>()
    expectTypeOf<v06.ControllersStatusNowQuery['meshsync']>().toEqualTypeOf<v08.ControllersStatusNowQuery['meshsync']>()
    expectTypeOf<v06.ControllersStatusNowQuery['broker']>().toEqualTypeOf<v08.ControllersStatusNowQuery['broker']>()
  })

  it('is the same for v0.6 except for fields that it does not have', () => {
    type Controllers = 'subscribeMesheryControllersStatus'
    type Controller06 = List<v06.MesheryControllersStatusSubscription[Controllers]>
    type Controller08 = List<v08.MesheryControllersStatusSubscription[Controllers]>
    expectTypeOf<Less<Controller06, 'status'>>().toEqualTypeOf<Less<Controller08, 'status' | 'version'>>()
    expectTypeOf<Controller06['status']>().toExtend<Controller08['status']>()

    type Context06 = List<v06.K8sContextSubscription['subscribeK8sContext']['contexts']>
    type Context08 = List<v08.K8sContextSubscription['subscribeK8sContext']['contexts']>
    expectTypeOf<Context06>().toEqualTypeOf<Less<Context08, 'connection_id'>>()

    type Profile06 = List<v06.PerfProfilesSubscription['subscribePerfProfiles']['profiles']>
    type Profile08 = List<v08.PerfProfilesSubscription['subscribePerfProfiles']['profiles']>
    expectTypeOf<Profile06>().toEqualTypeOf<Less<Profile08, 'metadata'>>()
    expectTypeOf<List<v06.PerfProfilesNowQuery['getPerformanceProfiles']['profiles']>>().toEqualTypeOf<Profile06>()
    expectTypeOf<List<v08.PerfProfilesNowQuery['getPerformanceProfiles']['profiles']>>().toEqualTypeOf<Profile08>()

    type Configuration06 = v06.ConfigurationSubscription['subscribeConfiguration']
    type Configuration08 = v08.ConfigurationSubscription['subscribeConfiguration']
    type Pattern06 = List<NonNullable<Configuration06['patterns']>['patterns']>
    type Pattern08 = List<NonNullable<Configuration08['patterns']>['patterns']>
    expectTypeOf<Pattern06>().toEqualTypeOf<Less<Pattern08, 'type'>>()
    expectTypeOf<Configuration06['filters']>().toEqualTypeOf<Configuration08['filters']>()
    expectTypeOf<List<v06.PatternsNowQuery['fetchPatterns']['patterns']>>().toEqualTypeOf<Pattern06>()
    expectTypeOf<List<v08.PatternsNowQuery['fetchPatterns']['patterns']>>().toEqualTypeOf<Pattern08>()
  })

  it('is the same for a subscription and the query that replaces it', () => {
    type Profiles = v08.PerfProfilesSubscription['subscribePerfProfiles']
    type Results = v08.PerfResultsSubscription['subscribePerfResults']
    type Summary = v08.MeshModelSummarySubscription['subscribeMeshModelSummary']
    type Resources = v06.ClusterResourcesSubscription['subscribeClusterResources']
    expectTypeOf<v08.PerfProfilesNowQuery['getPerformanceProfiles']>().toEqualTypeOf<Profiles>()
    expectTypeOf<v08.PerfResultsNowQuery['fetchResults']>().toEqualTypeOf<Results>()
    expectTypeOf<v08.MeshModelSummaryNowQuery['getMeshModelSummary']>().toEqualTypeOf<Summary>()
    expectTypeOf<v06.ClusterResourcesNowQuery['getClusterResources']>().toEqualTypeOf<Resources>()
  })

  it('accepts the variables of v0.6 on every line', () => {
    expectTypeOf<v06.PageFilter>().toExtend<v08.PageFilter>()
    expectTypeOf<v08.PageFilter>().toExtend<v10.PageFilter>()
    expectTypeOf<v06.MesheryControllersStatusSubscriptionVariables>().toEqualTypeOf<v08.MesheryControllersStatusSubscriptionVariables>()
    expectTypeOf<v06.ClusterResourcesSubscriptionVariables>().toEqualTypeOf<v08.ClusterResourcesSubscriptionVariables>()
    expectTypeOf<v06.ConfigurationSubscriptionVariables>().toExtend<v08.ConfigurationSubscriptionVariables>()
    expectTypeOf<v06.ControllersStatusNowQueryVariables>().toEqualTypeOf<v08.ControllersStatusNowQueryVariables>()
    expectTypeOf<v06.PerfResultsSubscriptionVariables>().toExtend<v08.PerfResultsSubscriptionVariables>()
    expectTypeOf<v08.PerfResultsSubscriptionVariables>().toExtend<v10.PerfResultsSubscriptionVariables>()
  })
})
