import type { MesheryError } from '../base/errors.ts'
import type { Frame, TransportName } from '../transports/contract.ts'
import type { Status } from './notice.ts'
import type { RetryState } from './retry-policy.ts'

/** What follows a stream: the listener of a connection, with the transport that each report is about, and the status that follows from it. */
export interface SelectorListener {
  /** The status is undefined where it does not change. */
  state(state: RetryState, status: Status | undefined): void
  /** From now on the current transport misses nothing. */
  open(status: Status): void
  /** Something was pushed. `isCurrent` is false for a transport that is only tried beside the current one. */
  frame(frame: Frame, transport: TransportName, isCurrent: boolean): void
  /** No transport is left, or none can help. */
  end(error: MesheryError): void
}
