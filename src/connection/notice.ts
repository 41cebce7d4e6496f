import type { MesheryError } from '../base/errors.ts'
import type { CertificateNotice, TlsConnection } from '../platform/tls-connection.ts'
import type { GraphQLErrorShape, TransportName } from '../transports/contract.ts'

/** What a subscription is doing. */
export interface Status {
  /**
   * `connecting`: the first try is under way. `live`: the server pushes. `polling`: it is asked at intervals.
   * `waiting`: the last try failed, and the next one comes at `nextRetryAt`. `closed` and `failed`: it is over.
   */
  readonly state: 'connecting' | 'live' | 'polling' | 'waiting' | 'closed' | 'failed'
  /** The transport in use, or the one that is tried. Null before the first one is tried, under `polling` while there is nothing to follow yet, and with a `source`. */
  readonly transport: TransportName | null
  /** Tries since the last connection that lived. */
  readonly attempt: number
  /**
   * Why it is not live: under `waiting` what failed; under `connecting` and `polling` why no better transport is in use. Null where nothing
   * failed, and under `polling` where no better transport is allowed.
   */
  readonly reason: MesheryError | null
  /** When it is tried again; null when not by the clock. */
  readonly nextRetryAt: Date | null
  /** The TLS of the connection, while it is `live` or `polling` over https. Only in Node. */
  readonly tls?: TlsConnection | undefined
}

/** A status with what is known of it; by default nothing more than the state. */
export const statusOf = (state: Status['state'], known: Partial<Status> = {}): Status => ({
  state,
  transport: null,
  attempt: 0,
  reason: null,
  nextRetryAt: null,
  ...known,
})

/** The status of what was just begun. */
export const initialStatus: Status = /* @__PURE__ */ statusOf('connecting')

/** The status changed. */
export interface StatusNotice extends Status {
  readonly kind: 'status'
}

/** For a time, pushes could not arrive. Reported when the gap is closed (`complete: true`), or when it cannot be (`false`). */
export interface GapNotice {
  readonly kind: 'gap'
  readonly since: Date
  readonly until: Date
  /** How many items were found in the store that had not been pushed. */
  readonly recovered: number
  /** Whether everything that was stored in between has been delivered. */
  readonly complete: boolean
  /**
   * How many events are lost, at most: those that a stream of NATS removed before they were read. Undefined where that is not known. Only with
   * `source`.
   */
  readonly lost?: number | undefined
  readonly reason: MesheryError | null
}

/**
 * The server stores events and does not push them, although the channel is live. Nothing is lost: the store is read more
 * often. Reported once it is seen, and once pushes come again.
 */
export interface MissedPushesNotice {
  readonly kind: 'missed-pushes'
  /** When the first of these events was found. */
  readonly since: Date
  /** When a push came again, or polling took over. Null while none comes. */
  readonly until: Date | null
  /** How many events the store brought that no push announced. */
  readonly recovered: number
}

/** The reader is slower than the stream. Events go on from the store; what it does not have is lost, as are frames of a raw subscription. `dropped` counts since the notice before. */
export interface OverflowNotice {
  readonly kind: 'overflow'
  /** How many items wait in the queue. */
  readonly queued: number
  /**
   * How many are lost for good. Of events: 0 at first; once the store was read to its end, a second notice counts those
   * that had no room to wait and are not in the store.
   */
  readonly dropped: number
}

/** Data came together with GraphQL errors. */
export interface PartialNotice {
  readonly kind: 'partial'
  readonly errors: readonly GraphQLErrorShape[]
}

/**
 * Ids or names were given that the server does not know, or it sends data of ids that it does not list. They are looked for again at
 * intervals. Reported once for each set.
 */
export interface UnknownNotice {
  readonly kind: 'unknown'
  readonly ids: readonly string[]
}

/** Everything that a subscription reports besides its data. */
export type Notice =
  | StatusNotice
  | GapNotice
  | MissedPushesNotice
  | OverflowNotice
  | PartialNotice
  | UnknownNotice
  | CertificateNotice
