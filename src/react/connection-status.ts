import type { Status } from '../surface.ts'

/** The connection as a page shows it: that of everything which the hooks of a provider follow. */
export interface ConnectionStatus extends Omit<Status, 'state'> {
  /** As `Status.state`; `idle` while no hook follows anything. */
  readonly state: Status['state'] | 'idle'
  /** Whether everything that is followed is current: `live` or `polling`. */
  readonly isConnected: boolean
}

/** While nothing is followed, and on a server. */
export const idleConnection: ConnectionStatus = {
  state: 'idle',
  isConnected: false,
  transport: null,
  attempt: 0,
  reason: null,
  nextRetryAt: null,
}

/** Which state is shown where subscriptions differ: the first of these that one of them has. */
const order: readonly Status['state'][] = ['waiting', 'connecting', 'polling', 'live', 'failed', 'closed']

/** The status of all subscriptions in one. One that has ended counts only if all have. */
export function connectionOf(statuses: readonly Status[]): ConnectionStatus {
  const sorted = statuses.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  const [shown] = sorted
  if (!shown) return idleConnection
  return { ...shown, isConnected: shown.state === 'live' || shown.state === 'polling' }
}
