import type { IncomingMessage, ServerResponse } from 'node:http'
import { nilUUID } from './go.ts'
import { refuse } from './part.ts'
import { bodyOf, fromJSON, isRecord, reply, replyAnswer, replyJSON } from './reply.ts'
import type { ListingQuery } from './store.ts'
import { builtEvent, restEvent, type StoredEvent } from './stored-event.ts'
import type { World } from './world.ts'

/** GET of the store: one page of events. */
export function listEvents(world: World, url: URL, response: ServerResponse): void {
  const { manners, script, store, gatekeeper } = world
  const query = url.searchParams
  if (query.get('sort') === 'name') {
    // `name` passes Meshery's whitelist, but events have no such column.
    replyAnswer(response, refuse(manners, 500, 'no such column: name'))
    return
  }
  const asked = query.get('pagesize') === 'all' ? 0 : whole(query.get('pagesize')) || 25
  // A size below 0 limits nothing, and skips nothing.
  const all = asked <= 0 && script.pageCap === undefined
  const size = all
    ? asked
    : Math.min(asked > 0 ? asked : Number.POSITIVE_INFINITY, script.pageCap ?? Number.POSITIVE_INFINITY)
  const page = Math.max(whole(query.get('page')), manners.firstPage)
  const listing = {
    sort: sortOf(query.get('sort')),
    order: script.ignoreAscending ? 'desc' : orderOf(query.get('order'), manners.defaultOrder),
    limit: all ? undefined : size,
    ...filterOf(query),
  } as const
  const offset = all ? 0 : servedPage(page - manners.firstPage, size, world) * size
  const { rows, total } = store.list({ ...listing, offset })
  const events = rows.map((event) => restEvent(event, manners))
  // The local database leaves the page at 0; only a provider's answer has it.
  const shownPage = manners.echoesPage || (gatekeeper.remote && !manners.snake) ? page : 0
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

/** POST of an event: built, stored, pushed, and answered as it was built. */
export async function postEvent(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { manners } = world
  const given = fromJSON(await bodyOf(request))
  if (!isRecord(given)) return replyAnswer(response, refuse(manners, 400, 'unable to read the event'))
  const text = (...keys: string[]): string | undefined => {
    const found = keys.map((key) => given[key]).find((value) => typeof value === 'string' && value !== '')
    return typeof found === 'string' ? found : undefined
  }
  const actedUpon = text('actedUpon', 'acted_upon')
  const [action, category, severity] = [text('action'), text('category'), text('severity')]
  if (!actedUpon || actedUpon === nilUUID || !action || !category || !severity) {
    return replyAnswer(response, refuse(manners, 400, 'actedUpon, action, category and severity are required'))
  }
  const description = text('description') ?? ''
  const metadata = isRecord(given['metadata']) ? given['metadata'] : null
  const event = world.events.add({ actedUpon, action, category, severity, description, metadata })
  replyJSON(response, restEvent(builtEvent(event, manners), manners), 201)
}

/** DELETE of one event. */
export function deleteEvent({ events }: World, id: string, response: ServerResponse): void {
  events.remove(id)
  reply(response, 204)
}

/** The page that is served for the one that was asked for, both counted from 0. */
function servedPage(asked: number, size: number, { script, store }: World): number {
  if (script.wrongPage === 'first') return 0
  if (script.wrongPage === undefined) return asked
  return Math.min(asked, Math.max(0, Math.ceil(store.rows.length / size) - 1))
}

/** A whole number as Go's `Atoi` reads it; everything else is 0. */
const whole = (text: string | null): number => (/^[+-]?\d+$/.test(text ?? '') ? Number(text) : 0)

function sortOf(sort: string | null): ListingQuery['sort'] {
  if (sort === null || sort === '') return 'updated_at'
  return sort === 'created_at' || sort === 'updated_at' ? sort : undefined
}

function orderOf(order: string | null, unsaid: 'asc' | 'desc'): 'asc' | 'desc' {
  const said = order?.toLowerCase()
  return said === 'asc' || said === 'desc' ? said : unsaid
}

function filterOf(query: URLSearchParams): { matches?: (event: StoredEvent) => boolean } {
  const tests: ((event: StoredEvent) => boolean)[] = []
  for (const key of ['category', 'action', 'severity', 'actedUpon'] as const) {
    const text = query.get(key) || (key === 'actedUpon' && query.get('acted_upon'))
    if (!text) continue
    const wanted = fromJSON(text)
    // As in Meshery, which only logs what is no list, and looks at none of the filters after it.
    if (!Array.isArray(wanted)) break
    if (wanted.length > 0) tests.push((event) => wanted.includes(event[key]))
  }
  const status = query.get('status')
  if (status) tests.push((event) => event.status === status)
  const search = query.get('search')?.toLowerCase()
  if (search) tests.push((event) => event.description.toLowerCase().includes(search))
  return tests.length === 0 ? {} : { matches: (event) => tests.every((test) => test(event)) }
}
