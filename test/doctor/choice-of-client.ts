import { vi } from 'vitest'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { watch } from '../client/watching.ts'

/**
 * The transport that a client uses; null if it ends with an error. It is given time to find its way to the expected one, since it
 * tries a transport several times before it leaves it.
 */
export const choiceOfClient = async (
  url: string,
  options: MesheryOptions,
  expected: TransportName | null,
): Promise<TransportName | null> => {
  await using watching = watch(url, { options })
  let hasFailed = false
  watching.failure.then(
    () => (hasFailed = true),
    () => {},
  )
  const used = (): TransportName | null => {
    const { state, transport } = watching.subscription.status
    return state === 'live' || state === 'polling' ? transport : null
  }
  const settled = (): boolean => hasFailed || (expected !== null && used() === expected)
  await vi.waitUntil(settled, { timeout: 15_000, interval: 20 }).catch(() => {})
  return hasFailed ? null : used()
}
