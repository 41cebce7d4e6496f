import { type Backoff, backoffMs } from '../base/backoff.ts'
import type { MesheryError } from '../base/errors.ts'
import {
  type FailedDial,
  failuresUntilUnavailable,
  type HttpHealth,
  type Judgement,
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
 *    │ no operations     │ drop           │ drop
 *    │                   ▼                ▼
 *   (any)              ┌─────────────────────┐  due
 *                      │       waiting       │ ─────► connecting
 *                      └─────────────────────┘
 *                        │ refused                │ does not work here      │ no retry can help
 *                        ▼                        ▼                         ▼
 *                      refused                unavailable                 failed
 *                        │ credentials differ
 *                        └─────► connecting
 */
export interface RetryState {
  readonly kind: 'idle' | 'connecting' | 'live' | 'waiting' | 'refused' | 'unavailable' | 'failed'
  /** Dials in a row, that of the last connection that lived included. */
  readonly attempt: number
  /** When the dial of this attempt began; no transport of one server is dialled twice within `minDialGapMs`. */
  readonly dialledAt: number
  /** When the dial before it began. */
  readonly previousDialAt: number
  /** When this connection opened. */
  readonly openedAt: number
  /** Whether something arrived on this connection after it opened. */
  readonly received: boolean
  /** Whether any connection ever lived. An error that no retry fixes ends only what never worked. */
  readonly everLived: boolean
  /** When the current trouble began. */
  readonly troubleAt: number
  /** Connections in a row that opened, and ended before they lived. */
  readonly unprovenDrops: number
  /** Connections in a row that ended within `livesMs`, whatever they delivered. One that ended within `cutMs` counts twice. */
  readonly briefConnections: number
  /** Connections in a row that ended within `stableMs`, whatever they delivered. */
  readonly shortConnections: number
  /** Connections in a row that ended by a broken frame. */
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
  /** Something arrived. */
  | { readonly type: 'received' }
  | {
      readonly type: 'drop'
      readonly error: MesheryError
      /** What is known of plain HTTP, where it was looked at. */
      readonly http?: HttpHealth | undefined
      /** Whether the platform hides why a dial failed. */
      readonly hidden?: boolean
      /** For refused credentials: whether one of their sources can give others. */
      readonly canChange?: boolean
      /** For refused credentials: the server may refuse like this during an outage of its provider, too. */
      readonly doubtful?: boolean
      /** For refused credentials: the same ones read live data before. */
      readonly admitted?: boolean | undefined
    }
  /** Nothing is to be dialled any more. */
  | { readonly type: 'stop' }

export interface RetryPolicy {
  /** How often in a row a connection that failed or broke is tried again. Default Infinity. */
  readonly attempts: number
  /** Polls and reads are no connections: one answer is a life, and however often they break off, they stay available. */
  readonly polls?: boolean
}

/** What a decision depends on, besides state and event. */
export interface RetryContext {
  readonly policy: RetryPolicy
  /** By the clock that only goes forward, in milliseconds. */
  readonly now: number
  /** From 0 to 1. */
  random(): number
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
/** A connection lives once something arrived on it, or after this time, in milliseconds. */
export const livesMs = 5_000
/**
 * After this many connections in a row that deliver and break at once, the transport is unavailable: no restart takes so long.
 * After half as many that are cut within `cutMs`, as some middleboxes do: the next transport takes over within 5 s.
 */
const brieflyUntilUnavailable = 12
/** A connection that ended sooner, in milliseconds, was cut. */
const cutMs = 1_000
/** A connection that lasted this long, in milliseconds, ended by chance. */
const stableMs = 30_000
/** So many connections in a row that ended sooner are dialled again at once. Later ones wait. */
const shortUntilBackoff = 4
/** A dial that got no answer for this long, in milliseconds, was silent. */
const longSilenceMs = 5_000
/** For this long after trouble began, in milliseconds, dials stay close together: a restart is over by then. */
const fastRetryWindowMs = 30_000
/** What may be an outage of the provider is tried again unchanged this often, which takes about 2 h. */
const outageTries = 12
/** After so long, in milliseconds, credentials that worked and were refused once are tried again. */
const secondTryMs = 2_000
/** What waits for the same `Retry-After` comes back within this time after it, in milliseconds, not all at once. */
const spreadMs = 2_000

/** The longest random wait after a connection that lived. */
const afterLifeMs = 250
const shortConnections: Backoff = { firstMs: 1_000, longestMs: 15_000 }
const fastRetryMs = 1_500
/** The same after the first failure: three connections in a row that are cut must be over within 5 s. */
const firstRetryMs = 500
/** A step is half a minute of trouble after `fastRetryWindowMs`. */
const longTrouble: Backoff = { firstMs: 3_000, longestMs: 29_500 }
const outage: Backoff = { firstMs: 30_000, longestMs: 15 * 60_000 }

type DropEvent = Extract<RetryEvent, { type: 'drop' }>

export function nextRetryState(state: RetryState, event: RetryEvent, context: RetryContext): RetryState {
  const { now } = context
  switch (event.type) {
    case 'dial': {
      // After `unavailable` it begins anew: what was wrong then is not what is wrong now.
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
    case 'received':
      return state.kind === 'live' && !state.received ? { ...state, received: true } : state
    case 'stop':
      return { ...state, kind: 'idle', attempt: 0, error: null }
    case 'drop':
      return state.kind === 'connecting' || state.kind === 'live' ? dropped(state, event, context) : state
  }
}

/** What follows a drop: the first that applies. */
function dropped(state: RetryState, event: DropEvent, context: RetryContext): RetryState {
  const { policy, now } = context
  const judgement = judgementOf(state, event, context)
  const isOfTransport = judgement === 'again' || judgement === 'unavailable'
  const error = isOfTransport ? ofTransport(event.error) : event.error
  const lived = hasLived(state, context)
  const after = counted(state, { error, lived, now })
  const isRefused = error.code === 'CREDENTIALS_REFUSED'
  if (isRefused && !error.retryable) return refused(after, event, now)
  if (error.code === 'TRANSPORT_UNAVAILABLE' || judgement === 'unavailable') return { ...after, kind: 'unavailable' }
  if (breaksAgainAndAgain(after) && !policy.polls) return unavailableByBreaks(after)
  // A wrong address or setting, if nothing ever worked there. What worked before may work again.
  const isHopeless = !error.retryable && !after.everLived && judgement !== 'again'
  if (isHopeless || after.attempt > policy.attempts) return { ...after, kind: 'failed' }
  const nextDialAt = Math.max(state.dialledAt + minDialGapMs, now + delayMs(after, lived, context))
  return { ...after, kind: isRefused ? 'refused' : 'waiting', nextDialAt }
}

/** What the rule of healthy HTTP says of this drop. An open connection that broke is no dial; only a refusal is judged. */
function judgementOf(state: RetryState, event: DropEvent, { policy, now }: RetryContext): Judgement | undefined {
  if (state.kind === 'live' && event.error.code !== 'CREDENTIALS_REFUSED') return undefined
  return judge(failedDial(state, event, policy, now), event.http)
}

const hasLived = ({ kind, received, openedAt }: RetryState, { policy, now }: RetryContext): boolean =>
  kind === 'live' && (received || Boolean(policy.polls) || now - openedAt >= livesMs)

interface Drop {
  readonly error: MesheryError
  readonly lived: boolean
  readonly now: number
}

/** The state with its counts after a drop. */
function counted(state: RetryState, { error, lived, now }: Drop): RetryState {
  const isOpen = state.kind === 'live'
  const lastedMs = now - state.openedAt
  // A dial that did not open neither adds to a row of connections nor ends it.
  const inARow = (count: number, more: number): number => {
    if (!isOpen) return count
    return more && count + more
  }
  return {
    ...state,
    error,
    everLived: state.everLived || lived,
    attempt: lived ? 1 : state.attempt,
    troubleAt: lived || state.attempt <= 1 ? now : state.troubleAt,
    unprovenDrops: inARow(state.unprovenDrops, +!lived),
    briefConnections: inARow(state.briefConnections, +(lastedMs < livesMs) + +(lastedMs < cutMs)),
    shortConnections: inARow(state.shortConnections, +(lastedMs < stableMs)),
    badFrames: error.code === 'BAD_FRAME' ? state.badFrames + 1 : 0,
    failures: isOpen ? 0 : state.failures + 1,
  }
}

/**
 * Refused credentials: waits for others, or for the end of what may be an outage, or fails. What worked before is tried once
 * more: one replica of several may refuse while it starts.
 */
function refused(
  after: RetryState,
  { error, doubtful, canChange, admitted, http }: DropEvent,
  now: number,
): RetryState {
  const refusals = after.refusals + 1
  const worked = after.everLived || admitted
  const mayBeOutage = doubtful && (canChange || worked)
  if (mayBeOutage && refusals <= outageTries) {
    const nextDialAt = now + backoffMs(outage, refusals - 1)
    return { ...after, kind: 'refused', refusals, error: maybeOutage(error), nextDialAt }
  }
  // A dial whose refusal a read confirmed was refused twice.
  const isTriedAgain = worked && refusals === 1 && !http
  if (!canChange && !isTriedAgain) return { ...after, kind: 'failed' }
  return { ...after, kind: 'refused', refusals, nextDialAt: isTriedAgain ? now + secondTryMs : Infinity }
}

const breaksAgainAndAgain = ({ unprovenDrops, briefConnections, badFrames }: RetryState): boolean =>
  unprovenDrops >= failuresUntilUnavailable ||
  badFrames >= failuresUntilUnavailable ||
  briefConnections >= brieflyUntilUnavailable

/** One more connection that breaks at once is enough the next time. */
const unavailableByBreaks = (after: RetryState): RetryState => ({
  ...after,
  kind: 'unavailable',
  unprovenDrops: 0,
  badFrames: 0,
  briefConnections: Math.min(after.briefConnections, brieflyUntilUnavailable - 1),
})

/** The dial that this drop ends, as the rule of what counts as healthy sees it. */
export const failedDial = (
  { failures, everLived, attempt, dialledAt }: RetryState,
  { error, hidden = false }: Pick<DropEvent, 'error' | 'hidden'>,
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

/** How long to wait before the next dial, in milliseconds: at least as long as `Retry-After` says. */
function delayMs(after: RetryState, lived: boolean, { now, random }: RetryContext): number {
  const part = random()
  const askedMs = Number(after.error?.details['retryAfter'] ?? 0)
  return Math.max(askedMs && askedMs + part * spreadMs, lived ? afterLife(after, part) : afterFailure(after, now, part))
}

function afterLife({ shortConnections: count }: RetryState, random: number): number {
  const steps = count - shortUntilBackoff - 1
  return steps < 0 ? random * afterLifeMs : (0.5 + random / 2) * backoffMs(shortConnections, steps)
}

function afterFailure({ attempt, troubleAt }: RetryState, now: number, random: number): number {
  const longMs = now - troubleAt - fastRetryWindowMs
  const fastMs = attempt > 1 ? fastRetryMs : firstRetryMs
  return minDialGapMs + random * (longMs < 0 ? fastMs : backoffMs(longTrouble, longMs / fastRetryWindowMs))
}
