import type { RootField, Runnable } from './document.ts'
import { goJSON } from './go.ts'
import { ResolverError, type WireError } from './graphql-errors.ts'
import type { OperationSink, Origin, Source } from './resolvers.ts'
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

/** What came of one root field of a query. */
type Outcome = { readonly value: unknown } | { readonly error: WireError }

/** One running operation. */
export class Operation {
  readonly #out: OperationOut
  readonly #runnable: Runnable
  readonly #over: () => void
  readonly #outcomes = new Map<RootField, Outcome>()
  #stops: readonly (() => void)[] = []
  #ended = false
  #begun = false

  constructor(out: OperationOut, runnable: Runnable, over: () => void) {
    this.#out = out
    this.#runnable = runnable
    this.#over = over
  }

  /** Runs its root fields: one of a subscription, all of a query, whose answers make one `data`. */
  start(sources: ReadonlyMap<string, Source>, from: Origin): void {
    const { kind, fields } = this.#runnable
    if (kind === 'subscription' && fields.length !== 1) this.#failAll('must subscribe to exactly one stream')
    else if (fields.length === 0) this.#last('{"data":{}}')
    // A source can end the operation within its start, before there was anything to stop.
    for (const field of fields) if (!this.#ended) this.#run(field, sources, from)
  }

  /** Ends it because the client wants no more, or is gone; then nothing is sent. */
  stop(how: 'told' | 'gone'): void {
    this.#finish(how === 'told' ? [{ type: 'complete' }] : [])
  }

  /** Sends one value with a description of so many bytes. */
  huge(bytes: number): void {
    const field = this.#runnable.fields[0]
    if (field) this.#sinkOf(field).next({ description: 'x'.repeat(bytes) })
  }

  #run(field: RootField, sources: ReadonlyMap<string, Source>, from: Origin): void {
    const { field: name, key, parent } = field.slot
    const sink = this.#sinkOf(field)
    if (name === '__typename') {
      if (this.#runnable.kind === 'subscription') this.#last(`{"data":{${goJSON(key)}:${goJSON(parent)}}}`)
      else this.#settle(field, { value: parent })
      return
    }
    if (name === '__schema' || name === '__type') {
      this.#settle(field, { error: { message: 'introspection disabled', path: [key] } })
      return
    }
    const source = sources.get(name)
    if (!source) {
      sink.fail(new Error(`${name} has no resolver in this fake`))
      return
    }
    const stop = source(field.args, sink, from)
    if (this.#ended) stop()
    else this.#stops = [...this.#stops, stop]
  }

  #sinkOf(field: RootField): OperationSink {
    const single = this.#runnable.kind === 'subscription'
    return {
      next: (value) => (single ? this.#push(field, value) : this.#settle(field, { value })),
      frames: (payloads) => (single ? this.#frames(payloads) : this.#last(payloads[0] ?? 'null')),
      fail: (error) => (single ? this.#fail(field, error) : this.#settle(field, { error: wireOf(error, field) })),
      complete: () => (single ? this.#finish([{ type: 'complete' }]) : this.#settle(field, { value: null })),
      room: () => this.#out.room(),
    }
  }

  #push(field: RootField, value: unknown): void {
    if (this.#ended) return
    this.#begun = true
    this.#out.send([{ type: 'next', payload: payloadOf(field, value) }])
  }

  #frames(payloads: readonly string[]): void {
    if (this.#ended) return
    this.#begun = true
    this.#out.send(payloads.map((payload) => ({ type: 'next', payload })))
  }

  #fail(field: RootField, error: unknown): void {
    const errors = goJSON([wireOf(error, field)])
    if (this.#begun) this.#finish([{ type: 'error', payload: errors }])
    else this.#last(`{"errors":${errors},"data":null}`)
  }

  #failAll(message: string): void {
    const path = this.#runnable.fields.slice(0, 1).map((field) => field.slot.key)
    this.#last(`{"errors":${goJSON([{ message, path }])},"data":null}`)
  }

  /** Notes what came of a root field of a query, for good; with the last of them the query is answered. */
  #settle(field: RootField, outcome: Outcome): void {
    if (this.#ended || this.#outcomes.has(field)) return
    this.#outcomes.set(field, outcome)
    if (this.#outcomes.size === this.#runnable.fields.length)
      this.#last(answerOf(this.#runnable.fields, this.#outcomes))
  }

  #last(payload: string): void {
    this.#finish([{ type: 'next', payload }, { type: 'complete' }])
  }

  #finish(parts: readonly Part[]): void {
    if (this.#ended) return
    this.#ended = true
    for (const stop of this.#stops) stop()
    if (parts.length > 0) this.#out.send(parts)
    this.#over()
  }
}

function wireOf(error: unknown, { slot }: RootField): WireError {
  const message = error instanceof Error ? error.message : 'internal system error'
  const extensions = error instanceof ResolverError ? { extensions: error.extensions } : {}
  return { message, path: [slot.key], ...extensions }
}

/** The answer to a query. A field that is nothing takes all of `data` with it if it must be something. */
function answerOf(fields: readonly RootField[], outcomes: ReadonlyMap<RootField, Outcome>): string {
  const errors: WireError[] = []
  const data: Record<string, unknown> = {}
  let lost = false
  for (const field of fields) {
    const { slot, nullable } = field
    const outcome = outcomes.get(field) ?? { value: null }
    const value = 'value' in outcome ? project(outcome.value, slot.slots) : null
    if ('error' in outcome) errors.push(outcome.error)
    else if (value === null && !nullable) errors.push({ message: 'must not be null', path: [slot.key] })
    if (value === null && !nullable) lost = true
    data[slot.key] = value
  }
  return `{${errors.length > 0 ? `"errors":${goJSON(errors)},` : ''}"data":${goJSON(lost ? null : data)}}`
}

function payloadOf({ slot, nullable }: RootField, value: unknown): string {
  const data = goJSON({ [slot.key]: project(value, slot.slots) })
  if (nullable || (value !== null && value !== undefined)) return `{"data":${data}}`
  return `{"errors":${goJSON([{ message: 'must not be null', path: [slot.key] }])},"data":${data}}`
}
