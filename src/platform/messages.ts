import type { MesheryError } from '../base/errors.ts'

/** What `meshery-live:connection` publishes: a connection has another state. */
export interface ConnectionMessage {
  /** The address of the server, as `meshery.url` has it. */
  readonly url: string
  /** `websocket`, `sse` or `polling`. */
  readonly transport: string
  /** `connecting`, `live`, `waiting` for the next try, `refused` for its credentials, `unavailable` here, `failed` for good, or `idle`: not needed any more. */
  readonly state: string
  /** Tries in a row. */
  readonly attempt: number
  /** Why the try before ended. */
  readonly reason: MesheryError | null
  /** When it is tried again; null where it does not wait. */
  readonly nextRetryAt: Date | null
}

/** What `meshery-live:event` publishes: an event came, once for all subscriptions of the client. */
export interface EventMessage {
  /** The address of the server. */
  readonly url: string
  /** The id of the event; null where it is not known. */
  readonly id: string | null
  /** Whether it came as its stored `row`, or as it was pushed because its row did not come in time. */
  readonly origin: 'push' | 'row'
  /** Milliseconds between the moment at which it was stored and now, by the clocks of server and client; null where the moment is not known. */
  readonly lagMs: number | null
}

/** What `meshery-live:request` publishes: the headers of a response came, or a request failed. */
export interface RequestMessage {
  /** The address of the server. */
  readonly url: string
  /** `GET` or `POST`. */
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** The status of the response; null without one. */
  readonly status: number | null
  /** The code of the error, such as `ECONNREFUSED`; null with a response. */
  readonly code: string | null
  /** Milliseconds from the request to the headers of its response, or to its error. */
  readonly durationMs: number
}
