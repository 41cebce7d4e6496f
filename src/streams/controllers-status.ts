import { isRecord, refuse, shown, wantNames } from '../base/checks.ts'
import { hasCode } from '../base/errors.ts'
import { ControllersStatusNowDocument as now06, MesheryControllersStatusDocument as v06 } from '../generated/v0.6.ts'
import { ControllersStatusNowDocument as now07, MesheryControllersStatusDocument as v07 } from '../generated/v0.7.ts'
import { ControllersStatusNowDocument as now08, MesheryControllersStatusDocument as v08 } from '../generated/v0.8.ts'
import { type ControlledCluster, connections } from './cluster-ids.ts'
import type { StateDeclaration, StateReading, StateRequests } from './state-declaration.ts'
import { notMeshery, record, text, type Wire } from './wire.ts'

/** The controllers that Meshery runs in a cluster. Open, since servers may add some. */
export type MesheryController = 'BROKER' | 'MESHSYNC' | 'OPERATOR' | (string & {})

/** The statuses that Meshery is known to send. `UNKNOWN` is what it spells `UNKOWN`. */
export const controllerStatuses = [
  'DEPLOYED',
  'NOTDEPLOYED',
  'DEPLOYING',
  'UNDEPLOYED',
  'ENABLED',
  'RUNNING',
  'CONNECTED',
  'UNKNOWN',
] as const

/** What a controller is doing. Open, since servers may add values. */
export type MesheryControllerStatus = (typeof controllerStatuses)[number] | (string & {})

/** One controller of one cluster. */
export interface MesheryControllersStatusListItem {
  /** The id of the connection to the cluster; that of its Kubernetes context where it has no connection, as on v0.6. */
  readonly connectionID: string
  readonly controller: MesheryController
  readonly status: MesheryControllerStatus
  /** The controller's version. Null on v0.6 over WebSocket, and where it is not known. */
  readonly version: string | null
}

/** Whose controllers. */
export interface ControllersStatusArguments {
  /** The clusters, by the id of a connection, or by the id or the name of a Kubernetes context. Default: all that the server knows. */
  readonly connectionIDs?: readonly string[] | undefined
}

type Item = MesheryControllersStatusListItem
type Wanted = { readonly connectionIDs: readonly string[] | null }

/** The path of each controller on `current`. */
const paths = { OPERATOR: 'operator', MESHSYNC: 'meshsync', BROKER: 'broker' } as const

/** The words of the queries of old releases, and of REST since: MeshSync and the broker do not use the enum there. */
const words = new Map([
  ['UNKOWN', 'UNKNOWN'],
  ['DISABLED', 'NOTDEPLOYED'],
  ['PROCESSING', 'DEPLOYING'],
  ['NOT DEPLOYED', 'NOTDEPLOYED'],
  ['', 'UNKNOWN'],
])

/** Only the first word counts: an endpoint may follow, as in `Connected 10.0.0.1:4222`. */
const statusOf = (said: string): string => {
  const whole = said.trim().toUpperCase()
  const [first = ''] = whole.split(/\s/)
  return words.get(whole) ?? words.get(first) ?? first
}

const item = (wire: Wire, controller = text(wire, 'controller'), asked: string | null = null): Item | undefined => {
  const connectionID = text(wire, 'connectionID', 'connectionId') ?? asked
  if (connectionID === null || controller === null) return undefined
  return { connectionID, controller, status: statusOf(text(wire, 'status') ?? ''), version: text(wire, 'version') }
}

/** What a read may say of any controller that runs; a push says which. */
const vague: ReadonlySet<string> = new Set(['ENABLED', 'CONNECTED'])
const isUp = (status: string): boolean => vague.has(status) || status === 'DEPLOYED' || status === 'RUNNING'

/** There is an answer for what is not there, too. The operator of v0.7 has no version in it: an unknown one looks like none. */
const isNothing = (one: Item | undefined): boolean => one?.status === 'UNKNOWN' && one.version === null

const keyOf = ({ connectionID, controller }: Item): string => `${connectionID} ${controller}`

/** Each controller once, the last word counting, in an order that does not change. */
const tidy = (items: readonly (Item | undefined)[]): readonly Item[] => {
  const byKey = new Map<string, Item>()
  for (const one of items) if (one) byKey.set(keyOf(one), one)
  return [...byKey.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

async function ofCluster(
  { connectionID, contextID }: ControlledCluster,
  ask: StateRequests,
): Promise<readonly (Item | undefined)[]> {
  const rest = (): Promise<readonly (Item | undefined)[]> =>
    Promise.all(
      Object.entries(paths).map(async ([controller, path]) => {
        const full = `/api/system/controllers/${path}/status?${new URLSearchParams({ connectionId: connectionID })}`
        const body = await ask.get(full)
        if (!isRecord(body) || typeof body['status'] !== 'string') throw notMeshery(full)
        const one = item(body, controller, connectionID)
        // The operator has no name by which it would be missing.
        if ('controller' in body) return isNothing(one) ? undefined : one
        // What is missing has no name. A connection that is not active here has the enum's value in place of a text.
        return text(body, 'name') === null || body['status'] === 'UNKOWN' ? undefined : one
      }),
    )
  const query =
    (document: string, asked = connectionID) =>
    async (): Promise<readonly (Item | undefined)[]> => {
      const data = await ask.query(document, { connectionID: asked, contextID })
      if (!isRecord(data)) throw notMeshery('the query')
      return Object.keys(paths).map((controller) => {
        const found = record(data, paths[controller as keyof typeof paths])
        const one = found ? item({ ...found, connectionID }, controller) : undefined
        return isNothing(one) ? undefined : one
      })
    }
  return ask.firstSupported('the status of controllers', [
    rest,
    query(now08),
    query(now07),
    query(now06, contextID || connectionID),
  ])
}

const isOf = (id: string, { connectionID, contextID }: ControlledCluster): boolean =>
  id === connectionID || id === contextID

const itemsOf = (wire: unknown): readonly Item[] =>
  Array.isArray(wire) ? wire.filter(isRecord).flatMap((one) => item(one) ?? []) : []

/** The controllers of all clusters. `isAnswered`: at least one cluster was read, or none of them failed. */
async function readClusters(
  clusters: readonly ControlledCluster[],
  ask: StateRequests,
  before: StateReading<readonly Item[]> | undefined,
): Promise<{ readonly value: readonly Item[]; readonly isAnswered: boolean; readonly failure: unknown }> {
  const lists: (readonly (Item | undefined)[])[] = []
  const failures: unknown[] = []
  let answered = 0
  // One after the other: a poll of many clusters is no burst.
  for (const cluster of clusters)
    try {
      lists.push(await ofCluster(cluster, ask))
      answered++
    } catch (error) {
      if (!hasCode(error, 'GRAPHQL_ERROR')) throw error
      // What the server does not know yet has no controllers.
      if (cluster.contextID === '') continue
      // One connection that makes a resolver fail must not hide the others.
      failures.push(error)
      lists.push(before?.value.filter(({ connectionID }) => connectionID === cluster.connectionID) ?? [])
    }
  const isAnswered = failures.length === 0 || answered > 0
  return { value: tidy(lists.flat()), isAnswered, failure: failures[0] }
}

/** The controllers of Meshery in every cluster: always the whole list, whatever part of it was pushed. */
export const controllersStatus: StateDeclaration<Wanted, readonly Item[], ControlledCluster> = {
  kind: 'state',
  name: 'subscribeMesheryControllersStatus',
  documents: [v08, v07, v06],
  readEveryMs: { polling: 1_000, live: 300_000 },
  since: 'v0.6',
  arguments(given = {}) {
    const { connectionIDs } = wantNames('arguments', given, ['connectionIDs'])
    return { connectionIDs: connectionIDs === undefined ? null : readIds('connectionIDs', connectionIDs) }
  },
  targets: ({ connectionIDs }, ask) => connections(connectionIDs, ask),
  variables: (_, ids) => ({ connectionIDs: ids.map(({ connectionID }) => connectionID) }),
  sse: (_, ids) =>
    `/api/system/controllers/status/subscribe?${new URLSearchParams(ids.map(({ connectionID }): [string, string] => ['connectionIds', connectionID]))}`,
  async read(wanted, ids, ask, before) {
    const { isAnswered, value, failure } = await readClusters(ids, ask, before)
    if (isAnswered) return { value }
    // A cluster may be gone since it was looked up, or have another connection: then it has no controllers, and no failure.
    const { ids: listed } = await connections(wanted.connectionIDs, ask)
    const queried = new Set(ids.map(({ connectionID }) => connectionID))
    // What was asked for by its id and is gone is still among them, without a context.
    const isThere = ({ connectionID, contextID }: ControlledCluster): boolean =>
      contextID !== '' && queried.has(connectionID)
    if (!listed.flat().some(isThere)) return { value: [] }
    throw failure
  },
  // A push has more statuses; a read shows what was removed, what was added where the server does not push it (v0.6), and
  // what was not pushed: of a connection that became active later, servers since v0.7 never push `DEPLOYED`.
  combine(read, pushed) {
    const there = new Map(read.map((one) => [keyOf(one), one]))
    const merged = pushed.flatMap((one) => {
      const later = there.get(keyOf(one))
      if (!later) return one.status === 'UNKNOWN' ? one : []
      const { status, version } = later
      const saysLess = status === 'UNKNOWN' || (vague.has(status) && isUp(one.status))
      return saysLess || status === one.status ? one : { ...one, status, version: version ?? one.version }
    })
    return tidy([...read, ...merged])
  },
  join: (values) => values.flat(),
  merge(wire, before, { isComplete, ids }) {
    if (!Array.isArray(wire)) return undefined
    const items = itemsOf(wire)
    const ours = items.flatMap((one) => {
      const cluster = ids.find((id) => isOf(one.connectionID, id))
      return cluster ? { ...one, connectionID: cluster.connectionID } : []
    })
    // Over WebSocket one full list comes first, then the items that changed; over SSE always the full list. A list of other
    // clusters only says nothing about ours: they are read.
    if (isComplete) return items.length > 0 && ours.length === 0 ? undefined : tidy(ours)
    return before && tidy([...before, ...ours])
  },
  // Early v0.7 pushes only the context that was opened last; later releases omit most of what became active since the subscription.
  isIncomplete: (pushed, before, ids) =>
    (before ? pushed : ids).some((one) => !(before || pushed).some((had) => had.connectionID === one.connectionID)),
  // Some servers push every context, whatever was asked for.
  unlistedIds: (wire, { wanted, ids }) =>
    wanted.connectionIDs
      ? []
      : itemsOf(wire).flatMap(({ connectionID }) => (ids.some((id) => isOf(connectionID, id)) ? [] : connectionID)),
}

/** A list of ids, each once and in an order that does not change. */
export function readIds(name: string, given: unknown): readonly string[] {
  const allowed = 'a list of ids'
  if (!Array.isArray(given) || given.length === 0) return refuse(name, shown(given), allowed)
  const ids = given.map((id: unknown) => (typeof id === 'string' && id !== '' ? id : refuse(name, shown(id), allowed)))
  return [...new Set(ids)].sort()
}
