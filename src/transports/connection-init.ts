import { MesheryError } from '../base/errors.ts'

/**
 * The first message of a connection, as text.
 * @throws MesheryError INVALID_OPTION for a payload that JSON cannot express.
 */
export const initMessage = (payload: object): string => {
  try {
    return JSON.stringify({ type: 'connection_init', payload })
  } catch (cause) {
    throw new MesheryError('INVALID_OPTION', '`connectionParams` cannot be sent as JSON', {
      phase: 'credentials',
      cause,
    })
  }
}

/** The error of a `connectionParams` function that took the time that the acknowledgement may take. */
export const unsettledParams = (openMs: number): MesheryError =>
  new MesheryError(
    'TIMED_OUT',
    `The \`connectionParams\` function did not settle within ${openMs} ms (timeouts.open)`,
    { phase: 'credentials', remedy: 'Let `connectionParams` settle, or raise `timeouts.open`.' },
  )
