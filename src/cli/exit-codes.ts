import { type ErrorCode, MesheryError } from '../index.ts'

/** What the program ends with. After a signal it ends by that signal, which a shell shows as 128 and its number: see `main.ts`. */
export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  credentials: 3,
  unreachable: 4,
  /** The event that `--fail-on` names came. */
  failed: 10,
  timeout: 124,
} as const

/** What each of them means, for people, in order. */
export const exitCodeTexts: readonly (readonly [codes: readonly number[], meaning: string])[] = [
  [[exitCodes.done], 'done, or the reader of the output has closed it'],
  [[exitCodes.failure], 'failure'],
  [[exitCodes.usage], 'wrong usage; with `--once` also an id or a name that the server does not know'],
  [[exitCodes.credentials], 'the credentials are refused or unreadable, or a gateway wants a login'],
  [
    [exitCodes.unreachable],
    'the server could not be reached at the first try, or within `--wait-for-server`; after the start the command waits for it',
  ],
  [[exitCodes.failed], '`wait event`: an event matched `--fail-on`'],
  [[exitCodes.timeout], '`--timeout` has passed'],
  [[129, 130, 143], 'ended by SIGHUP, Ctrl-C, SIGTERM, as shells show it; the second one ends it at once'],
]

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
  PROXY_REFUSED: unreachable,
  TIMED_OUT: unreachable,
}

/** The code that an error ends the program with. */
export const exitCodeOf = (error: unknown): number =>
  error instanceof MesheryError ? exitCodeOfCode(error.code) : exitCodes.failure

/** The same for the code of an error alone. */
export const exitCodeOfCode = (code: unknown): number =>
  Object.entries(codes).find(([known]) => known === code)?.[1] ?? exitCodes.failure
