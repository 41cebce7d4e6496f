import { type EventFilter, filterTest } from './event-filter.ts'
import type { LoggedEvent } from './event-log.ts'
import { type SeverityLane, type SeverityTone, toneOf } from './severity.ts'

/** How many events are in each lane. */
export type LaneCounts = Readonly<Record<SeverityTone, number>>

/** Counts what the filter accepts, whatever its severities: a lane that is left out shows how much it has. */
export function countLanes(events: readonly LoggedEvent[], filter: EventFilter): LaneCounts {
  const accepts = filterTest({ ...filter, severities: [] })
  const counts = { critical: 0, error: 0, warning: 0, success: 0, neutral: 0 }
  for (const entry of events) if (accepts(entry)) counts[toneOf(entry.event.severity)]++
  return counts
}

/** How much of a lane the filter asks for, as `aria-pressed` names it. */
export function lanePressed({ severities }: SeverityLane, chosen: readonly string[]): boolean | 'mixed' {
  const count = severities.filter((one) => chosen.includes(one)).length
  return count === severities.length || (count > 0 && 'mixed')
}

/** The severities of the filter with the whole lane added, or without it if it was there as a whole. */
export function toggleLane(lane: SeverityLane, chosen: readonly string[]): readonly string[] {
  const others = chosen.filter((one) => !lane.severities.includes(one))
  return lanePressed(lane, chosen) === true ? others : [...others, ...lane.severities]
}
