import type { Virtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { TimelineRow } from './timeline-rows.ts'

/** Which row the keyboard is on. */
export interface ActiveRow {
  /** The index of the row; 0 until a row was chosen, or when it is gone. */
  readonly index: number
  /** Makes a row the active one, as when it receives the focus. */
  readonly choose: (key: string) => void
  /** Goes on by some rows and focuses the row. */
  readonly move: (by: number) => void
}

/** The row whose button takes the focus. It stays the same row while others come before it. */
export function useActiveRow(
  rows: readonly TimelineRow[],
  list: Virtualizer<HTMLDivElement, HTMLLIElement>,
): ActiveRow {
  const [key, setKey] = useState<string>()
  const wantsFocus = useRef(false)
  const indexes = useMemo(() => new Map(rows.map((row, index) => [row.key, index])), [rows])
  const found = key === undefined ? undefined : indexes.get(key)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row is in the document once it was rendered as the active one.
  useEffect(() => {
    if (!wantsFocus.current) return
    wantsFocus.current = false
    focusRow(list.scrollElement, key)
  }, [key])
  const move = (by: number): void => {
    const isBegun = found !== undefined && list.scrollElement?.contains(document.activeElement)
    const next = Math.min(Math.max((found ?? 0) + (isBegun ? by : 0), 0), rows.length - 1)
    const row = rows[next]
    if (!row) return
    list.scrollToIndex(next, { align: 'auto' })
    wantsFocus.current = row.key !== key
    if (row.key === key) focusRow(list.scrollElement, key)
    else setKey(row.key)
  }
  return { index: found ?? 0, choose: setKey, move }
}

function focusRow(list: HTMLElement | null, key: string | undefined): void {
  const buttons = [...(list?.querySelectorAll<HTMLElement>('[data-key]') ?? [])]
  buttons.find(({ dataset }) => dataset['key'] === key)?.focus({ preventScroll: true })
}
