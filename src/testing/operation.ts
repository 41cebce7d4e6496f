import type { RootField, Runnable } from './document.ts'
import { goJSON } from './go.ts'
import { ResolverError, type WireError } from './graphql-errors.ts'
import type { OperationSink, Source } from './resolvers.ts'
import { project } from './selection.ts'

/** A message about an operation: what `graphql-transport-ws` calls it, and the JSON of its payload. */
export interface Part {
  readonly type: 'next' | 'error' | 'complete'
  readonly payload?: string
}

/** Where the messages of an operation go. Those given together are written together. */
export interface OperationOut {
  send(parts: readonly Part[]): void
  /** Undefined when there is room for more; else resolves when there is. */
  room(): Promise<void> | undefined
}

const several: Readonly<Record<Runnable['kind'], string>> = {
  subscription: 'must subscribe to exactly one stream',
  query: 'the fake resolves one root field a query',
  mutation: 'the fake resolves one root field a mutation',
}

/** One running operation. */
export class Operation implements OperationSink {
  readonly #out: OperationOut
  readonly #runnable: Runnable
  readonly #over: () => void
  #stopSource: () => void = () => {}
  #ended = false
  #begun = false

  constructor(out: OperationOut, runnable: Runnable, over: () => void) {
    this.#out = out
    this.#runnable = runnable
    this.#over = over
  }

  start(sources: ReadonlyMap<string, Source>): void {
    const [field, ...others] = this.#runnable.fields
    if (!field || others.length > 0) {
      this.fail(new Error(several[this.#runnable.kind]))
      return
    }
    const { field: name, key, parent } = field.slot
    if (name === '__typename') {
      this.#last(`{"data":{${goJSON(key)}:${goJSON(parent)}}}`)
      return
    }
    if (name === '__schema' || name === '__type') {
      const errors = goJSON([{ message: 'introspection disabled', path: [key] }])
      this.#last(`{"errors":${errors},"data":{${goJSON(key)}:null}}`)
      return
    }
    const source = sources.get(name)
    if (!source) {
      this.fail(new Error(`${name} has no resolver in this fake`))
      return
    }
    const stop = source(field.args, this)
    // A source can end within its start, before there was anything to stop.
    if (this.#ended) stop()
    else this.#stopSource = stop
  }

  next(value: unknown): void {
    const field = this.#runnable.fields[0]
    if (this.#ended || !field) return
    this.#begun = true
    const next: Part = { type: 'next', payload: payloadOf(field, value) }
    if (this.#runnable.kind === 'subscription') this.#out.send([next])
    else this.#finish([next, { type: 'complete' }])
  }

  frames(payloads: readonly string[]): void {
    if (this.#ended) return
    this.#begun = true
    this.#out.send(payloads.map((payload) => ({ type: 'next', payload })))
  }

  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : 'internal system error'
    const extensions = error instanceof ResolverError ? { extensions: error.extensions } : {}
    const path = this.#runnable.fields.slice(0, 1).map((field) => field.slot.key)
    const errors: readonly WireError[] = [{ message, path, ...extensions }]
    if (this.#begun) this.#finish([{ type: 'error', payload: goJSON(errors) }])
    else this.#last(`{"errors":${goJSON(errors)},"data":null}`)
  }

  complete(): void {
    this.#finish([{ type: 'complete' }])
  }

  /** Ends it because the client wants no more, or is gone; then nothing is sent. */
  stop(how: 'told' | 'gone'): void {
    this.#finish(how === 'told' ? [{ type: 'complete' }] : [])
  }

  room(): Promise<void> | undefined {
    return this.#out.room()
  }

  /** Sends one value with a description of so many bytes. */
  huge(bytes: number): void {
    this.next({ description: 'x'.repeat(bytes) })
  }

  #last(payload: string): void {
    this.#finish([{ type: 'next', payload }, { type: 'complete' }])
  }

  #finish(parts: readonly Part[]): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopSource()
    if (parts.length > 0) this.#out.send(parts)
    this.#over()
  }
}

function payloadOf({ slot, nullable }: RootField, value: unknown): string {
  const data = goJSON({ [slot.key]: project(value, slot.slots) })
  if (nullable || (value !== null && value !== undefined)) return `{"data":${data}}`
  return `{"errors":${goJSON([{ message: 'must not be null', path: [slot.key] }])},"data":${data}}`
}
