import type { ErrorCode } from '../base/errors.ts'

/**
 * What it means when the server closes the WebSocket with a code. The error code decides whether the client retries
 * (`errorKinds` in `src/base/errors.ts`). Any other close code is a lost connection.
 */
const errorCodes: Readonly<Partial<Record<number, ErrorCode>>> = {
  // gqlgen closes so ("terminated") after nearly every failure. A server that is done with an operation sends `complete`.
  1000: 'CONNECTION_LOST',
  // A proxy or server that shuts down. gqlgen never sends it.
  1001: 'CONNECTION_LOST',
  // gqlgen did not get `connection_init` in time, or got a message that it did not expect.
  1002: 'CONNECTION_LOST',
  // No close frame arrived: the process ended, as at each restart of Meshery, or the network did.
  1006: 'CONNECTION_LOST',
  // `graphql-transport-ws`: Unauthorized.
  4401: 'CREDENTIALS_REFUSED',
  // `graphql-transport-ws`: Forbidden.
  4403: 'CREDENTIALS_REFUSED',
}

export const errorOfClose = (closeCode: number): ErrorCode => errorCodes[closeCode] ?? 'CONNECTION_LOST'
