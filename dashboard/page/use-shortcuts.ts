import { useEffect, useRef } from 'react'

/** What each key does, by `KeyboardEvent.key`. A result of false leaves the key to the browser. */
export type Shortcuts = Readonly<Partial<Record<string, () => boolean>>>

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.matches('input:not([type=checkbox]), select, textarea') || target.isContentEditable)

/**
 * Calls what a key of the page does. A field that takes text keeps its keys, except Escape.
 * @param isEnabled Whether single letters count. Escape always does.
 */
export function useShortcuts(shortcuts: Shortcuts, isEnabled: boolean): void {
  const latest = useRef({ shortcuts, isEnabled })
  useEffect(() => {
    latest.current = { shortcuts, isEnabled }
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const { shortcuts, isEnabled } = latest.current
      if (event.key !== 'Escape' && (!isEnabled || isTyping(event.target))) return
      if (shortcuts[event.key]?.()) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
