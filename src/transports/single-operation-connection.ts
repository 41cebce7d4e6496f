import { deferred, waitAtMost } from '../base/abort.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { Connection, Operation, OperationListener, Timeouts } from './contract.ts'
import { GuardedListener } from './guarded-listener.ts'

/** What a connection runs its operation with. */
export interface OperationRun {
  readonly operation: Operation
  readonly listener: GuardedListener
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal
  /** Ends the connection. */
  fail(error: MesheryError): void
}

/** A connection for one operation: it ends when `run` rejects or calls `fail`. */
export class SingleOperationConnection implements Connection {
  readonly #phase: ErrorPhase
  readonly #timeouts: Timeouts
  readonly #run: (run: OperationRun) => Promise<void>
  readonly #ended = deferred<MesheryError | undefined>()
  readonly #aborter = new AbortController()
  #listener: GuardedListener | undefined
  #running = Promise.resolve()

  /** @param phase Where errors belong that `run` does not name itself. */
  constructor(phase: ErrorPhase, timeouts: Timeouts, run: (run: OperationRun) => Promise<void>) {
    this.#phase = phase
    this.#timeouts = timeouts
    this.#run = run
  }

  get ended(): Promise<MesheryError | undefined> {
    return this.#ended.promise
  }

  start(operation: Operation, listener: OperationListener): () => void {
    const phase = this.#phase
    if (this.#listener) throw new MesheryError('INVALID_OPTION', 'This connection has an operation', { phase })
    this.#listener = new GuardedListener(listener)
    const { signal } = this.#aborter
    const fail = (error: MesheryError): void => this.#end(error)
    if (!signal.aborted) {
      const running = this.#run({ operation, listener: this.#listener, signal, fail })
      this.#running = running.catch((cause: unknown) => {
        if (signal.aborted) return
        const broken = new MesheryError('CONNECTION_LOST', 'The connection broke', { phase, cause })
        fail(cause instanceof MesheryError ? cause : broken)
      })
    }
    return () => void this.close()
  }

  async close(): Promise<void> {
    this.#abort()
    await waitAtMost(this.#timeouts.close, this.#running)
    this.#end()
  }

  #end(error?: MesheryError): void {
    this.#abort()
    this.#ended.resolve(error)
  }

  #abort(): void {
    this.#listener?.stop()
    this.#aborter.abort()
  }
}
