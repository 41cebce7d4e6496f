import type { Counts } from '../base/counts.ts'
import type { Notice, Status } from '../connection/notice.ts'
import type { Lag } from '../platform/platform.ts'

/** An open subscription, with its status. */
export interface SubscriptionStats extends Status {
  /** The method of the client that made it, such as `subscribeEvents`. */
  readonly name: string
}

/** What a client has counted since it was made, and what it is doing now. */
export interface Stats extends Counts {
  /** How long after they were stored events came. Null before the first event, and in browsers, where it is not measured. */
  readonly lagMs: Lag | null
  /** The open subscriptions, in the order in which they were made. */
  readonly subscriptions: readonly SubscriptionStats[]
}

/** What the channel `meshery-live:notice` publishes: a subscription has a notice. */
export type NoticeMessage = Notice & {
  /** The address of the server. */
  readonly url: string
  /** The method of the client that made the subscription, such as `subscribeEvents`. */
  readonly subscription: string
}
