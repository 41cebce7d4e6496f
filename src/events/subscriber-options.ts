import type { Notice } from '../connection/notice.ts'
import type { RetryLoopOptions } from '../connection/retry-loop.ts'
import type { RetryPolicy } from '../connection/retry-policy.ts'
import type { SelectorContext } from '../connection/transport-selector.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Frame, Timeouts, TransportName } from '../transports/contract.ts'
import type { EventLedger } from './event-ledger.ts'
import type { Store } from './store.ts'
import type { Beginning } from './store-reader.ts'

/**
 * How `limits.bufferBytes` is divided: a burst of 20,000 events can wait for its rows, while what waits for a slow reader can
 * be read from the store again.
 */
export const pendingShare = 0.75
/** For what waits for a reader. In a flood, frames that have just arrived have as much again. */
export const queueShare = 0.25

/** What a subscription asks for. */
export interface SubscriberOptions<Item> {
  /** How many events may wait for the reader. */
  readonly buffer: number
  /** `limits.bufferBytes`, of which the `queueShare` may wait for the reader. */
  readonly bufferBytes: number
  readonly beginning: Beginning<Item>
  accepts(item: Item): boolean
  notice(notice: Notice): void
}

/** What a subscriber needs of the event stream. */
export interface SubscriberSource<Item> {
  readonly store: Store<Item>
  readonly ledger: EventLedger<Item>
  /** How it reads the store by itself. */
  readonly retryOptions: Omit<RetryLoopOptions, 'onState'>
}

export interface EventStreamContext extends SelectorContext {
  readonly server: HttpClient
  readonly credentials: Credentials
  readonly timeouts: Timeouts
  readonly policy: RetryPolicy
  /** How long a push waits for its row, in milliseconds. */
  readonly settle: number
  /** `limits.bufferBytes`, of which the `pendingShare` may wait for rows, and the `queueShare` for its turn. */
  readonly bufferBytes: number
}

/** A frame, its transport, and whether that is the transport in use. */
export interface PushedFrame {
  readonly frame: Frame
  readonly transport: TransportName
  readonly ours: boolean
}
