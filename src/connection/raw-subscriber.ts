import { type Deferred, deferred } from '../base/abort.ts'
import { backoffMs } from '../base/backoff.ts'
import { dateOf, now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { parsedSize } from '../base/size.ts'
import { Timer } from '../base/timer.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import { type Notice, type Status, statusOf } from './notice.ts'
import type { RetryState } from './retry-policy.ts'
import { closeSubscriber, failSubscriber } from './subscriber-end.ts'
import { settledBackoff } from './transport-blocks.ts'

type Join = (transport: TransportName, listener: ConnectionListener) => Joined

/** What a subscription gives to its subscriber. */
export interface RawSubscriberOptions {
  /** How many frames may wait for the reader. */
  readonly buffer: number
  /** How many bytes of them, estimated. */
  readonly bufferBytes: number
  notice(notice: Notice): void
}

/** One subscription to a document of the user, over WebSocket: frames as they arrive. What is pushed while it is not connected is lost. */
export class RawSubscriber<Data> {
  readonly queue: Queue<Data>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly #report: (notice: Notice) => void
  readonly #join: Join
  readonly #retry = new Timer()
  #joined: Joined | undefined
  /** How many frames were lost since the last notice that counted them. */
  #dropped = 0
  #isOverflowing = false
  #gap: { readonly since: Date; readonly reason: MesheryError } | undefined
  #isOver = false
  /** Before the first connection there is no gap: nothing was promised. */
  #wasOpen = false
  /** How often in a row it waits for its only transport. */
  #waits = 0
  /** The length of the newest frame, in characters. */
  #textLength: number | undefined

  /** @param operation The operation, or a promise of it, or of the error instead: a document may have to be printed first. */
  constructor(operation: Operation | Promise<Operation | MesheryError>, options: RawSubscriberOptions, join: Join) {
    this.queue = new Queue<Data>(options.buffer, options.bufferBytes, (data) => parsedSize(data, this.#textLength))
    this.#report = options.notice
    this.#join = join
    if ('then' in operation) void operation.then((ready) => this.#start(ready))
    else this.#start(operation)
  }

  fail(error: MesheryError): void {
    this.#end(error)
  }

  close(): void {
    this.#reportDropped()
    this.#stop()
    closeSubscriber(this)
  }

  #start(operation: Operation | MesheryError): void {
    if (this.#isOver) return
    if (operation instanceof MesheryError) {
      this.#end(operation)
      return
    }
    this.#joined = this.#join('websocket', {
      operation,
      state: (state) => this.#state(state),
      open: () => this.#open(),
      frame: (frame) => this.#frame(frame),
      end: (error) => {
        if (error?.code === 'TRANSPORT_UNAVAILABLE' && error.retryable) this.#wait(operation, error)
        else this.#end(error)
      },
    })
    if (this.#joined.state) this.#state(this.#joined.state)
  }

  #stop(): void {
    this.#isOver = true
    this.#joined?.leave()
    this.#retry.stop()
  }

  #state({ kind, attempt, error: reason, nextDialAt }: RetryState): void {
    if (this.#isOver) return
    if (reason && this.#wasOpen) this.#gap ??= { since: new Date(), reason }
    if (kind === 'connecting') this.#reportStatus(reason ? 'waiting' : kind, { attempt, reason })
    if (kind === 'waiting' || kind === 'refused')
      this.#reportStatus('waiting', { attempt, reason, nextRetryAt: dateOf(nextDialAt) })
  }

  #open(): void {
    this.#wasOpen = true
    this.ready.resolve()
    this.#reportStatus('live')
    if (this.#gap) this.#report({ kind: 'gap', ...this.#gap, until: new Date(), recovered: 0, complete: false })
    this.#gap = undefined
  }

  #frame({ data, textLength, errors }: Frame): void {
    if (this.#isOver) return
    this.#textLength = textLength
    this.#waits = 0
    if (errors) this.#report({ kind: 'partial', errors })
    const isQueued = this.queue.push(data as Data)
    if (!isQueued) this.#dropped++
    if (isQueued || !this.#isOverflowing) this.#reportDropped()
    this.#isOverflowing = !isQueued
  }

  /** The first loss is reported at once, further ones together. The `dropped` of all notices add up to what was lost. */
  #reportDropped(): void {
    const dropped = this.#dropped
    this.#dropped = 0
    if (dropped > 0) this.#report({ kind: 'overflow', queued: this.queue.size, dropped })
  }

  #end(error: MesheryError | undefined): void {
    if (this.#isOver) return
    this.#stop()
    this.#reportDropped()
    if (error) {
      failSubscriber(this, error)
      this.#reportStatus('failed', { reason: error })
      return
    }
    this.queue.end()
    this.ready.resolve()
    this.ended.resolve()
  }

  /** A document has no other transport, so it waits for this one. */
  #wait(operation: Operation, reason: MesheryError): void {
    if (this.#isOver) return
    const waitMs = backoffMs(settledBackoff, this.#waits++)
    this.#reportStatus('waiting', { attempt: this.#waits, reason, nextRetryAt: dateOf(now() + waitMs) })
    this.#retry.start(waitMs, () => this.#start(operation))
  }

  #reportStatus(state: Status['state'], known: Partial<Status> = {}): void {
    this.#report({ kind: 'status', ...statusOf(state, { transport: 'websocket', ...known }) })
  }
}
