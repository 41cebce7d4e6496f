import { type FunctionComponent, memo, type ReactNode } from 'react'
import { clockTime, countText, dayText, rowTime } from '../page/time-text.ts'
import type { LoggedEvent } from './event-log.ts'
import { rankOf, type SeverityTone, toneOf } from './severity.ts'
import type { TimelineRow } from './timeline-rows.ts'
import { visibleText } from './visible-text.ts'

interface EventRowProps {
  readonly row: TimelineRow
  readonly index: number
  /** How many rows there are. */
  readonly count: number
  /** Where it begins, in pixels. */
  readonly start: number
  /** The text of the present day: times of other days have theirs. */
  readonly today: string
  readonly isActive: boolean
  readonly isSelected: boolean
  readonly onActive: (key: string) => void
  readonly onSelect: (entry: LoggedEvent) => void
  readonly onToggle: (operationID: string) => void
}

/** An event in one line. */
export const EventRow: FunctionComponent<EventRowProps> = memo(function EventRow(props: EventRowProps): ReactNode {
  const { row, index, count, start, today, isActive, isSelected, onActive, onSelect, onToggle } = props
  const { key, entry, group, isMember } = row
  const { event, atMs } = entry
  const severity = visibleText(event.severity ?? 'no severity', 24)
  const kind = [event.category, event.action].filter(Boolean).join(' ')
  const tabIndex = isActive ? 0 : -1
  return (
    <li
      className={`row tone-${toneOf(event.severity)}${isMember ? ' member' : ''}${isSelected ? ' selected' : ''}`}
      style={{ transform: `translateY(${start}px)` }}
      aria-setsize={count}
      aria-posinset={index + 1}
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
          {rowTime(atMs, today)}
        </time>
        <Lanes tone={toneOf(event.severity)} hidden={group?.hidden} />
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
          {group.worst !== undefined && (
            <span className={`worst tone-${toneOf(group.worst)}`}>{`worst: ${visibleText(group.worst, 24)}`}</span>
          )}
        </button>
      )}
    </li>
  )
})

interface LanesProps {
  /** The lane of the event. */
  readonly tone: SeverityTone
  /** The lanes of other events that the row represents. */
  readonly hidden: readonly SeverityTone[] | undefined
}

/** The mark of the event in its lane, and smaller ones of the other events of its operation, joined by a line. The words are beside it. */
function Lanes({ tone, hidden = [] }: LanesProps): ReactNode {
  const ranks = [tone, ...hidden].map(rankOf)
  return (
    <span className="lanes" aria-hidden="true">
      {hidden.length > 0 && (
        <i className="join" style={{ gridColumn: `${Math.min(...ranks) + 1} / ${Math.max(...ranks) + 2}` }} />
      )}
      {hidden.map((other) => (
        <i key={other} className={`mark small tone-${other}`} />
      ))}
      <i className={`mark tone-${tone}`} />
    </span>
  )
}
