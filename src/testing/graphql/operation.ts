import { goJSON } from '../wire/go.ts'
import type { FieldSource, OperationSink, RequestOrigin } from './field-source.ts'
import type { PreparedOperation, RootField } from './prepared-operation.ts'
import { asError, encodeFailure, encodeResult, resolverError } from './response.ts'

/** A message about an operation: its type in `graphql-transport-ws`, and the JSON of its payload. */
export interface OperationMessage {
  readonly type: 'next' | 'error' | 'complete'
  readonly payload?: string
}

/** Where the messages of an operation go. Those given together are written together. */
export interface OperationOutput {
  send(messages: readonly OperationMessage[]): void
  /** Undefined when there is room for more; else resolves when there is. */
  room(): Promise<void> | undefined
}

type Sources = ReadonlyMap<string, FieldSource>

/** One running operation. */
export class Operation {
  readonly #output: OperationOutput
  readonly #prepared: PreparedOperation
  readonly #onEnd: () => void
  #stops: readonly (() => void)[] = []
  #isEnded = false
  #hasSentValue = false

  constructor(output: OperationOutput, prepared: PreparedOperation, onEnd: () => void) {
    this.#output = output
    this.#prepared = prepared
    this.#onEnd = onEnd
  }

  start(sources: Sources, origin: RequestOrigin): void {
    if (this.#prepared.kind === 'subscription') this.#subscribe(sources, origin)
    else void this.#answer(sources, origin)
  }

  /** Ends it because the client completed it, which is answered, or because the connection is gone. */
  stop(reason: 'completed' | 'disconnected'): void {
    this.#end(reason === 'completed' ? [{ type: 'complete' }] : [])
  }

  /** Sends one value with a description of so many bytes. */
  sendHuge(bytes: number): void {
    const value = { description: 'x'.repeat(bytes) }
    this.#sendValue(this.#prepared.fields[0]?.isList ? [value] : value)
  }

  #subscribe(sources: Sources, origin: RequestOrigin): void {
    const [field, ...others] = this.#prepared.fields
    if (!field || others.length > 0)
      this.#endWithLast(encodeFailure([{ message: 'must subscribe to exactly one stream' }]))
    else this.#run(field, this.#subscriptionSink(field), sources, origin)
  }

  #subscriptionSink({ key }: RootField): OperationSink {
    return {
      next: (value) => this.#sendValue(value),
      frames: (payloads) => this.#sendPayloads(payloads),
      fail: (error) => this.#fail(error, key),
      complete: () => this.#end([{ type: 'complete' }]),
      room: () => this.#output.room(),
    }
  }

  /** Answers a query once each of its root fields has a value. */
  async #answer(sources: Sources, origin: RequestOrigin): Promise<void> {
    const resolveRoot = (field: RootField): Promise<unknown> =>
      new Promise((resolve, reject) => this.#run(field, this.#querySink(resolve, reject), sources, origin))
    try {
      const result = await this.#prepared.execute(resolveRoot)
      this.#endWithLast(encodeResult(this.#prepared, result))
    } catch (error) {
      this.#endWithLast(encodeFailure([resolverError(asError(error), [])]))
    }
  }

  #querySink(resolve: (value: unknown) => void, reject: (error: Error) => void): OperationSink {
    return {
      next: resolve,
      frames: ([payload = 'null']) => this.#endWithLast(payload),
      fail: (error) => reject(asError(error)),
      complete: () => resolve(null),
      room: () => this.#output.room(),
    }
  }

  #run(field: RootField, sink: OperationSink, sources: Sources, origin: RequestOrigin): void {
    const source = sources.get(field.name)
    if (!source) {
      sink.fail(new Error(`${field.name} has no resolver in this fake`))
      return
    }
    const stop = source(field.args, sink, origin)
    // A source can end the operation while it starts.
    if (this.#isEnded) stop()
    else this.#stops = [...this.#stops, stop]
  }

  #sendValue(value: unknown): void {
    this.#sendPayloads([
      encodeResult(
        this.#prepared,
        this.#prepared.executeSync(() => value),
      ),
    ])
  }

  #sendPayloads(payloads: readonly string[]): void {
    if (this.#isEnded) return
    this.#hasSentValue = true
    this.#output.send(payloads.map((payload) => ({ type: 'next', payload })))
  }

  #fail(error: unknown, key: string): void {
    const errors = [resolverError(asError(error), [key])]
    if (this.#hasSentValue) this.#end([{ type: 'error', payload: goJSON(errors) }])
    else this.#endWithLast(encodeFailure(errors))
  }

  #endWithLast(payload: string): void {
    this.#end([{ type: 'next', payload }, { type: 'complete' }])
  }

  #end(messages: readonly OperationMessage[]): void {
    if (this.#isEnded) return
    this.#isEnded = true
    for (const stop of this.#stops) stop()
    if (messages.length > 0) this.#output.send(messages)
    this.#onEnd()
  }
}
