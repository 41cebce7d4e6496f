/** Payloads of `next` messages that are sent as they are. Created by `frames`. */
export class Frames {
  readonly payloads: readonly string[]

  constructor(payloads: readonly string[]) {
    this.payloads = payloads
  }
}

/**
 * Makes a resolver yield prepared messages instead of values, for speed or to send what no selection would give. Each text
 * is the JSON of one whole payload, such as `{"data":{"subscribeEvents":{}}}`, in one line. All of them are written at once.
 */
export const frames = (payloads: readonly string[]): Frames => new Frames(payloads)

/**
 * Resolves one root field of the schema.
 *
 * It yields the value of the field, to which the selection is applied; or `frames(...)`. It ends the operation by returning. An error
 * before its first value is sent as gqlgen sends a resolver's error, in a `next` followed by `complete`; a later error as an `error`
 * without `complete`. Each further value is requested when the socket has room. `signal` is aborted when the operation ends.
 */
export type Resolver = (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => AsyncIterable<unknown>

/** Receives what a source has for one operation. */
export interface OperationSink {
  next(value: unknown): void
  frames(payloads: readonly string[]): void
  fail(error: unknown): void
  complete(): void
  /** Undefined when the socket has room for more; else resolves when it has. */
  room(): Promise<void> | undefined
}

/** The request that an operation came by: the upgrade of its WebSocket, or a request of its own. */
export interface RequestOrigin {
  readonly url: URL
  /** Ids of the existing Kubernetes contexts that the URL names: v0.6 looks them up once for a whole WebSocket. */
  readonly contexts: readonly string[]
}

/** Where the values of a root field come from. Returns a function that stops it. */
export type FieldSource = (
  args: Readonly<Record<string, unknown>>,
  sink: OperationSink,
  origin: RequestOrigin,
) => () => void

/** Makes a source of a resolver. */
export const fieldSourceOf =
  (resolver: Resolver): FieldSource =>
  (args, sink) => {
    const stopped = new AbortController()
    void pump(() => resolver(args, stopped.signal), sink, stopped.signal)
    return () => stopped.abort()
  }

async function pump(begin: () => AsyncIterable<unknown>, sink: OperationSink, signal: AbortSignal): Promise<void> {
  try {
    for await (const value of begin()) {
      if (signal.aborted) return
      if (value instanceof Frames) sink.frames(value.payloads)
      else sink.next(value)
      const room = sink.room()
      if (room) await room
      if (signal.aborted) return
    }
    sink.complete()
  } catch (error) {
    sink.fail(error)
  }
}
