import { sameValue } from '../base/same.ts'
import type { StateDeclaration, StateOperationScope, StateReading } from '../streams/state-declaration.ts'
import type { TransportName } from '../transports/contract.ts'

/** What was pushed, as it came. */
interface Push {
  readonly wire: unknown
  /** Whether it holds the whole value: the first one of a WebSocket does, and over SSE each one. */
  readonly isComplete: boolean
}

/** Pushes in a row, the newest first: adding one costs the same however many there are. */
interface PushChain {
  readonly push: Push
  readonly earlier: PushChain | undefined
}

/**
 * How pushes and reads become one value. Pure: state and event in; state, and whether the value changed, out.
 *
 *   pushed, a value ───► merged into the value ──────────────────────┐
 *   pushed, a signal ──► needs a read                                ├──► changed?
 *   read began ··· pushes are kept ··· read ended ──► merged again ──┘
 *                                      read failed ─► the value stays
 *   opened, lost ──► nothing that an earlier connection pushed counts any more
 */
export interface MergeState<Value> {
  /** The present value, and what its read left for the next one. */
  readonly reading: StateReading<Value> | undefined
  /** What this connection pushed, without what reads brought. Kept only where the declaration combines the two. */
  readonly pushed: Value | undefined
  /** Whether this connection has pushed nothing yet. */
  readonly expectsFirst: boolean
  readonly isReading: boolean
  /** Pushes since the read under way began. */
  readonly sinceRead: PushChain | undefined
  /** Ids that the server pushed and that are not followed. */
  readonly unlistedIds: readonly string[]
}

/** `read failed`: or was aborted. `unreadable`: no read works at present, so a pushed value is better than none. */
export type MergeEvent<Value> =
  | { readonly type: 'opened' }
  | { readonly type: 'lost' }
  | { readonly type: 'pushed'; readonly wire: unknown; readonly transport: TransportName }
  | { readonly type: 'read began' }
  | { readonly type: 'read ended'; readonly reading: StateReading<Value> }
  | { readonly type: 'read failed' }
  | { readonly type: 'unreadable' }

export interface MergeStep<Value> {
  readonly state: MergeState<Value>
  /** Whether the value is another one now. */
  readonly changed: boolean
  /** Whether the event was a push that is only a signal, or not enough by itself: a read must follow. */
  readonly needsRead: boolean
  /** Whether the event was a push of the whole value. */
  readonly isComplete: boolean
}

/** What is followed: a declaration with its arguments and ids. */
export interface MergeScope<Arguments, Value, Id> extends StateOperationScope<Arguments, Id> {
  readonly stream: StateDeclaration<Arguments, Value, Id>
}

/** The state before anything happened. */
export const unmerged: MergeState<never> = {
  reading: undefined,
  pushed: undefined,
  expectsFirst: true,
  isReading: false,
  sinceRead: undefined,
  unlistedIds: [],
}

export function nextMergeState<Arguments, Value, Id>(
  scope: MergeScope<Arguments, Value, Id>,
  state: MergeState<Value>,
  event: MergeEvent<Value>,
): MergeStep<Value> {
  switch (event.type) {
    case 'opened':
      return unchanged({ ...state, pushed: undefined, expectsFirst: true })
    case 'lost':
      return unchanged({ ...state, pushed: undefined })
    case 'pushed':
      return afterPush(scope, state, event)
    case 'read began':
      return unchanged({ ...state, isReading: true, sinceRead: undefined })
    case 'read failed':
      return unchanged({ ...state, isReading: false, sinceRead: undefined })
    case 'read ended':
      return afterRead(scope, state, event.reading)
    case 'unreadable': {
      const { reading, pushed } = state
      return reading || pushed === undefined ? unchanged(state) : withReading(state, { value: pushed })
    }
  }
}

function afterPush<Arguments, Value, Id>(
  scope: MergeScope<Arguments, Value, Id>,
  before: MergeState<Value>,
  { wire, transport }: Extract<MergeEvent<Value>, { type: 'pushed' }>,
): MergeStep<Value> {
  const { stream, wanted, ids } = scope
  const push: Push = { wire, isComplete: before.expectsFirst || transport === 'sse' }
  const present = before.reading?.value
  const value = merge(scope, present, push)
  const isIncomplete =
    transport !== 'sse' &&
    value !== undefined &&
    stream.isIncomplete?.(value, push.isComplete ? undefined : present, ids) === true
  const needsRead = value === undefined || isIncomplete
  const keeps = before.isReading && !isIncomplete
  const isEmpty = wire === null || wire === undefined
  const state: MergeState<Value> = {
    ...before,
    unlistedIds: withIds(before.unlistedIds, stream.unlistedIds?.(wire, { wanted, ids }) ?? []),
    sinceRead: keeps ? { push, earlier: before.sinceRead } : before.sinceRead,
    pushed: stream.combine ? (merge(scope, before.pushed, push) ?? before.pushed) : undefined,
    expectsFirst: before.expectsFirst && needsRead && isEmpty,
  }
  if (needsRead) return { ...unchanged(state), needsRead }
  return { ...withReading(state, { ...before.reading, value }), isComplete: push.isComplete }
}

/** The pushes that came during the read are merged once more, on top of it: they may be newer. */
function afterRead<Arguments, Value, Id>(
  scope: MergeScope<Arguments, Value, Id>,
  before: MergeState<Value>,
  reading: StateReading<Value>,
): MergeStep<Value> {
  const { pushed } = before
  const read = reading.value
  const combined = pushed === undefined ? read : (scope.stream.combine?.(read, pushed) ?? read)
  const value = inOrder(before.sinceRead).reduce((earlier, push) => merge(scope, earlier, push) ?? earlier, combined)
  return withReading({ ...before, isReading: false, sinceRead: undefined }, { ...reading, value })
}

function merge<Arguments, Value, Id>(
  { stream, wanted, ids }: MergeScope<Arguments, Value, Id>,
  before: Value | undefined,
  { wire, isComplete }: Push,
): Value | undefined {
  return stream.merge?.(wire, before, { isComplete, wanted, ids })
}

function inOrder(chain: PushChain | undefined): Push[] {
  const pushes: Push[] = []
  for (let link = chain; link; link = link.earlier) pushes.push(link.push)
  return pushes.reverse()
}

function withIds(known: readonly string[], ids: readonly string[]): readonly string[] {
  const added = ids.filter((id) => !known.includes(id))
  return added.length > 0 ? [...new Set([...known, ...added])] : known
}

/** An equal value stays the same object. */
function withReading<Value>(state: MergeState<Value>, reading: StateReading<Value>): MergeStep<Value> {
  const before = state.reading
  const changed = !before || !sameValue(reading.value, before.value)
  const kept = changed ? reading : { ...reading, value: before.value }
  return { ...unchanged({ ...state, reading: kept }), changed }
}

const unchanged = <Value>(state: MergeState<Value>): MergeStep<Value> => ({
  state,
  changed: false,
  needsRead: false,
  isComplete: false,
})
