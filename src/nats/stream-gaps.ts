import type { MesheryError } from '../base/errors.ts'
import type { GapNotice } from '../connection/notice.ts'

interface OpenGap {
  readonly since: Date
  readonly reason: MesheryError | null
  recovered: number
}

/**
 * Times in which a subscription received nothing although there may have been something. Each is reported by one `gap` notice: once
 * everything was read that came meanwhile, or when a part of it turns out to be lost.
 */
export class StreamGaps {
  readonly #report: (notice: GapNotice) => void
  #open: OpenGap | undefined

  constructor(report: (notice: GapNotice) => void) {
    this.#report = report
  }

  /** From now on nothing is received: the connection is lost (`reason`), or the reader is too slow (null). */
  begin(reason: MesheryError | null): void {
    this.#open ??= { since: new Date(), reason, recovered: 0 }
  }

  /** An event was received. */
  received(): void {
    if (this.#open) this.#open.recovered++
  }

  /** Events are lost. `count` is undefined where it cannot be known. */
  lost(count: number | undefined, reason: MesheryError): void {
    const until = new Date()
    const { since, recovered } = this.#open ?? { since: until, recovered: 0 }
    this.#open = undefined
    this.#report({ kind: 'gap', since, until, recovered, lost: count, complete: false, reason })
  }

  /** Everything was read. */
  caughtUp(): void {
    const open = this.#open
    this.#open = undefined
    if (open) this.#report({ kind: 'gap', ...open, until: new Date(), complete: true })
  }
}
