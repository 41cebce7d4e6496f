import { type Deferred, deferred } from '../base/abort.ts'
import type { MesheryError } from '../base/errors.ts'
import { LatestValue } from '../base/latest-value.ts'
import { type Notice, type Status, statusOf } from '../connection/notice.ts'
import { closeSubscriber, failSubscriber } from '../connection/subscriber-end.ts'

/** One subscription's end of a state: it holds the newest value until the reader comes. */
export class StateSubscriber<Value> {
  readonly queue: LatestValue<Value> = new LatestValue()
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly notice: (notice: Notice) => void
  #over = false

  constructor(notice: (notice: Notice) => void) {
    this.notice = notice
  }

  offer(value: Value): void {
    this.queue.put(value)
    this.ready.resolve()
  }

  status(status: Status): void {
    this.notice({ kind: 'status', ...status })
  }

  fail(error: MesheryError): void {
    if (this.#over) return
    this.#over = true
    this.status(statusOf('failed', { reason: error }))
    failSubscriber(this, error)
  }

  close(): void {
    this.#over = true
    closeSubscriber(this)
  }
}
