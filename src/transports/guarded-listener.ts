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
    this.#call((listener) => listener.open())
  }

  /** Delivers a frame. The first one opens, since nothing is missed from then on. */
  frame(frame: Frame): void {
    this.open()
    this.#call((listener) => listener.frame(frame))
  }

  end(error?: MesheryError): void {
    this.#call((listener) => {
      this.stop()
      listener.end(error)
    })
  }

  stop(): void {
    this.#listener = undefined
  }

  /** A listener that throws is a mistake of this package. It must show, and must not end the other operations. */
  #call(report: (listener: OperationListener) => void): void {
    try {
      if (this.#listener) report(this.#listener)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
