import { changedError, MesheryError } from './errors.ts'

/** The error of something that worked before: a retry may help, since the server can recover. Refused credentials stay as they are. */
export function asRetryable(error: unknown): unknown {
  if (!(error instanceof MesheryError) || error.code === 'CREDENTIALS_REFUSED') return error
  return changedError(error, { retryable: true })
}
