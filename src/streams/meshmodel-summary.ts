import { isRecord, refuse, shown, wantNames } from '../base/checks.ts'
import { hasCode } from '../base/errors.ts'
import { MeshModelSummaryDocument, MeshModelSummaryNowDocument } from '../generated/v0.8.ts'
import { mostItemsOnPage } from './page-selector.ts'
import type { StateDeclaration, StateReading, StateRequests } from './state-declaration.ts'
import { walk } from './walk-pages.ts'
import { number, readRows, record, text, type Wire } from './wire.ts'

/** How many there are of something in the registry. */
export interface MeshModelCount {
  /** A model; for relationships a kind of relationship. */
  readonly name: string
  /** How many versions, or subtypes, it has: see the two lists. */
  readonly count: number
}

/** What the registry holds, sorted by name. The list that was not asked for is empty. */
export interface MeshModelSummary {
  /** By model: how many versions of it the components have. */
  readonly components: readonly MeshModelCount[]
  /** By kind of relationship: how many subtypes it has. */
  readonly relationships: readonly MeshModelCount[]
}

const types = ['components', 'relationships'] as const
type Type = (typeof types)[number]

/** Which list. */
export interface MeshModelSummaryArguments {
  /** Which of the two lists is counted; the other one stays empty. */
  readonly type: Type
}

/** Where the registry is, the newest release first. */
const roots = ['/api/registry', '/api/meshmodels']

const summary = (type: Type, counts: readonly MeshModelCount[]): MeshModelSummary => ({
  components: [],
  relationships: [],
  [type]: [...counts].sort((a, b) => (a.name < b.name ? -1 : 1)),
})

/** The summary in GraphQL's form; undefined when the list is missing. */
function summaryOf(wire: unknown, type: Type): MeshModelSummary | undefined {
  const list = isRecord(wire) ? wire[type] : undefined
  if (!Array.isArray(list)) return undefined
  const rows = list.filter(isRecord).flatMap((row) => {
    const [name, count] = [text(row, 'name'), number(row, 'count')]
    return name === null || count === null ? [] : { name, count }
  })
  return summary(type, rows)
}

interface RegistryPage {
  readonly rows: readonly Wire[]
  /** Null where the server does not say. */
  readonly total: number | null
}

const registryPage = (ask: StateRequests, type: Type, page: number, size: number): Promise<RegistryPage> =>
  ask.firstSupported(
    `the ${type} of the registry`,
    roots.map((root) => async () => {
      const path = `${root}/${type}?page=${page}&pagesize=${size}&pageSize=${size}`
      return readRows(await ask.get(path), type, path)
    }),
  )

/** How the server counts: each name once, with how many different values it has. */
function distinct(pairs: readonly (readonly [name: string | null, value: string | null])[]): readonly MeshModelCount[] {
  const values = new Map<string, Set<string | null>>()
  for (const [name, value] of pairs)
    if (name !== null) values.set(name, (values.get(name) ?? new Set<string | null>()).add(value))
  return [...values].map(([name, { size: count }]) => ({ name, count }))
}

/** Counts the rows of the registry, unless there are as many as before. */
async function counted(
  type: Type,
  ask: StateRequests,
  before: StateReading<MeshModelSummary> | undefined,
): Promise<StateReading<MeshModelSummary>> {
  if (typeof before?.seen === 'number') {
    const { total } = await registryPage(ask, type, 0, 1)
    if (total === before.seen) return before
    await ask.waitForSlot()
  }
  // Later rows are counted against the total at the beginning: if it has changed since, it is walked again.
  const { items: rows, totalAtStart: seen } = await walk(ask, { id: (row: Wire) => text(row, 'id') }, async (page) => {
    const { rows: items, total } = await registryPage(ask, type, page, mostItemsOnPage)
    return { items, total_count: total }
  })
  const pairs = rows.map((row): readonly [string | null, string | null] => {
    const model = record(row, 'model') ?? {}
    return type === 'components'
      ? [text(model, 'name'), text(model, 'version')]
      : [text(row, 'kind'), text(row, 'subType', 'sub_type')]
  })
  return { value: summary(type, distinct(pairs)), seen }
}

/**
 * What the registry holds. GraphQL has it, pushed or queried; where it does not, the registry is read and counted in the
 * way of the server.
 */
export const meshModelSummary: StateDeclaration<MeshModelSummaryArguments, MeshModelSummary> = {
  kind: 'state',
  name: 'subscribeMeshModelSummary',
  documents: [MeshModelSummaryDocument],
  readEveryMs: { polling: 600_000, live: 600_000 },
  since: 'v0.6',
  arguments(given) {
    const { type } = wantNames('arguments', given, ['type'])
    const known = types.find((one) => one === type)
    return known ? { type: known } : refuse('type', shown(type), types.join(' or '))
  },
  variables: (selector) => ({ selector }),
  read({ type }, _, ask, before) {
    const query = async (): Promise<StateReading<MeshModelSummary> | undefined> => {
      try {
        const data = await ask.query(MeshModelSummaryNowDocument, { selector: { type } })
        const value = summaryOf(isRecord(data) ? data['getMeshModelSummary'] : undefined, type)
        return value && { value }
      } catch (error) {
        // A resolver that fails is as good as none: there is another source.
        if (hasCode(error, 'GRAPHQL_ERROR')) return undefined
        throw error
      }
    }
    return ask.firstSupported('the summary of models', [query, () => counted(type, ask, before)])
  },
  merge: (wire, _, { wanted }) => summaryOf(wire, wanted.type),
}
