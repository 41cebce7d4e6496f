import { dateOf, now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import type { Credentials } from '../credentials/credentials.ts'
import type { Server } from '../platform/server.ts'
import type { LogStream } from '../streams/log-stream.ts'
import type { Frame, Operation, Timeouts, TransportName } from '../transports/contract.ts'
import { Attempts, type AttemptsOptions, outcome } from './attempts.ts'
import { Bell } from './bell.ts'
import { Feed, type FeedOptions, type FeedSource } from './feed.ts'
import { Gaps } from './gaps.ts'
import { Gate } from './gate.ts'
import { handOut } from './hand-out.ts'
import { type Heartbeat, heartbeat } from './heartbeat.ts'
import { type Notice, type Status, statusOf } from './notice.ts'
import { attemptsOf } from './outage.ts'
import type { AttemptPolicy, AttemptState } from './policy.ts'
import type { Position } from './position.ts'
import { Route, type RouteContext } from './route.ts'
import { Store } from './store.ts'
import { locate, read } from './store-reader.ts'

/** Errors of the store alone: the server is there, and may push although it cannot be read. */
const storeOnly = new Set(['SERVER_ERROR', 'RATE_LIMITED', 'NOT_MESHERY', 'UNSUPPORTED', 'TIMED_OUT'])

export interface LogSourceContext extends RouteContext {
  readonly server: Server
  readonly credentials: Credentials
  readonly timeouts: Timeouts
  readonly policy: AttemptPolicy
  /** How long a frame waits for its stored twin, in milliseconds. */
  readonly settle: number
}

/** One log, for all subscriptions of a client: one live operation, one reader of the store. */
export class LogSource<Item> {
  readonly #stream: LogStream<Item>
  readonly #context: LogSourceContext
  readonly #store: Store<Item>
  readonly #gate: Gate<Item>
  readonly #bell: Bell
  readonly #gaps: Gaps = new Gaps((notice) => this.#notice(notice))
  readonly #heartbeat: Heartbeat
  readonly #route: Route
  readonly #feeds = new Set<Feed<Item>>()
  readonly #closing = new AbortController()
  readonly #attempts: Omit<AttemptsOptions, 'onState'>
  readonly #feedSource: FeedSource<Item>
  #position: Position<Item> | undefined
  #status: Status = statusOf('connecting')
  /** The credentials that the store refused; tried again once a live channel is let in, as after an outage. */
  #refused: number | undefined
  /** A read that may be waiting for its next try. */
  #reading: Attempts | undefined
  /** One read at a time, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(stream: LogStream<Item>, context: LogSourceContext) {
    this.#stream = stream
    this.#context = context
    this.#store = new Store(stream, context.server, context.timeouts.request, context.version)
    this.#attempts = attemptsOf(context)
    this.#gate = new Gate(stream, context.settle, (item) => this.#deliverPushed(item))
    this.#feedSource = { store: this.#store, attempts: this.#attempts, seen: (row) => this.#gate.row(row) }
    this.#bell = new Bell(() => this.#answerBell())
    const beat = (): void => {
      if (this.#isLive) this.#bell.ring()
    }
    this.#heartbeat = heartbeat(context.timeouts.poll, beat, (notice) => this.#notice(notice))
    const operation: Operation = { sse: stream.sse, poll: (signal) => this.#readInTurn(signal) }
    const operations = stream.documents.map((query) => ({ ...operation, graphql: { query } }))
    this.#route = new Route(
      { name: stream.name, operations, since: stream.since },
      {
        state: (transport, state) => this.#linkState(transport, state),
        open: (transport) => this.#opened(transport),
        frame: (frame, transport, ours) => this.#frame(frame, transport, ours),
        failed: (error) => this.fail(error),
      },
      context,
    )
  }

  start(): void {
    void this.#begin()
  }

  /** One more subscription. */
  join(options: FeedOptions<Item>): Feed<Item> {
    const feed = new Feed(this.#feedSource, options, this.#position?.pushed ?? 0)
    this.#feeds.add(feed)
    feed.status(this.#status)
    if (this.#position) feed.anchored()
    return feed
  }

  /** One subscription less; says whether any is left. */
  leave(feed: Feed<Item> | undefined): boolean {
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
    this.#bell.close()
    this.#gate.close()
    this.#heartbeat.close()
  }

  /** The anchor comes before the live channel: what is stored after it is found, pushed or not. */
  async #begin(): Promise<void> {
    let lost: MesheryError | undefined
    const attempts = new Attempts({
      ...this.#attempts,
      asks: true,
      patience: this.#context.timeouts.connect,
      onState: (state) => this.#linkState(null, state),
    })
    const error = await attempts.run(async (signal) => {
      const problem = await outcome(() => this.#anchor(signal))
      if (problem && storeOnly.has(problem.code)) lost = problem
      return lost ? undefined : problem
    }, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    if (error) return this.fail(error)
    if (lost) this.#storeIsLost(lost)
    this.#route.start()
  }

  async #anchor(signal: AbortSignal): Promise<Position<Item>> {
    this.#position = await locate(this.#store, { from: 'now' }, signal)
    for (const feed of this.#feeds) feed.anchored()
    return this.#position
  }

  #linkState(transport: TransportName | null, { kind, attempt, error: reason, until }: AttemptState): void {
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
      this.#reading?.hurry()
      this.#heartbeat.opened()
    } else this.#heartbeat.polled()
  }

  #frame({ data, errors }: Frame, transport: TransportName, ours: boolean): void {
    if (errors && ours) this.#notice({ kind: 'partial', errors })
    const wire =
      transport === 'websocket' && typeof data === 'object' && data ? Reflect.get(data, this.#stream.name) : data
    const item = this.#stream.item(wire, transport === 'websocket' ? 'websocket' : 'sse')
    // A front end may send values of its own to keep the channel open: those tell nothing of an event.
    const tells = item && [this.#stream.id(item), ...this.#stream.traits(item)].some((one) => one !== null)
    if (tells) this.#heartbeat.pushed()
    if (ours && tells && !this.#position?.recalls(item)) this.#gate.frame(item)
    this.#bell.ring()
  }

  #deliverPushed(item: Item): void {
    // What cannot be known again when its row comes is left to the store.
    const number = this.#position?.pushed ?? -1
    if (this.#position?.haunt(item) === false) return
    for (const feed of [...this.#feeds]) feed.offer(item, number, this.#position)
  }

  /** Reads until it works; never rejects. */
  async #answerBell(): Promise<void> {
    if (this.#refused === this.#context.credentials.version) return
    const attempts = new Attempts({
      ...this.#attempts,
      onState: ({ kind, error }) => {
        if (!error || kind === 'connecting' || kind === 'idle') return
        if (storeOnly.has(error.code) || this.#isLive) this.#storeIsLost(error)
      },
    })
    this.#reading = attempts
    await attempts.run((signal) => outcome(() => this.#readInTurn(signal)), this.#closing.signal)
    this.#reading = undefined
  }

  #readInTurn(signal: AbortSignal): Promise<boolean> {
    const reading = this.#turn.then(() => this.#read(signal))
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
    let [count, rows, newest] = [0, 0, '']
    for await (const page of read(this.#store, position, signal)) {
      for (const item of page) {
        this.#gate.row(item)
        if (position.laid.has(item) || !this.#stream.isPushed(item)) continue
        rows++
        newest = this.#stream.at(item) ?? newest
      }
      count += handOut(page, position, [...this.#feeds])
      // After the page, which the position has: nobody would read it again.
      if (signal.aborted) return false
    }
    for (const feed of this.#feeds) feed.readFrom(startedAt)
    this.#refused = undefined
    this.#gate.storeIs('readable')
    this.#gaps.read(count, standing)
    ended(this.#isLive ? rows : 0, Date.parse(newest))
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
