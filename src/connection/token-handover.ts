import type { ConnectionListener, Joined } from './connection-listener.ts'
import type { Handover } from './joined-operation.ts'
import type { RetryState } from './retry-policy.ts'

/** The part of a joined operation that is handed over. */
export interface HandedOver extends Joined {
  listener: ConnectionListener
  handover: Handover | undefined
}

/**
 * Keeps an operation on a connection whose token is valid: when the token of its connection is about to expire, it joins a
 * fresh connection, and leaves the current one once the next one misses nothing. Only the current one reports.
 */
export class TokenHandover implements Joined, Handover {
  readonly #listener: ConnectionListener
  readonly #join: (listener: ConnectionListener) => HandedOver
  #current: HandedOver
  #next: HandedOver | undefined

  /** @param join Joins a connection for new operations. */
  constructor(listener: ConnectionListener, join: (listener: ConnectionListener) => HandedOver) {
    this.#listener = listener
    this.#join = join
    this.#current = join(listener)
    this.#current.handover = this
  }

  get state(): RetryState | undefined {
    return this.#current.state
  }

  leave(): void {
    this.ended()
    this.#current.leave()
  }

  renew(): void {
    if (this.#next) return
    const { operation, insists = false } = this.#listener
    const giveUp = (): void => {
      if (this.#next === next) this.ended()
    }
    const next = this.#join({
      operation,
      insists,
      state: ({ error }) => {
        if (error) giveUp()
      },
      open: () => this.#switchTo(next),
      frame: () => {},
      end: giveUp,
    })
    this.#next = next
    if (next.state?.error) giveUp()
  }

  ended(): void {
    this.#next?.leave()
    this.#next = undefined
  }

  #switchTo(next: HandedOver): void {
    this.#current.leave()
    this.#current = next
    this.#next = undefined
    next.handover = this
    next.listener = this.#listener
    this.#listener.open()
  }
}
