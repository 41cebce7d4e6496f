import { randomUUID } from 'node:crypto'
import { goTime, nilUUID } from './go.ts'
import type { Script } from './script.ts'
import type { EventStore } from './store.ts'
import type { NewEvent, StoredEvent } from './stored-event.ts'
import type { Timers } from './timers.ts'

/** How an event comes into the world. */
export interface HowAdded {
  /** Whether live channels hear of it. Default true; never for `system` events. */
  readonly push?: boolean
  /** Whether it gets into the store. Default true. */
  readonly store?: boolean
  /** Milliseconds after which it gets into the store, while the push comes at once. Default: stored, then pushed. */
  readonly storeAfter?: number
}

/** The events of the fake: its store, and what is pushed from it. */
export interface FakeEvents {
  /** Adds one event, made now by the fake's clock, and returns it as it stands in the store. */
  add(event?: NewEvent, how?: HowAdded): StoredEvent
  /** Adds an event whose `createdAt` lies `msBefore` milliseconds before the newest row, as of a slow producer. */
  insertLate(event: NewEvent | undefined, msBefore: number, how?: HowAdded): StoredEvent
  /** Pushes to the live channels without storing anything: `add` does this by itself. */
  push(event: StoredEvent): void
  /** Deletes rows, as a user does. */
  remove(...ids: string[]): void
  /** Deletes all rows. */
  clear(): void
  /** The store, oldest `createdAt` first; rows of one moment in the order of their insertion. */
  readonly rows: readonly StoredEvent[]
}

/** The producer of events: stores first, pushes second, both as the script of faults lets it. */
export class Events implements FakeEvents {
  readonly #store: EventStore
  readonly #script: Script
  readonly #timers: Timers
  readonly #clock: () => number
  readonly #user: () => string | null
  readonly #listeners = new Set<(event: StoredEvent) => void>()
  readonly #systemID = randomUUID()
  #count = 0
  #slotTaken = false

  constructor(store: EventStore, script: Script, timers: Timers, clock: () => number, user: () => string | null) {
    this.#store = store
    this.#script = script
    this.#timers = timers
    this.#clock = clock
    this.#user = user
  }

  get rows(): readonly StoredEvent[] {
    return [...this.#store.rows]
  }

  /** Hears every push. Returns what stops it. */
  listen(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(given: NewEvent = {}, { push = true, store = true, storeAfter }: HowAdded = {}): StoredEvent {
    const event = this.#build(given)
    const system = given.system === true
    const insert = (): void => this.#store.insert(event)
    if (store && storeAfter !== undefined) this.#timers.after(storeAfter, insert)
    else if (store) insert()
    if (push && !system) this.push(event)
    return event
  }

  insertLate(event: NewEvent | undefined, msBefore: number, how?: HowAdded): StoredEvent {
    const newest = this.#store.rows.at(-1)
    const createdAt = goTime((newest ? Date.parse(newest.createdAt) : this.#clock()) - msBefore)
    return this.add({ createdAt, ...event }, how)
  }

  push(event: StoredEvent): void {
    if (this.#script.pushesToDrop > 0) {
      this.#script.pushesToDrop--
      return
    }
    if (this.#script.oneSlot) {
      if (this.#slotTaken) return
      this.#slotTaken = true
      setImmediate(() => {
        this.#slotTaken = false
      })
    }
    for (const listener of this.#listeners) {
      listener(event)
      if (this.#script.duplicatePushes) listener(event)
    }
  }

  remove(...ids: string[]): void {
    this.#store.remove(ids)
  }

  clear(): void {
    this.#store.clear()
  }

  #build({ system = false, ...given }: NewEvent): StoredEvent {
    const createdAt = given.createdAt ?? goTime(this.#clock())
    const systemID = given.systemID ?? this.#systemID
    const userID = given.userID === undefined ? this.#user() : given.userID
    return {
      id: given.id ?? randomUUID(),
      userID: system ? systemID : userID === nilUUID ? null : userID,
      actedUpon: given.actedUpon ?? randomUUID(),
      operationID: given.operationID ?? randomUUID(),
      systemID,
      severity: given.severity ?? 'informational',
      action: given.action ?? 'create',
      status: given.status ?? 'unread',
      category: given.category ?? 'connection',
      description: given.description ?? `Event ${++this.#count}`,
      metadata: given.metadata ?? null,
      createdAt,
      updatedAt: given.updatedAt ?? createdAt,
      deletedAt: given.deletedAt ?? null,
    }
  }
}
