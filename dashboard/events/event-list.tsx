import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, type Ref, useCallback, useImperativeHandle, useRef } from 'react'
import { dayText } from '../page/time-text.ts'
import { useMedia } from '../page/use-media.ts'
import { EventRow } from './event-row.tsx'
import { useActiveRow } from './use-active-row.ts'
import { useSteadyScroll } from './use-steady-scroll.ts'
import type { Timeline } from './use-timeline.ts'

/** What the keyboard of the page does with the list. */
export interface EventListHandle {
  /** Goes on by some rows. */
  readonly move: (by: number) => void
  /** Whether a row has the focus. */
  readonly hasFocus: () => boolean
}

/** Heights of a row in pixels: as in `timeline.css`. */
const rowPixels = { wide: 32, narrow: 56 } as const

interface EventListProps {
  readonly timeline: Timeline
  readonly ref: Ref<EventListHandle>
}

/** The rows of the timeline. Only those near the visible part are in the document. */
export function EventList({ timeline, ref }: EventListProps): ReactNode {
  const { rows, selected } = timeline
  const scroller = useRef<HTMLDivElement>(null)
  const size = useMedia('(max-width: 720px)') ? rowPixels.narrow : rowPixels.wide
  const active = useActiveRow(rows, scroller)
  // The row with the focus stays in the document: otherwise the focus would be lost.
  const rangeExtractor = useCallback(
    (range: Range) => {
      const indexes = defaultRangeExtractor(range)
      if (active.index >= range.count || indexes.includes(active.index)) return indexes
      return [...indexes, active.index].sort((a, b) => a - b)
    },
    [active.index],
  )
  const list = useVirtualizer<HTMLDivElement, HTMLLIElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: useCallback(() => size, [size]),
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    overscan: 12,
    rangeExtractor,
  })
  useSteadyScroll(scroller, rows, size)
  const today = dayText(Date.now())
  const oldest = rows.at(-1)?.entry.atMs ?? Date.now()
  useImperativeHandle(ref, () => ({
    move: (by) => active.move(by, (index) => list.scrollToIndex(index, { align: 'auto' })),
    hasFocus: () => scroller.current?.contains(document.activeElement) === true,
  }))
  return (
    <div className={dayText(oldest) === today ? 'scroller' : 'scroller with-days'} ref={scroller}>
      <ul className="rows" aria-label="Events, the newest first" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index]
          return row ? (
            <EventRow
              key={key}
              row={row}
              index={index}
              count={rows.length}
              start={start}
              today={today}
              isActive={index === active.index}
              isSelected={selected?.key === row.key}
              onActive={active.choose}
              onSelect={timeline.select}
              onToggle={timeline.toggleOperation}
            />
          ) : null
        })}
      </ul>
    </div>
  )
}
