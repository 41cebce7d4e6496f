import { type Deferred, onAbort } from '../base/abort.ts'
import { callbackError } from '../base/callbacks.ts'
import type { AsyncCloseable } from '../base/disposable.ts'
import { MesheryError } from '../base/errors.ts'
import { initialStatus, type Notice, type Status, statusOf } from '../connection/notice.ts'
import { asObservable } from './observable.ts'

/** How a subscription is followed. */
export interface SubscribeOptions {
  /** Closes the subscription when it aborts. */
  readonly signal?: AbortSignal | undefined
  /** Receives everything that is not data: status changes, gaps and others, by `kind`. If it throws, its subscription fails. */
  readonly onNotice?: ((notice: Notice) => void) | undefined
  /** How many items may wait for a slow reader. Default: the client's `buffer`. */
  readonly buffer?: number | undefined
  /** Whether the process may end while the subscription is open. Default false. */
  readonly unref?: boolean | undefined
}

/** The iterator of a subscription. */
// Not `AsyncIterableIterator<T, undefined>`: before TypeScript 5.6 it takes one argument, and given two it is `any`.
export interface SubscriptionIterator<T> extends AsyncIterator<T, undefined> {
  [Symbol.asyncIterator](): SubscriptionIterator<T>
}

/**
 * A running subscription. It starts when it is made, and is iterated once: by `for await`, where `break` closes it. While it
 * is open it keeps the process alive, unless `unref` was given.
 *
 * RxJS accepts it: `from(subscription)`, where `unsubscribe` closes it at once.
 */
export interface Subscription<T> extends AsyncIterable<T>, AsyncCloseable {
  /**
   * Resolves when the starting point is known: every event stored after that is delivered. A state: when the first value is
   * there. Rejects when the subscription ends before that. It need not be awaited.
   */
  readonly ready: Promise<void>
  /** Resolves when it was closed or finished, rejects with the `MesheryError` that ended it. It need not be awaited. */
  readonly closed: Promise<void>
  /** What it is doing now. */
  readonly status: Status
  /**
   * The newest value of a state, whether or not it was iterated: undefined before the first one, and kept after the end. Of events and of
   * `subscribe(document)` always undefined: they have no present value.
   */
  readonly current: T | undefined
  /** Ends it at once: nothing more is delivered. */
  close(): Promise<void>
  /** @throws MesheryError SUBSCRIPTION_IN_USE the second time. */
  [Symbol.asyncIterator](): SubscriptionIterator<T>
}

/** What a subscription reads from: an event, state or raw subscriber. */
export interface SubscriptionSource<T> {
  readonly queue: { next(): Promise<IteratorResult<T, undefined>>; readonly current?: T | undefined }
  readonly ready: Deferred<void>
  readonly ended: Deferred<void>
  fail(error: MesheryError): void
  close(): void
}

/** Passes notices to a listener, whose errors end only its own subscription; keeps the latest status. */
export class NoticeDispatcher {
  status: Status = initialStatus
  readonly #listener: (notice: Notice) => void
  readonly #fail: (error: MesheryError) => void
  #hasFailed = false
  #over = false

  constructor(listener: (notice: Notice) => void, fail: (error: MesheryError) => void) {
    this.#listener = listener
    this.#fail = fail
  }

  notify(notice: Notice): void {
    // After the end there are no notices.
    if (this.#over) return
    if (notice.kind === 'status') {
      const { kind: _, ...status } = notice
      const known = this.status !== initialStatus && same(status, this.status)
      this.status = status
      if (known) return
      this.#over = status.state === 'closed' || status.state === 'failed'
    }
    if (this.#hasFailed) return
    try {
      this.#listener(notice)
    } catch (cause) {
      this.#hasFailed = true
      this.#fail(callbackError('The `onNotice` function or the `logger`', cause))
    }
  }
}

const same = (a: Status, b: Status): boolean =>
  a.state === b.state && a.transport === b.transport && a.attempt === b.attempt && a.reason === b.reason

/** A class and not an object of closures: each subscription costs half as much memory. */
export class LiveSubscription<T> implements Subscription<T> {
  readonly #source: SubscriptionSource<T>
  readonly #dispatcher: NoticeDispatcher
  readonly #onClose: (subscription: LiveSubscription<T>) => void
  #forget: (() => void) | undefined
  #over = false
  #used = false

  constructor(
    source: SubscriptionSource<T>,
    dispatcher: NoticeDispatcher,
    signal: AbortSignal | undefined,
    onClose: (subscription: LiveSubscription<T>) => void,
  ) {
    this.#source = source
    this.#dispatcher = dispatcher
    this.#onClose = onClose
    asObservable(LiveSubscription.prototype)
    const finish = (): void => this.#finish()
    source.ended.promise.then(finish, finish)
    if (signal?.aborted) this.#close()
    else if (signal) this.#forget = onAbort(signal, () => this.#close())
  }

  get ready(): Promise<void> {
    return this.#source.ready.promise
  }

  get current(): T | undefined {
    return this.#source.queue.current
  }

  get closed(): Promise<void> {
    return this.#source.ended.promise
  }

  get status(): Status {
    return this.#dispatcher.status
  }

  async close(): Promise<void> {
    this.#close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }

  [Symbol.asyncIterator](): SubscriptionIterator<T> {
    if (this.#used)
      throw new MesheryError('SUBSCRIPTION_IN_USE', 'This subscription is already iterated', { phase: 'options' })
    this.#used = true
    return new Reader(this.#source.queue, () => this.#close())
  }

  #close(): void {
    if (this.#over) return
    this.#source.close()
    this.#finish()
    this.#dispatcher.notify({ kind: 'status', ...statusOf('closed') })
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    this.#forget?.()
    this.#onClose(this)
  }
}

/** The one iterator of a subscription. */
class Reader<T> implements SubscriptionIterator<T> {
  readonly #queue: SubscriptionSource<T>['queue']
  readonly #close: () => void

  constructor(queue: SubscriptionSource<T>['queue'], close: () => void) {
    this.#queue = queue
    this.#close = close
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#queue.next()
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#close()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
