import { callbackError } from '../base/callbacks.ts'
import { type EventCursor, loadPosition } from '../base/event-position.ts'
import type { EventsArguments, GapNotice, Meshery, MesheryEvent, SubscribeOptions } from '../surface.ts'
import {
  firstPoint,
  firstPosition,
  handledBefore,
  maxRemembered,
  nextPosition,
  type ResumePoint,
  type ResumePosition,
  resumePoint,
  savedPosition,
} from './resume-position.ts'

/** Which events, how they are followed, and the time. */
export interface ResumeOptions extends SubscribeOptions {
  /** Which events. `since` counts only where the cursor has no position yet. Default: every event from the first start on. */
  readonly filter?: EventsArguments | undefined
}

interface Start extends ResumePoint {
  readonly position: ResumePosition
}

async function startOf(cursor: EventCursor, { since, source }: EventsArguments): Promise<Start> {
  const saved = await loadPosition(cursor)
  const now = Date.now()
  if (saved) {
    const position = savedPosition(saved)
    // A source has an order of its own, in which nothing appears before the last event. It reports if the event is gone.
    if (source && 'id' in position) return { position, since: { id: position.id, createdAt: position.createdAt } }
    return { position, ...resumePoint(position, now) }
  }
  const position = firstPosition(since, now)
  const { begin } = position
  // A fixed beginning is the same at the next start.
  if (!begin || !('startedAt' in begin)) return { position, since }
  // Otherwise a program that ends before its first event would miss what comes before its next start.
  await cursor.save(position)
  return { position, ...firstPoint(position, since, Date.now()) }
}

function notify(onNotice: SubscribeOptions['onNotice'], gap: GapNotice): void {
  try {
    onNotice?.(gap)
  } catch (cause) {
    throw callbackError('The `onNotice` function', cause)
  }
}

/**
 * Follows events, and goes on where the program was when it last ended. The position is saved when the next event is asked for, so an
 * event whose handling threw, or that was left by `break`, comes again at the next start: at least once, none is missed. It
 * reads again from a minute before the last event, or earlier, and skips what was handled: a row that was stored late comes too. It
 * begins when it is iterated.
 * @param cursor Keeps the position: `fileCursor(path)`, or any `{ load, save }` that keeps the whole object.
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
  const { since, gap, ...start } = await startOf(cursor, filter)
  let { position } = start
  const isHandled = handledBefore(position)
  if (gap) notify(options.onNotice, gap)
  for await (const event of meshery.subscribeEvents({ ...filter, since }, options)) {
    if (isHandled(event)) continue
    yield event
    position = nextPosition(position, { id: event.id ?? 'push', event }, Date.now(), maxRemembered.bot)
    await cursor.save(position)
  }
}
