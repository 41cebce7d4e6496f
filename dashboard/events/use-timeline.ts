import { useCallback, useMemo, useState } from 'react'
import type { EventFilter } from './event-filter.ts'
import type { EventLogView, LoggedEvent } from './event-log.ts'
import { countLanes, type LaneCounts } from './lane-filter.ts'
import { type TimelineRow, timelineRows } from './timeline-rows.ts'

/** The timeline as it is shown, and what changes it. */
export interface Timeline {
  readonly rows: readonly TimelineRow[]
  /** How many events each lane has under the other filters. */
  readonly counts: LaneCounts
  readonly isPaused: boolean
  /** How many events came since the pause began. */
  readonly heldBack: number
  readonly togglePause: () => void
  readonly toggleOperation: (operationID: string) => void
  /** The event whose details are shown. */
  readonly selected: LoggedEvent | undefined
  readonly select: (entry: LoggedEvent | undefined) => void
}

/** The timeline of a log: filtered, grouped, paused. A pause holds what is shown, and filters still apply to it. */
export function useTimeline(log: EventLogView, filter: EventFilter): Timeline {
  const [held, setHeld] = useState<EventLogView>()
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set<string>())
  const [selected, select] = useState<LoggedEvent>()
  // The pause of another log, which began elsewhere, is over.
  const shown = held?.log === log.log ? held : undefined
  const { events } = shown ?? log
  const rows = useMemo(() => timelineRows(events, filter, open), [events, filter, open])
  const counts = useMemo(() => countLanes(events, filter), [events, filter])
  const togglePause = useCallback(() => setHeld((known) => (known?.log === log.log ? undefined : log)), [log])
  const toggleOperation = useCallback(
    (operationID: string) =>
      setOpen((known) => (known.has(operationID) ? without(known, operationID) : new Set([...known, operationID]))),
    [],
  )
  const heldBack = shown ? log.received - shown.received : 0
  return { rows, counts, isPaused: shown !== undefined, heldBack, togglePause, toggleOperation, selected, select }
}

const without = (names: ReadonlySet<string>, name: string): ReadonlySet<string> =>
  new Set([...names].filter((one) => one !== name))
