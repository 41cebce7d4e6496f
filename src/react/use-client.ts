import { useSyncExternalStore } from 'react'
import type { Meshery } from '../surface.ts'
import { type ConnectionStatus, idleConnection } from './connection-status.ts'
import { useProvided } from './provider.ts'

/**
 * The client of the nearest provider, for what has no hook. Use it in effects and handlers.
 * @throws Error without a provider; MesheryError INVALID_OPTION where the options of the provider are wrong.
 */
export const useMeshery = (): Meshery => useProvided().client()

/**
 * The status of the connection, over everything that the hooks under the nearest provider follow. It follows nothing itself. What
 * waits for a retry comes first, then what connects, polls, and is live; what has ended counts only if all have.
 */
export function useConnectionStatus(): ConnectionStatus {
  const { board } = useProvided()
  return useSyncExternalStore(
    board.listen,
    () => board.status,
    () => idleConnection,
  )
}
