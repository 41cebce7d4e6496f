import type { Beginning } from '../events/store-reader.ts'
import type { MesheryEvent } from '../streams/events.ts'
import type { StreamContent } from './stream-position.ts'

/*
 * What of the past of a stream belongs to a subscription. Everything that is stored after the subscription began does.
 */

/** How much the clocks of Meshery and of NATS may differ, in milliseconds: reading begins so much earlier than `since`. */
const clockMarginMs = 3_600_000

type Wanted = Extract<Beginning<MesheryEvent>, { readonly from: 'row' }>

/** `all`: every message. `after`: those after an event, which is being looked for. `since`: events of a time or later. */
export type History =
  | { readonly kind: 'all' }
  | { readonly kind: 'after'; readonly wanted: Wanted; readonly lastSeq: number }
  | { readonly kind: 'since'; readonly timeMs: number; readonly lastSeq: number }

/** Where reading begins: a sequence number, or a time in milliseconds since 1970. */
export type Start = { readonly next: number } | { readonly timeMs: number }

export interface HistoryStart {
  readonly history: History
  readonly start: Start
}

export const wholeStream: History = { kind: 'all' }

/** Where a subscription begins in a stream. */
export function startOf(beginning: Beginning<MesheryEvent>, content: StreamContent): HistoryStart {
  switch (beginning.from) {
    case 'now':
      return { history: wholeStream, start: { next: content.lastSeq + 1 } }
    case 'time':
      return sinceTime(beginning.at, content)
    case 'ago':
      return sinceTime(content.nowMs - beginning.durationMs, content)
    case 'row': {
      const history = { kind: 'after', wanted: beginning, lastSeq: content.lastSeq } as const
      const timeMs = Date.parse(beginning.at ?? '')
      const start = Number.isNaN(timeMs) ? { next: content.firstSeq } : { timeMs: timeMs - clockMarginMs }
      return { history, start }
    }
  }
}

export const sinceTime = (timeMs: number, { lastSeq }: StreamContent): HistoryStart => ({
  history: { kind: 'since', timeMs, lastSeq },
  start: { timeMs: timeMs - clockMarginMs },
})

/** Whether messages were removed that may have been of this time or later. */
export const isTrimmedSince = (timeMs: number, { firstSeq, firstTimeMs }: StreamContent): boolean =>
  firstSeq > 1 && firstTimeMs >= timeMs

/** A message as far as it matters here. */
export interface DatedEvent {
  readonly seq: number
  /** When the event was made; when its message was stored, where the event has no time. In milliseconds since 1970. */
  readonly timeMs: number
  readonly event: MesheryEvent
}

/**
 * What to do with a message. `deliver` and `skip` it; `found`: it is the event to begin after; `missing`: the event to begin
 * after is not in the stream.
 */
export function judgeMessage(
  history: History,
  { seq, timeMs, event }: DatedEvent,
): 'deliver' | 'skip' | 'found' | 'missing' {
  switch (history.kind) {
    case 'all':
      return 'deliver'
    case 'since':
      return seq > history.lastSeq || timeMs >= history.timeMs ? 'deliver' : 'skip'
    case 'after':
      if (history.wanted.matches(event)) return 'found'
      return seq > history.lastSeq ? 'missing' : 'skip'
  }
}
