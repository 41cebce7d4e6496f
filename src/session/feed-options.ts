import type { Credentials } from '../credentials/credentials.ts'
import type { Server } from '../platform/server.ts'
import type { Timeouts } from '../transports/contract.ts'
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
  /** How many bytes may wait for it. */
  readonly bufferBytes: number
  readonly beginning: Beginning<Item>
  accepts(item: Item): boolean
  notice(notice: Notice): void
}

/** What a feed needs of its source. */
export interface FeedSource<Item> {
  /** A row was read: whoever waits for it need not wait until the source comes to it. */
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
  /** How many bytes of frames may wait. */
  readonly bufferBytes: number
}
