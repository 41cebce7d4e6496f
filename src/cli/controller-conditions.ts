import type { MesheryControllersStatusListItem } from '../index.ts'
import { usageError } from './option-values.ts'

/** A controller, and what it may be doing for it to be so. */
export interface Wish {
  readonly controller: string
  readonly statuses: readonly string[]
}

// A misspelt word would be waited for in vain, so only these are taken.
const controllers = ['OPERATOR', 'MESHSYNC', 'BROKER']
const statuses = [
  'DEPLOYED',
  'NOTDEPLOYED',
  'DEPLOYING',
  'UNDEPLOYED',
  'ENABLED',
  'RUNNING',
  'CONNECTED',
  'UNKNOWN',
] as const

/**
 * Reads `MESHSYNC=RUNNING,CONNECTED`, in any case.
 * @throws MesheryError INVALID_OPTION
 */
export function readWish(given: string): Wish {
  const [, name = '', list = ''] = /^([^=]*)=(.*)$/s.exec(given.toUpperCase()) ?? []
  const wish = { controller: name.trim(), statuses: list.split(',').map((one) => one.trim()) }
  const known = controllers.includes(wish.controller) && wish.statuses.every((one) => statuses.some((s) => s === one))
  if (known) return wish
  throw usageError(
    `${JSON.stringify(given)} is no CONTROLLER=STATUS; a controller is ${controllers.join(', ')}, a status ${statuses.join(', ')}`,
  )
}

/**
 * Whether every wish holds: for each of the connections, or, where none are named, for every one that has the controller,
 * of which there must be one.
 * @param means Whether what was given for a connection means the one with this id.
 */
export const holds = (
  wishes: readonly Wish[],
  list: readonly MesheryControllersStatusListItem[],
  connections: readonly string[] | undefined,
  means: (given: string, id: string) => boolean = (given, id) => given === id,
): boolean =>
  wishes.every((wish) => {
    const found = list.filter(({ controller }) => controller === wish.controller)
    const all =
      connections?.every((given) => found.some(({ connectionID }) => means(given, connectionID))) ?? found.length > 0
    return all && found.every(({ status }) => wish.statuses.includes(status))
  })
