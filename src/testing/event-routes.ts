import type { IncomingMessage, ServerResponse } from 'node:http'
import { nilUUID } from './go.ts'
import { bodyOf, fromJSON, isRecord, reply, replyJSON, replyText } from './reply.ts'
import type { ListingQuery } from './store.ts'
import { restEvent, type StoredEvent } from './stored-event.ts'
import type { World } from './world.ts'

/** GET of the store: one page of events. */
export function listEvents(world: World, url: URL, response: ServerResponse): void {
  const { manners, script, store, gatekeeper } = world
  const query = url.searchParams
  if (query.get('sort') === 'name') {
    // `name` passes Meshery's whitelist, but events have no such column.
    replyText(response, 500, 'no such column: name')
    return
  }
  const all = query.get('pagesize') === 'all' && script.pageCap === undefined
  const size = all ? 0 : Math.min(whole(query.get('pagesize')) || 25, script.pageCap ?? Number.POSITIVE_INFINITY)
  const page = Math.max(whole(query.get('page')), manners.firstPage)
  const { rows, total } = store.list({
    sort: sortOf(query.get('sort')),
    order: script.ignoreAscending ? 'desc' : orderOf(query.get('order'), manners.defaultOrder),
    offset: all ? 0 : (page - manners.firstPage) * size,
    limit: all ? undefined : size,
    ...filterOf(query),
  })
  const events = rows.map((event) => restEvent(event, { manners }))
  // The local database leaves the page at 0; only a provider's answer has it.
  const shownPage = gatekeeper.remote && !manners.snake ? page : 0
  const totalCount = script.zeroTotal ? 0 : total
  const bySeverity = store.countBySeverity(query.get('status') ?? 'unread')
  const body = manners.snake
    ? { events, page: shownPage, page_size: size, total_count: totalCount, count_by_severity_level: bySeverity }
    : {
        events,
        page: shownPage,
        pageSize: size,
        totalCount,
        countBySeverityLevel: bySeverity,
        readCount: store.readCount(),
      }
  const answer = (): void => world.connections.whenThawed(() => replyJSON(response, body))
  if (script.storeDelay === 0) answer()
  else world.timers.after(script.storeDelay, answer)
}

/** GET of the types: which categories and actions there are. */
export function listEventTypes({ store }: World, response: ServerResponse): void {
  const distinct = (key: 'category' | 'action'): string[] => [...new Set(store.rows.map((event) => event[key]))]
  replyJSON(response, { category: distinct('category'), action: distinct('action') })
}

/** POST of an event: built, stored, pushed, and answered as it was built, with the nil id. */
export async function postEvent(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const given = fromJSON(await bodyOf(request))
  if (!isRecord(given)) return replyText(response, 400, 'unable to read the event')
  const text = (...keys: string[]): string | undefined => {
    const found = keys.map((key) => given[key]).find((value) => typeof value === 'string' && value !== '')
    return typeof found === 'string' ? found : undefined
  }
  const actedUpon = text('actedUpon', 'acted_upon')
  const [action, category, severity] = [text('action'), text('category'), text('severity')]
  if (!actedUpon || actedUpon === nilUUID || !action || !category || !severity) {
    return replyText(response, 400, 'actedUpon, action, category and severity are required')
  }
  const description = text('description') ?? ''
  const metadata = isRecord(given['metadata']) ? given['metadata'] : null
  const event = world.events.add({ actedUpon, action, category, severity, description, metadata })
  const body = restEvent(event, { manners: world.manners, id: nilUUID })
  replyJSON(response, body, 201)
}

/** DELETE of one event. */
export function deleteEvent({ events }: World, id: string, response: ServerResponse): void {
  events.remove(id)
  reply(response, 204)
}

/** A whole number of at least 0; everything else is 0. */
function whole(text: string | null): number {
  const value = Number(text ?? '')
  return Number.isInteger(value) && value > 0 ? value : 0
}

function sortOf(sort: string | null): ListingQuery['sort'] {
  if (sort === null || sort === '') return 'updated_at'
  return sort === 'created_at' || sort === 'updated_at' ? sort : undefined
}

const orderOf = (order: string | null, unsaid: 'asc' | 'desc'): 'asc' | 'desc' =>
  order === 'asc' || order === 'desc' ? order : unsaid

function filterOf(query: URLSearchParams): { matches?: (event: StoredEvent) => boolean } {
  const tests: ((event: StoredEvent) => boolean)[] = []
  for (const key of ['category', 'action', 'severity', 'actedUpon'] as const) {
    const wanted = listOf(query.get(key) ?? (key === 'actedUpon' ? query.get('acted_upon') : null))
    if (wanted.length > 0) tests.push((event) => wanted.includes(event[key]))
  }
  const status = query.get('status')
  if (status) tests.push((event) => event.status === status)
  const search = query.get('search')?.toLowerCase()
  if (search) tests.push((event) => event.description.toLowerCase().includes(search))
  return tests.length === 0 ? {} : { matches: (event) => tests.every((test) => test(event)) }
}

/** A JSON array as text; what is none filters nothing, as in Meshery, which only logs it. */
function listOf(text: string | null): readonly unknown[] {
  const list = text === null ? undefined : fromJSON(text)
  return Array.isArray(list) ? list : []
}
