/** Payloads of `next` messages that are sent as they are. Made by `frames`. */
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
 * What it yields is the value of the field, from which the selection is taken; or `frames(...)`. It ends the
 * operation by returning. What it throws before its first value is sent as gqlgen sends a resolver's error, in a
 * `next` followed by `complete`; what it throws later, as an `error` without `complete`. It is asked for the next value when
 * the socket has room, and `signal` is aborted when nobody listens any more.
 */
export type Resolver = (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => AsyncIterable<unknown>

/** What a source tells about one operation. */
export interface OperationSink {
  next(value: unknown): void
  frames(payloads: readonly string[]): void
  fail(error: unknown): void
  complete(): void
  /** Undefined when there is room for more; else resolves when there is. */
  room(): Promise<void> | undefined
}

/** The request that an operation came by: the upgrade of its WebSocket, or a request of its own. */
export interface Origin {
  readonly url: URL
  /** Ids of the Kubernetes contexts that the URL named and that were there: v0.6 looks them up once for a whole WebSocket. */
  readonly contexts: readonly string[]
}

/** Where the values of a root field come from. Returns what stops it. */
export type Source = (args: Readonly<Record<string, unknown>>, sink: OperationSink, from: Origin) => () => void

/** Makes a source of a resolver. */
export const sourceOf =
  (resolver: Resolver): Source =>
  (args, sink) => {
    const stopped = new AbortController()
    void pump(resolver, args, sink, stopped.signal)
    return () => stopped.abort()
  }

async function pump(
  resolver: Resolver,
  args: Readonly<Record<string, unknown>>,
  sink: OperationSink,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const value of resolver(args, signal)) {
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
