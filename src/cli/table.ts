import { cut, type Look, oneLine, paint, widthOf } from './text.ts'

/** A text, and how it looks where it can. */
export type Cell = string | readonly [text: string, look: Look | undefined]

/** A line of a table. */
export interface Row {
  /** By what it is known again. */
  readonly key: string
  readonly cells: readonly Cell[]
}

/** What a table shows. */
export interface Table {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  /** What else there is to say, below it. */
  readonly foot?: string | undefined
}

/** The columns of a terminal between two columns of a table. */
const between = 2

const textOf = (cell: Cell): string => oneLine(typeof cell === 'string' ? cell : cell[0])
const lookOf = (cell: Cell): Look | undefined => (typeof cell === 'string' ? undefined : cell[1])

/** What a row says, for telling whether it changed. */
export const said = ({ cells }: Row): string => cells.map(textOf).join('\t')

/** How wide each column must be, at least as wide as before. */
export const widthsOf = ({ columns, rows }: Table, before: readonly number[] = []): readonly number[] =>
  columns.map((title, at) =>
    rows.reduce(
      (most, { cells }) => Math.max(most, widthOf(textOf(cells[at] ?? ''))),
      Math.max(widthOf(title), before[at] ?? 0),
    ),
  )

/** How lines are drawn. */
export interface Drawing {
  readonly widths: readonly number[]
  /** What a line may take of the terminal's columns. */
  readonly room: number
  readonly stream: NodeJS.WritableStream
}

/** The cells as one line; `look` adds to that of each. */
export function lineOf(cells: readonly Cell[], { widths, room, stream }: Drawing, look?: Look): string {
  let left = room
  return cells
    .map((cell, at) => {
      const text = cut(textOf(cell), left)
      const fill = at === cells.length - 1 ? 0 : (widths[at] ?? 0) - widthOf(text) + between
      const blanks = ' '.repeat(Math.max(0, Math.min(fill, left - widthOf(text))))
      left -= widthOf(text) + blanks.length
      return (text === '' ? '' : paint([look ?? [], lookOf(cell) ?? []].flat(), text, stream)) + blanks
    })
    .join('')
    .trimEnd()
}

/** The line of titles. */
export const headOf = ({ columns }: Table, drawing: Drawing): string => lineOf(columns, drawing, 'bold')
