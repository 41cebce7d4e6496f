/** What a client counts since it was made. */
export interface Counts {
  /** Different events that came: their rows, and the pushes whose rows did not come in time. Before filters, and without the past that `since` asks for. */
  readonly events: number
  /** Pushes that were skipped because their events were known: pushed twice, or read before their push came. */
  readonly duplicates: number
  /** Events that were read from the store before any push announced them: their pushes were lost or late. While polling, all events. */
  readonly recovered: number
  /** `gap` notices. One that several subscriptions received counts once. */
  readonly gaps: number
  /** Those of them with `complete: false`: something may be missing. */
  readonly incompleteGaps: number
  /** Events and frames that were lost because a reader was too slow: the sum of `dropped` in all `overflow` notices. */
  readonly dropped: number
  /** How often a connection was dialled again, or polling read again after a failure, by the code of the error that was the cause. */
  readonly reconnects: Readonly<Record<string, number>>
  /** Milliseconds between the last ping over WebSocket and its pong; null before the first one. */
  readonly roundTripMs: number | null
  /** Bytes of SSE streams, responses and WebSocket messages, after decoding. Of WebSocket messages in browsers and workers: characters. */
  readonly receivedBytes: number
}

/** The counts of a running client. Counting is an addition. */
export type Counters = { -readonly [Name in keyof Counts]: Counts[Name] } & { reconnects: Record<string, number> }

export const newCounters = (): Counters => ({
  events: 0,
  duplicates: 0,
  recovered: 0,
  gaps: 0,
  incompleteGaps: 0,
  dropped: 0,
  reconnects: {},
  roundTripMs: null,
  receivedBytes: 0,
})
