import type { Paint } from './output.ts'
import { cut, type Look, oneLine, widthOf } from './text.ts'

/** A text, and how it looks where it can. */
export type Cell = string | readonly [text: string, look: Look | undefined]

/** A line of a table. */
export interface Row {
  /** Identifies the row in later tables. */
  readonly key: string
  readonly cells: readonly Cell[]
  /** Compared to find out whether the row changed. Default: the text of its cells. */
  readonly content?: string
}

/** What a table shows. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** What else there is to report, below it. */
  readonly foot?: string | undefined
}

/** The columns of a terminal between two columns of a table. */
const between = 2
/** A column of which less than this can be shown is left out, with a mark in the line of titles. */
const leastShown = 4

const textOf = (cell: Cell): string => oneLine(typeof cell === 'string' ? cell : cell[0])
const lookOf = (cell: Cell): Look | undefined => (typeof cell === 'string' ? undefined : cell[1])

/** The text of a row: it changed if this did. */
export const rowText = ({ cells, content }: Row): string => content ?? cells.map(textOf).join('\t')

/** How wide each column must be, at least as wide as before. */
export const widthsOf = ({ columns, rows }: Table, before: readonly number[] = []): readonly number[] =>
  columns.map((title, at) =>
    rows.reduce(
      (most, { cells }) => Math.max(most, widthOf(textOf(cells[at] ?? ''))),
      Math.max(widthOf(title), before[at] ?? 0),
    ),
  )

/**
 * The widths for a terminal with `room` columns: if that is too little, no column takes more than half of it, unless its
 * title does. So one long text leaves room for the columns to its right.
 */
export function fitted(widths: readonly number[], titles: readonly string[], room: number): readonly number[] {
  let excess = widths.reduce((sum, width) => sum + width + between, -between) - room
  return widths.map((width, at) => {
    const least = Math.max(widthOf(titles[at] ?? ''), Math.floor(room / 2))
    const kept = width <= least ? width : Math.max(least, width - Math.max(0, excess))
    excess -= width - kept
    return kept
  })
}

/** How lines are drawn. */
export interface Drawing {
  readonly widths: readonly number[]
  /** What a line may take of the terminal's columns. */
  readonly room: number
  readonly paint: Paint
  /** How many columns are shown, from the left. */
  readonly shown: number
  /** What the line of titles ends with when there are more: how many. */
  readonly mark: string
}

/** As many columns as have room beside the mark, which counts the others. */
export function drawingOf(widths: readonly number[], room: number, paint: Paint): Drawing {
  const needed = (shown: number): number =>
    widths
      .slice(0, shown - 1)
      .reduce((sum, width) => sum + width + between, Math.min(leastShown, widths[shown - 1] ?? 0))
  if (needed(widths.length) <= room) return { widths, room, paint, shown: widths.length, mark: '' }
  for (let shown = widths.length - 1; shown > 0; shown--) {
    const hidden = widths.length - shown
    for (const mark of [`+${hidden} column${hidden === 1 ? '' : 's'}`, `+${hidden}`, '…'])
      if (needed(shown) + between + mark.length <= room) return { widths, room, paint, shown, mark }
  }
  return { widths, room, paint, shown: 1, mark: '…' }
}

/** The cells as one line; `look` is added to the look of each cell. */
export function lineOf(cells: readonly Cell[], { widths, room, paint, shown }: Drawing, look?: Look): string {
  let left = room
  return cells
    .slice(0, shown)
    .map((cell, at) => {
      const text = cut(textOf(cell), Math.min(left, widths[at] ?? left))
      const fill = at === cells.length - 1 ? 0 : (widths[at] ?? 0) - widthOf(text) + between
      const blanks = ' '.repeat(Math.max(0, Math.min(fill, left - widthOf(text))))
      left -= widthOf(text) + blanks.length
      return (text === '' ? '' : paint([look ?? [], lookOf(cell) ?? []].flat(), text)) + blanks
    })
    .join('')
    .trimEnd()
}

/** The line of titles, with the mark. */
export function headOf({ columns }: Table, drawing: Drawing): string {
  const { mark, room, paint, widths } = drawing
  if (mark === '') return lineOf(columns, drawing, 'bold')
  const left = room - mark.length - between
  // Not even a mark has room beside the only title.
  if (left < Math.min(leastShown, widths[0] ?? 0)) return paint('bold', cut(`${columns[0]} …`, room))
  const titles = lineOf(columns, { ...drawing, room: left }, 'bold')
  return `${titles}${' '.repeat(between)}${paint('dim', mark)}`
}
