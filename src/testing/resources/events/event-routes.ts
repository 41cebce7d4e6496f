import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../../../base/checks.ts'
import type { FaultValues } from '../../faults/active-faults.ts'
import type { FakeEnvironment } from '../../network/environment.ts'
import { bodyOf, refuse, replyAnswer, replyJSON } from '../../network/http-reply.ts'
import type { ReleaseProfile } from '../../releases/release-profile.ts'
import { nilUUID } from '../../wire/go.ts'
import { parseJSON } from '../../wire/json.ts'
import type { ListingQuery } from './event-store.ts'
import type { Events } from './events.ts'
import { builtEvent, restEvent, type StoredEvent } from './stored-event.ts'

/** A server with a store of events. */
interface EventServer extends FakeEnvironment {
  readonly events: Events
}

/** GET of the store: one page of events. */
export function listEvents(server: EventServer, query: URLSearchParams, response: ServerResponse): void {
  const { releaseProfile, activeFaults, timers, tcpConnections } = server
  if (query.get('sort') === 'name') {
    // `name` passes Meshery's whitelist, but events have no such column.
    replyAnswer(response, refuse(releaseProfile, 500, 'no such column: name'))
    return
  }
  // The answer contains what is stored now, however late it is sent.
  const body = listingBody(server, query)
  const answer = (): void => tcpConnections.whenThawed(() => replyJSON(response, body))
  if (activeFaults.values.storeDelayMs === 0) answer()
  else timers.after(activeFaults.values.storeDelayMs, answer)
}

function listingBody(server: EventServer, query: URLSearchParams): object {
  const { releaseProfile, activeFaults, identityProvider } = server
  const { store } = server.events
  const window = requestedWindow(server, query)
  const { rows, total } = store.list({
    sort: sortOf(query.get('sort')),
    order: activeFaults.values.ignoreAscending ? 'desc' : orderOf(query.get('order'), releaseProfile.defaultOrder),
    ...window,
    ...filterOf(query, releaseProfile),
  })
  const events = rows.map((event) => restEvent(event, releaseProfile))
  // The local database leaves the page at 0; only a provider's answer contains it.
  const reportsPage = releaseProfile.echoesPage || (identityProvider.isRemote && !releaseProfile.snakeCase)
  const page = reportsPage ? window.page : 0
  const totalCount = activeFaults.values.zeroTotal ? 0 : total
  const bySeverity = store.countBySeverity(query.get('status') ?? 'unread')
  if (releaseProfile.snakeCase) {
    return { events, page, page_size: window.size, total_count: totalCount, count_by_severity_level: bySeverity }
  }
  const readCount = store.readCount()
  return { events, page, pageSize: window.size, totalCount, countBySeverityLevel: bySeverity, readCount }
}

/** Which rows a request asks for. */
interface RequestedWindow {
  /** As the release counts it. */
  readonly page: number
  /** As the answer reports it. */
  readonly size: number
  /** Rows to skip. */
  readonly offset: number
  /** Undefined: all rows. */
  readonly limit: number | undefined
}

function requestedWindow(
  { releaseProfile, activeFaults, events }: EventServer,
  query: URLSearchParams,
): RequestedWindow {
  const { pageCap } = activeFaults.values
  const requested = query.get('pagesize') === 'all' ? 0 : goInteger(query.get('pagesize')) || 25
  const page = Math.max(goInteger(query.get('page')), releaseProfile.firstPage)
  // Without a positive size there is one page with all rows.
  if (requested <= 0 && pageCap === undefined) return { page, size: requested, offset: 0, limit: undefined }
  const size = Math.min(requested > 0 ? requested : Number.POSITIVE_INFINITY, pageCap ?? Number.POSITIVE_INFINITY)
  const pages = Math.ceil(events.store.rows.length / size)
  const offset = servedPage(page - releaseProfile.firstPage, pages, activeFaults.values) * size
  return { page, size, offset, limit: size }
}

/** The page that is served for the requested one, both counted from 0. */
function servedPage(requested: number, pages: number, { wrongPage }: FaultValues): number {
  if (wrongPage === 'first') return 0
  if (wrongPage === undefined) return requested
  return Math.min(requested, Math.max(0, pages - 1))
}

/** GET of the types: which categories and actions there are. */
export function listEventTypes({ events }: EventServer, response: ServerResponse): void {
  const distinct = (key: 'category' | 'action'): string[] => [...new Set(events.rows.map((event) => event[key]))]
  replyJSON(response, { category: distinct('category'), action: distinct('action') })
}

/** POST of an event: built, stored, pushed, and answered as it was built. */
export async function postEvent(
  { releaseProfile, events }: EventServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = parseJSON(await bodyOf(request))
  if (!isRecord(given)) return replyAnswer(response, refuse(releaseProfile, 400, 'unable to read the event'))
  const text = (...keys: string[]): string | undefined => {
    const found = keys.map((key) => given[key]).find((value) => typeof value === 'string' && value !== '')
    return typeof found === 'string' ? found : undefined
  }
  const actedUpon = text('actedUpon', 'acted_upon')
  const [action, category, severity] = [text('action'), text('category'), text('severity')]
  if (!actedUpon || actedUpon === nilUUID || !action || !category || !severity) {
    const message = 'actedUpon, action, category and severity are required'
    return replyAnswer(response, refuse(releaseProfile, 400, message))
  }
  const description = text('description') ?? ''
  const metadata = isRecord(given['metadata']) ? given['metadata'] : null
  const event = events.add({ actedUpon, action, category, severity, description, metadata })
  replyJSON(response, restEvent(builtEvent(event, releaseProfile), releaseProfile), 201)
}

/** A whole number as Go's `Atoi` reads it; everything else is 0. */
const goInteger = (text: string | null): number => (/^[+-]?\d+$/.test(text ?? '') ? Number(text) : 0)

function sortOf(sort: string | null): ListingQuery['sort'] {
  if (sort === null || sort === '') return 'updated_at'
  return sort === 'created_at' || sort === 'updated_at' ? sort : undefined
}

function orderOf(order: string | null, defaultOrder: 'asc' | 'desc'): 'asc' | 'desc' {
  const requested = order?.toLowerCase()
  return requested === 'asc' || requested === 'desc' ? requested : defaultOrder
}

type EventTest = (event: StoredEvent) => boolean

function filterOf(query: URLSearchParams, releaseProfile: ReleaseProfile): { matches?: EventTest } {
  const tests = listFilters(query, releaseProfile)
  const status = query.get('status')
  if (status) tests.push((event) => event.status === status)
  const search = query.get('search')?.toLowerCase()
  if (search) tests.push((event) => event.description.toLowerCase().includes(search))
  return tests.length === 0 ? {} : { matches: (event) => tests.every((test) => test(event)) }
}

/** The filters that are JSON lists. */
function listFilters(query: URLSearchParams, { filtersActedUpon }: ReleaseProfile): EventTest[] {
  const tests: EventTest[] = []
  for (const key of ['category', 'action', 'severity', 'actedUpon'] as const) {
    const text = query.get(key) || (key === 'actedUpon' && query.get('acted_upon'))
    if (!text || (key === 'actedUpon' && !filtersActedUpon)) continue
    const values = parseJSON(text)
    // Meshery only logs a filter that is no list, and ignores the filters after it.
    if (!Array.isArray(values)) break
    if (values.length > 0) tests.push((event) => values.includes(event[key]))
  }
  return tests
}
