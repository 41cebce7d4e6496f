import { release } from '../base/abort.ts'
import { asRetryable } from '../base/as-retryable.ts'
import { isRecord } from '../base/checks.ts'
import { dateOf } from '../base/clock.ts'
import { ReadScheduler } from '../base/read-scheduler.ts'
import { sameValue } from '../base/same.ts'
import { GapTracker } from '../connection/gap-tracker.ts'
import { type Status, statusOf } from '../connection/notice.ts'
import { errorOf, type RetryLoop } from '../connection/retry-loop.ts'
import type { RetryState } from '../connection/retry-policy.ts'
import { TransportSelector } from '../connection/transport-selector.ts'
import type { StateDeclaration, StateReading } from '../streams/state-declaration.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import type { StateOperationListener } from './state-operation-listener.ts'
import { mayHurry, retryLoopOf, type StateContext } from './state-retry.ts'

/** How long the first push of a fresh connection is waited for before the value is read, in milliseconds. */
const firstPush = 2_000
/** The same where a push is only a signal: those that a server sends at the beginning make one read together. */
const firstSignals = 100

interface Push {
  readonly wire: unknown
  /** Whether it tells everything there is. */
  readonly whole: boolean
}

/**
 * One operation of a state: merges what is pushed, and reads where pushes do not tell.
 *
 *   push ──a value──► merged ─────────────────┐
 *     └────a signal──► bell ──► read ─────────┴──► changed?
 *   opened, interval, poll ───────┘ (pushes that came during a read are merged once more on top of it)
 */
export class StateOperation<Arguments, Value, Id = string> {
  readonly ids: readonly Id[]
  readonly #stream: StateDeclaration<Arguments, Value, Id>
  readonly #wanted: Arguments
  readonly #context: StateContext
  readonly #sink: StateOperationListener
  readonly #route: TransportSelector
  readonly #bell: ReadScheduler
  readonly #gaps: GapTracker
  /** Ids of which the server tells, and of which nothing is known. */
  readonly #strange = new Set<string>()
  #reading: StateReading<Value> | undefined
  /** Of the read that the bell asks for. */
  #tries: RetryLoop | undefined
  #stop = new AbortController()
  /** The version of the credentials with which a read was refused for good. */
  #refused: number | undefined
  /** Pushes since a read began. */
  #during: Push[] | undefined
  #first = true
  /** What this connection has pushed, without what was read. */
  #pushed: Value | undefined
  #status: Status = statusOf('connecting')
  #interval: unknown
  #firstPush: unknown
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    stream: StateDeclaration<Arguments, Value, Id>,
    wanted: Arguments,
    ids: readonly Id[],
    context: StateContext,
    sink: StateOperationListener,
  ) {
    this.ids = ids
    this.#stream = stream
    this.#wanted = wanted
    this.#context = context
    this.#sink = sink
    this.#gaps = new GapTracker((notice) => sink.notice(notice))
    this.#bell = new ReadScheduler(() => this.#answerBell())
    this.#route = new TransportSelector(
      { name: stream.name, operations: this.#operations(), since: stream.since },
      {
        state: (state, transport) => this.#linkState(transport, state),
        open: (transport) => this.#opened(transport),
        frame: (frame, transport, ours) => this.#frame(frame, transport, ours),
        end: (error) => sink.failed(error),
      },
      context,
    )
  }

  get value(): Value | undefined {
    return this.#reading?.value
  }

  start(): void {
    const beat = (): void => {
      const { state, transport } = this.#status
      if (state === 'live' && !(this.#stream.frame && transport === 'sse')) this.#bell.request()
    }
    const { live } = this.#stream.every
    if (live > 0) this.#interval = release(setInterval(beat, live))
    this.#route.start()
  }

  close(): void {
    this.#stop.abort()
    this.#route.close()
    this.#bell.close()
    clearInterval(this.#interval as undefined)
    clearTimeout(this.#firstPush as undefined)
  }

  #operations(): readonly Operation[] {
    const { documents, every, sse } = this.#stream
    const operation: Operation = {
      poll: (signal) => this.#readInTurn(signal),
      pollEvery: every.polling,
      ...(sse && { sse: sse(this.#wanted, this.ids) }),
    }
    if (documents.length === 0) return [operation]
    const variables = this.#stream.variables(this.#wanted, this.ids)
    return documents.map((query) => ({ ...operation, graphql: { query, variables } }))
  }

  #linkState(transport: TransportName, { kind, attempt, error: reason, nextDialAt: until }: RetryState): void {
    if (reason && ['live', 'polling'].includes(this.#status.state)) {
      this.#gaps.begins(reason)
      // What was pushed may be so no more.
      this.#pushed = undefined
    }
    if (kind === 'connecting' && !reason) this.#tell(statusOf('connecting', { transport, attempt }))
    if (kind !== 'waiting' && kind !== 'refused') return
    // Nothing will be pushed first now.
    clearTimeout(this.#firstPush as undefined)
    this.#firstPush = undefined
    this.#tell({ state: 'waiting', transport, attempt, reason, nextRetryAt: dateOf(until) })
  }

  #opened(transport: TransportName): void {
    const state = transport === 'polling' ? 'polling' : 'live'
    this.#first = true
    this.#pushed = undefined
    this.#tell(statusOf(state, { transport }))
    this.#sink.opened()
    this.#refused = undefined
    if (mayHurry(this.#tries)) {
      // The server is back: a read need not wait for its next try.
      this.#stop.abort()
      this.#stop = new AbortController()
    }
    clearTimeout(this.#firstPush as undefined)
    this.#firstPush = undefined
    if (state === 'polling') return
    const read = (): void => {
      this.#firstPush = undefined
      this.#bell.request()
    }
    this.#firstPush = release(setTimeout(read, this.#stream.frame ? firstPush : firstSignals))
  }

  #frame({ data, errors }: Frame, transport: TransportName, ours: boolean): void {
    if (!ours) return
    if (errors) this.#sink.notice({ kind: 'partial', errors })
    const wire = transport === 'websocket' && isRecord(data) ? data[this.#stream.name] : data
    const { size } = this.#strange
    for (const id of this.#stream.strange?.(wire, { wanted: this.#wanted, ids: this.ids }) ?? []) this.#strange.add(id)
    if (this.#strange.size > size) this.#sink.strange([...this.#strange])
    const push = { wire, whole: this.#first || transport === 'sse' }
    const before = this.#reading?.value
    const value = this.#merged(before, push)
    const lacks = transport !== 'sse' && value && this.#stream.lacks?.(value, !push.whole && before, this.ids)
    if (!lacks) this.#during?.push(push)
    if (this.#stream.beside) this.#pushed = this.#merged(this.#pushed, push) ?? this.#pushed
    if (value === undefined || lacks) {
      if (wire !== null && wire !== undefined) this.#first = false
      if (this.#stream.frame || !this.#firstPush) this.#bell.request()
      return
    }
    this.#first = false
    clearTimeout(this.#firstPush as undefined)
    const changed = this.#take({ ...this.#reading, value })
    if (push.whole) this.#gaps.read(changed ? 1 : 0, this.#gaps.standing(this.#status))
  }

  #merged(before: Value | undefined, { wire, whole }: Push): Value | undefined {
    return this.#stream.frame?.(wire, before, { whole, wanted: this.#wanted, ids: this.ids })
  }

  /** Reads until it works; never rejects. */
  async #answerBell(): Promise<void> {
    const { credentials } = this.#context
    if (this.#refused === credentials.version) return
    this.#tries = retryLoopOf(this.#context, {
      worked: this.#reading !== undefined,
      onState: ({ kind, error }) => {
        if (!error || kind === 'connecting' || kind === 'idle') return
        if (!this.#reading && this.#pushed) this.#take({ value: this.#pushed })
        // Nothing says how it is, or not any more: neither a push nor a read.
        if (!this.#stream.frame || !this.#reading) this.#gaps.storeIsLost(error)
      },
    })
    const error = await this.#tries.run((signal) => errorOf(() => this.#readInTurn(signal)), this.#stop.signal)
    if (error?.code === 'CREDENTIALS_REFUSED') this.#refused = credentials.version
    // Where values are pushed, it goes on without reading.
    if (error && !(this.#stream.frame && this.#reading)) this.#sink.failed(error)
  }

  #readInTurn(signal: AbortSignal): Promise<boolean> {
    const reading = this.#turn.then(() => this.#read(signal))
    this.#turn = reading.catch(() => {})
    return reading
  }

  /** Says whether anything is new. */
  async #read(signal: AbortSignal): Promise<boolean> {
    const standing = this.#gaps.standing(this.#status)
    const during: Push[] = []
    this.#during = during
    const ask = this.#context.rest.until(signal)
    let reading: StateReading<Value>
    try {
      reading = await this.#stream.read(this.#wanted, this.ids, ask, this.#reading)
    } catch (error) {
      throw this.#reading ? asRetryable(error) : error
    } finally {
      this.#during = undefined
    }
    if (signal.aborted) return false
    const found = (this.#pushed && this.#stream.beside?.(reading.value, this.#pushed)) ?? reading.value
    const value = during.reduce((before, push) => this.#merged(before, push) ?? before, found)
    const changed = this.#take({ ...reading, value })
    this.#gaps.read(changed ? 1 : 0, standing)
    return changed
  }

  #take(reading: StateReading<Value>): boolean {
    const before = this.#reading
    const changed = !before || !sameValue(reading.value, before.value)
    // The same value stays the same object.
    this.#reading = changed ? reading : { ...reading, value: before.value }
    if (changed) this.#sink.changed()
    return changed
  }

  #tell(status: Status): void {
    this.#status = status
    this.#sink.status(status)
  }
}
