import { onAbort } from '../base/abort.ts'
import { MesheryError } from '../base/errors.ts'
import { DialThrottle } from '../connection/retry-loop.ts'

/** The part of a connection that its sharing needs. */
export interface Closeable {
  close(): Promise<void>
  /** Resolves when it is closed, by whichever side. */
  closed(): Promise<unknown>
}

/**
 * One connection for all who use it: dialled for the first, closed after the last. When it is lost, the next one who asks
 * dials again; dials are kept apart, however many ask.
 */
export class SharedConnection<Connection extends Closeable> {
  readonly #dial: () => Promise<Connection>
  readonly #throttle = new DialThrottle()
  #current: Promise<Connection> | undefined
  #users = 0

  constructor(dial: () => Promise<Connection>) {
    this.#dial = dial
  }

  /** Does the work with the connection. @throws the error of the dial, and CLOSED if the signal aborts before it is there. */
  async use<T>(work: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#users++
    try {
      this.#current ??= this.#connect()
      return await work(await unlessAborted(this.#current, signal))
    } finally {
      this.#users--
      if (this.#users === 0) this.#close()
    }
  }

  #connect(): Promise<Connection> {
    const forget = (): void => {
      if (this.#current === current) this.#current = undefined
    }
    const current = this.#dialInTurn()
    current.then((connection) => connection.closed().then(forget, forget), forget)
    return current
  }

  async #dialInTurn(): Promise<Connection> {
    await this.#throttle.wait(new AbortController().signal)
    if (this.#users === 0) throw closedError()
    try {
      return await this.#dial()
    } finally {
      // Once more: what is loaded and looked up before the server is dialled takes its time.
      this.#throttle.dialled()
    }
  }

  #close(): void {
    // A dial that fails has nothing to close, and its error has reached who waited for it.
    this.#current?.then(
      (connection) => connection.close(),
      () => {},
    )
    this.#current = undefined
  }
}

const closedError = (): MesheryError =>
  new MesheryError('CLOSED', 'The connection is not needed any more', { phase: 'stream' })

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(closedError())
    if (signal.aborted) abort()
    const forget = onAbort(signal, abort)
    const done = <V>(settle: (value: V) => void) => {
      return (value: V): void => {
        forget()
        settle(value)
      }
    }
    work.then(done(resolve), done(reject))
  })
}
