import { type Deferred, deferred, sleep } from '../base/abort.ts'
import type { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { sizeOf } from '../base/size.ts'
import { yieldToEventLoop } from '../base/time-slices.ts'
import { missingNotice } from '../connection/gap-tracker.ts'
import { type Status, statusOf } from '../connection/notice.ts'
import { errorOf, RetryLoop } from '../connection/retry-loop.ts'
import { accepts, closeSubscriber, failSubscriber } from '../connection/subscriber-end.ts'
import type { Receiver } from './event-delivery.ts'
import { type DeliveredPush, type LedgerView, maxRememberedPushes } from './event-ledger.ts'
import type { KnownRow, StoreCursor } from './store-cursor.ts'
import { locateCursor, readNewRows } from './store-reader.ts'
import { queueShare, type SubscriberOptions, type SubscriberSource } from './subscriber-options.ts'

/** How many events that were kept are delivered in one turn of the event loop. */
const maxPerTurn = 100

/** How often, and how far apart, it reads again for a row that the stream has read: a replica of the store may lag. */
const maxRereads = 20
const rereadMs = 1_000

/**
 * One subscription to events: filters, queues, and when its reader is too slow, or begins in the past, reads the store by
 * itself until it has caught up with the others.
 *
 *   begins now ─► live ──queue full──► behind ──end of the store──► holding ──read all that the stream has read──► live
 *   begins earlier ──────────────────────▲
 */
export class EventSubscriber<Item> implements Receiver<Item> {
  readonly queue: Queue<Item>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly options: SubscriberOptions<Item>
  readonly view: LedgerView
  readonly #source: SubscriberSource<Item>
  readonly #closing = new AbortController()
  #mode: 'live' | 'behind' | 'holding'
  /** Where its own reading is in the store; kept until the stream's reader has read the same rows. */
  #cursor: StoreCursor<Item> | undefined
  /** Of its own reading. */
  #retries: RetryLoop | undefined
  /** Since when events may be missing that its own reading has not brought yet. */
  #gapSince: Date | undefined
  /** How many rows its own reading has delivered since then. */
  #recovered = 0
  /** How often it has read again for a row of the stream that its own reading did not find. */
  readonly #rereads = new WeakMap<KnownRow, number>()
  /** Rows of the stream that came while the last page was read. */
  readonly #held: Queue<Item>
  /** Pushes, to be delivered once the store was read to its end. */
  readonly #kept: Queue<Item>
  /** The pushes that it had no room for, and whose rows it has not read. */
  readonly #skipped = new Set<DeliveredPush>()
  /** How many more of them could not be remembered, and how many rows of the stream the store no longer has. */
  #lost = 0
  /** How much may wait for the reader, in all, in bytes. */
  readonly #maxBytes: number
  #queuedCount = 0
  /** Where there is no store: how many were dropped since the last notice of it; undefined while the queue has room. */
  #dropped: number | undefined

  constructor(source: SubscriberSource<Item>, options: SubscriberOptions<Item>) {
    this.#source = source
    this.options = options
    this.view = source.ledger.join()
    const { buffer, bufferBytes, beginning } = options
    this.#maxBytes = queueShare * bufferBytes
    const queue = (): Queue<Item> => new Queue<Item>(buffer, this.#maxBytes, sizeOf)
    this.queue = queue()
    this.#held = queue()
    this.#kept = queue()
    this.#mode = beginning.from === 'now' ? 'live' : 'behind'
    if (this.#mode === 'behind') void this.#begin()
  }

  /** Whether its next event would overflow. While it is behind, there is nothing to overflow. */
  get isFull(): boolean {
    return this.#mode === 'live' && this.queue.full
  }

  /**
   * The starting point of the stream is known, and with it that of a subscription that begins now. What was stored between the end
   * of its own reading and that point is read by neither: then its own reading goes on.
   */
  anchored(): void {
    if (this.options.beginning.from === 'now') this.ready.resolve()
    else this.#readAgain()
  }

  row(row: Item, rest: () => readonly Item[]): void {
    // Behind, its own reading brings the row.
    if (this.#isClosed || this.#mode === 'behind') return
    if (this.#mode === 'holding') {
      const isHeld = this.#keepsMore && this.#held.push(row)
      if (!isHeld) this.#readAgain()
      return
    }
    const isKnown = this.#cursor && !this.#takes(row)
    if (isKnown || this.#enqueue(row)) return
    const unread = this.#cursor ? [row] : rest()
    this.#overflow()?.forget(unread)
  }

  push(item: Item, push: DeliveredPush): void {
    if (this.#isClosed) return
    // Its own reading brings the row, or has brought it; a row that looks the same is another event.
    if (this.#cursor?.hasRowOf(push)) this.#misses(push)
    else if (this.#mode !== 'live') this.#keep(item, push)
    else if (!this.#enqueue(item, push) && this.#overflow()) this.#kept.push(item)
  }

  /**
   * The stream's reader has completed a read. Once it has read all that its own reading has, it brings none of it again. If that closes
   * a gap, the store can be read again: its own reading need not wait for its next try.
   */
  readEnded(cursor: StoreCursor<Item>, isGapClosed?: boolean): void {
    if (isGapClosed) this.#retries?.retryNow()
    if (this.#mode !== 'live') return
    this.#cursor?.prune()
    if (!this.#cursor?.aheadOf(cursor).length) this.#cursor = undefined
  }

  status(status: Status): void {
    this.options.notice({ kind: 'status', ...status })
  }

  fail(error: MesheryError): void {
    if (this.#isClosed) return
    this.#closing.abort()
    this.status(statusOf('failed', { reason: error }))
    failSubscriber(this, error)
  }

  /** Ends it at once; nothing more is delivered. */
  close(): void {
    this.#closing.abort()
    closeSubscriber(this)
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Whether the filter accepts the event. If it rejects a push, it is asked again for the row, which may have more fields. */
  #accepts(item: Item, push?: DeliveredPush): boolean {
    // A filter that closes its own subscription is not called again.
    const isAccepted = !this.#isClosed && accepts(this.options, item, (error) => this.fail(error))
    if (push && !isAccepted) this.#misses(push)
    return isAccepted
  }

  /** It does not get the push: the row is new to it. */
  #misses(push: DeliveredPush): void {
    push.missedBy |= this.view.bit
  }

  /** Queues the event if the filter accepts it. Returns false if there is no room. */
  #enqueue(item: Item, push?: DeliveredPush): boolean {
    if (!this.#accepts(item, push)) return true
    if (!this.queue.push(item)) return false
    if (this.#dropped) this.#reportOverflow(this.#dropped)
    this.#dropped = undefined
    return true
  }

  /** Whether a row that the stream has read is new to its own reading, which remembers it. */
  #takes(row: Item): boolean {
    return this.#cursor?.rememberRow(row) === true && this.#isUnread(row)
  }

  /** Whether a row is new to its own reading: it did not get the push, or there was none. */
  #isUnread(row: Item): boolean {
    const { ledger } = this.#source
    const push = ledger.pushOf(row)
    if (push) this.#skipped.delete(push)
    return ledger.isNewTo(this.view, push)
  }

  async #begin(): Promise<void> {
    await this.#readUntilSuccess(async () => {
      this.#cursor = await locateCursor(this.#source.store, this.options.beginning, this.#closing.signal)
    })
    this.ready.resolve()
    await this.#recover()
  }

  /**
   * There is no room in the queue: from here on it reads the store by itself, if there is one. Returns the cursor with which
   * it does.
   */
  #overflow(): StoreCursor<Item> | undefined {
    this.#cursor ??= this.#source.ledger.cursor?.fork()
    if (this.#isClosed) return undefined
    if (this.#cursor) {
      this.#readAgain()
      this.#reportOverflow(0)
      this.#gapSince ??= new Date()
    } else if (this.#dropped === undefined) {
      this.#dropped = 0
      this.#reportOverflow(1)
    } else this.#dropped++
    return this.#cursor
  }

  #reportOverflow(dropped: number): void {
    this.options.notice({ kind: 'overflow', queued: this.queue.size, dropped })
  }

  /** Catches up, then reports pushes that had no room and have no row and rows that are gone, and closes the gap if there was one. */
  async #recover(): Promise<void> {
    await this.queue.room()
    await this.#catchUp()
    // If it is behind again, both are reported at the next end of the store.
    if (this.#mode !== 'live') return
    const dropped = this.#lost + this.#skipped.size
    const since = this.#gapSince
    const recovered = this.#recovered
    this.#lost = this.#recovered = 0
    this.#skipped.clear()
    this.#gapSince = undefined
    if (dropped) this.#reportOverflow(dropped)
    if (since)
      this.options.notice({ kind: 'gap', since, until: new Date(), recovered, complete: !dropped, reason: null })
  }

  /**
   * Reads to the end of the store, then once more while events of the stream are held, so that there is no gap in between;
   * then again and again, while the stream has read rows that its own reading did not find.
   */
  async #catchUp(): Promise<void> {
    while (!this.#isClosed) {
      await this.#readUntilSuccess(() => this.#readOn())
      // What was kept does not wait for another way through the store. Not by the mode: once it is live, it may be behind again.
      const isDone = await this.#deliverHeld()
      if (isDone) break
      this.#mode = 'holding'
    }
  }

  /** Reads until it succeeds, and reports once that it does not. Fails with an error that no retry can fix. */
  async #readUntilSuccess(read: () => Promise<void>): Promise<void> {
    let isReported = false
    this.#retries = new RetryLoop({
      ...this.#source.retryOptions,
      throttle: this.#source.store.throttle,
      onState: ({ error: reason }) => {
        // Before the credentials and the starting point are known, nothing is missed.
        if (!reason || isReported || reason.phase === 'credentials' || !this.#cursor) return
        isReported = true
        this.#gapSince ??= new Date()
        this.#cursor.lost(reason)
      },
    })
    const error = await this.#retries.run(() => errorOf(read), this.#closing.signal)
    if (error) this.fail(error)
  }

  /** Its own way through the store. */
  async #readOn(): Promise<void> {
    if (!this.#cursor) return
    this.#cursor.lost = (reason) => this.options.notice(missingNotice(reason))
    for await (const page of readNewRows(this.#source.store, this.#cursor, this.#closing.signal)) {
      if (page.length) this.#retries?.progressed()
      for (const row of page) {
        const isUnread = this.#isUnread(row)
        if (!isUnread) continue
        this.#recovered++
        await this.#put(row)
      }
    }
  }

  /** Delivers what was kept and held; is live if it held, when nothing more comes, and its own reading has all rows of the stream. */
  async #deliverHeld(): Promise<boolean> {
    while (this.#kept.size + this.#held.size) {
      const kept = this.#kept.shift()
      if (kept !== undefined) await this.#put(kept)
      const row = this.#held.shift()
      // The cursor learns of it, for the case that the store must be read again after all.
      const isNew = row !== undefined && this.#takes(row)
      if (isNew) await this.#put(row)
    }
    // In the same turn, or what comes in between would be held for ever.
    if (this.#mode !== 'holding') return false
    let isDone = true
    for (const row of this.#cursor?.behind(this.#source.ledger.cursor) ?? []) {
      const rereads = this.#rereads.get(row) ?? 0
      this.#rereads.set(row, rereads + 1)
      if (rereads < maxRereads) isDone = false
      else {
        this.#cursor?.skip(row)
        this.#lost++
        this.#gapSince ??= new Date()
      }
    }
    if (isDone) this.#mode = 'live'
    else await sleep(rereadMs, this.#closing.signal)
    return isDone
  }

  /** Keeps a push until the store was read to its end; its row, should it come, is skipped. */
  #keep(item: Item, push: DeliveredPush): void {
    if (!this.#accepts(item, push) || (this.#keepsMore && this.#kept.push(item))) return
    this.#misses(push)
    if (this.#skipped.size < maxRememberedPushes) this.#skipped.add(push)
    else this.#lost++
    this.#readAgain()
  }

  /** The store is read to its end once more: there was no room for an event, or the stream begins after its own reading ended. */
  #readAgain(): void {
    if (this.#mode === 'live') void this.#recover()
    this.#mode = 'behind'
    while (this.#held.size) this.#held.shift()
  }

  /** Whether what waits, in all, leaves room for more. */
  get #keepsMore(): boolean {
    return this.queue.bytes + this.#held.bytes + this.#kept.bytes < this.#maxBytes
  }

  async #put(item: Item): Promise<void> {
    if (!this.#accepts(item)) return
    while (!this.#isClosed && !this.queue.push(item)) await this.queue.room()
    // At the first event of a page rather than its last: Node sends the request for the next page in this turn.
    if (this.#queuedCount++ % maxPerTurn === 0) await yieldToEventLoop()
  }
}
