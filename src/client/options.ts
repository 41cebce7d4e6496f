import { isRecord, kindOf, refuse, shown, wantNames, wantNumber } from '../base/checks.ts'
import type { SentIdentity } from '../base/credentials-refused.ts'
import { type LogDetails, type Logger, type LogMethods, logLevels } from '../base/logger.ts'
import { RetryAfterHolds } from '../base/retry-after-holds.ts'
import type { CredentialSources } from '../credentials/credentials.ts'
import { type Identity, identityProblem } from '../credentials/identity.ts'
import type { ConnectionParams } from '../http/connection-params.ts'
import type { ProxyOption, TlsOptions } from '../platform/network-options.ts'
import type { Platform, ProviderRequest } from '../platform/platform.ts'
import { type Timeouts, type TransportName, transportNames } from '../transports/contract.ts'
import { readAddress } from './address.ts'
import { defaultLimits, type LimitOptions, type Limits } from './limits.ts'

/** What `createMeshery` accepts. Everything may be left out. */
export interface MesheryOptions {
  /**
   * The address of the Meshery Server: http, https, ws (taken as http) or wss (as https). A path is the one under which a front end serves
   * Meshery; `/api/system/` and what follows is left out. `user:password@` is sent to a gateway as `Basic` credentials. Default in Node:
   * `MESHERY_URL`, else the endpoint of mesheryctl's current context, else `http://localhost:9081`. Default in a browser:
   * the origin of the page.
   */
  readonly url?: string | URL | undefined
  /**
   * The name of a context of mesheryctl's `config.yaml`, in place of its current one. Only in Node. Its endpoint is the address where `url` is left
   * out, and its token goes to no other server. With it `MESHERY_URL`, `MESHERY_TOKEN`, `MESHERY_TOKEN_PATH` and `MESHERY_PROVIDER` are not read.
   * Default: the current context. A name that the file does not have is INVALID_OPTION, which lists those that it has.
   */
  readonly context?: string | undefined
  /**
   * The `token` cookie, as in mesheryctl's auth.json. Default in Node, when `provider` is not given either:
   * `MESHERY_TOKEN` and `MESHERY_PROVIDER`, else the file at `MESHERY_TOKEN_PATH`, else mesheryctl's token for this very
   * server. Empty: no token, and no source is read. In a browser the cookies of the page count; a token given here goes into `connection_init` only.
   */
  readonly token?: string | undefined
  /**
   * The `meshery-provider` cookie, such as `Meshery` or `Local`. Default: as for `token`; where that names none, in Node, the
   * Local provider of the server if there is no token, and the only remote one that the server lists if there is.
   */
  readonly provider?: string | undefined
  /** Called before each dial and after a refusal, in place of a fixed `token`. `provider` is used if the result has none. */
  readonly credentials?: (() => Promise<Identity> | Identity) | undefined
  /**
   * Additional values for `connection_init`; Meshery itself ignores them, gateways may not. An object, or a function called for each connection. Texts of at
   * least 8 characters in it count as secrets: no error, notice or log line shows them.
   */
  readonly connectionParams?: ConnectionParams | undefined
  /**
   * Headers for every request. Not in browsers, which cannot set them on a WebSocket. Default none. Values and words of at least 8
   * characters count as secrets: no error, notice or log line shows them.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * TLS towards the server, for every transport. Only in Node. Default: the certificate authorities of Node and of NODE_EXTRA_CA_CERTS,
   * SSL_CERT_FILE and SSL_CERT_DIR.
   */
  readonly tls?: TlsOptions | undefined
  /**
   * The proxy, for every transport: its address, false for none, or a function of the server's address that returns one of these. Only in
   * Node. Default: HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, except for this machine and the hosts in NO_PROXY.
   */
  readonly proxy?: ProxyOption | undefined
  /** The transports to use, in the order in which they are tried. Default websocket, sse, polling. */
  readonly transports?: readonly TransportName[] | undefined
  /** `attempts`: how often in a row a failed connection is tried again; 0 is never. Default Infinity. */
  readonly retry?: { readonly attempts?: number | undefined } | undefined
  /** Time limits, in milliseconds. Defaults: see `Timeouts`. */
  readonly timeouts?: TimeoutOptions | undefined
  /**
   * How often to poll, in milliseconds. `interval`: the shortest time between two reads, default 5 000. `maxInterval`: the
   * longest, reached while nothing is new; default 30 000, or `interval` if that is longer. Events are also read every
   * `interval` while the server stores them without pushing them.
   */
  readonly polling?: { readonly interval?: number | undefined; readonly maxInterval?: number | undefined } | undefined
  /**
   * How long a pushed event waits for its stored row, in milliseconds; up to five times as long while a read of the store
   * is under way. 0 delivers it at once. Default 2 000.
   */
  readonly settle?: number | undefined
  /** How many items may wait for a slow reader before it continues from the store. Default 1 000. */
  readonly buffer?: number | undefined
  /** Bounds on memory, in bytes. Defaults: see `Limits`. */
  readonly limits?: LimitOptions | undefined
  /** How many different things may be followed at a time; those with the same arguments count once. Default 32. */
  readonly operations?: number | undefined
  /**
   * Receives log lines, never a secret: an object such as pino's logger or `console`, or a function. `debug`: connections, requests and
   * events; `info`: each status; `warn`: the other notices; `error`: what ended a subscription. Default none. In Node and in workers `warn`
   * reports, once per client, that the token goes over `http://` to another machine; in Node also that other users may read its file. A
   * `logger` without `warn` silences both.
   */
  readonly logger?: Logger | undefined
  /** Closes the client when it aborts. */
  readonly signal?: AbortSignal | undefined
}

type TimeoutName = Exclude<keyof Timeouts, 'poll' | 'pollMax'> | 'silence'

/** `Timeouts` without the two that `polling` sets. `silence` is the older name of `idleSSE`. */
export type TimeoutOptions = { readonly [name in TimeoutName]?: number | undefined }

/** The options with every default in its place. Fits `new HttpClient(platform, new Credentials(credentials), options)`. */
export interface ResolvedOptions {
  /** http: or https:. Its path ends with `/`. */
  readonly url: URL
  readonly credentials: CredentialSources
  readonly connectionParams: ConnectionParams | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly transports: readonly TransportName[]
  /** Whether the user named them. */
  readonly namesTransports: boolean
  readonly operations: number
  readonly attempts: number
  readonly timeouts: Timeouts
  readonly settle: number
  readonly buffer: number
  readonly limits: Limits
  /** Which requests must wait for the time that `Retry-After` named. */
  readonly holds: RetryAfterHolds
  readonly logger: LogMethods
  readonly signal: AbortSignal | undefined
}

const optionNames = [
  'url',
  'context',
  'token',
  'provider',
  'credentials',
  'connectionParams',
  'headers',
  'tls',
  'proxy',
  'transports',
  'retry',
  'timeouts',
  'polling',
  'settle',
  'buffer',
  'limits',
  'operations',
  'logger',
  'signal',
] as const satisfies readonly (keyof MesheryOptions)[]

/** 0: as another one. */
const defaultTimeouts = {
  connect: 10_000,
  open: 0,
  write: 10_000,
  request: 10_000,
  ping: 20_000,
  pong: 8_000,
  idleSSE: 0,
  silence: 45_000,
  firstByte: 20_000,
  close: 1_000,
} as const satisfies Record<TimeoutName, number>

const readTransports = (given: unknown, available: readonly TransportName[]): readonly TransportName[] => {
  const allowed = `one or more of ${available.join(', ')}, each once`
  const isTransport = (value: unknown): value is TransportName => available.some((name) => name === value)
  if (!Array.isArray(given) || given.length === 0 || new Set(given).size < given.length) {
    return refuse('transports', shown(given), allowed)
  }
  return given.map((one: unknown) => (isTransport(one) ? one : refuse('transports', shown(one), allowed)))
}

/** A group of numbers from 1, each with its default. */
const readNumbers = <Name extends string>(
  group: string,
  given: unknown,
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> => {
  const values = wantNames(group, given, Object.keys(defaults))
  const numbers: Record<Name, number> = { ...defaults }
  for (const name in defaults) {
    if (values[name] !== undefined) numbers[name] = wantNumber(`${group}.${name}`, values[name], 1)
  }
  return numbers
}

const readTimeouts = (given: unknown): Omit<Timeouts, 'poll' | 'pollMax'> => {
  const { silence, ...timeouts } = readNumbers('timeouts', given, defaultTimeouts)
  return { ...timeouts, open: timeouts.open || timeouts.connect, idleSSE: timeouts.idleSSE || silence }
}

const readPolling = (given: unknown): Pick<Timeouts, 'poll' | 'pollMax'> => {
  const { interval, maxInterval } = readNumbers('polling', given, { interval: 5_000, maxInterval: 0 })
  if (maxInterval !== 0 && maxInterval < interval) {
    return refuse('polling.maxInterval', `${maxInterval}`, `at least \`polling.interval\`, which is ${interval}`)
  }
  return { poll: interval, pollMax: maxInterval || Math.max(interval, 30_000) }
}

const readSources = (options: MesheryOptions, platform: Platform, request: ProviderRequest): CredentialSources => {
  const { token, provider, credentials: ask } = options
  for (const [name, value] of Object.entries({ token, provider })) {
    if (value === null || identityProblem({ [name]: value }) !== undefined) {
      return refuse(name, `${kindOf(value)} that a cookie cannot hold`, 'a text as in auth.json')
    }
  }
  const { findProvider: find, renewToken: renew } = platform
  const common = {
    setsCookies: platform.setsHeaders,
    findProvider: find && ((who: SentIdentity) => find(who, request)),
    renewToken: renew && ((token: string, who: SentIdentity) => renew(token, who, request)),
  }
  if (ask !== undefined) {
    if (typeof ask !== 'function') return refuse('credentials', kindOf(ask), 'a function')
    if (token !== undefined) return refuse('token', 'beside `credentials`', 'its place only without it')
    // A result that is no object is passed on, and refused where identities are read.
    const named = async (): Promise<Identity> => {
      const identity = await ask()
      return provider === undefined || !isRecord(identity) ? identity : { provider, ...identity }
    }
    return { ask: named, ...common }
  }
  if (token === undefined && provider === undefined)
    return { read: () => platform.readCredentials(request.url), ...common }
  return {
    identity: { ...(token !== undefined && { token }), ...(provider !== undefined && { provider }) },
    ...common,
  }
}

const isSignal = (value: unknown): boolean => isRecord(value) && typeof value['aborted'] === 'boolean'

const readLogger = (logger: Logger): LogMethods => {
  if (typeof logger === 'function')
    return Object.fromEntries(
      logLevels.map((level) => [level, (details: LogDetails, message: string) => logger(level, details, message)]),
    )
  if (isRecord(logger) && logLevels.every((name) => /undef|func/.test(typeof logger[name]))) return logger
  return refuse('logger', kindOf(logger), 'a function, or an object with debug, info, warn or error functions')
}

/** Hands the options that only Node has to the platform, which checks them. */
const configure = ({ tls, proxy, context }: MesheryOptions, platform: Platform, timeouts: Timeouts): void => {
  for (const [name, value] of Object.entries({ tls, proxy, context })) {
    if (value !== undefined && !platform.configure)
      refuse(name, 'here', `its place only in Node: a ${platform.name} has its own`)
  }
  platform.configure?.({ tls, proxy, context, timeouts })
}

const addressOf = (options: MesheryOptions, platform: Platform): ReturnType<typeof readAddress> =>
  options.url === undefined ? readAddress(platform.defaultUrl(), 'url (by default)') : readAddress(options.url, 'url')

/**
 * The options, checked and with every default in its place.
 * @param available The transports of the client, in their default order.
 * @throws MesheryError INVALID_OPTION, which names the option, what was given (never a secret) and what is allowed.
 */
export const readOptions = (
  options: MesheryOptions,
  platform: Platform,
  available: readonly TransportName[] = transportNames,
): ResolvedOptions => {
  wantNames('options', options, optionNames)
  const { connectionParams, headers = {}, logger = {}, signal, retry = {}, timeouts = {}, polling = {} } = options
  const waits = { ...readTimeouts(timeouts), ...readPolling(polling) }
  // First, since the address by default is that of the context.
  configure(options, platform, waits)
  const { url, user } = addressOf(options, platform)
  const { attempts = Infinity } = wantNames('retry', retry, ['attempts'])
  if (connectionParams !== undefined && typeof connectionParams !== 'function' && !isRecord(connectionParams)) {
    return refuse('connectionParams', kindOf(connectionParams), 'an object or a function')
  }
  const log = readLogger(logger)
  if (signal !== undefined && !isSignal(signal)) return refuse('signal', kindOf(signal), 'an AbortSignal')
  if (!isRecord(headers)) return refuse('headers', kindOf(headers), 'an object of texts')
  if (user && !platform.setsHeaders)
    return refuse('url', 'an address with a user', 'one without: a page cannot set headers')
  const sent = platform.readHeaders(headers, user)
  // Half of the time that a dial may take: otherwise a slow lookup of the provider would look like missing credentials.
  const timeout = Math.min(waits.request, waits.connect / 2)
  const limits = readNumbers('limits', options.limits ?? {}, defaultLimits)
  const request = { url, headers: sent, timeout, limit: limits.messageBytes, holds: new RetryAfterHolds() }
  return {
    url,
    credentials: { ...readSources(options, platform, request), timeout: waits.connect },
    connectionParams,
    headers: sent,
    transports: readTransports(options.transports ?? available, available),
    namesTransports: options.transports !== undefined,
    operations: wantNumber('operations', options.operations ?? 32, 1, true),
    attempts: attempts === Infinity ? attempts : wantNumber('retry.attempts', attempts, 0, true),
    timeouts: waits,
    settle: wantNumber('settle', options.settle ?? 2_000, 0),
    buffer: wantNumber('buffer', options.buffer ?? 1_000, 1, true),
    limits,
    holds: request.holds,
    logger: log,
    signal,
  }
}
