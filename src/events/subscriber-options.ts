import type { Notice } from '../connection/notice.ts'
import type { RetryLoopOptions } from '../connection/retry-loop.ts'
import type { RetryPolicy } from '../connection/retry-policy.ts'
import type { SelectorContext } from '../connection/transport-selector.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { Frame, Timeouts, TransportName } from '../transports/contract.ts'
import type { Store } from './store.ts'
import type { Beginning } from './store-reader.ts'

/** What a source tells of itself to each of its feeds. */
export interface SubscriberOptions<Item> {
  /** How many items may wait for the reader. */
  readonly buffer: number
  /** Half of it may wait for the reader; the other half is for frames that wait for their rows. */
  readonly bufferBytes: number
  readonly beginning: Beginning<Item>
  accepts(item: Item): boolean
  notice(notice: Notice): void
}

/** What a feed needs of its source. */
export interface SubscriberSource<Item> {
  /** A row was read: the frame that waits for it need not wait until the source comes to it. */
  seen(row: Item): void
  readonly store: Store<Item>
  readonly attempts: Omit<RetryLoopOptions, 'onState'>
}

export interface EventStreamContext extends SelectorContext {
  readonly server: HttpClient
  readonly credentials: Credentials
  readonly timeouts: Timeouts
  readonly policy: RetryPolicy
  /** How long a frame waits for its stored twin, in milliseconds. */
  readonly settle: number
  /** Half of it may wait for rows, and as much to be looked at. */
  readonly bufferBytes: number
}

/** A frame, what brought it, and whether that is the transport in use. */
export interface PushedFrame {
  readonly frame: Frame
  readonly transport: TransportName
  readonly ours: boolean
}
