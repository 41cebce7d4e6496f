import type { MesheryError } from '../base/errors.ts'
import type { GapNotice, Status } from './notice.ts'

/** Times in which pushes could not arrive. Each is reported by a `gap` notice: when it is closed, or when it cannot be. */
export class GapTracker {
  readonly #report: (notice: GapNotice) => void
  /** Since when the live channel was down. */
  #open: { readonly since: Date; readonly reason: MesheryError } | undefined
  /** Since when the store could not be read. */
  #unread: Date | undefined
  #recovered = 0

  constructor(report: (notice: GapNotice) => void) {
    this.#report = report
  }

  /** The live channel went down. */
  begins(reason: MesheryError): void {
    this.#open ??= { since: new Date(), reason }
  }

  /** The store cannot be read while the server is there: until it can be read, it is unknown what is missing. */
  storeIsLost(reason: MesheryError): void {
    if (this.#unread) return
    this.#unread = new Date()
    this.lost(reason)
  }

  /** Something is missing, and stays so. */
  readonly lost = (reason: MesheryError): void => {
    const now = new Date()
    this.#report({ kind: 'gap', since: now, until: now, recovered: 0, complete: false, reason })
  }

  /** The gap that a read closes which begins now, if the live channel is up. */
  standing({ state, transport }: Status): unknown {
    return state === 'live' || transport === 'polling' ? this.#open : undefined
  }

  /** A read came to its end. It closes a gap only if the live channel was up before the read began: see `standing`. */
  read(recovered: number, standing: unknown): void {
    if (!this.#open && !this.#unread) return
    this.#recovered += recovered
    if (this.#open && this.#open !== standing) return
    const { since = this.#unread ?? new Date(), reason = null } = this.#open ?? {}
    this.#report({ kind: 'gap', since, until: new Date(), recovered: this.#recovered, complete: true, reason })
    this.#open = this.#unread = undefined
    this.#recovered = 0
  }
}
