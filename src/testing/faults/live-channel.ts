/** Messages that no client expects. */
export type Garbage = 'binary' | 'broken-json' | 'not-an-object' | 'unknown-id' | 'huge'

/** A connection that stays open: a WebSocket or an SSE stream. */
export interface LiveChannel {
  /** Ends it without notice, by a TCP reset. */
  cut(): void
  /** Ends it in the way of its transport. */
  end(code: number, reason: string): void
  /** `bytes` is the size, for the kinds that have one. */
  garbage(kind: Garbage, bytes: number): void
  /** Sends a text as it is. */
  raw(text: string): void
}
