import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'

/**
 * Which transport a stream uses. Pure.
 *
 *   websocket ──cannot be had──► sse ──cannot be had──► polling
 *       ▲                         ▲                        │
 *       └──── probe, 60 s … 10 min, with overlap ──────────┘
 *
 *   none of them delivers ──► settled on the best that opens: one notice, one backoff, 1 s … 30 s ──delivers──► present
 */
export interface Block {
  readonly error: MesheryError
  /** When it is tried again; Infinity when only another release can help. */
  readonly until: number
  /** How long it was blocked this time. */
  readonly wait: number
  /** It opened, yet the operation ended before anything came: an opening proves nothing there. */
  readonly fruitless: boolean
}

export type Blocks = Readonly<Partial<Record<TransportName, Block>>>

const firstWait = 60_000
const longestWait = 600_000
/** How soon a stream that no transport delivers is tried again, in milliseconds, doubling. */
const firstPause = 1_000
const longestPause = 30_000

/** Remembers that a transport cannot be had. */
export function blockTransport(
  blocks: Blocks,
  transport: TransportName,
  error: MesheryError,
  now: number,
  fruitless = false,
): Blocks {
  const before = blocks[transport]?.wait
  const doubled = before === undefined ? firstWait : Math.min(longestWait, before * 2)
  const wait = Math.max(doubled, Number(error.details['retryAfter'] ?? 0))
  const forGood = error.code === 'UNSUPPORTED' || error.details['permanent'] === true
  return { ...blocks, [transport]: { error, wait, fruitless, until: forGood ? Infinity : now + wait } }
}

/** The first transport that is not blocked; undefined when all are. */
export function chooseTransport(order: readonly TransportName[], blocks: Blocks): TransportName | undefined {
  return order.find((transport) => blocks[transport] === undefined)
}

/** The best transport above the present one that can be tried again, and when. */
export function nextProbe(
  order: readonly TransportName[],
  blocks: Blocks,
  present: TransportName | undefined,
): { readonly transport: TransportName; readonly at: number } | undefined {
  const better = present === undefined ? order : order.slice(0, order.indexOf(present))
  let best: { transport: TransportName; at: number } | undefined
  for (const transport of better) {
    const at = blocks[transport]?.until ?? Infinity
    if (at !== Infinity && (!best || at < best.at)) best = { transport, at }
  }
  return best
}

/** Errors after which another transport may serve the stream. */
const soft: ReadonlySet<string> = new Set(['UNSUPPORTED', 'TRANSPORT_UNAVAILABLE', 'GRAPHQL_ERROR'])

/** Whether the stream ends by it, since no other transport would help. */
export const isFatal = (error: MesheryError, blocks: Blocks): boolean =>
  // A transport can take the place of another one, but not of a store that is not there.
  (error.phase === 'store' || !soft.has(error.code)) && !isFruitless(blocks, error)

/** How long a stream that nothing delivers waits before its next try, in milliseconds. */
export const settledRetryDelay = (pauses: number): number => Math.min(longestPause, firstPause * 2 ** pauses)

/**
 * Where a stream stays that no transport delivers: on the best whose connection opens, else on the best that may work
 * again. Undefined where there is nothing to wait for.
 * @param everOpen Whether any transport ever opened for this stream: then somebody may mend what is wrong.
 */
export function chooseSettled(
  order: readonly TransportName[],
  blocks: Blocks,
  everOpen: boolean,
): TransportName | undefined {
  const open = order.filter((transport) => blocks[transport]?.until !== Infinity)
  return (
    open.find((transport) => blocks[transport]?.fruitless) ??
    open.find((transport) => everOpen || blocks[transport]?.error.retryable)
  )
}

/** Which transport a settled stream tries next: another one whose block is over, else the one that it stays on. */
export const nextTry = (
  order: readonly TransportName[],
  blocks: Blocks,
  settled: TransportName,
  now: number,
): TransportName =>
  order.find((transport) => transport !== settled && (blocks[transport]?.until ?? Infinity) <= now) ?? settled

/** Errors by which a server says that it cannot give the stream this way, however healthy it is. */
const cannot: ReadonlySet<string> = new Set(['UNSUPPORTED', 'NOT_MESHERY', 'GRAPHQL_ERROR'])

/** Whether the transport that was fallen back to delivers nothing either, while another one at least opens. */
export const isFruitless = (blocks: Blocks, error: MesheryError): boolean =>
  cannot.has(error.code) && Object.values(blocks).some(({ fruitless, until }) => fruitless && until !== Infinity)

/** A stream, as errors name it. */
export interface Named {
  readonly name: string
  /** Which releases have it. */
  readonly since: string
}

/** A server that refused the document is a Meshery without this stream, whatever else it said. */
export function finalError(error: MesheryError, blocks: Blocks, stream: Named): MesheryError {
  const refused = blocks.websocket?.error
  if (refused?.code !== 'UNSUPPORTED' || error.code.startsWith('CREDENTIALS')) return error
  if (error.code === 'NO_TRANSPORT' && blocks.polling === undefined) return error
  return unsupportedStream(stream, refused, 'subscribe')
}

/** This Meshery is of a release without the stream, as it said by that error. */
export const unsupportedStream = ({ name, since }: Named, cause: MesheryError, phase: ErrorPhase): MesheryError =>
  new MesheryError('UNSUPPORTED', `This Meshery has no ${name}: ${cause.message}`, {
    phase,
    remedy: `Use Meshery ${since} or later.`,
    cause,
    details: cause.details,
  })
/** The error of a stream that no transport serves, with the reason of each. */
export function noTransport(stream: Named, blocks: Blocks): MesheryError {
  const errors = Object.values(blocks).map(({ error }) => error)
  const cause = errors.at(-1)
  const why = errors.map(({ message }) => message).join('; ')
  const message = `No allowed transport serves ${stream.name}: ${why}`
  const error = new MesheryError('NO_TRANSPORT', message, { phase: cause?.phase ?? 'upgrade', cause })
  return finalError(error, blocks, stream)
}
