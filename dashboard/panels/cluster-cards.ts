import type { K8sContext, MesheryControllersStatusListItem } from '../../src/browser.ts'

/** A cluster with its controllers. */
export interface ClusterCard {
  readonly key: string
  readonly name: string
  /** The version of Kubernetes; null if it is not known. */
  readonly version: string | null
  readonly address: string | null
  /** When Meshery first had it, RFC 3339 text. */
  readonly createdAt: string | null
  readonly controllers: readonly CardController[]
}

/** A controller on a card. */
export interface CardController {
  /** Of this controller in this cluster. */
  readonly key: string
  readonly name: string
  /** Null where the server reports none. */
  readonly status: string | null
  readonly version: string | null
  readonly tone: 'good' | 'busy' | 'bad'
}

const labels: readonly (readonly [string, string])[] = [
  ['OPERATOR', 'Operator'],
  ['MESHSYNC', 'MeshSync'],
  ['BROKER', 'Broker'],
]

const tones: ReadonlyMap<string, CardController['tone']> = new Map([
  ['DEPLOYED', 'good'],
  ['ENABLED', 'good'],
  ['RUNNING', 'good'],
  ['CONNECTED', 'good'],
  ['DEPLOYING', 'busy'],
])

const words: ReadonlyMap<string, string> = new Map([['NOTDEPLOYED', 'not deployed']])

/** The status in a word for people, such as `not deployed`. */
const statusWord = (status: string): string => words.get(status) ?? status.toLowerCase()

type Controllers = readonly MesheryControllersStatusListItem[]

function controllersOf(cluster: string, items: Controllers): CardController[] {
  const known = labels.map(([controller, name]) => [name, items.find((one) => one.controller === controller)] as const)
  const others = items.filter(({ controller }) => !labels.some(([name]) => name === controller))
  return [...known, ...others.map((one) => [one.controller, one] as const)].map(([name, item]) => ({
    key: `${cluster} ${name}`,
    name,
    status: item ? statusWord(item.status) : null,
    version: item?.version ?? null,
    tone: item ? (tones.get(item.status) ?? 'bad') : 'busy',
  }))
}

function controllersByCluster(controllers: Controllers): Map<string, MesheryControllersStatusListItem[]> {
  const clusters = new Map<string, MesheryControllersStatusListItem[]>()
  for (const item of controllers) clusters.set(item.connectionID, [...(clusters.get(item.connectionID) ?? []), item])
  return clusters
}

/** A card for each Kubernetes context, by name, and then for controllers whose context is not listed. */
export function clusterCards(contexts: readonly K8sContext[], controllers: Controllers): readonly ClusterCard[] {
  const byCluster = controllersByCluster(controllers)
  const listed = contexts.map((context, index) => {
    const id = context.connection_id ?? context.id ?? `${index}`
    const items = byCluster.get(id) ?? []
    byCluster.delete(id)
    return {
      key: id,
      name: context.name ?? id,
      version: context.version,
      address: context.server,
      createdAt: context.created_at,
      controllers: controllersOf(id, items),
    }
  })
  const others = [...byCluster].map(([id, items]) => ({
    key: id,
    name: id,
    version: null,
    address: null,
    createdAt: null,
    controllers: controllersOf(id, items),
  }))
  return [...listed.sort((a, b) => a.name.localeCompare(b.name)), ...others]
}
