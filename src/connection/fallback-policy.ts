import { nextBackoffMs } from '../base/backoff.ts'
import { MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'
import { idle, type RetryState } from './retry-policy.ts'
import type { JoinedTransport, Selection, SelectionAction, SelectionEvent } from './selection.ts'
import { finalError, noTransport } from './stream-errors.ts'
import {
  betterThan,
  blockTransport,
  chooseSettled,
  chooseTransport,
  isFatal,
  isFruitless,
  nextCandidate,
  nextSettledTry,
  settledBackoff,
} from './transport-blocks.ts'

/**
 * Which transport a stream uses: falls back, and finds the way back with overlap. Pure: selection, event and time in, selection
 * with its actions out. `transport-selector.ts` executes the actions.
 *
 *   websocket ──unavailable──► sse ──unavailable──► polling
 *       ▲                       ▲                      │
 *       └──── candidate, 60 s … 10 min, with overlap ──┘
 *
 *   no transport delivers ──► settled on the best that opens: one notice, one backoff, 1 s … 30 s ──delivers──► current
 *
 * Each transport that is joined, the current one and the candidate:
 *
 *   joined ──open──► open ──a frame, or 5 s──► proven ──ended──► joined again
 *      │              │
 *      └──────────────┴──ended, or trouble of a candidate──► left and blocked
 */
export function nextSelection(selection: Selection, event: SelectionEvent, now: number): Selection {
  const { current, candidate } = selection
  const draft: Draft = {
    ...selection,
    current: current && { ...current },
    candidate: candidate && { ...candidate },
    actions: [],
    now,
  }
  apply(draft, event)
  return draft
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type Joined = Mutable<JoinedTransport>

/** A copy of the selection, which becomes the next one. */
interface Draft extends Omit<Mutable<Selection>, 'current' | 'candidate' | 'actions'> {
  current: Joined | undefined
  candidate: Joined | undefined
  readonly actions: SelectionAction[]
}

type Place = 'current' | 'candidate'

/** An operation that stayed open this long, in milliseconds, works: if it ends, it is joined again at once. */
const provenMs = 5_000
/** A settled stream that worked for so long after a try, in milliseconds, begins its next waits anew. */
const workedMs = 5_000
/** Refusals of document variants that are further apart, in milliseconds, do not belong together. */
const refusalsMs = 5_000
/** How often the release is checked while polling, which may not notice a restart, in milliseconds. */
const checkReleaseMs = 600_000
/** A timer may fire this early, in milliseconds. */
const earlyMs = 1

function apply(draft: Draft, event: SelectionEvent): void {
  if ('id' in event) {
    const joined = [draft.current, draft.candidate].find((one) => one?.id === event.id)
    // Nothing counts that a transport reports after it was left.
    if (joined) applyTo(joined, draft, event)
  } else if (event.type === 'start') start(draft)
  else if (event.type === 'time') passTime(draft)
  else unblock(draft)
}

function applyTo(joined: Joined, draft: Draft, event: Extract<SelectionEvent, { readonly id: number }>): void {
  if (event.type === 'state') changeState(draft, joined, event.state)
  else if (event.type === 'open') open(draft, joined)
  else if (event.type === 'end') end(draft, joined, event.error)
  else if (joined.isOpen && !joined.isProven) prove(draft, joined)
}

function start(draft: Draft): void {
  draft.due = undefined
  const transport = chooseTransport(draft.fixed.order, draft.blocks)
  if (transport) join(draft, transport, 'current')
  else settle(draft)
  plan(draft)
}

function join(draft: Draft, transport: TransportName, place: Place): void {
  const id = ++draft.lastId
  draft[place] = { id, transport, isOpen: false, isProven: false, openedAt: 0 }
  draft.actions.push({ type: 'join', id, transport, insists: place === 'candidate' })
}

function leave({ actions }: Draft, { id }: Joined): void {
  actions.push({ type: 'leave', id })
}

function joinAgain(draft: Draft, joined: Joined): void {
  leave(draft, joined)
  join(draft, joined.transport, joined === draft.current ? 'current' : 'candidate')
}

function changeState(draft: Draft, joined: Joined, state: RetryState): void {
  const { kind, error } = state
  if (error && (kind === 'waiting' || kind === 'refused')) {
    if (isUseless(draft, joined, error)) {
      fallBack(draft, joined, error)
      return
    }
    // Without a current transport the stream is settled, and something else is wrong now: the candidate is waited for.
    if (joined === draft.candidate) makeCurrent(draft)
    // What was polled before can be polled again.
    joined.isOpen = joined.isProven &&= joined.transport === 'polling'
    // Another release may answer next.
    draft.refusals = 0
  }
  if (joined === draft.current) draft.actions.push({ type: 'state', transport: joined.transport, state })
}

/** Whether the trouble of its connection is a reason to leave it, in place of waiting for its next dial. */
function isUseless({ current, blocks }: Draft, joined: Joined, trouble: MesheryError): boolean {
  if (joined !== current) return current !== undefined || joined.isOpen
  return !joined.isProven && (joined.provenAt !== undefined || isFruitless(blocks, trouble))
}

function makeCurrent(draft: Draft): void {
  draft.current = draft.candidate
  draft.candidate = undefined
}

function open(draft: Draft, joined: Joined): void {
  const { everOpen, now } = draft
  draft.everOpen = joined.isOpen = true
  joined.isProven = false
  joined.openedAt = now
  joined.provenAt = undefined
  if (joined.transport === 'polling') prove(draft, joined)
  const block = draft.blocks[joined.transport]
  if (block?.fruitless) {
    // A stream that a proxy held back shows that again only after this time.
    const heldBackMs = block.error.details['reason'] ? draft.fixed.firstByte + 1_000 : 0
    joined.provenAt = now + Math.max(provenMs, heldBackMs)
  } else admit(draft, joined)
  if (everOpen) draft.actions.push({ type: 'check-release' })
}

/** From now on it misses nothing: a candidate becomes the current transport. */
function admit(draft: Draft, joined: Joined): void {
  const { current, actions } = draft
  draft.reason = undefined
  if (joined !== current) {
    if (current) leave(draft, current)
    makeCurrent(draft)
    plan(draft)
  }
  actions.push({ type: 'open', transport: joined.transport })
}

/** It delivers. */
function prove(draft: Draft, joined: Joined): void {
  const { [joined.transport]: _, ...blocks } = draft.blocks
  const wasDoubted = joined.provenAt !== undefined
  draft.blocks = blocks
  joined.isProven = true
  joined.provenAt = undefined
  if (wasDoubted) admit(draft, joined)
}

function end(draft: Draft, joined: Joined, error: MesheryError | undefined): void {
  const { blocks, current, fixed, now } = draft
  const { variants, stream } = fixed
  const refusals = now - draft.refusedAt > refusalsMs ? 1 : draft.refusals + 1
  if (error?.code === 'UNSUPPORTED' && joined.transport === 'websocket' && refusals < variants) {
    draft.refusals = refusals
    draft.refusedAt = now
    draft.variant = (draft.variant + 1) % variants
    joinAgain(draft, joined)
    return
  }
  draft.refusals = 0
  const isOver = error !== undefined && isFatal(error, blocks)
  if (isOver && (joined === current || !current)) {
    draft.actions.push({ type: 'end', error: finalError(error, blocks, stream) })
  } else if (!isOver && ranLong(draft, joined) && error?.code !== 'TRANSPORT_UNAVAILABLE') {
    prove(draft, joined)
    joinAgain(draft, joined)
  } else {
    // If the server ended the operation itself, its connection was open.
    if (joined.transport !== 'polling' && (!error || error.code === 'GRAPHQL_ERROR'))
      draft.everOpen = joined.isOpen = true
    const ended = new MesheryError('CONNECTION_LOST', `The server ended ${stream.name}`, { phase: 'stream' })
    fallBack(draft, joined, error ?? ended)
  }
}

const ranLong = ({ now }: Draft, { isOpen, openedAt }: Joined): boolean => isOpen && now - openedAt >= provenMs

function fallBack(draft: Draft, joined: Joined, error: MesheryError): void {
  const { transport, isOpen, isProven } = joined
  leave(draft, joined)
  draft.blocks = blockTransport(draft.blocks, transport, { error, now: draft.now, fruitless: isOpen && !isProven })
  if (draft.blocks[transport]?.until === Infinity) {
    draft.watchesRelease = true
    draft.actions.push({ type: 'watch-release' })
  }
  // A candidate may be the best there is now.
  if (joined === draft.current) makeCurrent(draft)
  else draft.candidate = undefined
  if (draft.current) plan(draft)
  else start(draft)
}

/** Another release of the server may have what the one before did not. */
function unblock(draft: Draft): void {
  draft.blocks = {}
  if (draft.current ?? draft.candidate) plan(draft)
  else start(draft)
}

/** Decides when a better transport than the current one is tried. */
function plan(draft: Draft): void {
  const { current, blocks, fixed } = draft
  if (!current) return
  draft.due = undefined
  if (draft.candidate) return
  const better = chooseTransport(betterThan(fixed.order, current.transport), blocks)
  if (better) {
    join(draft, better, 'candidate')
    return
  }
  const next = nextCandidate(fixed.order, blocks, current.transport)
  const checksRelease = current.transport === 'polling' && draft.watchesRelease
  if (next || checksRelease)
    draft.due = { at: next?.at ?? draft.now + checkReleaseMs, candidate: next?.transport, checksRelease }
}

/** No transport delivers. The stream stays on one, reports that once, and tries again less and less often. */
function settle(draft: Draft): void {
  const { blocks, fixed, now } = draft
  const transport = chooseSettled(fixed.order, blocks, draft.everOpen)
  const reason = transport && blocks[transport]?.error
  if (!reason) {
    draft.actions.push({ type: 'end', error: noTransport(fixed.stream, blocks) })
    return
  }
  const error = draft.reason?.message === reason.message ? draft.reason : reason
  // A value alone does not end the row of waits, since the next failure may follow at once.
  const waitMs = nextBackoffMs(settledBackoff, now - draft.triedAt > workedMs ? undefined : draft.waitMs)
  const at = now + waitMs
  draft.reason = error
  draft.waitMs = waitMs
  draft.triedAt = at
  draft.due = { at, settledOn: transport }
  draft.actions.push({
    type: 'state',
    transport,
    state: { ...idle, kind: 'waiting', attempt: 1, nextDialAt: at, error },
  })
}

function passTime(draft: Draft): void {
  const now = draft.now + earlyMs
  const { due, current, candidate } = draft
  for (const joined of [current, candidate]) if (joined && (joined.provenAt ?? Infinity) <= now) prove(draft, joined)
  if (!due || due !== draft.due || due.at > now) return
  draft.due = undefined
  if (due.checksRelease) draft.actions.push({ type: 'check-release' })
  const { settledOn } = due
  const next = settledOn ? nextSettledTry(draft.fixed.order, draft.blocks, settledOn, now) : due.candidate
  if (next) join(draft, next, 'candidate')
  else plan(draft)
}
