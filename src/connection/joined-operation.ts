import type { MesheryError } from '../base/errors.ts'
import { Timer } from '../base/timer.ts'
import type { Connection, Frame, Operation, OperationListener } from '../transports/contract.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import type { RetryLoop } from './retry-loop.ts'
import type { RetryState } from './retry-policy.ts'

/** How soon a drop follows a `complete` that belongs to it, in milliseconds. */
const dropFollowsMs = 100

/** What moves an operation to another connection when its token expires. */
export interface Handover {
  renew(): void
  /** The operation is over. */
  ended(): void
}

/**
 * An operation on a reconnecting connection: the only layer between its transport and its listener. It starts anew on each
 * connection that is dialled.
 */
export class JoinedOperation implements Joined, OperationListener {
  /** What the connection did as it was joined. */
  state: RetryState | undefined
  readonly operation: Operation
  /** Gets what arrives. The handover replaces it. */
  listener: ConnectionListener
  handover: Handover | undefined
  readonly #loop: Pick<RetryLoop, 'opened' | 'received'>
  /** Removes it from its connection. */
  readonly #remove: (joined: JoinedOperation) => void
  readonly #completion = new Timer()
  #stop: (() => void) | undefined
  #isLeft = false

  constructor(listener: ConnectionListener, loop: RetryLoop, remove: (joined: JoinedOperation) => void) {
    this.operation = listener.operation
    this.listener = listener
    this.#loop = loop
    this.#remove = remove
  }

  start(connection: Connection): void {
    this.#stop = connection.start(this.operation, this)
  }

  stop(): void {
    this.#stop?.()
    this.dropped()
  }

  /** The connection that it was started on is over. */
  dropped(): void {
    this.#stop = undefined
    this.#completion.stop()
  }

  leave(): void {
    this.#isLeft = true
    this.#detach()
  }

  open(): void {
    this.#loop.opened()
    this.listener.open()
  }

  frame(frame: Frame): void {
    this.#loop.received()
    this.listener.frame(frame)
  }

  end(error?: MesheryError): void {
    if (error) this.#answered(error)
    // gqlgen may send `complete` just before it closes the connection: that is a drop, and no end.
    else this.#completion.start(dropFollowsMs, () => this.#answered())
  }

  /** Nothing more comes: the operation is over, or its connection is. */
  finish(error?: MesheryError): void {
    if (this.#isLeft) return
    this.handover?.ended()
    this.listener.end(error)
  }

  /** The server answered: the connection works, whatever it says of this operation. */
  #answered(error?: MesheryError): void {
    this.#loop.opened()
    this.#loop.received()
    this.#detach()
    this.finish(error)
  }

  #detach(): void {
    this.stop()
    this.#remove(this)
  }
}
