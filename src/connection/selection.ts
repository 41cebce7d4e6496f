import type { MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'
import type { RetryState } from './retry-policy.ts'
import type { Named } from './stream-errors.ts'
import type { Blocks } from './transport-blocks.ts'

/** Which transports a stream uses, and what is known of them: the state of `fallback-policy.ts`. */
export interface Selection {
  readonly fixed: SelectionContext
  readonly blocks: Blocks
  readonly current?: JoinedTransport | undefined
  /** Tried beside the current one, or alone while the stream is settled. */
  readonly candidate?: JoinedTransport | undefined
  /** What happens by the clock, besides the proof of an open transport. */
  readonly due?: Due | undefined
  /** Which of the stream's document variants is in use. */
  readonly variant: number
  /** How many document variants were refused in a row: an opening in between proves nothing. */
  readonly refusals: number
  readonly refusedAt: number
  /** Whether any transport ever opened for this stream. */
  readonly everOpen: boolean
  /** Whether the release of the server is watched, since only another one can lift a block. */
  readonly watchesRelease: boolean
  /** Why the stream is settled. The same reason is not reported twice. */
  readonly reason?: MesheryError | undefined
  /** The last wait of the settled stream, in milliseconds. */
  readonly waitMs?: number | undefined
  /** When that wait ended, or ends. */
  readonly triedAt: number
  /** The id that was given last. */
  readonly lastId: number
  /** What the last event leads to. */
  readonly actions: readonly SelectionAction[]
  /** When the last event came. */
  readonly now: number
}

/** What is fixed for one stream. */
export interface SelectionContext {
  /** The transports allowed, best first. */
  readonly order: readonly TransportName[]
  readonly stream: Named
  /** How many document variants the stream has. */
  readonly variants: number
  /** How long an SSE stream may be silent after its headers, in milliseconds. */
  readonly firstByte: number
}

/** A transport that was joined for the stream. */
export interface JoinedTransport {
  /** No other one has it. */
  readonly id: number
  readonly transport: TransportName
  readonly isOpen: boolean
  /** Whether something arrived since it opened, or it stayed open for long. */
  readonly isProven: boolean
  readonly openedAt: number
  /** When it counts as proven, if it opened without a report, since an opening proves nothing here. */
  readonly provenAt?: number | undefined
}

/** Either the next try of a settled stream, or a candidate, a look at the release, or both. */
export interface Due {
  readonly at: number
  /** The transport that the stream is settled on. */
  readonly settledOn?: TransportName | undefined
  readonly candidate?: TransportName | undefined
  readonly checksRelease?: boolean
}

export type SelectionEvent =
  | { readonly type: 'start' | 'time' | 'new-release' }
  /** The state of the connection of a joined transport. */
  | { readonly type: 'state'; readonly id: number; readonly state: RetryState }
  | { readonly type: 'open' | 'frame'; readonly id: number }
  | { readonly type: 'end'; readonly id: number; readonly error: MesheryError | undefined }

export type SelectionAction =
  /** Insists: dials even if the transport was found to be unavailable a moment ago. */
  | { readonly type: 'join'; readonly id: number; readonly transport: TransportName; readonly insists: boolean }
  | { readonly type: 'leave'; readonly id: number }
  /** What the listener of the stream gets. */
  | { readonly type: 'state'; readonly transport: TransportName; readonly state: RetryState }
  | { readonly type: 'open'; readonly transport: TransportName }
  | { readonly type: 'end'; readonly error: MesheryError }
  | { readonly type: 'watch-release' | 'check-release' }

export const newSelection = (fixed: SelectionContext, variant: number): Selection => ({
  fixed,
  blocks: {},
  variant,
  refusals: 0,
  refusedAt: 0,
  everOpen: false,
  watchesRelease: false,
  triedAt: 0,
  lastId: 0,
  actions: [],
  now: 0,
})

/** When the next `time` event is due; Infinity if none is. */
export const nextDueAt = ({ due, current, candidate }: Selection): number =>
  Math.min(...[due?.at, current?.provenAt, candidate?.provenAt].map((at) => at ?? Infinity))
