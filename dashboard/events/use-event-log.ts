import { useState, useSyncExternalStore } from 'react'
import type { Notice } from '../../src/browser.ts'
import { type EventsView, useEvents } from '../../src/react/browser.ts'
import type { Since } from './event-filter.ts'
import { EventLog, type EventLogView } from './event-log.ts'
import { addNotice, type NoticeSummary, noNotices } from './notice-summary.ts'

/** The events that the page keeps, and what their subscription is doing. */
export interface FollowedEvents extends Pick<EventsView, 'status' | 'error' | 'isLoading' | 'isStale' | 'retry'> {
  readonly log: EventLogView
  readonly notices: NoticeSummary
}

/** Follows the events from `since` on, and keeps the latest of them. */
export function useEventLog(since: Since): FollowedEvents {
  const [kept, setKept] = useState(() => ({ since, log: new EventLog() }))
  // Another beginning is another log. React renders again at once.
  if (kept.since !== since) setKept({ since, log: new EventLog() })
  const { log } = kept
  const [notices, setNotices] = useState(noNotices)
  const onNotice = (notice: Notice): void => setNotices((known) => addNotice(known, notice))
  // The log has the limits: the list of the hook keeps one event.
  const { status, error, isLoading, isStale, retry } = useEvents({ since, limit: 1, onEvent: log.add, onNotice })
  const view = useSyncExternalStore(log.listen, log.view)
  return { log: view, notices, status, error, isLoading, isStale, retry }
}
