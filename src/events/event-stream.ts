import { isRecord } from '../base/checks.ts'
import { hasCode, type MesheryError } from '../base/errors.ts'
import { ReadScheduler } from '../base/read-scheduler.ts'
import { parsedSize } from '../base/size.ts'
import { TimeSlices } from '../base/time-slices.ts'
import { GapTracker } from '../connection/gap-tracker.ts'
import { initialStatus, type Notice, type Status, statusOf } from '../connection/notice.ts'
import { storeRetryOptions } from '../connection/provider-outage.ts'
import { errorOf, RetryLoop, type RetryLoopOptions } from '../connection/retry-loop.ts'
import type { RetryState } from '../connection/retry-policy.ts'
import { hasChannel, statusOfRetry } from '../connection/retry-status.ts'
import { TransportSelector } from '../connection/transport-selector.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import type { Operation } from '../transports/contract.ts'
import { EventDelivery } from './event-delivery.ts'
import { EventLedger } from './event-ledger.ts'
import { EventSubscriber } from './event-subscriber.ts'
import { MissedPushesWatch } from './missed-pushes.ts'
import { Store } from './store.ts'
import type { StoreCursor } from './store-cursor.ts'
import { ago, type Beginning, locateCursor, readNewRows } from './store-reader.ts'
import { type EventStreamContext, type PushedFrame, queueShare, type SubscriberOptions } from './subscriber-options.ts'

/** Errors of the store alone: the server is there, and may push although it cannot be read. */
const storeOnly = new Set(['SERVER_ERROR', 'RATE_LIMITED', 'NOT_MESHERY', 'UNSUPPORTED', 'TIMED_OUT'])

/** How long before the channel opened a late starting point is, in milliseconds: the times of rows and answers are not exact. */
const marginMs = 1_000

/**
 * The events of one Meshery, for all subscriptions of a client: one live operation, one reader of the store.
 *
 * Data flows one way: frames and rows go to the ledger and the delivery, from there to the subscribers.
 */
export class EventStream<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #context: EventStreamContext
  readonly #store: Store<Item>
  readonly #ledger: EventLedger<Item>
  readonly #delivery: EventDelivery<Item>
  /** A flood of frames is worked off in several turns. */
  readonly #frames: TimeSlices<PushedFrame>
  readonly #reads: ReadScheduler
  readonly #gaps: GapTracker = new GapTracker((notice) => this.#notice(notice))
  readonly #missedPushes: MissedPushesWatch
  readonly #transports: TransportSelector
  readonly #subscribers = new Set<EventSubscriber<Item>>()
  readonly #closing = new AbortController()
  readonly #retryOptions: Omit<RetryLoopOptions, 'onState'>
  #status: Status = initialStatus
  /** The starting point if the store could not be read when the channel opened: what was stored since then is read later. */
  #late: Beginning<Item> | undefined
  /** The retries of the last read, which may be waiting for its next try. */
  #retries: RetryLoop | undefined
  /** The read under way: there is one at a time. */
  #lastRead: Promise<unknown> = Promise.resolve()

  constructor(stream: EventDeclaration<Item>, context: EventStreamContext) {
    this.#stream = stream
    this.#context = context
    this.#store = new Store(stream, context)
    this.#ledger = new EventLedger(stream)
    this.#delivery = new EventDelivery(this.#ledger, this.#subscribers, context, (item) => {
      this.#count(item, 'push')
      this.#missedPushes.readTwice()
    })
    this.#retryOptions = storeRetryOptions(context)
    const sizeOf = ({ frame }: PushedFrame): number => parsedSize(frame.data, frame.textLength)
    this.#frames = new TimeSlices((pushed) => this.#frame(pushed), queueShare * context.bufferBytes, sizeOf)
    this.#reads = new ReadScheduler(() => this.#readUntilSuccess())
    const readIfLive = (): void => {
      if (this.#isLive) this.#reads.request()
    }
    this.#missedPushes = new MissedPushesWatch(context.timeouts.poll, readIfLive, (notice) => this.#notice(notice))
    const operation: Operation = { sse: stream.sse, poll: (signal) => this.#readInTurn(signal) }
    const operations = stream.documents.map((query) => ({ ...operation, graphql: { query } }))
    this.#transports = new TransportSelector(
      { name: stream.name, operations, since: stream.since },
      {
        state: (state, status) => this.#retryState(state, status),
        open: (status) => this.#opened(status),
        frame: (frame, transport, ours) => this.#frames.add({ frame, transport, ours }),
        end: (error) => this.fail(error),
      },
      context,
    )
  }

  start(): void {
    void this.#begin()
  }

  /** One more subscription. */
  join(options: SubscriberOptions<Item>): EventSubscriber<Item> {
    const source = { store: this.#store, ledger: this.#ledger, retryOptions: this.#retryOptions }
    const subscriber = new EventSubscriber(source, options)
    this.#subscribers.add(subscriber)
    subscriber.status(this.#status)
    if (this.#ledger.cursor || this.#late) subscriber.anchored()
    return subscriber
  }

  /** One subscription less. Returns whether any is left. */
  leave(subscriber: EventSubscriber<Item> | undefined): boolean {
    if (subscriber) this.#subscribers.delete(subscriber)
    return this.#subscribers.size > 0
  }

  fail(error: MesheryError): void {
    this.#setStatus(statusOf('failed', { reason: error }))
    for (const subscriber of [...this.#subscribers]) subscriber.fail(error)
    this.close()
  }

  close(): void {
    this.#closing.abort()
    this.#transports.close()
    this.#frames.close()
    this.#reads.close()
    this.#delivery.close()
    this.#missedPushes.close()
  }

  /** The starting point comes before the live channel: what is stored after it is found, pushed or not. */
  async #begin(): Promise<void> {
    const retries = new RetryLoop({
      ...this.#retryOptions,
      asks: true,
      credentialsTimeoutMs: this.#context.timeouts.connect,
      onState: (state) => this.#retryState(state, statusOfRetry(state, null)),
    })
    const error = await retries.run(async (signal) => {
      const problem = await errorOf(() => this.#anchor(signal))
      // The read after the opening reports it if it still fails: before that nothing can be missing.
      return problem && storeOnly.has(problem.code) ? undefined : problem
    }, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    if (error) return this.fail(error)
    this.#transports.start()
  }

  async #anchor(signal: AbortSignal): Promise<StoreCursor<Item>> {
    const cursor = await locateCursor(this.#store, this.#late ?? { from: 'now' }, signal)
    cursor.lost = this.#gaps.reportMissing
    this.#ledger.anchor(cursor)
    this.#anchored()
    return cursor
  }

  #anchored(): void {
    for (const subscriber of this.#subscribers) subscriber.anchored()
  }

  #retryState(state: RetryState, status: Status | undefined): void {
    if (state.error && ['live', 'polling'].includes(this.#status.state)) this.#gaps.channelFailed(state.error)
    if (status) this.#setStatus(status)
  }

  #opened(status: Status): void {
    this.#setStatus(status)
    // Without a store, the live channel is the starting point.
    if (!this.#ledger.cursor) {
      this.#late ??= ago(marginMs)
      this.#anchored()
    }
    // Pushes wait for the read that comes now: what it brings was stored before them.
    else this.#delivery.storeIs('readable')
    this.#store.reconsider()
    if (this.#isLive) {
      this.#retries?.retryNow()
      this.#missedPushes.readTwice()
    } else this.#missedPushes.pushed()
  }

  #frame({ frame, transport, ours }: PushedFrame): void {
    const { data, errors } = frame
    if (errors && ours) this.#notice({ kind: 'partial', errors })
    const origin = transport === 'websocket' ? transport : 'sse'
    const wire = origin === 'websocket' && isRecord(data) ? data[this.#stream.name] : data
    const item = this.#stream.item(wire, origin)
    // A front end may send values of its own to keep the channel open: those say nothing about an event.
    const isEvent = item && [this.#stream.id(item), ...this.#stream.traits(item)].some((one) => one !== null)
    if (isEvent) this.#missedPushes.pushed()
    if (ours && isEvent && !this.#delivery.push(item)) this.#context.server.counters.duplicates++
    this.#reads.request()
  }

  /** Never rejects. */
  async #readUntilSuccess(): Promise<void> {
    this.#retries = new RetryLoop({
      ...this.#retryOptions,
      onState: ({ kind, error }) => {
        if (!error || kind === 'connecting' || !(storeOnly.has(error.code) || this.#isLive)) return
        this.#gaps.storeFailed(error)
        this.#delivery.storeIs('unreadable')
      },
    })
    await this.#retries.run((signal) => errorOf(() => this.#readInTurn(signal)), this.#closing.signal)
  }

  #readInTurn(signal: AbortSignal): Promise<boolean> {
    const reading = this.#lastRead.then(() => this.#delivery.during(signal, () => this.#read(signal)))
    const lastRead: Promise<unknown> = reading.catch((error: unknown) => {
      // Refused credentials are not sent again by a read that waits for its turn.
      if (this.#lastRead !== lastRead && hasCode(error, 'CREDENTIALS_REFUSED')) throw error
    })
    this.#lastRead = lastRead
    return reading
  }

  /** One read of the store, to its end. Returns whether anything was new. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const closable = this.#gaps.closableGap(this.#status)
    const cursor = this.#ledger.cursor ?? (await this.#anchor(signal))
    const ended = this.#missedPushes.reads()
    const found = { rows: 0, unpushed: 0, unpushedAt: '' }
    const { counters } = this.#context.server
    for await (const page of readNewRows(this.#store, cursor, signal)) {
      this.#delivery.storeIs('readable')
      const before = found.unpushed - this.#ledger.announced
      for (const row of this.#delivery.rows(page)) {
        found.rows++
        this.#count(row, 'row')
        if (!this.#stream.isPushed(row)) continue
        found.unpushed++
        found.unpushedAt = this.#stream.at(row) ?? found.unpushedAt
      }
      counters.recovered += found.unpushed - this.#ledger.announced - before
      // After the page, which the cursor has: no read brings it again.
      if (signal.aborted) return false
    }
    const isGapClosed = this.#gaps.readEnded(found.rows, closable)
    for (const subscriber of this.#subscribers) subscriber.readEnded(cursor, isGapClosed)
    ended(this.#isLive ? found.unpushed : 0, Date.parse(found.unpushedAt))
    return found.rows > 0
  }

  /** Once for each event, however many subscribers there are. */
  #count(item: Item, origin: 'push' | 'row'): void {
    const { counters, diagnostics } = this.#context.server
    counters.events++
    diagnostics?.event(this.#stream.id(item), this.#stream.at(item), origin)
  }

  get #isLive(): boolean {
    return this.#status.state === 'live'
  }

  #setStatus(status: Status): void {
    this.#status = status
    this.#store.hasChannel = hasChannel(status)
    for (const subscriber of [...this.#subscribers]) subscriber.status(status)
  }

  #notice(notice: Notice): void {
    for (const subscriber of [...this.#subscribers]) subscriber.options.notice(notice)
  }
}
