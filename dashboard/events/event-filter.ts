import type { LoggedEvent } from './event-log.ts'
import { isKnownSeverity, otherSeverity } from './severity.ts'

/** Which events are shown, and how. */
export interface EventFilter {
  /** Empty for all. `other` is every one that Meshery is not known to send. */
  readonly severities: readonly string[]
  /** Empty for all. */
  readonly category: string
  /** Empty for all. */
  readonly action: string
  /** Every word must occur. */
  readonly text: string
  /** How far back the events begin. */
  readonly since: Since
  /** Whether the events of one operation are one row that opens. */
  readonly isGrouped: boolean
}

/** How far back the events can begin. */
export const sinceChoices = ['15m', '1h', '24h', '7d'] as const
export type Since = (typeof sinceChoices)[number]

/** The choices for people. */
export const sinceLabels: Readonly<Record<Since, string>> = {
  '15m': '15 minutes',
  '1h': '1 hour',
  '24h': '24 hours',
  '7d': '7 days',
}

const defaultSince: Since = '24h'

/** Reads the filter from the query of the page's address. What it does not know has its default. */
export function readFilter(query: string): EventFilter {
  const params = new URLSearchParams(query)
  const since = sinceChoices.find((choice) => choice === params.get('since')) ?? defaultSince
  return {
    severities: (params.get('severity') ?? '').split(',').filter((one) => one !== ''),
    category: params.get('category') ?? '',
    action: params.get('action') ?? '',
    text: params.get('text') ?? '',
    since,
    isGrouped: params.get('group') !== 'none',
  }
}

/** The query with the filter in it. What belongs to others stays. */
export function writeFilter(query: string, filter: EventFilter): string {
  const params = new URLSearchParams(query)
  const values = {
    severity: filter.severities.join(','),
    category: filter.category,
    action: filter.action,
    text: filter.text,
    since: filter.since === defaultSince ? '' : filter.since,
    group: filter.isGrouped ? '' : 'none',
  }
  for (const [name, value] of Object.entries(values)) {
    if (value === '') params.delete(name)
    else params.set(name, value)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** Whether the filter leaves any event out. */
export const isFiltering = ({ severities, category, action, text }: EventFilter): boolean =>
  severities.length > 0 || category !== '' || action !== '' || text.trim() !== ''

/** Tests events against the filter. */
export function filterTest(filter: EventFilter): (entry: LoggedEvent) => boolean {
  const severities = new Set<string | null>(filter.severities)
  const words = filter.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const acceptsSeverity = (severity: string | null): boolean =>
    severities.size === 0 || severities.has(severity) || (severities.has(otherSeverity) && !isKnownSeverity(severity))
  return ({ event, searchText }) =>
    acceptsSeverity(event.severity) &&
    (filter.category === '' || event.category === filter.category) &&
    (filter.action === '' || event.action === filter.action) &&
    words.every((word) => searchText.includes(word))
}
