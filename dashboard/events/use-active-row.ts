import { type RefObject, useEffect, useMemo, useRef, useState } from 'react'
import type { TimelineRow } from './timeline-rows.ts'

/** Which row the keyboard is on. */
export interface ActiveRow {
  /** The index of the row; 0 until a row was chosen, or when it is gone. */
  readonly index: number
  /** Makes a row the active one, as when it receives the focus. */
  readonly choose: (key: string) => void
  /**
   * Goes on by some rows and focuses the row.
   * @param scrollTo Brings the row of an index into view.
   */
  readonly move: (by: number, scrollTo: (index: number) => void) => void
}

/** The row whose button takes the focus. It stays the same row while others come before it. */
export function useActiveRow(rows: readonly TimelineRow[], scroller: RefObject<HTMLDivElement | null>): ActiveRow {
  const [key, setKey] = useState<string>()
  const wantsFocus = useRef(false)
  const indexes = useMemo(() => new Map(rows.map((row, index) => [row.key, index])), [rows])
  const found = key === undefined ? undefined : indexes.get(key)
  // The row is in the document once it was rendered as the active one.
  useEffect(() => {
    if (!wantsFocus.current) return
    wantsFocus.current = false
    focusRow(scroller.current, key)
  }, [key, scroller])
  const move: ActiveRow['move'] = (by, scrollTo) => {
    const isBegun = found !== undefined && scroller.current?.contains(document.activeElement)
    const next = Math.min(Math.max((found ?? 0) + (isBegun ? by : 0), 0), rows.length - 1)
    const row = rows[next]
    if (!row) return
    scrollTo(next)
    wantsFocus.current = row.key !== key
    if (row.key === key) focusRow(scroller.current, key)
    else setKey(row.key)
  }
  return { index: found ?? 0, choose: setKey, move }
}

function focusRow(scroller: HTMLElement | null, key: string | undefined): void {
  const buttons = [...(scroller?.querySelectorAll<HTMLElement>('[data-key]') ?? [])]
  buttons.find(({ dataset }) => dataset['key'] === key)?.focus({ preventScroll: true })
}
