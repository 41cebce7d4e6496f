import { MesheryError } from '../base/errors.ts'

/** The payload of `connection_init`, or a function that returns it for each connection. */
export type ConnectionParams =
  | Readonly<Record<string, unknown>>
  | (() => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>)

/**
 * What the user's function gives now.
 * @throws MesheryError CREDENTIALS_UNREADABLE when the function fails.
 */
export const askForParams = async (ask: Extract<ConnectionParams, () => unknown>): Promise<object> => {
  try {
    return await ask()
  } catch (cause) {
    throw new MesheryError('CREDENTIALS_UNREADABLE', 'The `connectionParams` function failed', {
      phase: 'credentials',
      retryable: true,
      cause,
    })
  }
}
