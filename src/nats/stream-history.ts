import type { Beginning } from '../events/store-reader.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { endOf, isUpTo, type MessagePlace, type StreamContent } from './stream-position.ts'

/*
 * What of the past of a stream belongs to a subscription. Everything that is stored after the subscription began does.
 */

/** How much the clocks of Meshery and of NATS may differ, in milliseconds: reading begins so much earlier than `since`. */
const clockMarginMs = 3_600_000

type Wanted = Extract<Beginning<MesheryEvent>, { readonly from: 'row' }>

/**
 * What of the messages up to `end` belongs to the subscription. `none` of them. `after`: those after an event, which is being
 * looked for. `since`: events of a time or later.
 */
export type History = { readonly end: MessagePlace } & (
  | { readonly kind: 'none' }
  | { readonly kind: 'after'; readonly wanted: Wanted }
  | { readonly kind: 'since'; readonly timeMs: number }
)

/** Where reading begins: a sequence number, or a time in milliseconds since 1970. */
export type Start = { readonly next: number } | { readonly timeMs: number }

export interface HistoryStart {
  readonly history: History
  readonly start: Start
}

/** Every message belongs to the subscription. */
export const wholeStream: History = { kind: 'none', end: { seq: 0, time: 0n } }

/** Where a subscription begins in a stream. */
export function startOf(beginning: Beginning<MesheryEvent>, content: StreamContent): HistoryStart {
  switch (beginning.from) {
    case 'now':
      return { history: { kind: 'none', end: endOf(content) }, start: { next: content.lastSeq + 1 } }
    case 'time':
      return sinceTime(beginning.at, content)
    case 'ago':
      return sinceTime(content.nowMs - beginning.durationMs, content)
    case 'row': {
      const history = { kind: 'after', wanted: beginning, end: endOf(content) } as const
      const timeMs = Date.parse(beginning.at ?? '')
      const start = Number.isNaN(timeMs) ? { next: content.firstSeq } : { timeMs: timeMs - clockMarginMs }
      return { history, start }
    }
  }
}

export const sinceTime = (timeMs: number, content: StreamContent): HistoryStart => ({
  history: { kind: 'since', timeMs, end: endOf(content) },
  start: { timeMs: timeMs - clockMarginMs },
})

/** Whether messages were removed that may have been of this time or later. */
export const isTrimmedSince = (timeMs: number, { firstSeq, firstTimeMs }: StreamContent): boolean =>
  firstSeq > 1 && firstTimeMs >= timeMs

/** A message as far as it matters here. */
export interface DatedEvent {
  readonly place: MessagePlace
  /** When the event was made; when its message was stored, where the event has no time. In milliseconds since 1970. */
  readonly timeMs: number
  readonly event: MesheryEvent
}

/** Whether the message was stored after the subscription began. */
export const isNew = ({ end }: History, place: MessagePlace): boolean => !isUpTo(place, end)

/**
 * What to do with a message. `deliver` and `skip` it; `found`: it is the event to begin after; `missing`: the event to begin
 * after is not in the stream.
 */
export function judgeMessage(
  history: History,
  { place, timeMs, event }: DatedEvent,
): 'deliver' | 'skip' | 'found' | 'missing' {
  if (history.kind === 'after' && history.wanted.matches(event)) return 'found'
  if (isNew(history, place)) return history.kind === 'after' ? 'missing' : 'deliver'
  return history.kind === 'since' && timeMs >= history.timeMs ? 'deliver' : 'skip'
}
