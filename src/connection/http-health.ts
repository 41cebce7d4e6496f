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
  readonly admits: boolean
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

type Rule = readonly [applies: (dial: FailedDial, http: HttpHealth | undefined) => boolean, judgement: Judgement]

/** The one rule of what counts as healthy, as a table: the first row that applies. */
const rules: readonly Rule[] = [
  // The server or a proxy said itself that there is no such transport.
  [({ error }) => error.code === 'TRANSPORT_UNAVAILABLE', 'unavailable'],
  // Nothing was sent, no connection was found, or the server has no such stream: that says nothing of the transport.
  [({ error }) => error.code === 'UNSUPPORTED' || isOurs(error), 'by error'],
  // Plain HTTP refuses the same credentials.
  [(dial, http) => isRefused(dial) && http?.admits === false, 'by error'],
  // One failure of what a retry can fix, or of what worked before.
  [(dial) => isWaitedFor(dial) && dial.failures < failuresUntilUnavailable - 1, 'by error'],
  [(_, http) => http === undefined, 'read first'],
  // The second such failure: the read that was made is evidence for the next one.
  [(dial) => isWaitedFor(dial), 'by error'],
  // The server is silent by now, and it admitted these credentials before: it may come back.
  [(_, http) => http?.healthy === false && http.admits, 'again'],
  [(_, http) => http?.healthy === false, 'by error'],
  // Plain HTTP is healthy, and this transport is not.
  [(dial, http) => decidesAtOnce(dial) || (isEnough(dial) && http?.before === true), 'unavailable'],
]

/** Without a rule: healthy only since the dial failed, so that the server may just have come back; or an error that a retry cannot fix. */
export const judge = (dial: FailedDial, http: HttpHealth | undefined): Judgement =>
  rules.find(([applies]) => applies(dial, http))?.[1] ?? 'again'

const isRefused = ({ error }: FailedDial): boolean => refusals.has(error.code)

/** Whether one failure is enough, if plain HTTP is healthy: a proxy that passes it and opens no tunnel does so by its rules. */
const decidesAtOnce = ({ error, lived, last, hidden }: FailedDial): boolean =>
  last || (hidden && !lived) || error.code === 'PROXY_REFUSED' || Number(error.details['retryAfter']) > tooLongMs

/** Whether it failed often enough, or was silent for so long that this counts as often. */
const isEnough = ({ failures, silent, lived }: FailedDial): boolean =>
  failures >= failuresUntilUnavailable || (silent && !lived)

const isWaitedFor = (dial: FailedDial): boolean =>
  !isEnough(dial) && !decidesAtOnce(dial) && !isRefused(dial) && (dial.error.retryable || dial.lived)

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
    message: `${error.message}, although the server accepts the same credentials over REST`,
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
  phase === 'dns' ||
  phase === 'tcp' ||
  (phase === 'proxy' && code !== 'PROXY_REFUSED') ||
  (phase === 'credentials' && code !== 'CONNECTION_LOST')
