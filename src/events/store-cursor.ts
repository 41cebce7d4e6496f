import type { MesheryError } from '../base/errors.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import { timeOf } from './page.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/**
 * How many of the newest rows are remembered, up to twice as many for a while, and the others of the oldest one's moment:
 * far more than a read goes back, since in a flood the rows may be read some seconds before their frames are.
 */
const rememberedRows = 5_000
/** Past this, rows of one moment are forgotten too. */
const maxRowsOfOneMoment = 10_000

/** A row that was read. */
export interface KnownRow extends Marks {
  /** When it was stored, in ms. */
  readonly at: number
}

/** How a read ended. */
interface LastPage {
  /** How many rows the store has, by its last answer. */
  readonly total: number
  /** The ids of the last page. */
  readonly previous: readonly (string | null | undefined)[] | undefined
}

/**
 * How far a reader has come in the store: which rows it has read, as far as a read can meet them again.
 *
 * A set of ids, not a single mark: rows appear below rows that were already read, and rows disappear.
 */
export class StoreCursor<Item> {
  /** The offset just after the last row read; where the next read looks first. */
  end = 0
  /** Rows older than this (ms) predate the subscription, or were read and forgotten. -Infinity for none. */
  oldestRemembered: number
  /** Rows stored at `oldestRemembered`, up to the one with this id, count as read. */
  after: string | undefined
  /** How many rows the store had before those that were read; undefined until a total is known. */
  rowsBefore: number | undefined
  /** Called with an error that says which rows are missing and cannot be read. */
  lost: (error: MesheryError) => void = () => {}
  /** How many rows were read, or reported as missing. */
  rowsRead = 0
  readonly #stream: EventDeclaration<Item>
  readonly #rows = new TraitIndex<KnownRow>()
  /** How many rows may be known before some are forgotten. */
  #maxRows = 2 * rememberedRows
  /** The newest time seen, for rows without a time. */
  #newestAt = -Infinity
  /** The id of the row that was remembered last. */
  #lastId: string | null | undefined

  constructor(stream: EventDeclaration<Item>, oldestRemembered: number = -Infinity) {
    this.#stream = stream
    this.oldestRemembered = oldestRemembered
  }

  /** A cursor at the same place, which another reader moves. */
  fork(): StoreCursor<Item> {
    const copy = new StoreCursor(this.#stream, this.oldestRemembered)
    copy.end = this.end
    copy.after = this.after
    for (const row of this.#rows) copy.#rows.add(row)
    copy.#newestAt = this.#newestAt
    copy.rowsBefore = this.rowsBefore
    copy.rowsRead = this.rowsRead
    return copy
  }

  /** Whether the row of this pushed event was read. */
  hasRowOf(push: Marks): boolean {
    return this.#rows.ofPush(push) !== undefined
  }

  /** Whether the row is known, or older than everything known: a read that begins with it has missed nothing. */
  coversRow(row: Item | undefined): boolean {
    return row !== undefined && this.#covers(this.#stream.id(row), this.#timeOf(row))
  }

  /** The rows that this cursor has read and the other one does not cover. */
  aheadOf(other: StoreCursor<Item>): readonly KnownRow[] {
    return [...this.#rows].filter(({ id, at }) => !other.#covers(id, at))
  }

  /** Counts rows of another cursor as read: they were reported as lost. */
  skip(row: KnownRow): void {
    this.#rows.add(row)
  }

  /** The rows that the other cursor has read and this one does not cover. The next read begins before the oldest of them. */
  behind(other: StoreCursor<Item> | undefined): readonly KnownRow[] {
    if (!other) return []
    const missing = other.aheadOf(this)
    const oldest = oldestOf(missing)
    const depth = [...other.#rows].filter(({ at }) => at >= oldest).length
    // Twice as far, since the store may have more rows there than the other one knows.
    this.end = Math.max(0, other.end - 2 * depth)
    return missing
  }

  /**
   * After a read that found nothing new: how many more rows the store has than were read, since rows may be stored where
   * no read looks. A smaller total means deletions, but not beside a last page without the row that was read last: so
   * answers a replica that lags.
   */
  missing({ total, previous }: LastPage): number {
    const before = total - this.rowsRead
    const known = this.rowsBefore ?? before
    if (total > 0 && previous?.includes(this.#lastId)) this.rowsBefore = Math.min(known, before)
    return Math.max(0, before - known)
  }

  /** Remembers a row that predates the subscription. */
  skipRow(row: Item): void {
    this.rememberRow(row, -Infinity)
  }

  /** Remembers the row. Returns false if it was read before, or is older than `oldest` (ms) and so predates the subscription. */
  rememberRow(row: Item, oldest: number = this.oldestRemembered): boolean {
    const at = this.#timeOf(row)
    if (at < oldest || this.#rows.ofId(this.#stream.id(row))) return false
    // By its fields: a spread makes a hidden class for each row, which takes as much memory as the row.
    const { id, traits, shape } = marksOf(this.#stream, row)
    this.#rows.add({ id, traits, shape, at })
    this.#lastId = id
    this.rowsRead++
    return true
  }

  /** Gives up rows that were read but not delivered: the next read brings them again. */
  forget(rows: readonly Item[]): void {
    for (const row of rows) this.#rows.delete(this.#rows.ofId(this.#stream.id(row)))
    this.rowsRead -= rows.length
  }

  /** Forgets all but the newest rows, and sets `oldestRemembered` to the oldest of them. */
  prune(): void {
    // Seldom, since it sorts all of them.
    if (this.#rows.size <= this.#maxRows) return
    // Of rows of one moment, those read last are the newest.
    const rows = [...this.#rows].reverse().sort((a, b) => b.at - a.at)
    let keep = rememberedRows
    // What is forgotten must be older than `oldestRemembered`, so a moment is kept as a whole.
    while (keep < maxRowsOfOneMoment && rows[keep]?.at === rows[keep - 1]?.at) keep++
    for (const row of rows.slice(keep)) this.#rows.delete(row)
    this.#maxRows = keep + rememberedRows
    this.oldestRemembered = Math.max(this.oldestRemembered, rows[keep - 1]?.at ?? 0)
  }

  /**
   * Sets `oldestRemembered` to the oldest row known: older rows predate the subscription, and so do other rows of its
   * moment, unless that moment is now.
   */
  setOldestRemembered(): void {
    const oldest = oldestOf([...this.#rows])
    this.oldestRemembered = oldest < this.#newestAt ? oldest + 1 : oldest
  }

  #covers(id: string | null, at: number): boolean {
    return at < this.oldestRemembered || this.#rows.ofId(id) !== undefined
  }

  #timeOf(row: Item): number {
    const time = timeOf(this.#stream, row)
    const at = Number.isNaN(time) ? this.#newestAt : time
    if (at > this.#newestAt) this.#newestAt = at
    return at
  }
}

/** When the oldest row was stored, in ms; Infinity where there is none. */
const oldestOf = (rows: readonly KnownRow[]): number => Math.min(...rows.map(({ at }) => at))
