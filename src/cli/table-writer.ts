import { stripVTControlCharacters } from 'node:util'
import type { CommandContext } from './context.ts'
import { report } from './diagnostics.ts'
import { drawingOf, fitted, headOf, lineOf, type Row, rowText, type Table, widthsOf } from './table.ts'
import { cut, widthOf } from './text.ts'
import type { TimeText } from './time-text.ts'

/** Shows one table after another on stdout. */
export interface TableWriter {
  show(table: Table, signal: AbortSignal): Promise<void>
  /** Lets something be written to the same terminal meanwhile. */
  aside(write: () => void): void
  close(): void
}

/** How tables are shown. */
export interface TableLook {
  /** There will be only one table. */
  readonly once: boolean
  /** Nothing is cut to the terminal's width. */
  readonly wide: boolean
  /** How the times of changes are shown. */
  readonly time: TimeText
}

/**
 * In a terminal that can move its cursor each table takes the place of the one before. Elsewhere it is printed once, and then
 * the rows that changed. Where there will be only one, it is printed whole.
 */
export const tableWriter = (context: CommandContext, { once, wide, time }: TableLook): TableWriter => {
  if (once) return new PrintedTable(context)
  const redraws = context.stdout.isTerminal && context.env['TERM'] !== 'dumb'
  return redraws ? new RedrawnTable(context, wide) : new PrintedTable(context, time)
}

/** The rows that are new, or whose text changed. */
const changedRows = (rows: readonly Row[], before: readonly Row[]): readonly Row[] => {
  const old = new Map(before.map((row) => [row.key, rowText(row)]))
  return rows.filter((row) => old.get(row.key) !== rowText(row))
}

/** What was added (`+`), updated (`~`) and removed (`-`), each with the time. */
function changesOf({ columns, rows, foot }: Table, before: readonly Row[], time: string): Table {
  const [old, current] = [before, rows].map((list) => new Set(list.map(({ key }) => key)))
  const dated = (mark: string, { key, cells }: Row): Row => ({ key, cells: [time, mark, ...cells] })
  return {
    columns: ['TIME', '', ...columns],
    rows: [
      ...before.filter(({ key }) => current?.has(key) === false).map((row) => dated('-', row)),
      ...changedRows(rows, before).map((row) => dated(old?.has(row.key) ? '~' : '+', row)),
    ],
    foot,
  }
}

/** For a pipe: nothing that was printed changes. */
class PrintedTable implements TableWriter {
  readonly #context: CommandContext
  readonly #changeTime: TimeText | undefined
  #widths: readonly number[]
  #before: readonly Row[] | undefined
  #note: string | undefined

  /** @param changeTime Rows begin with the time in this style and what happened to them, from the first one on. */
  constructor(context: CommandContext, changeTime?: TimeText) {
    this.#context = context
    this.#changeTime = changeTime
    // Without any row yet, the column of times is as wide as it is going to be.
    this.#widths = changeTime === undefined ? [] : [changeTime.brief(new Date(0).toISOString()).length]
  }

  /** The table with what changed, where it is shown so. */
  #printed(table: Table): Table {
    if (this.#changeTime === undefined) return table
    const now = new Date(this.#context.now()).toISOString()
    return changesOf(table, this.#before ?? [], this.#changeTime.brief(now))
  }

  async show(table: Table, signal: AbortSignal): Promise<void> {
    const { stdout } = this.#context
    const printed = this.#printed(table)
    this.#widths = widthsOf(printed, this.#widths)
    const drawing = drawingOf(this.#widths, Number.POSITIVE_INFINITY, stdout.paint)
    const lines = printed.rows.map(({ cells }) => lineOf(cells, drawing))
    if (!this.#before) lines.unshift(headOf(printed, drawing))
    this.#before = table.rows
    if (lines.length > 0) await stdout.write(`${lines.join('\n')}\n`, signal)
    const note = noteOf(table)
    if (note !== this.#note) await this.#showNote(note, signal)
    this.#note = note
  }

  /** For people alone: what reads a pipe wants rows and nothing else. */
  async #showNote(note: string | undefined, signal: AbortSignal): Promise<void> {
    const { stdout, stderr } = this.#context
    if (note === undefined) return
    if (stdout.isTerminal) await stdout.writeLine(stdout.paint('dim', note), signal)
    else if (stderr.isTerminal) report(stderr, note)
  }

  aside(write: () => void): void {
    write()
  }

  close(): void {}
}

/**
 * Moves to the first column and up by this many lines, and clears each of them. Line by line, since terminals copy a screen that
 * is cleared as a whole into what was scrolled away.
 */
const erase = (lines: number): string => `\r${'\u001b[A\u001b[2K'.repeat(lines)}`

/** The note below a table. */
const noteOf = ({ rows, foot }: Table): string | undefined => (rows.length === 0 ? '(none)' : foot)

/** For a terminal: cut to its size unless it is wide, with what changed in bold. */
class RedrawnTable implements TableWriter {
  readonly #output: CommandContext['stdout']
  readonly #wide: boolean
  readonly #stopResizing: () => void
  #table: Table | undefined
  #changed: readonly Row[] = []
  /** The width of each line that is on the terminal. */
  #drawn: readonly number[] = []

  constructor({ stdout }: CommandContext, wide: boolean) {
    this.#output = stdout
    this.#wide = wide
    this.#stopResizing = stdout.onResize(() => stdout.writeNow(this.#redrawn()))
  }

  show(table: Table, signal: AbortSignal): Promise<void> {
    this.#changed = this.#table ? changedRows(table.rows, this.#table.rows) : []
    this.#table = table
    return this.#output.write(this.#redrawn(), signal)
  }

  aside(write: () => void): void {
    this.#output.writeNow(this.#erased())
    write()
    this.#output.writeNow(this.#redrawn())
  }

  close(): void {
    this.#stopResizing()
  }

  #erased(): string {
    // In a terminal that became narrower a line may take several of its lines.
    const lines = this.#drawn.reduce((sum, width) => sum + this.#linesOf(width), 0)
    this.#drawn = []
    return erase(lines)
  }

  /** How many lines of the terminal a line of this width takes. */
  #linesOf(width: number): number {
    return Math.max(1, Math.ceil(width / this.#output.columns))
  }

  #redrawn(): string {
    if (!this.#table) return ''
    const { columns, rows: height, paint } = this.#output
    const { columns: titles, rows } = this.#table
    const needed = widthsOf({ columns: titles, rows })
    const room = this.#wide ? Number.POSITIVE_INFINITY : columns
    const whole = needed.reduce((sum, width) => sum + width + 2, 0)
    const each = this.#wide ? this.#linesOf(whole) : 1
    // Room is left for the titles, what is written below, and the cursor.
    const shown = rows.slice(0, Math.max(1, Math.floor((height - 2 - each) / each)))
    const widths = this.#wide ? needed : fitted(widthsOf({ columns: titles, rows: shown }), titles, columns)
    const drawing = drawingOf(widths, room, paint)
    const note = this.#noteBelow(this.#table, rows.length - shown.length, drawing.mark !== '')
    const lines = [
      headOf(this.#table, drawing),
      ...shown.map((row) => lineOf(row.cells, drawing, this.#changed.includes(row) ? 'bold' : undefined)),
      ...(note === '' ? [] : [paint('dim', cut(note, columns))]),
    ]
    const erased = this.#erased()
    this.#drawn = lines.map((line) => widthOf(stripVTControlCharacters(line)))
    return `${erased}${lines.join('\n')}\n`
  }

  /** @param hidden How many rows have no room. @param cut Whether columns have none. */
  #noteBelow(table: Table, hidden: number, cut: boolean): string {
    const notes = [
      hidden > 0 ? `${hidden} more have no room here` : undefined,
      cut ? '-o wide shows every column' : undefined,
      noteOf(table),
    ]
    return notes.filter((one) => one !== undefined).join('; ')
  }
}
