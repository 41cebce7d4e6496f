import { type Meshery, MesheryError, type Notice, type Status, type Subscription } from '../surface.ts'
import type { FollowListener, FollowSource } from './follow-source.ts'
import { onNextFrame } from './frame.ts'
import { type ContentView, type FollowState, viewOf } from './view.ts'

/** An error of a listener is the page's: it is reported there, and the other listeners go on. */
function callSafely(call: () => void): void {
  try {
    call()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

const asMesheryError = (error: unknown): MesheryError =>
  error instanceof MesheryError
    ? error
    : new MesheryError('CALLBACK_FAILED', String(error), { phase: 'stream', cause: error })

/** What a shared subscription needs of its provider. */
export interface SubscriptionHost {
  client(): Meshery
  /** The view is another one. */
  changed(): void
  /** No hook listens any more: it has ended, and is not used again. */
  unused(): void
}

/** One start of the subscription: whatever comes from an earlier one is ignored. */
interface Run<Item> {
  subscription?: Subscription<Item>
}

/** One subscription of the client for all hooks with the same arguments. It runs while a hook listens. */
export class SharedSubscription<Item, Content> {
  readonly #source: FollowSource<Item, Content>
  readonly #host: SubscriptionHost
  readonly #listeners = new Set<FollowListener<Item>>()
  #state: FollowState<Content>
  #view: ContentView<Content>
  #run: Run<Item> | undefined
  /** Items that are not in the content before the next frame. */
  #waiting: Item[] = []
  #last: Item | undefined
  #startedAtMs: number | undefined
  #cancelFrame: (() => void) | undefined
  #stopTimer: ReturnType<typeof setTimeout> | undefined

  constructor(source: FollowSource<Item, Content>, host: SubscriptionHost) {
    this.#source = source
    this.#host = host
    this.#state = { content: source.empty, status: null, error: null, isLoaded: false }
    this.#view = viewOf(this.#state)
  }

  /** What the hooks show: the same object until the next change. */
  get view(): ContentView<Content> {
    return this.#view
  }

  get status(): Status | null {
    return this.#state.status
  }

  /** Adds a listener. The first one starts the subscription, and a moment after the last one has left, it ends. */
  listen(listener: FollowListener<Item>): () => void {
    clearTimeout(this.#stopTimer)
    this.#listeners.add(listener)
    if (this.#state.status === null && this.#state.error === null) this.#start()
    return () => {
      this.#listeners.delete(listener)
      // StrictMode, and a page that replaces one component by another, listen again at once.
      if (this.#listeners.size === 0) this.#stopTimer = setTimeout(() => this.#stop(), 0)
    }
  }

  /** Starts again, after the last item that came, what has ended or waits for its next try. Does nothing while it works. */
  retry(): void {
    if (this.#listeners.size === 0) return
    const run = this.#run
    if (run && this.#state.status?.state !== 'waiting') return
    this.#run = undefined
    void run?.subscription?.close()
    this.#change({ error: null, status: null })
    this.#start()
  }

  #start(): void {
    const now = Date.now()
    const elapsedMs = this.#startedAtMs === undefined ? undefined : Math.max(0, now - this.#startedAtMs)
    this.#startedAtMs ??= now
    const run: Run<Item> = {}
    this.#run = run
    const notify = (notice: Notice): void => {
      if (run === this.#run) this.#notice(notice)
    }
    try {
      const subscription = this.#source.open(this.#host.client(), { last: this.#last, elapsedMs }, notify)
      run.subscription = subscription
      this.#change({ status: subscription.status })
      if (this.#source.loadedBy === 'ready') this.#awaitReady(subscription, run)
      void this.#follow(subscription, run)
    } catch (error) {
      this.#run = undefined
      this.#change({ error: asMesheryError(error) })
    }
  }

  #stop(): void {
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    const run = this.#run
    this.#run = undefined
    void run?.subscription?.close()
    this.#host.unused()
  }

  #awaitReady(subscription: Subscription<Item>, run: Run<Item>): void {
    const loaded = (): void => {
      if (run === this.#run) this.#change({ isLoaded: true })
    }
    // A rejection is the error that the iteration ends with.
    subscription.ready.then(loaded, () => {})
  }

  async #follow(subscription: Subscription<Item>, run: Run<Item>): Promise<void> {
    const end = (error: MesheryError | null): void => {
      if (run !== this.#run) return
      this.#run = undefined
      this.#change({ status: subscription.status, error })
    }
    try {
      for await (const item of subscription) {
        if (run !== this.#run) return
        this.#receive(item)
      }
      end(null)
    } catch (error) {
      end(asMesheryError(error))
    }
  }

  #receive(item: Item): void {
    const { limit = Infinity } = this.#source
    this.#last = item
    this.#waiting.push(item)
    // What the content has no room for need not wait. The slack keeps this cheap.
    if (this.#waiting.length > 2 * limit) this.#waiting = this.#waiting.slice(-limit)
    this.#requestFlush()
    for (const listener of [...this.#listeners]) callSafely(() => listener.received?.(item))
  }

  #notice(notice: Notice): void {
    if (notice.kind === 'status') {
      const { kind: _, ...status } = notice
      this.#change({ status })
    }
    for (const listener of [...this.#listeners]) callSafely(() => listener.notified?.(notice))
  }

  #change(change: Partial<FollowState<Content>>): void {
    this.#state = { ...this.#state, ...change }
    this.#requestFlush()
  }

  #requestFlush(): void {
    this.#cancelFrame ??= onNextFrame(() => this.#flush())
  }

  #flush(): void {
    this.#cancelFrame = undefined
    const items = this.#waiting
    this.#waiting = []
    if (items.length > 0) {
      const isLoaded = this.#state.isLoaded || this.#source.loadedBy === 'item'
      this.#state = { ...this.#state, content: this.#source.add(this.#state.content, items), isLoaded }
    }
    this.#view = viewOf(this.#state)
    this.#host.changed()
    for (const listener of [...this.#listeners]) listener.changed()
  }
}
