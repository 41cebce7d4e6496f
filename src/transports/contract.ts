import type { MesheryError } from '../base/errors.ts'
import type { HttpClient } from '../http/http-client.ts'

/**
 * The contract that every transport keeps. `test/transports/laws.ts` runs these promises over all of them.
 *
 * A transport makes connections; a connection is one attempt. It runs operations until it ends, and it ends once.
 * 1. No operation is sent before its `start`; nothing is tried again: an attempt that ended stays ended.
 * 2. `open()` is called at most once per operation, and as soon as nothing that the server sends from then on is missed: over SSE
 *    with the headers; over WebSocket, which acknowledges no operation, when the server has read the operation (it
 *    answered a ping that was sent right after it), or with the first frame.
 * 3. `frame()` is called only after the start and before the end, in the order of the wire.
 * 4. An operation ends by one `end()`: with an error if the server refused it, without one if the server
 *    finished it. The other operations go on. When the whole connection ends, only `ended` reports it.
 * 5. After `stop()` or `close()` the listener is not called any more, whatever still arrives.
 * 6. `ended` resolves once, never rejects, with the error that ended the connection or with nothing after `close()`.
 * 7. `close()` resolves within `timeouts.close`, however silent the peer; no socket, timer or request outlives it.
 * 8. No listener is called during `start`. What a listener throws never reaches the transport.
 */
export interface Transport {
  readonly name: TransportName
  /**
   * Whether one connection runs many operations, and is dialled by `connect`. If not, each operation has a
   * connection of its own, which `start` dials; stopping the operation closes it, and a second `start` throws
   * INVALID_OPTION.
   */
  readonly shared: boolean
  connect(server: HttpClient, timeouts: Timeouts): Connection
}

export interface Connection {
  readonly ended: Promise<MesheryError | undefined>
  /**
   * Starts an operation, at once or as soon as the connection is open. Returns the function that stops it. After the end
   * or `close()` it does nothing. An operation that this transport cannot serve is UNSUPPORTED: reported to the listener if
   * connections are shared, else by `ended`.
   */
  start(operation: Operation, listener: OperationListener): () => void
  close(): Promise<void>
}

/**
 * What is reported about one operation: by a transport, by a connection (`ConnectionListener`, with its state), and by a transport
 * selector (`SelectorListener`, with the transport).
 */
export interface OperationListener {
  /** From now on nothing that the server sends is missed. */
  open(): void
  frame(frame: Frame): void
  /** Nothing more is reported. */
  end(error?: MesheryError): void
}

/** One value as it was pushed. */
export interface Frame {
  /** GraphQL's `data`, or the JSON of an SSE message. */
  readonly data: unknown
  /** The length of the text that it came as, in characters; absent where nothing was parsed. */
  readonly textLength?: number
  /** GraphQL errors that came beside data. */
  readonly errors?: readonly GraphQLErrorShape[]
}

export interface GraphQLErrorShape {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** One thing to follow, in the form that each transport needs. Without the form of a transport, that cannot serve it. */
export interface Operation {
  /** For `websocket`: the document and its variables. */
  readonly graphql?: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> }
  /** For `sse`: the path, with its query. */
  readonly sse?: string
  /** For `polling`: reads once; what it reads goes to the user by its own way. Resolves with whether anything was new. */
  readonly poll?: (signal: AbortSignal) => Promise<boolean>
  /** For `polling`: the shortest time between two reads of this, in milliseconds, where it exceeds `timeouts.poll`. */
  readonly pollEvery?: number
}

/** The transports, in the order in which they are tried. */
export const transportNames = ['websocket', 'sse', 'polling'] as const
export type TransportName = (typeof transportNames)[number]

/** How long to wait for what. All in milliseconds. */
export interface Timeouts {
  /** DNS, TCP, proxy, TLS and the upgrade together, or an SSE stream until its headers. Default 10 000. */
  readonly connect: number
  /** How long the acknowledgement of a WebSocket may take after the upgrade. Default: as `connect`. */
  readonly open: number
  /** How long what is sent over a WebSocket may wait because the server does not read. Only in Node. Default 10 000. */
  readonly write: number
  /** One HTTP request, until its answer is read. Default 10 000. */
  readonly request: number
  /** Silence on a WebSocket after which a ping is sent. Default 20 000. */
  readonly ping: number
  /** How long the answer to a ping may take. Default 8 000. */
  readonly pong: number
  /** Time without a line on an SSE stream after which it is given up; Meshery sends a comment every 15 s. Default 45 000. */
  readonly idleSSE: number
  /** How long after the headers of an SSE stream its first line may take; later, something buffers. Default 20 000. */
  readonly firstByte: number
  /** How long closing may take. Default 1 000. */
  readonly close: number
  /** Polling: the shortest time between two reads. Default 5 000. */
  readonly poll: number
  /** Polling: the longest time between two reads, reached when nothing is new. Default 30 000. */
  readonly pollMax: number
}
