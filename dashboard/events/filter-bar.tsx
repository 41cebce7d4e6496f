import type { ReactNode, Ref } from 'react'
import { severities } from '../../src/browser.ts'
import { type EventFilter, sinceChoices, sinceLabels } from './event-filter.ts'
import { otherSeverity, toneOf } from './severity.ts'
import { visibleText } from './visible-text.ts'

interface FilterBarProps {
  readonly filter: EventFilter
  readonly onChange: (change: Partial<EventFilter>) => void
  readonly categories: readonly string[]
  readonly actions: readonly string[]
  /** The field of the text. */
  readonly searchRef: Ref<HTMLInputElement>
}

/** The filters of the timeline. */
export function FilterBar({ filter, onChange, categories, actions, searchRef }: FilterBarProps): ReactNode {
  return (
    <search className="filters">
      <label className="field grow">
        <span>Text</span>
        <input
          ref={searchRef}
          type="search"
          value={filter.text}
          placeholder="/ to search"
          spellCheck={false}
          onChange={({ target }) => onChange({ text: target.value })}
        />
      </label>
      <Choice
        label="Category"
        value={filter.category}
        names={categories}
        onChange={(category) => onChange({ category })}
      />
      <Choice label="Action" value={filter.action} names={actions} onChange={(action) => onChange({ action })} />
      <label className="field">
        <span>Last</span>
        <select
          value={filter.since}
          onChange={({ target }) => {
            const since = sinceChoices.find((choice) => choice === target.value)
            if (since) onChange({ since })
          }}
        >
          {sinceChoices.map((choice) => (
            <option key={choice} value={choice}>
              {sinceLabels[choice]}
            </option>
          ))}
        </select>
      </label>
      <SeverityChoice chosen={filter.severities} onChange={(chosen) => onChange({ severities: chosen })} />
    </search>
  )
}

interface ChoiceProps {
  readonly label: string
  /** Empty for all. */
  readonly value: string
  readonly names: readonly string[]
  readonly onChange: (value: string) => void
}

function Choice({ label, value, names, onChange }: ChoiceProps): ReactNode {
  // One that is in the address and has not come yet is offered as well.
  const offered = value === '' || names.includes(value) ? names : [value, ...names]
  return (
    <label className="field">
      <span>{label}</span>
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">all</option>
        {offered.map((name) => (
          <option key={name} value={name}>
            {visibleText(name, 60)}
          </option>
        ))}
      </select>
    </label>
  )
}

interface SeverityChoiceProps {
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

function SeverityChoice({ chosen, onChange }: SeverityChoiceProps): ReactNode {
  // Those of the address, too: what is chosen can be given up.
  const offered = new Set([...severities, otherSeverity, ...chosen])
  const toggle = (severity: string): void =>
    onChange(chosen.includes(severity) ? chosen.filter((one) => one !== severity) : [...chosen, severity])
  return (
    <fieldset className="severities">
      <legend>Severity</legend>
      {[...offered].map((severity) => (
        <label key={severity} className={`chip tone-${toneOf(severity)}`}>
          <input type="checkbox" checked={chosen.includes(severity)} onChange={() => toggle(severity)} />
          {visibleText(severity, 24)}
        </label>
      ))}
    </fieldset>
  )
}
