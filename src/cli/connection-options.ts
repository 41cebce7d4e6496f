import type { ParseArgsConfig } from 'node:util'
import type { MesheryOptions, TransportName } from '../index.ts'
import { readChoice, readChoices, readCount, readSpan, usageError } from './option-values.ts'

/** How to reach the server, and what to say of it. */
export const connectionConfig = {
  transport: { type: 'string', multiple: true },
  url: { type: 'string' },
  token: { type: 'string' },
  provider: { type: 'string' },
  timeout: { type: 'string' },
  'wait-for-server': { type: 'string' },
  output: { type: 'string', short: 'o' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** When to end, for a command that prints value after value. */
export const countConfig = {
  count: { type: 'string' },
  once: { type: 'boolean' },
} as const

type Values<Config extends NonNullable<ParseArgsConfig['options']>> = {
  readonly [Name in keyof Config]?: Config[Name] extends { readonly multiple: true }
    ? string[] | undefined
    : Config[Name] extends { readonly type: 'boolean' }
      ? boolean | undefined
      : string | undefined
}

/** `--wait-for-server` takes a span, after `=` or a blank, and needs none: `parseArgs` knows no such option. */
export const withSpans = ([first, ...rest]: readonly string[]): string[] => {
  if (first === undefined) return []
  if (first !== '--wait-for-server') return [first, ...withSpans(rest)]
  const [next, ...others] = rest
  return next !== undefined && /^\d/.test(next)
    ? [`${first}=${next}`, ...withSpans(others)]
    : [`${first}=`, ...withSpans(rest)]
}

/** What was asked for of the connection. */
export interface ConnectionOptions {
  readonly verbose: boolean
  readonly output: 'pretty' | 'wide' | 'json'
  /** Milliseconds; undefined: no end. */
  readonly timeout: number | undefined
  /** How long a server that does not answer is waited for at first, in milliseconds; 0: not at all. */
  readonly waitForServerMs: number
  readonly connection: MesheryOptions
}

/** What a command that follows something was asked for. */
export interface FollowOptions extends ConnectionOptions {
  /** How many values to print; undefined: no end. */
  readonly count: number | undefined
}

const transportNames = ['websocket', 'sse', 'polling'] as const satisfies readonly TransportName[]

/** @throws MesheryError INVALID_OPTION */
export const readConnectionOptions = (values: Values<typeof connectionConfig>): ConnectionOptions => {
  const {
    verbose = false,
    output = 'pretty',
    timeout,
    url,
    token,
    provider,
    transport,
    'wait-for-server': wait,
  } = values
  return {
    verbose,
    output: readChoice('output', output, ['pretty', 'wide', 'json']),
    timeout: timeout === undefined ? undefined : readSpan('timeout', timeout),
    waitForServerMs:
      wait === undefined ? 0 : wait === '' ? Number.POSITIVE_INFINITY : readSpan('wait-for-server', wait),
    connection: { url, token, provider, transports: readChoices('transport', transport, transportNames) },
  }
}

/** @throws MesheryError INVALID_OPTION */
export const readFollowOptions = (
  values: Values<typeof connectionConfig> & Values<typeof countConfig>,
): FollowOptions => {
  const { count, once = false } = values
  if (once && count !== undefined) throw usageError('--once is --count 1, and was given beside --count')
  return {
    ...readConnectionOptions(values),
    count: once ? 1 : count === undefined ? undefined : readCount('count', count, 1, Number.MAX_SAFE_INTEGER),
  }
}
