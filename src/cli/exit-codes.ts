import { type ErrorCode, MesheryError } from '../index.ts'

/** What the program ends with. A signal ends it with 128 and the signal's number: 130 for SIGINT, 143 for SIGTERM. */
export const exitCodes = {
  /** It did what was asked, or nobody reads its output any more. */
  done: 0,
  failure: 1,
  /** The command line, the environment or mesheryctl's configuration says something that cannot be. */
  usage: 2,
  /** Refused or unreadable credentials, or a gateway that wants a login. */
  credentials: 3,
  /** The server could not be reached at the first try. */
  unreachable: 4,
  /** `--timeout` has passed. */
  timeout: 124,
} as const

const { usage, credentials, unreachable } = exitCodes

const codes: Readonly<Partial<Record<ErrorCode, number>>> = {
  INVALID_OPTION: usage,
  CREDENTIALS_REFUSED: credentials,
  CREDENTIALS_UNREADABLE: credentials,
  GATEWAY_LOGIN: credentials,
  HOST_UNKNOWN: unreachable,
  CONNECTION_REFUSED: unreachable,
  CONNECTION_LOST: unreachable,
  CONNECTION_SILENT: unreachable,
  UNREACHABLE: unreachable,
  TLS_REFUSED: unreachable,
  TIMED_OUT: unreachable,
}

/** The code that an error ends the program with. */
export const exitCodeOf = (error: unknown): number =>
  (error instanceof MesheryError ? codes[error.code] : undefined) ?? exitCodes.failure
