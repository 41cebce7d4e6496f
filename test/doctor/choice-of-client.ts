import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { watch } from '../client/watching.ts'
import { waitUntil } from '../waiting.ts'

/**
 * The transport that a client uses; null if it ends with an error. It is given time to find its way to the expected one, since it
 * tries a transport several times before it leaves it. It starts at once, also where the expected one is not known yet.
 */
export const choiceOfClient = async (
  url: string,
  options: MesheryOptions,
  expected: TransportName | null | Promise<TransportName | null>,
): Promise<TransportName | null> => {
  await using watching = watch(url, { options })
  let hasFailed = false
  watching.failure.then(
    () => (hasFailed = true),
    () => {},
  )
  const used = (): TransportName | null => {
    const { status } = watching.subscription
    return status.state === 'live' || status.state === 'polling' ? status.transport : null
  }
  const transport = await expected
  const settled = (): boolean => hasFailed || (transport !== null && used() === transport)
  await waitUntil(settled).catch(() => {})
  return hasFailed ? null : used()
}
