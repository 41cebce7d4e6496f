// Reads the answers of every release.
import { isRecord } from '../base/checks.ts'
import { severities } from '../streams/events.ts'
import { number, records, text, type Wire } from '../streams/wire.ts'
import type { EventStatus } from './arguments.ts'
import type { EventLogLevel, EventSummary, EventTypes } from './event-actions.ts'

const ranks: ReadonlyMap<string, number> = new Map(severities.map((severity, rank) => [severity, rank]))
const rankOf = (severity: string): number => ranks.get(severity) ?? severities.length

/** The counts beside a page of events that is filtered by a status. */
export function readSummary(body: unknown, status: EventStatus): EventSummary {
  const wire: Wire = isRecord(body) ? body : {}
  const listed = records(wire['countBySeverityLevel'] ?? wire['count_by_severity_level']) ?? []
  const countBySeverityLevel = listed
    .map((one) => ({ severity: text(one, 'severity') ?? '', count: number(one, 'count') ?? 0 }))
    .sort((a, b) => rankOf(a.severity) - rankOf(b.severity))
  const counted = countBySeverityLevel.reduce((sum, { count }) => sum + count, 0)
  return {
    status,
    // Behind some remote providers the total is 0 beside counts that are not.
    totalCount: number(wire, 'totalCount', 'total_count') || counted,
    countBySeverityLevel,
    readCount: number(wire, 'readCount', 'read_count'),
  }
}

const texts = (value: unknown): readonly string[] | undefined => {
  if (value === null || value === undefined) return []
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : undefined
}

/** Undefined when it is no such answer. */
export function readTypes(body: unknown): EventTypes | undefined {
  if (!isRecord(body) || !('category' in body || 'action' in body)) return undefined
  const [categories, actions] = [texts(body['category']), texts(body['action'])]
  return categories && actions && { categories, actions }
}

/** Undefined when it is no such answer. */
export function readLogLevel(body: unknown): EventLogLevel | undefined {
  const wire: Wire = isRecord(body) ? body : {}
  const logLevel = text(wire, 'eventLogLevel', 'event_log_level', 'log_level')
  const availableLevels = texts(wire['availableLevels'] ?? wire['available_levels'])
  return logLevel === null || !availableLevels ? undefined : { logLevel, availableLevels }
}

/** The text of an error that comes with status 200; undefined: the answer reports none. */
export function errorTextOf(body: unknown): string | undefined {
  if (typeof body === 'string') return body
  if (!isRecord(body)) return undefined
  return text(body, 'error') ?? (body['status'] === 'error' ? 'it reports an error' : undefined)
}
