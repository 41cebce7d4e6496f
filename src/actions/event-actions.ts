import type { AsyncCloseable } from '../base/disposable.ts'
import type { EventStatus, KnownSeverity, MesheryEvent } from '../streams/events.ts'

/** One value, or a list of them. */
export type OneOrMore<T> = T | readonly T[]

/** Which events are listed: those that match every filter that is given. A list matches any of its values. */
export interface EventFilters {
  readonly severity?: OneOrMore<KnownSeverity> | undefined
  /** Such as `pattern` or `connection`. */
  readonly category?: OneOrMore<string> | undefined
  /** Such as `create` or `deploy`. */
  readonly action?: OneOrMore<string> | undefined
  readonly status?: OneOrMore<EventStatus> | undefined
  /** The id of what was acted upon. */
  readonly actedUpon?: OneOrMore<string> | undefined
  /** A part of the description. Case does not count. */
  readonly search?: string | undefined
}

/** Which page is listed. */
export interface ListEventsArguments extends EventFilters {
  /** Counted from 0, which is the page of the newest events. Default 0. */
  readonly page?: number | undefined
  /** How many events a page has, from 1 to 100. Default 25. */
  readonly pageSize?: number | undefined
}

/** One page of the store, newest event first. */
export interface EventPage {
  readonly events: readonly MesheryEvent[]
  readonly page: number
  readonly pageSize: number
  /** How many events match on all pages together. Null where the server does not say, or does not know one of the filters. */
  readonly totalCount: number | null
  /** Whether there are older events that may match. */
  readonly hasMore: boolean
}

/** How many events there are. */
export interface EventSummary {
  /** Which events are counted. */
  readonly status: 'read' | 'unread'
  readonly totalCount: number
  /** One entry for each severity that occurs, the most serious first. */
  readonly countBySeverityLevel: readonly { readonly severity: string; readonly count: number }[]
  /** How many events are read, whatever `status` is. Null on releases before v1.0. */
  readonly readCount: number | null
}

/** What the events of a server can be filtered by. */
export interface EventTypes {
  readonly categories: readonly string[]
  readonly actions: readonly string[]
}

/** What became of the events that were to be changed or deleted. */
export interface EventChanges {
  /** The ids that the server changed or deleted. A release from v1.0 on does not report which ids it knows. */
  readonly done: readonly string[]
  /** The ids that the server does not know. Only releases before v1.0 report them, and not for deletions. */
  readonly missing: readonly string[]
}

/** From which level on the server logs. */
export interface EventLogLevel {
  /** Such as `info`. */
  readonly logLevel: string
  /** The levels that `setLogLevel` takes. */
  readonly availableLevels: readonly string[]
}

/** What every call takes. */
export interface ActionOptions {
  /** Ends the call with CLOSED. The outcome of a change that is under way is unknown then. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads and changes the stored events of one Meshery Server: what Meshery's notification center does. Every call checks its
 * arguments before anything is sent, and rejects with a MesheryError. A change that ends with an error says in
 * `details` what became of each id: `done`, `missing`, `unchanged` and `unknown`.
 */
export interface EventActions extends AsyncCloseable {
  /** The address of the server. */
  readonly url: string
  /**
   * One page of the stored events, newest first.
   * @throws MesheryError INVALID_OPTION; UNSUPPORTED on a release without events; CLOSED after `close()`; errors of the network and the server.
   * @example
   * ```ts
   * const { events, totalCount } = await actions.listEvents({ severity: ['error', 'critical'], status: 'unread' })
   * ```
   */
  listEvents(which?: ListEventsArguments, options?: ActionOptions): Promise<EventPage>
  /**
   * Every stored event, from the newest back to the oldest, each once, also while events are added, changed and deleted. Reads a
   * page when it is needed; remembers the ids of what it has given.
   * @throws MesheryError as `listEvents` does.
   * @example
   * ```ts
   * for await (const event of actions.listAllEvents({ category: 'pattern' })) console.log(event.description)
   * ```
   */
  listAllEvents(filters?: EventFilters, options?: ActionOptions): AsyncIterable<MesheryEvent>
  /**
   * How many events there are, by severity.
   * @param which `status`: which of them are counted. Default `unread`.
   * @throws MesheryError as `listEvents` does.
   */
  summary(which?: { readonly status?: 'read' | 'unread' | undefined }, options?: ActionOptions): Promise<EventSummary>
  /**
   * The categories and actions of the stored events.
   * @throws MesheryError as `listEvents` does.
   */
  types(options?: ActionOptions): Promise<EventTypes>
  /**
   * Marks events as read, up to 100 in one request.
   * @param ids Ids of stored events. An event that was delivered as pushed may have none.
   * @throws MesheryError INVALID_OPTION, also for an id that is no UUID: nothing is sent then. UNSUPPORTED on a release without
   * this. Otherwise the error that ended it, with what became of each id in `details`.
   */
  markRead(ids: OneOrMore<string>, options?: ActionOptions): Promise<EventChanges>
  /** Marks events as unread. Takes, gives and throws what `markRead` does. */
  markUnread(ids: OneOrMore<string>, options?: ActionOptions): Promise<EventChanges>
  /** Deletes events for good. Takes, gives and throws what `markRead` does. */
  remove(ids: OneOrMore<string>, options?: ActionOptions): Promise<EventChanges>
  /**
   * From which level on the server logs. Meshery has it beside its events, from v0.8 on.
   * @throws MesheryError as `listEvents` does; UNSUPPORTED on a release without it.
   */
  logLevel(options?: ActionOptions): Promise<EventLogLevel>
  /**
   * Sets that level for the whole server, until it restarts.
   * @param level One of `availableLevels`.
   * @throws MesheryError as `logLevel` does; INVALID_OPTION for a level that the server does not have.
   */
  setLogLevel(level: string, options?: ActionOptions): Promise<EventLogLevel>
  /** Ends every call and every connection. */
  close(): Promise<void>
}
