/** Where in the way of a connection an error arose, in the order in which a connection passes through. */
export type ErrorPhase =
  | 'options'
  | 'credentials'
  | 'dns'
  | 'tcp'
  | 'proxy'
  | 'tls'
  | 'upgrade'
  | 'ack'
  | 'subscribe'
  | 'stream'
  | 'store'
  | 'poll'
  | 'action'

interface Kind {
  /** Whether trying the same thing again, unchanged, can succeed. */
  readonly retryable: boolean
  /** What to do about it, as a sentence. */
  readonly remedy: string
}

const kind = (retryable: boolean, remedy: string): Kind => ({ retryable, remedy })

/** A stable name for what went wrong: programs may compare it. `docs/errors.md` says what to do about each. */
export type ErrorCode =
  | 'INVALID_OPTION'
  | 'CREDENTIALS_UNREADABLE'
  | 'CREDENTIALS_REFUSED'
  | 'GATEWAY_LOGIN'
  | 'WRONG_SCHEME'
  | 'NOT_MESHERY'
  | 'HOST_UNKNOWN'
  | 'CONNECTION_REFUSED'
  | 'UNREACHABLE'
  | 'TLS_REFUSED'
  | 'PROXY_REFUSED'
  | 'TIMED_OUT'
  | 'SERVER_ERROR'
  | 'RATE_LIMITED'
  | 'TRANSPORT_UNAVAILABLE'
  | 'NO_TRANSPORT'
  | 'UNSUPPORTED'
  | 'CONNECTION_LOST'
  | 'CONNECTION_SILENT'
  | 'BAD_FRAME'
  | 'TOO_LARGE'
  | 'GRAPHQL_ERROR'
  | 'SINCE_UNKNOWN'
  | 'RETRIES_EXHAUSTED'
  | 'SUBSCRIPTION_IN_USE'
  | 'TOO_MANY_OPERATIONS'
  | 'CALLBACK_FAILED'
  | 'CLOSED'

/** The defaults of each code; an error may override them. */
export const errorKinds: Readonly<Record<ErrorCode, Kind>> = {
  INVALID_OPTION: kind(false, 'Correct what the message names; nothing was sent.'),
  CREDENTIALS_UNREADABLE: kind(false, 'Fix the source of the credentials that the message names.'),
  CREDENTIALS_REFUSED: kind(
    false,
    'Log in again (`mesheryctl system login`), or pass a fresh `token` and its `provider`.',
  ),
  GATEWAY_LOGIN: kind(false, 'Pass what the gateway wants in `headers`, or use another address.'),
  WRONG_SCHEME: kind(false, 'Use the https:// address that the message names.'),
  NOT_MESHERY: kind(false, 'Check `url`: it must be the address of a Meshery Server.'),
  HOST_UNKNOWN: kind(true, 'Check the host in `url`, and DNS.'),
  CONNECTION_REFUSED: kind(true, 'Start Meshery (`mesheryctl system start`), or check `url`.'),
  UNREACHABLE: kind(true, 'Check the network, firewall and proxy up to Meshery.'),
  TLS_REFUSED: kind(false, 'Trust the certificate authority of the server, for example by NODE_EXTRA_CA_CERTS.'),
  PROXY_REFUSED: kind(false, 'Let the proxy pass connections to Meshery, or name its host in NO_PROXY.'),
  TIMED_OUT: kind(true, 'Check the server, or raise what the message names in `timeouts`.'),
  SERVER_ERROR: kind(true, 'Look into the log of the server.'),
  RATE_LIMITED: kind(true, 'Wait, and poll less often.'),
  TRANSPORT_UNAVAILABLE: kind(false, 'Allow more `transports`, or fix the proxy.'),
  NO_TRANSPORT: kind(false, 'Allow more `transports`.'),
  UNSUPPORTED: kind(false, 'Use a release that has what the message names.'),
  CONNECTION_LOST: kind(true, 'Nothing: the client reconnects. If it recurs, check `url` and the proxy.'),
  CONNECTION_SILENT: kind(true, 'Nothing: the client reconnects. If it recurs, check the proxy.'),
  BAD_FRAME: kind(true, 'Check the proxy.'),
  TOO_LARGE: kind(false, 'Raise `limits.messageBytes`, or find out what sends so much.'),
  GRAPHQL_ERROR: kind(false, 'Read `details.errors`.'),
  SINCE_UNKNOWN: kind(false, 'Pass a time or the whole event as `since`.'),
  RETRIES_EXHAUSTED: kind(false, 'Raise `retry.attempts`, or fix the cause.'),
  SUBSCRIPTION_IN_USE: kind(false, 'Subscribe again.'),
  TOO_MANY_OPERATIONS: kind(false, 'Close subscriptions, or raise `operations`.'),
  CALLBACK_FAILED: kind(false, 'Fix the function that the message names.'),
  CLOSED: kind(false, 'Make a new client.'),
}

/** What else is known of an error, besides its code. */
export interface ErrorInit {
  readonly phase: ErrorPhase
  /** Overrides the default of the code. */
  readonly retryable?: boolean
  /** Overrides the default of the code. */
  readonly remedy?: string
  readonly cause?: unknown
  /** Facts for programs, such as `status`, `retryAfter` (milliseconds) or `errors`. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** The one error that this package throws, rejects with and reports. */
export class MesheryError extends Error {
  override readonly name = 'MesheryError'
  /** What happened, for people. Enumerable, so that `JSON.stringify` shows it. Never a secret. */
  declare readonly message: string
  /** What went wrong: stable, for programs. */
  readonly code: ErrorCode
  /** Where it went wrong. */
  readonly phase: ErrorPhase
  /** Whether trying again, unchanged, can succeed. */
  readonly retryable: boolean
  /** What to do about it, for people. */
  readonly remedy: string
  /** Facts for programs. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, init: ErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    // Not by a field: from the tenth error on, V8 keeps the attributes of what `Error` defined.
    Object.defineProperty(this, 'message', { enumerable: true })
    this.code = code
    this.phase = init.phase
    this.retryable = init.retryable ?? errorKinds[code].retryable
    this.remedy = init.remedy ?? errorKinds[code].remedy
    this.details = init.details ?? {}
  }
}

/** Whether it is an error of this package with that code. */
export const hasCode = (error: unknown, code: ErrorCode): error is MesheryError =>
  error instanceof MesheryError && error.code === code

/** The same error with some parts replaced. */
export const changedError = (
  error: MesheryError,
  change: Partial<ErrorInit> & { readonly code?: ErrorCode; readonly message?: string },
): MesheryError => {
  const { code, message, phase, retryable, remedy, details, cause } = error
  const changed = { code, message, phase, retryable, remedy, details, cause, ...change }
  return new MesheryError(changed.code, changed.message, changed)
}

/** An error, what it joins and what caused it, the outermost first. Five deep, since causes may go in a circle. */
export const unfold = (error: unknown, depth = 0): unknown[] => {
  if (typeof error !== 'object' || error === null || depth > 4) return [error]
  const joined: unknown = 'errors' in error ? error.errors : undefined
  const cause = 'cause' in error && error.cause !== undefined ? [error.cause] : []
  const inner: unknown[] = Array.isArray(joined) && joined.length > 0 ? joined : cause
  return [error, ...inner.flatMap((one) => unfold(one, depth + 1))]
}
