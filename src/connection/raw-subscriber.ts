import { type Deferred, deferred, release } from '../base/abort.ts'
import { dateOf, now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { parsedSize } from '../base/size.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import { settledRetryDelay } from './fallback-policy.ts'
import { type Notice, type Status, statusOf } from './notice.ts'
import type { ConnectionListener } from './reconnecting-connection.ts'
import type { RetryState } from './retry-policy.ts'
import { closeSubscriber, failSubscriber } from './subscriber-end.ts'

/** A document of the user's own, over WebSocket: frames as they come. What is pushed while nobody listens is lost. */
export class RawSubscriber<Data> {
  readonly queue: Queue<Data>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly #notice: (notice: Notice) => void
  #leave: () => void = () => {}
  /** How many frames were lost since the last notice of it. */
  #dropped = 0
  #isOverflowing = false
  #gap: { readonly since: Date; readonly reason: MesheryError } | undefined
  #over = false
  #start: () => void = () => {}
  #again: unknown
  #pauses = 0
  /** Of the newest frame. */
  #textLength: number | undefined

  /** @param operation Or what will be it, or the error instead: a document may have to be printed first. */
  constructor(
    operation: Operation | Promise<Operation | MesheryError>,
    options: { readonly buffer: number; readonly bufferBytes: number; notice(notice: Notice): void },
    join: (transport: TransportName, member: ConnectionListener) => () => void,
  ) {
    this.queue = new Queue<Data>(options.buffer, options.bufferBytes, (data) => parsedSize(data, this.#textLength))
    this.#notice = options.notice
    const start = (ready: Operation): void => {
      if (this.#over) return
      this.#start = () => start(ready)
      this.#leave = join('websocket', {
        operation: ready,
        state: (state) => this.#state(state),
        open: () => this.#open(),
        frame: (frame) => this.#frame(frame),
        end: (error) => this.#end(error),
      })
    }
    if (!(operation instanceof Promise)) start(operation)
    else void operation.then((ready) => (ready instanceof MesheryError ? this.#end(ready) : start(ready)))
  }

  fail(error: MesheryError): void {
    this.#end(error)
  }

  close(): void {
    this.#tellDropped()
    this.#over = true
    this.#leave()
    clearTimeout(this.#again as undefined)
    closeSubscriber(this)
  }

  #state(state: RetryState): void {
    if (this.#over) return
    const { kind, attempt, error: reason, nextDialAt: until } = state
    if (reason) this.#gap ??= { since: new Date(), reason }
    if (kind === 'connecting') this.#tell({ state: reason ? 'waiting' : 'connecting', attempt, reason })
    if (kind === 'waiting' || kind === 'refused')
      this.#tell({ state: 'waiting', attempt, reason, nextRetryAt: dateOf(until) })
  }

  #open(): void {
    this.ready.resolve()
    this.#tell({ state: 'live' })
    if (this.#gap) this.#notice({ kind: 'gap', ...this.#gap, until: new Date(), recovered: 0, complete: false })
    this.#gap = undefined
  }

  #frame({ data, textLength, errors }: Frame): void {
    if (this.#over) return
    this.#textLength = textLength
    this.#pauses = 0
    if (errors) this.#notice({ kind: 'partial', errors })
    if (this.queue.push(data as Data)) {
      this.#isOverflowing = false
      this.#tellDropped()
      return
    }
    this.#dropped++
    if (!this.#isOverflowing) this.#tellDropped()
    this.#isOverflowing = true
  }

  /** The first loss is told at once, those behind it together; all `dropped` add up to what was lost. */
  #tellDropped(): void {
    const dropped = this.#dropped
    this.#dropped = 0
    if (dropped > 0) this.#notice({ kind: 'overflow', queued: this.queue.size, dropped })
  }

  #end(error: MesheryError | undefined): void {
    if (this.#over) return
    if (error?.code === 'TRANSPORT_UNAVAILABLE' && error.retryable) {
      this.#wait(error)
      return
    }
    this.#over = true
    this.#leave()
    clearTimeout(this.#again as undefined)
    this.#tellDropped()
    if (error) {
      failSubscriber(this, error)
      this.#tell({ state: 'failed', reason: error })
      return
    }
    this.queue.end()
    this.ready.resolve()
    this.ended.resolve()
  }

  /** There is no other transport to go to. */
  #wait(reason: MesheryError): void {
    const wait = settledRetryDelay(this.#pauses++)
    this.#tell({ state: 'waiting', attempt: this.#pauses, reason, nextRetryAt: dateOf(now() + wait) })
    this.#again = release(setTimeout(() => this.#start(), wait))
  }

  #tell({ state, ...known }: Pick<Status, 'state'> & Partial<Status>): void {
    this.#notice({ kind: 'status', ...statusOf(state, { transport: 'websocket', ...known }) })
  }
}
