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

/** What a subscription asks for. */
export interface SubscriberOptions<Item> {
  /** How many events may wait for the reader. */
  readonly buffer: number
  /** Half of it may wait for the reader; the other half is for pushes that wait for their rows. */
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
  /** Half of it may wait for rows, and as much for its turn. */
  readonly bufferBytes: number
}

/** A frame, its transport, and whether that is the transport in use. */
export interface PushedFrame {
  readonly frame: Frame
  readonly transport: TransportName
  readonly ours: boolean
}
