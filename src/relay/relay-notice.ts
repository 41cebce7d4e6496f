import type { Notice } from '../connection/notice.ts'
import type { RelayEvent } from './sink.ts'

/** The sink has accepted the event. */
export interface SentNotice extends RelayEvent {
  readonly kind: 'sent'
}

/** The sink has not accepted the event, which is sent again. The events after it wait. */
export interface RetryNotice extends RelayEvent {
  readonly kind: 'retry'
  /** How often it was sent. */
  readonly attempts: number
  readonly error: Error
  readonly nextRetryAt: Date
}

/** The sink refused the event, which is now among the dead letters. */
export interface ParkedNotice extends RelayEvent {
  readonly kind: 'parked'
  /** How often it was sent. */
  readonly attempts: number
  readonly error: Error
  /** Where it is. */
  readonly deadLetters: string
}

/** The cursor could not be saved. It is saved with the next event. Until then a restart sends more events twice. */
export interface CursorNotSavedNotice {
  readonly kind: 'cursor-not-saved'
  readonly error: Error
}

/** What a relay reports: about its sink, and what the subscription reports. */
export type RelayNotice = SentNotice | RetryNotice | ParkedNotice | CursorNotSavedNotice | Notice
