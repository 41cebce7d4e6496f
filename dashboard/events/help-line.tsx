import { type ReactNode, useCallback, useState } from 'react'

/** Whether single keys act on the page. */
export interface ShortcutChoice {
  readonly isEnabled: boolean
  readonly toggle: () => void
}

const storageKey = 'meshery-live:shortcuts'

function readChoice(): boolean {
  try {
    return localStorage.getItem(storageKey) !== 'off'
  } catch {
    // The browser keeps nothing for this page.
    return true
  }
}

function keepChoice(isEnabled: boolean): void {
  try {
    localStorage.setItem(storageKey, isEnabled ? 'on' : 'off')
  } catch {
    // The browser keeps nothing for this page: the choice holds until it is closed.
  }
}

/** The choice of the user, kept for later visits. */
export function useShortcutChoice(): ShortcutChoice {
  const [isEnabled, setIsEnabled] = useState(readChoice)
  const toggle = useCallback(() => {
    keepChoice(!isEnabled)
    setIsEnabled(!isEnabled)
  }, [isEnabled])
  return { isEnabled, toggle }
}

const keys: readonly (readonly [string, string])[] = [
  ['j', 'next'],
  ['k', 'previous'],
  ['Enter', 'details'],
  ['Esc', 'close'],
  ['/', 'search'],
  ['1 – 5', 'severity'],
  ['p', 'pause'],
  ['g', 'group'],
]

/** The keys of the page, and what turns them off: people who dictate need that. */
export function HelpLine({ choice }: { readonly choice: ShortcutChoice }): ReactNode {
  return (
    <footer className="help">
      <label>
        <input type="checkbox" checked={choice.isEnabled} onChange={choice.toggle} />
        Keys
      </label>
      {keys.map(([key, action]) => (
        <span key={key}>
          <kbd>{key}</kbd> {action}
        </span>
      ))}
    </footer>
  )
}
