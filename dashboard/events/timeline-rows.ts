import { severities } from '../../src/browser.ts'
import { type EventFilter, filterTest } from './event-filter.ts'
import type { LoggedEvent } from './event-log.ts'
import { rankOf, type SeverityTone, toneOf } from './severity.ts'

/** An operation of several events. */
export interface OperationGroup {
  readonly operationID: string
  readonly size: number
  readonly isOpen: boolean
  /** The lanes of the events that are not shown, but for that of the row, from the worst on. */
  readonly hidden: readonly SeverityTone[]
  /** The worst severity that is not shown, if it is worse than that of the row. */
  readonly worst: string | undefined
}

/** A row of the timeline. */
export interface TimelineRow {
  readonly key: string
  readonly entry: LoggedEvent
  /** The operation of this row, if it has more events. */
  readonly group: OperationGroup | undefined
  /** Whether it is a further event of an operation that is open. */
  readonly isMember: boolean
}

/**
 * The rows of the events that the filter accepts, the newest first. If it groups, the newest event of an operation represents the
 * others; those of an open operation follow it.
 * @param open The ids of the operations that are open.
 */
export function timelineRows(
  events: readonly LoggedEvent[],
  filter: EventFilter,
  open: ReadonlySet<string>,
): readonly TimelineRow[] {
  const accepts = filterTest(filter)
  const shown = events.filter(accepts).reverse()
  if (!filter.isGrouped) return shown.map((entry) => ({ key: entry.key, entry, group: undefined, isMember: false }))
  return [...operationsOf(shown)].flatMap(([operationID, entries]) => rowsOf(operationID, entries, open))
}

/** The events by their operation, in the order of the newest of each. What has no operation is alone. */
function operationsOf(shown: readonly LoggedEvent[]): Map<string, LoggedEvent[]> {
  const operations = new Map<string, LoggedEvent[]>()
  for (const entry of shown) {
    const name = entry.event.operationID ?? `none ${entry.key}`
    const entries = operations.get(name)
    if (entries) entries.push(entry)
    else operations.set(name, [entry])
  }
  return operations
}

function rowsOf(operationID: string, entries: readonly LoggedEvent[], open: ReadonlySet<string>): TimelineRow[] {
  const [first, ...others] = entries
  if (!first) return []
  const isOpen = open.has(operationID)
  const group =
    others.length > 0
      ? { operationID, size: entries.length, isOpen, ...hiddenIn(first, isOpen ? [] : others) }
      : undefined
  const head = { key: first.key, entry: first, group, isMember: false }
  if (!isOpen) return [head]
  return [head, ...others.map((entry) => ({ key: entry.key, entry, group: undefined, isMember: true }))]
}

const worstFirst: readonly (string | null)[] = severities

/** The place among the severities, the worst first; the end for one that Meshery is not known to send. */
const placeOf = (severity: string | null): number => {
  const place = worstFirst.indexOf(severity)
  return place < 0 ? severities.length : place
}

/** What a row does not show of the other events of its operation. */
function hiddenIn(first: LoggedEvent, others: readonly LoggedEvent[]): Pick<OperationGroup, 'hidden' | 'worst'> {
  const own = toneOf(first.event.severity)
  const tones = new Set(others.map(({ event }) => toneOf(event.severity)))
  const hidden = [...tones].filter((tone) => tone !== own).sort((a, b) => rankOf(a) - rankOf(b))
  const present = new Set(others.map(({ event }) => event.severity))
  const worse = severities.slice(0, placeOf(first.event.severity))
  return { hidden, worst: worse.find((severity) => present.has(severity)) }
}
