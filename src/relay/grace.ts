import { onAbort } from '../base/abort.ts'

/** How long the event that is being sent when the relay ends may take, in milliseconds: otherwise it is sent twice. */
const graceMs = 5_000

/** Aborts `over` some time after the signal. Keeps the process alive in between: the sockets of a sink may not. */
export class Grace {
  readonly #over = new AbortController()
  readonly #forget: () => void
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(signal: AbortSignal) {
    const begin = (): void => {
      this.#timer = setTimeout(() => this.#over.abort(), graceMs)
    }
    this.#forget = onAbort(signal, begin)
    if (signal.aborted) begin()
  }

  get over(): AbortSignal {
    return this.#over.signal
  }

  end(): void {
    this.#forget()
    clearTimeout(this.#timer)
  }
}
