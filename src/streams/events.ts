import { isRecord } from '../base/checks.ts'
import { EventsDocument as v08 } from '../generated/v0.8.ts'
import { EventsDocument as v10 } from '../generated/v1.0.ts'
import type { EventDeclaration, ItemSource } from './event-declaration.ts'
import { text, time, uuid } from './wire.ts'

/** The severities that Meshery is known to send. */
export const severities = [
  'emergency',
  'alert',
  'critical',
  'error',
  'warning',
  'informational',
  'success',
  'debug',
] as const

/** One of `severities`: what the filters take. */
export type KnownSeverity = (typeof severities)[number]

/** How serious an event is. Open, since servers may add values; filters take `KnownSeverity`. */
export type Severity = KnownSeverity | (string & {})

/** What the filters take as `status`. */
export type EventStatus = 'read' | 'unread'

/**
 * Something that happened in Meshery, in one shape on every release and over every transport.
 *
 * A field is null where the server did not say. Events are normally delivered from Meshery's store; one whose stored
 * row could not be found in time is delivered as it was pushed. Releases that push no id of a row (late v0.8 onwards) push no true
 * times either: then `id` and `updatedAt` are null, and over a WebSocket so is `createdAt`.
 */
export interface MesheryEvent {
  /** The id of the stored row, a UUID. Null when the event was delivered as pushed, without a usable id. */
  readonly id: string | null
  /** The user whom the event belongs to; for the system's own events its `systemID`. `owner` on v1.0 and current. */
  readonly userID: string | null
  /** The id of what was acted upon: a design, a connection, ... */
  readonly actedUpon: string | null
  /** The id of the operation; the events of one operation share it. */
  readonly operationID: string | null
  /** The id of the Meshery Server that recorded the event. */
  readonly systemID: string | null
  readonly severity: Severity | null
  /** What was done, such as `create` or `deploy`. */
  readonly action: string | null
  /** `unread` or `read`, as it was when the event was read. */
  readonly status: string | null
  /** What the event is about, such as `pattern` or `connection`. */
  readonly category: string | null
  /** What happened, for people. */
  readonly description: string | null
  /** Whatever the producer attached. Errors are under `error`, with keys in PascalCase (`ProbableCause`, ...). */
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** When the event was made, RFC 3339 text by the server's clock. */
  readonly createdAt: string | null
  /** When its row last changed, RFC 3339 text. */
  readonly updatedAt: string | null
  /** When it was deleted, RFC 3339 text; null as a rule. */
  readonly deletedAt: string | null
}

/** Accepts every spelling of every line: GraphQL's, snake_case (REST to v0.8), camelCase (REST and SSE since v1.0). */
const item = (wire: unknown, origin: ItemSource): MesheryEvent | undefined => {
  if (!isRecord(wire)) return undefined
  const id = uuid(wire, 'id', 'ID')
  // Servers that push no id of a row over a WebSocket push the moment of delivery for both times.
  const untimed = origin === 'websocket' && id === null
  return {
    id,
    userID: uuid(wire, 'userID', 'owner', 'userId', 'user_id'),
    actedUpon: uuid(wire, 'actedUpon', 'acted_upon'),
    operationID: uuid(wire, 'operationID', 'operationId', 'operation_id'),
    systemID: uuid(wire, 'systemID', 'systemId', 'system_id'),
    severity: text(wire, 'severity'),
    action: text(wire, 'action'),
    status: text(wire, 'status'),
    category: text(wire, 'category'),
    description: text(wire, 'description'),
    metadata: isRecord(wire['metadata']) ? wire['metadata'] : null,
    createdAt: untimed ? null : time(wire, 'createdAt', 'created_at'),
    updatedAt: untimed ? null : time(wire, 'updatedAt', 'updated_at'),
    deletedAt: time(wire, 'deletedAt', 'deleted_at'),
  }
}

/** Meshery's events: everything its notification centre shows. */
export const events: EventDeclaration<MesheryEvent> = {
  kind: 'log',
  name: 'subscribeEvents',
  documents: [v08, v10],
  sse: '/api/system/events/subscribe',
  store: ['/api/system/events', '/api/v2/events'],
  page(body) {
    if (!isRecord(body)) return undefined
    const total = body['totalCount'] ?? body['total_count']
    // Go sends an empty list as null.
    const rows = body['events'] ?? body['data'] ?? (total === undefined ? undefined : [])
    return Array.isArray(rows) ? { rows, total: typeof total === 'number' ? total : 0 } : undefined
  },
  item,
  id: (event) => event.id,
  at: (event) => event.createdAt,
  traits: (event) => [
    event.operationID,
    event.actedUpon,
    event.category,
    event.action,
    event.severity,
    event.description,
  ],
  isPushed: (event) => event.userID !== event.systemID,
  since: 'v0.6.15x (September 2023)',
}
