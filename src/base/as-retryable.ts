import { changedError, MesheryError } from './errors.ts'

/**
 * The error of something that worked before: a retry may help, since the server can recover. Refused credentials stay as they are,
 * unless a live channel shows that they are good.
 */
export const asRetryable = (error: unknown, worked: boolean, hasChannel?: boolean): unknown =>
  error instanceof MesheryError && (error.code === 'CREDENTIALS_REFUSED' ? hasChannel : worked)
    ? changedError(error, { retryable: true })
    : error
