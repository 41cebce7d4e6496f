import { release } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { TransportName } from '../transports/contract.ts'

/** An operation that the server ended is taken up again at once if it ran at least this long, in milliseconds. */
const ranLong = 5_000

/** One transport that carries a stream, or is tried. */
export class TransportCandidate {
  readonly transport: TransportName
  /** Ends it. */
  leave: () => void = () => {}
  /** Whether its operation began, since it was joined. */
  open = false
  /** Whether something came since it opened. */
  proven = false
  #openedAt = now()
  #doubt: unknown

  constructor(transport: TransportName) {
    this.transport = transport
  }

  /** Whether it is open and nobody was told yet, since an opening alone proves nothing here. */
  get isDoubted(): boolean {
    return this.#doubt !== undefined
  }

  get ranLong(): boolean {
    return this.open && now() - this.#openedAt >= ranLong
  }

  opened(): void {
    this.open = true
    this.proven = false
    this.#openedAt = now()
  }

  /** Its connection broke, and another one is dialled. What was polled before can be polled again. */
  broke(): void {
    this.open = this.proven = this.transport === 'polling' && this.proven
  }

  /**
   * Calls `prove` once it ran long, unless `believe` is called before.
   * @param least How long at least, in milliseconds.
   */
  doubt(prove: () => void, least: number): void {
    this.believe()
    this.#doubt = release(setTimeout(prove, Math.max(ranLong, least)))
  }

  believe(): void {
    clearTimeout(this.#doubt as undefined)
    this.#doubt = undefined
  }

  end(): void {
    this.believe()
    this.leave()
  }
}
