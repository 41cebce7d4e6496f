import type { MesheryError } from '../base/errors.ts'
import type { Notice, Status } from '../connection/notice.ts'

/** What one tracker tells its source. */
export interface StateOperationListener {
  changed(): void
  /** A transport opened: what was found out before may be out of date. */
  opened(): void
  /** The server tells of ids that should be followed, and are not. */
  strange(ids: readonly string[]): void
  status(status: Status): void
  notice(notice: Notice): void
  failed(error: MesheryError): void
}
