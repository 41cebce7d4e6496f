import type { ReactNode } from 'react'
import { compactText, countText } from '../page/time-text.ts'
import { type LaneCounts, lanePressed, toggleLane } from './lane-filter.ts'
import { severityLanes } from './severity.ts'

interface ListHeadProps {
  /** The severities of the filter. Empty for all. */
  readonly chosen: readonly string[]
  readonly counts: LaneCounts
  readonly onChange: (chosen: readonly string[]) => void
}

/** The columns of the timeline. The head of a lane shows how many events it has, and shows or leaves out those alone. */
export function ListHead({ chosen, counts, onChange }: ListHeadProps): ReactNode {
  return (
    <div className="list-head">
      <span>Time</span>
      <fieldset className="lane-heads" aria-label="Severity lanes">
        {severityLanes.map((lane) => {
          const { tone, title } = lane
          const label = `${title}: ${countText(counts[tone], 'event')}`
          return (
            <button
              key={tone}
              type="button"
              className={`lane-head tone-${tone}`}
              aria-pressed={lanePressed(lane, chosen)}
              aria-label={label}
              title={label}
              onClick={() => onChange(toggleLane(lane, chosen))}
            >
              <i className="mark" />
              {compactText(counts[tone])}
            </button>
          )
        })}
      </fieldset>
      <span>Severity</span>
      <span>Category, action</span>
      <span>Description</span>
    </div>
  )
}
