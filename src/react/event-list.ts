import { spanMs } from '../base/time-span.ts'
import { type EventsArguments, type Meshery, MesheryError, type MesheryEvent } from '../surface.ts'
import type { FollowSource, Position } from './follow-source.ts'

/** An event with a key for React: its id, or one of its own where the id is null. */
export interface ListedEvent extends MesheryEvent {
  readonly key: string
}

/** What the list of one hook is made of. */
export interface EventListOptions {
  readonly filter: EventsArguments
  readonly limit: number
  /** A key that no other event has. */
  readonly nextKey: () => string
}

const empty: readonly ListedEvent[] = []

/**
 * The list with more events at its end, without those that it has, and without the oldest beyond `limit`. Only ids count: what
 * has none is always added.
 */
export function addEvents(
  list: readonly ListedEvent[],
  events: readonly MesheryEvent[],
  { limit, nextKey }: Pick<EventListOptions, 'limit' | 'nextKey'>,
): readonly ListedEvent[] {
  const listed = new Set(list.map(({ id }) => id))
  const added: ListedEvent[] = []
  for (const event of events) {
    if (event.id !== null && listed.has(event.id)) continue
    listed.add(event.id)
    added.push({ ...event, key: event.id ?? nextKey() })
  }
  return added.length === 0 ? list : [...list, ...added].slice(-limit)
}

/**
 * Where a list begins: at first where the page said, after a retry right after the last event. Before the first event it is the
 * original starting point, by the server's clock.
 */
export function beginningOf(
  since: EventsArguments['since'],
  { last, elapsedMs }: Position<MesheryEvent>,
): EventsArguments['since'] {
  if (elapsedMs === undefined) return since
  if (last && last.id !== null) return { id: last.id, createdAt: last.createdAt }
  if (since === undefined) return `${elapsedMs}ms`
  const span = typeof since === 'string' ? spanMs(since) : undefined
  return span === undefined ? since : `${span + elapsedMs}ms`
}

/** The events as `useEvents` follows them. */
export function eventList(options: EventListOptions): FollowSource<MesheryEvent, readonly ListedEvent[]> {
  const { filter, limit } = options
  return {
    empty,
    loadedBy: 'ready',
    limit,
    open(meshery: Meshery, position, onNotice) {
      if (!(limit >= 1))
        throw new MesheryError('INVALID_OPTION', `\`limit\` is ${limit}, and must be at least 1`, { phase: 'options' })
      return meshery.subscribeEvents({ ...filter, since: beginningOf(filter.since, position) }, { onNotice })
    },
    add: (list, events) => addEvents(list, events, options),
  }
}
