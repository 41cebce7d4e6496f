/** How a state asks the server: requests with the credentials, the time limit and the errors of the client. */
export interface StateRequests {
  /** GET; resolves with the JSON. */
  get(path: string): Promise<unknown>
  /** POSTs a GraphQL query, or a subscription, of which the first value is the answer; resolves with its `data`. */
  query(document: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>
  /**
   * Tries ways that releases differ in, until this server knows one, and begins with that one from then on. A way that
   * gives undefined is none.
   */
  firstSupported<T>(name: string, ways: readonly (() => Promise<T | undefined>)[]): Promise<T>
  /** Lists whose pages are known to be counted from 0. No release went back to counting them from 1. */
  readonly zeroBased: Set<string>
  /** Waits until the next page may be asked for: a walk over pages asks once a second at most. */
  waitForSlot(): Promise<void>
}

/** What is followed on the server: one operation for each list of ids. */
export interface Targets<Id = string> {
  readonly ids: readonly (readonly Id[])[]
  /** Ids and names that were given and that the server does not know. */
  readonly unknown: readonly string[]
}

/** What a read brought. */
export interface StateReading<Value> {
  readonly value: Value
  /** For the next read: from what to tell that nothing has changed. */
  readonly seen?: unknown
}

/**
 * A stream of which only what is true now counts.
 *
 * What is pushed is merged by `frame`, or is only a signal to `read` again. A read also comes first of all where the
 * server pushes nothing at the start, after every gap, and as a rule at intervals, since pushes get lost.
 */
export interface StateDeclaration<Arguments, Value, Id = string> {
  readonly kind: 'state'
  /** The method of the client and the field of Meshery's schema. */
  readonly name: string
  /** The documents to try, one for each spelling. They all yield the same shape under `name`. */
  readonly documents: readonly string[]
  /** Polled unless the user names other transports. */
  readonly polls?: true
  /**
   * Milliseconds between two reads at least, while it is polled and beside a transport that pushes. `live: 0` means never,
   * since a read says less than a push; over SSE, where each push tells everything, there is none beside values either.
   */
  readonly every: { readonly polling: number; readonly live: number }
  /** Which releases have it, for the error when a server has not. */
  readonly since: string
  /**
   * The user's arguments with their defaults; equal ones give equal JSON.
   * @throws MesheryError INVALID_OPTION, which names the argument.
   */
  arguments(given: unknown): Arguments
  /**
   * The ids to follow, where they are to be found out; else there is one operation without ids. Equal ones give equal JSON.
   * @throws MesheryError INVALID_OPTION for a name that says too little.
   */
  targets?(wanted: Arguments, ask: StateRequests): Promise<Targets<Id>>
  variables(wanted: Arguments, ids: readonly Id[]): Readonly<Record<string, unknown>>
  /** The path of the SSE stream, where there is one. */
  sse?(wanted: Arguments, ids: readonly Id[]): string
  read(
    wanted: Arguments,
    ids: readonly Id[],
    ask: StateRequests,
    before: StateReading<Value> | undefined,
  ): Promise<StateReading<Value>>
  /**
   * The value after a frame; undefined when it is only a signal to read. Without this, every frame is. `whole` says that
   * it tells everything: the first one of a WebSocket does, and over SSE each one.
   */
  frame?(
    wire: unknown,
    before: Value | undefined,
    how: { readonly whole: boolean; readonly wanted: Arguments; readonly ids: readonly Id[] },
  ): Value | undefined
  /**
   * Whether so much is missing in a value that was pushed that it is laid beside a read before it is shown. `before`: none where
   * the push should tell everything.
   */
  lacks?(pushed: Value, before: Value | false | undefined, ids: readonly Id[]): boolean
  /** Ids in a frame that should be among those that are followed, and are not: what there is to follow is looked up again. */
  strange?(wire: unknown, how: { readonly wanted: Arguments; readonly ids: readonly Id[] }): readonly string[]
  /** A read beside what this connection has pushed, where it says less of some items. Without this, it takes its place. */
  beside?(read: Value, pushed: Value): Value
  /** The values of several operations as one. Without this, there is only one. */
  join?(values: readonly Value[]): Value
}
