import { release } from '../base/abort.ts'
import { refuse } from '../base/checks.ts'
import type { Notice } from '../connection/notice.ts'
import type { StateContext } from '../states/state-retry.ts'
import { StateStream } from '../states/state-stream.ts'
import type { StateSubscriber } from '../states/state-subscriber.ts'
import type { StateDeclaration } from '../streams/state-declaration.ts'

/** How long a state that nobody follows any more is kept, in milliseconds: whoever comes next finds it up to date. */
const linger = 1_000

export interface SharedStatesContext extends StateContext {
  /** Whether the user named the transports. */
  readonly named: boolean
  /** Everything that the client follows. */
  readonly running: Set<unknown>
  /** @throws MesheryError when nothing more may be followed. */
  admit(): void
}

/** What somebody who wants a state is given. */
export interface Share<Value> {
  join(notice: (notice: Notice) => void): StateSubscriber<Value>
  leave(): void
}

/** One source for each set of arguments of a stream, whoever wants it. */
export class SharedStates<Arguments, Value, Id = string> {
  readonly #stream: StateDeclaration<Arguments, Value, Id>
  readonly #context: SharedStatesContext
  readonly #sources = new Map<string, StateStream<Arguments, Value, Id>>()
  readonly #lingering = new Map<string, unknown>()

  constructor(stream: StateDeclaration<Arguments, Value, Id>, context: SharedStatesContext) {
    const { order, named } = context
    const polls = stream.polls && !named
    const carried = order.filter((transport) =>
      transport === 'websocket' ? !polls && stream.documents.length > 0 : transport === 'polling' || stream.sse,
    )
    this.#stream = stream
    this.#context = { ...context, order: carried }
  }

  /** @throws MesheryError INVALID_OPTION, or when nothing more may be followed. */
  share(given: unknown): Share<Value> {
    const wanted = this.#stream.arguments(given)
    if (this.#context.order.length === 0)
      refuse('transports', 'none that carries this', `\`polling\` among them for \`${this.#stream.name}\``)
    const key = JSON.stringify(wanted)
    // One that has failed is over for whoever comes now, though others may not have left it yet.
    const there = this.#sources.get(key)
    if (there?.over) this.#end(key, there)
    if (!this.#sources.has(key)) this.#context.admit()
    let feed: StateSubscriber<Value> | undefined
    let source: StateStream<Arguments, Value, Id> | undefined
    return {
      join: (notice) => {
        clearTimeout(this.#lingering.get(key) as undefined)
        this.#lingering.delete(key)
        source = this.#sources.get(key) ?? this.#add(key, wanted)
        feed = source.join(notice)
        return feed
      },
      leave: () => {
        if (!source || source.leave(feed)) return
        const end = (): void => this.#end(key, source)
        if (source.over) end()
        else this.#lingering.set(key, release(setTimeout(end, linger)))
      },
    }
  }

  /** Ends a state that nobody follows any more, to make room; says whether there was one. */
  spare(): boolean {
    for (const key of this.#lingering.keys()) {
      this.#end(key, this.#sources.get(key))
      return true
    }
    return false
  }

  /** Ends everything at once. */
  close(): void {
    for (const [key, source] of this.#sources) this.#end(key, source)
  }

  #add(key: string, wanted: Arguments): StateStream<Arguments, Value, Id> {
    const source = new StateStream(this.#stream, wanted, this.#context)
    this.#sources.set(key, source)
    this.#context.running.add(source)
    source.start()
    return source
  }

  #end(key: string, source: StateStream<Arguments, Value, Id> | undefined): void {
    source?.close()
    this.#context.running.delete(source)
    if (this.#sources.get(key) !== source) return
    clearTimeout(this.#lingering.get(key) as undefined)
    this.#lingering.delete(key)
    this.#sources.delete(key)
  }
}
