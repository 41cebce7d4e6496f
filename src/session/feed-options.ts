import type { Credentials } from '../credentials/credentials.ts'
import type { Server } from '../platform/server.ts'
import type { Frame, Timeouts, TransportName } from '../transports/contract.ts'
import type { AttemptsOptions } from './attempts.ts'
import type { Notice } from './notice.ts'
import type { AttemptPolicy } from './policy.ts'
import type { RouteContext } from './route.ts'
import type { Store } from './store.ts'
import type { Beginning } from './store-reader.ts'

/** What a source tells of itself to each of its feeds. */
export interface FeedOptions<Item> {
  /** How many items may wait for the reader. */
  readonly buffer: number
  /** Half of it may wait for the reader; the other half is for frames that wait for their rows. */
  readonly bufferBytes: number
  readonly beginning: Beginning<Item>
  accepts(item: Item): boolean
  notice(notice: Notice): void
}

/** What a feed needs of its source. */
export interface FeedSource<Item> {
  /** A row was read: the frame that waits for it need not wait until the source comes to it. */
  seen(row: Item): void
  readonly store: Store<Item>
  readonly attempts: Omit<AttemptsOptions, 'onState'>
}

export interface LogSourceContext extends RouteContext {
  readonly server: Server
  readonly credentials: Credentials
  readonly timeouts: Timeouts
  readonly policy: AttemptPolicy
  /** How long a frame waits for its stored twin, in milliseconds. */
  readonly settle: number
  /** Half of it may wait for rows, and as much to be looked at. */
  readonly bufferBytes: number
}

/** A frame, what brought it, and whether that is the transport in use. */
export interface Pushed {
  readonly frame: Frame
  readonly transport: TransportName
  readonly ours: boolean
}
