import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { TransportName } from '../transports/contract.ts'

/**
 * Which transport a stream uses. Pure.
 *
 *   websocket ──cannot be had──► sse ──cannot be had──► polling
 *       ▲                         ▲                        │
 *       └──── probe, 60 s … 10 min, with overlap ──────────┘
 */
export interface Block {
  readonly error: MesheryError
  /** When it is tried again; Infinity when only another release can help. */
  readonly until: number
  /** How long it was blocked this time. */
  readonly wait: number
}

export type Blocks = Readonly<Partial<Record<TransportName, Block>>>

const firstWait = 60_000
const longestWait = 600_000

/** Remembers that a transport cannot be had. */
export function block(blocks: Blocks, transport: TransportName, error: MesheryError, now: number): Blocks {
  const before = blocks[transport]?.wait
  const wait = before === undefined ? firstWait : Math.min(longestWait, before * 2)
  const forGood = error.code === 'UNSUPPORTED' || error.details['permanent'] === true
  return { ...blocks, [transport]: { error, wait, until: forGood ? Infinity : now + wait } }
}

/** The first transport that is not blocked; undefined when all are. */
export function choose(order: readonly TransportName[], blocks: Blocks): TransportName | undefined {
  return order.find((transport) => blocks[transport] === undefined)
}

/** The best transport above the present one that can be tried again, and when. */
export function wayBack(
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

/** Whether no other transport can help: one that lacks something can be helped, a store that is not there cannot. */
export const isFatal = ({ code, phase }: MesheryError): boolean =>
  phase === 'store' || !['UNSUPPORTED', 'TRANSPORT_UNAVAILABLE', 'GRAPHQL_ERROR'].includes(code)

/** What a stream is called, and which releases have it. */
interface Named {
  readonly name: string
  readonly since: string
}

/** A server that refused the document is a Meshery without this stream, whatever else it said. */
export function verdict(error: MesheryError, blocks: Blocks, stream: Named): MesheryError {
  const refused = blocks.websocket?.error
  if (refused?.code !== 'UNSUPPORTED' || error.code.startsWith('CREDENTIALS')) return error
  if (error.code === 'NO_TRANSPORT' && blocks.polling === undefined) return error
  return hasNone(stream, refused, 'subscribe')
}

/** This Meshery is of a release without the stream, as it said by that error. */
export const hasNone = ({ name, since }: Named, cause: MesheryError, phase: ErrorPhase): MesheryError =>
  new MesheryError('UNSUPPORTED', `This Meshery has no ${name}: ${cause.message}`, {
    phase,
    remedy: `Use Meshery ${since} or later.`,
    cause,
    details: cause.details,
  })
