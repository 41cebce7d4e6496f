import type { EventDeclaration } from '../streams/event-declaration.ts'
import { type Marks, marksOf, TraitIndex } from './trait-index.ts'

/**
 * How many of the newest rows are remembered, up to twice as many for a while, and the others of the oldest one's moment:
 * far more than a read goes back, since in a flood the rows may be read some seconds before their frames are.
 */
const remembered = 5_000
/** Past this, rows of one moment are forgotten too. */
const mostRemembered = 10_000
/** How many items delivered as pushed are remembered until their rows appear. */
export const maxRememberedPushes = 20_000

interface Known extends Marks {
  readonly at: number
}

/** An item that was delivered as pushed, and whose row has not been seen. */
interface Ghost extends Marks {
  /** How many there were before it. */
  readonly number: number
}

/**
 * How far into a log somebody has come: which rows were delivered, as far as a read can meet them again.
 *
 * A set of ids, not a single mark: rows appear below rows that were already read, and rows disappear.
 */
export class StoreCursor<Item> {
  /** The offset just after the last row read; where the next read looks first. */
  end = 0
  /** Rows older than this lie below everything that is remembered: they were there before. In ms; -Infinity for none. */
  oldestRemembered: number
  /** Rows at the floor up to this id count as delivered. */
  after: string | undefined
  /** How many items have been delivered as pushed: the number of the next one. */
  pushed = 0
  /** Rows of the last page that had been delivered as pushed, by their numbers. */
  readonly alreadyDelivered: Map<Item, number> = new Map()
  readonly #stream: EventDeclaration<Item>
  readonly #known = new TraitIndex<Known>()
  readonly #ghosts = new TraitIndex<Ghost>()
  /** How many rows may be known before some are forgotten. */
  #most = 2 * remembered
  /** The newest time seen, for items that tell none. */
  #newest = -Infinity

  constructor(stream: EventDeclaration<Item>, floor: number = -Infinity) {
    this.#stream = stream
    this.oldestRemembered = floor
  }

  /** The same place, to go on from independently, for a subscription that was not given all that was pushed. */
  fork(passedBy: { has(number: number): boolean }): StoreCursor<Item> {
    const copy = new StoreCursor(this.#stream, this.oldestRemembered)
    copy.end = this.end
    copy.after = this.after
    for (const row of this.#known) copy.#known.add(row)
    for (const ghost of this.#ghosts) if (!passedBy.has(ghost.number)) copy.#ghosts.add(ghost)
    copy.#most = this.#most
    copy.pushed = this.pushed
    copy.#newest = this.#newest
    return copy
  }

  /** Whether this row is the one after which to begin. */
  isAfter(row: Item): boolean {
    return this.after !== undefined && this.#stream.id(row) === this.after
  }

  /** Whether a pushed item was delivered before, as a row or as it came. */
  wasDelivered(item: Item): boolean {
    const marks = marksOf(this.#stream, item)
    return (this.#ghosts.ofPush(marks) ?? this.#known.ofPush(marks)) !== undefined
  }

  /** Whether the row is known, or older than everything known: a read that begins with it has missed nothing. */
  coversRow(row: Item): boolean {
    const at = this.#moment(row)
    return this.#isKnown(row) || at < this.oldestRemembered
  }

  /** Remembers the row without anybody having received it: it was there before the beginning. */
  skipRow(row: Item): void {
    const at = this.#moment(row)
    if (!this.#isKnown(row)) this.#known.add({ ...marksOf(this.#stream, row), at })
  }

  /** Remembers the row; says whether it is to be delivered. */
  rememberRow(row: Item): boolean {
    const at = this.#moment(row)
    if (this.#isKnown(row) || at < this.oldestRemembered) return false
    const marks = marksOf(this.#stream, row)
    this.#known.add({ ...marks, at })
    const ghost = this.#ghosts.ofRow(marks)
    if (!ghost) return true
    this.#ghosts.delete(ghost)
    this.alreadyDelivered.set(row, ghost.number)
    return false
  }

  /** Gives rows back that were not delivered after all. */
  forget(rows: readonly Item[]): void {
    for (const row of rows) {
      const known = this.#known.ofId(this.#stream.id(row))
      if (known) this.#known.delete(known)
    }
  }

  /**
   * Remembers an item that is delivered as pushed, so that its row is skipped. Where there are too many, the oldest are
   * forgotten: should their rows still come, they are delivered twice.
   */
  rememberPush(item: Item): void {
    this.#ghosts.add({ ...marksOf(this.#stream, item), number: this.pushed++ })
    this.#ghosts.trim(maxRememberedPushes)
  }

  /** Forgets all but the newest rows, and draws the floor there. */
  prune(): void {
    this.alreadyDelivered.clear()
    // Seldom, since it sorts them all.
    if (this.#known.size <= this.#most) return
    // Of rows of one moment, those read last are the newest.
    const rows = [...this.#known].reverse().sort((a, b) => b.at - a.at)
    let keep = remembered
    // What is forgotten must lie below the floor, so a moment is kept as a whole.
    while (keep < mostRemembered && rows[keep]?.at === rows[keep - 1]?.at) keep++
    for (const row of rows.slice(keep)) this.#known.delete(row)
    this.#most = keep + remembered
    this.oldestRemembered = Math.max(this.oldestRemembered, rows[Math.min(keep, rows.length) - 1]?.at ?? -Infinity)
  }

  /**
   * Draws the floor at the oldest row known: what lies below was there before, and so was what else is of its moment,
   * unless that moment is now.
   */
  setOldestRemembered(): void {
    const times = [...this.#known].map(({ at }) => at)
    const oldest = Math.min(...times)
    this.oldestRemembered = oldest < Math.max(...times) ? oldest + 1 : oldest
  }

  #isKnown(row: Item): boolean {
    return this.#known.ofId(this.#stream.id(row)) !== undefined
  }

  #moment(row: Item): number {
    const time = Date.parse(this.#stream.at(row) ?? '')
    const at = Number.isNaN(time) ? this.#newest : time
    if (at > this.#newest) this.#newest = at
    return at
  }
}
