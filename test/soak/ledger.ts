import type { MesheryEvent } from '../../src/index.ts'
import type { FakeMeshery, HowAdded, NewEvent, StoredEvent } from '../../src/testing/index.ts'

/** An event of the run, and the state of its row. */
export interface Entry {
  readonly event: StoredEvent
  /** When it got into the store, as a count. */
  readonly order: number
  readonly at: number
  /** Whether newer rows were stored before it: then a read may have passed its place already. */
  readonly late: boolean
  removed: boolean
  /** Whether it may be missing: never stored, or inserted further back than a read looks. */
  optional: boolean
}

/** How far below the newest row a late row may be. The reader goes back at least 25 rows, less the deleted ones. */
export const depth = 10

/** Everything that was stored and deleted in a run. Each event has an operation id of its own, by which it is identified. */
export class Ledger {
  readonly #fake: FakeMeshery
  readonly #entries = new Map<string, Entry>()
  #newest = -Infinity
  readonly #noted: Entry[] = []
  /** Once rows were listed in descending order, rows of the same time have no known order. */
  tiesCount = true

  constructor(fake: FakeMeshery) {
    this.#fake = fake
    for (const event of fake.events.rows) this.#note(event, false)
  }

  /** How many events the run has made. */
  get size(): number {
    return this.#noted.length
  }

  add(given: NewEvent = {}, how: HowAdded = {}): StoredEvent {
    const event = this.#fake.events.add(given, { ...how, push: false })
    this.#note(event, how.store === false)
    // Marked, since some releases push what equals the row.
    if (how.push !== false && !given.system) this.#fake.events.push({ ...event, metadata: { pushed: true } })
    return event
  }

  /** Inserts a row a few rows below the newest one. */
  insertLate(rowsBack: number, how: HowAdded, given: NewEvent = {}): void {
    const row = this.#fake.events.rows.at(-Math.min(rowsBack, depth))
    this.add(row ? { ...given, createdAt: row.createdAt } : given, how)
  }

  /** Stores an event that was pushed before. */
  storeAfterwards(event: StoredEvent): void {
    const newer = this.#fake.events.rows.filter((row) => Date.parse(row.createdAt) > Date.parse(event.createdAt))
    this.#fake.events.add(event, { push: false })
    this.#note(event, newer.length > depth)
  }

  remove(event: StoredEvent): void {
    this.#fake.events.remove(event.id)
    const entry = this.#entries.get(event.operationID)
    if (entry) entry.removed = true
  }

  of(event: MesheryEvent): Entry | undefined {
    return event.operationID === null ? undefined : this.#entries.get(event.operationID)
  }

  /** The entries after so many. That of an event which was stored after its push follows another one, which is optional. */
  since(count: number): readonly Entry[] {
    return this.#noted.slice(count)
  }

  /** Whether `a` comes after `b` in the store. */
  after(a: Entry, b: Entry): boolean {
    return a.at > b.at || (this.tiesCount && a.at === b.at && a.order > b.order)
  }

  #note(event: StoredEvent, optional: boolean): void {
    const at = Date.parse(event.createdAt)
    const late = at < this.#newest
    if (!optional) this.#newest = Math.max(this.#newest, at)
    const entry: Entry = { event, order: this.#noted.length, at, late, removed: false, optional }
    this.#noted.push(entry)
    this.#entries.set(event.operationID, entry)
  }
}
