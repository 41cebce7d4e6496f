import { useEffect, useMemo, useReducer, useRef } from 'react'
import type { EventsArguments, MesheryEvent, Notice } from '../surface.ts'
import { eventList, type ListedEvent } from './event-list.ts'
import { useProvided } from './provider.ts'
import { idleViews, useShared } from './use-shared.ts'
import { useStructure } from './use-structure.ts'
import type { FollowView } from './view.ts'

/** Which events, from when, and how many of them are kept. */
export interface UseEventsOptions extends EventsArguments {
  /** How many of the latest events the list keeps, from 1. Default 500. */
  readonly limit?: number | undefined
  /** Follows nothing while true. Default false. */
  readonly skip?: boolean | undefined
  /** Called at once for each event that comes while the component is mounted; also for those that the list has no room for. */
  readonly onEvent?: ((event: MesheryEvent) => void) | undefined
  /** Called at once for each notice: gaps, overflows and others, by `kind`. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
}

/** The events and what the subscription is doing. */
export interface EventsView extends FollowView {
  /** In the order of Meshery's store, the newest last. `key` is stable, also where `id` is null. */
  readonly events: readonly ListedEvent[]
  /** Starts again what has failed or waits for its next try, right after the last event. Does nothing while it works. */
  readonly retry: () => void
  /** Empties the list of this hook. What comes later appears. */
  readonly clear: () => void
}

const idle = /* @__PURE__ */ idleViews<readonly ListedEvent[]>([])

/** What came after the event with this key; everything if the list does not have it any more. */
const after = (events: readonly ListedEvent[], key: string | undefined): readonly ListedEvent[] => {
  if (key === undefined) return events
  const rest = events.slice(events.findIndex((event) => event.key === key) + 1)
  return rest.length === events.length ? events : rest
}

/**
 * Follows events: each once, through connection losses. Hooks with the same arguments share a subscription, and inline objects do
 * not start another one. A `where` function is that of the latest render, for the events that come from then on, and its hook shares its
 * subscription with no other.
 * @example
 * ```tsx
 * const { events, status } = useEvents({ severity: 'error', since: '1h' })
 * ```
 */
export function useEvents(options: UseEventsOptions = {}): EventsView {
  const provided = useProvided()
  const { skip = false, limit = 500, onEvent: _, onNotice: __, where, ...filter } = options
  const latest = useRef(options)
  useEffect(() => {
    latest.current = options
  })
  const own = useMemo(() => provided.nextKey(), [provided])
  const structure = useStructure({ filter, limit, hasWhere: where !== undefined })
  const source = useMemo(() => {
    const { filter, limit, hasWhere } = structure.value
    const accepts = (event: MesheryEvent): boolean => latest.current.where?.(event) ?? true
    return eventList({ filter: hasWhere ? { ...filter, where: accepts } : filter, limit, nextKey: provided.nextKey })
  }, [structure, provided])
  const key = where ? `${structure.key} ${own}` : structure.key
  const listener = useMemo(
    () => ({
      received: (event: MesheryEvent) => latest.current.onEvent?.(event),
      notified: (notice: Notice) => latest.current.onNotice?.(notice),
    }),
    [],
  )
  const { view, retry } = useShared({ subscriptions: provided.events, key, skip, source, listener }, idle)
  const { content, ...rest } = view
  // Unlike a callback, a dispatch is the same function at each render.
  const [clearedKey, clear] = useReducer(() => content.at(-1)?.key, undefined)
  const events = useMemo(() => after(content, clearedKey), [content, clearedKey])
  return { events, ...rest, retry, clear }
}
