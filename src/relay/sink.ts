import type { MesheryEvent } from '../streams/events.ts'

/** An event on its way out. */
export interface RelayEvent {
  /** The id of the event's row; `push-` and a hash for an event that was delivered without a row. The same at every retry. */
  readonly id: string
  readonly event: MesheryEvent
  /** The address of the Meshery Server that it comes from. */
  readonly source: string
}

/** Where a relay sends events. */
export interface Sink {
  /** What it is called in messages. Never a secret: of an address only scheme, host and port. */
  readonly name: string
  /** Prepares what does not depend on the receiver, and finds what can never work. The relay calls it once, at its start, and ends with its error. */
  open?(): Promise<void>
  /**
   * Sends one event. Resolves when the receiver has accepted it for good: the cursor then moves past it. An error is
   * retried, unless it is a `MesheryError` that is not `retryable`: then the event is parked. With the codes
   * `CREDENTIALS_REFUSED` and `INVALID_OPTION` the relay ends: no other event would be accepted either. `details.retryAfter` (milliseconds) delays the
   * retry.
   * @param signal Aborts 5 s after the relay is to end: what is accepted before that is not sent again.
   */
  send(event: RelayEvent, signal: AbortSignal): Promise<void>
  /** Closes its connections and files. The relay calls it at its end. */
  close?(): Promise<void>
}

/** Keeps the events that a sink refused. */
export interface DeadLetters {
  /** What it is called in messages. */
  readonly name: string
  /** Prepares it. The relay calls it once, at its start, and ends with its error. */
  open?(): Promise<void>
  /** Resolves when the event is stored. The cursor moves past the event only after that. */
  park(letter: DeadLetter): Promise<void>
  /** Closes its files. The relay calls it at its end. */
  close?(): Promise<void>
}

/** An event that a sink refused, and why. */
export interface DeadLetter extends RelayEvent {
  /** How often it was sent. */
  readonly attempts: number
  readonly error: Error
  readonly parkedAt: Date
}
