import { sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { sliceMs, yieldToEventLoop } from '../base/time-slices.ts'

/** How many pages without progress are read from one store without a wait; further ones are read a second apart. */
const pagesWithoutWait = 20
const waitMs = 1_000
/** After so many pages without progress a read ends. */
const maxIdlePages = 120
/** How often a page that only repeats the one before it is read again after the first time, `waitMs` apart. */
const maxRepeats = 3
/** A store that has more rows than this, and than twice the first total, may be a server that makes them up. */
const plausibleRows = 200_000

/** The error of a store that cannot be read to its end. */
export const storeNotReadable = (why: string, details: Readonly<Record<string, unknown>> = {}): MesheryError =>
  new MesheryError('SERVER_ERROR', `The store ${why}`, { phase: 'store', details })

/** What the reads of one store share: however many are under way, it gets no more requests. */
export interface SharedProgress {
  /** How many pages brought no progress, of all reads that are under way. */
  idlePages: number
  /** To be called when pages are not what they should be: the number of the first page may be wrong. */
  recount(): void
}

/** The progress of one read. Pages that bring rows in order are read as fast as they come; a read without progress is ended. */
export class ReadProgress {
  /** How many times in a row a page has only repeated the one before it. */
  repeats = 0
  /** The time of the last row of the page that brought progress last. To be set back where a read begins again in the other order. */
  edge: number = -Infinity
  readonly #shared: SharedProgress
  readonly #signal: AbortSignal
  /** How many of its pages brought no progress, less a quarter of those that did. */
  #idlePages = 0
  #maxRows: number | undefined
  /** The offset of that row. */
  #end = 0
  #total: number | undefined
  #turnBeganAt = now()

  constructor(shared: SharedProgress, signal: AbortSignal) {
    this.#shared = shared
    this.#signal = signal
  }

  /**
   * To be called with every page that leads to another one.
   * @param isNew Whether it may have rows that the page before it does not have.
   * @param edge The time of its last row in ms, negated where the read goes back: it must grow.
   * @param end The offset of its last row.
   * @throws MesheryError SERVER_ERROR when there is no progress for too long, CLOSED when the signal aborts.
   */
  async page(isNew: boolean, edge: number, end: number, total: number): Promise<void> {
    this.#maxRows ??= 2 * total + plausibleRows
    const isAhead = edge > this.edge || (edge === this.edge && end > this.#end && end <= total)
    const isProgress = isNew && end <= this.#maxRows && isAhead
    this.#count(this.#idlePages + (isProgress ? -0.25 : 1))
    // Rows that were stored or deleted meanwhile have moved the others: it goes on from here.
    if (isProgress || total !== this.#total) {
      this.edge = edge
      this.#end = end
      this.repeats = 0
    }
    this.#total = total
    if (this.#idlePages > maxIdlePages)
      throw storeNotReadable(`returned ${maxIdlePages} pages without new rows or an end`)
    if (!isProgress && this.#shared.idlePages > pagesWithoutWait) await sleep(waitMs, this.#signal)
    await this.turn()
  }

  /**
   * Waits until a page that cannot be right, as one that only repeats the one before it, can be read again: the server may
   * return wrong pages for a moment. Returns false after the last time.
   * @param isOften False for a page that is read again only once.
   * @throws MesheryError CLOSED when the signal aborts.
   */
  async canRepeat(isOften = true): Promise<boolean> {
    if (this.repeats > (isOften ? maxRepeats : 0)) return false
    if (this.repeats++ > 0) await sleep(waitMs, this.#signal)
    this.#shared.recount()
    return true
  }

  /** The read has ended, and no longer slows down others. */
  end(): void {
    this.#count(0)
  }

  /**
   * Lets the event loop run, once in a while.
   * @throws MesheryError CLOSED when the signal has aborted.
   */
  async turn(): Promise<void> {
    if (now() - this.#turnBeganAt > sliceMs) {
      await yieldToEventLoop()
      this.#turnBeganAt = now()
    }
    if (this.#signal.aborted) throw new MesheryError('CLOSED', 'The request was aborted', { phase: 'store' })
  }

  #count(idlePages: number): void {
    const before = this.#idlePages
    this.#idlePages = Math.max(0, idlePages)
    this.#shared.idlePages += this.#idlePages - before
  }
}
