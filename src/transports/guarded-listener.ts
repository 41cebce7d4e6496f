import type { MesheryError } from '../base/errors.ts'
import type { Frame, GraphQLErrorShape, OperationListener } from './contract.ts'

/** Between a transport and a sink: opens at most once, ends at most once, and is silent after `stop`. */
export class GuardedListener {
  #sink: OperationListener | undefined
  #opened = false

  constructor(sink: OperationListener) {
    this.#sink = sink
  }

  open(): void {
    if (this.#opened) return
    this.#opened = true
    this.#tell((sink) => sink.open())
  }

  /** Delivers a frame; the first one opens, since nothing is missed from then on. */
  frame(frame: Frame): void {
    if (!this.#opened) this.open()
    try {
      this.#sink?.frame(frame)
    } catch (error) {
      surface(error)
    }
  }

  end(error?: MesheryError): void {
    this.#tell((sink) => {
      this.#sink = undefined
      sink.end(error)
    })
  }

  stop(): void {
    this.#sink = undefined
  }

  #tell(what: (sink: OperationListener) => void): void {
    try {
      if (this.#sink) what(this.#sink)
    } catch (error) {
      surface(error)
    }
  }
}

/** Shows an error as uncaught: a sink that throws is a mistake of ours, and must not end what others listen to. */
const surface = (error: unknown): void =>
  queueMicrotask(() => {
    throw error
  })

/** An operation of a connection. */
export interface RunningOperation {
  /** The payload of its `subscribe`: JSON. */
  readonly operation: string
  readonly outlet: GuardedListener
  /** Takes the payload of each `next`, and the length of the message in characters. */
  next(payload: Readonly<Record<string, unknown>>, textLength: number): void
  /** The server ended it: by these errors, or because it is done. */
  end(errors: readonly GraphQLErrorShape[] | undefined): void
}
