import type { MesheryError } from '../base/errors.ts'
import type { Notice, Status } from '../connection/notice.ts'

/** What an operation reports to its stream. */
export interface StateOperationListener {
  /** The value changed. */
  changed(): void
  /** A transport opened: what was looked up before may be out of date. */
  opened(): void
  /** The server pushed ids that should be followed and are not. */
  foundUnlistedIds(ids: readonly string[]): void
  status(status: Status): void
  notice(notice: Notice): void
  failed(error: MesheryError): void
}
