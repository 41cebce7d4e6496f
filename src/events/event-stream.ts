import { dateOf, now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { ReadScheduler } from '../base/read-scheduler.ts'
import { parsedSize } from '../base/size.ts'
import { TimeSlices } from '../base/time-slices.ts'
import { GapTracker } from '../connection/gap-tracker.ts'
import { initialStatus, type Notice, type Status, statusOf } from '../connection/notice.ts'
import { storeRetryOptions } from '../connection/provider-outage.ts'
import { errorOf, RetryLoop, type RetryLoopOptions } from '../connection/retry-loop.ts'
import type { RetryState } from '../connection/retry-policy.ts'
import { TransportSelector } from '../connection/transport-selector.ts'
import type { EventDeclaration } from '../streams/event-declaration.ts'
import type { Operation, TransportName } from '../transports/contract.ts'
import { deliverPage, UnpushedRows } from './deliver-page.ts'
import { EventSubscriber } from './event-subscriber.ts'
import { type MissedPushesWatch, watchMissedPushes } from './missed-pushes.ts'
import { PendingPushes } from './pending-pushes.ts'
import { Store } from './store.ts'
import type { StoreCursor } from './store-cursor.ts'
import { locateCursor, readNewRows } from './store-reader.ts'
import type { EventStreamContext, PushedFrame, SubscriberOptions, SubscriberSource } from './subscriber-options.ts'

/** Errors of the store alone: the server is there, and may push although it cannot be read. */
const storeOnly = new Set(['SERVER_ERROR', 'RATE_LIMITED', 'NOT_MESHERY', 'UNSUPPORTED', 'TIMED_OUT'])

/** One log, for all subscriptions of a client: one live operation, one reader of the store. */
export class EventStream<Item> {
  readonly #stream: EventDeclaration<Item>
  readonly #context: EventStreamContext
  readonly #store: Store<Item>
  readonly #gate: PendingPushes<Item>
  /** A flood of frames is worked off in several turns. */
  readonly #frames: TimeSlices<PushedFrame>
  readonly #bell: ReadScheduler
  readonly #gaps: GapTracker = new GapTracker((notice) => this.#notice(notice))
  readonly #heartbeat: MissedPushesWatch
  readonly #route: TransportSelector
  readonly #feeds = new Set<EventSubscriber<Item>>()
  readonly #closing = new AbortController()
  readonly #attempts: Omit<RetryLoopOptions, 'onState'>
  readonly #feedSource: SubscriberSource<Item>
  #position: StoreCursor<Item> | undefined
  #status: Status = initialStatus
  /** The credentials that the store refused; tried again once a live channel is let in, as after an outage. */
  #refused: number | undefined
  /** A read that may be waiting for its next try. */
  #reading: RetryLoop | undefined
  /** One read at a time, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(stream: EventDeclaration<Item>, context: EventStreamContext) {
    this.#stream = stream
    this.#context = context
    this.#store = new Store(stream, context.server, context.timeouts.request, context.version, this.#gaps.lost)
    this.#attempts = storeRetryOptions(context)
    this.#gate = new PendingPushes(stream, {
      settle: context.settle,
      bytes: context.bufferBytes / 2,
      deliver: (item) => this.#deliverPushed(item),
      // Each reader that is up to date gets its turn before its queue overflows.
      hasRoom: () => ![...this.#feeds].some((feed) => feed.isFull),
    })
    const sizeOf = ({ frame }: PushedFrame): number => parsedSize(frame.data, frame.textLength)
    this.#frames = new TimeSlices((pushed) => this.#frame(pushed), context.bufferBytes / 2, sizeOf)
    this.#feedSource = { store: this.#store, attempts: this.#attempts, seen: (row) => this.#gate.row(row) }
    this.#bell = new ReadScheduler(() => this.#answerBell())
    const beat = (): void => {
      if (this.#isLive) this.#bell.request()
    }
    this.#heartbeat = watchMissedPushes(context.timeouts.poll, beat, (notice) => this.#notice(notice))
    const operation: Operation = { sse: stream.sse, poll: (signal) => this.#readInTurn(signal) }
    const operations = stream.documents.map((query) => ({ ...operation, graphql: { query } }))
    this.#route = new TransportSelector(
      { name: stream.name, operations, since: stream.since },
      {
        state: (state, transport) => this.#linkState(transport, state),
        open: (transport) => this.#opened(transport),
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
    const feed = new EventSubscriber(this.#feedSource, options, this.#position?.pushed ?? 0)
    this.#feeds.add(feed)
    feed.status(this.#status)
    if (this.#position) feed.anchored()
    return feed
  }

  /** One subscription less; says whether any is left. */
  leave(feed: EventSubscriber<Item> | undefined): boolean {
    if (feed) this.#feeds.delete(feed)
    return this.#feeds.size > 0
  }

  fail(error: MesheryError): void {
    this.#tell(statusOf('failed', { reason: error }))
    for (const feed of [...this.#feeds]) feed.fail(error)
    this.close()
  }

  close(): void {
    this.#closing.abort()
    this.#route.close()
    this.#frames.close()
    this.#bell.close()
    this.#gate.close()
    this.#heartbeat.close()
  }

  /** The anchor comes before the live channel: what is stored after it is found, pushed or not. */
  async #begin(): Promise<void> {
    let lost: MesheryError | undefined
    const attempts = new RetryLoop({
      ...this.#attempts,
      asks: true,
      credentialsTimeoutMs: this.#context.timeouts.connect,
      onState: (state) => this.#linkState(null, state),
    })
    const error = await attempts.run(async (signal) => {
      const problem = await errorOf(() => this.#anchor(signal))
      if (problem && storeOnly.has(problem.code)) lost = problem
      return lost ? undefined : problem
    }, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    if (error) return this.fail(error)
    if (lost) this.#storeIsLost(lost)
    this.#route.start()
  }

  async #anchor(signal: AbortSignal): Promise<StoreCursor<Item>> {
    this.#position = await locateCursor(this.#store, { from: 'now' }, signal)
    for (const feed of this.#feeds) feed.anchored()
    return this.#position
  }

  #linkState(transport: TransportName | null, { kind, attempt, error: reason, nextDialAt: until }: RetryState): void {
    if (reason && ['live', 'polling'].includes(this.#status.state)) this.#gaps.begins(reason)
    if (kind === 'connecting' && !reason) this.#tell(statusOf('connecting', { transport, attempt }))
    if (kind !== 'waiting' && kind !== 'refused') return
    this.#tell({ state: 'waiting', transport, attempt, reason, nextRetryAt: dateOf(until) })
  }

  #opened(transport: TransportName): void {
    this.#tell(statusOf(transport === 'polling' ? 'polling' : 'live', { transport }))
    // Without a store, the live channel is all the beginning there is.
    if (!this.#position) for (const feed of this.#feeds) feed.anchored()
    this.#store.reconsider()
    if (transport !== 'polling') {
      this.#refused = undefined
      this.#reading?.retryNow()
      this.#heartbeat.opened()
    } else this.#heartbeat.polled()
  }

  #frame({ frame, transport, ours }: PushedFrame): void {
    const { data, errors } = frame
    if (errors && ours) this.#notice({ kind: 'partial', errors })
    const wire =
      transport === 'websocket' && typeof data === 'object' && data ? Reflect.get(data, this.#stream.name) : data
    const item = this.#stream.item(wire, transport === 'websocket' ? 'websocket' : 'sse')
    // A front end may send values of its own to keep the channel open: those tell nothing of an event.
    const tells = item && [this.#stream.id(item), ...this.#stream.traits(item)].some((one) => one !== null)
    if (tells) this.#heartbeat.pushed()
    if (ours && tells && !this.#position?.wasDelivered(item)) this.#gate.frame(item)
    this.#bell.request()
  }

  #deliverPushed(item: Item): void {
    const number = this.#position?.pushed ?? -1
    this.#position?.rememberPush(item)
    for (const feed of [...this.#feeds]) feed.offer(item, number, this.#position)
  }

  /** Reads until it works; never rejects. */
  async #answerBell(): Promise<void> {
    if (this.#refused === this.#context.credentials.version) return
    const attempts = new RetryLoop({
      ...this.#attempts,
      onState: ({ kind, error }) => {
        if (!error || kind === 'connecting' || kind === 'idle') return
        if (storeOnly.has(error.code) || this.#isLive) this.#storeIsLost(error)
      },
    })
    this.#reading = attempts
    await attempts.run((signal) => errorOf(() => this.#readInTurn(signal)), this.#closing.signal)
    this.#reading = undefined
  }

  #readInTurn(signal: AbortSignal): Promise<boolean> {
    const reading = this.#turn.then(() => this.#gate.during(signal, () => this.#read(signal)))
    const turn: Promise<unknown> = reading.catch((error: unknown) => {
      // Refused credentials are not sent again by a read that waits for its turn.
      if (this.#turn !== turn && error instanceof MesheryError && error.code === 'CREDENTIALS_REFUSED') throw error
    })
    this.#turn = turn
    return reading
  }

  /** One read of the store, to its end; says whether anything was new. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const startedAt = now()
    const standing = this.#gaps.standing(this.#status)
    const position = this.#position ?? (await this.#anchor(signal))
    const ended = this.#heartbeat.reads()
    const found = new UnpushedRows(this.#stream, position)
    let count = 0
    for await (const page of readNewRows(this.#store, position, signal)) {
      for (const item of page) this.#gate.row(item)
      found.add(page)
      count += deliverPage(page, position, [...this.#feeds])
      // After the page, which the position has: nobody would read it again.
      if (signal.aborted) return false
    }
    for (const feed of this.#feeds) feed.readFrom(startedAt)
    this.#refused = undefined
    this.#gate.storeIs('readable')
    this.#gaps.read(count, standing)
    ended(this.#isLive ? found.count : 0, Date.parse(found.newest))
    return count > 0
  }

  #storeIsLost(error: MesheryError): void {
    // Refused credentials are not sent again unchanged.
    if (error.code === 'CREDENTIALS_REFUSED') this.#refused = this.#context.credentials.version
    this.#gaps.storeIsLost(error)
    this.#gate.storeIs('unreadable')
  }

  get #isLive(): boolean {
    return this.#status.state === 'live'
  }

  #tell(status: Status): void {
    this.#status = status
    for (const feed of [...this.#feeds]) feed.status(status)
  }

  #notice(notice: Notice): void {
    for (const feed of [...this.#feeds]) feed.options.notice(notice)
  }
}
