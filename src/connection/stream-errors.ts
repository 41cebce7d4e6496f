import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { Blocks } from './transport-blocks.ts'

/** A stream, as errors name it. */
export interface Named {
  readonly name: string
  /** Which releases have it. */
  readonly since: string
}

/** The error that ends the stream. A server that refused its document has no such stream, whatever else went wrong. */
export function finalError(error: MesheryError, blocks: Blocks, stream: Named): MesheryError {
  const refused = blocks.websocket?.error
  if (refused?.code !== 'UNSUPPORTED' || error.code.startsWith('CREDENTIALS')) return error
  if (error.code === 'NO_TRANSPORT' && !blocks.polling) return error
  return unsupportedStream(stream, refused, 'subscribe')
}

/** The release of this Meshery does not have the stream, as `cause` shows. */
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
  const reasons = errors.map(({ message }) => message).join('; ')
  const cause = errors.at(-1)
  const message = `No allowed transport serves ${stream.name}: ${reasons}`
  const error = new MesheryError('NO_TRANSPORT', message, { phase: cause?.phase ?? 'upgrade', cause })
  return finalError(error, blocks, stream)
}
