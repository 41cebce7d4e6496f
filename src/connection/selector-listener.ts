import type { MesheryError } from '../base/errors.ts'
import type { Frame, TransportName } from '../transports/contract.ts'
import type { RetryState } from './retry-policy.ts'

/** What follows a stream: the listener of a connection, with the transport that each report is about. */
export interface SelectorListener {
  state(state: RetryState, transport: TransportName): void
  /** From now on the current transport misses nothing. */
  open(transport: TransportName): void
  /** Something was pushed. `isCurrent` is false for a transport that is only tried beside the current one. */
  frame(frame: Frame, transport: TransportName, isCurrent: boolean): void
  /** No transport is left, or none can help. */
  end(error: MesheryError): void
}
