import type { MesheryError } from '../base/errors.ts'
import {
  type FailedDial,
  failuresUntilUnavailable,
  type HttpHealth,
  judge,
  maybeOutage,
  ofTransport,
} from './http-health.ts'

/**
 * What to do after an attempt to reach the server ended. Pure: state, event and time in, state out.
 *
 *               dial              open
 *   idle ───────────► connecting ──────► live
 *    ▲                   │                │
 *    │ no members        │ drop           │ drop
 *    │                   ▼                ▼
 *   (any)              ┌─────────────────────┐  due
 *                      │       waiting       │ ─────► connecting
 *                      └─────────────────────┘
 *                        │ refused                │ cannot be had here      │ hopeless
 *                        ▼                        ▼                         ▼
 *                      refused                unavailable                 failed
 *                        │ credentials differ
 *                        └─────► connecting
 */
export interface RetryState {
  readonly kind: 'idle' | 'connecting' | 'live' | 'waiting' | 'refused' | 'unavailable' | 'failed'
  /** Dials in a row, that of the last connection that lived included. */
  readonly attempt: number
  /** When the dial of this attempt began; no transport of one server is dialled twice within `minGap`. */
  readonly dialledAt: number
  /** When the dial before it began. */
  readonly previousDialAt: number
  /** When this connection opened. */
  readonly openedAt: number
  /** Whether something arrived on this connection after it opened. */
  readonly received: boolean
  /** Whether any connection ever lived. What never worked is not waited for as long. */
  readonly everLived: boolean
  /** When the present trouble began. */
  readonly troubleAt: number
  /** Opens in a row that died young. */
  readonly unprovenDrops: number
  /** Connections in a row that ended within `lives`, whatever they delivered. */
  readonly briefConnections: number
  /** Connections in a row that ended within `settled`, whatever they delivered. */
  readonly shortConnections: number
  /** Connections in a row that ended by a frame that was none. */
  readonly badFrames: number
  /** Dials in a row that did not open. */
  readonly failures: number
  /** Refusals of credentials in a row. */
  readonly refusals: number
  /** In `waiting` and `refused`: when to dial next; Infinity when only new credentials can help. */
  readonly nextDialAt: number
  readonly error: MesheryError | null
}

export type RetryEvent =
  | { readonly type: 'dial' }
  | { readonly type: 'open' }
  | { readonly type: 'heard' }
  | {
      readonly type: 'drop'
      readonly error: MesheryError
      /** What is known of plain HTTP, where it was looked at. */
      readonly http?: HttpHealth | undefined
      /** Whether the platform hides why a dial failed. */
      readonly hidden?: boolean
      /** For refused credentials: whether a source of ours can ever say something else. */
      readonly canChange?: boolean
      /** For refused credentials: the server may refuse during an outage of its provider as well. */
      readonly doubtful?: boolean
      /** For refused credentials: the same ones read live data before. */
      readonly admitted?: boolean
    }
  | { readonly type: 'rest' }

export interface RetryPolicy {
  /** How often in a row a connection that failed or broke is tried again. Default Infinity. */
  readonly attempts: number
  /** Polls are no connections: an answer is all there is to wait for, and however often they break off, polling is possible. */
  readonly polls?: boolean
}

export const idle: RetryState = {
  kind: 'idle',
  attempt: 0,
  dialledAt: -Infinity,
  previousDialAt: -Infinity,
  openedAt: 0,
  received: false,
  everLived: false,
  troubleAt: 0,
  unprovenDrops: 0,
  briefConnections: 0,
  shortConnections: 0,
  badFrames: 0,
  failures: 0,
  refusals: 0,
  nextDialAt: 0,
  error: null,
}

/** No transport of one server is dialled twice within this time, in milliseconds. */
export const minDialGapMs = 500
/** A connection lives once something arrived on it, or after this time. */
const lives = 5_000
/** So many connections in a row that deliver and break at once are no restart of the server any more. */
const mostBrief = 12
/** A connection that lasted this long ended by chance. In milliseconds. */
const settled = 30_000
/** So many connections in a row that ended sooner are dialled again at once; later ones after 1 s, doubling to 15 s. */
const mostShort = 4
const longestShort = 15_000
/** A dial that got no answer for so long was silent. In milliseconds. */
const longSilenceMs = 5_000
/** For this long after trouble began, dials stay close together: a restart is over by then. */
const patience = 30_000
const longest = 30_000
/** What may be an outage of the provider is tried again unchanged: after 30 s, doubling to 15 min, for about 2 h. */
const outageTries = 12
const outagePause = (tries: number): number => Math.min(15 * 60_000, 30_000 * 2 ** (tries - 1))

export function nextRetryState(
  state: RetryState,
  event: RetryEvent,
  policy: RetryPolicy,
  now: number,
  random: () => number,
): RetryState {
  switch (event.type) {
    case 'dial': {
      // A probe of what could not be had begins anew: what was wrong then is not what is wrong now.
      const { attempt, error } = state.kind === 'unavailable' ? idle : state
      return {
        ...state,
        kind: 'connecting',
        attempt: attempt + 1,
        error,
        dialledAt: now,
        previousDialAt: state.dialledAt,
        received: false,
        openedAt: 0,
      }
    }
    case 'open':
      return state.kind === 'connecting'
        ? { ...state, kind: 'live', openedAt: now, failures: 0, refusals: 0, error: null }
        : state
    case 'heard':
      return state.kind === 'live' && !state.received ? { ...state, received: true } : state
    case 'rest':
      return { ...state, kind: 'idle', attempt: 0, error: null }
    case 'drop':
      return state.kind === 'connecting' || state.kind === 'live' ? dropped(state, event, policy, now, random) : state
  }
}

function dropped(
  state: RetryState,
  event: Extract<RetryEvent, { type: 'drop' }>,
  policy: RetryPolicy,
  now: number,
  random: () => number,
): RetryState {
  const verdict =
    state.kind === 'live' && event.error.code !== 'CREDENTIALS_REFUSED'
      ? undefined
      : judge(failedDial(state, event, policy, now), event.http)
  const onHttp = verdict === 'again' || verdict === 'unavailable'
  const error = onHttp ? ofTransport(event.error) : event.error
  const opened = state.kind === 'live'
  const lasted = now - state.openedAt
  const lived = opened && (state.received || policy.polls === true || lasted >= lives)
  const garbled = error.code === 'BAD_FRAME' ? state.badFrames + 1 : 0
  const after: RetryState = {
    ...state,
    error,
    everLived: state.everLived || lived,
    attempt: lived ? 1 : state.attempt,
    troubleAt: lived || state.attempt <= 1 ? now : state.troubleAt,
    unprovenDrops: lived ? 0 : opened ? state.unprovenDrops + 1 : state.unprovenDrops,
    briefConnections: inARow(state.briefConnections, opened, lasted < lives),
    shortConnections: inARow(state.shortConnections, opened, lasted < settled),
    badFrames: garbled,
    failures: opened ? 0 : state.failures + 1,
  }
  if (error.code === 'CREDENTIALS_REFUSED') {
    const refusals = state.refusals + 1
    const refused: RetryState = { ...after, kind: 'refused', refusals }
    const mayBeOutage = event.doubtful && (event.canChange || after.everLived || event.admitted)
    if (mayBeOutage && refusals <= outageTries)
      return { ...refused, error: maybeOutage(error), nextDialAt: now + outagePause(refusals) }
    return event.canChange ? { ...refused, nextDialAt: Infinity } : { ...after, kind: 'failed' }
  }
  if (error.code === 'TRANSPORT_UNAVAILABLE') return { ...after, kind: 'unavailable' }
  if (verdict === 'unavailable') return { ...after, kind: 'unavailable' }
  const breaks =
    after.unprovenDrops >= failuresUntilUnavailable ||
    after.briefConnections >= mostBrief ||
    garbled >= failuresUntilUnavailable
  if (breaks && !policy.polls) {
    // One more that breaks at once is enough the next time.
    return {
      ...after,
      kind: 'unavailable',
      unprovenDrops: 0,
      badFrames: 0,
      briefConnections: Math.min(after.briefConnections, mostBrief - 1),
    }
  }
  // A wrong address or setting, if nothing ever worked there; afterwards, somebody may mend it.
  if (!error.retryable && !after.everLived && verdict !== 'again') return { ...after, kind: 'failed' }
  if (after.attempt > policy.attempts) return { ...after, kind: 'failed' }
  return {
    ...after,
    kind: 'waiting',
    nextDialAt: Math.max(state.dialledAt + minDialGapMs, now + delay(after, lived, now, random)),
  }
}

/** A dial that did not open neither adds to a row of connections nor ends it. */
const inARow = (count: number, opened: boolean, again: boolean): number => {
  if (!opened) return count
  return again ? count + 1 : 0
}

/** The dial that this drop ends, as the rule of what counts as healthy sees it. */
export const failedDial = (
  { failures, everLived, attempt, dialledAt }: RetryState,
  { error, hidden = false }: Pick<Extract<RetryEvent, { type: 'drop' }>, 'error' | 'hidden'>,
  { attempts }: RetryPolicy,
  now: number,
): FailedDial => ({
  error,
  failures: failures + 1,
  lived: everLived,
  last: attempt > attempts,
  hidden,
  silent: error.code === 'TIMED_OUT' && now - dialledAt >= longSilenceMs,
})

/** How long to wait before the next dial, in milliseconds. */
function delay(state: RetryState, lived: boolean, now: number, random: () => number): number {
  const asked = state.error?.details['retryAfter']
  const least = typeof asked === 'number' ? asked : 0
  const again = state.shortConnections - mostShort
  if (lived && again > 0) return Math.max(least, (0.5 + random() / 2) * Math.min(longestShort, 500 * 2 ** again))
  if (lived) return Math.max(least, random() * 250)
  const long = now - state.troubleAt - patience
  // Doubles for every half minute that the trouble outlasts our patience.
  const spread = long < 0 ? 1_500 : Math.min(longest - 500, 1_500 * 2 ** (1 + long / patience))
  return Math.max(least, 500 + random() * spread)
}
