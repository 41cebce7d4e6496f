import type { MesheryControllersStatusListItem } from '../index.ts'
import { controllerStatuses } from '../streams/controllers-status.ts'
import { usageError } from './option-values.ts'

/** A controller, and the statuses of which it must have one. */
export interface ControllerCondition {
  readonly controller: string
  readonly statuses: readonly string[]
}

// The command would wait for a misspelt word in vain, so it takes only these.
const controllers = ['OPERATOR', 'MESHSYNC', 'BROKER']

/**
 * Reads `MESHSYNC=RUNNING,CONNECTED`, in any case.
 * @throws MesheryError INVALID_OPTION
 */
export function readControllerCondition(given: string): ControllerCondition {
  const [, name = '', list = ''] = /^([^=]*)=(.*)$/s.exec(given.toUpperCase()) ?? []
  const condition = { controller: name.trim(), statuses: list.split(',').map((one) => one.trim()) }
  const isKnown =
    controllers.includes(condition.controller) &&
    condition.statuses.every((status) => controllerStatuses.some((known) => known === status))
  if (isKnown) return condition
  throw usageError(
    `${JSON.stringify(given)} is no CONTROLLER=STATUS; a controller is ${controllers.join(', ')}, a status ${controllerStatuses.join(', ')}`,
  )
}

/**
 * Whether every condition holds: for each of the connections, or, where none are named, for every one that has the controller,
 * of which there must be one.
 * @param means Whether what was given for a connection means the one with this id.
 */
export const conditionsHold = (
  conditions: readonly ControllerCondition[],
  list: readonly MesheryControllersStatusListItem[],
  connections: readonly string[] | undefined,
  means: (given: string, id: string) => boolean = (given, id) => given === id,
): boolean =>
  conditions.every((condition) => {
    const found = list.filter(({ controller }) => controller === condition.controller)
    const all =
      connections?.every((given) => found.some(({ connectionID }) => means(given, connectionID))) ?? found.length > 0
    return all && found.every(({ status }) => condition.statuses.includes(status))
  })
