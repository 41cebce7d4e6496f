import type { MesheryError } from '../base/errors.ts'
import type { Frame, OperationListener } from './contract.ts'

/** The listener of an operation as the contract has it: opens at most once, ends at most once, and gets nothing after `stop`. */
export class GuardedListener {
  #listener: OperationListener | undefined
  #isOpen = false

  constructor(listener: OperationListener) {
    this.#listener = listener
  }

  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    try {
      this.#listener?.open()
    } catch (error) {
      throwUncaught(error)
    }
  }

  /** Delivers a frame. The first one opens, since nothing is missed from then on. */
  frame(frame: Frame): void {
    this.open()
    try {
      this.#listener?.frame(frame)
    } catch (error) {
      throwUncaught(error)
    }
  }

  end(error?: MesheryError): void {
    const listener = this.#listener
    this.stop()
    try {
      listener?.end(error)
    } catch (thrown) {
      throwUncaught(thrown)
    }
  }

  stop(): void {
    this.#listener = undefined
  }
}

/** A listener that throws is a mistake of this package. It must show, and must not end the other operations. */
const throwUncaught = (error: unknown): void =>
  queueMicrotask(() => {
    throw error
  })
