// Checks the arguments of every call before anything is sent.
import { isUUID, kindOf, refuse, shown, wantInRange, wantNames } from '../base/checks.ts'
import { type MesheryEvent, severities } from '../streams/events.ts'
import { nilUUID } from '../streams/wire.ts'
import type { ActionOptions, EventFilters, ListEventsArguments } from './event-actions.ts'

/** The filters that take one value or several. */
const listFilters = ['severity', 'category', 'action', 'status', 'actedUpon'] as const
type ListFilter = (typeof listFilters)[number]

export const statuses = ['read', 'unread'] as const
export type EventStatus = (typeof statuses)[number]

const knownValues: { readonly [name in ListFilter]?: readonly string[] } = { severity: severities, status: statuses }

const maxPageSize = 100
const defaultPageSize = 25
/** Beyond it the offset of a page is no number that a server takes. */
const maxPage = 1e7

/** Filters that were checked. */
export interface CheckedFilters {
  readonly lists: ReadonlyMap<ListFilter, readonly string[]>
  readonly search: string
}

/** @throws MesheryError INVALID_OPTION */
export function readFilters(given: EventFilters, more: readonly string[] = []): CheckedFilters {
  wantNames('arguments', given, [...listFilters, 'search', ...more])
  const lists = new Map<ListFilter, readonly string[]>()
  for (const name of listFilters) {
    const value: unknown = given[name]
    if (value !== undefined) lists.set(name, readValues(name, value))
  }
  const { search = '' } = given
  if (typeof search !== 'string') refuse('search', kindOf(search), 'a text')
  return { lists, search }
}

function readValues(name: ListFilter, given: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(given) && given.length > 0 ? given : [given]
  const known = knownValues[name]
  return values.map((value) => {
    if (typeof value !== 'string' || value === '') return refuse(name, shown(value), 'one or more texts')
    return known && !known.includes(value) ? refuse(name, shown(value), `one of ${known.join(', ')}`) : value
  })
}

/** @throws MesheryError INVALID_OPTION */
export function readPage(given: ListEventsArguments): { readonly page: number; readonly pageSize: number } {
  const { page = 0, pageSize = defaultPageSize } = given
  return {
    page: wantInRange('page', page, { least: 0, most: maxPage, whole: true }),
    pageSize: wantInRange('pageSize', pageSize, { least: 1, most: maxPageSize, whole: true }),
  }
}

/** The filters as a server takes them. Lists are JSON; releases before v1.0 spell `acted_upon`. */
export function filterQuery({ lists, search }: CheckedFilters): Readonly<Record<string, string>> {
  const query: Record<string, string> = {}
  for (const [name, values] of lists) {
    if (name !== 'status') query[name] = JSON.stringify(values)
    // A server takes one status: with both, it is not to choose.
    else if (new Set(values).size === 1) query[name] = values[0] ?? ''
  }
  const { actedUpon } = query
  if (actedUpon !== undefined) query['acted_upon'] = actedUpon
  if (search !== '') query['search'] = search
  return query
}

/** Whether an event matches. Releases do not know every filter, so that their rows are filtered again. */
export const matches = (event: MesheryEvent, { lists, search }: CheckedFilters): boolean =>
  [...lists].every(([name, values]) => values.some((value) => value === event[name])) &&
  (event.description ?? '').toLowerCase().includes(search.toLowerCase())

/** The status to count. @throws MesheryError INVALID_OPTION */
export function readStatus(given: { readonly status?: EventStatus | undefined }): EventStatus {
  const { status = 'unread' } = wantNames('arguments', given, ['status'])
  const known = statuses.find((one) => one === status)
  return known ?? refuse('status', shown(status), `one of ${statuses.join(', ')}`)
}

/**
 * Each id once, in lower case. Meshery ignores what it cannot read: it would change those before it, and answer with a success.
 * @throws MesheryError INVALID_OPTION
 */
export function readIDs(given: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(given) ? given : [given]
  const ids = values.map((value) =>
    typeof value === 'string' && isUUID(value) && value !== nilUUID
      ? value.toLowerCase()
      : refuse('ids', shown(value), 'the id of a stored event, a UUID, or a list of them'),
  )
  return [...new Set(ids)]
}

/** @throws MesheryError INVALID_OPTION */
export function readActionOptions(given: ActionOptions): AbortSignal | undefined {
  const { signal } = given
  wantNames('options', given, ['signal'])
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') refuse('signal', kindOf(signal), 'an AbortSignal')
  return signal
}
