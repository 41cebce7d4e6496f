import type { MesheryError } from '../base/errors.ts'
import type { Frame, TransportName } from '../transports/contract.ts'
import type { RetryState } from './retry-policy.ts'

/** What one route tells whoever follows it. */
export interface SelectorListener {
  state(transport: TransportName, state: RetryState): void
  /** The present transport lets nothing be missed from now on. */
  open(transport: TransportName): void
  /** Something was pushed. `ours` is false while a transport is only being tried beside the present one. */
  frame(frame: Frame, transport: TransportName, ours: boolean): void
  /** No transport is left, or none can help. */
  failed(error: MesheryError): void
}
