import { MesheryError } from './errors.ts'

/** The error of something that worked before: a retry may help, since the server can recover. Refused credentials stay as they are. */
export function asRetryable(error: unknown): unknown {
  if (!(error instanceof MesheryError) || error.code === 'CREDENTIALS_REFUSED') return error
  const { code, message, phase, details, remedy, cause } = error
  return new MesheryError(code, message, { phase, details, remedy, cause, retryable: true })
}
