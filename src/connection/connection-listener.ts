import type { Operation, OperationListener } from '../transports/contract.ts'
import type { RetryState } from './retry-policy.ts'

/** What follows an operation over a reconnecting connection: the listener of a transport, with the state of the connection. */
export interface ConnectionListener extends OperationListener {
  readonly operation: Operation
  /** Whether to dial even if the transport was found to be unavailable a moment ago: something may have changed. */
  readonly insists?: boolean
  state(state: RetryState): void
}

/** An operation that joined a connection. The listener is not called before `join` has returned it. */
export interface Joined {
  /** The state of the connection as it was joined, if it has one; the listener gets the later ones. */
  readonly state: RetryState | undefined
  /** Stops the operation. The listener is not called afterwards. */
  leave(): void
}
