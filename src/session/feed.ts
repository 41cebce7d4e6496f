import { type Deferred, deferred } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { Attempts, type AttemptsOptions, outcome } from './attempts.ts'
import { closeFeed, failFeed } from './feed-end.ts'
import { type Notice, type Status, statusOf } from './notice.ts'
import { PassedBy } from './passed-by.ts'
import { mostGhosts, type Position } from './position.ts'
import type { Store } from './store.ts'
import { type Beginning, locate, read } from './store-reader.ts'

/** What a source tells of itself to each of its feeds. */
export interface FeedOptions<Item> {
  /** How many items may wait for the reader. */
  readonly buffer: number
  readonly beginning: Beginning<Item>
  accepts(item: Item): boolean
  notice(notice: Notice): void
}

/** What a feed needs of its source. */
export interface FeedSource<Item> {
  /** A row was read: whoever waits for it need not wait until the source comes to it. */
  seen(row: Item): void
  readonly store: Store<Item>
  readonly attempts: Omit<AttemptsOptions, 'onState'>
}

/**
 * One subscription's end of a log: filters, queues, and when its reader is too slow, or begins in the past, reads the
 * store by itself until it has caught up with the others.
 *
 *   begins now ─► live ──queue full──► behind ──end of the store──► holding ──read once more──► live
 *   begins earlier ──────────────────────▲
 */
export class Feed<Item> {
  readonly queue: Queue<Item>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly options: FeedOptions<Item>
  readonly passedBy: PassedBy
  readonly #source: FeedSource<Item>
  readonly #closing = new AbortController()
  #mode: 'live' | 'behind' | 'holding'
  /** Where its own reading has come to, and, for a while after, what the source may still bring again. */
  #position: Position<Item> | undefined
  #liveSince = 0
  /** Items of the source that came while the last page was read. */
  #held: { readonly item: Item; readonly pushed: Pushed }[] = []
  /** Items that only the push has told of, for after the store. */
  #pushed: Item[] = []

  /** @param pushed How many items the source has delivered as pushed. */
  constructor(source: FeedSource<Item>, options: FeedOptions<Item>, pushed: number) {
    this.#source = source
    this.options = options
    this.passedBy = new PassedBy(pushed)
    this.queue = new Queue(options.buffer)
    this.#mode = options.beginning.from === 'now' ? 'live' : 'behind'
    if (this.#mode === 'behind') void this.#begin()
  }

  /** The source has its beginning; so has a feed that begins now. */
  anchored(): void {
    if (this.options.beginning.from === 'now') this.ready.resolve()
  }

  /** An item of the source, whose position has it already. `rows`: it and those after it on its page that are new to this feed. */
  offer(
    item: Item,
    pushed: Pushed,
    position: Position<Item> | undefined,
    rows: () => readonly Item[] = () => [],
  ): void {
    if (this.#closing.signal.aborted) return
    if (this.#mode === 'live') {
      const own = this.#position
      if ((own && !this.#isNew(own, item, pushed)) || !this.#accepts(item) || this.queue.push(item)) return
      if (pushed === null) own?.forget([item])
      const from = own ?? position?.fork(this.passedBy)
      if (!own) from?.forget(rows())
      this.#fallBehind(from)
      // The position has it already.
      if (pushed !== null && this.#mode !== 'live') this.#pushed.push(item)
      return
    }
    if (this.#mode === 'holding' && this.#held.length < this.options.buffer) {
      this.#held.push({ item, pushed })
      return
    }
    if (this.#mode === 'holding') this.#release()
    if (pushed !== null) this.#keep(item, pushed)
  }

  /** A read of the source that began at this time has come to its end: it brings nothing again from before. */
  readFrom(startedAt: number): void {
    if (this.#mode === 'live' && startedAt >= this.#liveSince) this.#position = undefined
  }

  status(status: Status): void {
    this.options.notice({ kind: 'status', ...status })
  }

  fail(error: MesheryError): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.status(statusOf('failed', { reason: error }))
    failFeed(this, error)
  }

  /** Ends it at once; nothing more is delivered. */
  close(): void {
    this.#closing.abort()
    closeFeed(this)
  }

  #accepts(item: Item): boolean {
    // A function that closes its own subscription is not called again.
    if (this.#closing.signal.aborted) return false
    try {
      return this.options.accepts(item)
    } catch (cause) {
      this.fail(
        cause instanceof MesheryError && cause.code === 'CALLBACK_FAILED'
          ? cause
          : new MesheryError('CALLBACK_FAILED', 'The `where` function threw', { phase: 'stream', cause }),
      )
      return false
    }
  }

  async #begin(): Promise<void> {
    const error = await this.#persist(async (signal) => {
      const position = await locate(this.#source.store, this.options.beginning, signal)
      for (const item of this.#pushed) position.haunt(item)
      this.#position = position
    })
    if (error) return this.fail(error)
    this.ready.resolve()
    if (this.#position) await this.#catchUp(this.#position)
  }

  #fallBehind(position: Position<Item> | undefined): void {
    if (this.#closing.signal.aborted) return
    const queued = this.queue.size
    if (!position) {
      this.options.notice({ kind: 'overflow', queued, dropped: 1 })
      return
    }
    this.#mode = 'behind'
    this.#position = position
    this.options.notice({ kind: 'overflow', queued, dropped: 0 })
    void this.#overflown(position)
  }

  async #overflown(position: Position<Item>): Promise<void> {
    const since = new Date()
    await this.queue.room()
    const recovered = await this.#catchUp(position)
    if (this.#mode === 'live')
      this.options.notice({ kind: 'gap', since, until: new Date(), recovered, complete: true, reason: null })
  }

  /** Reads to the end of the store, then once more while the source's items are held, so that no seam is left. */
  async #catchUp(position: Position<Item>): Promise<number> {
    let count = 0
    while (!this.#closing.signal.aborted) {
      const holding = this.#mode === 'holding'
      const error = await this.#persist(async (signal) => {
        for await (const page of read(this.#source.store, position, signal))
          for (const item of page) {
            if (position.laid.has(item)) continue
            this.#source.seen(item)
            await this.#put(item)
            count++
          }
      })
      if (error) this.fail(error)
      // Not by the mode: once it is live, it may be behind again before this goes on.
      if (holding && (await this.#flush(position))) return count
      this.#mode = 'holding'
    }
    return count
  }

  /** Delivers what came while the last page was read, and is live when nothing more comes. */
  async #flush(position: Position<Item>): Promise<boolean> {
    for (const item of this.#pushed.splice(0)) await this.#put(item)
    for (let held = this.#held.shift(); held; held = this.#held.shift()) {
      const { item, pushed } = held
      // The position learns of it, for the case that the store must be read again after all.
      if (this.#isNew(position, item, pushed)) await this.#put(item)
    }
    // In the same breath, or what comes in between would be held for ever.
    if (this.#mode !== 'holding') return false
    this.#mode = 'live'
    this.#liveSince = now()
    return true
  }

  /** Too much came while holding: the store has it, and is read again. */
  #release(): void {
    this.#mode = 'behind'
    for (const { item, pushed } of this.#held.splice(0)) if (pushed !== null) this.#keep(item, pushed)
  }

  /** Keeps what only the push has told of for after the store; its row, should it come, is skipped. */
  #keep(item: Item, pushed: number): void {
    if (this.#position?.recalls(item)) return
    const room = this.#pushed.length < Math.min(this.options.buffer, mostGhosts)
    if (room && this.#position?.haunt(item) !== false) this.#pushed.push(item)
    else this.passedBy.add(pushed)
  }

  /** Whether the position has not had the item, which it has from now on. */
  #isNew(position: Position<Item>, item: Item, pushed: Pushed): boolean {
    if (pushed === null) return position.fresh(item)
    if (position.recalls(item)) return false
    if (position.haunt(item)) return true
    this.passedBy.add(pushed)
    return false
  }

  async #put(item: Item): Promise<void> {
    if (!this.#accepts(item)) return
    while (!this.#closing.signal.aborted && !this.queue.push(item)) await this.queue.room()
  }

  /** Tries until it works; resolves with the error when there is no point in going on. */
  #persist(work: (signal: AbortSignal) => Promise<void>): Promise<MesheryError | undefined> {
    let told = false
    const attempts = new Attempts({
      ...this.#source.attempts,
      onState: ({ error }) => {
        // Before it is known who we are, or where to begin, nothing is read, and nothing is missed.
        if (!error || told || error.phase === 'credentials' || error.code === 'SINCE_UNKNOWN') return
        told = true
        const at = new Date()
        this.options.notice({ kind: 'gap', since: at, until: at, recovered: 0, complete: false, reason: error })
      },
    })
    return attempts.run((signal) => outcome(() => work(signal)), this.#closing.signal)
  }
}

/** The number of an item that was pushed; null for a row. */
type Pushed = number | null
