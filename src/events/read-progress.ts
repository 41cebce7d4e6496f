import { sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { sliceMs, yieldToEventLoop } from '../base/time-slices.ts'

/** So many pages of one read that do not move on are read at once; further ones a second apart. */
const atOnce = 20
/** So many more end the read. */
const paced = 100
const paceMs = 1_000
/** More rows than this, and than twice the first total, may be no store any more but a server that makes them up. */
const plausible = 200_000

/** The error of a store that cannot be read to its end. */
export const storeNotReadable = (why: string, details: Readonly<Record<string, unknown>> = {}): MesheryError =>
  new MesheryError('SERVER_ERROR', `The store ${why}`, { phase: 'store', details })

/** How one read moves on. Pages that bring rows in order are read as fast as they come; what does not end is ended. */
export class ReadProgress {
  readonly #signal: AbortSignal
  #idle = 0
  #most: number | undefined
  #edge: number | undefined
  #turnBegan = now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /**
   * To be called with every page that leads to another one.
   * @param fresh Whether it has rows that the page before it has not.
   * @param edge The time at its far end, in milliseconds, negative where older rows are read for: it must grow.
   * @param end The offset of its far end.
   * @throws MesheryError SERVER_ERROR when it does not move on for too long, CLOSED when the signal aborts.
   */
  async page(fresh: boolean, edge: number, end: number, total: number): Promise<void> {
    this.#most ??= 2 * total + plausible
    const before = this.#edge ?? -Infinity
    const moves = fresh && end <= this.#most && (edge > before || (edge === before && end <= total))
    this.#idle = Math.max(0, this.#idle + (moves ? -0.25 : 1))
    if (moves) this.#edge = edge
    if (this.#idle > atOnce + paced)
      throw storeNotReadable(`returned ${atOnce + paced} pages without new rows or without an end: the read stopped`)
    if (this.#idle > atOnce) await sleep(paceMs, this.#signal)
    await this.turn()
  }

  /** Lets other work have its turn, once in a while. */
  async turn(): Promise<void> {
    if (now() - this.#turnBegan > sliceMs) {
      await yieldToEventLoop()
      this.#turnBegan = now()
    }
    if (this.#signal.aborted) throw new MesheryError('CLOSED', 'The read was given up', { phase: 'store' })
  }
}

/** Compares how a store grew with what was read: what was stored where no read looks is noticed. */
export class RowCount {
  /** Rows that were there before. */
  #before: number | undefined
  #found = 0

  /** @param total Rows in all at the beginning; 0 when the server does not say. */
  constructor(total: number) {
    if (total > 0) this.#before = total
  }

  /** So many rows were read for the first time. */
  count(rows: number): void {
    this.#found += rows
  }

  /** After a read that found nothing new: how many rows more there are than were read. */
  missing(total: number): number {
    if (total <= 0) return 0
    const before = total - this.#found
    this.#before = Math.min(this.#before ?? before, before)
    return before - this.#before
  }

  /** They were reported. */
  writeOff(rows: number): void {
    this.#found += rows
  }
}
