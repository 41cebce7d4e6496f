/** How a state asks the server: requests with the credentials, the time limit and the errors of the client. */
export interface StateRequests {
  /** GET; resolves with the JSON. */
  get(path: string): Promise<unknown>
  /** POSTs a GraphQL query, or a subscription, whose first value is the answer; resolves with its `data`. */
  query(document: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>
  /**
   * Tries the alternatives of several releases until this server supports one, and begins with that one from then on.
   * An alternative that resolves with undefined is not supported.
   */
  firstSupported<T>(name: string, alternatives: readonly (() => Promise<T | undefined>)[]): Promise<T>
  /** Lists whose pages are known to be counted from 0. No release went back to counting them from 1. */
  readonly zeroBased: Set<string>
  /** Waits until the next page may be requested: a walk over pages requests one a second at most. */
  waitForSlot(): Promise<void>
}

/** What is followed on the server: one operation for each list of ids. */
export interface Targets<Id = string> {
  readonly ids: readonly (readonly Id[])[]
  /** Ids and names that were given and that the server does not know. */
  readonly unknown: readonly string[]
}

/** The result of a read. */
export interface StateReading<Value> {
  readonly value: Value
  /** For the next read: it may show that nothing has changed. */
  readonly seen?: unknown
}

/** What an operation of a state follows. */
export interface StateOperationScope<Arguments, Id> {
  readonly wanted: Arguments
  readonly ids: readonly Id[]
}

/**
 * A stream of which only the present value counts.
 *
 * A push is merged by `merge`, or is only a signal to `read` again. A read also comes first of all where the server
 * pushes nothing at the start, after every gap, and as a rule at intervals, since pushes get lost.
 */
export interface StateDeclaration<Arguments, Value, Id = string> {
  readonly kind: 'state'
  /** The method of the client and the field of Meshery's schema. */
  readonly name: string
  /** The documents to try, one for each variant of the schema. They all yield the same shape under `name`. */
  readonly documents: readonly string[]
  /** Polled unless the user names other transports. */
  readonly polls?: true
  /**
   * The shortest time between two reads in milliseconds: while it is polled, and beside a transport that pushes. `live: 0`
   * means never, since a read holds less than a push. Over SSE each push is complete, so there is none beside values either.
   */
  readonly readEveryMs: { readonly polling: number; readonly live: number }
  /** Which releases have it, for the error when a server does not. */
  readonly since: string
  /**
   * The user's arguments with their defaults; equal ones give equal JSON.
   * @throws MesheryError INVALID_OPTION, which names the argument.
   */
  arguments(given: unknown): Arguments
  /**
   * Finds the ids to follow. Without this, there is one operation without ids. Equal ids give equal JSON.
   * @throws MesheryError INVALID_OPTION for an ambiguous name.
   */
  targets?(wanted: Arguments, requests: StateRequests): Promise<Targets<Id>>
  variables(wanted: Arguments, ids: readonly Id[]): Readonly<Record<string, unknown>>
  /** The path of the SSE stream, where there is one. */
  sse?(wanted: Arguments, ids: readonly Id[]): string
  read(
    wanted: Arguments,
    ids: readonly Id[],
    requests: StateRequests,
    before: StateReading<Value> | undefined,
  ): Promise<StateReading<Value>>
  /**
   * The value after a push; undefined when the push is only a signal to read. Without this, every push is.
   * `isComplete`: it holds the whole value. The first push of a WebSocket does, and over SSE each one.
   */
  merge?(
    wire: unknown,
    before: Value | undefined,
    scope: StateOperationScope<Arguments, Id> & { readonly isComplete: boolean },
  ): Value | undefined
  /**
   * Whether a pushed value lacks so much that it is combined with a read before it is shown. `before`: undefined where the
   * push should be complete.
   */
  isIncomplete?(pushed: Value, before: Value | undefined, ids: readonly Id[]): boolean
  /** Ids in a push that should be followed and are not: what there is to follow is looked up again. */
  unlistedIds?(wire: unknown, scope: StateOperationScope<Arguments, Id>): readonly string[]
  /** Combines a read with what this connection has pushed, where the read says less of some items. Without this, the read wins. */
  combine?(read: Value, pushed: Value): Value
  /** The values of several operations as one. Without this, there is only one. */
  join?(values: readonly Value[]): Value
}
