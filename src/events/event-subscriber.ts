import { type Deferred, deferred } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { sizeOf } from '../base/size.ts'
import { yieldToEventLoop } from '../base/time-slices.ts'
import { type Status, statusOf } from '../connection/notice.ts'
import { accepts, closeSubscriber, failSubscriber } from '../connection/subscriber-end.ts'
import { readUntilSuccess } from './read-until-success.ts'
import { SkippedPushes } from './skipped-pushes.ts'
import type { StoreCursor } from './store-cursor.ts'
import { locateCursor, readNewRows } from './store-reader.ts'
import type { SubscriberOptions, SubscriberSource } from './subscriber-options.ts'

/** How many items that were kept are delivered in one turn of the event loop. */
const mostPerTurn = 100

/**
 * One subscription's end of a log: filters, queues, and when its reader is too slow, or begins in the past, reads the
 * store by itself until it has caught up with the others.
 *
 *   begins now ─► live ──queue full──► behind ──end of the store──► holding ──read once more──► live
 *   begins earlier ──────────────────────▲
 */
export class EventSubscriber<Item> {
  readonly queue: Queue<Item>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly options: SubscriberOptions<Item>
  readonly passedBy: SkippedPushes<Item>
  readonly #source: SubscriberSource<Item>
  readonly #closing = new AbortController()
  #mode: 'live' | 'behind' | 'holding'
  /** Where its own reading has come to, and, for a while after, what the source may still bring again. */
  #position: StoreCursor<Item> | undefined
  #liveSince = 0
  /** Items of the source that came while the last page was read. */
  readonly #held: Queue<{ readonly item: Item; readonly pushed: Pushed }>
  /** Items that only the push has told of, for after the store. */
  readonly #pushed: Queue<Item>
  #puts = 0
  /** How many were dropped since the last notice of it; undefined while none is. */
  #dropped: number | undefined

  /** @param pushed How many items the source has delivered as pushed. */
  constructor(source: SubscriberSource<Item>, options: SubscriberOptions<Item>, pushed: number) {
    this.#source = source
    this.options = options
    this.passedBy = new SkippedPushes(source.store.stream, pushed)
    const [buffer, bytes] = [options.buffer, options.bufferBytes / 2]
    this.queue = new Queue<Item>(buffer, bytes, sizeOf)
    this.#held = new Queue(buffer, bytes, ({ item }) => sizeOf(item))
    this.#pushed = new Queue<Item>(buffer, bytes, sizeOf)
    this.#mode = options.beginning.from === 'now' ? 'live' : 'behind'
    if (this.#mode === 'behind') void this.#begin()
  }

  /** Whether its next item would overflow. While it is behind, there is nothing to overflow. */
  get isFull(): boolean {
    return this.#mode === 'live' && this.queue.full
  }

  /** The source has its beginning; so has a feed that begins now. */
  anchored(): void {
    if (this.options.beginning.from === 'now') this.ready.resolve()
  }

  /** An item of the source, whose position has it already. `rows`: it and those after it on its page that are new to this feed. */
  offer(
    item: Item,
    pushed: Pushed,
    position: StoreCursor<Item> | undefined,
    rows: () => readonly Item[] = () => [],
  ): void {
    if (this.#closing.signal.aborted) return
    if (this.#mode === 'live') {
      if (pushed === null) this.passedBy.row(item)
      const own = this.#position
      if ((own && !this.#isNew(own, item, pushed)) || !this.#accepts(item)) return
      if (this.queue.push(item)) {
        this.#hasRoomAgain()
        return
      }
      if (pushed === null) own?.forget([item])
      const from = own ?? position?.fork(this.passedBy)
      if (!own) from?.forget(rows())
      this.#fallBehind(from)
      // The position has it already.
      if (pushed !== null && this.#mode !== 'live') this.#pushed.push(item)
      return
    }
    if (this.#mode === 'holding' && this.#keepsMore && this.#held.push({ item, pushed })) return
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
    failSubscriber(this, error)
  }

  /** Ends it at once; nothing more is delivered. */
  close(): void {
    this.#closing.abort()
    closeSubscriber(this)
  }

  #accepts(item: Item): boolean {
    // A function that closes its own subscription is not called again.
    if (this.#closing.signal.aborted) return false
    return accepts(this.options, item, (error) => this.fail(error))
  }

  async #begin(): Promise<void> {
    const error = await readUntilSuccess(this.#source, this.options, this.#closing.signal, async (signal) => {
      const position = await locateCursor(this.#source.store, this.options.beginning, signal)
      for (const item of this.#pushed) position.rememberPush(item)
      this.#position = position
    })
    if (error) return this.fail(error)
    this.ready.resolve()
    if (this.#position) await this.#catchUp(this.#position)
    this.#tellLost()
  }

  #fallBehind(position: StoreCursor<Item> | undefined): void {
    if (this.#closing.signal.aborted) return
    const queued = this.queue.size
    if (!position) {
      if (this.#dropped === undefined) this.options.notice({ kind: 'overflow', queued, dropped: 1 })
      this.#dropped = this.#dropped === undefined ? 0 : this.#dropped + 1
      return
    }
    this.#mode = 'behind'
    this.#position = position
    this.options.notice({ kind: 'overflow', queued, dropped: 0 })
    void this.#overflown(position)
  }

  async #overflown(position: StoreCursor<Item>): Promise<void> {
    const since = new Date()
    await this.queue.room()
    const recovered = await this.#catchUp(position)
    if (this.#mode !== 'live') return
    const complete = this.#tellLost() === 0
    this.options.notice({ kind: 'gap', since, until: new Date(), recovered, complete, reason: null })
  }

  /** Reports what there was no room for and the store does not have either. */
  #tellLost(): number {
    // Once it is behind again, the next end of the store tells.
    const dropped = this.#mode === 'live' ? this.passedBy.lost() : 0
    if (dropped > 0) this.options.notice({ kind: 'overflow', queued: this.queue.size, dropped })
    return dropped
  }

  #hasRoomAgain(): void {
    if (this.#dropped) this.options.notice({ kind: 'overflow', queued: this.queue.size, dropped: this.#dropped })
    this.#dropped = undefined
  }

  /** Reads to the end of the store, then once more while the source's items are held, so that no seam is left. */
  async #catchUp(position: StoreCursor<Item>): Promise<number> {
    let count = 0
    while (!this.#closing.signal.aborted) {
      const holding = this.#mode === 'holding'
      const error = await readUntilSuccess(this.#source, this.options, this.#closing.signal, async (signal) => {
        for await (const page of readNewRows(this.#source.store, position, signal))
          for (const item of page) {
            if (position.alreadyDelivered.has(item)) continue
            this.#source.seen(item)
            this.passedBy.row(item)
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
  async #flush(position: StoreCursor<Item>): Promise<boolean> {
    for (let item = this.#pushed.shift(); item !== undefined; item = this.#pushed.shift()) await this.#put(item)
    for (let held = this.#held.shift(); held; held = this.#held.shift()) {
      const { item, pushed } = held
      if (pushed === null) this.passedBy.row(item)
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
    for (let held = this.#held.shift(); held; held = this.#held.shift())
      if (held.pushed !== null) this.#keep(held.item, held.pushed)
  }

  /** Keeps what only the push has told of for after the store; its row, should it come, is skipped. */
  #keep(item: Item, pushed: number): void {
    if (this.#position?.wasDelivered(item)) return
    if (this.#keepsMore && this.#pushed.push(item)) this.#position?.rememberPush(item)
    else if (this.#accepts(item)) this.passedBy.add(pushed, item)
  }

  /** Whether what waits, in all, leaves room for more. */
  get #keepsMore(): boolean {
    return this.queue.bytes + this.#held.bytes + this.#pushed.bytes < this.options.bufferBytes / 2
  }

  /** Whether the position has not had the item, which it has from now on. */
  #isNew(position: StoreCursor<Item>, item: Item, pushed: Pushed): boolean {
    if (pushed === null) return position.rememberRow(item)
    if (position.wasDelivered(item)) return false
    position.rememberPush(item)
    return true
  }

  async #put(item: Item): Promise<void> {
    if (!this.#accepts(item)) return
    while (!this.#closing.signal.aborted && !this.queue.push(item)) await this.queue.room()
    if (++this.#puts % mostPerTurn === 0) await yieldToEventLoop()
  }
}

/** The number of an item that was pushed; null for a row. */
type Pushed = number | null
