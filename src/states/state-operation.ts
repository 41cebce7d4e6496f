import { release } from '../base/abort.ts'
import { asRetryable } from '../base/as-retryable.ts'
import { isRecord } from '../base/checks.ts'
import { ReadScheduler } from '../base/read-scheduler.ts'
import { Timer } from '../base/timer.ts'
import { GapTracker } from '../connection/gap-tracker.ts'
import { initialStatus, type Status } from '../connection/notice.ts'
import { errorOf, type RetryLoop } from '../connection/retry-loop.ts'
import type { RetryState } from '../connection/retry-policy.ts'
import { hasChannel } from '../connection/retry-status.ts'
import { TransportSelector } from '../connection/transport-selector.ts'
import type { StateReading } from '../streams/state-declaration.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import {
  type MergeEvent,
  type MergeScope,
  type MergeState,
  type MergeStep,
  nextMergeState,
  unmerged,
} from './merge-state.ts'
import type { StateOperationListener } from './state-operation-listener.ts'
import { mayRetryNow, retryLoopOf, type StateContext } from './state-retry.ts'

/** How long a fresh connection may take to push the first value before the value is read, in milliseconds. */
const firstValueMs = 2_000
/** The same where a push is only a signal: the signals that a server sends at the beginning make one read together. */
const firstSignalsMs = 100

/**
 * One operation of a state: merges what is pushed, and reads the value where pushes do not hold it.
 *
 *   push ──a value──► merged ──────────────────────────┐
 *     └────a signal──► read scheduler ──► read ────────┴──► changed?
 *   opened, interval, poll ───────────────┘ (pushes that came during a read are merged once more, on top of it)
 */
export class StateOperation<Arguments, Value, Id = string> {
  readonly #scope: MergeScope<Arguments, Value, Id>
  readonly #context: StateContext
  readonly #listener: StateOperationListener
  readonly #selector: TransportSelector
  readonly #scheduler: ReadScheduler
  readonly #gaps: GapTracker
  #merge: MergeState<Value> = unmerged
  #status: Status = initialStatus
  /** Of the read that the scheduler asked for. */
  #retries: RetryLoop | undefined
  #stop = new AbortController()
  #interval: ReturnType<typeof setInterval> | undefined
  /** Waits for the first push of a connection. */
  readonly #firstRead = new Timer()
  /** One read at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(scope: MergeScope<Arguments, Value, Id>, context: StateContext, listener: StateOperationListener) {
    const { name, since } = scope.stream
    this.#scope = scope
    this.#context = context
    this.#listener = listener
    this.#gaps = new GapTracker((notice) => listener.notice(notice))
    this.#scheduler = new ReadScheduler(() => this.#readUntilSuccess())
    this.#selector = new TransportSelector(
      { name, operations: this.#operations(), since },
      {
        state: (state, status) => this.#onRetryState(state, status),
        open: (status) => this.#onOpen(status),
        frame: (frame, transport, isCurrent) => {
          if (isCurrent) this.#onFrame(frame, transport)
        },
        end: (error) => listener.failed(error),
      },
      context,
    )
  }

  get value(): Value | undefined {
    return this.#merge.reading?.value
  }

  start(): void {
    const { merge, readEveryMs } = this.#scope.stream
    const read = (): void => {
      const { state, transport } = this.#status
      if (state === 'live' && !(merge && transport === 'sse')) this.#scheduler.request()
    }
    if (readEveryMs.live > 0) this.#interval = release(setInterval(read, readEveryMs.live))
    this.#selector.start()
  }

  close(): void {
    this.#stop.abort()
    this.#selector.close()
    this.#scheduler.close()
    clearInterval(this.#interval)
    this.#firstRead.stop()
  }

  #operations(): readonly Operation[] {
    const { stream, wanted, ids } = this.#scope
    const operation: Operation = {
      poll: (signal) => this.#readInTurn(signal),
      pollEvery: stream.readEveryMs.polling,
      ...(stream.sse && { sse: stream.sse(wanted, ids) }),
    }
    if (stream.documents.length === 0) return [operation]
    const variables = stream.variables(wanted, ids)
    return stream.documents.map((query) => ({ ...operation, graphql: { query, variables } }))
  }

  #onRetryState(state: RetryState, status: Status | undefined): void {
    if (state.error && ['live', 'polling'].includes(this.#status.state)) {
      this.#gaps.channelFailed(state.error)
      this.#apply({ type: 'lost' })
    }
    if (status?.state === 'waiting') this.#firstRead.stop()
    if (status) this.#setStatus(status)
  }

  #onOpen(status: Status): void {
    this.#apply({ type: 'opened' })
    this.#setStatus(status)
    this.#listener.opened()
    if (mayRetryNow(this.#retries)) {
      // The server is back: a read need not wait for its next try.
      this.#stop.abort()
      this.#stop = new AbortController()
    }
    this.#firstRead.stop()
    if (status.state === 'polling') return
    const delayMs = this.#scope.stream.merge ? firstValueMs : firstSignalsMs
    this.#firstRead.start(delayMs, () => this.#scheduler.request())
  }

  #onFrame({ data, errors }: Frame, transport: TransportName): void {
    const { name, merge } = this.#scope.stream
    if (errors) this.#listener.notice({ kind: 'partial', errors })
    const wire = transport === 'websocket' && isRecord(data) ? data[name] : data
    const { changed, needsRead, isComplete } = this.#apply({ type: 'pushed', wire, transport })
    if (needsRead) {
      if (merge || !this.#firstRead.isRunning) this.#scheduler.request()
      return
    }
    this.#firstRead.stop()
    if (isComplete) this.#gaps.readEnded(changed ? 1 : 0, this.#gaps.closableGap(this.#status))
  }

  #apply(event: MergeEvent<Value>): MergeStep<Value> {
    const { unlistedIds } = this.#merge
    const step = nextMergeState(this.#scope, this.#merge, event)
    this.#merge = step.state
    if (step.state.unlistedIds !== unlistedIds) this.#listener.foundUnlistedIds(step.state.unlistedIds)
    if (step.changed) this.#listener.changed()
    return step
  }

  /** Never rejects. */
  async #readUntilSuccess(): Promise<void> {
    const { merge } = this.#scope.stream
    this.#retries = retryLoopOf(this.#context, {
      worked: this.#merge.reading !== undefined,
      onState: ({ kind, error }) => {
        if (!error || kind === 'connecting') return
        this.#apply({ type: 'unreadable' })
        // Neither a push nor a read says what is true now.
        if (!merge || !this.#merge.reading) this.#gaps.storeFailed(error)
      },
    })
    const error = await this.#retries.run((signal) => errorOf(() => this.#readInTurn(signal)), this.#stop.signal)
    // Where values are pushed, it goes on without reading.
    if (error && !(merge && this.#merge.reading)) this.#listener.failed(error)
  }

  #readInTurn(signal: AbortSignal): Promise<boolean> {
    const reading = this.#turn.then(() => this.#read(signal))
    this.#turn = reading.catch(() => {})
    return reading
  }

  /** Resolves with whether the value changed. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const { stream, wanted, ids } = this.#scope
    const closable = this.#gaps.closableGap(this.#status)
    const before = this.#merge.reading
    this.#apply({ type: 'read began' })
    let reading: StateReading<Value>
    try {
      reading = await stream.read(wanted, ids, this.#context.rest.until(signal), before)
    } catch (error) {
      this.#apply({ type: 'read failed' })
      throw this.#merge.reading ? asRetryable(error, true, hasChannel(this.#status)) : error
    }
    if (signal.aborted) {
      this.#apply({ type: 'read failed' })
      return false
    }
    const { changed } = this.#apply({ type: 'read ended', reading })
    this.#gaps.readEnded(changed ? 1 : 0, closable)
    return changed
  }

  #setStatus(status: Status): void {
    this.#status = status
    this.#listener.status(status)
  }
}
