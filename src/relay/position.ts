import { isRecord, isUUID } from '../base/checks.ts'
import type { EventPosition } from '../base/event-position.ts'
import { spanMs } from '../base/time-span.ts'
import type { EventsArguments } from '../client/events-arguments.ts'
import type { RelayEvent } from './sink.ts'

/*
 * Where a relay resumes. One event is not enough: Meshery may store a row late, before rows that were sent already. So a
 * position has the events sent lately, and a resumed relay reads from the oldest of them and skips those that it has sent.
 */

/** How many sent events a position has at most. */
const mostSent = 2_000
/** How long a sent event stays in the position, in milliseconds. The last one always stays. */
const rememberedMs = 600_000
/** A resumed relay reads at least this far back, in milliseconds: for rows that are stored late. */
const overlapMs = 60_000
/** How inexact a span of time is: the server's `Date` header has whole seconds. */
const marginMs = 2_000

/** An event that was sent. */
interface Sent {
  readonly id: string
  readonly createdAt: string | null
  /** By the clock of this machine, in milliseconds since 1970. */
  readonly sentAt: number
}

/** An event to begin after, as a program has it. */
type Event = Exclude<Since, string | Date | undefined>

/** So many milliseconds before the relay was started; at a time or after an event's id; or after an event. */
type Begin =
  | { readonly startedAt: number; readonly ago: number }
  | { readonly since: string }
  | { readonly after: Event }

/**
 * What a relay saves in its cursor: the position that every program has, which is the last stored event that was sent, or the
 * beginning before there is one; and how a relay resumes.
 */
export type RelayPosition = EventPosition & RelayProgress

interface RelayProgress {
  /** Where the relay began, while `sent` has everything that it has sent since. */
  readonly begin?: Begin | undefined
  /** Where to read from when `begin` is over: RFC 3339 text by the server's clock. */
  readonly from?: string | undefined
  /** The events sent lately, in the order of sending. */
  readonly sent: readonly Sent[]
}

type Since = EventsArguments['since']

/** The position before the first event. It is saved at once: a crash before the first event must not move the beginning. */
export function firstPosition(since: Since, now: number): RelayPosition {
  const begin = beginOf(since, now)
  return { ...placeOf(begin, now), begin, sent: [] }
}

function beginOf(since: Since, now: number): Begin {
  if (since === undefined) return { startedAt: now, ago: 0 }
  if (typeof since === 'object' && 'getTime' in since) return { since: since.toISOString() }
  if (typeof since !== 'string') return { after: since }
  const ago = spanMs(since)
  return ago === undefined ? { since } : { startedAt: now, ago }
}

/** The beginning as a position that every program understands. */
function placeOf(begin: Begin, now: number): EventPosition {
  if ('startedAt' in begin) return { startedAt: new Date(begin.startedAt - begin.ago).toISOString() }
  if ('since' in begin) return isUUID(begin.since) ? { id: begin.since, createdAt: null } : { startedAt: begin.since }
  const { id, createdAt } = begin.after
  if (id !== null) return { id, createdAt }
  return { startedAt: createdAt ?? new Date(now).toISOString() }
}

/** Where to resume. */
export function sinceOf(position: RelayPosition, now: number): Since {
  const { begin, from } = position
  if (begin && 'since' in begin) return begin.since
  if (begin && 'after' in begin) return begin.after
  // A span, not a time: the clocks of this machine and of the server may differ.
  if (begin) return `${Math.max(0, now - begin.startedAt) + begin.ago + marginMs}ms`
  return from === undefined ? undefined : new Date(from)
}

/** The position after an event was sent or parked. */
export function nextPosition(position: RelayPosition, { id, event }: RelayEvent, now: number): RelayPosition {
  const all = [...position.sent, { id, createdAt: event.createdAt, sentAt: now }]
  // The last one is of now, so that one is found.
  const firstRecent = all.findIndex(({ sentAt }) => sentAt >= now - rememberedMs)
  const oldest = Math.max(all.length - mostSent, firstRecent)
  const sent = all.slice(oldest)
  const from = resumeAt(sent, now) ?? position.from
  const begin = oldest > 0 && from !== undefined ? undefined : position.begin
  return { ...lastPlace(position, event), begin, from, sent }
}

/** An event without a row is no position to begin after. */
function lastPlace(position: EventPosition, { id, createdAt }: RelayEvent['event']): EventPosition {
  if (id !== null) return { id, createdAt }
  return 'startedAt' in position
    ? { startedAt: position.startedAt }
    : { id: position.id, createdAt: position.createdAt }
}

/** Undefined where no event has a time. Takes the earliest: an event whose time lies in the future must not move it ahead. */
function resumeAt(sent: readonly Sent[], now: number): string | undefined {
  const times = sent.map(({ createdAt }) => Date.parse(createdAt ?? '')).filter((time) => !Number.isNaN(time))
  const [first] = times
  const last = times.at(-1)
  if (first === undefined || last === undefined) return undefined
  return new Date(Math.min(first, last, now - overlapMs)).toISOString()
}

/** A saved position as a relay's. One that another program saved has only an event or a time: the relay begins there. */
export function relayPosition(saved: EventPosition): RelayPosition {
  const { begin, from, sent }: Readonly<Record<string, unknown>> = { ...saved }
  const place = 'startedAt' in saved ? { startedAt: saved.startedAt } : { id: saved.id, createdAt: saved.createdAt }
  if (!Array.isArray(sent)) return { ...place, begin: beginAt(saved), sent: [] }
  return {
    ...place,
    begin: isBegin(begin) ? begin : undefined,
    from: isTime(from) ? from : undefined,
    sent: sent.filter(isSent),
  }
}

const beginAt = (saved: EventPosition): Begin =>
  'startedAt' in saved ? { startedAt: Date.parse(saved.startedAt), ago: 0 } : { after: saved }

const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value))

const isBegin = (value: unknown): value is Begin => {
  if (!isRecord(value)) return false
  const { since, after, startedAt, ago } = value
  const isRelative = typeof startedAt === 'number' && typeof ago === 'number'
  return isRelative || isRecord(after) || (typeof since === 'string' && (isUUID(since) || isTime(since)))
}

const isSent = (value: unknown): value is Sent =>
  isRecord(value) &&
  typeof value['id'] === 'string' &&
  typeof value['sentAt'] === 'number' &&
  (value['createdAt'] === null || typeof value['createdAt'] === 'string')
