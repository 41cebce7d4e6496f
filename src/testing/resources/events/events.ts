import { randomUUID } from 'node:crypto'
import type { FieldSource } from '../../graphql/field-source.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { goTime, nilUUID } from '../../wire/go.ts'
import type { FakeResource } from '../fake-resource.ts'
import { EventStore } from './event-store.ts'
import { graphqlEvent, type NewEvent, type StoredEvent } from './stored-event.ts'

/** How an event is added. */
export interface HowAdded {
  /** Whether it is pushed to live channels. Default true; `system` events never are. */
  readonly push?: boolean
  /** Whether it is stored. Default true. */
  readonly store?: boolean
  /** Milliseconds after which it is stored, while the push comes at once. Default: stored, then pushed. */
  readonly storeAfter?: number
}

/** The events of the fake: its store, and what it pushes. */
export interface FakeEvents {
  /**
   * Adds one event, created now by the fake's clock, and returns it as the store has it.
   *
   * Events of one operation come from one builder: they share `createdAt` and, up to v0.8, one row, which the later ones
   * overwrite.
   */
  add(event?: NewEvent, how?: HowAdded): StoredEvent
  /** Adds an event whose `createdAt` is `msBefore` milliseconds before the newest row, as a slow producer does. */
  insertLate(event: NewEvent | undefined, msBefore: number, how?: HowAdded): StoredEvent
  /** Pushes to the live channels without storing anything. `add` pushes by itself. */
  push(event: StoredEvent): void
  /** Deletes rows, as a user does. */
  remove(...ids: string[]): void
  /** Deletes all rows. */
  clear(): void
  /** The store, oldest `createdAt` first; rows of one moment in the order of their insertion. */
  readonly rows: readonly StoredEvent[]
}

/** Produces events: stores them first and pushes them second, both as the active faults allow. */
export class Events implements FakeEvents, FakeResource {
  readonly store: EventStore = new EventStore()
  readonly sources: Readonly<Record<string, FieldSource>> = {
    subscribeEvents: (_, sink) =>
      this.listen((event) => {
        const { releaseProfile, clock } = this.#environment
        sink.next(graphqlEvent(event, releaseProfile, goTime(clock())))
      }),
  }
  /** The level from which the server logs. */
  logLevel = 'info'
  readonly #environment: FakeEnvironment
  readonly #listeners = new Set<(event: StoredEvent) => void>()
  readonly #systemID = randomUUID()
  #count = 0
  #slotTaken = false

  constructor(environment: FakeEnvironment) {
    this.#environment = environment
  }

  get rows(): readonly StoredEvent[] {
    return [...this.store.rows]
  }

  /** Calls `listener` with every push. Returns a function that stops it. */
  listen(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  add(given: NewEvent = {}, { push = true, store = true, storeAfter }: HowAdded = {}): StoredEvent {
    const event = this.#build(given)
    const insert = (): void => this.store.insert(event)
    if (store && storeAfter !== undefined) this.#environment.timers.after(storeAfter, insert)
    else if (store) insert()
    if (push && given.system !== true) this.push(event)
    return event
  }

  insertLate(event: NewEvent | undefined, msBefore: number, how?: HowAdded): StoredEvent {
    const newest = this.store.rows.at(-1)
    const newestMs = newest ? Date.parse(newest.createdAt) : this.#environment.clock()
    return this.add({ createdAt: goTime(newestMs - msBefore), ...event }, how)
  }

  push(event: StoredEvent): void {
    const { values } = this.#environment.activeFaults
    if (values.pushesToDrop > 0) {
      values.pushesToDrop--
      return
    }
    if (values.oneSlot && !this.#takeSlot()) return
    for (const listener of this.#listeners) {
      listener(event)
      if (values.duplicatePushes) listener(event)
    }
  }

  remove(...ids: string[]): void {
    this.store.remove(ids)
  }

  clear(): void {
    this.store.clear()
  }

  /** Takes the only slot of this turn. False: another push has it. */
  #takeSlot(): boolean {
    if (this.#slotTaken) return false
    this.#slotTaken = true
    setImmediate(() => {
      this.#slotTaken = false
    })
    return true
  }

  #build({ system = false, ...given }: NewEvent): StoredEvent {
    const { operationID } = given
    const sibling = operationID ? this.store.rows.findLast((row) => row.operationID === operationID) : undefined
    const systemID = given.systemID ?? this.#systemID
    return {
      actedUpon: given.actedUpon ?? randomUUID(),
      operationID: operationID ?? randomUUID(),
      systemID,
      severity: given.severity ?? 'informational',
      action: given.action ?? 'create',
      status: given.status ?? 'unread',
      category: given.category ?? 'connection',
      description: given.description ?? `Event ${++this.#count}`,
      metadata: given.metadata ?? null,
      deletedAt: given.deletedAt ?? null,
      ...this.#identity(given, sibling),
      userID: system ? systemID : this.#userOf(given),
    }
  }

  /** The id and the times, which events of one builder share. */
  #identity(given: NewEvent, sibling: StoredEvent | undefined): Pick<StoredEvent, 'id' | 'createdAt' | 'updatedAt'> {
    const { releaseProfile, clock } = this.#environment
    const now = goTime(clock())
    const createdAt = given.createdAt ?? sibling?.createdAt ?? now
    const sharedID = releaseProfile.pushesId ? sibling?.id : undefined
    const updatedAt = given.updatedAt ?? (sibling ? now : createdAt)
    return { id: given.id ?? sharedID ?? randomUUID(), createdAt, updatedAt }
  }

  #userOf({ userID }: NewEvent): string | null {
    const { identityProvider, releaseProfile } = this.#environment
    if (userID === undefined) return identityProvider.user(releaseProfile)
    return userID === nilUUID ? null : userID
  }
}
