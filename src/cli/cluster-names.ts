import { type K8sContext, type Meshery, MesheryError, until } from '../index.ts'

/** How long the list of clusters may take where only their names are shown, in milliseconds. */
export const namesTimeoutMs = 2_000

/** How long a list is waited for. */
interface Wait {
  readonly signal: AbortSignal
  /** In milliseconds. Default: until the signal. */
  readonly timeout?: number | undefined
}

/** The clusters that the server knows. */
export const listClusters = async (meshery: Meshery, wait: Wait): Promise<readonly K8sContext[]> => {
  const { contexts } = await until(meshery.subscribeK8sContext({ all: true }), () => true, wait)
  return contexts
}

/** What clusters are known by: their names and their three ids. */
export class ClusterNames {
  readonly #list: () => Promise<readonly K8sContext[]>
  readonly #names = new Map<string, string>()
  /** By each of its ids, all that a cluster is known by. */
  readonly #words = new Map<string, readonly (string | null)[]>()
  /** What was looked for, found or not. */
  readonly #sought = new Set<string>()

  constructor(list: () => Promise<readonly K8sContext[]>) {
    this.#list = list
  }

  /** Reads the list if one of them has not been looked for. */
  async learn(ids: readonly string[]): Promise<void> {
    if (ids.every((id) => this.#sought.has(id))) return
    for (const id of ids) this.#sought.add(id)
    try {
      for (const { name, ...cluster } of await this.#list()) {
        const ids = [cluster.id, cluster.connection_id, cluster.kubernetes_server_id].filter((id) => id !== null)
        for (const id of ids) {
          this.#names.set(id, name ?? '')
          this.#words.set(id, [name, ...ids])
        }
      }
    } catch (error) {
      // A name is a convenience: without it the id is shown all the same.
      if (!(error instanceof MesheryError)) throw error
    }
  }

  readonly of = (id: string): string => this.#names.get(id) || '-'

  /** Whether what was given, a name or an id, means the cluster that has this id. */
  readonly means = (given: string, id: string): boolean => given === id || this.#words.get(id)?.includes(given) === true
}

/** The error names at most this many candidates. */
const most = 20

/** The error for ids or names that the server does not know. It lists the ones that it knows. */
export const unknownError = (
  unknown: readonly string[],
  candidates: readonly { readonly id: string | null; readonly name: string | null }[],
): MesheryError => {
  const names = candidates.slice(0, most).map(({ id, name }) => `${name || '-'} (${id ?? '-'})`)
  const more = candidates.length > most ? ` and ${candidates.length - most} more` : ''
  const known = names.length === 0 ? 'it knows none' : `it knows ${names.join(', ')}${more}`
  const given = unknown.map((one) => JSON.stringify(one)).join(', ')
  const remedy = 'Give a name or an id that it knows, in full.'
  return new MesheryError('INVALID_OPTION', `The server does not know ${given}; ${known}`, { phase: 'options', remedy })
}
