import { sleep } from '../base/abort.ts'
import { dateOf } from '../base/clock.ts'
import type { MesheryError } from '../base/errors.ts'
import { sameValue } from '../base/same.ts'
import { type Notice, type Status, statusOf } from '../connection/notice.ts'
import { errorOf, type RetryLoop } from '../connection/retry-loop.ts'
import type { StateDeclaration, StateRequests, Targets } from '../streams/state-declaration.ts'
import { StateOperation } from './state-operation.ts'
import { mayHurry, retryLoopOf, type StateContext } from './state-retry.ts'
import { StateSubscriber } from './state-subscriber.ts'

/** How often it is looked for what there is to follow, in milliseconds: at most, and while something is still missing. */
const lookEvery = 60_000
const lookSoon = 10_000

/** The state of a source of several operations is that of the one that is worst off. */
const worst = ['failed', 'waiting', 'connecting', 'polling', 'live', 'closed']

type FindTargets<Arguments, Id> = (wanted: Arguments, ask: StateRequests) => Promise<Targets<Id>>

/** One state with its arguments, for all subscriptions of a client that want the same. */
export class StateStream<Arguments, Value, Id = string> {
  readonly #stream: StateDeclaration<Arguments, Value, Id>
  readonly #wanted: Arguments
  readonly #context: StateContext
  readonly #feeds = new Set<StateSubscriber<Value>>()
  readonly #closing = new AbortController()
  readonly #trackers = new Map<string, StateOperation<Arguments, Value, Id>>()
  readonly #statuses = new Map<string, Status>()
  #status: Status = statusOf('connecting')
  #value: Value | undefined
  #found: Targets<Id> | undefined
  #unknown: readonly string[] = []
  /** Of the look for what there is to follow; and what ends the wait for the next one. */
  #tries: RetryLoop | undefined
  #nap = new AbortController()

  constructor(stream: StateDeclaration<Arguments, Value, Id>, wanted: Arguments, context: StateContext) {
    this.#stream = stream
    this.#wanted = wanted
    this.#context = context
  }

  /** Whether it has failed or is closed. */
  get over(): boolean {
    return this.#closing.signal.aborted
  }

  start(): void {
    if (this.#stream.targets) void this.#look(this.#stream.targets)
    else this.#follow([[]])
  }

  /** One more subscription. It gets the newest value at once. */
  join(notice: (notice: Notice) => void): StateSubscriber<Value> {
    const feed = new StateSubscriber<Value>(notice)
    this.#feeds.add(feed)
    feed.status(this.#status)
    if (this.#unknown.length > 0) notice({ kind: 'unknown', ids: this.#unknown })
    if (this.#value !== undefined) feed.offer(this.#value)
    return feed
  }

  /** One subscription less; says whether any is left. */
  leave(feed: StateSubscriber<Value> | undefined): boolean {
    if (feed) this.#feeds.delete(feed)
    return this.#feeds.size > 0
  }

  close(): void {
    this.#closing.abort()
    this.#nap.abort()
    for (const tracker of this.#trackers.values()) tracker.close()
    this.#trackers.clear()
  }

  fail(error: MesheryError): void {
    if (this.#closing.signal.aborted) return
    this.#status = statusOf('failed', { reason: error })
    // Over before anybody hears of it: who subscribes anew when they hear is not to join this one.
    this.close()
    for (const feed of [...this.#feeds]) feed.fail(error)
  }

  /** Finds out what to follow, again and again, since connections come and go. */
  async #look(targets: FindTargets<Arguments, Id>): Promise<void> {
    const { credentials } = this.#context
    let refused: number | undefined
    while (!this.over) {
      this.#nap = new AbortController()
      const { signal } = this.#nap
      // Refused credentials are not sent again unchanged, unless a connection that opened with them says otherwise.
      if (refused !== credentials.version) {
        const error = await this.#lookOnce(targets, signal)
        refused = error?.code === 'CREDENTIALS_REFUSED' ? credentials.version : undefined
      }
      const missing = this.#found?.ids.length === 0 || this.#unknown.length > 0
      await sleep(missing ? lookSoon : lookEvery, signal)
      if (signal.aborted) refused = undefined
    }
  }

  async #lookOnce(targets: FindTargets<Arguments, Id>, signal: AbortSignal): Promise<MesheryError | undefined> {
    let found: Targets<Id> | undefined
    this.#tries = retryLoopOf(this.#context, {
      asks: true,
      worked: this.#found !== undefined,
      onState: ({ kind, attempt, error: reason, nextDialAt: until }) => {
        if (this.#trackers.size > 0 || (kind !== 'waiting' && kind !== 'refused')) return
        this.#tell({ state: 'waiting', transport: null, attempt, reason, nextRetryAt: dateOf(until) })
      },
    })
    const look = async (stop: AbortSignal): Promise<void> => {
      found = await targets(this.#wanted, this.#context.rest.until(stop))
    }
    const error = await this.#tries.run((stop) => errorOf(() => look(stop)), signal)
    if (signal.aborted) return undefined
    // What was found before is still followed.
    if (error && this.#trackers.size === 0) this.fail(error)
    if (found) {
      this.#found = found
      this.#follow(found.ids)
      this.#tellUnknown(found.unknown)
    }
    return error
  }

  #follow(lists: readonly (readonly Id[])[]): void {
    const before = new Map(this.#trackers)
    this.#trackers.clear()
    // In the order of the lists, whichever was there first: values are joined in it.
    for (const ids of lists) {
      const key = JSON.stringify(ids)
      this.#trackers.set(key, before.get(key) ?? this.#tracker(ids, key))
    }
    for (const [key, tracker] of before)
      if (!this.#trackers.has(key)) {
        tracker.close()
        this.#statuses.delete(key)
      }
    for (const [key, tracker] of this.#trackers) if (!before.has(key)) tracker.start()
    this.#tellWorst()
    if (lists.length === 0) this.#tell(statusOf('polling'))
    if (lists.length === 0 || [...before.keys()].join() !== [...this.#trackers.keys()].join()) this.#changed()
  }

  #tracker(ids: readonly Id[], key: string): StateOperation<Arguments, Value, Id> {
    return new StateOperation(this.#stream, this.#wanted, ids, this.#context, {
      changed: () => this.#changed(),
      opened: () => this.#hurry(),
      strange: (names) => {
        this.#tellUnknown(names)
        this.#nap.abort()
      },
      status: (status) => this.#hear(key, status),
      notice: (notice) => this.#notice(notice),
      failed: (error) => this.fail(error),
    })
  }

  #changed(): void {
    const values: Value[] = []
    for (const { value } of this.#trackers.values()) {
      // Not before every operation has told something.
      if (value === undefined) return
      values.push(value)
    }
    const value = this.#stream.join ? this.#stream.join(values) : values[0]
    if (value === undefined || sameValue(value, this.#value)) return
    this.#value = value
    for (const feed of [...this.#feeds]) feed.offer(value)
  }

  /** After a reconnection, what there is to follow may have changed. */
  #hurry(): void {
    if (this.#value !== undefined && mayHurry(this.#tries)) this.#nap.abort()
  }

  #hear(key: string, status: Status): void {
    this.#statuses.set(key, status)
    this.#tellWorst()
  }

  #tellWorst(): void {
    const all = [...this.#statuses.values()].sort((a, b) => worst.indexOf(a.state) - worst.indexOf(b.state))
    if (all[0]) this.#tell(all[0])
  }

  #tellUnknown(told: readonly string[]): void {
    const ids = told.map((id) => this.#context.credentials.secrets.text(id))
    if (ids.length > 0 && ids.join() !== this.#unknown.join()) this.#notice({ kind: 'unknown', ids })
    this.#unknown = ids
  }

  #tell(status: Status): void {
    this.#status = status
    for (const feed of [...this.#feeds]) feed.status(status)
  }

  #notice(notice: Notice): void {
    for (const feed of [...this.#feeds]) feed.notice(notice)
  }
}
