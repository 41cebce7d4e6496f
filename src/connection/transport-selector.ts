import { now } from '../base/clock.ts'
import { Timer } from '../base/timer.ts'
import type { Frame, Operation, TransportName } from '../transports/contract.ts'
import type { ConnectionListener, Joined } from './connection-listener.ts'
import { nextSelection } from './fallback-policy.ts'
import { ReleaseWatch } from './release-watch.ts'
import type { RetryState } from './retry-policy.ts'
import { statusOfOpen, statusOfRetry } from './retry-status.ts'
import { newSelection, nextDueAt, type Selection, type SelectionAction, type SelectionEvent } from './selection.ts'
import type { SelectorListener } from './selector-listener.ts'
import type { Named } from './stream-errors.ts'
import { fallbackReason } from './transport-blocks.ts'

/** What selectors of one client have in common. */
export interface SelectorContext {
  /** The transports allowed, best first. */
  readonly order: readonly TransportName[]
  join(transport: TransportName, listener: ConnectionListener): Joined
  /** Asks the server for its release; null if it does not say. */
  version(signal: AbortSignal): Promise<string | null>
  /** How long an SSE stream may be silent after its headers, in milliseconds. */
  readonly firstByte: number
  /** By the name of a stream, which of its document variants this server accepts. */
  readonly documentVariants: Map<string, number>
}

/** What is followed, in each document variant that some release accepts; the first one that is accepted is kept. */
export interface SelectedStream extends Named {
  readonly operations: readonly Operation[]
}

/** Keeps one stream on the best transport that works. `fallback-policy.ts` decides; this executes its actions. */
export class TransportSelector {
  readonly #context: SelectorContext
  readonly #stream: SelectedStream
  readonly #listener: SelectorListener
  readonly #closing = new AbortController()
  readonly #releases: ReleaseWatch
  readonly #joined = new Map<number, Joined>()
  readonly #timer = new Timer()
  #selection: Selection

  constructor(stream: SelectedStream, listener: SelectorListener, context: SelectorContext) {
    this.#stream = stream
    this.#listener = listener
    this.#context = context
    const { order, firstByte, documentVariants } = context
    const fixed = { order, firstByte, stream, variants: stream.operations.length }
    this.#releases = new ReleaseWatch(context.version, this.#closing.signal)
    this.#selection = newSelection(fixed, documentVariants.get(stream.name) ?? 0)
  }

  start(): void {
    this.#dispatch({ type: 'start' })
  }

  close(): void {
    this.#closing.abort()
    this.#timer.stop()
    for (const joined of this.#joined.values()) joined.leave()
    this.#joined.clear()
  }

  #dispatch(event: SelectionEvent): void {
    this.#selection = nextSelection(this.#selection, event, now())
    for (const action of this.#selection.actions) if (!this.#closing.signal.aborted) this.#execute(action)
    this.#startTimer()
  }

  #startTimer(): void {
    const dueAt = nextDueAt(this.#selection)
    if (dueAt === Infinity || this.#closing.signal.aborted) this.#timer.stop()
    else this.#timer.start(Math.max(0, dueAt - now()), () => this.#dispatch({ type: 'time' }))
  }

  #execute(action: SelectionAction): void {
    switch (action.type) {
      case 'join':
        this.#join(action)
        break
      case 'leave':
        this.#joined.get(action.id)?.leave()
        this.#joined.delete(action.id)
        break
      case 'state':
        this.#listener.state(
          action.state,
          statusOfRetry(action.state, action.transport, fallbackReason(this.#selection, action)),
        )
        break
      case 'open':
        this.#listener.open(statusOfOpen(action.transport, fallbackReason(this.#selection, action)))
        break
      case 'end':
        this.#listener.end(action.error)
        break
      case 'watch-release':
        this.#releases.begin()
        break
      case 'check-release':
        void this.#checkRelease()
    }
  }

  #join({ id, transport, insists }: Extract<SelectionAction, { readonly type: 'join' }>): void {
    const { current, variant } = this.#selection
    const operation = this.#stream.operations[variant] ?? {}
    // The stream is settled: what opens and breaks again brings nothing, but plain HTTP may. It is as seldom as the tries, and what fails
    // is reported by them.
    if (!current && transport !== 'polling') operation.poll?.(this.#closing.signal).catch(() => {})
    const report = (state: RetryState): void => this.#dispatch({ type: 'state', id, state })
    const joined = this.#context.join(transport, {
      operation,
      insists,
      state: report,
      open: () => {
        this.#context.documentVariants.set(this.#stream.name, variant)
        this.#dispatch({ type: 'open', id })
      },
      frame: (frame) => this.#frame(frame, id, transport),
      end: (error) => this.#dispatch({ type: 'end', id, error }),
    })
    this.#joined.set(id, joined)
    if (joined.state) report(joined.state)
  }

  #frame(frame: Frame, id: number, transport: TransportName): void {
    const { current } = this.#selection
    if (current?.id !== id || !current.isProven) this.#dispatch({ type: 'frame', id })
    this.#listener.frame(frame, transport, this.#selection.current?.id === id)
  }

  async #checkRelease(): Promise<void> {
    if (await this.#releases.differs()) this.#dispatch({ type: 'new-release' })
  }
}
