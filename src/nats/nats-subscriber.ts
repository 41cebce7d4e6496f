import type { NatsConnection } from '@nats-io/transport-node'
import { type Deferred, deferred } from '../base/abort.ts'
import type { MesheryError } from '../base/errors.ts'
import { Queue } from '../base/queue.ts'
import { sizeOf } from '../base/size.ts'
import { yieldToEventLoop } from '../base/time-slices.ts'
import type { EventSourceContext } from '../client/event-source.ts'
import type { SubscriptionSource } from '../client/subscription.ts'
import { initialStatus, type Status, statusOf } from '../connection/notice.ts'
import { RetryLoop } from '../connection/retry-loop.ts'
import type { RetryState } from '../connection/retry-policy.ts'
import { statusOfRetry } from '../connection/retry-status.ts'
import { accepts, closeSubscriber, failSubscriber } from '../connection/subscriber-end.ts'
import { Credentials } from '../credentials/credentials.ts'
import { queueShare, type SubscriberOptions } from '../events/subscriber-options.ts'
import type { MesheryEvent } from '../streams/events.ts'
import { lossError, natsError, noStreamError } from './nats-errors.ts'
import type { NatsSettings } from './nats-settings.ts'
import type { SharedConnection } from './shared-connection.ts'
import { StreamGaps } from './stream-gaps.ts'
import type { StreamMessage } from './stream-message.ts'
import type { StreamContent } from './stream-position.ts'
import { StreamProgress } from './stream-progress.ts'
import { openStream, readContent, readStream, type StreamAccess, type StreamReading } from './stream-reading.ts'

/** How many messages the server sends ahead at most. */
const mostPrefetched = 100
/** How many messages are taken in one turn of the event loop. */
const mostInTurn = 100

/** The server did not answer, though it may have received what was sent. */
const silent: ReadonlySet<string> = new Set(['CONNECTION_SILENT', 'TIMED_OUT'])

/** A reading, and what the stream had before it began. */
interface Reading extends StreamReading {
  readonly content: StreamContent
}

/** What all subscriptions of one source share. */
export interface SharedSource {
  readonly settings: NatsSettings
  readonly connection: SharedConnection<NatsConnection>
}

/**
 * One subscription to the events of a stream: connects, reads from where it is, and does so again when something breaks.
 *
 *   connect ─► read the stream ─► queue ─► the reader of the subscription
 *      ▲             │  ▲            │
 *      └── trouble ──┘  └── room ────┘ full
 */
export class NatsSubscriber implements SubscriptionSource<MesheryEvent> {
  readonly queue: Queue<MesheryEvent>
  readonly ready: Deferred<void> = deferred()
  readonly ended: Deferred<void> = deferred()
  readonly #shared: SharedSource
  readonly #options: SubscriberOptions<MesheryEvent>
  readonly #context: EventSourceContext
  readonly #closing = new AbortController()
  readonly #retries: RetryLoop
  readonly #gaps: StreamGaps
  readonly #progress: StreamProgress
  #status: Status = initialStatus
  /** Whether it has all that the stream had a moment ago. */
  #isCurrent = false
  #takenCount = 0

  constructor(shared: SharedSource, options: SubscriberOptions<MesheryEvent>, context: EventSourceContext) {
    this.#shared = shared
    this.#options = options
    this.#context = context
    this.queue = new Queue<MesheryEvent>(options.buffer, queueShare * options.bufferBytes, sizeOf)
    this.#gaps = new StreamGaps((notice) => options.notice(notice))
    this.#progress = new StreamProgress({
      beginning: options.beginning,
      subject: shared.settings.subject,
      lost: (count, why) => this.#gaps.lost(count, lossError(count, why, shared.settings)),
    })
    // Refused credentials are fixed: they are not tried again.
    const credentials = new Credentials({ identity: {}, setsCookies: false })
    credentials.secrets.learn('nats', shared.settings.secrets)
    this.#retries = new RetryLoop({
      // What breaks is tried again without an end: there is no other transport.
      policy: { attempts: context.options.attempts, polls: true },
      credentials,
      onState: (state) => this.#retryState(state),
    })
  }

  /** To be called once: its listener may end it at once, and must find it whole. */
  start(): void {
    this.#setStatus(this.#status)
    void this.#run()
  }

  fail(error: MesheryError): void {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.#setStatus(statusOf('failed', { reason: error }))
    failSubscriber(this, error)
  }

  close(): void {
    this.#closing.abort()
    closeSubscriber(this)
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    const error = await this.#retries.run(() => this.#attempt(signal), signal)
    if (error) this.fail(error)
  }

  /** Resolves with the error that ended it. */
  async #attempt(signal: AbortSignal): Promise<MesheryError | undefined> {
    const { connection, settings } = this.#shared
    try {
      await connection.use((one) => this.#follow(one, signal), signal)
      return undefined
    } catch (thrown) {
      const error = natsError(thrown, settings)
      // A place that is not in the stream is not looked for again, though the connection works.
      if (error.code === 'SINCE_UNKNOWN') this.fail(error)
      return error
    }
  }

  async #follow(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    try {
      const access = await openStream(connection, this.#shared.settings)
      while (!signal.aborted) {
        await this.#readOn(access, signal)
        if (this.queue.full) await this.queue.room()
      }
    } catch (thrown) {
      const error = natsError(thrown, this.#shared.settings)
      // Others may not have noticed yet: the next attempt must not get this connection.
      if (silent.has(error.code)) void connection.close()
      throw error
    }
  }

  /** Reads the stream until the reader is too slow, or reading must begin anew. */
  async #readOn(access: StreamAccess, signal: AbortSignal): Promise<void> {
    const content = await readContent(access)
    if (!content) {
      this.#progress.missing()
      throw noStreamError(this.#shared.settings)
    }
    const start = this.#progress.begin(content)
    const prefetch = this.#prefetch(access.connection)
    const reading = await readStream(access, { start, prefetch }, signal)
    try {
      if ('timeMs' in start) this.#progress.located(reading.firstSeq, (await readContent(access)) ?? content)
      await this.#takeAll({ ...reading, content }, signal)
    } finally {
      reading.close()
    }
  }

  async #takeAll(reading: Reading, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#opened()
    if (reading.pending === 0 && this.#caughtUp(reading) === 'restart') return
    for await (const message of reading.messages) {
      // Before the message is taken: without room it is read again later, and by another consumer, since one that waits knows
      // neither what comes nor whether the server is there.
      const canTake = !signal.aborted && this.#hasRoom()
      if (!canTake || (await this.#take(message, reading)) === 'restart') return
    }
  }

  /** So many messages that all of them, each as large as the server allows, have room in memory. */
  #prefetch({ info }: NatsConnection): number {
    const { buffer, bufferBytes } = this.#options
    const largestBytes = info?.max_payload ?? 2 ** 20
    return Math.max(1, Math.min(mostPrefetched, buffer, Math.floor((queueShare * bufferBytes) / largestBytes)))
  }

  #opened(): void {
    this.#retries.opened()
    this.#setStatus(statusOf('live'))
    this.#markReady()
  }

  #markReady(): void {
    if (this.#progress.isReady) this.ready.resolve()
  }

  /** Whether there is room for an event. */
  #hasRoom(): boolean {
    const { full, size } = this.queue
    if (full && this.#isCurrent) {
      this.#isCurrent = false
      this.#gaps.begin(null)
      this.#options.notice({ kind: 'overflow', queued: size, dropped: 0 })
    }
    return !full
  }

  async #take(message: StreamMessage, reading: Reading): Promise<'restart' | undefined> {
    const step = this.#progress.take(message)
    if (step === 'restart') return step
    this.#markReady()
    if (step.event) this.#deliver(step.event, step.isNew === true)
    if (++this.#takenCount % mostInTurn === 0) await yieldToEventLoop()
    return message.pending === 0 ? this.#caughtUp(reading) : undefined
  }

  /** Everything that the stream has was read. */
  #caughtUp({ content, caughtUp }: Reading): 'restart' | undefined {
    if (this.#progress.caughtUp(content) === 'restart') return 'restart'
    caughtUp()
    this.#isCurrent = true
    this.#gaps.caughtUp()
    return undefined
  }

  #deliver(event: MesheryEvent, isNew: boolean): void {
    const { counters, diagnostics } = this.#context.http
    if (isNew) {
      counters.events++
      diagnostics?.event(event.id, event.createdAt, 'row')
    }
    // A filter that closes its own subscription is not called again.
    if (this.#closing.signal.aborted) return
    if (!accepts(this.#options, event, (error) => this.fail(error))) return
    this.#gaps.received()
    this.queue.push(event)
  }

  #retryState(state: RetryState): void {
    const { kind, error } = state
    const { reconnects } = this.#context.http.counters
    if (kind === 'connecting' && error) reconnects[error.code] = (reconnects[error.code] ?? 0) + 1
    if (error && this.#status.state === 'live') this.#gaps.begin(error)
    const status = statusOfRetry(state, null)
    if (status) this.#setStatus(status)
  }

  #setStatus(status: Status): void {
    this.#status = status
    this.#options.notice({ kind: 'status', ...status })
  }
}
