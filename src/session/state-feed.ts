import { type Deferred, deferred } from '../base/abort.ts'
import { Box } from '../base/box.ts'
import type { MesheryError } from '../base/errors.ts'
import { closeFeed, failFeed } from './feed-end.ts'
import { type Notice, type Status, statusOf } from './notice.ts'

/** One subscription's end of a state: it holds the newest value until the reader comes. */
export class StateFeed<Value> {
  readonly queue: Box<Value> = new Box()
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
    failFeed(this, error)
  }

  close(): void {
    this.#over = true
    closeFeed(this)
  }
}
