import type { EventDeclaration } from '../streams/event-declaration.ts'
import { timeOf } from './page.ts'
import { RowCount } from './read-progress.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/**
 * How many of the newest rows are remembered, up to twice as many for a while, and the others of the oldest one's moment:
 * far more than a read goes back, since in a flood the rows may be read some seconds before their frames are.
 */
const rememberedRows = 5_000
/** Past this, rows of one moment are forgotten too. */
const maxRowsOfOneMoment = 10_000

/** A row that was read. */
interface KnownRow extends Marks {
  /** When it was stored, in ms. */
  readonly at: number
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
  /** How many rows the store had, and how many were read since. */
  rowCount: RowCount = new RowCount()
  readonly #stream: EventDeclaration<Item>
  readonly #rows = new TraitIndex<KnownRow>()
  /** How many rows may be known before some are forgotten. */
  #maxRows = 2 * rememberedRows
  /** The newest time seen, for rows without a time. */
  #newestAt = -Infinity

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
    copy.#maxRows = this.#maxRows
    copy.#newestAt = this.#newestAt
    return copy
  }

  /** Whether this row is the one after which to begin. */
  isAfter(row: Item): boolean {
    return this.#stream.id(row) === this.after
  }

  /** Whether the row of this pushed event was read. */
  hasRowOf(push: Marks): boolean {
    return this.#rows.ofPush(push) !== undefined
  }

  /** Whether the row is known, or older than everything known: a read that begins with it has missed nothing. */
  coversRow(row: Item): boolean {
    return this.#timeOf(row) < this.oldestRemembered || this.#isKnown(row)
  }

  /** Remembers a row that predates the subscription. */
  skipRow(row: Item): void {
    this.#remember(row, -Infinity)
  }

  /** Remembers the row. Returns false if it was read before, or predates the subscription. */
  rememberRow(row: Item): boolean {
    return this.#remember(row, this.oldestRemembered)
  }

  /** Gives up rows that were read but not delivered: the next read brings them again. */
  forget(rows: readonly Item[]): void {
    for (const row of rows) this.#rows.delete(this.#rows.ofId(this.#stream.id(row)))
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
    this.oldestRemembered = Math.max(this.oldestRemembered, rows[Math.min(keep, rows.length) - 1]?.at ?? -Infinity)
  }

  /**
   * Sets `oldestRemembered` to the oldest row known: older rows predate the subscription, and so do other rows of its
   * moment, unless that moment is now.
   */
  setOldestRemembered(): void {
    const times = [...this.#rows].map(({ at }) => at)
    const oldest = Math.min(...times)
    this.oldestRemembered = oldest < Math.max(...times) ? oldest + 1 : oldest
  }

  /** Returns false if the row is known, or older than `oldest` (ms). */
  #remember(row: Item, oldest: number): boolean {
    const at = this.#timeOf(row)
    if (this.#isKnown(row) || at < oldest) return false
    // By its fields: a spread makes a hidden class for each row, which takes as much memory as the row.
    const { id, traits, shape } = marksOf(this.#stream, row)
    this.#rows.add({ id, traits, shape, at })
    return true
  }

  #isKnown(row: Item): boolean {
    return this.#rows.ofId(this.#stream.id(row)) !== undefined
  }

  #timeOf(row: Item): number {
    const time = timeOf(this.#stream, row)
    const at = Number.isNaN(time) ? this.#newestAt : time
    if (at > this.#newestAt) this.#newestAt = at
    return at
  }
}
