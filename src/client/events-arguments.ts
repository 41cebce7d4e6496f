import { readPredicateAnswer } from '../base/callbacks.ts'
import { isObject, isRecord, isUUID, kindOf, refuse, shown, wantNames } from '../base/checks.ts'
import { spanMs } from '../base/time-span.ts'
import { ago, type Beginning } from '../events/store-reader.ts'
import { isStoredMatch } from '../events/trait-index.ts'
import { type EventStatus, events, type KnownSeverity, type MesheryEvent, severities } from '../streams/events.ts'
import type { EventSourceFunction } from './event-source.ts'

type OneOrMore<T> = T | readonly T[]

/** Which events, and from when. An event must pass every filter that is given. An empty list is INVALID_OPTION: nothing would pass. */
export interface EventsArguments {
  /** How bad. Narrower than the open type of an event: `severities.find((one) => one === event.severity)` fits. */
  readonly severity?: OneOrMore<KnownSeverity> | undefined
  /** What kind of thing it is about, such as `pattern` or `connection`: the server's own words. */
  readonly category?: OneOrMore<string> | undefined
  /** What was done, such as `create` or `deploy`: the server's own words. */
  readonly action?: OneOrMore<string> | undefined
  /** `read` or `unread`, as it was when the event was read. */
  readonly status?: OneOrMore<EventStatus> | undefined
  /** Ids of what was acted upon. */
  readonly actedUpon?: OneOrMore<string> | undefined
  /** Anything else. When it throws, this subscription fails. */
  readonly where?: ((event: MesheryEvent) => boolean) | undefined
  /**
   * Begin earlier than now: at a Date or an ISO time; so long before the call by the server's clock, such as `'10m'` (ms, s, m, h, d, w);
   * or after an event, given whole (as stored by a program that resumes) or by its id. A time without
   * a zone is local, a day alone begins in UTC, and a time ahead means now.
   */
  readonly since?: Date | string | Pick<MesheryEvent, 'id' | 'createdAt'> | undefined
  /** Follow the events from elsewhere, such as what relays wrote to NATS: `nats(...)` of `meshery-live/nats`. Default: from the Meshery Server. */
  readonly source?: EventSourceFunction | undefined
}

const filters = ['severity', 'category', 'action', 'status', 'actedUpon'] as const
const known: { readonly [name in (typeof filters)[number]]?: readonly string[] } = {
  severity: severities,
  status: ['read', 'unread'],
}
/**
 * The arguments as what they mean.
 * @throws MesheryError INVALID_OPTION, which names the argument
 */
export function readEventsArguments(given: EventsArguments): {
  readonly beginning: Beginning<MesheryEvent>
  readonly accepts: (event: MesheryEvent) => boolean
} {
  wantNames('arguments', given, [...filters, 'where', 'since', 'source'])
  const wanted = filters.flatMap((name) => {
    const value: unknown = given[name]
    if (value === undefined) return []
    const values: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [value]
    for (const one of values) {
      if (typeof one !== 'string' || one === '') refuse(name, shown(one), 'one or more texts')
      else if (known[name] && !known[name].includes(one)) refuse(name, shown(one), `one of ${known[name].join(', ')}`)
    }
    return [[name, new Set<unknown>(values)] as const]
  })
  const { where } = given
  for (const name of ['where', 'source'] as const) {
    const value = given[name]
    if (value !== undefined && typeof value !== 'function') refuse(name, kindOf(value), 'a function')
  }
  return {
    beginning: readSince(given.since),
    accepts: (event) =>
      wanted.every(([name, values]) => values.has(event[name])) &&
      (!where || readPredicateAnswer('where', where(event))),
  }
}

function readSince(since: EventsArguments['since']): Beginning<MesheryEvent> {
  if (since === undefined) return { from: 'now' }
  const allowed = "a Date, an ISO time, a span such as '10m', an event or an event's id"
  if (isObject(since) && 'getTime' in since) {
    const at = since.getTime()
    return Number.isNaN(at) ? refuse('since', 'an invalid Date', allowed) : { from: 'time', at }
  }
  if (typeof since === 'string') return readSinceText(since) ?? refuse('since', shown(since), allowed)
  if (!isRecord(since)) return refuse('since', kindOf(since), allowed)
  // A program's stored copy: whatever it left out is taken as not said.
  const event = events.item(since, 'store')
  if (!event || (event.id === null && event.operationID === null)) return refuse('since', 'no event', allowed)
  const { id, createdAt: at } = event
  return {
    from: 'row',
    label: `The event ${id ?? event.operationID}`,
    id,
    at,
    matches: (row) => isStoredMatch(events, event, row),
  }
}

function readSinceText(text: string): Beginning<MesheryEvent> | undefined {
  const durationMs = spanMs(text)
  if (durationMs !== undefined) return ago(durationMs)
  if (isUUID(text)) {
    const id = text.toLowerCase()
    return { from: 'row', label: `The event ${id}`, id, at: null, matches: (row) => row.id?.toLowerCase() === id }
  }
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN
  return Number.isNaN(at) ? undefined : { from: 'time', at }
}
