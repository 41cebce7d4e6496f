import { parseArgs } from 'node:util'
import { type EventsArguments, type MesheryOptions, severities, type TransportName } from '../index.ts'
import { readArguments, readChoice, readChoices, readCount, readList, readSpan } from './arguments.ts'

/** What the command `events` was asked for. */
export interface EventsOptions {
  readonly help: boolean
  readonly verbose: boolean
  readonly output: 'pretty' | 'json'
  /** How many events to print; undefined: no end. */
  readonly count: number | undefined
  /** Milliseconds; undefined: no end. */
  readonly timeout: number | undefined
  readonly filters: EventsArguments
  readonly connection: MesheryOptions
}

const transportNames = ['websocket', 'sse', 'polling'] as const satisfies readonly TransportName[]

/** @throws MesheryError INVALID_OPTION */
export const readEventsOptions = (given: readonly string[]): EventsOptions => {
  const { values } = readArguments('events', () =>
    parseArgs({
      args: [...given],
      options: {
        severity: { type: 'string', multiple: true },
        category: { type: 'string', multiple: true },
        action: { type: 'string', multiple: true },
        status: { type: 'string', multiple: true },
        'acted-upon': { type: 'string', multiple: true },
        since: { type: 'string' },
        count: { type: 'string' },
        timeout: { type: 'string' },
        output: { type: 'string', short: 'o', default: 'pretty' },
        transport: { type: 'string', multiple: true },
        url: { type: 'string' },
        token: { type: 'string' },
        provider: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }),
  )
  const { count, timeout, url, token, provider } = values
  return {
    help: values.help,
    verbose: values.verbose,
    output: readChoice('output', values.output, ['pretty', 'json']),
    count: count === undefined ? undefined : readCount('count', count, 1, Number.MAX_SAFE_INTEGER),
    timeout: timeout === undefined ? undefined : readSpan('timeout', timeout),
    filters: {
      severity: readChoices('severity', values.severity, severities),
      category: readList(values.category),
      action: readList(values.action),
      status: readChoices('status', values.status, ['read', 'unread']),
      actedUpon: readList(values['acted-upon']),
      since: values.since,
    },
    connection: { url, token, provider, transports: readChoices('transport', values.transport, transportNames) },
  }
}
