import { stripVTControlCharacters } from 'node:util'
import { say } from './diagnostics.ts'
import { writeText } from './output.ts'
import { type Drawing, fitted, headOf, lineOf, type Row, said, type Table, widthsOf } from './table.ts'
import { cut, paint, widthOf } from './text.ts'

/** Shows one table after another on stdout. */
export interface TableWriter {
  show(table: Table, signal: AbortSignal): Promise<void>
  /** Lets something be written to the same terminal meanwhile. */
  aside(write: () => void): void
  close(): void
}

/**
 * In a terminal that can move its cursor each table takes the place of the one before. Elsewhere, and where there will be
 * only one, it is printed whole at first, and then the rows that changed.
 */
export const tableWriter = (onlyOne: boolean): TableWriter =>
  process.stdout.isTTY === true && process.env['TERM'] !== 'dumb' && !onlyOne
    ? new RedrawnTable(process.stdout)
    : new AppendedTable()

/** The rows that say something else than they did, or were not there. */
const changedRows = (rows: readonly Row[], before: readonly Row[]): readonly Row[] => {
  const old = new Map(before.map((row) => [row.key, said(row)]))
  return rows.filter((row) => old.get(row.key) !== said(row))
}

/** For a pipe: nothing that was printed changes. */
class AppendedTable implements TableWriter {
  #widths: readonly number[] = []
  #before: readonly Row[] | undefined
  #note: string | undefined

  async show(table: Table, signal: AbortSignal): Promise<void> {
    const { rows } = table
    this.#widths = widthsOf(table, this.#widths)
    const drawing: Drawing = { widths: this.#widths, room: Number.POSITIVE_INFINITY, stream: process.stdout }
    const keys = new Set(rows.map(({ key }) => key))
    const lines = [
      ...(this.#before ? [] : [headOf(table, drawing)]),
      ...(this.#before ?? [])
        .filter(({ key }) => !keys.has(key))
        .map(({ cells }) => lineOf([...cells, '(removed)'], drawing)),
      ...changedRows(rows, this.#before ?? []).map(({ cells }) => lineOf(cells, drawing)),
    ]
    this.#before = rows
    if (lines.length > 0) await writeText(`${lines.join('\n')}\n`, signal)
    const note = noteOf(table)
    if (note === this.#note) return
    this.#note = note
    // For people alone: what reads a pipe wants rows and nothing else.
    if (note === undefined) return
    if (process.stdout.isTTY === true) await writeText(`${paint('dim', note, process.stdout)}\n`, signal)
    else if (process.stderr.isTTY === true) say(note)
  }

  aside(write: () => void): void {
    write()
  }

  close(): void {}
}

/**
 * To the first column, and so many lines up, each of which is cleared. Line by line, since terminals keep a screen that is
 * cleared as a whole among what was scrolled away.
 */
const erase = (lines: number): string => `\r${'\u001b[A\u001b[2K'.repeat(lines)}`

/** What there is to say of a table besides its rows. */
const noteOf = ({ rows, foot }: Table): string | undefined => (rows.length === 0 ? '(none)' : foot)

/** For a terminal: cut to its size, with what changed in bold. */
class RedrawnTable implements TableWriter {
  readonly #terminal: NodeJS.WriteStream
  readonly #resized = (): void => {
    this.#terminal.write(this.#redrawn())
  }
  #table: Table | undefined
  #changed: readonly Row[] = []
  /** The width of each line that stands on the terminal. */
  #drawn: readonly number[] = []

  constructor(terminal: NodeJS.WriteStream) {
    this.#terminal = terminal
    terminal.on('resize', this.#resized)
  }

  show(table: Table, signal: AbortSignal): Promise<void> {
    this.#changed = this.#table ? changedRows(table.rows, this.#table.rows) : []
    this.#table = table
    return writeText(this.#redrawn(), signal)
  }

  aside(write: () => void): void {
    this.#terminal.write(this.#erased())
    write()
    this.#terminal.write(this.#redrawn())
  }

  close(): void {
    this.#terminal.off('resize', this.#resized)
  }

  #erased(): string {
    const { columns = 80 } = this.#terminal
    // In a terminal that became narrower a line may take several of its lines.
    const lines = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0)
    this.#drawn = []
    return erase(lines)
  }

  #redrawn(): string {
    if (!this.#table) return ''
    const { columns = 80, rows: height = 24 } = this.#terminal
    const { columns: titles, rows } = this.#table
    // Room is left for the titles, what stands below, and the cursor.
    const shown = rows.slice(0, Math.max(1, height - 3))
    const widths = fitted(widthsOf({ columns: titles, rows: shown }), titles, columns)
    const drawing = { widths, room: columns, stream: this.#terminal }
    const hidden = rows.length - shown.length
    const notes = [hidden > 0 ? `${hidden} more have no room here` : undefined, noteOf(this.#table)]
    const note = notes.filter((one) => one !== undefined).join('; ')
    const lines = [
      headOf(this.#table, drawing),
      ...shown.map((row) => lineOf(row.cells, drawing, this.#changed.includes(row) ? 'bold' : undefined)),
      ...(note === '' ? [] : [paint('dim', cut(note, columns), this.#terminal)]),
    ]
    const erased = this.#erased()
    this.#drawn = lines.map((line) => widthOf(stripVTControlCharacters(line)))
    return `${erased}${lines.join('\n')}\n`
  }
}
