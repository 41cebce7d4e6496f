import type { MesheryEvent } from '../../src/browser.ts'
import { onNextFrame } from '../../src/react/frame.ts'
import { countMinute, type MinuteCounts, recentMinutes } from './minute-counts.ts'
import { charactersOf, shortened } from './shortened-event.ts'

/** An event as the page keeps it. */
export interface LoggedEvent {
  /** The id of the event, or one of the page's own where the id is null. */
  readonly key: string
  /** The event; of a very long one its beginning. */
  readonly event: MesheryEvent
  /** Its time in milliseconds since 1970: `createdAt`, or when it came. */
  readonly atMs: number
  /** What a search looks through, in lower case. */
  readonly searchText: string
  /** False of a very long event, which is kept shortened. */
  readonly isWhole: boolean
}

/** What the log shows: a new object after each change. */
export interface EventLogView {
  /** The log that it is a view of. */
  readonly log: EventLog
  /** The latest events, the newest last. */
  readonly events: readonly LoggedEvent[]
  /** How many events have come, those that are no longer kept included. */
  readonly received: number
  /** The categories that occur, sorted. */
  readonly categories: readonly string[]
  /** The actions that occur, sorted. */
  readonly actions: readonly string[]
  /** Events and problems of each minute. */
  readonly minutes: MinuteCounts
}

/** How much a log keeps. */
export interface EventLogLimits {
  /** Default 20,000. */
  readonly events: number
  /** Characters over all events. Default 33,554,432. */
  readonly characters: number
}

const defaultLimits: EventLogLimits = { events: 20_000, characters: 2 ** 25 }

/** How many characters of an event a search looks through. */
const searchedCharacters = 4_096

/** How many categories and actions are offered. */
const offeredNames = 100

/** The latest events of a page, within limits. What is added appears with the next frame. */
export class EventLog {
  readonly #limits: EventLogLimits
  readonly #listeners = new Set<() => void>()
  readonly #keys = new Set<string>()
  readonly #categories = new Set<string>()
  readonly #actions = new Set<string>()
  #waiting: LoggedEvent[] = []
  #received = 0
  #characters = 0
  #cancelFrame: (() => void) | undefined
  #view: EventLogView = { log: this, events: [], received: 0, categories: [], actions: [], minutes: new Map() }

  constructor(limits: Partial<EventLogLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits }
  }

  /** The same object until the next change. */
  readonly view = (): EventLogView => this.#view

  /** Calls `changed` after each change, until the result is called. */
  readonly listen = (changed: () => void): (() => void) => {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  /** Adds an event, unless one with its id is kept. */
  readonly add = (event: MesheryEvent): void => {
    const key = event.id ?? `pushed-${this.#received}`
    if (this.#keys.has(key)) return
    this.#received++
    this.#keys.add(key)
    const kept = shortened(event)
    this.#characters += charactersOf(kept)
    const isWhole = kept === event
    this.#waiting.push({ key, event: kept, atMs: timeOf(event), searchText: searchTextOf(kept), isWhole })
    if (this.#waiting.length > 2 * this.#limits.events) this.#flush()
    this.#cancelFrame ??= onNextFrame(() => this.#flush())
  }

  #flush(): void {
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    const added = this.#waiting
    this.#waiting = []
    const all = [...this.#view.events, ...added]
    const minutes = new Map(recentMinutes(this.#view.minutes, Date.now()))
    for (const { event, atMs } of added) {
      countMinute(minutes, event.severity, atMs)
      offer(this.#categories, event.category)
      offer(this.#actions, event.action)
    }
    this.#view = {
      log: this,
      events: all.slice(this.#dropOldest(all)),
      received: this.#received,
      categories: sameOr(this.#view.categories, this.#categories),
      actions: sameOr(this.#view.actions, this.#actions),
      minutes,
    }
    for (const changed of [...this.#listeners]) changed()
  }

  /** How many of the oldest events are beyond the limits. Forgets their keys. */
  #dropOldest(all: readonly LoggedEvent[]): number {
    let dropped = 0
    for (const { key, event } of all) {
      const isWithin = all.length - dropped <= this.#limits.events && this.#characters <= this.#limits.characters
      if (isWithin || dropped === all.length - 1) break
      this.#keys.delete(key)
      this.#characters -= charactersOf(event)
      dropped++
    }
    return dropped
  }
}

const timeOf = ({ createdAt }: MesheryEvent): number => {
  const atMs = createdAt === null ? Number.NaN : Date.parse(createdAt)
  return Number.isNaN(atMs) ? Date.now() : atMs
}

const searchTextOf = ({ description, category, action, actedUpon, operationID, id }: MesheryEvent): string =>
  [description, category, action, actedUpon, operationID, id].join(' ').slice(0, searchedCharacters).toLowerCase()

const offer = (names: Set<string>, name: string | null): void => {
  if (name && name.length <= 100 && names.size < offeredNames) names.add(name)
}

const sameOr = (known: readonly string[], names: ReadonlySet<string>): readonly string[] =>
  known.length === names.size ? known : [...names].sort()
