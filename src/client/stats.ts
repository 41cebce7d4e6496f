import type { Counters, Counts } from '../base/counts.ts'
import type { Status } from '../connection/notice.ts'
import type { Subscription } from './subscription.ts'

/** How long after an event was stored it was delivered, in milliseconds by the clocks of server and client: a difference between the two is in it. */
export interface Lag {
  /** Of the last event; null before the first one. */
  readonly last: number | null
  /** Of the last 256 events: half of them had at most this. */
  readonly p50: number | null
  /** Of the last 256 events: 99 % of them had at most this. */
  readonly p99: number | null
}

/** An open subscription, with its status. */
export interface SubscriptionStats extends Status {
  /** The method of the client that made it, such as `subscribeEvents`. */
  readonly name: string
}

/** What a client has counted since it was made, and what it is doing now. */
export interface Stats extends Counts {
  /** Between the time at which an event was stored and its delivery. */
  readonly lagMs: Lag
  /** The open subscriptions, in the order in which they were made. */
  readonly subscriptions: readonly SubscriptionStats[]
}

/** Takes a snapshot. */
export function readStats(
  { lagsMs, ...counts }: Counters,
  subscriptions: Iterable<readonly [subscription: Subscription<unknown>, name: string]>,
): Stats {
  const sorted = [...lagsMs].sort((a, b) => a - b)
  const share = (part: number): number | null => sorted[Math.ceil(sorted.length * part) - 1] ?? null
  return {
    ...counts,
    reconnects: { ...counts.reconnects },
    lagMs: { last: lagsMs.at(-1) ?? null, p50: share(0.5), p99: share(0.99) },
    subscriptions: [...subscriptions].map(([{ status }, name]) => ({ name, ...status })),
  }
}
