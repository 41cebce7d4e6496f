import type { MesheryError } from '../base/errors.ts'
import type { GapNotice, Status } from './notice.ts'

/** A time in which no push could arrive, or the store could not be read. */
export interface OpenGap {
  readonly since: Date
  readonly reason: MesheryError | null
}

/** Something is missing, and it is not known what. */
export function missingNotice(reason: MesheryError): GapNotice {
  const now = new Date()
  return { kind: 'gap', since: now, until: now, recovered: 0, complete: false, reason }
}

/**
 * Times in which pushes could not arrive. Each is reported by a `gap` notice.
 *
 *   no gap ──channelFailed──► open ──readEnded, of a read that began on a channel that is up──► reported as complete
 *   no gap ──storeFailed──► reported as incomplete ──readEnded──► reported as complete
 */
export class GapTracker {
  readonly #report: (notice: GapNotice) => void
  /** Since when the live channel was down. */
  #open: OpenGap | undefined
  /** Since when the store could not be read. */
  #unread: OpenGap | undefined
  #recovered = 0

  constructor(report: (notice: GapNotice) => void) {
    this.#report = report
  }

  /** The live channel went down. */
  channelFailed(reason: MesheryError): void {
    this.#open ??= { since: new Date(), reason }
  }

  /** The store cannot be read while the server is there: until it can be read, it is unknown what is missing. */
  storeFailed(reason: MesheryError): void {
    if (this.#unread) return
    this.#unread = { since: new Date(), reason: null }
    this.reportMissing(reason)
  }

  /** Something is missing, and no later read brings it. */
  readonly reportMissing = (reason: MesheryError): void => {
    this.#report(missingNotice(reason))
  }

  /** The gap that a read closes which begins now: none while the channel is down, since the gap goes on after the read. */
  closableGap({ state, transport }: Status): OpenGap | undefined {
    return state === 'live' || transport === 'polling' ? this.#open : undefined
  }

  /**
   * A read came to its end. `closable`: what `closableGap` returned when it began. `recovered`: how much it brought. Returns
   * whether that closes a gap.
   */
  readEnded(recovered: number, closable: OpenGap | undefined): boolean {
    const gap = this.#open ?? this.#unread
    if (!gap) return false
    this.#recovered += recovered
    if (this.#open !== closable) return false
    this.#report({ kind: 'gap', ...gap, until: new Date(), recovered: this.#recovered, complete: true })
    this.#open = this.#unread = undefined
    this.#recovered = 0
    return true
  }
}
