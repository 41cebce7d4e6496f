import { type Backoff, nextBackoffMs } from '../base/backoff.ts'
import type { ErrorCode, MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'

/**
 * Which transports of a stream are blocked, and what follows from that. Pure. `fallback-policy.ts` decides by it.
 */
export interface Block {
  readonly error: MesheryError
  /** When it is tried again; Infinity if only another release of the server can help. */
  readonly until: number
  /** How long it was blocked this time, in milliseconds. */
  readonly waitMs: number
  /** It opened, yet the operation ended before anything arrived: an opening proves nothing there. */
  readonly fruitless: boolean
}

/** The blocked transports; all others are free. */
export type Blocks = Readonly<Partial<Record<TransportName, Block>>>

/** How long a transport is blocked. */
const blockBackoff: Backoff = { firstMs: 60_000, longestMs: 600_000 }

/** How soon a stream that no transport delivers is tried again. */
export const settledBackoff: Backoff = { firstMs: 1_000, longestMs: 30_000 }

/** Errors after which another transport may serve the stream. */
const otherTransportMayServe: ReadonlySet<ErrorCode> = new Set([
  // The server, or this stream on it, has no such transport.
  'UNSUPPORTED',
  // Something between lets this transport not pass, or it breaks again and again.
  'TRANSPORT_UNAVAILABLE',
  // The server refused the operation: the REST API may still have the data.
  'GRAPHQL_ERROR',
])

/** Errors that say: the server is healthy, and does not give the stream this way. */
const serverCannotGive: ReadonlySet<ErrorCode> = new Set(['UNSUPPORTED', 'NOT_MESHERY', 'GRAPHQL_ERROR'])

/** What failed, and when. */
export interface TransportFailure {
  readonly error: MesheryError
  readonly now: number
  /** See `Block`. Default false. */
  readonly fruitless?: boolean
}

/** Blocks a transport: longer each time, at least as long as `Retry-After` says, for good if the server says that it has none. */
export function blockTransport(
  blocks: Blocks,
  transport: TransportName,
  { error, now, fruitless = false }: TransportFailure,
): Blocks {
  const grownMs = nextBackoffMs(blockBackoff, blocks[transport]?.waitMs)
  const waitMs = Math.max(grownMs, Number(error.details['retryAfter'] ?? 0))
  const isForGood = error.code === 'UNSUPPORTED' || error.details['permanent'] === true
  return { ...blocks, [transport]: { error, waitMs, fruitless, until: isForGood ? Infinity : now + waitMs } }
}

/** The first transport that is not blocked; undefined if all are. */
export const chooseTransport = (order: readonly TransportName[], blocks: Blocks): TransportName | undefined =>
  order.find((transport) => !blocks[transport])

/** The transports before this one; without one, all of them. */
export const betterThan = (
  order: readonly TransportName[],
  transport: TransportName | undefined,
): readonly TransportName[] => order.slice(0, transport && order.indexOf(transport))

/** The better transport whose block ends first, and when. */
export function nextCandidate(
  order: readonly TransportName[],
  blocks: Blocks,
  current: TransportName | undefined,
): { readonly transport: TransportName; readonly at: number } | undefined {
  let next: { transport: TransportName; at: number } | undefined
  for (const transport of betterThan(order, current)) {
    const at = blocks[transport]?.until ?? Infinity
    if (at < (next?.at ?? Infinity)) next = { transport, at }
  }
  return next
}

/** Why no better transport than this one is in use; null for the best. What may end counts before what is for good. */
export function fallbackReason(
  { fixed, blocks }: { readonly fixed: { readonly order: readonly TransportName[] }; readonly blocks: Blocks },
  { transport }: { readonly transport: TransportName },
): MesheryError | null {
  const blocked = betterThan(fixed.order, transport).flatMap((name) => blocks[name] ?? [])
  return (blocked.findLast(({ until }) => until < Infinity) ?? blocked.at(-1))?.error ?? null
}

/** Whether the error ends the stream, since no other transport can help. A transport cannot replace a store that is missing. */
export const isFatal = (error: MesheryError, blocks: Blocks): boolean =>
  (error.phase === 'store' || !otherTransportMayServe.has(error.code)) && !isFruitless(blocks, error)

/** Whether this transport cannot deliver either, while another one at least opens. */
export const isFruitless = (blocks: Blocks, error: MesheryError): boolean =>
  serverCannotGive.has(error.code) &&
  Object.values(blocks).some(({ fruitless, until }) => fruitless && until < Infinity)

/**
 * Where a stream stays that no transport delivers: on the best whose connection opens, else on the best that may work
 * again. Undefined if a wait cannot help.
 * @param everOpen Whether any transport ever opened for this stream: then the cause may pass.
 */
export function chooseSettled(
  order: readonly TransportName[],
  blocks: Blocks,
  everOpen: boolean,
): TransportName | undefined {
  const passing = order.filter((transport) => blocks[transport]?.until !== Infinity)
  return (
    passing.find((transport) => blocks[transport]?.fruitless) ??
    passing.find((transport) => everOpen || blocks[transport]?.error.retryable)
  )
}

/** Which transport a settled stream tries next: another one whose block is over, else the one that it stays on. */
export const nextSettledTry = (
  order: readonly TransportName[],
  blocks: Blocks,
  settled: TransportName,
  now: number,
): TransportName =>
  order.find((transport) => transport !== settled && (blocks[transport]?.until ?? Infinity) <= now) ?? settled
