import { now } from '../base/clock.ts'
import type { LogStream } from '../streams/log-stream.ts'

/** How many of the newest rows are remembered, up to twice as many for a while, and the others of the oldest one's moment: far more than a read goes back. */
const remembered = 1_000
/** Past this, rows of one moment are forgotten too. */
const mostRemembered = 10_000
/** How many items delivered as pushed are remembered until their stored twins appear. */
export const mostGhosts = 5_000
/** A row that did not come for so many milliseconds may be given up, to make room. */
const ghostsStay = 60_000

type Traits = readonly (string | null)[]

interface Known {
  readonly at: number
  readonly traits: Traits
}

/** An item that was delivered as pushed, and whose row has not been seen. */
interface Ghost {
  /** How many there were before it. */
  readonly number: number
  readonly id: string | null
  readonly traits: Traits
  readonly since: number
}

/**
 * How far into a log somebody has come: which rows were delivered, as far as a read can meet them again.
 *
 * A set of ids, not a single mark: rows appear below rows that were already read, and rows disappear.
 */
export class Position<Item> {
  /** The offset just after the last row read; where the next read looks first. */
  end = 0
  /** Rows older than this lie below everything that is remembered: they were there before. In ms; -Infinity for none. */
  floor: number
  /** Rows at the floor up to this id count as delivered. */
  after: string | undefined
  /** How many items have been delivered as pushed: the number of the next one. */
  pushed = 0
  /** Rows of the last page that had been delivered as pushed, by their numbers. */
  readonly laid: Map<Item, number> = new Map()
  readonly #stream: LogStream<Item>
  #known: Map<string, Known>
  #ghosts: Ghost[]
  /** The newest time seen, for items that tell none. */
  #newest = -Infinity

  constructor(stream: LogStream<Item>, floor: number = -Infinity) {
    this.#stream = stream
    this.floor = floor
    this.#known = new Map()
    this.#ghosts = []
  }

  /** The same place, to go on from independently, for somebody who was not given all that was pushed. */
  fork(passedBy: { has(number: number): boolean }): Position<Item> {
    const copy = new Position(this.#stream, this.floor)
    copy.end = this.end
    copy.after = this.after
    copy.#known = new Map(this.#known)
    copy.#ghosts = this.#ghosts.filter(({ number }) => !passedBy.has(number))
    copy.pushed = this.pushed
    copy.#newest = this.#newest
    return copy
  }

  /** Whether this row is the one after which to begin. */
  isAfter(row: Item): boolean {
    return this.after !== undefined && this.#stream.id(row) === this.after
  }

  /** Whether a pushed item was delivered before, as a row or as it came. */
  recalls(item: Item): boolean {
    const id = this.#stream.id(item)
    const traits = this.#stream.traits(item)
    if (this.#ghosts.some((ghost) => (id === null ? alike(traits, ghost.traits) : id === ghost.id))) return true
    if (id !== null) return this.#known.has(id)
    for (const known of this.#known.values()) if (alike(traits, known.traits)) return true
    return false
  }

  /** Whether the row is known, or older than everything known: a read that begins with it has missed nothing. */
  covers(row: Item): boolean {
    const { id, at } = this.#place(row)
    return this.#known.has(id) || at < this.floor
  }

  /** Remembers the row without anybody having received it: it was there before the beginning. */
  skip(row: Item): void {
    const { id, at } = this.#place(row)
    this.#know(id, at, row)
  }

  /** Remembers the row; says whether it is to be delivered. */
  fresh(row: Item): boolean {
    const { id, at } = this.#place(row)
    if (this.#known.has(id) || at < this.floor) return false
    this.#know(id, at, row)
    return !this.#layGhost(row)
  }

  /** Gives rows back that were not delivered after all. */
  forget(rows: readonly Item[]): void {
    for (const row of rows) this.#known.delete(this.#stream.id(row) ?? '')
  }

  /** Remembers an item that is delivered as pushed, so that its row is skipped. False: there is no room to. */
  haunt(item: Item): boolean {
    const [oldest] = this.#ghosts
    if (oldest && this.#ghosts.length >= mostGhosts) {
      if (now() - oldest.since < ghostsStay) return false
      this.#ghosts.shift()
    }
    const [id, traits] = [this.#stream.id(item), this.#stream.traits(item)]
    this.#ghosts.push({ number: this.pushed++, id, traits, since: now() })
    return true
  }

  /** Forgets all but the newest rows, and draws the floor there. */
  prune(): void {
    this.laid.clear()
    // Seldom, since it sorts them all.
    if (this.#known.size <= 2 * remembered) return
    // Of rows of one moment, those read last are the newest.
    const rows = [...this.#known].reverse().sort(([, a], [, b]) => b.at - a.at)
    let keep = remembered
    // What is forgotten must lie below the floor, so a moment is kept as a whole.
    while (keep < mostRemembered && rows[keep]?.[1].at === rows[keep - 1]?.[1].at) keep++
    rows.length = Math.min(rows.length, keep)
    this.#known = new Map(rows.reverse())
    this.floor = Math.max(this.floor, rows[0]?.[1].at ?? -Infinity)
  }

  /**
   * Draws the floor at the oldest row known: what lies below was there before, and so was what else is of its moment,
   * unless that moment is now.
   */
  drawFloor(): void {
    const times = [...this.#known.values()].map(({ at }) => at)
    const oldest = Math.min(...times)
    this.floor = oldest < Math.max(...times) ? oldest + 1 : oldest
  }

  #place(row: Item): { id: string; at: number } {
    const time = Date.parse(this.#stream.at(row) ?? '')
    const at = Number.isNaN(time) ? this.#newest : time
    if (at > this.#newest) this.#newest = at
    return { id: this.#stream.id(row) ?? '', at }
  }

  #know(id: string, at: number, item: Item): void {
    this.#known.set(id, { at, traits: this.#stream.traits(item) })
  }

  #layGhost(row: Item): boolean {
    if (this.#ghosts.length === 0) return false
    const [rowId, traits] = [this.#stream.id(row), this.#stream.traits(row)]
    const index = this.#ghosts.findIndex(({ id, traits: told }) => (id === null ? alike(told, traits) : id === rowId))
    const [ghost] = index < 0 ? [] : this.#ghosts.splice(index, 1)
    if (ghost) this.laid.set(row, ghost.number)
    return ghost !== undefined
  }
}

/** Whether a pushed item and a stored row tell of the same thing. What either does not say, matches. */
export function twins<Item>(stream: LogStream<Item>, pushed: Item, row: Item): boolean {
  const id = stream.id(pushed)
  if (id !== null) return id === stream.id(row)
  return alike(stream.traits(pushed), stream.traits(row))
}

function alike(pushed: Traits, stored: Traits): boolean {
  let same = 0
  for (const [index, trait] of pushed.entries()) {
    const other = stored[index] ?? null
    if (trait === null || other === null) continue
    if (trait !== other) return false
    same++
  }
  return same > 0
}
