import { isRecord, isUUID } from '../base/checks.ts'
import { MesheryError } from '../base/errors.ts'
import type { EventPosition } from '../base/event-position.ts'
import { spanMs } from '../base/time-span.ts'
import { type Marks, marksOf, shapeOf, TraitIndex } from '../events/trait-index.ts'
import { events } from '../streams/events.ts'
import type { EventsArguments, GapNotice, MesheryEvent } from '../surface.ts'

/*
 * Where a bot or a relay resumes. One event is not enough: Meshery may store a row late, before rows that were handled already,
 * and a row may have a time ahead. So a position has the events handled lately. A resumed program reads from before the last of
 * them and skips those that it has handled.
 */

/** How many handled events a position has at most. A relay's is saved beside the sending, a bot's before each next event. */
export const maxRemembered = { relay: 2_000, bot: 500 } as const
/** How long a handled event stays in the position, in milliseconds. The last one always stays. */
const rememberedMs = 600_000
/** A resumed program reads at least this far back, in milliseconds: for rows that are stored late. */
const overlapMs = 60_000
/** How inexact a span of time is: the server's `Date` header has whole seconds. */
const marginMs = 2_000

/** An event that was handled. The name `sent` and its fields are those of saved positions. */
interface Sent {
  /** The one that a relay gave it, or any, where the event has none. */
  readonly id: string
  readonly createdAt: string | null
  /** By the clock of this machine, in milliseconds since 1970. */
  readonly sentAt: number
  /** By what its row is recognized, of an event without an id: it was handled as it was pushed. */
  readonly traits?: Marks['traits'] | undefined
}

/** An event with the id by which it is remembered. */
interface Handled {
  readonly id: string
  readonly event: MesheryEvent
}

/** An event to begin after, as a program has it. */
type Event = Exclude<Since, string | Date | undefined>

/** So many milliseconds before the program was started; at a time or after an event's id; or after an event. */
type Begin =
  | { readonly startedAt: number; readonly ago: number }
  | { readonly since: string }
  | { readonly after: Event }

/**
 * What is saved in a cursor: the position that every program has, which is the last stored event that was handled, or the
 * beginning before there is one; and how to resume.
 */
export type ResumePosition = EventPosition & Progress

interface Progress {
  /** Where the program began, while `sent` has everything that it has handled since. */
  readonly begin?: Begin | undefined
  /** Where to read from when `begin` is over: RFC 3339 text by the server's clock. */
  readonly from?: string | undefined
  /** The events handled lately, in the order of handling. */
  readonly sent: readonly Sent[]
}

type Since = EventsArguments['since']

/** Where to read from. */
export interface ResumePoint {
  readonly since: Since
  /** Set where the place cannot be known, because a clock was set back: events before `since` may be missing. */
  readonly gap?: GapNotice | undefined
}

/** The position before the first event. It is saved at once: a crash before the first event must not move the beginning. */
export function firstPosition(since: Since, now: number): ResumePosition {
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

/**
 * Where a first start begins, however long after that it is asked for: what is stored until the server is reached belongs to it.
 * @param since The beginning that was given. One that is fixed is the same at the next start.
 */
export const firstPoint = ({ begin }: ResumePosition, since: Since, now: number): ResumePoint =>
  begin && 'startedAt' in begin ? { since: `${Math.max(0, now - begin.startedAt) + begin.ago}ms` } : { since }

/** Where to resume. */
export function resumePoint({ begin, from, sent }: ResumePosition, now: number): ResumePoint {
  const fromMs = Date.parse(from ?? '')
  const place = Number.isNaN(fromMs) ? undefined : new Date(fromMs)
  if (!begin) return { since: place }
  if ('since' in begin) return { since: begin.since }
  const aheadMs = aheadOf(begin, now)
  if ('after' in begin) {
    if (aheadMs <= overlapMs) return { since: begin.after }
    return place ? { since: place } : pointBefore(aheadMs, now)
  }
  // What was handled shows where the program was, if its clock was ahead when it began. `from` shows nothing: it has the overlap.
  const beginMs = begin.startedAt - begin.ago - marginMs
  if (sent.some((one) => timeOf(one) < beginMs)) return { since: place }
  if (aheadMs > marginMs) return pointBefore(aheadMs + begin.ago, now)
  // A span, not a time: the clocks of this machine and of the server may differ.
  return { since: `${Math.max(0, -aheadMs) + begin.ago + marginMs}ms` }
}

/** By how many ms the saved time lies after now. It cannot, unless a clock was set back since. */
function aheadOf(begin: Exclude<Begin, { since: string }>, now: number): number {
  if ('startedAt' in begin) return begin.startedAt - now
  const at = Date.parse(begin.after.createdAt ?? '')
  return Number.isNaN(at) ? 0 : at - now
}

/** As far before now as the saved time lies after it. Whether that is far enough cannot be known. */
function pointBefore(aheadMs: number, now: number): ResumePoint {
  const beforeMs = aheadMs + overlapMs
  const reason = new MesheryError('SINCE_UNKNOWN', 'The saved position lies ahead of the clock', {
    phase: 'store',
    remedy: 'A clock was wrong when it was saved. Check the events before this gap by hand.',
  })
  const [since, until] = [new Date(now - beforeMs), new Date(now)]
  const gap: GapNotice = { kind: 'gap', since, until, recovered: 0, complete: false, reason }
  return { since: `${beforeMs}ms`, gap }
}

/** The position after an event was handled. `most`: how many events it has at most. */
export function nextPosition(position: ResumePosition, handled: Handled, now: number, most: number): ResumePosition {
  const { id, event } = handled
  const traits = event.id === null ? marksOf(events, event).traits : undefined
  const all = [...position.sent, { id, createdAt: event.createdAt, sentAt: now, traits }]
  const last = all.findLast(isTimed)
  const sent = all.filter((one) => now - one.sentAt <= rememberedMs || canComeAgain(one, last)).slice(-most)
  const from = resumeAt(sent, now) ?? position.from
  const begin = sent.length < all.length && from !== undefined ? undefined : position.begin
  return { ...lastPlace(position, event), begin, from, sent }
}

/** Whether a resumed program may read an event that was not handled lately: it lies within the overlap. */
const canComeAgain = (one: Sent, last: Sent | undefined): boolean =>
  last !== undefined && timeOf(one) >= timeOf(last) - overlapMs

const timeOf = ({ createdAt }: Pick<MesheryEvent, 'createdAt'>): number => Date.parse(createdAt ?? '')

const isTimed = (one: Sent): boolean => !Number.isNaN(timeOf(one))

/**
 * Returns a function that says of each event that a resumed program gets whether it was handled before: an event with that id, or a
 * push that looks like its row. A push stands for one row, since another one that looks the same is another event.
 */
export function handledBefore({ sent }: ResumePosition): (event: MesheryEvent) => boolean {
  const ids = new Set(sent.map(({ id }) => id))
  const pushes = new TraitIndex<Marks & { readonly sentAt: number }>()
  // Those without the most distinctive trait could be anything.
  for (const { traits, sentAt } of sent)
    if (traits?.[0]) pushes.add({ id: null, traits, shape: shapeOf(traits), sentAt })
  return (event) => {
    if (event.id === null) return false
    if (ids.has(event.id)) return true
    const push = pushes.size > 0 ? pushes.ofRow(marksOf(events, event)) : undefined
    // The clocks of this machine and of the server may differ. A double is better than a loss.
    const isIt = push !== undefined && timeOf(event) - push.sentAt <= rememberedMs
    if (isIt) pushes.delete(push)
    return isIt
  }
}

/** An event without a row is no position to begin after. */
function lastPlace(position: EventPosition, { id, createdAt }: Handled['event']): EventPosition {
  if (id !== null) return { id, createdAt }
  return 'startedAt' in position
    ? { startedAt: position.startedAt }
    : { id: position.id, createdAt: position.createdAt }
}

/**
 * Undefined where no event has a time. Takes the earliest: neither an event whose time lies in the future nor a clock of this machine
 * that is ahead must move it ahead.
 */
function resumeAt(sent: readonly Sent[], now: number): string | undefined {
  const [first, last] = [sent.find(isTimed), sent.findLast(isTimed)]
  if (!first || !last) return undefined
  return new Date(Math.min(timeOf(first), timeOf(last) - overlapMs, now - overlapMs)).toISOString()
}

/** A saved position. One that another program saved has only an event or a time: it is resumed there. */
export function savedPosition(saved: EventPosition): ResumePosition {
  const { begin, from, sent }: Readonly<Record<string, unknown>> = { ...saved }
  const place = 'startedAt' in saved ? { startedAt: saved.startedAt } : { id: saved.id, createdAt: saved.createdAt }
  if (!Array.isArray(sent)) return { ...place, begin: beginAt(place), sent: [] }
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
  (value['createdAt'] === null || typeof value['createdAt'] === 'string') &&
  (value['traits'] === undefined || (Array.isArray(value['traits']) && value['traits'].every(isTrait)))

const isTrait = (value: unknown): boolean => value === null || typeof value === 'string'
