import { errorKinds, MesheryError } from '../base/errors.ts'

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

/** What the reads of the same client tell of plain HTTP at that moment. */
export interface HttpHealth {
  /** The server answered a read: with a value, or by refusing the credentials. */
  readonly healthy: boolean
  /** The very credentials of the dial just read the store; or, where no read tells, they did the last time. */
  readonly admitsUs: boolean
  /** The read was answered before the dial failed. After it, the server may just have come back. */
  readonly before: boolean
}

/**
 * What a failed dial means. `unavailable`: the transport does not work here. `again`: dial again, although the error alone
 * would end it. `as told`: what the error says. `read first`: it depends on plain HTTP, of which nothing is known.
 */
export type Judgement = 'unavailable' | 'again' | 'as told' | 'read first'

/** After this many failures in a row, of whatever kind, a transport is unavailable. */
export const failuresUntilUnavailable = 3

/** A longer `Retry-After`, in milliseconds, is not waited for where another transport may work. */
const tooLong = 30_000

/** How long before the dial a read may have been answered, in milliseconds, for a transport that never lived. */
const justBefore = 2_000

/** Codes of HTTP answers that refuse whoever asks, be it Meshery or a gateway. */
const refusals: ReadonlySet<string> = new Set(['CREDENTIALS_REFUSED', 'GATEWAY_LOGIN'])

/**
 * The one rule of what counts as healthy. Pure.
 *
 * | the dial | plain HTTP | |
 * | --- | --- | --- |
 * | says itself that there is no such transport | | unavailable |
 * | failed before anything was sent, found no connection, or carries no such stream | | as told |
 * | refused | does not admit the same credentials, as far as is known | as told |
 * | second failure in a row | | as told; what is read now is evidence for the next one |
 * | third failure in a row, or the first that was silent for 5 s or more, where the transport never worked | healthy already before it failed | unavailable |
 * | the same | healthy only since: the server may just have come back | again |
 * | the last one allowed, or the first where the reason is hidden | healthy | unavailable |
 * | asks for more than 30 s of patience | healthy | unavailable |
 * | an error that a retry cannot fix | healthy | again |
 * | refused, or an error that a retry cannot fix | admits the same credentials, or did before it fell silent | again |
 * | any other | | as told |
 */
export function judge(dial: FailedDial, http: HttpHealth | undefined): Judgement {
  const { error, failures, lived, last, hidden } = dial
  const enough = failures >= failuresUntilUnavailable || (dial.silent && !lived)
  if (error.code === 'TRANSPORT_UNAVAILABLE') return 'unavailable'
  if (error.code === 'UNSUPPORTED' || isOurs(error)) return 'as told'
  const refused = refusals.has(error.code)
  if (refused && http?.admitsUs === false) return 'as told'
  const atOnce = last || (hidden && !lived) || Number(error.details['retryAfter']) > tooLong
  const waits = !enough && !atOnce && !refused && (error.retryable || lived)
  if (waits && failures < failuresUntilUnavailable - 1) return 'as told'
  if (!http) return 'read first'
  if (waits) return 'as told'
  if (!http.healthy) return http.admitsUs ? 'again' : 'as told'
  return atOnce || (enough && http.before) ? 'unavailable' : 'again'
}

/**
 * Since when a read must have been answered to tell of this dial, by the same clock: after a failure, since the dial before
 * began. A server that was there a moment ago may just have gone, and taken a transport that worked with it: then only a
 * read since this dial began counts.
 */
export const countsFrom = ({ failures, previousDialAt, dialledAt, everLived }: DialTimes): number =>
  failures > 0 ? previousDialAt : everLived ? dialledAt : dialledAt - justBefore

/** When it was dialled, in milliseconds, and what came of it before. */
interface DialTimes {
  /** Dials in a row before this one that did not open. */
  readonly failures: number
  readonly previousDialAt: number
  readonly dialledAt: number
  readonly everLived: boolean
}

/** The error as it is told: a refusal by the transport says nothing of the credentials. */
export function ofTransport(error: MesheryError): MesheryError {
  if (!refusals.has(error.code)) return error
  return new MesheryError(
    'SERVER_ERROR',
    `${error.message}. The server accepts the same credentials over REST, so this transport is refused, not the user`,
    {
      phase: error.phase,
      retryable: false,
      remedy: errorKinds.TRANSPORT_UNAVAILABLE.remedy,
      cause: error,
      details: error.details,
    },
  )
}

/** The refusal as it is reported while it may be an outage. */
export const maybeOutage = ({ message, phase, remedy, details, cause }: MesheryError): MesheryError =>
  new MesheryError('CREDENTIALS_REFUSED', `${message}, or an outage of the remote provider`, {
    phase,
    remedy,
    details,
    cause,
  })

/**
 * Whether it says nothing of the transport: the source of the credentials, or `connectionParams`, failed or came too late; or no
 * connection was accepted, which is the same for every transport, though kept ones may still be answered.
 */
const isOurs = ({ code, phase }: MesheryError): boolean =>
  phase === 'dns' ||
  phase === 'tcp' ||
  (phase === 'proxy' && code !== 'PROXY_REFUSED') ||
  (phase === 'credentials' && code !== 'CONNECTION_LOST')
