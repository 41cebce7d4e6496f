import { type ReactNode, type Ref, useRef } from 'react'
import { Panel, PanelSentence } from '../page/panel.tsx'
import { countText, numberText } from '../page/time-text.ts'
import { type Shortcuts, useShortcuts } from '../page/use-shortcuts.ts'
import { EventDetails } from './event-details.tsx'
import { type EventFilter, isFiltering, sinceLabels } from './event-filter.ts'
import { EventList, type EventListHandle } from './event-list.tsx'
import { FilterBar } from './filter-bar.tsx'
import { HelpLine, useShortcutChoice } from './help-line.tsx'
import { toggleLane } from './lane-filter.ts'
import { ListHead } from './list-head.tsx'
import { RateChart } from './rate-chart.tsx'
import { severityLanes } from './severity.ts'
import type { FollowedEvents } from './use-event-log.ts'
import { useIsReading } from './use-is-reading.ts'
import type { Timeline } from './use-timeline.ts'

interface TimelinePanelProps {
  readonly events: FollowedEvents
  readonly timeline: Timeline
  readonly filter: EventFilter
  readonly onFilter: (change: Partial<EventFilter>) => void
  /** The address of Meshery's own interface. */
  readonly ui: string
}

/** The events: how many a minute, the filters, the list. */
export function TimelinePanel({ events, timeline, filter, onFilter, ui }: TimelinePanelProps): ReactNode {
  const { log, error } = events
  const list = useRef<EventListHandle>(null)
  const search = useRef<HTMLInputElement>(null)
  const shortcuts = useShortcutChoice()
  const move = (by: number) => (): boolean => {
    list.current?.move(by)
    return true
  }
  useShortcuts(
    {
      j: move(1),
      k: move(-1),
      // Elsewhere the arrows scroll the page.
      ArrowDown: () => list.current?.hasFocus() === true && move(1)(),
      ArrowUp: () => list.current?.hasFocus() === true && move(-1)(),
      '/': () => {
        search.current?.focus()
        return true
      },
      p: () => {
        timeline.togglePause()
        return true
      },
      g: () => {
        onFilter({ isGrouped: !filter.isGrouped })
        return true
      },
      ...laneShortcuts(filter, onFilter),
      Escape: () => leave(timeline, list.current),
    },
    shortcuts.isEnabled,
  )
  if (error?.code === 'UNSUPPORTED')
    return <Panel title="Events" what="events" followed={events} className="timeline" isEmpty />
  return (
    <Panel
      title="Events"
      what="events"
      followed={events}
      className="timeline"
      aside={<Controls {...{ events, timeline, filter, onFilter }} />}
    >
      <RateChart minutes={log.minutes} />
      <FilterBar
        filter={filter}
        onChange={onFilter}
        categories={log.categories}
        actions={log.actions}
        searchRef={search}
      />
      <Rows {...{ events, timeline, filter, onFilter }} ref={list} />
      <HelpLine choice={shortcuts} />
      {timeline.selected && (
        <EventDetails
          key={timeline.selected.key}
          entry={timeline.selected}
          ui={ui}
          onClose={() => leave(timeline, list.current)}
        />
      )}
    </Panel>
  )
}

/** A digit for each lane, from the worst on. */
const laneShortcuts = ({ severities }: EventFilter, onFilter: TimelinePanelProps['onFilter']): Shortcuts =>
  Object.fromEntries(
    severityLanes.map((lane, index) => [
      `${index + 1}`,
      () => {
        onFilter({ severities: toggleLane(lane, severities) })
        return true
      },
    ]),
  )

/** Closes the details and returns to the list, or leaves the field that is being edited. */
function leave(timeline: Timeline, list: EventListHandle | null): boolean {
  if (timeline.selected) timeline.select(undefined)
  list?.move(0)
  return true
}

/** How much is shown, pause and grouping. */
function Controls({ events, timeline, filter, onFilter }: Omit<TimelinePanelProps, 'ui'>): ReactNode {
  const { received, events: kept } = events.log
  const { rows, isPaused, heldBack, togglePause } = timeline
  const isReading = useIsReading(events.log)
  const beyond = received > kept.length ? ` of ${numberText(received)}` : ''
  const latest = `the latest ${numberText(kept.length)}${beyond}, in ${countText(rows.length, 'row')}`
  return (
    <div className="controls">
      {kept.length > 0 && (
        <span className="quiet">{isReading ? `reading: ${numberText(received)} so far` : latest}</span>
      )}
      <label>
        <input
          type="checkbox"
          checked={filter.isGrouped}
          onChange={({ target }) => onFilter({ isGrouped: target.checked })}
        />
        By operation
      </label>
      <button type="button" aria-pressed={isPaused} className={isPaused ? 'pressed' : ''} onClick={togglePause}>
        {isPaused ? `Paused, ${numberText(heldBack)} new` : 'Pause'}
      </button>
    </div>
  )
}

interface RowsProps extends Omit<TimelinePanelProps, 'ui'> {
  readonly ref: Ref<EventListHandle>
}

/** The list, or why it is empty. */
function Rows({ events, timeline, filter, onFilter, ref }: RowsProps): ReactNode {
  const { log, error } = events
  const { rows, counts } = timeline
  if (rows.length > 0 || (log.events.length > 0 && isFiltering(filter)))
    return (
      <div className="list">
        <ListHead chosen={filter.severities} counts={counts} onChange={(severities) => onFilter({ severities })} />
        {rows.length > 0 ? (
          <EventList timeline={timeline} ref={ref} />
        ) : (
          <p className="note">No event matches the filters.</p>
        )}
      </div>
    )
  return error ? null : <PanelSentence what={`events of the last ${sinceLabels[filter.since]}`} followed={events} />
}
