import { type FunctionComponent, memo, type ReactNode } from 'react'
import { clockTime, countText, dayText } from '../page/time-text.ts'
import type { LoggedEvent } from './event-log.ts'
import { toneOf } from './severity.ts'
import type { TimelineRow } from './timeline-rows.ts'
import { visibleText } from './visible-text.ts'

interface EventRowProps {
  readonly row: TimelineRow
  /** Where it is in the list; `start` in pixels. */
  readonly place: { readonly index: number; readonly count: number; readonly start: number }
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly onActive: (key: string) => void
  readonly onSelect: (entry: LoggedEvent) => void
  readonly onToggle: (operationID: string) => void
}

/** An event in one line. */
export const EventRow: FunctionComponent<EventRowProps> = memo(function EventRow(props: EventRowProps): ReactNode {
  const { row, place, isActive, isSelected, onActive, onSelect, onToggle } = props
  const { key, entry, group, isMember } = row
  const { event, atMs } = entry
  const severity = visibleText(event.severity ?? 'no severity', 24)
  const kind = [event.category, event.action].filter(Boolean).join(' ')
  const tabIndex = isActive ? 0 : -1
  return (
    <li
      className={`row tone-${toneOf(event.severity)}${isMember ? ' member' : ''}${isSelected ? ' selected' : ''}`}
      style={{ transform: `translateY(${place.start}px)` }}
      aria-setsize={place.count}
      aria-posinset={place.index + 1}
    >
      <button
        type="button"
        className="row-open"
        data-key={key}
        tabIndex={tabIndex}
        onFocus={() => onActive(key)}
        onClick={() => onSelect(entry)}
      >
        <time dateTime={new Date(atMs).toISOString()} title={`${dayText(atMs)}, ${clockTime(atMs)}`}>
          {clockTime(atMs)}
        </time>
        <span className="severity">{severity}</span>
        <span className="kind">{visibleText(kind, 60)}</span>
        <bdi className="description">{visibleText(event.description ?? 'no description', 300)}</bdi>
      </button>
      {group && (
        <button
          type="button"
          className="row-group"
          tabIndex={tabIndex}
          aria-expanded={group.isOpen}
          onClick={() => onToggle(group.operationID)}
        >
          {countText(group.size, 'event')}
        </button>
      )}
    </li>
  )
})
