import { type EventCursor, type EventPosition, loadPosition } from '../base/event-position.ts'
import { spanMs } from '../base/time-span.ts'
import type { EventsArguments, Meshery, MesheryEvent, SubscribeOptions } from '../surface.ts'

/** Which events, how they are followed, and the time. */
export interface ResumeOptions extends SubscribeOptions {
  /** Which events. `since` counts only where the cursor has no position yet. Default: every event from the first start on. */
  readonly filter?: EventsArguments | undefined
}

/** A moment of this machine's clock as a span before now, which the server takes by its own clock. */
const spanSince = (startedAt: string): string => `${Math.max(0, Date.now() - Date.parse(startedAt))}ms`

const sinceOf = (position: EventPosition): EventsArguments['since'] =>
  'startedAt' in position ? spanSince(position.startedAt) : position

/** The position of a first start; undefined where `since` is fixed, so that the next start finds the same. */
function firstPosition(since: EventsArguments['since']): EventPosition | undefined {
  const span = typeof since === 'string' ? spanMs(since) : undefined
  if (since !== undefined && span === undefined) return undefined
  return { startedAt: new Date(Date.now() - (span ?? 0)).toISOString() }
}

async function beginning(cursor: EventCursor, since: EventsArguments['since']): Promise<EventsArguments['since']> {
  const saved = await loadPosition(cursor)
  if (saved) return sinceOf(saved)
  const first = firstPosition(since)
  if (!first) return since
  // Otherwise a program that ends before its first event would miss what comes before its next start.
  await cursor.save(first)
  return sinceOf(first)
}

/**
 * Follows events, and goes on where the program was when it last ended. The position is saved when the next event is asked for, so an
 * event whose handling threw, or that was left by `break`, comes again at the next start: at least once, none is missed. It
 * begins when it is iterated.
 * @param cursor Keeps the position: `fileCursor(path)`, or any `{ load, save }`.
 * @throws MesheryError as `subscribeEvents`, by the iterator; and what `load` and `save` throw.
 * @example
 * ```ts
 * for await (const event of resumeEvents(meshery, fileCursor('bot.json'))) console.log(event.description)
 * ```
 */
export async function* resumeEvents(
  meshery: Meshery,
  cursor: EventCursor,
  { filter = {}, ...options }: ResumeOptions = {},
): AsyncGenerator<MesheryEvent, void, undefined> {
  const since = await beginning(cursor, filter.since)
  for await (const event of meshery.subscribeEvents({ ...filter, since }, options)) {
    yield event
    // One without an id cannot be resumed after. The position before it gives it again, or its row.
    if (event.id !== null) await cursor.save({ id: event.id, createdAt: event.createdAt })
  }
}
