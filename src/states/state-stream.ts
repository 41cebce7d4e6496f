import { sleep } from '../base/abort.ts'
import type { MesheryError } from '../base/errors.ts'
import { sameValue } from '../base/same.ts'
import { initialStatus, type Notice, type Status, statusOf } from '../connection/notice.ts'
import { errorOf, type RetryLoop } from '../connection/retry-loop.ts'
import { hasChannel, statusOfRetry } from '../connection/retry-status.ts'
import type { StateDeclaration, StateRequests, Targets } from '../streams/state-declaration.ts'
import { StateOperation } from './state-operation.ts'
import { mayRetryNow, retryLoopOf, type StateContext } from './state-retry.ts'
import { StateSubscriber } from './state-subscriber.ts'

/** The time between two lookups of what there is to follow, in milliseconds: as a rule, and while something is missing. */
const lookupEveryMs = 60_000
const lookupSoonMs = 10_000

/** A stream of several operations has the status of the one that is worst off: the first in this list. */
const worstFirst: readonly Status['state'][] = ['failed', 'waiting', 'connecting', 'polling', 'live', 'closed']

type FindTargets<Arguments, Id> = (wanted: Arguments, requests: StateRequests) => Promise<Targets<Id>>

/** One state with its arguments, for all subscriptions of a client that want the same. */
export class StateStream<Arguments, Value, Id = string> {
  readonly #stream: StateDeclaration<Arguments, Value, Id>
  readonly #wanted: Arguments
  readonly #context: StateContext
  readonly #subscribers = new Set<StateSubscriber<Value>>()
  readonly #closing = new AbortController()
  readonly #operations = new Map<string, StateOperation<Arguments, Value, Id>>()
  readonly #statuses = new Map<string, Status>()
  #status: Status = initialStatus
  #value: Value | undefined
  #targets: Targets<Id> | undefined
  #unknownIds: readonly string[] = []
  /** Of the lookup of what there is to follow. */
  #retries: RetryLoop | undefined
  /** Aborts the wait for the next lookup, or the lookup under way. */
  #lookup = new AbortController()

  constructor(stream: StateDeclaration<Arguments, Value, Id>, wanted: Arguments, context: StateContext) {
    this.#stream = stream
    this.#wanted = wanted
    this.#context = context
  }

  /** Whether it has failed or is closed. */
  get isOver(): boolean {
    return this.#closing.signal.aborted
  }

  start(): void {
    if (this.#stream.targets) void this.#lookUp(this.#stream.targets)
    else this.#follow([[]])
  }

  /** Adds a subscription. It gets the newest value at once. */
  join(onNotice: (notice: Notice) => void): StateSubscriber<Value> {
    const subscriber = new StateSubscriber<Value>(onNotice)
    this.#subscribers.add(subscriber)
    subscriber.status(this.#status)
    if (this.#unknownIds.length > 0) onNotice({ kind: 'unknown', ids: this.#unknownIds })
    if (this.#value !== undefined) subscriber.offer(this.#value)
    return subscriber
  }

  /** Removes a subscription; returns whether any is left. */
  leave(subscriber: StateSubscriber<Value> | undefined): boolean {
    if (subscriber) this.#subscribers.delete(subscriber)
    return this.#subscribers.size > 0
  }

  close(): void {
    this.#closing.abort()
    this.#lookup.abort()
    for (const operation of this.#operations.values()) operation.close()
    this.#operations.clear()
  }

  fail(error: MesheryError): void {
    if (this.isOver) return
    this.#status = statusOf('failed', { reason: error })
    // Over before any subscriber is notified: one that subscribes again then must not join this stream.
    this.close()
    for (const subscriber of [...this.#subscribers]) subscriber.fail(error)
  }

  /** Finds out what to follow, again and again, since connections come and go. */
  async #lookUp(findTargets: FindTargets<Arguments, Id>): Promise<void> {
    const { credentials } = this.#context
    let refusedVersion: number | undefined
    while (!this.isOver) {
      this.#lookup = new AbortController()
      const { signal } = this.#lookup
      // Refused credentials are not sent again unchanged, unless a connection has opened with them since.
      if (refusedVersion !== credentials.version || hasChannel(this.#status)) {
        const error = await this.#lookUpOnce(findTargets, signal)
        refusedVersion = error?.code === 'CREDENTIALS_REFUSED' ? credentials.version : undefined
      }
      const isMissing = this.#targets?.ids.length === 0 || this.#unknownIds.length > 0
      await sleep(isMissing ? lookupSoonMs : lookupEveryMs, signal)
      if (signal.aborted) refusedVersion = undefined
    }
  }

  async #lookUpOnce(findTargets: FindTargets<Arguments, Id>, signal: AbortSignal): Promise<MesheryError | undefined> {
    let targets: Targets<Id> | undefined
    this.#retries = retryLoopOf(this.#context, {
      asks: true,
      worked: this.#targets !== undefined,
      onState: (state) => {
        const status = statusOfRetry(state, null)
        if (this.#operations.size === 0 && status?.state === 'waiting') this.#setStatus(status)
      },
    })
    const find = async (stop: AbortSignal): Promise<void> => {
      targets = await findTargets(this.#wanted, this.#context.rest.until(stop))
    }
    const error = await this.#retries.run((stop) => errorOf(() => find(stop)), signal)
    if (signal.aborted) return undefined
    // What was found before is still followed.
    if (error && this.#operations.size === 0) this.fail(error)
    if (targets) {
      this.#targets = targets
      this.#follow(targets.ids)
      this.#setUnknownIds(targets.unknown)
    }
    return error
  }

  /** Follows these lists of ids, and nothing else. */
  #follow(lists: readonly (readonly Id[])[]): void {
    const before = new Map(this.#operations)
    this.#operations.clear()
    // In the order of the lists, new or not: values are joined in that order.
    for (const ids of lists) {
      const key = JSON.stringify(ids)
      this.#operations.set(key, before.get(key) ?? this.#operation(ids, key))
    }
    for (const [key, operation] of before) {
      if (this.#operations.has(key)) continue
      operation.close()
      this.#statuses.delete(key)
    }
    for (const [key, operation] of this.#operations) if (!before.has(key)) operation.start()
    this.#setWorstStatus()
    if (lists.length === 0) this.#setStatus(statusOf('polling'))
    // There may be fewer values now, or another order of them.
    this.#joinValues()
  }

  #operation(ids: readonly Id[], key: string): StateOperation<Arguments, Value, Id> {
    return new StateOperation({ stream: this.#stream, wanted: this.#wanted, ids }, this.#context, {
      changed: () => this.#joinValues(),
      opened: () => this.#lookUpAfterReconnection(),
      foundUnlistedIds: (unlisted) => {
        this.#setUnknownIds(unlisted)
        this.#lookup.abort()
      },
      status: (status) => {
        this.#statuses.set(key, status)
        this.#setWorstStatus()
      },
      notice: (notice) => this.#notify(notice),
      failed: (error) => this.fail(error),
    })
  }

  #joinValues(): void {
    const values: Value[] = []
    for (const { value } of this.#operations.values()) {
      // Not before every operation has a value.
      if (value === undefined) return
      values.push(value)
    }
    const value = this.#stream.join ? this.#stream.join(values) : values[0]
    if (value === undefined || sameValue(value, this.#value)) return
    this.#value = value
    for (const subscriber of [...this.#subscribers]) subscriber.offer(value)
  }

  /** What there is to follow may have changed meanwhile. */
  #lookUpAfterReconnection(): void {
    if (this.#value !== undefined && mayRetryNow(this.#retries)) this.#lookup.abort()
  }

  #setWorstStatus(): void {
    const rank = ({ state }: Status): number => worstFirst.indexOf(state)
    const [worst] = [...this.#statuses.values()].sort((a, b) => rank(a) - rank(b))
    if (worst) this.#setStatus(worst)
  }

  #setUnknownIds(unknown: readonly string[]): void {
    const ids = unknown.map((id) => this.#context.credentials.secrets.text(id))
    if (ids.length > 0 && ids.join() !== this.#unknownIds.join()) this.#notify({ kind: 'unknown', ids })
    this.#unknownIds = ids
  }

  #setStatus(status: Status): void {
    this.#status = status
    for (const subscriber of [...this.#subscribers]) subscriber.status(status)
  }

  #notify(notice: Notice): void {
    for (const subscriber of [...this.#subscribers]) subscriber.notice(notice)
  }
}
