import { changedError, errorKinds, type MesheryError } from '../base/errors.ts'

/** A dial that did not open. */
export interface FailedDial {
  readonly error: MesheryError
  /** Dials in a row that did not open, this one included. */
  readonly failures: number
  /** Whether a connection of this transport ever lived. */
  readonly lived: boolean
  /** Whether `retry.attempts` allows no further dial. */
  readonly last: boolean
  /** Whether the platform hides why: to a browser every refused upgrade looks the same. */
  readonly hidden: boolean
  /** Whether it waited long, and got no answer: such a dial takes as much time as several that fail at once. */
  readonly silent: boolean
}

/** What the reads of the same client show of plain HTTP. */
export interface HttpHealth {
  /** The server answered a read: with a value, or by refusing the credentials. */
  readonly healthy: boolean
  /** The credentials of the dial just read the store; or, if no read shows that, they did the last time. */
  readonly admitsUs: boolean
  /** The read was answered before the dial failed. A later one may be the first answer after a restart. */
  readonly before: boolean
}

/**
 * What a failed dial means. `unavailable`: the transport does not work here. `again`: dial again, although the error alone would
 * end it. `by error`: the error alone decides. `read first`: it depends on plain HTTP, of which nothing is known.
 */
export type Judgement = 'unavailable' | 'again' | 'by error' | 'read first'

/** After this many failures in a row, of whatever kind, a transport is unavailable. */
export const failuresUntilUnavailable = 3

/** A longer `Retry-After`, in milliseconds, is not waited for if another transport may work. */
const tooLongMs = 30_000

/** How long before the dial a read may have been answered, in milliseconds, for a transport that never lived. */
const justBeforeMs = 2_000

/** HTTP responses that refuse the request itself: by Meshery, or by a gateway. */
const refusals: ReadonlySet<string> = new Set(['CREDENTIALS_REFUSED', 'GATEWAY_LOGIN'])

/**
 * The one rule of what counts as healthy. Pure. The first row that applies:
 *
 * | the dial | plain HTTP | |
 * | --- | --- | --- |
 * | says itself that there is no such transport | | unavailable |
 * | failed before anything was sent, found no connection, or has no such stream | | by error |
 * | refused | does not admit the same credentials, as far as is known | by error |
 * | first failure in a row, and the error is retryable or a connection lived | | by error |
 * | any other | not known | read first |
 * | second failure in a row | | by error; what is read now is evidence for the next one |
 * | refused, or an error that a retry cannot fix | not healthy, but admits the same credentials as before | again |
 * | any | not healthy | by error |
 * | the last one allowed; the first where the reason is hidden; asks for more than 30 s by `Retry-After` | healthy | unavailable |
 * | third failure in a row; the first that was silent for 5 s or more, if the transport never worked | healthy before it failed | unavailable |
 * | the same | healthy only since: the server may just have come back | again |
 * | refused, or an error that a retry cannot fix | healthy | again |
 */
export function judge(dial: FailedDial, http: HttpHealth | undefined): Judgement {
  const { error, failures, lived, silent } = dial
  if (error.code === 'TRANSPORT_UNAVAILABLE') return 'unavailable'
  if (error.code === 'UNSUPPORTED' || isOurs(error)) return 'by error'
  const isRefused = refusals.has(error.code)
  if (isRefused && http?.admitsUs === false) return 'by error'
  const atOnce = decidesAtOnce(dial)
  const isEnough = failures >= failuresUntilUnavailable || (silent && !lived)
  const waits = !isEnough && !atOnce && !isRefused && (error.retryable || lived)
  if (waits && failures < failuresUntilUnavailable - 1) return 'by error'
  if (!http) return 'read first'
  if (waits) return 'by error'
  if (!http.healthy) return http.admitsUs ? 'again' : 'by error'
  return atOnce || (isEnough && http.before) ? 'unavailable' : 'again'
}

/** Whether one failure is enough, if plain HTTP is healthy. */
const decidesAtOnce = ({ error, lived, last, hidden }: FailedDial): boolean =>
  last || (hidden && !lived) || Number(error.details['retryAfter']) > tooLongMs

/**
 * From when on an answered read counts for this dial. After a failure: from the dial before. If a transport worked, only from
 * this dial on: the server may just have stopped, and taken the transport with it.
 */
export function countsFrom({ failures, previousDialAt, dialledAt, everLived }: DialTimes): number {
  if (failures > 0) return previousDialAt
  return everLived ? dialledAt : dialledAt - justBeforeMs
}

/** When it was dialled, in milliseconds, and what came of it before. */
interface DialTimes {
  /** Dials in a row before this one that did not open. */
  readonly failures: number
  readonly previousDialAt: number
  readonly dialledAt: number
  readonly everLived: boolean
}

/** The error as it is reported: if the transport refuses, that says nothing of the credentials. */
export function ofTransport(error: MesheryError): MesheryError {
  if (!refusals.has(error.code)) return error
  return changedError(error, {
    code: 'SERVER_ERROR',
    message: `${error.message}. The server accepts the same credentials over REST, so this transport is refused, not the user`,
    retryable: false,
    remedy: errorKinds.TRANSPORT_UNAVAILABLE.remedy,
    cause: error,
  })
}

/** The refusal as it is reported while it may be an outage. */
export const maybeOutage = (error: MesheryError): MesheryError =>
  changedError(error, { message: `${error.message}, or an outage of the remote provider` })

/**
 * Whether it says nothing of the transport: the source of the credentials, or `connectionParams`, failed or came too late; or no
 * connection was accepted, which is the same for every transport, although open connections may still get answers.
 */
const isOurs = ({ code, phase }: MesheryError): boolean =>
  phase === 'dns' || phase === 'tcp' || (phase === 'credentials' && code !== 'CONNECTION_LOST')
