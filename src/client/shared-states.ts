import { refuse } from '../base/checks.ts'
import { Timer } from '../base/timer.ts'
import type { Notice } from '../connection/notice.ts'
import type { StateContext } from '../states/state-retry.ts'
import { StateStream } from '../states/state-stream.ts'
import type { StateSubscriber } from '../states/state-subscriber.ts'
import type { StateDeclaration } from '../streams/state-declaration.ts'
import type { TransportName } from '../transports/contract.ts'
import type { OperationLimit } from './operation-limit.ts'

/** How long a state without subscriptions is kept, in milliseconds: the next subscription finds it up to date. */
const lingerMs = 1_000

export interface SharedStatesContext extends StateContext {
  /** Whether the user named the transports. */
  readonly namesTransports: boolean
  readonly limit: OperationLimit
}

/** How one subscription joins and leaves a state. */
export interface Share<Value> {
  join(onNotice: (notice: Notice) => void): StateSubscriber<Value>
  leave(): void
}

/** The running streams of one declaration, one for each set of arguments, shared by all subscriptions. */
export class SharedStates<Arguments, Value, Id = string> {
  readonly #declaration: StateDeclaration<Arguments, Value, Id>
  readonly #context: SharedStatesContext
  readonly #streams = new Map<string, StateStream<Arguments, Value, Id>>()
  /** Timers of the streams without subscriptions. */
  readonly #lingering = new Map<string, Timer>()

  constructor(declaration: StateDeclaration<Arguments, Value, Id>, context: SharedStatesContext) {
    this.#declaration = declaration
    this.#context = { ...context, order: transportsOf(declaration, context) }
  }

  /** @throws MesheryError INVALID_OPTION, or when nothing more may be followed. */
  share(given: unknown): Share<Value> {
    const wanted = this.#declaration.arguments(given)
    if (this.#context.order.length === 0)
      refuse('transports', 'none that serves this', `\`polling\` among them for \`${this.#declaration.name}\``)
    const key = JSON.stringify(wanted)
    // A stream that has failed is over for new subscriptions, though others may not have left it yet.
    const existing = this.#streams.get(key)
    if (existing?.isOver) this.#end(key, existing)
    if (!this.#streams.has(key)) this.#context.limit.check()
    let subscriber: StateSubscriber<Value> | undefined
    let stream: StateStream<Arguments, Value, Id> | undefined
    return {
      join: (onNotice) => {
        this.#keep(key)
        stream = this.#streams.get(key) ?? this.#start(key, wanted)
        subscriber = stream.join(onNotice)
        return subscriber
      },
      leave: () => {
        if (stream && !stream.leave(subscriber)) this.#linger(key, stream)
      },
    }
  }

  /** Ends a stream without subscriptions, to make room; returns whether there was one. */
  endUnused(): boolean {
    const [key] = this.#lingering.keys()
    if (key === undefined) return false
    this.#end(key, this.#streams.get(key))
    return true
  }

  /** Ends everything at once. */
  close(): void {
    for (const [key, stream] of this.#streams) this.#end(key, stream)
  }

  #start(key: string, wanted: Arguments): StateStream<Arguments, Value, Id> {
    const stream = new StateStream(this.#declaration, wanted, this.#context)
    this.#streams.set(key, stream)
    this.#context.limit.add(stream)
    stream.start()
    return stream
  }

  #linger(key: string, stream: StateStream<Arguments, Value, Id>): void {
    const end = (): void => this.#end(key, stream)
    if (stream.isOver) {
      end()
      return
    }
    const timer = new Timer()
    timer.start(lingerMs, end)
    this.#lingering.set(key, timer)
  }

  #keep(key: string): void {
    this.#lingering.get(key)?.stop()
    this.#lingering.delete(key)
  }

  #end(key: string, stream: StateStream<Arguments, Value, Id> | undefined): void {
    stream?.close()
    this.#context.limit.delete(stream)
    if (this.#streams.get(key) !== stream) return
    this.#keep(key)
    this.#streams.delete(key)
  }
}

/** The allowed transports that can serve it. */
function transportsOf(
  { polls, documents, sse }: { readonly polls?: true; readonly documents: readonly string[]; readonly sse?: unknown },
  { order, namesTransports }: SharedStatesContext,
): readonly TransportName[] {
  const serves = {
    websocket: documents.length > 0 && !(polls && !namesTransports),
    sse: sse !== undefined,
    polling: true,
  }
  return order.filter((transport) => serves[transport])
}
