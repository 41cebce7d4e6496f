import { type RefObject, useLayoutEffect, useRef } from 'react'
import type { TimelineRow } from './timeline-rows.ts'

/**
 * Keeps the rows that a reader sees where they are while new ones come above them. At the top the new ones appear.
 * @param rowPixels The height of every row.
 */
export function useSteadyScroll(
  scroller: RefObject<HTMLDivElement | null>,
  rows: readonly TimelineRow[],
  rowPixels: number,
): void {
  const before = useRef<readonly TimelineRow[]>(rows)
  useLayoutEffect(() => {
    const element = scroller.current
    const old = before.current
    before.current = rows
    if (!element || old === rows || element.scrollTop < rowPixels) return
    const top = Math.floor(element.scrollTop / rowPixels)
    const added = rowsAbove(old[top]?.key, rows, top)
    if (added !== 0) element.scrollTop += added * rowPixels
  }, [scroller, rows, rowPixels])
}

/** By how many rows the row with the key has moved down; 0 if it is gone. */
function rowsAbove(key: string | undefined, rows: readonly TimelineRow[], top: number): number {
  if (key === undefined) return 0
  const index = rows.findIndex((row) => row.key === key)
  return index === -1 ? 0 : index - top
}
